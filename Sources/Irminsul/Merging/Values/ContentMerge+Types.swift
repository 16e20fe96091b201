import RedisScripting

extension ContentMerge {
  /// Equal, or refused.
  public static let bytes = ContentMerge(name: "bytes") { _, _, _ throws(MergeRefusal) in
    throw MergeRefusal("not equal")
  }

  /// Text, line by line, as git merges it; what both sides have changed is refused.
  public static let text = text()

  /// Text, line by line, as git merges it: changes of different lines go together, unless they touch. Any
  /// bytes without a NUL at the start are text; line ends are part of the lines.
  ///
  /// Source: `git merge-file`.
  public static func text(conflicts: TextConflicts = .refused) -> ContentMerge {
    ContentMerge(name: "text") { base, ours, theirs throws(MergeRefusal) in
      guard LineMerge.isText(ours), LineMerge.isText(theirs), LineMerge.isText(base ?? []) else {
        throw MergeRefusal("not text")
      }
      let merge = LineMerge(base: base ?? [], ours: ours, theirs: theirs)
      switch conflicts {
      case .refused:
        let count = merge.conflicts
        if count > 0 {
          throw MergeRefusal(count == 1 ? "the same lines" : "the same lines in \(count) places")
        }
        return merge.text(ConflictMarks())
      case .marked(let marks): return merge.text(marks)
      }
    }
  }

  /// JSON, member by member, arrays whole.
  public static let json = json()

  /// JSON, member by member: see ``Merge/json(arrays:members:)``. The result is written as ``JSON`` is, with
  /// sorted names and nothing between the parts, but a side that is the result keeps its own bytes. Numbers
  /// keep their digits, however many.
  public static func json(
    arrays: JSONArrays = .whole, members: [String: Merge<JSON>] = [:]
  ) -> ContentMerge {
    ContentMerge(name: "json", equalSides: members.isEmpty ? .agree : .merged) {
      base, ours, theirs throws(MergeRefusal) in
      func text(_ bytes: Bytes, _ side: String) throws(MergeRefusal) -> JSONText {
        do throws(JSONText.Malformed) {
          return try JSONText(parsing: bytes)
        } catch {
          throw MergeRefusal("\(side) is no JSON: \(error)")
        }
      }
      let (mine, other) = (try text(ours, "ours"), try text(theirs, "theirs"))
      var old: JSONText?
      if let base { old = try text(base, "the base") }
      var merger = JSONMerger(arrays: arrays, members: members)
      let merged = try merger.merge(base: old, ours: mine, theirs: other)
      return merged == mine ? ours : merged == other ? theirs : merged.encoded
    }
  }

  /// A ``Counter``: what both sides have added, also when both have added the same.
  public static let counter = ContentMerge(
    Counter.self, Merge<Int64>.counter().like(to: { $0.value }, from: { Counter($0) }))

  /// A ``LineSet``: what either side has added or taken. Lines are told apart by their bytes.
  public static let lineSet = ContentMerge(name: "lineset") {
    base, ours, theirs throws(MergeRefusal) in
    func members(_ bytes: Bytes, _ side: String) throws(MergeRefusal) -> Set<Bytes> {
      let lines = try lines(of: bytes, side)
      guard zip(lines, lines.dropFirst()).allSatisfy({ $0.lexicographicallyPrecedes($1) }) else {
        throw MergeRefusal("\(side) is no LineSet: the lines are not sorted")
      }
      return Set(lines)
    }
    let merged = Merge<Set<Bytes>>.union(
      base: try members(base ?? [], "the base"), ours: try members(ours, "ours"),
      theirs: try members(theirs, "theirs"))
    return bytes(of: merged.sorted { $0.lexicographicallyPrecedes($1) })
  }

  /// A ``LineLog``: what both have in common, then what ours has appended, then what theirs has, also when
  /// both have appended the same. Refused where an older line was changed.
  public static let lineLog = ContentMerge(name: "linelog", equalSides: .merged) {
    base, ours, theirs throws(MergeRefusal) in
    let old = try lines(of: base ?? [], "the base")
    let (mine, other) = (try lines(of: ours, "ours"), try lines(of: theirs, "theirs"))
    guard mine.starts(with: old), other.starts(with: old) else {
      throw MergeRefusal("an older line of the log was changed")
    }
    return bytes(of: mine + other.dropFirst(old.count))
  }

  /// A ``Register``: the later write, at the same time the greater bytes, as on the server.
  public static let register = ContentMerge(
    Register.self,
    .lastWriter(at: { $0.milliseconds }, thenBy: { RegisterOrder(bytes: $0.bytes) }))

  // MARK: Lines

  private static func lines(of bytes: Bytes, _ side: String) throws(MergeRefusal) -> [Bytes] {
    guard ValueAction.areLines(bytes) else {
      throw MergeRefusal("\(side) is no list of lines")
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }

  private static func bytes(of lines: [Bytes]) -> Bytes {
    lines.flatMap { $0 + [UInt8(ascii: "\n")] }
  }
}

/// The order of values that were written at the same time.
private struct RegisterOrder: Comparable, Sendable {
  let bytes: Bytes

  static func < (left: RegisterOrder, right: RegisterOrder) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}
