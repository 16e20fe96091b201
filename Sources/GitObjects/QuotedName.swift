/// Names as Git prints them: in double quotes with escapes when they hold bytes that would confuse
/// a reader of lines.
///
/// Source: `quote_c_style` in Git's quote.c.
public enum QuotedName {
  /// What happens to bytes from 0x80 on, Git's `core.quotePath`.
  public enum NonASCII {
    case quoted
    /// Kept where they are UTF-8.
    case kept
  }

  /// A name as it is, or in quotes when it must be.
  public static func bytes(_ name: [UInt8], _ nonASCII: NonASCII) -> [UInt8] {
    let keepsHigh =
      switch nonASCII {
      case .quoted: false
      case .kept: String(validating: name, as: UTF8.self) != nil
      }
    var quoted: [UInt8] = []
    var isPlain = true
    for byte in name {
      if let escape = escape(byte, keepsHigh: keepsHigh) {
        isPlain = false
        quoted += Array("\\\(escape)".utf8)
      } else {
        quoted.append(byte)
      }
    }
    if isPlain { return name }
    let mark = UInt8(ascii: "\"")
    return [mark] + quoted + [mark]
  }

  /// For people: UTF-8 is kept.
  public static func text(_ name: [UInt8]) -> String {
    String(decoding: bytes(name, .kept), as: UTF8.self)
  }

  private static func escape(_ byte: UInt8, keepsHigh: Bool) -> String? {
    switch byte {
    case 7: return "a"
    case 8: return "b"
    case 9: return "t"
    case 10: return "n"
    case 11: return "v"
    case 12: return "f"
    case 13: return "r"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return String(UnicodeScalar(byte))
    case 0..<0x20, 0x7F,
      0x80...0xFF where !keepsHigh || byte < 0x80:
      let digits = String(byte, radix: 8)
      return String(repeating: "0", count: 3 - digits.count) + digits
    default: return nil
    }
  }
}
