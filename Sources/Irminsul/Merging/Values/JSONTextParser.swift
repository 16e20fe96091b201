import RedisScripting

extension JSONText {
  /// Why bytes are no JSON, or none that can be merged.
  struct Malformed: Error, CustomStringConvertible {
    let reason: String
    let offset: Int

    var description: String { "\(reason) at byte \(offset)" }
  }

  /// Reads a text. Stricter than the standard library in one thing: an object that has a name twice is
  /// refused, since one of both members would be lost.
  ///
  /// Source: RFC 8259.
  init(parsing bytes: Bytes) throws(Malformed) {
    var parser = JSONTextParser(bytes: bytes)
    self = try parser.text()
  }
}

/// Reads a JSON text, from the first byte to the last.
private struct JSONTextParser {
  /// Levels of arrays and objects, as of `JSONDecoder`.
  private static let maximumDepth = 512

  let bytes: Bytes
  private var at = 0

  init(bytes: Bytes) { self.bytes = bytes }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func malformed(_ reason: String) -> JSONText.Malformed {
    JSONText.Malformed(reason: at < bytes.count ? reason : "the text ends early", offset: at)
  }

  mutating func text() throws(JSONText.Malformed) -> JSONText {
    let value = try value(depth: 0)
    skipSpace()
    if at < bytes.count { throw malformed("something follows the value") }
    return value
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  /// Whether the next byte is this one; it is taken then.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(JSONText.Malformed) {
    if !take(character) { throw malformed("\"\(character)\" is missing") }
  }

  private mutating func value(depth: Int) throws(JSONText.Malformed) -> JSONText {
    if depth > Self.maximumDepth { throw malformed("more than \(Self.maximumDepth) levels") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try members(depth))
    case UInt8(ascii: "["): return .array(try elements(depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONText
  ) throws(JSONText.Malformed) -> JSONText {
    guard bytes[at...].starts(with: "\(word)".utf8) else { throw malformed("no value") }
    at += word.utf8CodeUnitCount
    return value
  }

  private mutating func members(_ depth: Int) throws(JSONText.Malformed) -> [Bytes: JSONText] {
    try expect("{")
    var members: [Bytes: JSONText] = [:]
    skipSpace()
    if take("}") { return members }
    repeat {
      skipSpace()
      let start = at
      let name = try string()
      skipSpace()
      try expect(":")
      if members.updateValue(try value(depth: depth + 1), forKey: name) != nil {
        at = start
        throw malformed("a second member \"\(String(decoding: name, as: UTF8.self))\"")
      }
      skipSpace()
    } while take(",")
    try expect("}")
    return members
  }

  private mutating func elements(_ depth: Int) throws(JSONText.Malformed) -> [JSONText] {
    try expect("[")
    var elements: [JSONText] = []
    skipSpace()
    if take("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    try expect("]")
    return elements
  }

  private mutating func digits() throws(JSONText.Malformed) {
    let start = at
    while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
    if at == start { throw malformed("a digit is missing") }
  }

  private mutating func number() throws(JSONText.Malformed) -> JSONText.Number {
    let start = at
    _ = take("-")
    let first = at
    try digits()
    if bytes[first] == UInt8(ascii: "0"), at > first + 1 {
      at = first
      throw malformed("a number begins with 0")
    }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return JSONText.Number(String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private mutating func string() throws(JSONText.Malformed) -> Bytes {
    try expect("\"")
    let start = at
    var text = Bytes()
    while true {
      guard let byte = next else { throw malformed("") }
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        if String(validating: text, as: UTF8.self) == nil {
          at = start
          throw malformed("a string that is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(&text)
      case 0..<0x20:
        at -= 1
        throw malformed("a control character in a string")
      default: text.append(byte)
      }
    }
  }

  private mutating func escape(_ text: inout Bytes) throws(JSONText.Malformed) {
    guard let byte = next else { throw malformed("") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let start = at
      var units = [try unit()]
      if (0xD800..<0xDC00).contains(units[0]), take("\\"), take("u") { units.append(try unit()) }
      guard let character = String(validating: units, as: UTF16.self) else {
        at = start
        throw malformed("half a character in a string")
      }
      text += character.utf8
    default:
      at -= 1
      throw malformed("an unknown escape in a string")
    }
  }

  private mutating func unit() throws(JSONText.Malformed) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("a hexadecimal digit is missing")
      }
      unit = unit << 4 | UInt16(digit)
      at += 1
    }
    return unit
  }
}
