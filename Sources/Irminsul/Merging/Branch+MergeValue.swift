import GitObjects
import RedisScripting

extension Branch {
  /// Merges a value into what is at a path: with what somebody has read there before as the base, what is
  /// there now as ours, and the new value as theirs.
  ///
  /// ```swift
  /// let seen = try await branch.find("cart", as: Cart.self)
  /// try await branch.merge("cart", base: seen, value: seen.adding(item), .members(…), "Add an item")
  /// ```
  ///
  /// Costs a read and a commit, each one round trip, again when others change the same path meanwhile.
  ///
  /// - Parameters:
  ///   - path: Where.
  ///   - base: What was read there before; nil: nothing was there.
  ///   - value: What it is to become; nil removes what is there.
  ///   - merge: How the value merges with what others have made of it.
  ///   - info: Of the commit.
  ///   - deadline: For how long it is tried again.
  /// - Throws: ``StoreError/mergeConflicts(_:)`` with the one conflict.
  ///
  /// Source: Irmin's `Store.merge`.
  @discardableResult
  public func merge<Value: Contents & Equatable>(
    _ path: Path, base: Value?, value: Value?, _ merge: Merge<Value>, _ info: Info,
    deadline: Duration = .seconds(30)
  ) async throws -> WriteResult {
    let algorithm = engine.algorithm
    let old = try base.map { Entry(mode: .blob, id: try $0.framed().id(algorithm)) }
    let new = try value.map { Entry(mode: .blob, id: try $0.framed().id(algorithm)) }
    return try await again(until: deadline) {
      let present = try await entry(path)
      let ours = try await find(path, as: Value.self)
      func conflict(_ reason: MergeConflict.Reason) -> StoreError {
        .mergeConflicts([
          MergeConflict(path: path, base: old, ours: present, theirs: new, reason: reason)
        ])
      }
      if let present, ours == nil {
        throw conflict(present.mode.isTree ? .fileAndDirectory : .kind)
      }
      let edit: BranchEdit
      switch (ours, value) {
      case (nil, nil): edit = .check(path, holds: nil)
      case (let ours?, nil):
        if ours != base { throw conflict(.removedByTheirs) }
        edit = .remove(path)
      case (nil, let value?):
        if base != nil, value != base { throw conflict(.removedByOurs) }
        edit = base == nil ? try .set(path, value) : .check(path, holds: nil)
      case (let ours?, let value?):
        let merged: Value
        do throws(MergeRefusal) {
          merged = try merge.merged(base: base, ours: ours, theirs: value)
        } catch {
          throw conflict(base == nil ? .bothAdded(error.reason) : .content(error.reason))
        }
        edit = try .set(path, merged, mode: present?.mode ?? .blob)
      }
      return try await commit([edit.expecting(present)], info)
    }
  }

  /// How ``Branch/withTree(_:_:strategy:deadline:_:)`` puts the new tree in the place of the one that was read.
  public enum TreeStrategy: Sendable {
    /// Whatever is there by then is replaced: changes of others to it are lost.
    case set
    /// Only if it is still what was read; else the closure runs again on what is there now.
    case testAndSet
    /// What others have changed meanwhile is merged with it; the closure runs again only on a conflict.
    case merge(MergeRules)
  }

  /// Reads the tree at a path, lets a closure change it, and commits the result.
  ///
  /// ```swift
  /// try await branch.withTree("config", "Turn it on") { try await $0.adding("on", at: "switch") }
  /// ```
  ///
  /// A path that holds nothing is read as ``Tree/empty``; an empty tree removes it. For reads and writes
  /// of several places at the grain of single paths see ``transaction(_:isolation:deadline:_:)``.
  ///
  /// - Throws: What the closure throws; ``StoreError/tooManyAttempts(branch:attempts:)`` after the deadline.
  ///
  /// Source: Irmin's `with_tree`.
  @discardableResult
  public func withTree(
    _ path: Path = .root, _ info: Info, strategy: TreeStrategy = .testAndSet,
    deadline: Duration = .seconds(30), _ body: (Tree) async throws -> Tree
  ) async throws -> WriteResult {
    try await again(until: deadline) {
      let (seen, tree) = try await treeEntry(path)
      let new = try await body(tree)
      switch strategy {
      case .set: return try await commit([.setTree(path, new)], info)
      case .testAndSet: return try await commit([Self.put(new, at: path, over: seen)], info)
      case .merge(let rules):
        return try await again(until: deadline) {
          let (present, ours) = try await treeEntry(path)
          if present == seen {
            return try await commit([Self.put(new, at: path, over: seen)], info)
          }
          let merge = try await Tree.merge(base: tree, ours: ours, theirs: new, rules: rules)
          // The closure may decide otherwise on what is there now.
          guard merge.isClean else { throw StoreError.conflict(branch: name, []) }
          return try await commit([Self.put(try await merge.tree(), at: path, over: present)], info)
        }
      }
    }
  }

  private static func put(_ tree: Tree, at path: Path, over seen: Entry?) -> BranchEdit {
    BranchEdit.setTree(path, tree).expecting(seen)
  }

  private func treeEntry(_ path: Path) async throws -> (Entry?, Tree) {
    guard let entry = try await entry(path) else {
      return (nil, Tree(root: .empty, objects: repository.objects))
    }
    let root = entry.mode.isTree ? Directory(base: entry.id) : .empty
    return (entry, Tree(root: root, objects: repository.objects))
  }

  /// Calls `body` until nobody has been in its way, with pauses of random length.
  func again<Result>(
    until deadline: Duration, _ body: () async throws -> Result
  ) async throws -> Result {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var attempts = 0
    while true {
      attempts += 1
      do {
        return try await body()
      } catch StoreError.conflict(_, _) {
      } catch StoreError.headMoved(_, _) {
      }
      guard clock.now < end else {
        throw StoreError.tooManyAttempts(branch: name, attempts: attempts)
      }
      let ceiling = min(100_000, 500 << min(attempts, 10))
      try await Task.sleep(for: .microseconds(Int.random(in: 0...ceiling)))
    }
  }
}
