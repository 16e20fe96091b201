import RedisScripting

/// Walks three JSON values together and gathers where they cannot be merged.
struct JSONMerger {
  /// A name, or the place of an element, on the way to a value.
  typealias Pointer = [Bytes]

  let arrays: JSONArrays
  /// Merges of one's own, at pointers in which `*` stands for any one name.
  let members: [(pointer: Pointer, merge: Merge<JSON>)]
  private var refusals: [(pointer: Pointer, reason: String)] = []

  init(arrays: JSONArrays, members: [String: Merge<JSON>]) {
    self.arrays = arrays
    // Sorted, so that which of two that match counts depends on nothing else.
    self.members = members.sorted { $0.key < $1.key }.map { (Self.pointer($0.key), $0.value) }
  }

  /// - Throws: With all pointers at which it is refused.
  mutating func merge(
    base: JSONText?, ours: JSONText, theirs: JSONText
  ) throws(MergeRefusal) -> JSONText {
    let merged = merged(base, ours, theirs, at: [])
    if refusals.isEmpty, let merged { return merged }
    var reasons: [String: [String]] = [:]
    for (pointer, reason) in refusals {
      reasons[reason, default: []].append(pointer.isEmpty ? "the top" : Self.text(pointer))
    }
    throw MergeRefusal(
      reasons.sorted { $0.key < $1.key }
        .map { "\($0.key) at \($0.value.sorted().joined(separator: ", "))" }
        .joined(separator: "; "))
  }

  /// nil: the value is absent.
  private mutating func merged(
    _ base: JSONText?, _ ours: JSONText?, _ theirs: JSONText?, at pointer: Pointer
  ) -> JSONText? {
    if base == theirs { return ours }
    if base == ours { return theirs }
    if let ours, let theirs, let merge = merge(at: pointer) {
      return merged(by: merge, base, ours, theirs, at: pointer)
    }
    switch (ours, theirs) {
    case (.object(let mine)?, .object(let other)?):
      var old: [Bytes: JSONText] = [:]
      if case .object(let members)? = base { old = members }
      var result: [Bytes: JSONText] = [:]
      for name in Set(mine.keys).union(other.keys) {
        result[name] = merged(old[name], mine[name], other[name], at: pointer + [name])
      }
      return .object(result)
    // Sets that are equal stay as they are, also where an element is there twice.
    case (.array(let mine)?, .array(let other)?)
    where arrays != .whole && (mine != other || arrays != .sets):
      var old: [JSONText] = []
      if case .array(let elements)? = base { old = elements }
      if let result = merged(old, mine, other, at: pointer) { return .array(result) }
    default: break
    }
    if ours == theirs { return ours }
    return refuse(
      ours == nil
        ? "removed here, changed there"
        : theirs == nil ? "changed here, removed there" : "not equal",
      at: pointer, ours)
  }

  private mutating func refuse(
    _ reason: String, at pointer: Pointer, _ ours: JSONText?
  ) -> JSONText? {
    refusals.append((pointer, reason))
    return ours
  }

  private mutating func merged(
    by merge: Merge<JSON>, _ base: JSONText?, _ ours: JSONText, _ theirs: JSONText,
    at pointer: Pointer
  ) -> JSONText? {
    do throws(MergeRefusal) {
      var old: JSON?
      if let base { old = try base.value() }
      return JSONText(
        try merge.merged(base: old, ours: try ours.value(), theirs: try theirs.value()))
    } catch {
      return refuse(error.reason, at: pointer, ours)
    }
  }

  private func merge(at pointer: Pointer) -> Merge<JSON>? {
    members.first { member in
      member.pointer.count == pointer.count
        && zip(member.pointer, pointer).allSatisfy { $0 == Bytes("*".utf8) || $0 == $1 }
    }?.merge
  }

  // MARK: Arrays

  /// nil when they cannot be merged that way.
  private mutating func merged(
    _ base: [JSONText], _ ours: [JSONText], _ theirs: [JSONText], at pointer: Pointer
  ) -> [JSONText]? {
    switch arrays {
    case .whole: return nil
    case .sets:
      let (old, mine, other) = (Self.once(base), Self.once(ours), Self.once(theirs))
      let kept = Merge<Set<JSONText>>.union(base: Set(old), ours: Set(mine), theirs: Set(other))
      return MergedOrder.merge(base: old, ours: mine, theirs: other, keeping: kept)
    case .elements:
      guard ours.count == theirs.count, base.count == ours.count else { return nil }
      return ours.indices.compactMap { at in
        merged(base[at], ours[at], theirs[at], at: pointer + [Bytes("\(at)".utf8)])
      }
    case .keyed(let member):
      let name = Bytes(member.utf8)
      guard let old = Self.keyed(base, name), let mine = Self.keyed(ours, name),
        let other = Self.keyed(theirs, name)
      else { return nil }
      var result: [JSONText: JSONText] = [:]
      for key in Set(mine.elements.keys).union(other.elements.keys) {
        result[key] = merged(
          old.elements[key], mine.elements[key], other.elements[key],
          at: pointer + [name + Bytes("=".utf8) + key.plain])
      }
      let order = MergedOrder.merge(
        base: old.order, ours: mine.order, theirs: other.order, keeping: Set(result.keys))
      return order.compactMap { result[$0] }
    }
  }

  private static func once(_ elements: [JSONText]) -> [JSONText] {
    var seen: Set<JSONText> = []
    return elements.filter { seen.insert($0).inserted }
  }

  /// nil when an element is not known by the member, or two by the same.
  private static func keyed(
    _ array: [JSONText], _ member: Bytes
  ) -> (order: [JSONText], elements: [JSONText: JSONText])? {
    var elements: [JSONText: JSONText] = [:]
    var order: [JSONText] = []
    for element in array {
      guard case .object(let members) = element, let key = members[member],
        elements.updateValue(element, forKey: key) == nil
      else { return nil }
      order.append(key)
    }
    return (order, elements)
  }

  // MARK: Pointers

  /// Source: RFC 6901.
  private static func text(_ pointer: Pointer) -> String {
    pointer.map { name in
      "/"
        + String(decoding: name, as: UTF8.self)
        .map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : "\($0)" }.joined()
    }.joined()
  }

  private static func pointer(_ text: String) -> Pointer {
    text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { name in
      var bytes = Bytes()
      var rest = name.utf8[...]
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "~") else {
          bytes.append(byte)
          continue
        }
        bytes.append(rest.popFirst() == UInt8(ascii: "1") ? UInt8(ascii: "/") : byte)
      }
      return bytes
    }
  }
}

extension JSONText {
  /// As a person would write it in a list: a string without its quotes.
  fileprivate var plain: Bytes { if case .string(let text) = self { text } else { encoded } }
}
