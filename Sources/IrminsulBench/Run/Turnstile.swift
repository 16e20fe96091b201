import Synchronization

/// Lets writers through until a round is over.
final class Turnstile: Sendable {
  private let end: ContinuousClock.Instant?
  private let left: Atomic<Int>

  init(_ limit: Round.Limit) {
    switch limit {
    case .seconds(let seconds):
      end = .now + .seconds(seconds)
      left = Atomic(0)
    case .commits(let count):
      end = nil
      left = Atomic(count)
    }
  }

  /// Whether a writer may make one more commit.
  ///
  /// - Parameter now: The present moment, which the caller knows already.
  func admits(at now: ContinuousClock.Instant) -> Bool {
    if let end { return now < end }
    return left.wrappingSubtract(1, ordering: .relaxed).newValue >= 0
  }
}
