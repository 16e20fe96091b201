/// Stacks and their weights as a flame graph: the wider a box, the more of the time it was running; what it called
/// stands on it.
///
/// Source: https://www.brendangregg.com/flamegraphs.html
package struct FlameGraph {
  private struct Node {
    var own: Int64 = 0
    var children: [String: Node] = [:]

    var total: Int64 { children.values.reduce(own) { $0 + $1.total } }
    var depth: Int { 1 + (children.values.map(\.depth).max() ?? 0) }

    mutating func add(_ stack: ArraySlice<String>, _ weight: Int64) {
      guard let first = stack.first else {
        own += weight
        return
      }
      children[first, default: Node()].add(stack.dropFirst(), weight)
    }
  }

  private let title: String
  private var root = Node()
  private let width = 1200.0
  private let row = 18.0

  /// - Parameter stacks: Nanoseconds by the names of what is running, the outermost first.
  package init(_ stacks: [[String]: Int64], title: String) {
    self.title = title
    for (stack, weight) in stacks where weight > 0 { root.add(stack[...], weight) }
  }

  package var svg: String {
    let height = Double(root.depth) * row + 40
    var boxes = ""
    var x = 0.0
    let total = root.total
    for (name, child) in root.children.sorted(by: { $0.key < $1.key }) {
      boxes += box(name, child, x: x, level: 0, total: total, height: height)
      x += width * Double(child.total) / Double(max(1, total))
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(width) + 20)" height="\(Int(height))" \
      viewBox="0 0 \(Int(width) + 20) \(Int(height))" font-family="monospace" font-size="12">
      <rect width="100%" height="100%" fill="#fffdf7"/>
      <text x="10" y="20" font-size="14">\(markupEscaped(title))</text>
      \(boxes)</svg>
      """
  }

  private func box(
    _ name: String, _ node: Node, x: Double, level: Int, total: Int64, height: Double
  ) -> String {
    let share = Double(node.total) / Double(max(1, total))
    let own = width * share
    // Less than a third of a point is not seen.
    guard own >= 0.3 else { return "" }
    let y = height - 10 - Double(level + 1) * row
    let letters = Int((own - 6) / 7.3)
    var label = ""
    if letters >= 3 {
      let text = name.count <= letters ? name : String(name.prefix(letters - 1)) + "…"
      label =
        "<text x=\"\(tenths(10 + x + 3))\" y=\"\(tenths(y + 13))\">\(markupEscaped(text))</text>"
    }
    let time = Duration.nanoseconds(node.total).microsecondsText
    var text =
      "<g><title>\(markupEscaped(name)): \(time) µs, \(tenths(share * 100))%</title>"
      + "<rect x=\"\(tenths(10 + x))\" y=\"\(tenths(y))\" width=\"\(tenths(own))\" height=\"\(tenths(row - 1))\" "
      + "rx=\"1\" fill=\"\(colour(name))\"/>\(label)</g>\n"
    var start = x
    for (name, child) in node.children.sorted(by: { $0.key < $1.key }) {
      text += box(name, child, x: start, level: level + 1, total: total, height: height)
      start += width * Double(child.total) / Double(max(1, total))
    }
    return text
  }

  /// Commands are blue, functions some warm colour of their own.
  private func colour(_ name: String) -> String {
    let hash = name.utf8.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32($1) }
    let isCommand = name == name.uppercased() && name != name.lowercased()
    return isCommand
      ? "hsl(\(205 + hash % 20), 60%, \(70 + hash / 20 % 10)%)"
      : "hsl(\(18 + hash % 35), 85%, \(64 + hash / 35 % 12)%)"
  }

  private func tenths(_ number: Double) -> String {
    let value = Int((number * 10).rounded())
    return "\(value / 10).\(abs(value % 10))"
  }
}
