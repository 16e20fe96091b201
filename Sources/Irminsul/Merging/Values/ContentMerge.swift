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
  /// What it means that both sides have made the same bytes of the base.
  public enum EqualSides: Sendable, Hashable {
    /// That they agree: the bytes are the result.
    case agree
    /// What the merge says: two increments to the same number, or two equal lines in a log, are two.
    case merged
  }

  /// For people: `text`, `json`, `counter`, …
  public let name: String
  public let equalSides: EqualSides
  /// Whether no blob and an empty one are the same: what one side has removed and the other has changed is
  /// merged as well, and an empty result is none.
  private(set) var takesAbsenceForEmpty = false
  private let body:
    @Sendable (_ base: Bytes?, _ ours: Bytes, _ theirs: Bytes) throws(MergeRefusal) -> Bytes

  init(
    name: String, equalSides: EqualSides = .agree,
    _ body:
      @escaping @Sendable (_ base: Bytes?, _ ours: Bytes, _ theirs: Bytes)
      throws(MergeRefusal) -> Bytes
  ) {
    self.name = name
    self.equalSides = equalSides
    self.body = body
  }

  /// This merge, for contents of which nothing is left when their blob is gone.
  var takingAbsenceForEmpty: ContentMerge {
    var merge = self
    merge.takesAbsenceForEmpty = true
    return merge
  }

  /// Values of a content type. Bytes that are no such value are refused; a side whose value is the result
  /// keeps its own bytes.
  public init<Value: Contents>(_ type: Value.Type, _ merge: Merge<Value>) {
    self.init(name: "\(type)".lowercased(), equalSides: .merged) {
      base, ours, theirs throws(MergeRefusal) in
      func value(_ bytes: Bytes, _ side: String) throws(MergeRefusal) -> Value {
        do {
          return try Value(decoding: bytes)
        } catch {
          throw MergeRefusal("\(side) is no \(type): \(error)")
        }
      }
      func bytes(_ value: Value) throws(MergeRefusal) -> Bytes {
        do {
          return try value.encoded()
        } catch {
          throw MergeRefusal("the merged \(type) cannot be stored: \(error)")
        }
      }
      let mine = try value(ours, "ours")
      let other = try value(theirs, "theirs")
      var old: Value?
      if let base { old = try value(base, "the base") }
      let merged = try bytes(try merge.merged(base: old, ours: mine, theirs: other))
      if merged == (try bytes(mine)) { return ours }
      if merged == (try bytes(other)) { return theirs }
      return merged
    }
  }

  /// One blob for both. No round trips.
  ///
  /// - Parameters:
  ///   - base: What both come from; nil when both sides have added it.
  ///   - ours: What the side has that is merged into.
  ///   - theirs: What the other side has.
  public func merged(base: Bytes?, ours: Bytes, theirs: Bytes) throws(MergeRefusal) -> Bytes {
    if base == theirs { return ours }
    if base == ours { return theirs }
    if ours == theirs, equalSides == .agree { return ours }
    return try body(base, ours, theirs)
  }

  /// Both blobs as one text, with Git's marks around the lines that differ: for a person who decides.
  /// Bytes that are no text are cut into lines all the same.
  public func marked(base: Bytes?, ours: Bytes, theirs: Bytes) -> Bytes {
    LineMerge(base: base ?? [], ours: ours, theirs: theirs)
      .text(ConflictMarks(base == nil ? .merge : .diff3))
  }
}
