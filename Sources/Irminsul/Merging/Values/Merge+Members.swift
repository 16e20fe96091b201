extension Merge {
  /// One member of a value, and how it is merged.
  public struct Member: Sendable {
    fileprivate let name: String?
    fileprivate let merge:
      @Sendable (_ base: Value?, _ ours: Value, _ theirs: Value, _ result: inout Value)
        throws(MergeRefusal) -> Void
    /// Makes the member of the second value what it is in the first.
    fileprivate let copy: @Sendable (_ from: Value, _ to: inout Value) -> Void

    /// - Parameters:
    ///   - member: Where it is in the value.
    ///   - merge: How it is merged.
    ///   - name: For refusals; by default its own.
    public init<Part: Sendable>(
      _ member: any WritableKeyPath<Value, Part> & Sendable, _ merge: Merge<Part>,
      named name: String? = nil
    ) {
      // As in `\Job.title`; a path that has no readable form is known by its number.
      let words = "\(member)".split(separator: ".").dropFirst().joined(separator: ".")
      self.name = name ?? (words.isEmpty || words.contains("<") ? nil : words)
      self.merge = { base, ours, theirs, result throws(MergeRefusal) in
        result[keyPath: member] = try merge.merged(
          base: base.map { $0[keyPath: member] }, ours: ours[keyPath: member],
          theirs: theirs[keyPath: member])
      }
      copy = { from, to in to[keyPath: member] = from[keyPath: member] }
    }
  }

  /// Two values side by side, each by its own merge.
  ///
  /// Source: Irmin's `pair`.
  public static func pair<First: Sendable, Second: Sendable>(
    _ first: Merge<First>, _ second: Merge<Second>
  ) -> Merge<(First, Second)> where Value == (First, Second) {
    Merge<(First, Second)> { base, ours, theirs throws(MergeRefusal) in
      var refusals = Refusals()
      let one = refusals.gather("first") { () throws(MergeRefusal) in
        try first.merged(base: base?.0, ours: ours.0, theirs: theirs.0)
      }
      let two = refusals.gather("second") { () throws(MergeRefusal) in
        try second.merged(base: base?.1, ours: ours.1, theirs: theirs.1)
      }
      try refusals.check()
      guard let one, let two else { return ours }
      return (one, two)
    }
  }

  /// Three values side by side, each by its own merge.
  ///
  /// Source: Irmin's `triple`.
  public static func triple<First: Sendable, Second: Sendable, Third: Sendable>(
    _ first: Merge<First>, _ second: Merge<Second>, _ third: Merge<Third>
  ) -> Merge<(First, Second, Third)> where Value == (First, Second, Third) {
    Merge<(First, Second, Third)> { base, ours, theirs throws(MergeRefusal) in
      var refusals = Refusals()
      let one = refusals.gather("first") { () throws(MergeRefusal) in
        try first.merged(base: base?.0, ours: ours.0, theirs: theirs.0)
      }
      let two = refusals.gather("second") { () throws(MergeRefusal) in
        try second.merged(base: base?.1, ours: ours.1, theirs: theirs.1)
      }
      let three = refusals.gather("third") { () throws(MergeRefusal) in
        try third.merged(base: base?.2, ours: ours.2, theirs: theirs.2)
      }
      try refusals.check()
      guard let one, let two, let three else { return ours }
      return (one, two, three)
    }
  }
}

extension Merge where Value: Equatable {
  /// Member by member. All that no member names is one thing, which is ``idempotent``: both sides may not
  /// have changed it, unless alike. All members that are refused are named.
  ///
  /// ```swift
  /// let jobs = Merge<Job>.members(.init(\.tags, .set()), .init(\.runs, .counter()))
  /// ```
  public static func members(_ members: Member...) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      /// A value with the named members as ours has them, so that only the others tell it from ours.
      func others(_ value: Value) -> Value {
        var value = value
        for member in members { member.copy(ours, &value) }
        return value
      }
      var refusals = Refusals()
      let rest = refusals.gather("other members") { () throws(MergeRefusal) in
        try idempotent.merged(base: base.map(others), ours: ours, theirs: others(theirs))
      }
      var result = rest ?? ours
      for (number, member) in members.enumerated() {
        _ = refusals.gather(member.name ?? "member \(number + 1)") { () throws(MergeRefusal) in
          try member.merge(base, ours, theirs, &result)
        }
      }
      try refusals.check()
      return result
    }
  }
}
