import RedisScripting

/// The three-way merge of texts by lines, as of `diff3` and `git merge-file`.
struct LineMerge {
  /// How a conflict is written down.
  enum Style {
    /// Both sides, with marks around them.
    case merge
    /// The base between them as well.
    case diff3
  }

  /// A part of the result.
  private enum Part {
    case lines(ArraySlice<ArraySlice<UInt8>>)
    case conflict(
      base: ArraySlice<ArraySlice<UInt8>>, ours: ArraySlice<ArraySlice<UInt8>>,
      theirs: ArraySlice<ArraySlice<UInt8>>)
  }

  private var parts: [Part] = []

  /// Whether bytes are text, by Git's measure: no NUL in the first 8,000 of them.
  static func isText(_ bytes: Bytes) -> Bool { !bytes.prefix(8000).contains(0) }

  init(base: Bytes, ours: Bytes, theirs: Bytes) {
    let (base, ours, theirs) = (Self.lines(base), Self.lines(ours), Self.lines(theirs))
    var numbers: [ArraySlice<UInt8>: Int] = [:]
    func numbered(_ lines: [ArraySlice<UInt8>]) -> [Int] {
      lines.map { line in
        if let number = numbers[line] { return number }
        numbers[line] = numbers.count
        return numbers.count - 1
      }
    }
    let (old, mine, other) = (numbered(base), numbered(ours), numbered(theirs))
    let left = LineDiff.hunks(old, mine)
    let right = LineDiff.hunks(old, other)
    var (at, one, two) = (0, 0, 0)
    // Where the base's line `at` is in each side.
    var (shift, otherShift) = (0, 0)
    while one < left.count || two < right.count {
      let first = min(
        one < left.count ? left[one].old.lowerBound : .max,
        two < right.count ? right[two].old.lowerBound : .max)
      if first > at { parts.append(.lines(base[at..<first])) }
      // All hunks that touch each other are one region.
      let (startOne, startTwo) = (one, two)
      var end = first
      var isGrowing = true
      while isGrowing {
        isGrowing = false
        while one < left.count, left[one].old.lowerBound <= end {
          end = max(end, left[one].old.upperBound)
          one += 1
          isGrowing = true
        }
        while two < right.count, right[two].old.lowerBound <= end {
          end = max(end, right[two].old.upperBound)
          two += 1
          isGrowing = true
        }
      }
      func region(_ hunks: ArraySlice<LineDiff.Hunk>, _ shift: inout Int) -> Range<Int> {
        let start = first + shift
        for hunk in hunks { shift += hunk.new.count - hunk.old.count }
        return start..<(end + shift)
      }
      let minePart = ours[region(left[startOne..<one], &shift)]
      let otherPart = theirs[region(right[startTwo..<two], &otherShift)]
      if startTwo == two || Array(minePart) == Array(otherPart) {
        parts.append(.lines(minePart))
      } else if startOne == one {
        parts.append(.lines(otherPart))
      } else {
        parts.append(.conflict(base: base[first..<end], ours: minePart, theirs: otherPart))
      }
      at = end
    }
    if at < base.count { parts.append(.lines(base[at...])) }
  }

  /// How many places could not be merged.
  var conflicts: Int {
    parts.count { if case .conflict = $0 { true } else { false } }
  }

  /// The merged text, with marks around what could not be merged.
  func text(_ style: Style, ours: String, base: String, theirs: String) -> Bytes {
    var text = Bytes()
    func append(_ lines: ArraySlice<ArraySlice<UInt8>>, endsLine: Bool) {
      for line in lines { text += line }
      // A last line without its end would run into the mark.
      if endsLine, !lines.isEmpty, text.last != UInt8(ascii: "\n") {
        text.append(UInt8(ascii: "\n"))
      }
    }
    for part in parts {
      switch part {
      case .lines(let lines): append(lines, endsLine: false)
      case .conflict(let old, let mine, let other):
        text += Bytes("<<<<<<< \(ours)\n".utf8)
        append(mine, endsLine: true)
        if style == .diff3 {
          text += Bytes("||||||| \(base)\n".utf8)
          append(old, endsLine: true)
        }
        text += Bytes("=======\n".utf8)
        append(other, endsLine: true)
        text += Bytes(">>>>>>> \(theirs)\n".utf8)
      }
    }
    return text
  }

  private static func lines(_ bytes: Bytes) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      lines.append(bytes[start..<end])
      start = end
    }
    return lines
  }
}
