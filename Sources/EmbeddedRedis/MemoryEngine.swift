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
  /// nil when the engine is closed.
  private let session: Locked<ScriptSession?>

  init(_ configuration: EmbeddedConfiguration) throws(HostError) {
    session = Locked(
      try ScriptSession(
        keyspace: MemoryKeyspace(), configuration: configuration, location: "memory:"))
  }

  func run(_ call: HostCall) async throws(HostError) -> ScriptSession.Outcome {
    let (outcome, appended): (ScriptSession.Outcome?, Bool) = session.withLock { session in
      guard let session else { return (nil, false) }
      return (session.run(call), session.didAppendToStream)
    }
    guard let outcome else { throw .closed(location: "memory:") }
    if appended { changes.fire() }
    return outcome
  }

  func beginWatching() {}

  func endWatching() {}

  func close() async {
    session.withLock { $0 = nil }
    changes.close()
  }
}
