import GitObjects

/// Draws a history as SVG: lanes side by side, a row for each commit, its refs and its subject beside it, and more of
/// it in a tool-tip.
struct GraphVector {
  private static let rowHeight = 26
  private static let laneWidth = 18
  private static let margin = 18
  private static let palette = [
    "#2563eb", "#db2777", "#059669", "#d97706", "#7c3aed", "#0891b2", "#dc2626", "#65a30d",
  ]

  private let nodes: [GraphDrawing.Node]
  private let lanes: GraphLanes
  private var body = ""

  static func svg(_ drawing: GraphDrawing) -> String {
    var vector = GraphVector(drawing)
    return vector.draw()
  }

  private init(_ drawing: GraphDrawing) {
    nodes = drawing.nodes
    lanes = GraphLanes(drawing.nodes)
  }

  private func x(_ lane: Int) -> Int { Self.margin + lane * Self.laneWidth }
  private func y(_ row: Int) -> Int { Self.margin + row * Self.rowHeight }
  private func colour(_ number: Int) -> String { Self.palette[number % Self.palette.count] }

  private mutating func draw() -> String {
    for edge in lanes.edges { draw(edge) }
    let most = lanes.width.max() ?? 1
    var right = 0
    for row in nodes.indices {
      // Few lanes: all texts stand below each other. Many: each beside its own.
      let column = most <= 8 ? most : lanes.width[row]
      right = max(right, draw(row, textAt: x(column)))
    }
    let width = max(right + Self.margin, 320)
    let height = max(y(nodes.count - 1) + Self.margin, 2 * Self.margin)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="History of \(nodes.count) commits">
      <style>
        svg { background: #ffffff; font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
        .id { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #6b7280 }
        .subject { fill: #111827 }
        .date { fill: #9ca3af; font-size: 11px }
        .label { font-size: 11px; fill: #ffffff }
        .edge { fill: none; stroke-width: 2; stroke-linecap: round }
        .row:hover .subject { text-decoration: underline }
        @media (prefers-color-scheme: dark) {
          svg { background: #0d1117 }
          .subject { fill: #e6edf3 } .id { fill: #8b949e } .date { fill: #6e7681 }
          .hollow { fill: #0d1117 }
        }
      </style>
      \(body)</svg>

      """
  }

  private mutating func draw(_ edge: GraphLanes.Edge) {
    let (fromX, fromY) = (x(lanes.lane[edge.child]), y(edge.child))
    let laneX = x(edge.lane)
    let half = Self.rowHeight / 2
    var path = "M\(fromX) \(fromY)"
    guard let parent = edge.parent else {
      // It goes on, but not here.
      let end = fromY + Self.rowHeight
      path +=
        laneX == fromX
        ? "V\(end - half)"
        : "C\(fromX) \(fromY + half) \(laneX) \(fromY + half) \(laneX) \(end - 4)"
      body +=
        "<path class=\"edge\" stroke=\"\(colour(edge.colour))\" stroke-dasharray=\"2 4\" "
        + "d=\"\(path)\"/>\n"
      return
    }
    let (toX, toY) = (x(lanes.lane[parent]), y(parent))
    if laneX != fromX {
      let end = fromY + Self.rowHeight
      path += "C\(fromX) \(fromY + half) \(laneX) \(fromY + half) \(laneX) \(end)"
    }
    if toX != laneX {
      // Into the parent in the row above it, which may be this one.
      let start = toY - Self.rowHeight
      if start > fromY { path += "V\(start)" }
      path += "C\(laneX) \(toY - half) \(toX) \(toY - half) \(toX) \(toY)"
    } else {
      path += "V\(toY)"
    }
    body += "<path class=\"edge\" stroke=\"\(colour(edge.colour))\" d=\"\(path)\"/>\n"
  }

  /// - Returns: Where the row ends on the right.
  private mutating func draw(_ row: Int, textAt start: Int) -> Int {
    let node = nodes[row]
    let (centre, middle) = (x(lanes.lane[row]), y(row))
    let paint = colour(lanes.colour[row])
    body += "<g class=\"row\"><title>\(Self.escaped(Self.tip(node)))</title>\n"
    // The whole row shows the tool-tip.
    body +=
      "<rect x=\"0\" y=\"\(middle - Self.rowHeight / 2)\" width=\"100%\" "
      + "height=\"\(Self.rowHeight)\" fill=\"transparent\"/>\n"
    body +=
      node.parents.count > 1
      ? "<circle class=\"hollow\" cx=\"\(centre)\" cy=\"\(middle)\" r=\"5\" fill=\"#ffffff\" "
        + "stroke=\"\(paint)\" stroke-width=\"2.5\"/>\n"
      : "<circle cx=\"\(centre)\" cy=\"\(middle)\" r=\"5\" fill=\"\(paint)\"/>\n"
    var at = start
    for name in node.labels {
      let label = Self.shortened(name, 40)
      let width = Self.width(label, 6.3) + 14
      body +=
        "<rect x=\"\(at)\" y=\"\(middle - 9)\" width=\"\(width)\" height=\"18\" "
        + "rx=\"\(label.hasPrefix("tag: ") ? 3 : 9)\" fill=\"\(paint)\"/>"
        + "<text class=\"label\" x=\"\(at + 7)\" y=\"\(middle + 4)\">\(Self.escaped(label))</text>\n"
      at += width + 6
    }
    let subject = Self.shortened(node.subject, 80)
    body +=
      "<text class=\"subject\" x=\"\(at)\" y=\"\(middle + 4)\">\(Self.escaped(subject))</text>\n"
    at += Self.width(subject, 7.0) + 10
    body += "<text class=\"id\" x=\"\(at)\" y=\"\(middle + 4)\">\(node.shortID)</text>\n"
    at += 10 * 8
    if let date = node.date {
      let day = Self.day(date.seconds)
      body += "<text class=\"date\" x=\"\(at)\" y=\"\(middle + 4)\">\(day)</text>\n"
      at += 70
    }
    body += "</g>\n"
    return at
  }

  private static func tip(_ node: GraphDrawing.Node) -> String {
    var lines = [node.subject, "", "commit \(node.id.hex)"]
    if !node.labels.isEmpty { lines.append(node.labels.joined(separator: ", ")) }
    if !node.author.isEmpty { lines.append("by \(node.author)") }
    if let date = node.date { lines.append(day(date.seconds)) }
    if node.parents.count > 1 {
      lines.append(
        "merges " + node.parents.map { String($0.hex.prefix(10)) }.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  private static func shortened(_ text: String, _ length: Int) -> String {
    text.count > length ? text.prefix(length - 1) + "…" : text
  }

  /// About how wide a text is drawn at most: who draws it chooses the letters.
  private static func width(_ text: String, _ perCharacter: Double) -> Int {
    let sum = text.unicodeScalars.reduce(0.0) { sum, scalar in sum + places(of: scalar) }
    return Int((sum * perCharacter).rounded(.up))
  }

  private static func places(of scalar: Unicode.Scalar) -> Double {
    switch scalar {
    case "m", "w", "M", "W", "@", "%", "—", "…", "Q", "O", "G": 1.7
    case "A"..."Z": 1.25
    // Wide scripts and pictures.
    case "\u{1100}"..."\u{115F}", "\u{2E80}"..."\u{FFEF}", "\u{1F000}"...: 2
    default: 1
    }
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "\n"
      // XML has no way to write most control characters.
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += " "
      case _ where scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The day of a moment, in UTC, as 2026-11-25.
  private static func day(_ seconds: Int64) -> String {
    // Beyond the year 9999 there is nothing that a reader could use.
    guard (-62_135_596_800...253_402_300_799).contains(seconds) else { return "" }
    let date = CivilDate(day: Int(seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)))
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(date.year)-\(two(date.month))-\(two(date.day))"
  }
}

extension GraphDrawing {
  /// The history as SVG, light or dark as its reader is: branches in lanes, labels, merges as rings, and a tool-tip for
  /// each commit. No script, nothing from elsewhere.
  public func svg() -> String { GraphVector.svg(self) }
}
