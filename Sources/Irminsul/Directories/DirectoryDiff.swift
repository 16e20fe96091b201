import GitObjects
import RedisScripting

/// What differs between two directories, by name. Parts that are equal are never read.
struct DirectoryDiff {
  struct Change {
    let name: Bytes
    let old: TreeEntry?
    let new: TreeEntry?
  }

  private let objects: ObjectDatabase
  private var old: [TreeEntry] = []
  private var new: [TreeEntry] = []

  /// - Returns: In no order of use.
  static func between(
    _ old: ObjectID, _ new: ObjectID, _ objects: ObjectDatabase
  ) async throws -> [Change] {
    if old == new { return [] }
    var diff = DirectoryDiff(objects: objects)
    try await diff.compareTops(old, new)
    return changes(from: diff.old, to: diff.new)
  }

  private init(objects: ObjectDatabase) {
    self.objects = objects
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

  private mutating func compareTops(_ left: ObjectID, _ right: ObjectID) async throws {
    let trees = try await objects.trees([left, right])
    if objects.layout == .wide, WideNode.isTop(trees[0]), WideNode.isTop(trees[1]) {
      try await compare(
        try objects.wideGroup(trees[0], left), try objects.wideGroup(trees[1], right))
    } else {
      old = try await objects.entries(of: left)
      new = try await objects.entries(of: right)
    }
  }

  /// Compares two groups that stand at the same place of the keys.
  private mutating func compare(_ left: WideGroup, _ right: WideGroup) async throws {
    guard case .node(let one) = left, case .node(let two) = right else {
      try await add([.changed(left)], [.changed(right)])
      return
    }
    let common = zip(one.skip, two.skip).prefix { $0 == $1 }.count
    // A node whose common digits go on has one part there, where the other one has several.
    let (first, second) = (Self.parts(of: one, after: common), Self.parts(of: two, after: common))
    if let entry = first.terminal { old.append(entry) }
    if let entry = second.terminal { new.append(entry) }
    var pairs: [(WideNode.Content, WideNode.Content)] = []
    for digit in 0..<UInt8(16) {
      switch (first.child(digit), second.child(digit)) {
      case (nil, nil): break
      case (let removed?, nil): try await add([removed], [])
      case (nil, let added?): try await add([], [added])
      case (.stored(let id)?, .stored(let other)?) where id == other: break
      case (let before?, let after?): pairs.append((before, after))
      }
    }
    // Both sides of all of them at once.
    _ = try await objects.trees(pairs.flatMap { Self.ids($0.0) + Self.ids($0.1) })
    for (before, after) in pairs {
      try await compare(try await group(before), try await group(after))
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

  private func group(_ content: WideNode.Content) async throws -> WideGroup {
    switch content {
    case .stored(let id): try await objects.wideGroup(id)
    case .changed(let group): group
    }
  }

  private mutating func add(_ removed: [WideNode.Content], _ added: [WideNode.Content]) async throws
  {
    let editor = WideEditor(objects, objects.algorithm)
    for content in removed { old += try await editor.entries(of: try await group(content)) }
    for content in added { new += try await editor.entries(of: try await group(content)) }
  }
}
