/// Who did something, and when: the value of an author, committer or tagger line.
///
/// ```swift
/// let me = Identity(name: "A U Thor", email: "a@example.com", seconds: 1_700_000_000,
///                   offsetMinutes: 120)
/// me.text  // A U Thor <a@example.com> 1700000000 +0200
/// ```
///
/// What was read is kept byte by byte; the parts are nil where the line does not have them.
public struct Identity: Sendable, Hashable {
  /// The line without the word before it.
  public let bytes: [UInt8]

  /// Takes a line as it is.
  public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// Writes a line as Git does: "<", ">", newlines and NUL are left out of the name and the email,
  /// as are spaces, control characters and `,:;"'\` at their ends.
  ///
  /// - Parameters:
  ///   - name: Of a person or a program.
  ///   - email: Without the angle brackets.
  ///   - seconds: Since 1970. Git itself cannot read a date before that, though other tools can.
  ///   - offsetMinutes: The time zone, east of Greenwich; kept within ±99:59.
  public init(name: String, email: String, seconds: Int64, offsetMinutes: Int) {
    var bytes = Self.withoutCrud(name)
    bytes.append(contentsOf: " <".utf8)
    bytes.append(contentsOf: Self.withoutCrud(email))
    bytes.append(contentsOf: "> ".utf8)
    bytes.append(contentsOf: String(seconds).utf8)
    bytes.append(UInt8(ascii: " "))
    bytes.append(UInt8(ascii: offsetMinutes < 0 ? "-" : "+"))
    let minutes = Int(min(offsetMinutes.magnitude, 99 * 60 + 59))
    let digits = String(minutes / 60 * 100 + minutes % 60)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
    bytes.append(contentsOf: digits.utf8)
    self.bytes = bytes
  }

  /// The line as text, with U+FFFD for bytes that are not UTF-8.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// What stands before "<", without the space; empty when there is nothing. O(length).
  public var nameBytes: [UInt8] { Array(bytes[parts.name]) }

  /// The name as text, with U+FFFD for bytes that are not UTF-8.
  public var name: String { String(decoding: bytes[parts.name], as: UTF8.self) }

  /// What stands between "<" and ">"; nil when they are missing.
  public var emailBytes: [UInt8]? { parts.email.map { Array(bytes[$0]) } }

  /// The email as text, with U+FFFD for bytes that are not UTF-8; nil when "<" or ">" is missing.
  public var email: String? {
    parts.email.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// Seconds since 1970; nil when there is no date or it does not fit into 64 bits.
  public var seconds: Int64? {
    parts.date.flatMap { Int64(String(decoding: bytes[$0], as: UTF8.self)) }
  }

  /// The time zone's sign and digits as they stand, `+0200` or `+051800`; nil when there are none.
  public var offsetText: String? {
    parts.offset.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The time zone in minutes east of Greenwich; nil unless it is a sign and four digits.
  public var offsetMinutes: Int? {
    guard let range = parts.offset, range.count == 5,
      let number = Int(String(decoding: bytes[range.dropFirst()], as: UTF8.self))
    else { return nil }
    let minutes = number / 100 * 60 + number % 100
    return bytes[range.lowerBound] == UInt8(ascii: "-") ? -minutes : minutes
  }
}

extension Identity: CustomStringConvertible {
  /// The line as text.
  public var description: String { text }
}

extension Identity {
  private struct Parts {
    var name: Range<Int>
    var email: Range<Int>?
    var date: Range<Int>?
    var offset: Range<Int>?
  }

  /// Takes the line apart as Git's `split_ident_line` does, and accepts a date before 1970 too.
  private var parts: Parts {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "<")),
      let close = bytes[open...].firstIndex(of: UInt8(ascii: ">")),
      let lastClose = bytes.lastIndex(of: UInt8(ascii: ">"))
    else {
      return Parts(name: trimmed(0..<(bytes.firstIndex(of: UInt8(ascii: "<")) ?? bytes.count)))
    }
    var parts = Parts(name: trimmed(0..<open), email: (open + 1)..<close)
    var place = afterSpaces(lastClose + 1)
    let date = place
    if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
    let digits = place
    place = afterDigits(place)
    guard place > digits else { return parts }
    parts.date = date..<place
    let offset = afterSpaces(place)
    guard offset < bytes.count,
      bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
    else { return parts }
    let end = afterDigits(offset + 1)
    if end > offset + 1 { parts.offset = offset..<end }
    return parts
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var end = range.upperBound
    while end > range.lowerBound, Self.isSpace(bytes[end - 1]) { end -= 1 }
    return range.lowerBound..<end
  }

  private func afterSpaces(_ start: Int) -> Int {
    var place = start
    while place < bytes.count, Self.isSpace(bytes[place]) { place += 1 }
    return place
  }

  private func afterDigits(_ start: Int) -> Int {
    var place = start
    while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
    return place
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// What Git leaves of a name or an email: `strbuf_addstr_without_crud` in its ident.c, as since
  /// Git 2.42, which no longer takes the dot off "Jr.".
  private static func withoutCrud(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard let first = bytes.firstIndex(where: { !isCrud($0) }),
      let last = bytes.lastIndex(where: { !isCrud($0) })
    else { return [] }
    return bytes[first...last].filter {
      $0 != 0 && $0 != 0x0A && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
    }
  }

  private static func isCrud(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "<"),
      UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"):
      true
    default: false
    }
  }
}
