import RedisScripting

/// Words of a line, of which some are in quotes, as Redis reads shebangs and commands that a person types.
///
/// Source: what Redis 7.0 makes of such lines: `"` with escapes, `'` with `\'` alone, quotes also in the middle of a
/// word, and after a closing one a space or nothing.
package enum QuotedWords {
  /// The words of a line up to its first NUL; nil when a quote is open, or is followed by something else.
  package static func split(_ line: some Collection<UInt8>) -> [Bytes]? {
    var rest = line.prefix { $0 != 0 }[...]
    var words: [Bytes] = []
    while true {
      rest = rest.drop(while: isSpace)
      guard !rest.isEmpty else { return words }
      guard let word = takeWord(&rest) else { return nil }
      words.append(word)
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0d).contains(byte)
  }

  private static func takeWord<Rest: Collection<UInt8>>(_ rest: inout Rest) -> Bytes?
  where Rest.SubSequence == Rest {
    var word: Bytes = []
    while let byte = rest.first {
      switch byte {
      case 0x20, 0x09, 0x0a, 0x0d: return word
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        rest = rest.dropFirst()
        guard takeQuoted(&rest, byte, &word), rest.first.map(isSpace) ?? true else { return nil }
        return word
      default:
        word.append(byte)
        rest = rest.dropFirst()
      }
    }
    return word
  }

  /// Takes what follows an opening quote, and the closing one; false when there is none.
  private static func takeQuoted<Rest: Collection<UInt8>>(
    _ rest: inout Rest, _ quote: UInt8, _ word: inout Bytes
  ) -> Bool where Rest.SubSequence == Rest {
    while let byte = rest.popFirst() {
      if byte == quote { return true }
      guard byte == UInt8(ascii: "\\"), let next = rest.first else {
        word.append(byte)
        continue
      }
      if quote == UInt8(ascii: "'") {
        guard next == quote else {
          word.append(byte)
          continue
        }
        word.append(next)
        rest = rest.dropFirst()
        continue
      }
      let digits = rest.dropFirst().prefix(2)
        .compactMap { Character(UnicodeScalar($0)).hexDigitValue }
      if next == UInt8(ascii: "x"), digits.count == 2 {
        word.append(UInt8(digits[0] << 4 | digits[1]))
        rest = rest.dropFirst(3)
        continue
      }
      word.append(escapes[next] ?? next)
      rest = rest.dropFirst()
    }
    return false
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09,
    UInt8(ascii: "b"): 0x08, UInt8(ascii: "a"): 0x07,
  ]
}
