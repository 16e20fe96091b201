import Foundation
import GitObjects
import RedisScripting
import Synchronization

/// Who made a commit, when and why. A string literal is an info with that message, by the
/// repository's author and now.
///
/// ```swift
/// try await branch.set("a", to: "1", "First version")
/// try await branch.set("a", to: "2", Info("Second", author: Person("Ada", "ada@example.org")))
/// ```
///
/// Source: Irmin's `Info`; Git keeps author and committer apart and the date in whole seconds.
public struct Info: Sendable, Hashable, ExpressibleByStringInterpolation {
  /// The message as Git keeps it, usually ending with a newline; one is added when it is missing.
  public var message: String
  /// nil: the repository's author.
  public var author: Person?
  /// nil: the author.
  public var committer: Person?
  /// When, with the time zone; nil: now by this machine's clock.
  public var date: Timestamp?

  public init(
    _ message: String, author: Person? = nil, committer: Person? = nil, date: Timestamp? = nil
  ) {
    self.message = message
    self.author = author
    self.committer = committer
    self.date = date
  }

  public init(stringLiteral value: String) { self.init(value) }

  /// The message's bytes, ending with a newline unless it is empty.
  var messageBytes: Bytes {
    var bytes = Bytes(message.utf8)
    if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    return bytes
  }
}

/// A name and an e-mail address.
public struct Person: Sendable, Hashable {
  public var name: String
  public var email: String

  public init(_ name: String, _ email: String) {
    self.name = name
    self.email = email
  }
}

/// A moment in whole seconds with the offset of its time zone, as Git keeps it.
public struct Timestamp: Sendable, Hashable {
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public var seconds: Int64
  /// Minutes east of UTC.
  public var offsetMinutes: Int

  public init(seconds: Int64, offsetMinutes: Int = 0) {
    self.seconds = seconds
    self.offsetMinutes = offsetMinutes
  }

  /// This machine's clock and time zone.
  public static var now: Timestamp {
    let seconds = Int64(Date().timeIntervalSince1970.rounded(.down))
    return Timestamp(seconds: seconds, offsetMinutes: offset.minutes(at: seconds))
  }

  /// The time zone's offset changes at whole quarters of an hour, and asking for it costs as much as
  /// the rest of a commit's header.
  private static let offset = CachedOffset()

  private final class CachedOffset: Sendable {
    /// The quarter of an hour, and the minutes plus 2^15, in one word.
    private let cached = Atomic<UInt64>(0)

    func minutes(at seconds: Int64) -> Int {
      let quarter = UInt64(truncatingIfNeeded: seconds / 900) & 0xffff_ffff
      let word = cached.load(ordering: .relaxed)
      if word >> 32 == quarter, word != 0 { return Int(word & 0xffff_ffff) - 0x8000 }
      let date = Date(timeIntervalSince1970: Double(seconds))
      let minutes = TimeZone.current.secondsFromGMT(for: date) / 60
      cached.store(quarter << 32 | UInt64(minutes + 0x8000), ordering: .relaxed)
      return minutes
    }
  }
}

extension Timestamp {
  /// Milliseconds since 1970 by this machine's clock.
  static var milliseconds: Int64 {
    Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))
  }
}

extension Identity {
  /// Whether it has all that Git expects: an address and a date.
  var isWhole: Bool { emailBytes != nil && seconds.map { (0..<1 << 62).contains($0) } == true }

  init(_ person: Person, at time: Timestamp) {
    self.init(
      name: person.name, email: person.email, seconds: time.seconds,
      offsetMinutes: time.offsetMinutes)
  }
}
