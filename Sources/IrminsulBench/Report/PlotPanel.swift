import Foundation

/// One of the coordinate systems of a ``Plot``: a number to the right, a figure upwards, both
/// logarithmic.
struct PlotPanel {
  let title: String
  /// What the numbers to the right are.
  let xTitle: String
  let series: [Plot.Series]
  /// What solid and dashed lines are, where there are both.
  var strokes: (solid: String, dashed: String)?

  /// Where it is drawn.
  struct Area {
    let left: Double
    let top: Double
    let width: Double
    let height: Double

    var bottom: Double { top + height }
    var right: Double { left + width }
  }

  func svg(in area: Area) -> [String] {
    let (left, right, bottom) = (area.left, area.right, area.bottom)
    let xValues = Set(series.flatMap { $0.points.map(\.x) }).sorted()
    let across = LogScale((xValues.first ?? 1)...(xValues.last ?? 1), left + 22, right - 22)
    let up = LogScale.decades(of: series.flatMap { $0.points.map(\.y) }, bottom, area.top)
    var parts = [SVG.text(left, area.top - 14, title, weight: "bold")]
    for value in up.lines {
      parts.append(SVG.line(left, up(value), right, up(value), "#dddddd", width: 1))
      parts.append(
        SVG.text(left - 8, up(value) + 4.5, Self.label(value), anchor: "end", colour: "#444444"))
    }
    for value in xValues {
      parts.append(SVG.line(across(value), bottom, across(value), bottom + 5, "#444444", width: 1))
      parts.append(
        SVG.text(across(value), bottom + 20, Self.label(value), anchor: "middle", colour: "#444444")
      )
    }
    parts.append(SVG.line(left, bottom, right, bottom, "#444444", width: 1))
    parts.append(
      SVG.text((left + right) / 2, bottom + 42, xTitle, anchor: "middle", colour: "#444444"))
    for line in series {
      let points = line.points.filter { $0.y > 0 }.map { (x: across($0.x), y: up($0.y)) }
      parts.append(SVG.path(points, line.colour, isDashed: line.isDashed))
      parts += points.map { SVG.dot($0.x, $0.y, line.colour) }
    }
    return parts + strokeParts(area)
  }

  /// Beside the title; grey, for it holds for every colour.
  private func strokeParts(_ area: Area) -> [String] {
    guard let strokes else { return [] }
    let y = area.top - 18
    return [(120.0, strokes.solid, false), (56.0, strokes.dashed, true)].flatMap {
      (distance, label, isDashed) in
      let x = area.right - distance
      return [
        SVG.line(x, y, x + 26, y, "#444444", width: 2.2, isDashed: isDashed),
        SVG.text(x + 32, y + 4, label),
      ]
    }
  }

  private static func label(_ value: Double) -> String {
    value >= 1 ? Figure.grouped(Int(value.rounded())) : String(format: "%g", value)
  }
}
