import GitObjects
import RedisScripting

/// Reading directories, whichever form they have. Nothing else takes a directory's tree apart.
extension ObjectDatabase {
  /// The entry of one name. A round trip for each tree on the way that is not cached.
  func entry(named name: Bytes, in directory: ObjectID) async throws -> TreeEntry? {
    var step = DirectoryStep(name: name, layout: layout)
    var id = directory
    while true {
      switch try step.enter(try await tree(id), id, in: location) {
      case .found(let entry): return entry
      case .below(let next): id = next
      }
    }
  }

  /// As ``entry(named:in:)`` without round trips; nil when that is not enough.
  func cachedEntry(named name: Bytes, in directory: ObjectID) throws -> TreeEntry?? {
    var step = DirectoryStep(name: name, layout: layout)
    var id = directory
    while let tree = cachedTree(id) {
      switch try step.enter(tree, id, in: location) {
      case .found(let entry): return .some(entry)
      case .below(let next): id = next
      }
    }
    return nil
  }

  /// All entries in Git's order. A round trip for each level of a wide directory, or more if a level
  /// is large.
  func entries(of directory: ObjectID) async throws -> [TreeEntry] {
    let tree = try await tree(directory)
    guard layout == .wide, WideNode.isTop(tree) else { return tree.entries }
    return try await wideEntries(below: [directory])
  }

  /// How many entries there are. One round trip.
  func count(of directory: ObjectID) async throws -> Int {
    let tree = try await tree(directory)
    guard layout == .wide, WideNode.isTop(tree) else { return tree.entries.count }
    return try node(tree, directory).count
  }

  func wideGroup(_ id: ObjectID) async throws -> WideGroup {
    try wideGroup(try await tree(id), id)
  }

  func wideGroup(_ tree: TreeObject, _ id: ObjectID) throws(StoreError) -> WideGroup {
    do {
      return try WideNode.group(tree)
    } catch {
      throw .damagedObject(id, in: location, reason: error.reason)
    }
  }

  private func node(_ tree: TreeObject, _ id: ObjectID) throws(StoreError) -> WideNode {
    do {
      return try WideNode(tree)
    } catch {
      throw .damagedObject(id, in: location, reason: error.reason)
    }
  }

  /// The entries of some parts of a wide directory, one after another, read level by level.
  func wideEntries(below ids: [ObjectID]) async throws -> [TreeEntry] {
    enum Part {
      case entries([TreeEntry])
      case unread(ObjectID)
    }
    var parts = ids.map { Part.unread($0) }
    var isWhole = parts.isEmpty
    // Each level takes four bits of a name at least, so that a trie which leads back to itself ends.
    while !isWhole {
      let unread = parts.compactMap { if case .unread(let id) = $0 { id } else { nil } }
      var trees = try await self.trees(unread).makeIterator()
      isWhole = true
      var next: [Part] = []
      for part in parts {
        guard case .unread(let id) = part, let tree = trees.next() else {
          next.append(part)
          continue
        }
        switch try wideGroup(tree, id) {
        case .entries(let entries): next.append(.entries(entries))
        case .node(let node):
          if let terminal = node.terminal { next.append(.entries([terminal])) }
          for child in node.children {
            guard case .stored(let id) = child.content else { continue }
            next.append(.unread(id))
            isWhole = false
          }
        }
      }
      parts = next
    }
    return parts.flatMap { part -> [TreeEntry] in
      if case .entries(let entries) = part { entries } else { [] }
    }
  }

  /// Several trees, those that are not cached in as few round trips as their size allows.
  func trees(_ ids: [ObjectID]) async throws -> [TreeObject] {
    // Held here: they may be more than the cache has room for.
    var found = ids.map { cachedTree($0) }
    let unknown = found.indices.filter { found[$0] == nil }
    if !unknown.isEmpty {
      let objects = try await read(unknown.map { ids[$0] })
      for (at, object) in zip(unknown, objects) { found[at] = try tree(ids[at], object) }
    }
    return found.compactMap { $0 }
  }
}

/// The way to one name of a directory, from tree to tree.
struct DirectoryStep {
  private let name: Bytes
  /// nil in the top, which may be no node.
  private var place: Int?
  private let key: WideKey
  private let layout: DirectoryLayout

  enum Outcome {
    case found(TreeEntry?)
    case below(ObjectID)
  }

  init(name: Bytes, layout: DirectoryLayout) {
    self.name = name
    self.layout = layout
    key = WideKey(name, isTree: true)
  }

  /// Looks at the next tree on the way.
  mutating func enter(
    _ tree: TreeObject, _ id: ObjectID, in location: String
  ) throws(StoreError) -> Outcome {
    if place == nil, layout == .git || !WideNode.isTop(tree) {
      return .found(tree.entry(named: name))
    }
    guard WideNode.isNode(tree) else {
      return .found(
        tree.entry(named: WideNode.storedName(name)).map {
          TreeEntry(name: name, mode: $0.mode, id: $0.id)
        })
    }
    let node: WideNode
    do {
      node = try WideNode(tree)
    } catch {
      throw .damagedObject(id, in: location, reason: error.reason)
    }
    let start = place ?? 0
    guard key.agreement(with: node.skip, from: start) == node.skip.count else { return .found(nil) }
    let end = start + node.skip.count
    if let terminal = node.terminal, terminal.name == name { return .found(terminal) }
    guard end < key.count, case .stored(let next)? = node.child(key[end]) else {
      return .found(nil)
    }
    place = end + 1
    return .below(next)
  }
}
