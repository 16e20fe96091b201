import Dispatch
import Foundation
import RedisScripting

/// Ctrl-C as the ordinary end of something that has no end of its own.
final class Interrupt: Sendable {
  private struct State {
    var isRaised = false
    var task: Task<Void, any Error>?
    /// Kept alive as long as this is.
    var sources: [any DispatchSourceSignal] = []
  }

  private let state = Locked(State())

  /// From now on SIGINT and SIGTERM do not end the process.
  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      state.withLock { state in
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { [weak self] in self?.raise() }
        source.resume()
        state.sources.append(source)
      }
    }
  }

  /// Runs until the end or Ctrl-C, which is no error.
  func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await body() }
    let isRaised = state.withLock { state in
      state.task = task
      return state.isRaised
    }
    if isRaised { task.cancel() }
    do {
      try await task.value
    } catch {
      if !state.withLock({ $0.isRaised }) { throw error }
    }
  }

  private func raise() {
    let task = state.withLock { state in
      state.isRaised = true
      return state.task
    }
    // Before the task began there is nothing to end in good order.
    if let task { task.cancel() } else { Foundation.exit(0) }
  }
}
