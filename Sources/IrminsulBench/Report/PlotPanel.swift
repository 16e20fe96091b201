import Foundation

/// One of the two coordinate systems of a ``Plot``: writers to the right, a figure upwards, both
/// logarithmic.
struct PlotPanel {
  let left: Double
  let top: Double
  let width: Double
  let height: Double
  let title: String
  let xValues: [Double]
  let series: [Plot.Series]

  private var bottom: Double { top + height }
  private var right: Double { left + width }

  var svg: [String] {
    let across = LogScale(
      (xValues.min() ?? 1)...(xValues.max() ?? 1), left + 22, right - 22)
    let up = LogScale.decades(of: series.flatMap { $0.points.map(\.y) }, bottom, top)
    var parts = [SVG.text(left, top - 14, title, weight: "bold")]
    for value in up.lines {
      parts.append(SVG.line(left, up(value), right, up(value), "#dddddd", width: 1))
      parts.append(
        SVG.text(left - 8, up(value) + 4.5, Self.label(value), anchor: "end", colour: "#444444"))
    }
    for value in Set(xValues).sorted() {
      parts.append(SVG.line(across(value), bottom, across(value), bottom + 5, "#444444", width: 1))
      parts.append(
        SVG.text(across(value), bottom + 20, Self.label(value), anchor: "middle", colour: "#444444")
      )
    }
    parts.append(SVG.line(left, bottom, right, bottom, "#444444", width: 1))
    parts.append(
      SVG.text((left + right) / 2, bottom + 42, "writers", anchor: "middle", colour: "#444444"))
    for line in series {
      let points = line.points.filter { $0.y > 0 }.map { (x: across($0.x), y: up($0.y)) }
      parts.append(SVG.path(points, line.colour, isDashed: line.isDashed))
      parts += points.map { SVG.dot($0.x, $0.y, line.colour) }
    }
    return parts
  }

  private static func label(_ value: Double) -> String {
    value >= 1 ? Figure.grouped(Int(value.rounded())) : String(format: "%g", value)
  }
}
