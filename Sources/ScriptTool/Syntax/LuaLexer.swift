import RedisScripting

/// Cuts a Lua text of any version from 5.1 to 5.4 into words.
struct LuaLexer {
  private(set) var tokens: [LuaToken] = []
  private(set) var comments: [LuaComment] = []
  private(set) var features: [LuaFeature] = []

  private let bytes: Bytes
  private var at = 0
  private var line = 1

  static let keywords: Set = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]
  private static let symbols = [
    "...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", "..", "+", "-", "*", "/", "%", "^", "#",
    "&", "~", "|", "<", ">", "=", "(", ")", "{", "}", "[", "]", ";", ":", ",", ".",
  ].map { Bytes($0.utf8) }

  init(_ bytes: Bytes) throws(LuaSyntaxError) {
    self.bytes = bytes
    // The interpreter of a server skips this line, too.
    if bytes.starts(with: [0x23, 0x21]) { skipLine() }
    while true {
      skipSpace()
      guard at < bytes.count else { break }
      if try skipComment() { continue }
      try readToken()
    }
    add(.end, from: at)
  }

  private subscript(offset: Int) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }

  private mutating func add(_ kind: LuaToken.Kind, from start: Int, line: Int? = nil) {
    tokens.append(
      LuaToken(
        kind: kind, text: String(decoding: bytes[start..<at], as: UTF8.self), range: start..<at,
        line: line ?? self.line))
  }

  private mutating func skipLine() {
    while at < bytes.count, bytes[at] != 0x0a { at += 1 }
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] <= 0x20 {
      if bytes[at] == 0x0a { line += 1 }
      at += 1
    }
  }

  private mutating func skipComment() throws(LuaSyntaxError) -> Bool {
    guard self[0] == 0x2d, self[1] == 0x2d else { return false }
    let (start, first) = (at, line)
    at += 2
    if self[0] == 0x5b, let level = longLevel() {
      _ = try longText(level)
    } else {
      skipLine()
    }
    comments.append(
      LuaComment(line: first, text: String(decoding: bytes[start..<at], as: UTF8.self)))
    return true
  }

  private mutating func readToken() throws(LuaSyntaxError) {
    let (start, first) = (at, bytes[at])
    if Self.isLetter(first) {
      while at < bytes.count, Self.isLetter(bytes[at]) || Self.isDigit(bytes[at]) { at += 1 }
      let word = String(decoding: bytes[start..<at], as: UTF8.self)
      add(Self.keywords.contains(word) ? .keyword : .name, from: start)
    } else if Self.isDigit(first) || first == 0x2e && Self.isDigit(self[1]) {
      readNumber()
      add(.number, from: start)
    } else if first == 0x22 || first == 0x27 {
      let text = try quotedText(first)
      add(.string(text), from: start)
    } else if first == 0x5b, let level = longLevel() {
      let before = line
      let text = try longText(level)
      add(.string(text), from: start, line: before)
    } else if let symbol = Self.symbols.first(where: { bytes[at...].starts(with: $0) }) {
      at += symbol.count
      add(.symbol, from: start)
    } else {
      let text = String(decoding: bytes[at...at], as: UTF8.self)
      throw LuaSyntaxError(line: line, message: "unexpected symbol near '\(text)'")
    }
  }

  private mutating func readNumber() {
    let isHexadecimal = self[0] == 0x30 && self[1] | 0x20 == 0x78
    let exponent: UInt8 = isHexadecimal ? 0x70 : 0x65
    if isHexadecimal { at += 2 }
    while true {
      if self[0] | 0x20 == exponent, self[1] == 0x2b || self[1] == 0x2d {
        at += 2
      } else if Self.isDigit(self[0]) || Self.isLetter(self[0]) || self[0] == 0x2e {
        at += 1
      } else {
        return
      }
    }
  }

  private mutating func quotedText(_ quote: UInt8) throws(LuaSyntaxError) -> Bytes {
    let first = line
    var text: Bytes = []
    at += 1
    while true {
      guard at < bytes.count, bytes[at] != 0x0a else {
        throw LuaSyntaxError(line: first, message: "unfinished string")
      }
      let byte = bytes[at]
      at += 1
      if byte == quote { return text }
      if byte == 0x5c { try readEscape(into: &text) } else { text.append(byte) }
    }
  }

  private mutating func readEscape(into text: inout Bytes) throws(LuaSyntaxError) {
    let byte = self[0]
    at += 1
    switch byte {
    case UInt8(ascii: "a"): text.append(7)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "v"): text.append(11)
    case 0x0a:
      line += 1
      text.append(10)
    case UInt8(ascii: "x") where Self.hexadecimal(self[0]) != nil:
      features.append(LuaFeature(line: line, name: "the escape \\x", since: "5.2"))
      text.append((Self.hexadecimal(self[0]) ?? 0) << 4 | (Self.hexadecimal(self[1]) ?? 0))
      at += 2
    case UInt8(ascii: "z"):
      features.append(LuaFeature(line: line, name: "the escape \\z", since: "5.2"))
      skipSpace()
    case UInt8(ascii: "u") where self[0] == 0x7b:
      features.append(LuaFeature(line: line, name: "the escape \\u{}", since: "5.3"))
      var value: UInt32 = 0
      at += 1
      while let digit = Self.hexadecimal(self[0]) {
        value = value << 4 | UInt32(digit)
        at += 1
      }
      at += 1
      text += Bytes(String(Unicode.Scalar(value).map(Character.init) ?? "\u{fffd}").utf8)
    case 0x30...0x39:
      var value = Int(byte - 0x30)
      for _ in 0..<2 where Self.isDigit(self[0]) {
        value = value * 10 + Int(self[0] - 0x30)
        at += 1
      }
      guard value < 256 else {
        throw LuaSyntaxError(line: line, message: "escape sequence too large")
      }
      text.append(UInt8(value))
    default: text.append(byte)
    }
  }

  /// The number of `=` of a long bracket that begins here.
  private func longLevel() -> Int? {
    var level = 0
    while self[1 + level] == 0x3d { level += 1 }
    return self[1 + level] == 0x5b ? level : nil
  }

  private mutating func longText(_ level: Int) throws(LuaSyntaxError) -> Bytes {
    let first = line
    at += level + 2
    if self[0] == 0x0a {
      line += 1
      at += 1
    }
    let start = at
    let end = [0x5d] + Bytes(repeating: 0x3d, count: level) + [0x5d]
    while at < bytes.count {
      if bytes[at] == 0x5d, bytes[at...].starts(with: end) {
        let text = Bytes(bytes[start..<at])
        at += end.count
        return text
      }
      if bytes[at] == 0x0a { line += 1 }
      at += 1
    }
    throw LuaSyntaxError(line: first, message: "unfinished long string or comment")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte == 0x5f || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
  }
}
