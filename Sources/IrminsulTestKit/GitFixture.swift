import Foundation
import GitObjects

/// A Git repository of the real git in a folder of its own, which goes with the value.
///
/// ```swift
/// let git = try GitFixture()
/// try git.run("commit-tree", …)
/// ```
public final class GitFixture: Sendable {
  /// What a command printed.
  public struct Output: Sendable {
    public let status: Int32
    public let bytes: [UInt8]
    public let errors: String

    public var text: String { String(decoding: bytes, as: UTF8.self) }
    public var lines: [String] { text.split(separator: "\n").map(String.init) }
  }

  /// The folder that goes with the value; tests may put other things into it.
  public let folder: String
  /// The bare repository.
  public let path: String
  public let algorithm: HashAlgorithm
  private let isOwner: Bool

  /// Makes an empty bare repository.
  public init(_ algorithm: HashAlgorithm = .sha1) throws {
    self.algorithm = algorithm
    folder =
      FileManager.default.temporaryDirectory
      .appending(path: "irminsul-git-\(UUID().uuidString.prefix(13).lowercased())").path
    path = "\(folder)/repository.git"
    isOwner = true
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try run("init", "-q", "--bare", "--object-format=\(algorithm.rawValue)", "-b", "main", ".")
  }

  /// Looks at a repository that is there, and leaves it there.
  public init(at path: String, _ algorithm: HashAlgorithm = .sha1) {
    self.algorithm = algorithm
    self.path = path
    folder = path
    isOwner = false
  }

  deinit {
    if isOwner { try? FileManager.default.removeItem(atPath: folder) }
  }

  /// Runs git in the repository.
  ///
  /// - Throws: ``FixtureError`` when it fails.
  @discardableResult
  public func run(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Output {
    let output = try status(of: arguments, input: input, environment: environment)
    guard output.status == 0 else {
      throw FixtureError("git \(arguments.joined(separator: " ")): \(output.errors)")
    }
    return output
  }

  /// Runs git, whatever its status. Files, not pipes, so that no side ever waits for the other.
  public func status(
    of arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Output {
    let manager = FileManager.default
    let name = manager.temporaryDirectory.appending(path: "irminsul-\(UUID().uuidString)").path
    let paths = ["in", "out", "err"].map { "\(name).\($0)" }
    defer { for path in paths { try? manager.removeItem(atPath: path) } }
    for (path, bytes) in zip(paths, [input, [], []]) {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    let settings = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
      "LC_ALL": "C", "TZ": "UTC",
      "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
      "GIT_AUTHOR_DATE": "1700000000 +0200",
      "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "committer@example.com",
      "GIT_COMMITTER_DATE": "1700000100 -0330",
    ]
    process.environment = settings.merging(environment) { $1 }
    let handles = [
      try FileHandle(forReadingFrom: URL(fileURLWithPath: paths[0])),
      try FileHandle(forWritingTo: URL(fileURLWithPath: paths[1])),
      try FileHandle(forWritingTo: URL(fileURLWithPath: paths[2])),
    ]
    process.standardInput = handles[0]
    process.standardOutput = handles[1]
    process.standardError = handles[2]
    try Launcher.run(process)
    // git has its own. Foundation keeps these open for longer than the process lives.
    for handle in handles { try handle.close() }
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus,
      bytes: [UInt8](manager.contents(atPath: paths[1]) ?? Data()),
      errors: String(decoding: manager.contents(atPath: paths[2]) ?? Data(), as: UTF8.self))
  }

  // MARK: What is in it

  /// All refs and HEAD, one a line, as git prints them.
  public func refs() throws -> [String] {
    let head = try status(of: ["symbolic-ref", "-q", "HEAD"])
    let place = head.status == 0 ? head.text : try run("rev-parse", "HEAD").text
    return try run("for-each-ref", "--format=%(objectname) %(refname)").lines + ["HEAD " + place]
  }

  /// Every object that refs and HEAD reach.
  public func reachable() throws -> Set<String> {
    var arguments = ["rev-list", "--objects", "--no-object-names", "--all"]
    if try status(of: ["rev-parse", "-q", "--verify", "HEAD"]).status == 0 {
      arguments.append("HEAD")
    }
    let output = try status(of: arguments, environment: ["GIT_NO_REPLACE_OBJECTS": "1"])
    guard output.status == 0 else { throw FixtureError("git rev-list: \(output.errors)") }
    return Set(output.lines)
  }

  /// What `git fsck --strict` says, one complaint a line, in order of the text.
  public func complaints() throws -> [String] {
    let output = try status(
      of: ["fsck", "--strict", "--no-dangling", "--no-progress"],
      environment: ["GIT_NO_REPLACE_OBJECTS": "1"])
    return (output.lines + output.errors.split(separator: "\n").map(String.init)).sorted()
  }

  // MARK: Making history

  /// Stores content as it is, unchecked.
  public func store(_ kind: ObjectKind, _ content: [UInt8]) throws -> ObjectID {
    let line = try run(
      "hash-object", "-t", kind.rawValue, "-w", "--stdin", "--literally", input: content
    ).lines.first
    guard let id = ObjectID(hex: line ?? "") else {
      throw FixtureError("git hash-object answered \(line ?? "nothing")")
    }
    return id
  }

  public func store(_ kind: ObjectKind, _ content: String) throws -> ObjectID {
    try store(kind, Array(content.utf8))
  }

  /// Commits with a few files on a branch, after its present head.
  public func addCommits(_ count: Int, on branch: String = "main", label: String = "c") throws {
    let ref = "refs/heads/\(branch)"
    var from = try status(of: ["rev-parse", "-q", "--verify", ref]).lines.first
    var stream = ""
    for number in 0..<count {
      stream += "commit \(ref)\nmark :\(number + 1)\n"
      stream += "committer C <c@example.com> \(1_600_000_000 + number) +0100\n"
      stream += "data \(label.utf8.count + 1)\n\(label)\n\n"
      if let head = from { stream += "from \(head)\n" }
      from = nil
      for file in ["\(label)/f\(number % 17)", "d/\(number % 5)/\(label)\(number % 31)"] {
        let text = "\(label) \(number) \(file)\n"
        stream += "M 100644 inline \(file)\ndata \(text.utf8.count)\n\(text)\n"
      }
    }
    try run("fast-import", "--quiet", "--force", input: Array((stream + "done\n").utf8))
  }
}
