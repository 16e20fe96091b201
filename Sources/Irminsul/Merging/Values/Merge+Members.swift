extension Merge {
  /// One member of a value, and how it is merged.
  public struct Member: Sendable {
    fileprivate let merge:
      @Sendable (_ base: Value?, _ ours: Value, _ theirs: Value, _ result: inout Value)
        throws(MergeRefusal) -> Void

    /// - Parameters:
    ///   - member: Where it is in the value.
    public init<Part: Sendable>(
      _ member: any WritableKeyPath<Value, Part> & Sendable, _ merge: Merge<Part>
    ) {
      self.merge = { base, ours, theirs, result throws(MergeRefusal) in
        result[keyPath: member] = try merge.merged(
          base: base.map { $0[keyPath: member] }, ours: ours[keyPath: member],
          theirs: theirs[keyPath: member])
      }
    }
  }

  /// Member by member. What no member names is as in ours.
  public static func members(_ members: Member...) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var result = ours
      var refusals: [String] = []
      for member in members {
        do throws(MergeRefusal) {
          try member.merge(base, ours, theirs, &result)
        } catch {
          refusals.append(error.reason)
        }
      }
      if !refusals.isEmpty { throw MergeRefusal(refusals.joined(separator: "; ")) }
      return result
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
