import ArgumentParser
import RedisScripting

/// How the names of a folder's entries are made from their numbers. What names have in common decides
/// what a trie of them looks like.
enum NameStyle: String, Codable, CaseIterable, ExpressibleByArgument {
  /// `job-0001234`: one after the other.
  case numbers
  /// 32 digits, as identifiers at random are often written.
  case hexadecimal
  /// 12 letters and digits, as short identifiers at random are.
  case base62

  /// Numbers have seven digits.
  static let limit = 10_000_000

  private static let digits = Bytes(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The name with a number, which no other number has.
  func name(_ number: Int) -> Bytes {
    switch self {
    case .numbers: return Bytes("job-".utf8) + Self.written(UInt64(number), base: 10, count: 7)
    case .hexadecimal:
      var random = SeededGenerator(seed: UInt64(number))
      let high = random.next()
      let low = random.next()
      return (Self.written(high, base: 16, count: 16) + Self.written(low, base: 16, count: 16)).map
      {
        // Letters are small, as Git writes ids.
        $0 >= UInt8(ascii: "A") ? $0 | 0x20 : $0
      }
    case .base62:
      var random = SeededGenerator(seed: UInt64(number))
      let low = random.next()
      // Eleven digits are more than 64 bits, so that they are a name of their own.
      return Self.written(random.next(), base: 62, count: 1)
        + Self.written(low, base: 62, count: 11)
    }
  }

  /// A name that has about half of so many before it.
  func middle(of count: Int) -> Bytes {
    switch self {
    case .numbers: name(count / 2)
    case .hexadecimal: Bytes("8".utf8)
    case .base62: Bytes("V".utf8)
    }
  }

  private static func written(_ number: UInt64, base: UInt64, count: Int) -> Bytes {
    var text = Bytes(repeating: UInt8(ascii: "0"), count: count)
    var rest = number
    for at in text.indices.reversed() {
      text[at] = digits[Int(rest % base)]
      rest /= base
    }
    return text
  }
}
