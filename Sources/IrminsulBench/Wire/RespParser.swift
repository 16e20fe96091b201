import RedisScripting

/// Reads RESP2 replies from bytes that may end anywhere.
enum RespParser {
  /// The reply that starts at `place`, which moves behind it; nil when it is not complete, and
  /// `place` is then of no use.
  ///
  /// - Throws: ``BenchError`` for bytes that are no RESP.
  static func reply(_ bytes: UnsafeRawBufferPointer, _ place: inout Int) throws -> Reply? {
    guard place < bytes.count, let line = line(bytes, &place) else { return nil }
    guard let marker = line.first else { throw malformed }
    let text = UnsafeRawBufferPointer(rebasing: line.dropFirst())
    switch marker {
    case UInt8(ascii: "+"): return .status(String(decoding: text, as: UTF8.self))
    case UInt8(ascii: "-"):
      return .error(ServerError(bytes: Bytes(text)))
    case UInt8(ascii: ":"): return .integer(Int64(try number(text)))
    case UInt8(ascii: "$"):
      let count = try number(text)
      if count < 0 { return .null }
      guard place + count + 2 <= bytes.count else { return nil }
      defer { place += count + 2 }
      return .bytes(Bytes(bytes[place..<(place + count)]))
    case UInt8(ascii: "*"):
      let count = try number(text)
      if count < 0 { return .null }
      var elements: [Reply] = []
      for _ in 0..<count {
        guard let element = try reply(bytes, &place) else { return nil }
        elements.append(element)
      }
      return .array(elements)
    default: throw malformed
    }
  }

  /// Moves `place` behind the reply that starts there; false when it is not complete. Unlike
  /// ``reply(_:_:)`` it takes no memory.
  static func skip(_ bytes: UnsafeRawBufferPointer, _ place: inout Int) throws -> Bool {
    guard place < bytes.count, let line = line(bytes, &place) else { return false }
    guard let marker = line.first else { throw malformed }
    let text = UnsafeRawBufferPointer(rebasing: line.dropFirst())
    switch marker {
    case UInt8(ascii: "$"):
      let count = try number(text)
      // A null string, of length -1, is its line alone.
      if count >= 0 { place += count + 2 }
      return place <= bytes.count
    case UInt8(ascii: "*"):
      for _ in 0..<max(0, try number(text)) {
        guard try skip(bytes, &place) else { return false }
      }
      return true
    default: return true
    }
  }

  private static let malformed = BenchError("the server sent bytes that are no RESP")

  /// The line at `place` without its end, which `place` moves behind.
  private static func line(
    _ bytes: UnsafeRawBufferPointer, _ place: inout Int
  ) -> UnsafeRawBufferPointer.SubSequence? {
    var end = place
    while end < bytes.count, bytes[end] != UInt8(ascii: "\r") { end += 1 }
    guard end + 1 < bytes.count else { return nil }
    defer { place = end + 2 }
    return bytes[place..<end]
  }

  private static func number(_ text: UnsafeRawBufferPointer) throws -> Int {
    var value = 0
    let isNegative = text.first == UInt8(ascii: "-")
    for digit in isNegative ? text.dropFirst() : text[...] {
      guard (0x30...0x39).contains(digit), value < 1 << 40 else { throw malformed }
      value = value * 10 + Int(digit - 0x30)
    }
    return isNegative ? -value : value
  }
}
