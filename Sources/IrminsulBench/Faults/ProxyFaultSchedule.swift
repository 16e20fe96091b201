import RedisScripting

/// Decides which request that passes a proxy meets which fault: at random, and never two within a few
/// milliseconds, so that most requests arrive.
final class ProxyFaultSchedule: Sendable {
  /// A fault and what of it is left to chance.
  struct Decision: Sendable {
    /// Where a connection is cut.
    enum Place: CaseIterable, Sendable {
      case beforeRequest, withinRequest, afterRequest, withinAnswer
    }

    var kind: FaultKind
    /// Of a reset.
    var place: Place
    /// Of a stall, a delay or a late arrival.
    var pause: Duration
  }

  private struct State {
    var generator: SeededGenerator
    var deck: FaultDeck
    var next = ContinuousClock.now
    var isOn = true
  }

  /// Milliseconds between two faults.
  private static let gap = 1...15
  private let commandTimeout: Duration
  private let state: Locked<State>

  /// - Parameter commandTimeout: For how long clients wait for an answer.
  init(_ kinds: [FaultKind], seed: UInt64, commandTimeout: Duration) {
    self.commandTimeout = commandTimeout
    state = Locked(
      State(
        generator: SeededGenerator(seed: seed, stream: [1]),
        deck: FaultDeck(kinds.filter { $0.injector == .proxy })))
  }

  /// What happens to a request that has just come; nil: it passes.
  func decide() -> Decision? {
    state.withLock { state in
      let now = ContinuousClock.now
      guard state.isOn, state.next <= now else { return nil }
      state.next = now + state.generator.duration(Self.gap)
      guard let kind = state.deck.deal(&state.generator) else { return nil }
      let place = Decision.Place.allCases.randomElement(using: &state.generator)
      return Decision(
        kind: kind, place: place ?? .afterRequest, pause: pause(of: kind, &state.generator))
    }
  }

  /// Lets everything pass from now on.
  func end() { state.withLock { $0.isOn = false } }

  private func pause(of kind: FaultKind, _ generator: inout SeededGenerator) -> Duration {
    switch kind {
    case .delay: generator.duration(1...30)
    case .late: generator.duration(1...400)
    // One in three is longer than the client's patience.
    default: commandTimeout * Double.random(in: 0.1...1.45, using: &generator)
    }
  }
}
