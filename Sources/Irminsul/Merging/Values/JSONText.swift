import RedisScripting

/// A JSON value as a text has it: strings and names by their bytes, so that none is taken for another that
/// only looks the same, and numbers by their digits, however many.
enum JSONText: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Number)
  case string(Bytes)
  case array([JSONText])
  case object([Bytes: JSONText])

  /// A number with its digits as they were written. `1`, `1.0` and `10e-1` are equal.
  struct Number: Hashable, Sendable {
    let text: String
    private let isNegative: Bool
    /// Without zeros at either end; none for zero.
    private let digits: [UInt8]
    /// The power of ten of the last digit. nil: beyond what can be told; such numbers are equal only as texts.
    private let exponent: Int?

    init(_ text: String) {
      self.text = text
      let parts = Array(text.lowercased().utf8).split(
        separator: UInt8(ascii: "e"), omittingEmptySubsequences: false)
      let mantissa = parts.first ?? []
      var digits = mantissa.filter { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, parts.count <= 2,
        var exponent = parts.count == 1 ? 0 : Int(String(decoding: parts[1], as: UTF8.self)),
        abs(exponent) < 1_000_000_000
      else {
        (isNegative, self.digits, self.exponent) = (false, Array(text.utf8), nil)
        return
      }
      if let point = mantissa.firstIndex(of: UInt8(ascii: ".")) {
        exponent -= mantissa.distance(from: point, to: mantissa.endIndex) - 1
      }
      while digits.last == UInt8(ascii: "0") {
        digits.removeLast()
        exponent += 1
      }
      self.digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
      self.exponent = digits.isEmpty ? 0 : exponent
      isNegative = !digits.isEmpty && mantissa.first == UInt8(ascii: "-")
    }

    static func == (left: Number, right: Number) -> Bool {
      left.exponent == right.exponent && left.digits == right.digits
        && left.isNegative == right.isNegative
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(exponent)
      hasher.combine(digits)
    }
  }
}

extension JSONText {
  /// The text, as ``JSON`` is encoded: names sorted, nothing between the parts.
  var encoded: Bytes {
    var bytes = Bytes()
    write(to: &bytes)
    return bytes
  }

  private func write(to bytes: inout Bytes) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .number(let number): bytes += number.text.utf8
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (number, element) in elements.enumerated() {
        if number > 0 { bytes.append(UInt8(ascii: ",")) }
        element.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      let sorted = members.map { (text: String(decoding: $0.key, as: UTF8.self), member: $0) }
        // By Unicode's order as the encoder of the standard library has it; by bytes where that sees no
        // difference.
        .sorted {
          $0.text == $1.text
            ? $0.member.key.lexicographicallyPrecedes($1.member.key) : $0.text < $1.text
        }
      for (number, element) in sorted.enumerated() {
        if number > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(element.member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        element.member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: Bytes, to bytes: inout Bytes) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""): bytes += #"\""#.utf8
      case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
      case 0x08: bytes += #"\b"#.utf8
      case 0x0C: bytes += #"\f"#.utf8
      case 0x0A: bytes += #"\n"#.utf8
      case 0x0D: bytes += #"\r"#.utf8
      case 0x09: bytes += #"\t"#.utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSONText {
  init(_ value: JSON) {
    switch value {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .number(Number("\(value)"))
    // With its point or exponent, by which it comes back as what it was.
    case .number(let value): self = .number(Number("\(value)"))
    case .string(let value): self = .string(Bytes(value.utf8))
    case .array(let elements): self = .array(elements.map(JSONText.init))
    case .object(let members):
      self = .object(
        Dictionary(uniqueKeysWithValues: members.map { (Bytes($0.key.utf8), JSONText($0.value)) }))
    }
  }

  /// - Throws: Where two names are one to Swift's `String`, which takes equal characters of other bytes for
  ///   the same.
  func value() throws(MergeRefusal) -> JSON {
    switch self {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .number(let number):
      if let value = Int64(number.text) { return .integer(value) }
      return .number(Double(number.text) ?? .nan)
    case .string(let text): return .string(String(decoding: text, as: UTF8.self))
    case .array(let elements):
      var values: [JSON] = []
      for element in elements { values.append(try element.value()) }
      return .array(values)
    case .object(let members):
      var values: [String: JSON] = [:]
      for (name, member) in members {
        let name = String(decoding: name, as: UTF8.self)
        if values.updateValue(try member.value(), forKey: name) != nil {
          throw MergeRefusal("two members are named \"\(name)\", in different bytes")
        }
      }
      return .object(values)
    }
  }
}
