import GitObjects

/// What only one ref leads to: what would be garbage without it.
public struct RefAccount: Sendable, Hashable {
  /// The full name, such as `refs/heads/main`, or `HEAD` for one that is on no branch.
  public let ref: String
  /// The branch's name; nil for any other ref.
  public var branch: String? { Branch.name(ofRef: ref) }
  /// Objects that no other ref leads to.
  public internal(set) var own = KindTotals()
}

/// What each ref of a store alone leads to.
public struct RefAccounts: Sendable, Hashable {
  /// Branches first, then by name.
  public internal(set) var refs: [RefAccount]
  /// Objects that refs lead to.
  public internal(set) var reached = 0
  /// Those that several lead to.
  public internal(set) var shared = 0
}

extension Repository {
  /// What only each one of the refs leads to, exactly: branches, tags and others, each beside all others.
  ///
  /// Reads all commits and trees that refs lead to, some of them twice, as many in a round trip as fit into a megabyte, and
  /// sizes of what belongs to one ref alone. Holds some 200 bytes for each commit, 30 for each object, and 50 for each
  /// that belongs to one ref.
  ///
  /// - Parameter progress: Called after each batch.
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: `git rev-list --objects A --not B C`, for each.
  public func accountsByRef(
    progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
  ) async throws -> RefAccounts {
    let roots = try await RefRoots(self)
    return try await Lease.reading(engine, []) { [objects] in
      var walk = OwnerWalk(objects, progress)
      return try await walk.run(roots)
    }
  }
}

/// Finds to which one root each object belongs: first for commits, from children to parents, then for what is in them.
/// What several lead to is walked over first, so that little is met twice.
private struct OwnerWalk {
  /// The number of a root, or that there are several.
  private typealias Owner = Int32
  private static let several: Owner = -1

  private struct Item {
    let id: ObjectID
    let isTree: Bool
    let owner: Owner
  }

  private let objects: ObjectDatabase
  private let progress: (TransferProgress) -> Void
  private var reader: CommitReader
  private var owners: [ObjectKey: Owner] = [:]
  /// Everything that had one owner once.
  private var owned: [(id: ObjectID, owner: Owner)] = []

  init(_ objects: ObjectDatabase, _ progress: @escaping (TransferProgress) -> Void) {
    self.objects = objects
    self.progress = progress
    reader = CommitReader(objects)
  }

  mutating func run(_ roots: RefRoots) async throws -> RefAccounts {
    var starts: [(id: ObjectID, owner: Owner)] = []
    var contents: [Item] = []
    for (number, root) in roots.roots.enumerated() {
      let owner = Owner(number)
      for tag in root.tags { _ = take(tag, owner) }
      switch root.kind {
      case .commit: starts.append((root.id, owner))
      case .tree: contents.append(Item(id: root.id, isTree: true, owner: owner))
      case .blob: contents.append(Item(id: root.id, isTree: false, owner: owner))
      case .tag: break
      }
    }
    for id in try await walkHistory(starts) {
      let tree = try await reader.record(id).tree
      contents.append(Item(id: tree, isTree: true, owner: owners[id.key] ?? Self.several))
    }
    try await walk(contents.filter { $0.owner == Self.several })
    try await walk(contents.filter { $0.owner != Self.several })
    return try await accounts(of: roots)
  }

  /// Gives an object to an owner, or takes it from another one. Answers who has it now; nil when nothing has changed.
  private mutating func take(_ id: ObjectID, _ owner: Owner) -> Owner? {
    guard let before = owners[id.key] else {
      owners[id.key] = owner
      if owner != Self.several { owned.append((id, owner)) }
      return owner
    }
    if before == owner || before == Self.several { return nil }
    owners[id.key] = Self.several
    return Self.several
  }

  /// Gives all commits to their owners.
  ///
  /// - Returns: The commits.
  private mutating func walkHistory(
    _ starts: [(id: ObjectID, owner: Owner)]
  ) async throws -> [ObjectID] {
    var children: [ObjectID: Int32] = [:]
    var level: [ObjectID] = []
    for start in starts where children.updateValue(0, forKey: start.id) == nil {
      level.append(start.id)
    }
    while !level.isEmpty {
      try await reader.load(level)
      var next: [ObjectID] = []
      for id in level {
        for parent in try await reader.record(id).parents {
          if children[parent] == nil { next.append(parent) }
          children[parent, default: 0] += 1
        }
      }
      level = next
      progress(TransferProgress(phase: "commits", done: children.count, total: nil, bytes: 0))
    }
    for start in starts { _ = take(start.id, start.owner) }
    // Children before their parents.
    var ready = children.compactMap { $0.value == 0 ? $0.key : nil }
    var order: [ObjectID] = []
    while let id = ready.popLast() {
      order.append(id)
      let owner = owners[id.key] ?? Self.several
      for parent in try await reader.record(id).parents {
        _ = take(parent, owner)
        children[parent, default: 0] -= 1
        if children[parent] == 0 { ready.append(parent) }
      }
    }
    return order
  }

  private mutating func walk(_ items: [Item]) async throws {
    var stack = items
    while !stack.isEmpty {
      try Task.checkCancellation()
      var trees: [(id: ObjectID, owner: Owner)] = []
      while trees.count < ObjectDatabase.manyObjects, let item = stack.popLast() {
        if let owner = take(item.id, item.owner), item.isTree { trees.append((item.id, owner)) }
      }
      try await objects.forEachTree(trees.map(\.id)) { number, tree in
        for entry in tree.entries where !entry.mode.isSubmodule {
          let owner = trees[number].owner
          if entry.mode.isTree {
            stack.append(Item(id: entry.id, isTree: true, owner: owner))
          } else {
            _ = take(entry.id, owner)
          }
        }
      }
      progress(TransferProgress(phase: "objects", done: owners.count, total: nil, bytes: 0))
    }
  }

  private func accounts(of roots: RefRoots) async throws -> RefAccounts {
    var accounts = RefAccounts(refs: roots.roots.map { RefAccount(ref: $0.ref) })
    accounts.reached = owners.count
    accounts.shared = owners.values.count { $0 == Self.several }
    let own = owned.filter { owners[$0.id.key] == $0.owner }
    for start in stride(from: 0, to: own.count, by: ObjectDatabase.manyObjects) {
      let batch = own[start..<min(own.count, start + ObjectDatabase.manyObjects)]
      for (item, size) in zip(batch, try await objects.sizes(of: batch.map(\.id))) {
        accounts.refs[Int(item.owner)].own[size.kind].add(bytes: size.bytes)
      }
    }
    return accounts
  }
}
