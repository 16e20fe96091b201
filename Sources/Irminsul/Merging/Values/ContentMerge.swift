import RedisScripting

/// The merge of a blob's bytes: a content type with the merge of its values.
///
/// ```swift
/// let rules = try MergeRules([
///   "*.json": .json(arrays: .keyed(by: "id")), "visits/**": .counter, "*.txt": .text,
/// ])
/// try await main.merge(draft, nil, MergeOptions(rules: rules))
/// ```
public struct ContentMerge: Sendable {
  /// For people: `text`, `json`, `counter`, …
  public let name: String
  /// Whether no blob and an empty one are the same: what one side has removed and the other has
  /// changed is merged as well, and an empty result is none.
  private(set) var takesAbsenceForEmpty = false
  private let body:
    @Sendable (_ base: Bytes?, _ ours: Bytes, _ theirs: Bytes) throws(MergeRefusal) -> Bytes

  init(
    name: String,
    _ body:
      @escaping @Sendable (_ base: Bytes?, _ ours: Bytes, _ theirs: Bytes)
      throws(MergeRefusal) -> Bytes
  ) {
    self.name = name
    self.body = body
  }

  /// This merge, for contents of which nothing is left when their blob is gone.
  var takingAbsenceForEmpty: ContentMerge {
    var merge = self
    merge.takesAbsenceForEmpty = true
    return merge
  }

  /// Values of a content type. Bytes that are no such value are refused; a side whose value is the
  /// result keeps its own bytes.
  public init<Value: Contents & Equatable>(_ type: Value.Type, _ merge: Merge<Value>) {
    self.init(name: "\(type)".lowercased()) { base, ours, theirs throws(MergeRefusal) in
      func value(_ bytes: Bytes, _ side: String) throws(MergeRefusal) -> Value {
        do {
          return try Value(decoding: bytes)
        } catch {
          throw MergeRefusal("\(side) is no \(type): \(error)")
        }
      }
      let mine = try value(ours, "ours")
      let other = try value(theirs, "theirs")
      var old: Value?
      if let base { old = try value(base, "the base") }
      let merged = try merge.merged(base: old, ours: mine, theirs: other)
      if merged == mine { return ours }
      if merged == other { return theirs }
      do {
        return try merged.encoded()
      } catch {
        throw MergeRefusal("the merged \(type) cannot be stored: \(error)")
      }
    }
  }

  /// One blob for both.
  public func merged(base: Bytes?, ours: Bytes, theirs: Bytes) throws(MergeRefusal) -> Bytes {
    if ours == theirs || base == theirs { return ours }
    if base == ours { return theirs }
    return try body(base, ours, theirs)
  }

  /// Both blobs as one text, with Git's marks around the lines that differ: for a person who
  /// decides. Bytes that are no text are taken as one line.
  public func marked(base: Bytes?, ours: Bytes, theirs: Bytes) -> Bytes {
    LineMerge(base: base ?? [], ours: ours, theirs: theirs)
      .text(base == nil ? .merge : .diff3, ours: "ours", base: "base", theirs: "theirs")
  }

  /// Equal, or refused.
  public static let bytes = ContentMerge(name: "bytes") { _, _, _ throws(MergeRefusal) in
    throw MergeRefusal("not equal")
  }

  /// Text, line by line, as git merges it: changes of different lines go together, unless they
  /// touch.
  public static let text = ContentMerge(name: "text") { base, ours, theirs throws(MergeRefusal) in
    guard LineMerge.isText(ours), LineMerge.isText(theirs), LineMerge.isText(base ?? []) else {
      throw MergeRefusal("not text")
    }
    let merge = LineMerge(base: base ?? [], ours: ours, theirs: theirs)
    let count = merge.conflicts
    if count > 0 {
      throw MergeRefusal(count == 1 ? "the same lines" : "the same lines in \(count) places")
    }
    return merge.text(.merge, ours: "", base: "", theirs: "")
  }

  /// Text as ``text``, whose conflicts stay in it with Git's marks around them: never refused, but
  /// for what is no text. Which side is which shows.
  public static let markedText = ContentMerge(name: "markedtext") {
    base, ours, theirs throws(MergeRefusal) in
    guard LineMerge.isText(ours), LineMerge.isText(theirs), LineMerge.isText(base ?? []) else {
      throw MergeRefusal("not text")
    }
    return LineMerge(base: base ?? [], ours: ours, theirs: theirs)
      .text(.merge, ours: "ours", base: "base", theirs: "theirs")
  }

  /// JSON, member by member.
  public static let json = json()

  /// JSON, member by member. The result is written with sorted keys; numbers keep their value.
  public static func json(arrays: Merge<JSON>.Arrays = .whole) -> ContentMerge {
    ContentMerge(JSON.self, .json(arrays: arrays))
  }

  /// A ``Counter``: what both sides have added.
  public static let counter = ContentMerge(
    Counter.self, Merge<Int64>.counter().like(to: \.value, from: { Counter($0) }))

  /// A ``LineSet``: what either side has added or taken.
  public static let lineSet = ContentMerge(
    LineSet.self,
    Merge<Set<String>>.set().like(to: { Set($0.lines) }, from: { LineSet(members: $0) }))

  /// A ``LineLog``: what both sides have appended, ours first. Refused where an older line was
  /// changed.
  public static let lineLog = ContentMerge(
    LineLog.self,
    Merge { base, ours, theirs throws(MergeRefusal) in
      let old = base?.lines ?? []
      guard ours.lines.starts(with: old), theirs.lines.starts(with: old) else {
        throw MergeRefusal("an older line of the log was changed")
      }
      return LineLog(appended: ours.lines + theirs.lines.dropFirst(old.count))
    })

  /// A ``Register``: the later write, as on the server.
  public static let register = ContentMerge(
    Register.self,
    Merge { _, ours, theirs throws(MergeRefusal) in
      if ours.milliseconds != theirs.milliseconds {
        return ours.milliseconds > theirs.milliseconds ? ours : theirs
      }
      return ours.bytes.lexicographicallyPrecedes(theirs.bytes) ? theirs : ours
    })
}
