/// A text as one word for a shell, in messages that say what to type.
///
/// Source: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_02
struct ShellWord: CustomStringConvertible {
  private let text: String

  init(_ text: String) { self.text = text }

  var description: String {
    let quoted = "'" + text.replacing("'", with: "'\\''") + "'"
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return quoted }
    // What a terminal would take for something else, as printf makes it.
    var format = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "/"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        format.unicodeScalars.append(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 8)
        format += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      }
    }
    return "\"$(printf '\(format)')\""
  }
}
