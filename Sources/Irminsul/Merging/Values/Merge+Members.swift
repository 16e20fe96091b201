extension Merge {
  /// One member of a value, and how it is merged.
  public struct Member: Sendable {
    fileprivate let merge:
      @Sendable (_ base: Value?, _ ours: Value, _ theirs: Value, _ result: inout Value)
        throws(MergeRefusal) -> Void
    /// A value with this member of another one.
    fileprivate let copied: @Sendable (_ source: Value, _ value: Value) -> Value

    /// - Parameters:
    ///   - member: Where it is in the value.
    public init<Part: Sendable>(
      _ member: any WritableKeyPath<Value, Part> & Sendable, _ merge: Merge<Part>
    ) {
      copied = { source, value in
        var value = value
        value[keyPath: member] = source[keyPath: member]
        return value
      }
      self.merge = { base, ours, theirs, result throws(MergeRefusal) in
        result[keyPath: member] = try merge.merged(
          base: base.map { $0[keyPath: member] }, ours: ours[keyPath: member],
          theirs: theirs[keyPath: member])
      }
    }
  }

  /// Member by member. What no member names must have changed on one side at most.
  public static func members(_ members: Member...) -> Merge where Value: Equatable {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var result = ours
      var refusals: [String] = []
      var others = (base: base, theirs: theirs)
      for member in members {
        do throws(MergeRefusal) {
          try member.merge(base, ours, theirs, &result)
        } catch {
          refusals.append(error.reason)
        }
      }
      if !refusals.isEmpty { throw MergeRefusal(refusals.joined(separator: "; ")) }
      // With the merged members in their place, the others can be compared.
      for member in members {
        others.base = others.base.map { member.copied(result, $0) }
        others.theirs = member.copied(result, others.theirs)
      }
      if others.theirs == result || others.theirs == others.base { return result }
      if others.base == result { return others.theirs }
      throw MergeRefusal("a member that has no merge was changed on both sides")
    }
  }

  /// Two values side by side, each by its own merge.
  ///
  /// Source: Irmin's `pair`.
  public static func pair<First: Sendable, Second: Sendable>(
    _ first: Merge<First>, _ second: Merge<Second>
  ) -> Merge<(First, Second)> where Value == (First, Second) {
    Merge<(First, Second)> { base, ours, theirs throws(MergeRefusal) in
      (
        try first.merged(base: base?.0, ours: ours.0, theirs: theirs.0),
        try second.merged(base: base?.1, ours: ours.1, theirs: theirs.1)
      )
    }
  }

  /// Three values side by side, each by its own merge.
  ///
  /// Source: Irmin's `triple`.
  public static func triple<First: Sendable, Second: Sendable, Third: Sendable>(
    _ first: Merge<First>, _ second: Merge<Second>, _ third: Merge<Third>
  ) -> Merge<(First, Second, Third)> where Value == (First, Second, Third) {
    Merge<(First, Second, Third)> { base, ours, theirs throws(MergeRefusal) in
      (
        try first.merged(base: base?.0, ours: ours.0, theirs: theirs.0),
        try second.merged(base: base?.1, ours: ours.1, theirs: theirs.1),
        try third.merged(base: base?.2, ours: ours.2, theirs: theirs.2)
      )
    }
  }
}
