import Irminsul

/// How many lines of a path came and went: those that its patch has.
struct LineCounts {
  let path: Path
  let insertions: Int
  let deletions: Int
  /// The bytes before and after of what is no text: no lines are counted in it.
  let binary: (old: Int, new: Int)?

  /// The columns of the table.
  private static let width = 80

  init(_ patch: FilePatch) {
    path = patch.path
    var (insertions, deletions, isBinary) = (0, 0, false)
    let sizes = (
      old: patch.parts.compactMap(\.oldSize).reduce(0, +),
      new: patch.parts.compactMap(\.newSize).reduce(0, +)
    )
    for part in patch.parts {
      switch part.content {
      case .same: break
      case .binary: isBinary = true
      case .text(let text):
        for line in text.hunks.lazy.flatMap(\.lines) {
          switch line.kind {
          case .kept: break
          case .added: insertions += 1
          case .removed: deletions += 1
          }
        }
      }
    }
    (self.insertions, self.deletions) = isBinary ? (0, 0) : (insertions, deletions)
    binary = isBinary ? sizes : nil
  }

  private var total: Int { insertions + deletions }

  /// The lines of `git diff --stat`, in 80 columns; empty for no paths.
  static func table(of all: [LineCounts]) -> [String] {
    if all.isEmpty { return [] }
    let names = all.map {
      String(decoding: QuotedName.bytes($0.path.bytes, .quoted), as: UTF8.self)
    }
    let largest = all.map { $0.total }.max() ?? 0
    var numberWidth = String(largest).count
    if all.contains(where: { $0.binary != nil }) { numberWidth = max(numberWidth, 3) }
    // Names and marks share what is left of the line; marks have three eighths of it at least.
    var nameWidth = names.map(\.count).max() ?? 0
    var markWidth = largest
    let free = width - numberWidth - 6
    if nameWidth + markWidth > free {
      markWidth = min(markWidth, max(6, width * 3 / 8 - numberWidth - 6))
      if nameWidth > free - markWidth {
        nameWidth = free - markWidth
      } else {
        markWidth = free - nameWidth
      }
    }
    let lines = zip(all, names).map { counts, name in
      let shown = fitting(name, nameWidth)
      let start = " \(shown)\(blanks(nameWidth - shown.count)) | "
      if let binary = counts.binary {
        return start + blanks(numberWidth - 3) + "Bin \(binary.old) -> \(binary.new) bytes"
      }
      let number = String(counts.total)
      let (added, removed) = counts.marks(width: markWidth, largest: largest)
      let marks =
        Style.output(.green, String(repeating: "+", count: added))
        + Style.output(.red, String(repeating: "-", count: removed))
      return start + blanks(numberWidth - number.count) + number
        + (counts.total > 0 ? " \(marks)" : "")
    }
    return lines + [summary(of: all)]
  }

  private static func blanks(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }

  /// How many of each mark stand for the lines.
  private func marks(width: Int, largest: Int) -> (added: Int, removed: Int) {
    guard largest > width else { return (insertions, deletions) }
    func scaled(_ count: Int) -> Int { count == 0 ? 0 : 1 + count * (width - 1) / largest }
    var total = scaled(self.total)
    if total < 2, insertions > 0, deletions > 0 { total = 2 }
    if insertions < deletions {
      let added = scaled(insertions)
      return (added, total - added)
    }
    let removed = scaled(deletions)
    return (total - removed, removed)
  }

  /// A name that is too long loses its first folders.
  private static func fitting(_ name: String, _ width: Int) -> String {
    if name.count <= width { return name }
    let end = name.suffix(max(0, width - 3))
    return "..." + (end.firstIndex(of: "/").map { end[$0...] } ?? end)
  }

  private static func summary(of all: [LineCounts]) -> String {
    func count(_ number: Int, _ noun: String, _ mark: String) -> String {
      "\(number) \(noun)\(number == 1 ? "" : "s")(\(mark))"
    }
    let insertions = all.map(\.insertions).reduce(0, +)
    let deletions = all.map(\.deletions).reduce(0, +)
    var parts = [" \(all.count) file\(all.count == 1 ? "" : "s") changed"]
    if insertions > 0 || deletions == 0 { parts.append(count(insertions, "insertion", "+")) }
    if deletions > 0 || insertions == 0 { parts.append(count(deletions, "deletion", "-")) }
    return parts.joined(separator: ", ")
  }
}
