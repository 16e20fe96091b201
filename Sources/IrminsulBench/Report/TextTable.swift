/// Rows in aligned columns, printed one by one as they come.
struct TextTable {
  enum Alignment {
    case left
    case right
  }

  struct Column {
    let title: String
    let width: Int
    let alignment: Alignment

    /// A column of figures.
    init(_ title: String, _ width: Int) {
      self.init(title, width, .right)
    }

    init(_ title: String, _ width: Int, _ alignment: Alignment) {
      self.title = title
      self.width = max(width, title.count)
      self.alignment = alignment
    }
  }

  let columns: [Column]

  var header: String { line(columns.map(\.title)) }

  func line(_ cells: [String]) -> String {
    var text = ""
    for (column, cell) in zip(columns, cells) {
      if !text.isEmpty { text += "  " }
      let padding = String(repeating: " ", count: max(0, column.width - cell.count))
      text += column.alignment == .left ? cell + padding : padding + cell
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}
