import RedisScripting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The time that an ``EmbeddedHost`` goes by: the system's, or one that a test moves.
///
/// ```swift
/// let clock = EmbeddedClock(milliseconds: 1_700_000_000_000)
/// var configuration = EmbeddedConfiguration(storage: .memory)
/// configuration.clock = clock
/// let host = try EmbeddedHost.open(configuration)
/// _ = try await host.run(Command("SET", "session", "x", "EX", "60"))
/// clock.advance(by: .seconds(61))
/// _ = try await host.run(Command("GET", "session"))  // null
/// ```
///
/// Expiries, `TIME` and the ids of streams follow it; the time limit of scripts does not.
public final class EmbeddedClock: Sendable {
  /// The system's clock.
  public static let system = EmbeddedClock(nil)

  /// Microseconds since 1970; nil for the system's.
  private let fixed: Locked<Int64>?

  private init(_ fixed: Int64?) { self.fixed = fixed.map { Locked($0) } }

  /// A clock that stands still at so many milliseconds since 1970.
  public convenience init(milliseconds: Int64) { self.init(milliseconds * 1000) }

  /// Moves a clock that stands; the system's goes on as it does.
  public func advance(by duration: Duration) {
    fixed?.withLock { $0 += duration.wholeNanoseconds / 1000 }
  }

  /// Milliseconds since 1970.
  public var milliseconds: Int64 { microseconds / 1000 }

  /// Microseconds since 1970.
  public var microseconds: Int64 {
    if let fixed { return fixed.withLock { $0 } }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
