import Foundation

/// A drawing as SVG: a title, what the lines are, and one or two coordinate systems beside each other.
struct Plot {
  /// A line of a panel.
  struct Series {
    let colour: String
    let isDashed: Bool
    let points: [(x: Double, y: Double)]
  }

  /// What lines of a colour are, in every panel.
  struct LegendEntry {
    let label: String
    let colour: String
  }

  let title: String
  let subtitle: String
  let legend: [LegendEntry]
  let panels: [PlotPanel]

  private static let width = 1080.0
  private static let height = 500.0

  /// Colours that are told apart also by those who do not see red and green. Source: Okabe and Ito,
  /// 2008.
  enum Colour {
    static let blue = "#0072B2"
    static let green = "#009E73"
    static let vermilion = "#D55E00"
    static let purple = "#CC79A7"
    static let orange = "#E69F00"
    static let sky = "#56B4E9"
    static let darkGrey = "#666666"
    static let grey = "#999999"
  }

  /// Where and how long was measured, as the subtitle says it after facts of its own.
  static func facts(_ header: RunHeader, seconds: Double) -> [String] {
    var facts = ["\(header.machine.cores) cores, \(header.machine.processor)"]
    if let version = header.redisVersion { facts.append("redis \(version)") }
    return facts + ["\(Figure.text(seconds)) s a row"]
  }

  /// Refuses a file that could not be written, before anything is measured for it.
  static func checkPlace(_ path: String) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    if files.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue {
        throw BenchError("cannot write \(path): it is a folder", .inputOutput)
      }
      if files.isWritableFile(atPath: path) { return }
    } else {
      let folder = URL(filePath: path).deletingLastPathComponent().path
      if files.isWritableFile(atPath: folder) { return }
    }
    throw BenchError(
      "cannot write \(path): its folder is not there, or may not be written to", .inputOutput)
  }

  func write(to path: String) throws {
    do {
      try svg.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw BenchError("cannot write \(path): \(error.localizedDescription)", .inputOutput)
    }
  }

  private var svg: String {
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
      width="\(Int(Self.width))" height="\(Int(Self.height))" \
      font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#222222">
      """,
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      SVG.text(84, 32, title, size: 19, weight: "bold"),
      SVG.text(84, 53, subtitle, colour: "#555555"),
    ]
    parts += legendParts
    // One panel has the room of two.
    let panelWidth = panels.count > 1 ? 416.0 : 956
    for (number, panel) in panels.enumerated() {
      let area = PlotPanel.Area(
        left: 84 + Double(number) * 540, top: 128, width: panelWidth, height: 306)
      parts += panel.svg(in: area)
    }
    parts.append("</svg>")
    return parts.joined(separator: "\n") + "\n"
  }

  private var legendParts: [String] {
    // In rows, as many as one takes.
    var rows: [[(x: Double, entry: LegendEntry)]] = [[]]
    var x = 84.0
    for entry in legend {
      let width = 35 + Double(entry.label.count) * 7.2
      if x + width > Self.width - 20, rows.last?.isEmpty == false {
        rows.append([])
        x = 84
      }
      rows[rows.count - 1].append((x, entry))
      x += width + 22
    }
    var parts: [String] = []
    for (number, row) in rows.enumerated() {
      let y = 78 - 8.5 * Double(rows.count - 1) + 17 * Double(number)
      for (x, entry) in row {
        parts.append(SVG.line(x, y, x + 28, y, entry.colour, width: 2.5))
        parts.append(SVG.dot(x + 14, y, entry.colour))
        parts.append(SVG.text(x + 35, y + 4.5, entry.label))
      }
    }
    return parts
  }
}
