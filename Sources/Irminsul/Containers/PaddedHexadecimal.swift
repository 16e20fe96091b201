/// Numbers as digits of one width, so that texts sort as the numbers do.
enum PaddedHexadecimal {
  static func sixteen(_ number: UInt64) -> String { padded(number, 16) }
  static func eight(_ number: UInt32) -> String { padded(UInt64(number), 8) }

  private static func padded(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: width - digits.count) + digits
  }
}
