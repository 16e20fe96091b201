import RedisScripting

/// Any bytes as one name of a directory: letters, digits, `-`, `_` and inner dots are themselves,
/// every other byte is `%` and two hexadecimal digits. No two names differ in case alone unless
/// what they stand for does; none is one that Git protects.
struct EscapedName: Hashable {
  let bytes: Bytes

  /// What file systems take, to which a tree may be written.
  static let longest = 255

  private static let percent = UInt8(ascii: "%")
  private static let digits = Bytes("0123456789abcdef".utf8)

  /// - Throws: ``StoreError/unencodable(type:reason:)`` for what would be longer than 255 bytes.
  init(_ content: Bytes) throws(StoreError) {
    // Nothing at all needs a name too.
    var name: Bytes = content.isEmpty ? [Self.percent] : []
    for (at, byte) in content.enumerated() {
      let isInner = at > 0 && at < content.count - 1
      if Self.isPlain(byte) || byte == UInt8(ascii: ".") && isInner {
        name.append(byte)
      } else {
        name += [Self.percent, Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
      }
    }
    if name.count > Self.longest {
      throw .unencodable(
        type: "name",
        reason: "it takes \(name.count) bytes as an entry of a directory, \(Self.longest) at most")
    }
    bytes = name
  }

  /// What a name stands for; nil for a name that is not of this form.
  static func content(of name: Bytes) -> Bytes? {
    if name == [percent] { return [] }
    var content: Bytes = []
    var rest = name[...]
    while let byte = rest.popFirst() {
      guard byte == percent else {
        content.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digits.firstIndex),
        let low = rest.popFirst().flatMap(digits.firstIndex)
      else { return nil }
      content.append(UInt8(high << 4 | low))
    }
    // Another spelling of the same content would be a second entry for it.
    guard let again = try? EscapedName(content), again.bytes == name else { return nil }
    return content
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
