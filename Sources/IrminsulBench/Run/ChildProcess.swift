import Foundation
import IrminsulTestKit
import RedisScripting

/// This program once more, as a child that is told what to do by lines, and answers by lines. It ends
/// when its input does, so it never outlives this process.
final class ChildProcess: Sendable {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let unread = Locked(Data())

  /// Where its standard error goes.
  enum Errors {
    case shown
    case hidden
  }

  /// - Parameter arguments: A subcommand and its arguments.
  init(_ arguments: [String], errors: Errors = .shown) throws {
    process.executableURL = try Self.program
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    if errors == .hidden { process.standardError = FileHandle.nullDevice }
    do {
      try Launcher.run(process)
    } catch {
      throw BenchError("cannot run \(process.executableURL?.path ?? "?"): \(error)")
    }
  }

  func send(line: String) throws {
    do {
      try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw BenchError("a process of the benchmark has ended early")
    }
  }

  /// The next line that it prints.
  ///
  /// - Throws: ``BenchError`` when it has ended; what it says of that is on standard error.
  func readLine() throws -> String {
    guard let line = try nextLine() else {
      throw BenchError("a process of the benchmark has ended early")
    }
    return line
  }

  /// The next line that it prints; nil at the end.
  func nextLine() throws -> String? { try unread.withLock { try nextLine(after: &$0) } }

  private func nextLine(after unread: inout Data) throws -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread = unread[(end + 1)...] }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread += more
    }
  }

  /// Lets it end.
  ///
  /// - Returns: Its exit code.
  @discardableResult
  func finish() -> Int32 {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Ends it without a chance to tidy up, by SIGKILL, and waits for that.
  func kill() {
    #if canImport(Darwin)
      Darwin.kill(process.processIdentifier, SIGKILL)
    #else
      Foundation.kill(process.processIdentifier, SIGKILL)
    #endif
    process.waitUntilExit()
  }

  /// Tells it by the end of its input that it is to end.
  func endInput() { try? input.fileHandleForWriting.close() }

  var isRunning: Bool { process.isRunning }

  /// Its exit code once it has ended.
  var status: Int32 { process.terminationStatus }

  /// The benchmark's own program; for its tests, the one that was built beside them.
  private static var program: URL {
    get throws {
      let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
      if own.lastPathComponent == "irminsul-bench" { return own }
      let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      return folder.appending(path: "irminsul-bench")
    }
  }
}
