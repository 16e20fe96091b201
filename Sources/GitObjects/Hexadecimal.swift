/// Hexadecimal digits, as ids are printed.
enum Hexadecimal {
  /// The value of a digit in either case, else nil.
  @inline(__always)
  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit &- 0x30
    case 0x61...0x66: digit &- 0x57
    case 0x41...0x46: digit &- 0x37
    default: nil
    }
  }

  /// The lower-case digit of a value below 16.
  @inline(__always)
  static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 &+ value : 0x57 &+ value
  }

  /// Decodes `digits` into `bytes`, which is half as long; false when one is no digit.
  static func decode(
    _ digits: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var place = 0
    while place < bytes.count {
      guard let high = value(digits[place &* 2]), let low = value(digits[place &* 2 &+ 1]) else {
        return false
      }
      bytes[place] = high << 4 | low
      place &+= 1
    }
    return true
  }
}
