/// How arrays in JSON values are merged where both sides have changed them.
public enum JSONArrays: Sendable, Hashable {
  /// Whole: only equal ones agree.
  case whole
  /// As sets: an element is in or out, once.
  case sets
  /// Element by element, where both sides have kept the length.
  case elements
  /// As lists of objects that are known by a member, such as `id`; see ``Merge/list(keyedBy:of:)`` for
  /// the order, which is that of sets as well.
  case keyed(by: String)
}

extension Merge where Value == JSON {
  /// Members of objects one by one, through all levels; arrays as said; anything else whole, where equal
  /// changes agree and a removal against a change is refused. A refusal names every place inside the value,
  /// as JSON pointers. `1` and `1.0` are equal.
  ///
  /// ```swift
  /// let merge = Merge<JSON>.json(
  ///   arrays: .keyed(by: "id"), members: ["/visits": .number, "/users/*/tags": .json(arrays: .sets)])
  /// ```
  ///
  /// - Parameters:
  ///   - arrays: How arrays are merged that both sides have changed.
  ///   - members: Merges of one's own for what both sides have and one or both changed, by JSON
  ///     pointers, in which `*` stands for any name.
  ///
  /// Source: Irmin's `Json_value`, where equal changes of a scalar conflict: here they agree.
  public static func json(
    arrays: JSONArrays = .whole, members: [String: Merge<JSON>] = [:]
  ) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var merger = JSONMerger(arrays: arrays, members: members)
      return try merger.merge(
        base: base.map(JSONText.init), ours: JSONText(ours), theirs: JSONText(theirs)
      ).value()
    }
  }

  /// A whole number that both sides add to, as ``counter()``.
  public static var number: Merge {
    Merge<Int64>.counter().like(
      to: { value in
        guard case .integer(let number) = value else { throw MergeRefusal("no whole number") }
        return number
      }, from: { .integer($0) })
  }
}
