import RedisScripting

/// Bytes as a string of Lua.
enum ScriptLiteral {
  static func text(_ text: String) -> String { self.text(Bytes(text.utf8)) }

  static func text(_ bytes: Bytes) -> String {
    var text = "\""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text += "\\" + String(Unicode.Scalar(byte))
      case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte)
        text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      }
    }
    return text + "\""
  }
}
