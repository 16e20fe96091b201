import Foundation
import GitObjects

/// A bare repository of the real Git in a folder of its own, which goes with the value.
final class GitSandbox: Sendable {
  struct Output {
    let status: Int32
    let bytes: [UInt8]
    let errors: String

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var line: String { text.split(separator: "\n").first.map(String.init) ?? "" }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let folder: URL
  let repository: URL
  let algorithm: HashAlgorithm

  init(_ algorithm: HashAlgorithm = .sha1) throws {
    self.algorithm = algorithm
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "git-objects-\(UUID().uuidString)")
    repository = folder.appendingPathComponent("repository.git")
    try FileManager.default.createDirectory(at: repository, withIntermediateDirectories: true)
    try git("init", "-q", "--bare", "--object-format=\(algorithm.rawValue)", ".")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Runs git and throws when it fails.
  @discardableResult
  func git(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Output {
    let output = try run(arguments, input: input, environment: environment)
    guard output.status == 0 else {
      throw Failure(description: "git \(arguments.joined(separator: " ")): \(output.errors)")
    }
    return output
  }

  /// Runs git, whatever its status. Files, not pipes, so that no side ever waits for the other.
  func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Output {
    let name = folder.appendingPathComponent(UUID().uuidString).path
    let paths = (input: name + ".in", output: name + ".out", errors: name + ".err")
    let manager = FileManager.default
    try Data(input).write(to: URL(fileURLWithPath: paths.input))
    try Data().write(to: URL(fileURLWithPath: paths.output))
    try Data().write(to: URL(fileURLWithPath: paths.errors))
    defer {
      for path in [paths.input, paths.output, paths.errors] {
        try? manager.removeItem(atPath: path)
      }
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.currentDirectoryURL = repository
    let settings = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": folder.path, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
      "LC_ALL": "C", "TZ": "UTC",
      "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
      "GIT_AUTHOR_DATE": "1700000000 +0200",
      "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "committer@example.com",
      "GIT_COMMITTER_DATE": "1700000100 -0330",
    ]
    process.environment = settings.merging(environment) { $1 }
    process.standardInput = FileHandle(forReadingAtPath: paths.input)
    process.standardOutput = FileHandle(forWritingAtPath: paths.output)
    process.standardError = FileHandle(forWritingAtPath: paths.errors)
    try process.run()
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus,
      bytes: [UInt8](manager.contents(atPath: paths.output) ?? Data()),
      errors: String(decoding: manager.contents(atPath: paths.errors) ?? Data(), as: UTF8.self))
  }

  /// Stores content as it is, unchecked, and answers with Git's id for it.
  func store(_ kind: ObjectKind, _ content: [UInt8]) throws -> ObjectID {
    let line = try git(
      "hash-object", "-t", kind.rawValue, "-w", "--stdin", "--literally", input: content
    ).line
    guard let id = ObjectID(hex: line) else {
      throw Failure(description: "git hash-object answered \(line)")
    }
    return id
  }

  /// Every object of the repository as Git prints it.
  func allObjects() throws -> [(id: ObjectID, object: FramedObject)] {
    var rest = try git("cat-file", "--batch", "--batch-all-objects").bytes[...]
    var objects: [(ObjectID, FramedObject)] = []
    while let end = rest.firstIndex(of: 0x0A) {
      let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
      guard words.count == 3, let id = ObjectID(hex: words[0]),
        let kind = ObjectKind(rawValue: String(words[1])), let size = Int(words[2])
      else { throw Failure(description: "git cat-file answered \(words)") }
      let content = rest[(end + 1)..<(end + 1 + size)]
      objects.append((id, FramedObject(kind: kind, content: content)))
      rest = rest[(end + 1 + size + 1)...]
    }
    return objects
  }

  /// What `git fsck --strict` says about each object: message ids such as `treeNotSorted`.
  func complaints() throws -> [ObjectID: Set<String>] {
    let output = try run(["fsck", "--strict", "--no-dangling", "--no-progress"])
    var complaints: [ObjectID: Set<String>] = [:]
    for line in (output.text + "\n" + output.errors).split(separator: "\n") {
      // error in tree 4b82…: hasDotgit: contains '.git'
      let parts = line.split(separator: ":", maxSplits: 2)
      guard parts.count == 3, parts[0].contains(" in "),
        let id = parts[0].split(separator: " ").last.flatMap({ ObjectID(hex: $0) })
      else { continue }
      complaints[id, default: []].insert(parts[1].trimmingCharacters(in: .whitespaces))
    }
    return complaints
  }
}
