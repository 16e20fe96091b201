import RedisScripting

/// What stands behind a host: runs calls one after the other, each as a whole.
protocol HostEngine: Sendable {
  func run(_ call: HostCall) async throws(HostError) -> ScriptSession.Outcome
  /// Fires after writes to streams.
  var changes: ChangeSignal { get }
  /// Called while somebody waits for `changes`.
  func beginWatching()
  func endWatching()
  func close() async
}

/// Runs calls inline, one at a time.
final class MemoryEngine: HostEngine {
  let changes = ChangeSignal()
  private struct State {
    /// nil when the engine is closed.
    var session: ScriptSession?
    var calls = 0
    /// The millisecond in which a task has given way last.
    var turn: Int64 = 0
  }

  private let state: Locked<State>

  /// At most so many calls go by until a task gives way, which it does at the first call of each millisecond: a
  /// call waits for nothing, so that tasks that do nothing but call would keep all threads of the process for
  /// themselves.
  private static let mostInTurn = 1024

  init(_ configuration: EmbeddedConfiguration) throws(HostError) {
    state = Locked(
      State(
        session: try ScriptSession(
          keyspace: MemoryKeyspace(), configuration: configuration, location: "memory:",
          makeDatabase: { MemoryKeyspace() })))
  }

  func run(_ call: HostCall) async throws(HostError) -> ScriptSession.Outcome {
    let (outcome, appended, isOver) = state.withLock { state in
      guard let session = state.session else { return (ScriptSession.Outcome?.none, false, false) }
      let outcome = session.run(call)
      state.calls += 1
      let isOver = state.turn != session.now || state.calls == Self.mostInTurn
      if isOver { (state.calls, state.turn) = (0, session.now) }
      return (outcome, session.didAppendToStream, isOver)
    }
    guard let outcome else { throw .closed(location: "memory:") }
    if appended { changes.fire() }
    if isOver { await Task.yield() }
    return outcome
  }

  func beginWatching() {}

  func endWatching() {}

  func close() async {
    state.withLock { $0.session = nil }
    changes.close()
  }
}
