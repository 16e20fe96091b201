import GitObjects
import RedisScripting

/// What differs between directories, by name. Parts that are equal are never read, and what is read is read a
/// level at a time, of all of them together.
struct DirectoryDiff {
  struct Change {
    let name: Bytes
    let old: TreeEntry?
    let new: TreeEntry?
  }

  /// Two directories to compare; nil for one that is not there.
  struct Pair {
    let old: ObjectID?
    let new: ObjectID?
  }

  /// The entries that differ, and such as were found on the way to them.
  struct Sides {
    var old: [TreeEntry] = []
    var new: [TreeEntry] = []
  }

  private enum Side {
    case old
    case new
  }

  /// What is still to be done.
  private enum Step {
    case tops(ObjectID?, ObjectID?)
    /// Two parts that stand at the same place of the keys.
    case compare(WideNode.Content, WideNode.Content)
    /// Everything below.
    case list(ObjectID, Side)

    var ids: [ObjectID] {
      switch self {
      case .tops(let left, let right): [left, right].compactMap { $0 }
      case .compare(let left, let right): DirectoryDiff.ids(left) + DirectoryDiff.ids(right)
      case .list(let id, _): [id]
      }
    }
  }

  private let objects: ObjectDatabase
  private var sides: [Sides]
  private var steps: [(pair: Int, step: Step)] = []
  /// What the present level has read. The cache may be too small for it.
  private var trees: [ObjectID: TreeObject] = [:]

  /// - Returns: In no order of use.
  static func between(
    _ old: ObjectID, _ new: ObjectID, _ objects: ObjectDatabase
  ) async throws -> [Change] {
    try await between([Pair(old: old, new: new)], objects).first ?? []
  }

  /// - Returns: For each pair, in no order of use.
  static func between(
    _ pairs: [Pair], _ objects: ObjectDatabase
  ) async throws -> [[Change]] {
    try await sides(of: pairs, objects).map { changes(from: $0.old, to: $0.new) }
  }

  static func sides(of pairs: [Pair], _ objects: ObjectDatabase) async throws -> [Sides] {
    var diff = DirectoryDiff(objects: objects, count: pairs.count)
    for (number, pair) in pairs.enumerated() where pair.old != pair.new {
      diff.steps.append((number, .tops(pair.old, pair.new)))
    }
    // Ends: as trees are held against their ids, none leads back to itself.
    while !diff.steps.isEmpty { try await diff.goDown() }
    return diff.sides
  }

  private init(objects: ObjectDatabase, count: Int) {
    self.objects = objects
    sides = Array(repeating: Sides(), count: count)
  }

  static func changes(from old: [TreeEntry], to new: [TreeEntry]) -> [Change] {
    let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
    let after = Dictionary(new.map { ($0.name, $0) }) { first, _ in first }
    var changes: [Change] = []
    for (name, entry) in before {
      let other = after[name]
      if other?.mode != entry.mode || other?.id != entry.id {
        changes.append(Change(name: name, old: entry, new: other))
      }
    }
    for (name, entry) in after where before[name] == nil {
      changes.append(Change(name: name, old: nil, new: entry))
    }
    return changes
  }

  /// Reads all that the steps need at once, and does them: what they leave are the next ones.
  private mutating func goDown() async throws {
    let level = steps
    steps = []
    let ids = Array(Set(level.flatMap(\.step.ids)))
    trees = Dictionary(zip(ids, try await objects.trees(ids))) { first, _ in first }
    for (pair, step) in level {
      switch step {
      case .tops(let left, let right): try compareTops(left, right, pair)
      case .compare(let left, let right):
        try compare(try group(left), try group(right), pair)
      case .list(let id, let side): list(try group(.stored(id)), side, pair)
      }
    }
    trees = [:]
  }

  private mutating func compareTops(
    _ left: ObjectID?, _ right: ObjectID?, _ pair: Int
  ) throws(StoreError) {
    let (one, two) = (try top(left), try top(right))
    if case .node? = one, case .node? = two, let one, let two {
      try compare(one, two, pair)
    } else {
      if let one { list(one, .old, pair) }
      if let two { list(two, .new, pair) }
    }
  }

  /// A directory, which is a node if it is wide.
  private func top(_ id: ObjectID?) throws(StoreError) -> WideGroup? {
    guard let id, let tree = trees[id] else { return nil }
    guard objects.layout == .wide, WideNode.isTop(tree) else { return .entries(tree.entries) }
    return try objects.wideGroup(tree, id)
  }

  private mutating func compare(
    _ left: WideGroup, _ right: WideGroup, _ pair: Int
  ) throws(StoreError) {
    guard case .node(let one) = left, case .node(let two) = right else {
      list(left, .old, pair)
      list(right, .new, pair)
      return
    }
    let common = zip(one.skip, two.skip).prefix { $0 == $1 }.count
    // A node whose common digits go on has one part there, where the other one has several.
    let (first, second) = (Self.parts(of: one, after: common), Self.parts(of: two, after: common))
    if let entry = first.terminal { sides[pair].old.append(entry) }
    if let entry = second.terminal { sides[pair].new.append(entry) }
    for digit in 0..<UInt8(16) {
      switch (first.child(digit), second.child(digit)) {
      case (nil, nil): break
      case (let removed?, nil): list(removed, .old, pair)
      case (nil, let added?): list(added, .new, pair)
      case (.stored(let id)?, .stored(let other)?) where id == other: break
      case (let before?, let after?): steps.append((pair, .compare(before, after)))
      }
    }
  }

  /// A node with no more common digits than so many.
  private static func parts(of node: WideNode, after common: Int) -> WideNode {
    guard common < node.skip.count else { return node }
    var rest = node
    rest.skip = Array(node.skip[(common + 1)...])
    return WideNode(
      count: node.count, skip: Array(node.skip[..<common]),
      children: [.init(digit: node.skip[common], content: .changed(.node(rest)))])
  }

  private static func ids(_ content: WideNode.Content) -> [ObjectID] {
    if case .stored(let id) = content { [id] } else { [] }
  }

  private func group(_ content: WideNode.Content) throws(StoreError) -> WideGroup {
    switch content {
    case .stored(let id):
      guard let tree = trees[id] else { throw .missingObject(id, in: objects.location) }
      return try objects.wideGroup(tree, id)
    case .changed(let group): return group
    }
  }

  private mutating func list(_ content: WideNode.Content, _ side: Side, _ pair: Int) {
    switch content {
    case .stored(let id): steps.append((pair, .list(id, side)))
    case .changed(let group): list(group, side, pair)
    }
  }

  private mutating func list(_ group: WideGroup, _ side: Side, _ pair: Int) {
    switch group {
    case .entries(let entries): add(entries, side, pair)
    case .node(let node):
      if let terminal = node.terminal { add([terminal], side, pair) }
      for child in node.children { list(child.content, side, pair) }
    }
  }

  private mutating func add(_ entries: [TreeEntry], _ side: Side, _ pair: Int) {
    switch side {
    case .old: sides[pair].old += entries
    case .new: sides[pair].new += entries
    }
  }
}
