import Foundation

/// The processors that threads may run on: one for a server's main thread, the others for all else.
enum Processors {
  /// Keeps all threads of this process, and all that they start, off the first processor.
  ///
  /// - Throws: ``BenchError`` where there is one processor only, or threads cannot be bound.
  static func leaveFirst() async throws {
    let count = ProcessInfo.processInfo.processorCount
    guard count > 1 else { throw BenchError("--pin needs two processors or more") }
    let own = "\(ProcessInfo.processInfo.processIdentifier)"
    _ = try await Program.output(of: ["taskset", "-a", "-p", "-c", "1-\(count - 1)", own])
  }

  /// Gives a thread the first processor.
  static func giveFirst(to thread: Int) async throws {
    _ = try await Program.output(of: ["taskset", "-p", "-c", "0", "\(thread)"])
  }
}
