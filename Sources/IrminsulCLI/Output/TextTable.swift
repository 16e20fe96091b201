/// Columns for people: the last one is text, those before it are numbers.
struct TextTable {
  private var rows: [[String]]

  /// - Parameter head: What stands above the columns.
  init(_ head: String...) {
    rows = [head]
  }

  mutating func add(_ row: String...) { rows.append(row) }

  func print() throws {
    var widths: [Int] = []
    for row in rows {
      for (column, text) in row.dropLast().enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], text.count)
      }
    }
    for (number, row) in rows.enumerated() {
      let numbers = zip(row.dropLast(), widths).map { text, width in
        String(repeating: " ", count: width - text.count) + text
      }
      let line = (numbers + [row.last ?? ""]).joined(separator: "  ")
      try StandardOutput.line(number == 0 ? Style.output(.faint, line) : line)
    }
  }
}
