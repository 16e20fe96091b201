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

  /// Gives a process' main thread the first processor. Its other threads come before all else on the others: what one of them
  /// holds, such as a lock of the allocator, the main thread waits for.
  static func giveFirst(to process: Int) async throws {
    _ = try await Program.output(of: ["taskset", "-p", "-c", "0", "\(process)"])
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
    _ = try await Program.output(of: ["renice", "-n", "-15", "-p"] + threads)
  }
}
