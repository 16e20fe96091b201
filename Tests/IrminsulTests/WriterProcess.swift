import Foundation
import Irminsul

/// A process that commits until it is done or killed.
final class WriterProcess {
  private let process = Process()
  private let output: URL
  private let errors: URL

  convenience init(
    url: String, branch: String = "main", folder: String, count: Int, scratch: URL
  ) throws {
    try self.init(arguments: [url, branch, folder, "\(count)"], scratch: scratch)
  }

  init(arguments: [String], scratch: URL) throws {
    let name = UUID().uuidString
    output = scratch.appending(path: name + ".out")
    errors = scratch.appending(path: name + ".err")
    for file in [output, errors] { try Data().write(to: file) }
    process.executableURL = Self.program("IrminsulTestWriter")
    process.arguments = arguments
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  /// Ends it without a chance to tidy up.
  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Waits for its end; the text that it left on standard error.
  func wait() throws -> (status: Int32, errors: String) {
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: errors, encoding: .utf8))
  }

  /// The commits that the store has acknowledged to it.
  func acknowledged() throws -> [ObjectID] {
    // A kill may cut the last line.
    try lines().compactMap { ObjectID(hex: $0) }
  }

  /// What it has printed.
  func lines() throws -> [String] {
    try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  /// A program of this package, built beside the tests.
  static func program(_ name: String) -> URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
  }
}

/// A folder that goes when the body ends.
func withScratchFolder<Result>(
  _ body: (URL) async throws -> Result
) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
