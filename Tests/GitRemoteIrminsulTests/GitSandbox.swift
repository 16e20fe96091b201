import Foundation
import IrminsulTestKit

/// A fresh folder in which shell lines run with the built helper in their PATH, and with nothing of this
/// user's environment or Git configuration. The folder goes with the value.
final class GitSandbox: Sendable {
  let root: String

  /// What lines of shell printed, and how the last one ended.
  struct Transcript: Sendable {
    let status: Int32
    let text: String
  }

  init() throws {
    let place = realpath(FileManager.default.temporaryDirectory.path, nil)
    defer { free(place) }
    root =
      "\(place.map { String(cString: $0) } ?? "/tmp")/irminsul-remote-"
      + UUID().uuidString.prefix(13).lowercased()
    for folder in ["home", "tmp"] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    try Data(
      """
      [init]
      defaultBranch = main
      [pull]
      rebase = false
      [user]
      name = A U Thor
      email = author@example.org
      [advice]
      detachedHead = false
      [core]
      hooksPath = /dev/null
      [gc]
      auto = 0

      """.utf8
    ).write(to: URL(filePath: "\(root)/home/.gitconfig"))
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  /// The folder that this package's programs are built in.
  static let programs =
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path

  /// Has the helper leave its process' number behind from now on, so that it can be killed.
  func recordHelpers() throws {
    let folder = "\(root)/bin"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let script =
      "#!/bin/sh\necho $$ > '\(root)/helper'\nexec '\(Self.programs)/git-remote-irminsul' \"$@\"\n"
    try write(script)
  }

  /// Has helpers be killed that long after their start from now on; nil leaves them alone.
  func killHelpers(after milliseconds: Int?) throws {
    let folder = "\(root)/bin"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let killer =
      milliseconds.map {
        "(sleep \(Double($0) / 1000); kill -KILL $$) </dev/null >/dev/null 2>&1 &\n"
      } ?? ""
    let script = "#!/bin/sh\n\(killer)exec '\(Self.programs)/git-remote-irminsul' \"$@\"\n"
    try write(script)
  }

  private func write(_ script: String) throws {
    let file = "\(root)/bin/git-remote-irminsul"
    try Data(script.utf8).write(to: URL(filePath: file))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
  }

  /// Ends the helper that was started last without a chance to tidy up.
  func killHelper() {
    let text = try? String(contentsOfFile: "\(root)/helper", encoding: .utf8)
    guard let number = text.flatMap({ Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) })
    else { return }
    kill(number, SIGKILL)
  }

  /// Runs lines of shell; both streams go to one text.
  func shell(
    _ lines: String, in folder: String = "", environment more: [String: String] = [:]
  ) async throws -> Transcript {
    let own = ProcessInfo.processInfo.environment
    var variables = [
      "PATH": "\(root)/bin:\(Self.programs):\(own["PATH"] ?? "/usr/bin:/bin")",
      "HOME": "\(root)/home",
      "TMPDIR": "\(root)/tmp", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TZ": "UTC",
      "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000",
    ]
    for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"] {
      variables[name] = own[name]
    }
    variables.merge(more) { $1 }
    let process = Process()
    let file = "\(root)/tmp/\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    let output = try FileHandle(forWritingTo: URL(filePath: file))
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", lines]
    process.currentDirectoryURL = URL(filePath: "\(root)/\(folder)")
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    let (statuses, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { continuation.yield($0.terminationStatus) }
    try Launcher.run(process)
    try output.close()
    let identifier = process.processIdentifier
    // A command that hangs is a failure, and no reason to wait for ever.
    let limit = Task {
      try await Task.sleep(for: .seconds(120))
      kill(identifier, SIGKILL)
    }
    defer { limit.cancel() }
    var status: Int32 = -1
    for await ended in statuses {
      status = ended
      break
    }
    let bytes = FileManager.default.contents(atPath: file) ?? Data()
    return Transcript(status: status, text: String(decoding: bytes, as: UTF8.self))
  }
}
