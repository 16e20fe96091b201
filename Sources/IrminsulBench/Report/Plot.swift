import Foundation

/// A drawing of throughput and latency over the number of writers, for every method, as SVG.
struct Plot {
  /// A line of a panel.
  struct Series {
    let colour: String
    let isDashed: Bool
    /// Writers and a figure.
    let points: [(x: Double, y: Double)]
  }

  private struct Method {
    let label: String
    let colour: String
    let rows: [Row]
  }

  private let methods: [Method]
  private let subtitle: String
  private let width = 1080.0
  private let height = 500.0

  /// - Parameter rows: Those of one network and one process are drawn: the first that there are.
  init(_ rows: [Row], _ header: RunHeader, seconds: Double) {
    let first = rows.first
    let shown = rows.filter { $0.rtt == first?.rtt && $0.processes == first?.processes }
    let layouts = shown.map(\.layout)
    var methods: [Method] = []
    for row in shown {
      // The usual layout of everybody, and the others of the library.
      let isUsual = row.layout == layouts.first
      guard isUsual || row.method == IrminsulBench.Method.irminsul.rawValue else { continue }
      let label = isUsual ? row.method : "\(row.method), \(row.layout?.rawValue ?? "")"
      guard !methods.contains(where: { $0.label == label }) else { continue }
      methods.append(
        Method(
          label: label, colour: Self.colours[label] ?? Self.others[methods.count % 3],
          rows: shown.filter { $0.method == row.method && $0.layout == row.layout }
            .sorted { $0.writers < $1.writers }))
    }
    // The last is drawn over the others.
    self.methods = methods.sorted { Self.rank($0.label) < Self.rank($1.label) }
    var facts = ["\(first?.shape ?? .usual) leaves, \(layouts.first??.rawValue ?? "")"]
    if let rtt = first?.rtt, rtt > 0 { facts.append("\(Figure.text(rtt)) ms round trip") }
    if let count = first?.processes, count > 1 { facts.append("\(count) processes") }
    facts.append("\(header.machine.cores) cores, \(header.machine.processor)")
    if let version = header.redisVersion { facts.append("redis \(version)") }
    facts.append("\(Figure.text(seconds)) s a row")
    subtitle = facts.joined(separator: "; ")
  }

  /// Told apart also by those who do not see red and green. Source: Okabe and Ito, 2008.
  private static let colours = [
    "irminsul": "#0072B2", "irminsul, hot": "#009E73", "reference": "#D55E00", "cas": "#CC79A7",
    "document": "#E69F00", "script-limit": "#666666", "set-limit": "#999999",
    "irminsul-sha256": "#56B4E9",
  ]
  /// The library's lines come last.
  private static func rank(_ label: String) -> Int { label.hasPrefix("irminsul") ? 1 : 0 }

  private static let others = ["#56B4E9", "#8C564B", "#BCBD22"]

  /// Refuses a file that could not be written, before anything is measured for it.
  static func checkPlace(_ path: String) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    if files.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue {
        throw BenchError("cannot write \(path): it is a folder", .cannotCreate)
      }
      if files.isWritableFile(atPath: path) { return }
    } else {
      let folder = URL(filePath: path).deletingLastPathComponent().path
      if files.isWritableFile(atPath: folder) { return }
    }
    throw BenchError(
      "cannot write \(path): its folder is not there, or may not be written to", .cannotCreate)
  }

  var svg: String {
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" \
      width="\(Int(width))" height="\(Int(height))" \
      font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#222222">
      """,
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      SVG.text(84, 32, "Many writers, one branch", size: 19, weight: "bold"),
      SVG.text(84, 53, subtitle, colour: "#555555"),
    ]
    parts += legend()
    let writers = methods.flatMap { $0.rows.map { Double($0.writers) } }
    let throughput = PlotPanel(
      left: 84, top: 128, width: 416, height: 306, title: "Commits per second", xValues: writers,
      series: methods.map { method in
        Series(
          colour: method.colour, isDashed: false,
          points: method.rows.map { (Double($0.writers), $0.perSecond) })
      })
    let latency = PlotPanel(
      left: 624, top: 128, width: 416, height: 306,
      title: "Milliseconds until a commit is done", xValues: writers,
      series: methods.flatMap { method in
        [false, true].map { isTail in
          Series(
            colour: method.colour, isDashed: isTail,
            points: method.rows.compactMap { row in
              (isTail ? row.p99 : row.p50).map { (Double(row.writers), $0) }
            })
        }
      })
    parts += throughput.svg + latency.svg
    // Beside the title of the panel whose lines are of two kinds; grey, for it holds for every colour.
    for (x, label, isTail) in [(920.0, "p50", false), (984.0, "p99", true)] {
      parts.append(SVG.line(x, 110, x + 26, 110, "#444444", width: 2.2, isDashed: isTail))
      parts.append(SVG.text(x + 32, 114, label))
    }
    parts.append("</svg>")
    return parts.joined(separator: "\n") + "\n"
  }

  private func legend() -> [String] {
    var parts: [String] = []
    var x = 84.0
    for method in methods {
      parts.append(SVG.line(x, 78, x + 28, 78, method.colour, width: 2.5))
      parts.append(SVG.dot(x + 14, 78, method.colour))
      parts.append(SVG.text(x + 35, 82.5, method.label))
      x += 35 + Double(method.label.count) * 7.2 + 22
    }
    return parts
  }
}
