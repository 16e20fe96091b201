import RedisScripting

/// The scripts that EVALSHA knows, as SCRIPT LOAD, EVAL and `run` made them known.
final class ScriptRegistry: Sendable {
  private let sources = Locked<[String: Bytes]>([:])

  func add(_ sha1: String, _ source: @autoclosure () -> Bytes) -> Bytes {
    sources.withLock {
      if let known = $0[sha1] { return known }
      let new = source()
      $0[sha1] = new
      return new
    }
  }

  func source(of sha1: String) -> Bytes? { sources.withLock { $0[sha1] } }

  var count: Int { sources.withLock { $0.count } }

  func removeAll() { sources.withLock { $0.removeAll() } }
}
