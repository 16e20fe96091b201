/// A three-way merge of values of one type. Merges are made from smaller ones, as their values are.
///
/// ```swift
/// struct Job: Codable, Contents, Equatable { var title: String; var tags: Set<String>; var runs: Int }
/// let jobs = Merge<Job>.members(
///   .init(\.title, .idempotent), .init(\.tags, .set()), .init(\.runs, .counter()))
/// let rules = try MergeRules(["jobs/**": ContentMerge(Job.self, jobs)])
/// ```
///
/// Every merge here gives the other side where one has changed nothing, and nothing depends on which side
/// is which but the order of lists, of which those that have one say more.
///
/// Source: Irmin's `Merge`.
public struct Merge<Value: Sendable>: Sendable {
  private let body:
    @Sendable (_ base: Value?, _ ours: Value, _ theirs: Value) throws(MergeRefusal) -> Value

  /// - Parameter body: Gets the value that both come from, nil when both sides have added it, and what
  ///   each side has made of it. Should be pure: it may be called again.
  public init(
    _ body:
      @escaping @Sendable (_ base: Value?, _ ours: Value, _ theirs: Value)
      throws(MergeRefusal) -> Value
  ) {
    self.body = body
  }

  /// One value for both.
  public func merged(base: Value?, ours: Value, theirs: Value) throws(MergeRefusal) -> Value {
    try body(base, ours, theirs)
  }

  /// This merge; where it refuses, the refusal is put in other words.
  public func describing(_ words: @escaping @Sendable (String) -> String) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      do throws(MergeRefusal) {
        return try body(base, ours, theirs)
      } catch {
        throw MergeRefusal(words(error.reason))
      }
    }
  }

  /// This merge for values that stand for its own, one for one. What the closures throw is a refusal.
  ///
  /// ```swift
  /// let scores = Merge<Int>.counter().like(to: { (score: Score) in score.points }, from: Score.init)
  /// ```
  ///
  /// Source: Irmin's `like`, `like_lwt`.
  public func like<Other: Sendable>(
    to: @escaping @Sendable (Other) throws -> Value,
    from: @escaping @Sendable (Value) throws -> Other
  ) -> Merge<Other> {
    Merge<Other> { base, ours, theirs throws(MergeRefusal) in
      do {
        return try from(try body(try base.map(to), try to(ours), try to(theirs)))
      } catch let refusal as MergeRefusal {
        throw refusal
      } catch {
        throw MergeRefusal("\(error)")
      }
    }
  }

  /// The result of the first merge that does not refuse; the words of the last when all do.
  ///
  /// Source: Irmin's `seq`.
  public static func first(of merges: [Merge]) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var refusal = MergeRefusal("nothing merges it")
      for merge in merges {
        do throws(MergeRefusal) {
          return try merge.body(base, ours, theirs)
        } catch {
          refusal = error
        }
      }
      throw refusal
    }
  }
}

extension Merge where Value: Equatable {
  /// A change on one side alone wins; two changes are refused, also when they are equal.
  ///
  /// Source: Irmin's `default`.
  public static var `default`: Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      if base == ours { return theirs }
      if base == theirs { return ours }
      throw MergeRefusal("changed on both sides")
    }
  }

  /// As ``default``, but two equal changes agree.
  ///
  /// Source: Irmin's `idempotent`.
  public static var idempotent: Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      if ours == theirs || base == theirs { return ours }
      if base == ours { return theirs }
      throw MergeRefusal("not equal")
    }
  }

  /// This merge where both sides have changed the value, and to different ones. For merges of one's own,
  /// which then need not think of the other cases; not for counters, where two equal changes are two.
  public var whereBothChanged: Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      if ours == theirs || base == theirs { return ours }
      if base == ours { return theirs }
      return try merged(base: base, ours: ours, theirs: theirs)
    }
  }

  /// A value that may be absent: what one side has added or removed is taken over; a removal against a change
  /// is refused.
  ///
  /// Source: Irmin's `option`.
  public var option: Merge<Value?> {
    Merge<Value?> { base, ours, theirs throws(MergeRefusal) in
      let base = base ?? nil
      switch (ours, theirs) {
      case (nil, nil): return nil
      case (let ours?, let theirs?):
        return try merged(base: base, ours: ours, theirs: theirs)
      case (let ours?, nil):
        if base == nil { return ours }
        if base == ours { return nil }
        throw MergeRefusal("changed here, removed there")
      case (nil, let theirs?):
        if base == nil { return theirs }
        if base == theirs { return nil }
        throw MergeRefusal("removed here, changed there")
      }
    }
  }
}
