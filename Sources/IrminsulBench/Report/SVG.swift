import Foundation

/// The few elements of SVG that a plot consists of.
enum SVG {
  static func text(
    _ x: Double, _ y: Double, _ text: String, size: Int = 13, anchor: String = "start",
    weight: String = "normal", colour: String = "#222222"
  ) -> String {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    return "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" "
      + "text-anchor=\"\(anchor)\" font-weight=\"\(weight)\" fill=\"\(colour)\">\(escaped)</text>"
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double,
    isDashed: Bool = false
  ) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
      + "stroke=\"\(colour)\" stroke-width=\"\(number(width))\"\(dashes(isDashed))/>"
  }

  static func path(
    _ points: [(x: Double, y: Double)], _ colour: String, isDashed: Bool
  ) -> String {
    let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    return "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2.2\" "
      + "stroke-linejoin=\"round\"\(dashes(isDashed))/>"
  }

  static func dot(_ x: Double, _ y: Double, _ colour: String) -> String {
    "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"3.6\" fill=\"\(colour)\"/>"
  }

  private static func dashes(_ isDashed: Bool) -> String {
    isDashed ? " stroke-dasharray=\"6 4\"" : ""
  }

  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
