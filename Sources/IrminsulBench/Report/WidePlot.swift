import Irminsul

/// What a run of wide folders looks like: throughput over the number of entries, for each layout and the
/// tree of three levels.
struct WidePlot {
  private let rows: [WideRow]
  private let header: RunHeader
  private let seconds: Double

  private struct Line: Sendable {
    let label: String
    let colour: String
    /// nil for the tree.
    let layout: DirectoryLayout?

    func has(_ row: WideRow) -> Bool { row.folder?.layout == layout }
  }

  private static let lines = [
    Line(label: "three levels of 10 entries", colour: Plot.Colour.darkGrey, layout: nil),
    Line(label: "one folder, git", colour: Plot.Colour.vermilion, layout: .git),
    Line(label: "one folder, wide", colour: Plot.Colour.blue, layout: .wide),
  ]

  init(_ rows: [WideRow], _ header: RunHeader, seconds: Double) {
    self.rows = rows
    self.header = header
    self.seconds = seconds
  }

  var plot: Plot {
    let lines = Self.lines.filter { rows.contains(where: $0.has) }
    let counts = Set(rows.map(\.writes.writers)).sorted()
    // The fewest and the most, if there are several.
    let shown = counts.count > 1 ? [counts[0], counts[counts.count - 1]] : counts
    let names = rows.lazy.compactMap(\.folder).first?.names
    let facts = ["names: \(names?.rawValue ?? "")"] + Plot.facts(header, seconds: seconds)
    return Plot(
      title: "One folder of many entries", subtitle: facts.joined(separator: "; "),
      legend: lines.map { Plot.LegendEntry(label: $0.label, colour: $0.colour) },
      panels: shown.map { panel(lines, writers: $0) })
  }

  private func panel(_ lines: [Line], writers: Int) -> PlotPanel {
    PlotPanel(
      title: "Commits per second, \(WideRow.text(ofWriters: writers))",
      xTitle: "entries",
      series: lines.map { line in
        Plot.Series(
          colour: line.colour, isDashed: false,
          points: rows.filter { $0.writes.writers == writers && line.has($0) }
            .sorted { $0.entries < $1.entries }
            .map { (Double($0.entries), $0.writes.perSecond) })
      })
  }
}
