extension Merge where Value: FixedWidthInteger {
  /// A number that both sides add to: what each has added counts. A sum beyond the type is refused.
  ///
  /// Source: Irmin's `counter`.
  public static func counter() -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      let base = base ?? 0
      // One of the two orders may leave the type's range though the sum lies in it.
      if case (let sum, false) = theirs.subtractingReportingOverflow(base),
        case (let total, false) = ours.addingReportingOverflow(sum)
      {
        return total
      }
      if case (let sum, false) = ours.subtractingReportingOverflow(base),
        case (let total, false) = theirs.addingReportingOverflow(sum)
      {
        return total
      }
      if case (let sum, false) = ours.addingReportingOverflow(theirs),
        case (let total, false) = sum.subtractingReportingOverflow(base)
      {
        return total
      }
      throw MergeRefusal("the sum is beyond \(Value.bitWidth) bits")
    }
  }
}

extension Merge {
  /// A set: what either side has added is in, what either has removed is out. Never refused.
  ///
  /// Source: Irmin's `Set`.
  public static func set<Element: Hashable & Sendable>() -> Merge where Value == Set<Element> {
    Merge { base, ours, theirs throws(MergeRefusal) in
      union(base: base ?? [], ours: ours, theirs: theirs)
    }
  }

  static func union<Element: Hashable>(
    base: Set<Element>, ours: Set<Element>, theirs: Set<Element>
  ) -> Set<Element> where Value == Set<Element> {
    let removed = base.subtracting(ours).union(base.subtracting(theirs))
    return ours.union(theirs).subtracting(removed)
  }

  /// How many of each element: what each side has added or taken counts; none is left out, on either
  /// side as well. A number beyond 64 bits is refused.
  ///
  /// Source: Irmin's `MultiSet`.
  public static func multiset<Element: Hashable & Sendable>() -> Merge
  where Value == [Element: Int] {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var result: [Element: Int] = [:]
      var refusals = Refusals()
      for element in Set(ours.keys).union(theirs.keys).union(base.map { Set($0.keys) } ?? []) {
        let count = refusals.gather("\(element)") { () throws(MergeRefusal) in
          try Merge<Int>.counter().merged(
            base: base?[element] ?? 0, ours: ours[element] ?? 0, theirs: theirs[element] ?? 0)
        }
        if count != 0 { result[element] = count }
      }
      try refusals.check()
      return result
    }
  }

  /// A dictionary key by key; a key may come and go, but a removal against a change is refused. All keys
  /// that are refused are named.
  ///
  /// Source: Irmin's `alist`, `Map`.
  public static func dictionary<Key: Hashable & Sendable, Element: Equatable & Sendable>(
    of element: Merge<Element>
  ) -> Merge where Value == [Key: Element] {
    dictionary(ofOptional: element.option)
  }

  /// A dictionary key by key, by a merge that also decides about keys that one side has not.
  ///
  /// ```swift
  /// // A removal wins over a change.
  /// let merge = Merge<[String: Int]>.dictionary(
  ///   ofOptional: Merge { base, ours, theirs in
  ///     base != nil && (ours == nil || theirs == nil) ? nil : ours ?? theirs
  ///   })
  /// ```
  ///
  /// - Parameter element: Is asked for each key that any side has; nil stands for no value. The base is
  ///   always given: as nil inside where it has no such key.
  public static func dictionary<Key: Hashable & Sendable, Element: Sendable>(
    ofOptional element: Merge<Element?>
  ) -> Merge where Value == [Key: Element] {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var result: [Key: Element] = [:]
      var refusals = Refusals()
      for key in Set(ours.keys).union(theirs.keys).union(base.map { Set($0.keys) } ?? []) {
        let value = refusals.gather("\(key)") { () throws(MergeRefusal) in
          try element.merged(base: .some(base?[key]), ours: ours[key], theirs: theirs[key])
        }
        if let value { result[key] = value }
      }
      try refusals.check()
      return result
    }
  }

  /// A list whose elements are known by a key, as an association list: key by key as ``dictionary(of:)``.
  ///
  /// The order is that of ours, or of theirs where only theirs has put the elements of the base into
  /// another one. What the other side has added stands after the element that it follows there; of
  /// additions at one place those of ours come first.
  ///
  /// Source: Irmin's `alist`, which keeps no order.
  public static func list<Key: Hashable & Sendable, Element: Equatable & Sendable>(
    keyedBy key: @escaping @Sendable (Element) -> Key, of element: Merge<Element>
  ) -> Merge where Value == [Element] {
    let merge = Merge<[Key: Element]>.dictionary(of: element)
    return Merge { base, ours, theirs throws(MergeRefusal) in
      func keyed(_ list: [Element]) throws(MergeRefusal) -> [Key: Element] {
        var result: [Key: Element] = [:]
        for element in list where result.updateValue(element, forKey: key(element)) != nil {
          throw MergeRefusal("\(key(element)) is there twice")
        }
        return result
      }
      let merged = try merge.merged(
        base: try keyed(base ?? []), ours: try keyed(ours), theirs: try keyed(theirs))
      let order = MergedOrder.merge(
        base: (base ?? []).map(key), ours: ours.map(key), theirs: theirs.map(key),
        keeping: Set(merged.keys))
      return order.compactMap { merged[$0] }
    }
  }
}

extension Merge where Value: Equatable {
  /// What the later side has, by a time that the values carry; at the same time what is greater by
  /// another measure. Different values of one time and measure are refused: nothing tells which is later.
  /// A side that has changed nothing gives way, also to an earlier time.
  public static func lastWriter<Time: Comparable & Sendable, Tie: Comparable & Sendable>(
    at time: @escaping @Sendable (Value) -> Time, thenBy tie: @escaping @Sendable (Value) -> Tie
  ) -> Merge {
    Merge { _, ours, theirs throws(MergeRefusal) in
      let (mine, other) = (time(ours), time(theirs))
      if mine != other { return mine > other ? ours : theirs }
      let (first, second) = (tie(ours), tie(theirs))
      if first == second { throw MergeRefusal("written at the same time") }
      return first < second ? theirs : ours
    }.whereBothChanged
  }
}
