/// What a contention run looks like: throughput and latency over the number of writers, for every
/// method.
struct ContentionPlot {
  private struct Line {
    let label: String
    let colour: String
    let rows: [Row]
  }

  private let lines: [Line]
  private let subtitle: String

  /// - Parameter rows: Those of one network and one process are drawn: the first that there are.
  init(_ rows: [Row], _ header: RunHeader, seconds: Double) {
    let first = rows.first
    let shown = rows.filter { $0.rtt == first?.rtt && $0.processes == first?.processes }
    let layouts = shown.map(\.layout)
    var lines: [Line] = []
    for row in shown {
      // The usual layout of everybody, and the others of the library.
      let isUsual = row.layout == layouts.first
      guard isUsual || row.method == Method.irminsul.rawValue else { continue }
      var label = isUsual ? row.method : "\(row.method), \(row.layout?.rawValue ?? "")"
      if row.directories == .wide { label += ", wide" }
      guard !lines.contains(where: { $0.label == label }) else { continue }
      lines.append(
        Line(
          label: label, colour: Self.colours[label] ?? Self.others[lines.count % 3],
          rows: shown.filter { $0.isBeside(row) }
            .sorted { $0.writers < $1.writers }))
    }
    // The last is drawn over the others.
    self.lines = lines.sorted { Self.rank($0.label) < Self.rank($1.label) }
    var facts = ["\(first?.shape ?? .usual) leaves, \(layouts.first??.rawValue ?? "")"]
    if let rtt = first?.rtt, rtt > 0 { facts.append("\(Figure.text(rtt)) ms round trip") }
    if let count = first?.processes, count > 1 { facts.append("\(count) processes") }
    subtitle = (facts + Plot.facts(header, seconds: seconds)).joined(separator: "; ")
  }

  private static let colours = [
    "irminsul": Plot.Colour.blue, "irminsul, hot": Plot.Colour.green,
    "reference": Plot.Colour.vermilion, "cas": Plot.Colour.purple,
    "document": Plot.Colour.orange, "script-limit": Plot.Colour.darkGrey,
    "set-limit": Plot.Colour.grey, "empty-limit": "#8C564B", "irminsul-sha256": Plot.Colour.sky,
  ]
  private static let others = ["#BCBD22", "#17BECF", "#E377C2"]

  /// The library's lines come last.
  private static func rank(_ label: String) -> Int { label.hasPrefix("irminsul") ? 1 : 0 }

  var plot: Plot {
    let throughput = PlotPanel(
      title: "Commits per second", xTitle: "writers",
      series: lines.map { line in
        Plot.Series(
          colour: line.colour, isDashed: false,
          points: line.rows.map { (Double($0.writers), $0.perSecond) })
      })
    let latency = PlotPanel(
      title: "Milliseconds until a commit is done", xTitle: "writers",
      series: lines.flatMap { line in
        [false, true].map { isTail in
          Plot.Series(
            colour: line.colour, isDashed: isTail,
            points: line.rows.compactMap { row in
              (isTail ? row.p99 : row.p50).map { (Double(row.writers), $0) }
            })
        }
      },
      strokes: ("p50", "p99"))
    return Plot(
      title: "Many writers, one branch", subtitle: subtitle,
      legend: lines.map { Plot.LegendEntry(label: $0.label, colour: $0.colour) },
      panels: [throughput, latency])
  }
}
