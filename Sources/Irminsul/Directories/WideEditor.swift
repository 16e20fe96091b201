import GitObjects
import RedisScripting

/// Changes wide directories. The same entries always give the same objects, whatever the edits were
/// that made them; `lua/lib/wide_edit.lua` does the same on the server.
struct WideEditor {
  let objects: ObjectDatabase?
  let algorithm: HashAlgorithm
  /// What has been made, to be stored.
  private(set) var new: [IdentifiedObject] = []
  /// The directory that is changed, for messages.
  private var top: ObjectID?
  /// What the changes go through. The cache may be too small for it.
  private var read: [ObjectID: WideGroup] = [:]

  /// An entry that is set, or for nil removed, under its key.
  struct Change {
    let key: WideKey
    let entry: TreeEntry?
  }

  init(_ objects: ObjectDatabase?, _ algorithm: HashAlgorithm) {
    self.objects = objects
    self.algorithm = algorithm
  }

  private static let limit = DirectoryLayout.bucketSize

  /// The directory `base`, nil for an empty one, after some edits, each of another name.
  mutating func changed(_ base: ObjectID?, _ edits: [TreeEdit]) async throws -> WideGroup? {
    top = base
    var group = WideGroup.entries([])
    if let base, let objects {
      let tree = try await objects.tree(base)
      group =
        WideNode.isTop(tree)
        ? .node(try node(tree, base)) : .entries(WideNode.inOrder(tree.entries))
    }
    var changes: [Change] = []
    changes.reserveCapacity(2 * edits.count)
    for edit in edits {
      let (name, entry): (Bytes, TreeEntry?) =
        switch edit {
        case .set(let entry): (entry.name, entry)
        case .remove(let name): (name, nil)
        }
      // The name may have stood for something of the other kind, at another place.
      for isTree in [false, true] {
        let isIts = entry.map { $0.mode.isTree == isTree } ?? false
        changes.append(
          Change(key: WideKey(name, isTree: isTree), entry: isIts ? entry : nil))
      }
    }
    changes.sort { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    if case .node(let node) = group { try await read(below: node, changes[...]) }
    return try await change(group, 0, changes[...])
  }

  // MARK: Changing

  /// A group that stands at a place of the keys after changes; nil when it is empty.
  private func change(
    _ group: WideGroup, _ place: Int, _ changes: ArraySlice<Change>
  ) async throws -> WideGroup? {
    switch group {
    case .entries(let entries): return try grouped(Self.merged(entries, changes), place)
    case .node(let node): return try await change(node, place, changes)
    }
  }

  private func change(
    _ node: WideNode, _ place: Int, _ changes: ArraySlice<Change>
  ) async throws -> WideGroup? {
    var node = node
    // A new key that leaves the common digits parts the node there.
    var common = node.skip.count
    for change in changes where change.entry != nil {
      common = min(common, change.key.agreement(with: node.skip, from: place))
    }
    if common < node.skip.count {
      let digit = node.skip[common]
      var rest = node
      rest.skip = Array(node.skip[(common + 1)...])
      node = WideNode(
        count: node.count, skip: Array(node.skip[..<common]),
        children: [.init(digit: digit, content: .changed(.node(rest)))])
    }
    let end = place + node.skip.count
    if node.count + changes.count >= 1_000_000_000_000_000 {
      throw damaged("a wide directory has a mark that counts more than there can be")
    }
    var from = changes.startIndex
    while from < changes.endIndex {
      let change = changes[from]
      // What would have to be removed from elsewhere is not there.
      guard change.key.agreement(with: node.skip, from: place) == node.skip.count else {
        from += 1
        continue
      }
      if change.key.count == end {
        node.count += (change.entry == nil ? 0 : 1) - (node.terminal == nil ? 0 : 1)
        node.terminal = change.entry
        from += 1
        continue
      }
      let digit = change.key[end]
      let to = Self.endOfRun(changes[from...], node, place)
      let child = try await group(node.child(digit))
      let result = try await self.change(child, end + 1, changes[from..<to])
      node.count += (result?.count ?? 0) - child.count
      node.setChild(digit, result.map { .changed($0) })
      from = to
    }
    return try await normalised(node)
  }

  /// Where those changes end that go into the same child of a node as the first.
  private static func endOfRun(
    _ changes: ArraySlice<Change>, _ node: WideNode, _ place: Int
  ) -> Int {
    let end = place + node.skip.count
    guard let digit = changes.first?.key[end] else { return changes.endIndex }
    return changes.firstIndex {
      $0.key.agreement(with: node.skip, from: place) < node.skip.count || $0.key.count <= end
        || $0.key[end] != digit
    } ?? changes.endIndex
  }

  /// A node in the only form that its entries have.
  private func normalised(_ node: WideNode) async throws -> WideGroup? {
    // What a mark says is not enough to remove anything.
    if node.count <= Self.limit || node.children.isEmpty && node.terminal == nil {
      let entries = try await entries(of: .node(node))
      guard entries.count == node.count else {
        throw miscounted
      }
      return entries.isEmpty ? nil : .entries(entries)
    }
    guard node.terminal == nil, node.children.count == 1, let only = node.children.first,
      case .node(var below) = try await group(only.content)
    else { return .node(node) }
    below.skip = node.skip + [only.digit] + below.skip
    return .node(below)
  }

  private static func merged(
    _ entries: [TreeEntry], _ changes: ArraySlice<Change>
  ) -> [TreeEntry] {
    if entries.isEmpty { return changes.compactMap(\.entry) }
    let keys = entries.map { WideKey(of: $0).bytes }
    var merged: [TreeEntry] = []
    merged.reserveCapacity(entries.count + changes.count)
    var at = 0
    for change in changes {
      while at < keys.count, keys[at].lexicographicallyPrecedes(change.key.bytes) {
        merged.append(entries[at])
        at += 1
      }
      if at < keys.count, keys[at] == change.key.bytes { at += 1 }
      if let entry = change.entry { merged.append(entry) }
    }
    merged += entries[at...]
    return merged
  }

  /// Entries in Git's order as a group: parted if they are too many.
  private func grouped(_ entries: [TreeEntry], _ place: Int) throws(StoreError) -> WideGroup? {
    if entries.isEmpty { return nil }
    if entries.count <= Self.limit { return .entries(entries) }
    let keys = entries.map { WideKey(of: $0) }
    for (key, next) in zip(keys, keys.dropFirst())
    where !key.bytes.lexicographicallyPrecedes(next.bytes)
      || !(0..<place).allSatisfy({ $0 < key.count && $0 < next.count && key[$0] == next[$0] })
    {
      // Somebody may have put a name where it does not belong, by hand.
      throw damaged("a wide directory has a name where it does not belong")
    }
    return .node(Self.parted(entries, keys, entries.indices, place))
  }

  /// A node over some of the entries; its children are parted only as far as they are too large.
  private static func parted(
    _ entries: [TreeEntry], _ keys: [WideKey], _ range: Range<Int>, _ place: Int
  ) -> WideNode {
    let (first, last) = (keys[range.lowerBound], keys[range.upperBound - 1])
    // In order: what the first and the last have in common, all have.
    let length = range.count == 1 ? first.count - place : first.agreement(with: last, from: place)
    let end = place + length
    var node = WideNode(count: range.count, skip: (place..<end).map { first[$0] })
    var from = range.lowerBound
    if first.count == end {
      node.terminal = entries[from]
      from += 1
    }
    while from < range.upperBound {
      let digit = keys[from][end]
      var to = from + 1
      while to < range.upperBound, keys[to][end] == digit { to += 1 }
      let group: WideGroup =
        to - from <= limit
        ? .entries(Array(entries[from..<to])) : .node(parted(entries, keys, from..<to, end + 1))
      node.children.append(.init(digit: digit, content: .changed(group)))
      from = to
    }
    return node
  }

  // MARK: Reading

  private var miscounted: StoreError {
    damaged("a wide directory has other entries than its mark says")
  }

  private func damaged(_ reason: String) -> StoreError {
    guard let top else { return .unexpectedReply(reason, in: "memory") }
    return .damagedObject(top, in: objects?.location ?? "memory", reason: reason)
  }

  private func node(_ tree: TreeObject, _ id: ObjectID) throws(StoreError) -> WideNode {
    do {
      return try WideNode(tree)
    } catch {
      throw .damagedObject(id, in: objects?.location ?? "memory", reason: error.reason)
    }
  }

  private func group(_ content: WideNode.Content?) async throws -> WideGroup {
    switch content {
    case nil: return .entries([])
    case .changed(let group): return group
    case .stored(let id):
      if let group = read[id] { return group }
      guard let objects else { return .entries([]) }
      return try await objects.wideGroup(id)
    }
  }

  /// Where some of the changes go on: a stored part, and its place of the keys.
  private struct Way {
    let id: ObjectID
    let place: Int
    let changes: ArraySlice<Change>
  }

  /// Reads all that changes go through, a level at a time: one by one would be a round trip for each.
  private mutating func read(below top: WideNode, _ changes: ArraySlice<Change>) async throws {
    guard let objects else { return }
    var ways = Self.ways(from: top, 0, changes)
    while !ways.isEmpty {
      var next: [Way] = []
      for (way, tree) in zip(ways, try await objects.trees(ways.map(\.id))) {
        let group = try objects.wideGroup(tree, way.id)
        read[way.id] = group
        if case .node(let node) = group { next += Self.ways(from: node, way.place, way.changes) }
      }
      ways = next
    }
  }

  private static func ways(
    from node: WideNode, _ place: Int, _ changes: ArraySlice<Change>
  ) -> [Way] {
    let end = place + node.skip.count
    var ways: [Way] = []
    var from = changes.startIndex
    while from < changes.endIndex {
      let key = changes[from].key
      guard key.count > end, key.agreement(with: node.skip, from: place) == node.skip.count else {
        from += 1
        continue
      }
      let to = endOfRun(changes[from...], node, place)
      if case .stored(let id)? = node.child(key[end]) {
        ways.append(Way(id: id, place: end + 1, changes: changes[from..<to]))
      }
      from = to
    }
    return ways
  }

  /// All entries of a group, in order.
  func entries(of group: WideGroup) async throws -> [TreeEntry] {
    switch group {
    case .entries(let entries): return entries
    case .node(let node):
      var entries: [TreeEntry] = []
      if let terminal = node.terminal { entries.append(terminal) }
      for child in node.children {
        switch child.content {
        case .changed(let group): entries += try await self.entries(of: group)
        case .stored(let id): entries += try await objects?.wideEntries(below: [id]) ?? []
        }
      }
      return entries
    }
  }

  // MARK: Writing

  /// The id of a directory, whose objects are gathered in ``new``.
  mutating func writeTop(_ group: WideGroup) -> ObjectID {
    guard case .entries(let entries) = group else { return write(group) }
    let tree = TreeObject(unchecked: entries)
    guard WideNode.isTop(tree) else { return add(tree) }
    // Somebody's own directory that looks like a node is made one, so that it is not taken for one.
    return write(
      .node(Self.parted(entries, entries.map { WideKey(of: $0) }, entries.indices, 0)))
  }

  private mutating func write(_ group: WideGroup) -> ObjectID {
    switch group {
    case .entries(let entries): return add(WideNode.bucket(entries))
    case .node(let node):
      var children: [(digit: UInt8, id: ObjectID)] = []
      for child in node.children {
        switch child.content {
        case .stored(let id): children.append((child.digit, id))
        case .changed(let group): children.append((child.digit, write(group)))
        }
      }
      return add(node.tree(children: children, algorithm))
    }
  }

  private mutating func add(_ tree: TreeObject) -> ObjectID {
    let object = IdentifiedObject(tree.framed, algorithm)
    new.append(object)
    return object.id
  }
}
