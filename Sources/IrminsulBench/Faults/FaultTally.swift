import RedisScripting

/// How many faults of each kind have been injected, counted from any thread.
final class FaultTally: Sendable {
  private struct State {
    var injected: [FaultKind: Int] = [:]
    var doneAnswers = 0
  }

  /// The kinds that are on.
  let kinds: [FaultKind]
  private let state = Locked(State())

  init(_ kinds: [FaultKind]) {
    self.kinds = kinds
  }

  /// Counts a fault that has been injected.
  func add(_ kind: FaultKind) {
    state.withLock { $0.injected[kind, default: 0] += 1 }
  }

  /// Counts answers by which the server says that it has applied the request before.
  func addDoneAnswers(_ count: Int) {
    state.withLock { $0.doneAnswers += count }
  }

  var doneAnswers: Int { state.withLock { $0.doneAnswers } }

  func count(of kind: FaultKind) -> Int { state.withLock { $0.injected[kind] ?? 0 } }

  /// How many processes were killed.
  var kills: Int { kinds.filter(\.isKill).reduce(0) { $0 + count(of: $1) } }

  var total: Int { state.withLock { $0.injected.values.reduce(0, +) } }

  /// The kinds that are on and were not injected so far.
  var missing: [FaultKind] { kinds.filter { count(of: $0) == 0 } }
}
