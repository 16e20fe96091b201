import Foundation

/// Figures for people: as many digits as mean something.
enum Figure {
  /// `12,345`, `254`, `17.3`, `1.02`, `0.041`; a dash for nothing.
  static func text(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "-" }
    switch abs(value) {
    case 100...: return grouped(Int(value.rounded()))
    case 10...: return String(format: "%.1f", value)
    case 0.1..., 0: return String(format: "%.2f", value)
    default: return String(format: "%.3f", value)
    }
  }

  /// Bytes as mebibytes, `12,345` or `17.3`.
  static func mebibytes(_ bytes: Int) -> String { text(Double(bytes) / 1_048_576) }

  /// `12,345`.
  static func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }
}
