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
      let base = base ?? []
      let removed = base.subtracting(ours).union(base.subtracting(theirs))
      return ours.union(theirs).subtracting(removed)
    }
  }

  /// How many of each element: what each side has added or taken counts; none is left out. A number
  /// beyond 64 bits is refused.
  ///
  /// Source: Irmin's `MultiSet`.
  public static func multiset<Element: Hashable & Sendable>() -> Merge
  where Value == [Element: Int] {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var result: [Element: Int] = [:]
      for element in Set(ours.keys).union(theirs.keys).union(base?.keys.map { $0 } ?? []) {
        let count = try Merge<Int>.counter().merged(
          base: base?[element] ?? 0, ours: ours[element] ?? 0, theirs: theirs[element] ?? 0)
        if count != 0 { result[element] = count }
      }
      return result
    }
  }

  /// A dictionary key by key; a key may come and go. All keys that are refused are named.
  ///
  /// Source: Irmin's `alist`, `Map`.
  public static func dictionary<Key: Hashable & Sendable, Element: Equatable & Sendable>(
    of element: Merge<Element>
  ) -> Merge where Value == [Key: Element] {
    let option = element.option
    return Merge { base, ours, theirs throws(MergeRefusal) in
      var result: [Key: Element] = [:]
      var refusals: [String] = []
      for key in Set(ours.keys).union(theirs.keys) {
        do throws(MergeRefusal) {
          result[key] = try option.merged(
            base: .some(base?[key]), ours: ours[key], theirs: theirs[key])
        } catch {
          refusals.append("\(key): \(error.reason)")
        }
      }
      if !refusals.isEmpty { throw MergeRefusal(refusals.sorted().joined(separator: "; ")) }
      return result
    }
  }

  /// A list whose elements are known by a key: key by key as ``dictionary(of:)``. Those of ours keep their
  /// order, what theirs has added comes after them in its own.
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
      var left = try merge.merged(
        base: try base.map(keyed) ?? nil, ours: try keyed(ours), theirs: try keyed(theirs))
      var result: [Element] = []
      for element in ours + theirs {
        if let merged = left.removeValue(forKey: key(element)) { result.append(merged) }
      }
      return result
    }
  }

  /// What the later side has, by a time that the values carry; at the same time what is greater by
  /// another measure. Never refused.
  public static func lastWriter<Time: Comparable & Sendable, Tie: Comparable & Sendable>(
    at time: @escaping @Sendable (Value) -> Time, thenBy tie: @escaping @Sendable (Value) -> Tie
  ) -> Merge {
    Merge { _, ours, theirs throws(MergeRefusal) in
      let (mine, other) = (time(ours), time(theirs))
      if mine != other { return mine > other ? ours : theirs }
      return tie(ours) < tie(theirs) ? theirs : ours
    }
  }
}
