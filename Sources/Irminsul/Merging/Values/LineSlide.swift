/// Where blocks of changed lines stand that could as well stand some lines higher or lower, because the line
/// before a block is the same as its last one, or the line after it as its first.
///
/// A block goes as far down as it can, unless it can stand beside a change of the other text: two halves of
/// one change are then seen together. Blocks that touch on the way become one. git does the same, so that
/// texts with many equal lines are merged alike.
enum LineSlide {
  /// Linear in the lines and the length of the ways.
  ///
  /// - Parameters:
  ///   - isChanged: Which lines of a text are changed.
  ///   - other: Which lines of the other text are. Both have the same number of unchanged ones.
  ///   - indents: Where to put blocks that stand beside no other change; nil: as far down as they can.
  static func settle(
    _ isChanged: inout [Bool], of lines: [Int], beside other: [Bool], _ indents: LineIndents?
  ) {
    // How many changed lines the other text has before each unchanged one, and at the end.
    var gaps = [0]
    for isChanged in other {
      if isChanged { gaps[gaps.count - 1] += 1 } else { gaps.append(0) }
    }
    var block = Block(start: 0, end: 0, gap: 0)
    while block.end < lines.count {
      if !isChanged[block.end] {
        block = Block(start: block.end + 1, end: block.end + 1, gap: block.gap + 1)
        continue
      }
      while block.end < lines.count, isChanged[block.end] { block.end += 1 }
      settle(&block, &isChanged, lines, gaps, indents)
      block.start = block.end
    }
  }

  private struct Block {
    var start: Int
    var end: Int
    /// How many unchanged lines are before it.
    var gap: Int

    var count: Int { end - start }

    /// Goes up a line, and takes in what it then touches. False when it cannot.
    mutating func goUp(_ isChanged: inout [Bool], _ lines: [Int]) -> Bool {
      guard start > 0, lines[start - 1] == lines[end - 1] else { return false }
      (start, end, gap) = (start - 1, end - 1, gap - 1)
      (isChanged[start], isChanged[end]) = (true, false)
      while start > 0, isChanged[start - 1] { start -= 1 }
      return true
    }

    mutating func goDown(_ isChanged: inout [Bool], _ lines: [Int]) -> Bool {
      guard end < lines.count, lines[start] == lines[end] else { return false }
      (isChanged[start], isChanged[end]) = (false, true)
      (start, end, gap) = (start + 1, end + 1, gap + 1)
      while end < lines.count, isChanged[end] { end += 1 }
      return true
    }
  }

  private static func settle(
    _ block: inout Block, _ isChanged: inout [Bool], _ lines: [Int], _ gaps: [Int],
    _ indents: LineIndents?
  ) {
    var matching: Int?
    var highest: Int
    var count: Int
    repeat {
      count = block.count
      while block.goUp(&isChanged, lines) {}
      highest = block.end
      matching = gaps[block.gap] > 0 ? block.gap : nil
      while block.goDown(&isChanged, lines) {
        if gaps[block.gap] > 0 { matching = block.gap }
      }
    } while count != block.count
    if block.end == highest { return }
    if let matching {
      while block.gap > matching, block.goUp(&isChanged, lines) {}
    } else if let indents {
      let best = indents.bestEnd(of: block.start..<block.end, from: highest)
      while block.end > best, block.goUp(&isChanged, lines) {}
    }
  }
}
