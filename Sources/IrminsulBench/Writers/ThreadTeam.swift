import Foundation
import RedisScripting

/// Threads for work that blocks, which tasks must not.
enum ThreadTeam {
  private struct State<Result: Sendable> {
    var results: [Result] = []
    var error: (any Error)?
    var running: Int
  }

  /// Runs `body` on so many threads at once and waits for all of them.
  ///
  /// - Returns: Their results, in the order of their ends.
  /// - Throws: The first error.
  static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Result
  ) async throws -> [Result] {
    try await withCheckedThrowingContinuation { continuation in
      let state = Shared(State<Result>(running: count))
      for number in 0..<count {
        Thread.detachNewThread {
          let outcome = Swift.Result { try body(number) }
          let finished = state.value.withLock { state -> State<Result>? in
            switch outcome {
            case .success(let result): state.results.append(result)
            case .failure(let error): state.error = state.error ?? error
            }
            state.running -= 1
            return state.running == 0 ? state : nil
          }
          guard let finished else { return }
          if let error = finished.error {
            continuation.resume(throwing: error)
          } else {
            continuation.resume(returning: finished.results)
          }
        }
      }
    }
  }

  /// Runs `body` on one thread.
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    let results = try await run(1) { _ in try body() }
    return results[0]
  }
}

extension ThreadTeam {
  /// Runs what blocks and cannot fail on one thread.
  static func wait(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        body()
        continuation.resume()
      }
    }
  }
}

/// A value behind a lock that several threads hold.
final class Shared<Value: Sendable>: Sendable {
  let value: Locked<Value>

  init(_ value: Value) {
    self.value = Locked(value)
  }
}
