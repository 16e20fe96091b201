/// The indents of the lines of a text, and where a block of changed lines that can stand in several places is best to
/// read: after a blank line rather than before one, from the line that begins something to the one that ends it.
///
/// Source: Git's indent heuristic; the weights are M. Haggerty's, https://github.com/mhagger/diff-slider-tools
struct LineIndents {
  /// In columns; -1: the line is blank.
  private let indents: [Int]

  /// Blank lines, and columns, beyond which nothing is counted.
  private static let (mostBlanks, mostColumns) = (20, 200)
  /// Places that are considered.
  private static let mostPlaces = 100

  /// How bad it is to begin and to end a block somewhere.
  private struct Score {
    var indent = 0
    var penalty = 0

    func isWorse(than other: Score) -> Bool {
      let byIndent = (indent > other.indent ? 60 : 0) - (indent < other.indent ? 60 : 0)
      return byIndent + penalty - other.penalty > 0
    }
  }

  init(_ lines: [ArraySlice<UInt8>]) {
    indents = lines.map { line in
      var columns = 0
      for byte in line {
        switch byte {
        case UInt8(ascii: " "): columns += 1
        case UInt8(ascii: "\t"): columns += 8 - columns % 8
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
        default: return columns
        }
        if columns >= Self.mostColumns { return Self.mostColumns }
      }
      return -1
    }
  }

  /// Where a block ends best.
  ///
  /// - Parameters:
  ///   - block: The block, as far down as it goes.
  ///   - highest: Where it ends when it is as far up as it goes.
  func bestEnd(of block: Range<Int>, from highest: Int) -> Int {
    let end = block.upperBound
    var best: (end: Int, score: Score)?
    for place in max(highest, end - block.count - 1, end - Self.mostPlaces)...end {
      var score = Score()
      rate(place, &score)
      rate(place - block.count, &score)
      if let known = best?.score, score.isWorse(than: known) { continue }
      best = (place, score)
    }
    return best?.end ?? end
  }

  /// Adds how bad it is to part the text above a line.
  private func rate(_ place: Int, _ score: inout Score) {
    let isAtEnd = place >= indents.count
    let own = isAtEnd ? -1 : indents[place]
    let (blanksBefore, before) = next(stride(from: place - 1, through: 0, by: -1))
    let (blanksBelow, below) = next(stride(from: place + 1, to: indents.count, by: 1))
    if before == -1, blanksBefore == 0 { score.penalty += 1 }
    if isAtEnd { score.penalty += 21 }
    let blanksAfter = own == -1 ? 1 + blanksBelow : 0
    let blanks = blanksBefore + blanksAfter
    score.penalty += 6 * blanksAfter - 30 * blanks
    let indent = own == -1 ? below : own
    score.indent += indent
    if indent == -1 || before == -1 || indent == before { return }
    if indent > before {
      score.penalty += blanks > 0 ? 10 : -4
    } else if below != -1, below > indent {
      // A line that begins something.
      score.penalty += blanks > 0 ? 17 : 24
    } else {
      score.penalty += blanks > 0 ? 17 : 23
    }
  }

  /// Blank lines on a way, and the indent of the first other one; -1: there is none.
  private func next(_ places: some Sequence<Int>) -> (blanks: Int, indent: Int) {
    var blanks = 0
    for place in places {
      if indents[place] != -1 { return (blanks, indents[place]) }
      blanks += 1
      if blanks == Self.mostBlanks { return (blanks, 0) }
    }
    return (blanks, -1)
  }
}
