import Foundation

/// A logarithmic axis: from values to pixels, and where its lines are.
struct LogScale {
  let values: ClosedRange<Double>
  private let pixels: (first: Double, last: Double)

  /// - Parameter pixels: Of the least and of the greatest value.
  init(_ values: ClosedRange<Double>, _ first: Double, _ last: Double) {
    self.values = values
    pixels = (first, last)
  }

  /// The axis that holds all positive values, from a decade, or half of one, to another.
  static func decades(of values: [Double], _ first: Double, _ last: Double) -> LogScale {
    let positive = values.filter { $0 > 0 }
    guard let least = positive.min(), let most = positive.max() else {
      return LogScale(1...10, first, last)
    }
    let steps = [1, 3, 10.0]
    let low = pow(10, log10(least).rounded(.down))
    let high = pow(10, log10(most).rounded(.down))
    let bottom = steps.last { low * $0 <= least } ?? 1
    let top = steps.first { high * $0 >= most } ?? 10
    // A range without height would have no scale.
    return LogScale(low * bottom...max(high * top, low * bottom * 10), first, last)
  }

  func callAsFunction(_ value: Double) -> Double {
    let span = log(values.upperBound / values.lowerBound)
    let share = span > 0 ? log(value / values.lowerBound) / span : 0.5
    return pixels.first + share * (pixels.last - pixels.first)
  }

  /// The powers of ten in the range, and with them what is between: 2 and 5 where there are few.
  var lines: [Double] {
    let exponents =
      Int(
        log10(values.lowerBound).rounded(.down))...Int(
        log10(values.upperBound).rounded(.up))
    let factors: [Double] = exponents.count <= 4 ? [1, 2, 5] : [1]
    return exponents.flatMap { exponent in factors.map { $0 * pow(10, Double(exponent)) } }
      .filter { $0 >= values.lowerBound * 0.999 && $0 <= values.upperBound * 1.001 }
  }
}
