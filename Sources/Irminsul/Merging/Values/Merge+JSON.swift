extension Merge where Value == JSON {
  /// How arrays of JSON values are merged.
  public enum Arrays: Sendable, Hashable {
    /// Whole: a change on one side, or equal ones.
    case whole
    /// As sets: an element is in or out; those of ours keep their order, what theirs has added comes after.
    case sets
    /// Element by element, where both sides have kept the length.
    case elements
    /// As lists of objects that are known by a member, such as `id`.
    case keyed(by: String)
  }

  /// Members of objects one by one, through all levels; anything else whole, arrays as said. A refusal
  /// names every place inside the value, as JSON pointers.
  ///
  /// Source: Irmin's `Json_value`, where equal changes of a scalar conflict: here they agree.
  public static func json(arrays: Arrays = .whole) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      var merger = JSONMerger(arrays: arrays)
      let merged = merger.merged(base, ours, theirs, at: "")
      if !merger.refused.isEmpty {
        throw MergeRefusal("not equal at \(merger.refused.sorted().joined(separator: ", "))")
      }
      return merged ?? .null
    }
  }
}

/// Walks three JSON values together.
private struct JSONMerger {
  let arrays: Merge<JSON>.Arrays
  /// Pointers to what could not be merged.
  var refused: [String] = []

  /// nil: the value is absent.
  mutating func merged(_ base: JSON?, _ ours: JSON?, _ theirs: JSON?, at pointer: String) -> JSON? {
    if ours == theirs || base == theirs { return ours }
    if base == ours { return theirs }
    switch (ours, theirs) {
    case (.object(let mine)?, .object(let other)?):
      var old: [String: JSON] = [:]
      if case .object(let members)? = base { old = members }
      var result: [String: JSON] = [:]
      for name in Set(mine.keys).union(other.keys).sorted() {
        let escaped = name.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
        result[name] = merged(old[name], mine[name], other[name], at: "\(pointer)/\(escaped)")
      }
      return .object(result)
    case (.array(let mine)?, .array(let other)?):
      var old: [JSON] = []
      if case .array(let elements)? = base { old = elements }
      if let result = merged(old, mine, other, at: pointer) { return .array(result) }
    default: break
    }
    refused.append(pointer.isEmpty ? "the whole value" : pointer)
    return ours
  }

  /// nil when they are not merged that way.
  private mutating func merged(
    _ base: [JSON], _ ours: [JSON], _ theirs: [JSON], at pointer: String
  ) -> [JSON]? {
    switch arrays {
    case .whole: return nil
    case .sets:
      let removed = Set(base).subtracting(ours).union(Set(base).subtracting(theirs))
      var seen = removed
      return (ours + theirs).filter { seen.insert($0).inserted }
    case .elements:
      guard ours.count == theirs.count, base.count == ours.count else { return nil }
      return ours.indices.compactMap { at in
        merged(base[at], ours[at], theirs[at], at: "\(pointer)/\(at)")
      }
    case .keyed(let member):
      guard let old = keyed(base, member), let mine = keyed(ours, member),
        let other = keyed(theirs, member)
      else { return nil }
      var result: [JSON] = []
      var seen: Set<JSON> = []
      for element in ours + theirs {
        guard let key = Self.key(element, member), seen.insert(key).inserted else { continue }
        if let merged = merged(
          old[key], mine[key], other[key], at: "\(pointer)/\(member)=\(Self.text(key))")
        {
          result.append(merged)
        }
      }
      return result
    }
  }

  private func keyed(_ array: [JSON], _ member: String) -> [JSON: JSON]? {
    var result: [JSON: JSON] = [:]
    for element in array {
      guard let key = Self.key(element, member), result.updateValue(element, forKey: key) == nil
      else { return nil }
    }
    return result
  }

  private static func key(_ element: JSON, _ member: String) -> JSON? {
    if case .object(let members) = element { members[member] } else { nil }
  }

  private static func text(_ key: JSON) -> String {
    switch key {
    case .string(let text): text
    case .integer(let number): "\(number)"
    default: "…"
    }
  }
}
