import RedisScripting

/// The scripts that EVALSHA knows, as SCRIPT LOAD, EVAL and `run` made them known.
final class ScriptRegistry: Sendable {
  private struct State {
    var sources: [String: Bytes] = [:]
    /// The one that was asked for last, which mostly is asked for again.
    var last: (sha1: String, source: Bytes)?
  }

  private let state = Locked(State())

  func add(_ sha1: String, _ source: @autoclosure () -> Bytes) -> Bytes {
    state.withLock { state in
      if let last = state.last, last.sha1 == sha1 { return last.source }
      let known = state.sources[sha1] ?? source()
      state.sources[sha1] = known
      state.last = (sha1, known)
      return known
    }
  }

  func source(of sha1: String) -> Bytes? { state.withLock { $0.sources[sha1] } }

  var count: Int { state.withLock { $0.sources.count } }

  func removeAll() { state.withLock { $0 = State() } }
}
