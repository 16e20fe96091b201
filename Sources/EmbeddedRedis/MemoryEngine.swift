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
// Unchecked, as the session is no Sendable: it is only touched under the lock.
final class MemoryEngine: HostEngine, @unchecked Sendable {
  let changes = ChangeSignal()
  private let session: ScriptSession
  private let isClosed = Locked(false)

  init(_ configuration: EmbeddedConfiguration) throws(HostError) {
    session = try ScriptSession(
      keyspace: MemoryKeyspace(), configuration: configuration, location: "memory:")
  }

  func run(_ call: HostCall) async throws(HostError) -> ScriptSession.Outcome {
    let (outcome, appended): (ScriptSession.Outcome?, Bool) = isClosed.withLock { isClosed in
      isClosed ? (nil, false) : (session.run(call), session.didAppendToStream)
    }
    guard let outcome else { throw .closed(location: "memory:") }
    if appended { changes.fire() }
    return outcome
  }

  func beginWatching() {}

  func endWatching() {}

  func close() async {
    isClosed.withLock { $0 = true }
    changes.close()
  }
}
