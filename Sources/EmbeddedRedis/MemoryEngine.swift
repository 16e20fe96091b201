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
  }

  private let state: Locked<State>

  /// After so many calls the task gives way: a call waits for nothing, so that tasks that do nothing but
  /// call would keep all threads of the process for themselves.
  private static let turn = 32

  init(_ configuration: EmbeddedConfiguration) throws(HostError) {
    state = Locked(
      State(
        session: try ScriptSession(
          keyspace: MemoryKeyspace(), configuration: configuration, location: "memory:")))
  }

  func run(_ call: HostCall) async throws(HostError) -> ScriptSession.Outcome {
    let (outcome, appended, calls) = state.withLock { state in
      state.calls &+= 1
      guard let session = state.session else { return (ScriptSession.Outcome?.none, false, 0) }
      return (session.run(call), session.didAppendToStream, state.calls)
    }
    guard let outcome else { throw .closed(location: "memory:") }
    if appended { changes.fire() }
    if calls.isMultiple(of: Self.turn) { await Task.yield() }
    return outcome
  }

  func beginWatching() {}

  func endWatching() {}

  func close() async {
    state.withLock { $0.session = nil }
    changes.close()
  }
}
