/// Which lines a comparison of two texts may leave out before it begins.
///
/// A line that the other text has not is changed, whatever the others are. A line that the other text has very often,
/// as an empty one or a brace, in the middle of such lines says little: a change is easier to read when it does not
/// cut it in two.
///
/// Source: Git's rules for records that may be discarded, of which these are the same.
enum FrequentLines {
  private enum Finding {
    case absent
    case telling
    case frequent
  }

  /// How far to look at the lines around a frequent one.
  private static let window = 100

  /// - Parameter part: The lines that are compared.
  /// - Returns: The places of those that are left. Linear in the texts.
  static func left(of part: Range<Int>, in lines: [Int], beside other: [Int]) -> [Int] {
    var counts: [Int: Int] = [:]
    for line in other { counts[line, default: 0] += 1 }
    let limit = frequency(in: lines.count)
    let findings = part.map { place -> Finding in
      guard let count = counts[lines[place]] else { return .absent }
      return count < limit ? .telling : .frequent
    }
    return part.indices.compactMap { place in
      switch findings[place - part.lowerBound] {
      case .absent: nil
      case .telling: place
      case .frequent: isLeftOut(place - part.lowerBound, findings) ? nil : place
      }
    }
  }

  /// About the square root, as a power of two.
  private static func frequency(in count: Int) -> Int {
    var (count, root) = (count, 1)
    while count > 0 { (count, root) = (count >> 2, root << 1) }
    return min(root, 1024)
  }

  /// Whether a frequent line stands between lines that the other text has not, and not beside too many frequent ones.
  private static func isLeftOut(_ place: Int, _ findings: [Finding]) -> Bool {
    var (absent, frequent) = (0, 2)
    let before = stride(from: place - 1, through: max(0, place - window), by: -1)
    let after = stride(from: place + 1, through: min(findings.count - 1, place + window), by: 1)
    for side in [before, after] {
      var own = 0
      for at in side {
        if findings[at] == .telling { break }
        if findings[at] == .absent { own += 1 } else { frequent += 1 }
      }
      if own == 0 { return false }
      absent += own
    }
    return frequent * 4 < frequent + absent
  }
}
