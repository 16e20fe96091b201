/// Prints a run as it goes on: its header, then row after row, as a table or as JSON lines.
struct Printer {
  let isJSON: Bool
  private let table: TextTable

  init(isJSON: Bool, _ header: RunHeader, columns: [TextTable.Column]) throws {
    self.isJSON = isJSON
    table = TextTable(columns: columns)
    if isJSON {
      try JSONLine.print(header)
    } else {
      for line in header.lines + ["", table.header] { try StandardOutput.line(line) }
    }
  }

  /// - Parameter cells: What the row is for people.
  func add(_ row: some Encodable, _ cells: [String]) throws {
    if isJSON {
      try JSONLine.print(row)
    } else {
      try StandardOutput.line(table.line(cells))
    }
  }

  /// Words for people; JSON has none.
  func note(_ text: String) throws {
    if !isJSON { try StandardOutput.line(text) }
  }

  /// Ratios between rows, and what they should be.
  func finish(_ bounds: [Bound]) throws {
    if isJSON || bounds.isEmpty { return }
    let table = TextTable(columns: [
      .init("ratio", 60, .left), .init("here", 8), .init("bound", 10), .init("", 3, .left),
    ])
    for line in ["", table.header] + bounds.map({ table.line($0.cells) }) {
      try StandardOutput.line(line)
    }
  }
}
