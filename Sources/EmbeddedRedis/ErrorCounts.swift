import RedisScripting

/// How often commands were answered with an error, by its code.
final class ErrorCounts: Sendable {
  private let counts = Locked<[String: Int]>([:])

  func add(_ code: String) { counts.withLock { $0[code, default: 0] += 1 } }

  func reset() { counts.withLock { $0.removeAll() } }

  /// The lines of INFO's section.
  var lines: [String] {
    counts.withLock {
      $0.sorted { $0.key < $1.key }.map { "errorstat_\($0.key):count=\($0.value)" }
    }
  }
}
