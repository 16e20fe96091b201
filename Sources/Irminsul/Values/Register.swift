import RedisScripting

/// A value that the last writer sets, by the writers' own clocks: the later time wins, and at the
/// same time the value whose bytes are greater. Whatever the order in which writes arrive, everybody
/// ends with the same value.
///
/// ```swift
/// try await branch.commit([.assign("status", to: "open")], "Open")
/// let status = try await branch.get("status", as: Register.self).value(as: String.self)
/// ```
///
/// Its blob is a line with the time in milliseconds since 1970, then the value's own bytes.
public struct Register: Contents, Hashable {
  /// Since 1970-01-01 00:00:00 UTC; not negative.
  public var milliseconds: Int64
  /// The value's own bytes.
  public var bytes: Bytes

  /// Times are before this one: they have 15 digits.
  static let end: Int64 = 1_000_000_000_000_000

  /// - Throws: ``StoreError/unencodable(type:reason:)``, also for a time before 1970 or of more than
  ///   15 digits.
  public init(_ value: some Contents, milliseconds: Int64) throws {
    guard (0..<Self.end).contains(milliseconds) else {
      throw StoreError.unencodable(
        type: "Register", reason: "\(milliseconds) ms is no time from 1970 on")
    }
    self.milliseconds = milliseconds
    bytes = Bytes(try value.framed().content)
  }

  /// - Throws: When there is no line with a time.
  public init(decoding bytes: Bytes) throws {
    guard let register = Register(content: bytes) else {
      throw NotLines(reason: "the bytes do not begin with a line that is a time")
    }
    self = register
  }

  public func encoded() -> Bytes { Bytes("\(milliseconds)\n".utf8) + bytes }

  /// The value.
  ///
  /// - Throws: When the bytes are no such value.
  public func value<Value: Contents>(as type: Value.Type = Value.self) throws -> Value {
    try Value(decoding: bytes)
  }

  init?(content: Bytes) {
    guard let end = content.prefix(16).firstIndex(of: UInt8(ascii: "\n")), end > 0,
      content[..<end].allSatisfy({ (0x30...0x39).contains($0) }),
      let time = Int64(String(decoding: content[..<end], as: UTF8.self))
    else { return nil }
    milliseconds = time
    bytes = Bytes(content[(end + 1)...])
  }
}
