import ArgumentParser
import Dispatch
import Foundation
import RedisScripting

/// Ctrl-C as the ordinary end of something that has no end of its own.
final class Interrupt: Sendable {
  private struct State {
    var raised: Int32?
    /// Whether the process ends by the signal in any case.
    var isFinal = false
    var task: Task<Void, any Error>?
    /// Kept alive as long as this is.
    var sources: [any DispatchSourceSignal] = []
  }

  /// Stores that are open: what may hold a lease.
  static let openStores = Locked(0)

  private let state = Locked(State())

  /// From now on SIGINT and SIGTERM do not end the process.
  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      state.withLock { state in
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { [weak self] in self?.raise(number) }
        source.resume()
        state.sources.append(source)
      }
    }
  }

  /// Runs a command. Ctrl-C and SIGTERM cancel it, so that it gives back what it holds, such as a lease, and then end
  /// the process as they would have; a second one ends it at once, and so does the first after some seconds.
  static func ending(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let interrupt = Interrupt()
    interrupt.state.withLock { $0.isFinal = true }
    try await interrupt.run(body)
    if let number = interrupt.state.withLock({ $0.raised }) { end(by: number) }
  }

  private static func end(by number: Int32) -> Never {
    signal(number, SIG_DFL)
    Foundation.raise(number)
    // Where the signal is blocked: as a shell tells it.
    Foundation.exit(128 + number)
  }

  /// Runs until the end or Ctrl-C, which is no error.
  func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await body() }
    let isRaised = state.withLock { state in
      state.task = task
      return state.raised != nil
    }
    if isRaised { task.cancel() }
    do {
      try await task.value
    } catch {
      if state.withLock({ $0.raised == nil }) { throw error }
    }
  }

  private func raise(_ number: Int32) {
    let (task, isFinal, isAgain) = state.withLock { state in
      let isAgain = state.raised != nil
      state.raised = number
      return (state.task, state.isFinal, isAgain)
    }
    // Where no store is open, as while standard input is read, nothing is held.
    if isFinal, isAgain || Self.openStores.withLock({ $0 == 0 }) { Self.end(by: number) }
    if isFinal {
      DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(3)) { Self.end(by: number) }
    }
    // Before the task began there is nothing to end in good order.
    if let task { task.cancel() } else { Foundation.exit(isFinal ? 128 + number : 0) }
  }
}

/// A command that others wait for, or whose lease they heed, while it is under way: when it is interrupted, it ends in
/// good order.
protocol EndsInOrder: AsyncParsableCommand, Sendable {}
