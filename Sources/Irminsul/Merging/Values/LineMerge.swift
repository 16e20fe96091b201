import RedisScripting

/// The three-way merge of texts by lines, as of `diff3` and `git merge-file`: changes of different lines go
/// together, unless they touch.
struct LineMerge {
  /// Lines of the three texts that belong together.
  private struct Part {
    enum Kind {
      /// Unchanged, or changed alike.
      case common
      case ours
      case theirs
      case conflict
    }

    let kind: Kind
    var base: Range<Int>
    var ours: Range<Int>
    var theirs: Range<Int>
  }

  private let base: TextLines
  private let ours: TextLines
  private let theirs: TextLines
  /// With conflicts as the base has them.
  private let parts: [Part]

  /// Whether bytes are text, by Git's measure: no NUL in the first 8,000 of them.
  static func isText(_ bytes: Bytes) -> Bool { !bytes.prefix(8000).contains(0) }

  init(base: Bytes, ours: Bytes, theirs: Bytes) {
    var known: [ArraySlice<UInt8>: Int] = [:]
    self.base = TextLines(base, &known)
    self.ours = TextLines(ours, &known)
    self.theirs = TextLines(theirs, &known)
    parts = Self.parts(self.base.numbers, self.ours.numbers, self.theirs.numbers)
  }

  /// How many places could not be merged.
  var conflicts: Int { refined().count { $0.kind == .conflict } }

  /// The merged text, with marks around what could not be merged.
  func text(_ marks: ConflictMarks) -> Bytes {
    var text = Bytes()
    for part in marks.style == .merge ? refined() : parts {
      switch part.kind {
      case .common, .ours: for line in ours.lines[part.ours] { text += line }
      case .theirs: for line in theirs.lines[part.theirs] { text += line }
      case .conflict: write(part, marks, to: &text)
      }
    }
    return text
  }

  func text(
    _ style: ConflictMarks.Style, ours: String, base: String, theirs: String
  ) -> Bytes {
    text(ConflictMarks(style, ours: ours, base: base, theirs: theirs))
  }

  // MARK: Parts

  private static func parts(_ base: [Int], _ ours: [Int], _ theirs: [Int]) -> [Part] {
    var left = LineDiff.hunks(base, ours)[...]
    var right = LineDiff.hunks(base, theirs)[...]
    var parts: [Part] = []
    // Up to where each text is in parts.
    var (at, mine, other) = (0, 0, 0)
    func append(_ kind: Part.Kind, _ length: Int, _ mineLength: Int, _ otherLength: Int) {
      parts.append(
        Part(
          kind: kind, base: at..<at + length, ours: mine..<mine + mineLength,
          theirs: other..<other + otherLength))
      (at, mine, other) = (at + length, mine + mineLength, other + otherLength)
    }
    while let first = [left.first, right.first].compactMap({ $0?.old.lowerBound }).min() {
      append(.common, first - at, first - at, first - at)
      // All hunks that touch each other are one region.
      let (oneStart, twoStart) = (left.startIndex, right.startIndex)
      let (one, two) = (left, right)
      var end = first
      var isGrowing = true
      while isGrowing {
        isGrowing = false
        while let hunk = left.first, hunk.old.lowerBound <= end {
          end = max(end, hunk.old.upperBound)
          left.removeFirst()
          isGrowing = true
        }
        while let hunk = right.first, hunk.old.lowerBound <= end {
          end = max(end, hunk.old.upperBound)
          right.removeFirst()
          isGrowing = true
        }
      }
      func length(_ hunks: ArraySlice<LineDiff.Hunk>) -> Int {
        hunks.reduce(end - first) { $0 + $1.new.count - $1.old.count }
      }
      let mineLength = length(one[oneStart..<left.startIndex])
      let otherLength = length(two[twoStart..<right.startIndex])
      let kind: Part.Kind =
        if twoStart == right.startIndex {
          .ours
        } else if oneStart == left.startIndex {
          .theirs
        } else if ours[mine..<mine + mineLength] == theirs[other..<other + otherLength] {
          .common
        } else {
          .conflict
        }
      append(kind, end - first, mineLength, otherLength)
    }
    append(.common, base.count - at, base.count - at, base.count - at)
    return parts
  }

  // MARK: Refinement

  /// Conflicts that are narrower.
  private func refined() -> [Part] {
    var result: [Part] = []
    for part in parts.flatMap({ $0.kind == .conflict ? narrowed($0) : [$0] }) {
      join(part, to: &result)
    }
    return result
  }

  /// Lines that both sides have within a conflict are taken out of it.
  private func narrowed(_ conflict: Part) -> [Part] {
    if conflict.ours.isEmpty || conflict.theirs.isEmpty { return [conflict] }
    let hunks = LineDiff.hunks(
      Array(ours.numbers[conflict.ours]), Array(theirs.numbers[conflict.theirs]))
    var parts: [Part] = []
    var (mine, other) = (conflict.ours.lowerBound, conflict.theirs.lowerBound)
    func append(_ kind: Part.Kind, _ mineEnd: Int, _ otherEnd: Int) {
      parts.append(
        Part(kind: kind, base: conflict.base, ours: mine..<mineEnd, theirs: other..<otherEnd))
      (mine, other) = (mineEnd, otherEnd)
    }
    for hunk in hunks {
      let start = conflict.ours.lowerBound + hunk.old.lowerBound
      append(.common, start, conflict.theirs.lowerBound + hunk.new.lowerBound)
      append(.conflict, start + hunk.old.count, other + hunk.new.count)
    }
    append(.common, conflict.ours.upperBound, conflict.theirs.upperBound)
    return parts
  }

  /// Conflicts with up to three lines between them become one: that is easier to read.
  private func join(_ part: Part, to parts: inout [Part]) {
    if part.kind == .conflict,
      let last = parts.lastIndex(where: { $0.kind != .common }), parts[last].kind == .conflict,
      part.ours.lowerBound - parts[last].ours.upperBound <= 3
    {
      parts[last].ours = parts[last].ours.lowerBound..<part.ours.upperBound
      parts[last].theirs = parts[last].theirs.lowerBound..<part.theirs.upperBound
      parts[last].base =
        parts[last].base.lowerBound..<max(parts[last].base.upperBound, part.base.upperBound)
      parts.removeSubrange((last + 1)...)
    } else {
      parts.append(part)
    }
  }

  // MARK: Marks

  private func write(_ conflict: Part, _ marks: ConflictMarks, to text: inout Bytes) {
    let end = end(for: conflict)
    func mark(_ character: Unicode.Scalar, _ label: String) {
      text += Bytes(repeating: UInt8(ascii: character), count: 7)
      if !label.isEmpty { text += Bytes(" \(label)".utf8) }
      text += end
    }
    func append(_ lines: ArraySlice<ArraySlice<UInt8>>) {
      for line in lines {
        text += line
        if line.last != UInt8(ascii: "\n") { text += end }
      }
    }
    mark("<", marks.ours)
    append(ours.lines[conflict.ours])
    if marks.style == .diff3 {
      mark("|", marks.base)
      append(base.lines[conflict.base])
    }
    mark("=", "")
    append(theirs.lines[conflict.theirs])
    mark(">", marks.theirs)
  }

  /// CR LF where the base ends its lines so, and no side there with LF alone.
  private func end(for conflict: Part) -> Bytes {
    let hasCR =
      base.endsWithCR(before: 0) == true
      && ours.endsWithCR(before: conflict.ours.lowerBound) != false
      && theirs.endsWithCR(before: conflict.theirs.lowerBound) != false
    return Bytes((hasCR ? "\r\n" : "\n").utf8)
  }
}

extension TextLines {
  /// Whether the lines before a place, or the first ones, end with CR LF; nil when there is no end.
  fileprivate func endsWithCR(before place: Int) -> Bool? {
    guard let line = lines.dropFirst(max(place, 1) - 1).first else { return nil }
    if line.last == UInt8(ascii: "\n") { return line.dropLast().last == UInt8(ascii: "\r") }
    // The last line has no end: the one before tells.
    return lines.count > 1 ? lines[lines.count - 2].dropLast().last == UInt8(ascii: "\r") : nil
  }
}
