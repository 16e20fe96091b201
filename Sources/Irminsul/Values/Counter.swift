import RedisScripting

/// A number that everybody may add to, as a decimal number and a line end.
///
/// ```swift
/// try await branch.commit([.increment("visits")], "Count")
/// let visits = try await branch.get("visits", as: Counter.self).value
/// ```
///
/// Writers never wait for one another or try again: the server adds each amount to what is there.
public struct Counter: Contents, Hashable {
  public var value: Int64

  public init(_ value: Int64 = 0) { self.value = value }

  /// - Throws: When the bytes are no decimal number of 64 bits.
  public init(decoding bytes: Bytes) throws {
    guard let counter = Counter(lenient: bytes) else { throw NotACounter() }
    self = counter
  }

  public func encoded() -> Bytes { Bytes("\(value)\n".utf8) }

  /// Also without the line end; no other form of a number.
  init?(lenient bytes: Bytes) {
    let digits = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
    guard let value = Int64(String(decoding: digits, as: UTF8.self)),
      "\(value)".utf8.elementsEqual(digits)
    else { return nil }
    self.value = value
  }
}

struct NotACounter: Error, CustomStringConvertible {
  var description: String { "the bytes are no whole number of 64 bits" }
}
