import RedisScripting

/// Which lines of two texts are the same, in order.
///
/// Lines that both texts have once are matched first, as in a patience diff, then what lies between them by
/// Myers' algorithm. Beyond a number of differences a part counts as changed altogether: that is a diff as
/// well, though not the smallest.
struct LineDiff {
  /// Lines of the old text that became lines of the new one; one of both may be empty.
  struct Hunk: Equatable {
    let old: Range<Int>
    let new: Range<Int>
  }

  /// Differences that are looked for in one part: its memory grows by their square.
  private static let limit = 1000

  private let old: [Int]
  private let new: [Int]
  /// Matched lines, in order.
  private var pairs: [(old: Int, new: Int)] = []

  /// The parts that differ, in order. Lines are given as numbers: equal ones are equal lines.
  static func hunks(_ old: [Int], _ new: [Int]) -> [Hunk] {
    var diff = LineDiff(old: old, new: new)
    diff.match(0..<old.count, 0..<new.count)
    var hunks: [Hunk] = []
    var (left, right) = (0, 0)
    for pair in diff.pairs + [(old.count, new.count)] {
      if pair.old > left || pair.new > right {
        hunks.append(Hunk(old: left..<pair.old, new: right..<pair.new))
      }
      (left, right) = (pair.old + 1, pair.new + 1)
    }
    return hunks
  }

  private init(old: [Int], new: [Int]) {
    self.old = old
    self.new = new
  }

  private mutating func match(_ left: Range<Int>, _ right: Range<Int>) {
    var (left, right) = (left, right)
    while let one = left.first, let two = right.first, old[one] == new[two] {
      pairs.append((one, two))
      left = left.dropFirst()
      right = right.dropFirst()
    }
    var ending: [(old: Int, new: Int)] = []
    while let one = left.last, let two = right.last, old[one] == new[two] {
      ending.append((one, two))
      left = left.dropLast()
      right = right.dropLast()
    }
    if !left.isEmpty, !right.isEmpty {
      let anchors = anchors(left, right)
      if anchors.isEmpty {
        pairs += shortest(left, right)
      } else {
        var (first, second) = (left.lowerBound, right.lowerBound)
        for anchor in anchors {
          match(first..<anchor.old, second..<anchor.new)
          pairs.append(anchor)
          (first, second) = (anchor.old + 1, anchor.new + 1)
        }
        match(first..<left.upperBound, second..<right.upperBound)
      }
    }
    pairs += ending.reversed()
  }

  /// The longest row of lines that each of both parts has once, in the order of both.
  private func anchors(_ left: Range<Int>, _ right: Range<Int>) -> [(old: Int, new: Int)] {
    var places: [Int: (old: Int, new: Int, isUnique: Bool)] = [:]
    for at in left {
      places[old[at], default: (-1, -1, true)].isUnique = places[old[at]] == nil
      places[old[at]]?.old = at
    }
    for at in right {
      guard let place = places[new[at]] else { continue }
      if place.new >= 0 { places[new[at]]?.isUnique = false }
      places[new[at]]?.new = at
    }
    let unique = places.values.filter { $0.isUnique && $0.new >= 0 }.sorted { $0.old < $1.old }
    // The longest increasing row, by piles.
    var piles: [Int] = []
    var before = [Int](repeating: -1, count: unique.count)
    for (at, place) in unique.enumerated() {
      var (low, high) = (0, piles.count)
      while low < high {
        let middle = (low + high) / 2
        if unique[piles[middle]].new < place.new { low = middle + 1 } else { high = middle }
      }
      if low > 0 { before[at] = piles[low - 1] }
      if low == piles.count { piles.append(at) } else { piles[low] = at }
    }
    var row: [(old: Int, new: Int)] = []
    var at = piles.last ?? -1
    while at >= 0 {
      row.append((unique[at].old, unique[at].new))
      at = before[at]
    }
    return row.reversed()
  }

  /// Myers' greedy algorithm, which keeps how far each diagonal was reached for each number of
  /// differences, and goes back along it.
  ///
  /// Source: E. Myers, An O(ND) Difference Algorithm and Its Variations, 1986.
  private func shortest(_ left: Range<Int>, _ right: Range<Int>) -> [(old: Int, new: Int)] {
    let (count, other) = (left.count, right.count)
    let limit = min(count + other, Self.limit)
    var reach = [Int](repeating: 0, count: 2 * limit + 3)
    let middle = limit + 1
    var trace: [[Int]] = []
    for number in 0...limit {
      trace.append(Array(reach[(middle - number)...(middle + number)]))
      for diagonal in stride(from: -number, through: number, by: 2) {
        let isDown =
          diagonal == -number
          || (diagonal != number && reach[middle + diagonal - 1] < reach[middle + diagonal + 1])
        var x = isDown ? reach[middle + diagonal + 1] : reach[middle + diagonal - 1] + 1
        var y = x - diagonal
        while x < count, y < other,
          old[left.lowerBound + x] == new[right.lowerBound + y]
        {
          x += 1
          y += 1
        }
        reach[middle + diagonal] = x
        if x >= count, y >= other {
          return path(trace, left, right)
        }
      }
    }
    return []
  }

  private func path(
    _ trace: [[Int]], _ left: Range<Int>, _ right: Range<Int>
  ) -> [(old: Int, new: Int)] {
    var (x, y) = (left.count, right.count)
    var row: [(old: Int, new: Int)] = []
    for number in stride(from: trace.count - 1, through: 0, by: -1) {
      let reach = trace[number]
      func at(_ diagonal: Int) -> Int { reach[diagonal + number] }
      let diagonal = x - y
      var (fromX, fromY) = (0, 0)
      if number > 0 {
        let isDown =
          diagonal == -number || (diagonal != number && at(diagonal - 1) < at(diagonal + 1))
        fromX = at(isDown ? diagonal + 1 : diagonal - 1)
        fromY = fromX - (isDown ? diagonal + 1 : diagonal - 1)
      }
      let start = number > 0 ? max(fromX, fromY + diagonal) : 0
      while x > start, y > start - diagonal, x > 0, y > 0 {
        x -= 1
        y -= 1
        row.append((left.lowerBound + x, right.lowerBound + y))
      }
      (x, y) = (fromX, fromY)
    }
    return row.reversed()
  }
}
