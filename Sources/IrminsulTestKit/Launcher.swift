import Foundation
import RedisScripting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Starts and ends the processes of fixtures.
package enum Launcher {
  private static let turn = Locked(())

  /// Starts a process; one at a time, because a child inherits what another is being given.
  package static func run(_ process: Process) throws {
    try turn.withLock { _ in try process.run() }
  }

  /// Runs a program to its end.
  ///
  /// - Throws: ``FixtureError`` with its output when it fails.
  static func run(_ program: String, _ arguments: [String], in folder: String) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try run(process)
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw FixtureError(
        "\(program) \(arguments.first ?? "") failed: \(String(decoding: text, as: UTF8.self))")
    }
  }

  static func send(_ signal: Int32, to process: Int32) {
    _ = kill(process, signal)
  }

  static func wait(for process: Process) {
    process.waitUntilExit()
  }
}
