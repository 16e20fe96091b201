import Foundation

/// A fresh folder in which the built command line runs as a person would run it, with nothing of this
/// user's environment or Git configuration. The folder goes with the value.
final class Sandbox: Sendable {
  /// The folder that everything is in.
  let root: String
  /// Where commands run.
  let work: String
  /// The user's home, empty at first.
  let home: String

  init() throws {
    let name = "irminsul-cli-\(UUID().uuidString.prefix(13).lowercased())"
    // Without symbolic links, as a process finds its current folder.
    let place = realpath(FileManager.default.temporaryDirectory.path, nil)
    defer { free(place) }
    root = "\(place.map { String(cString: $0) } ?? "/tmp")/\(name)"
    work = "\(root)/work"
    home = "\(root)/home"
    for folder in [work, home, "\(root)/tmp", "\(root)/streams"] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  /// The folder that this package's programs are built in.
  static let programs =
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path

  // MARK: Running

  /// Runs a command to its end.
  func irminsul(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:],
    in folder: String? = nil
  ) async throws -> Transcript {
    try await irminsul(arguments, input: input, environment: environment, in: folder)
  }

  func irminsul(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    in folder: String? = nil
  ) async throws -> Transcript {
    try await RunningCommand(
      "\(Self.programs)/irminsul", arguments, in: self, folder: folder, input: input,
      environment: environment
    ).end()
  }

  /// Runs a line of shell, which finds `irminsul` in its PATH.
  func shell(_ line: String, environment: [String: String] = [:]) async throws -> Transcript {
    try await startShell(line, environment: environment).end()
  }

  func startShell(
    _ line: String, environment: [String: String] = [:]
  ) throws -> RunningCommand {
    try RunningCommand(
      "/bin/sh", ["-c", line], in: self, folder: nil, input: [], environment: environment)
  }

  /// Starts a command that has no end of its own.
  func start(_ arguments: String...) throws -> RunningCommand {
    try RunningCommand(
      "\(Self.programs)/irminsul", arguments, in: self, folder: nil, input: [], environment: [:])
  }

  /// All that a command is given, besides what a test adds.
  func environment(adding more: [String: String]) -> [String: String] {
    let own = ProcessInfo.processInfo.environment
    var variables = [
      "PATH": "\(Self.programs):\(own["PATH"] ?? "/usr/bin:/bin")", "HOME": home,
      "TMPDIR": "\(root)/tmp", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TZ": "UTC",
      "TERM": "xterm",
    ]
    // What a program needs to start at all, also when it is built with a sanitizer.
    for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"] {
      variables[name] = own[name]
    }
    return variables.merging(more) { $1 }
  }

  // MARK: Files

  /// Writes a file below the folder that commands run in.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(filePath: "\(work)/\(name)"))
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "\(work)/\(name)")))
  }

  /// The names in a folder below the one that commands run in.
  func names(in folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(work)/\(folder)").sorted()
  }

  func makeFolder(_ name: String) throws -> String {
    let path = "\(work)/\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Makes a file of zeros that takes no room on the disk.
  func makeHollowFile(_ name: String, size: UInt64) throws {
    try write([], to: name)
    let handle = try FileHandle(forWritingTo: URL(filePath: "\(work)/\(name)"))
    try handle.truncate(atOffset: size)
    try handle.close()
  }

  // MARK: Stores

  /// What a store holds, in a form that differs after any change of it.
  func state(of url: String? = nil) async throws -> String {
    let store = url.map { ["--store", $0] } ?? []
    var text = ""
    for command in [["stats"], ["branch"], ["log"]] {
      let transcript = try await irminsul(command + ["--json"] + store)
      text += "\(command) \(transcript.status) \(transcript.text)\(transcript.errors)\n"
    }
    return text
  }
}
