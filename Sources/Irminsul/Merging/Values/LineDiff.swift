/// Which lines of two texts are the same, in order: a smallest set of changes, found in linear space.
///
/// Where texts differ in very many lines the set may not be the smallest, so that time stays near linear
/// in their length; what it says is true all the same.
///
/// Source: E. Myers, An O(ND) Difference Algorithm and Its Variations, 1986, section 4b.
struct LineDiff {
  /// Lines of the old text that became lines of the new one; one of both may be empty.
  struct Hunk: Equatable {
    let old: Range<Int>
    let new: Range<Int>
  }

  /// Lines of both texts that are compared with each other.
  private struct Box {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// Differences after which a box is split where the search has come furthest.
  private static let limit = 256

  private let old: [Int]
  private let new: [Int]
  /// How far each diagonal was reached from the start, and from the end; those of the whole texts lie
  /// `offset` apart from their number.
  private var forward: [Int]
  private var backward: [Int]
  private let offset: Int
  private(set) var isRemoved: [Bool]
  private(set) var isAdded: [Bool]

  /// The parts that differ, in order, as `git merge` sees them. Lines are given as numbers: equal ones are equal
  /// lines.
  static func hunks(_ old: [Int], _ new: [Int]) -> [Hunk] { hunks(old, new, nil, nil) }

  /// The parts that differ, in order, as `git diff` and `git blame` see them: where a block of lines could stand in
  /// several places, indents and blank lines decide.
  static func hunks(_ old: TextLines, _ new: TextLines) -> [Hunk] {
    hunks(old.numbers, new.numbers, LineIndents(old.lines), LineIndents(new.lines))
  }

  private static func hunks(
    _ old: [Int], _ new: [Int], _ oldIndents: LineIndents?, _ newIndents: LineIndents?
  ) -> [Hunk] {
    if old == new { return [] }
    let start = zip(old, new).prefix { $0 == $1 }.count
    let end = min(
      zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count,
      min(old.count, new.count) - start)
    let oldPlaces = FrequentLines.left(of: start..<old.count - end, in: old, beside: new)
    let newPlaces = FrequentLines.left(of: start..<new.count - end, in: new, beside: old)
    var diff = LineDiff(old: oldPlaces.map { old[$0] }, new: newPlaces.map { new[$0] })
    diff.search()

    var isRemoved = old.indices.map { (start..<old.count - end).contains($0) }
    var isAdded = new.indices.map { (start..<new.count - end).contains($0) }
    for (place, isChanged) in zip(oldPlaces, diff.isRemoved) { isRemoved[place] = isChanged }
    for (place, isChanged) in zip(newPlaces, diff.isAdded) { isAdded[place] = isChanged }
    LineSlide.settle(&isRemoved, of: old, beside: isAdded, oldIndents)
    LineSlide.settle(&isAdded, of: new, beside: isRemoved, newIndents)
    return hunks(isRemoved, isAdded)
  }

  private static func hunks(_ isRemoved: [Bool], _ isAdded: [Bool]) -> [Hunk] {
    var hunks: [Hunk] = []
    var (left, right) = (0, 0)
    while left < isRemoved.count || right < isAdded.count {
      let (one, two) = (left, right)
      while left < isRemoved.count, isRemoved[left] { left += 1 }
      while right < isAdded.count, isAdded[right] { right += 1 }
      if left > one || right > two { hunks.append(Hunk(old: one..<left, new: two..<right)) }
      // A line of both.
      left += 1
      right += 1
    }
    return hunks
  }

  private init(old: [Int], new: [Int]) {
    self.old = old
    self.new = new
    forward = Array(repeating: 0, count: old.count + new.count + 3)
    backward = forward
    offset = new.count + 1
    isRemoved = Array(repeating: false, count: old.count)
    isAdded = Array(repeating: false, count: new.count)
  }

  private mutating func search() {
    var boxes = [Box(old: old.indices, new: new.indices)]
    while var box = boxes.popLast() {
      while let one = box.old.first, let two = box.new.first, old[one] == new[two] {
        box = Box(old: box.old.dropFirst(), new: box.new.dropFirst())
      }
      while let one = box.old.last, let two = box.new.last, old[one] == new[two] {
        box = Box(old: box.old.dropLast(), new: box.new.dropLast())
      }
      if box.old.isEmpty || box.new.isEmpty {
        for at in box.old { isRemoved[at] = true }
        for at in box.new { isAdded[at] = true }
        continue
      }
      let (x, y) = middle(of: box)
      boxes.append(Box(old: box.old.lowerBound..<x, new: box.new.lowerBound..<y))
      boxes.append(Box(old: x..<box.old.upperBound, new: y..<box.new.upperBound))
    }
  }

  /// A point on a shortest way through a box, which begins and ends with lines that differ: never one of
  /// its two corners. Searches from both of them until the ways meet.
  private mutating func middle(of box: Box) -> (Int, Int) {
    let (left, right) = (box.old.lowerBound, box.old.upperBound)
    let (top, bottom) = (box.new.lowerBound, box.new.upperBound)
    let (lowest, highest) = (left - bottom, right - top)
    let (first, last) = (left - top, right - bottom)
    let meetsForward = !(first - last).isMultiple(of: 2)
    var (low, high) = (first, first)
    var (lowBack, highBack) = (last, last)
    // Beyond what a diagonal's neighbours may say.
    let (never, neverBack) = (-1, Int.max / 2)
    forward[first + offset] = left
    backward[last + offset] = right

    for cost in 1... {
      // One more diagonal at each end, where the box has one; else the outermost is done with.
      if low > lowest {
        low -= 1
        if low > lowest { forward[low - 1 + offset] = never }
      } else {
        low += 1
      }
      if high < highest {
        high += 1
        if high < highest { forward[high + 1 + offset] = never }
      } else {
        high -= 1
      }
      for diagonal in stride(from: high, through: low, by: -2) {
        let right1 = diagonal - 1 < lowest ? never : forward[diagonal - 1 + offset]
        let down = diagonal + 1 > highest ? never : forward[diagonal + 1 + offset]
        var x = right1 >= down ? right1 + 1 : down
        while x < right, x - diagonal < bottom, old[x] == new[x - diagonal] { x += 1 }
        forward[diagonal + offset] = x
        if meetsForward, (lowBack...highBack).contains(diagonal),
          backward[diagonal + offset] <= x
        {
          return (x, x - diagonal)
        }
      }

      if lowBack > lowest {
        lowBack -= 1
        if lowBack > lowest { backward[lowBack - 1 + offset] = neverBack }
      } else {
        lowBack += 1
      }
      if highBack < highest {
        highBack += 1
        if highBack < highest { backward[highBack + 1 + offset] = neverBack }
      } else {
        highBack -= 1
      }
      for diagonal in stride(from: highBack, through: lowBack, by: -2) {
        let up = diagonal - 1 < lowest ? neverBack : backward[diagonal - 1 + offset]
        let left1 = diagonal + 1 > highest ? neverBack : backward[diagonal + 1 + offset]
        var x = up < left1 ? up : left1 - 1
        while x > left, x - diagonal > top, old[x - 1] == new[x - diagonal - 1] { x -= 1 }
        backward[diagonal + offset] = x
        if !meetsForward, (low...high).contains(diagonal), x <= forward[diagonal + offset] {
          return (x, x - diagonal)
        }
      }
      if cost >= Self.limit { break }
    }
    return furthest(of: box, low...high, lowBack...highBack)
  }

  /// Where the search from the start, or the one from the end, has come furthest.
  private func furthest(
    of box: Box, _ ahead: ClosedRange<Int>, _ back: ClosedRange<Int>
  ) -> (Int, Int) {
    var (best, point) = (0, (box.old.lowerBound, box.new.lowerBound + 1))
    func consider(_ x: Int, _ diagonal: Int, isAhead: Bool) {
      guard box.old.lowerBound <= x, x <= box.old.upperBound,
        box.new.lowerBound <= x - diagonal, x - diagonal <= box.new.upperBound
      else { return }
      let way = x - box.old.lowerBound + x - diagonal - box.new.lowerBound
      let length = isAhead ? way : box.old.count + box.new.count - way
      if length > best { (best, point) = (length, (x, x - diagonal)) }
    }
    for diagonal in stride(from: ahead.upperBound, through: ahead.lowerBound, by: -2) {
      consider(forward[diagonal + offset], diagonal, isAhead: true)
    }
    for diagonal in stride(from: back.upperBound, through: back.lowerBound, by: -2) {
      consider(backward[diagonal + offset], diagonal, isAhead: false)
    }
    return point
  }
}
