/// A number of bytes as Redis' settings have it.
package enum MemorySize {
  private static let units = [
    "": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1_000_000, "mb": 1 << 20, "g": 1_000_000_000,
    "gb": 1 << 30,
  ]

  /// The bytes of a text such as `100mb`; nil for what is no size.
  package static func bytes(_ text: String) -> Int? {
    let text = text.lowercased()
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let unit = units[String(text.dropFirst(digits.count))] else { return nil }
    // An empty text is 0, as it is for Redis.
    guard let number = digits.isEmpty && text.isEmpty ? 0 : Int(digits) else { return nil }
    let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
    return isTooMuch ? nil : bytes
  }
}
