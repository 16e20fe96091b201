import GitObjects
import RedisScripting

/// The merge of three trees: what it changes in ours, and the conflicts that are left. A value: nothing
/// is stored before it is committed.
///
/// ```swift
/// var merge = try await Tree.merge(base: base, ours: mine, theirs: other)
/// for conflict in merge.conflicts { try await merge.resolve(conflict.path, with: .theirs) }
/// try await branch.setTree(.root, to: try await merge.tree(), "Merge")
/// ```
///
/// An entry that only one side has changed is as that side has it; where both have changed a blob, the
/// ``MergeRules`` decide. Directories are merged entry by entry. Renames are not guessed. The result is the
/// same whatever the order of entries, and with the sides exchanged the same but for merges of contents
/// in which the order shows, as in text with conflict markers.
///
/// Source: Irmin's `Tree.merge`; `git merge-tree --write-tree`.
public struct TreeMerge: Sendable {
  /// A way out of a conflict.
  public enum Resolution: Sendable {
    /// What the version holds; where it holds nothing, nothing.
    case ours, theirs, base
    case removed
    /// A blob of these bytes.
    case value(Bytes, mode: FileMode)
  }

  /// What differs and could not be merged, in order of path; each goes away as it is resolved.
  public private(set) var conflicts: [MergeConflict]
  private(set) var changes: [TreeMerger.Change]
  private(set) var guards: [TreeMerger.Guard]
  /// Where the versions' parts are.
  private let objects: ObjectDatabase
  private let ours: Tree
  private let theirs: Tree

  init(
    _ merger: TreeMerger, ours: Tree, theirs: Tree, in objects: ObjectDatabase
  ) {
    conflicts = merger.conflicts
    changes = merger.changes
    guards = merger.guards
    self.ours = ours
    self.theirs = theirs
    self.objects = objects
  }

  /// Whether no conflict is left.
  public var isClean: Bool { conflicts.isEmpty }

  /// The paths of ours that the merge changes, in order; a directory stands for everything in it.
  public var changedPaths: [Path] { changes.map(\.path) }

  /// Takes a conflict away.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)`` when no conflict is at the path,
  ///   ``StoreError/unencodable(type:reason:)`` for a mode that no blob has.
  public mutating func resolve(_ path: Path, with resolution: Resolution) async throws {
    guard let at = conflicts.firstIndex(where: { $0.path == path }) else {
      throw StoreError.notFound(path, in: "the conflicts of this merge")
    }
    let conflict = conflicts[at]
    let outcome: TreeMerger.Change.Outcome?
    switch resolution {
    case .ours:
      outcome = nil
      // What was decided on must be what is there.
      guards.append(TreeMerger.Guard(path: path, ours: conflict.ours))
    case .theirs: outcome = conflict.theirs.map { .entry($0) } ?? .removed
    case .base: outcome = try await self.outcome(conflict.base)
    case .removed: outcome = .removed
    case .value(let bytes, let mode):
      try mode.checkBlob()
      outcome = .blob(mode, FramedObject(kind: .blob, content: bytes))
    }
    conflicts.remove(at: at)
    if let outcome {
      changes.append(TreeMerger.Change(path: path, ours: conflict.ours, outcome: outcome))
      changes.sort { $0.path < $1.path }
    }
  }

  /// Resolves each conflict as `body` says; nil leaves it.
  public mutating func resolve(
    _ body: (MergeConflict) async throws -> Resolution?
  ) async throws {
    for conflict in conflicts {
      if let resolution = try await body(conflict) {
        try await resolve(conflict.path, with: resolution)
      }
    }
  }

  /// The bytes of one version of a conflict, for somebody who is to decide; nil when it has no blob.
  public func content(of entry: Entry?) async throws -> Bytes? {
    guard let entry, entry.mode.objectKind == .blob else { return nil }
    return Bytes(try await objects.read(entry.id).content)
  }

  /// The blob of a base may be one that is stored nowhere.
  private func outcome(_ base: Entry?) async throws -> TreeMerger.Change.Outcome {
    guard let base else { return .removed }
    guard let content = try await content(of: base) else { return .entry(base) }
    return .blob(base.mode, FramedObject(kind: .blob, content: content))
  }

  /// The merged tree.
  ///
  /// - Throws: ``StoreError/mergeConflicts(_:)`` while conflicts are left.
  public func tree() async throws -> Tree {
    if !conflicts.isEmpty { throw StoreError.mergeConflicts(conflicts) }
    var tree = ours
    for change in changes {
      switch change.outcome {
      case .removed: try await tree.remove(change.path)
      case .blob(let mode, let blob): try await tree.set(change.path, blob: blob, mode: mode)
      case .entry(let entry):
        // Theirs may be a tree that is not written yet.
        if try await theirs.entry(change.path) == entry {
          try await tree.take(change.path, from: theirs)
        } else {
          try await tree.set(change.path, entry)
        }
      }
    }
    return tree
  }

  /// The edits that make ours the merged tree, each with the test that what it replaces is still there:
  /// they can be made on a branch that has moved on elsewhere.
  func edits() -> [PathEdit] {
    guards.map { guardian in
      let expectation: PathEdit.Expectation =
        guardian.ours?.mode.isTree == true ? .kind(.tree) : .exactly(guardian.ours)
      return PathEdit(path: guardian.path, expectation: expectation, action: .check)
    }
      + changes.map { change in
        let action: PathEdit.Action =
          switch change.outcome {
          case .removed: .remove
          case .entry(let entry): .entry(entry)
          case .blob(let mode, let blob): .blob(mode, blob)
          }
        return PathEdit(path: change.path, expectation: .exactly(change.ours), action: action)
      }
  }
}

extension Tree {
  /// Merges two trees that have changed since a third one.
  ///
  /// Reads what is on the way to the changes, a level of all directories in one round trip, and the blobs
  /// that both sides have changed.
  ///
  /// - Parameters:
  ///   - base: What both come from; ``empty`` when they have nothing in common.
  ///   - ours: One of the two; where conflicts are left, and logs and lists have an order, it comes first.
  ///   - theirs: The other one.
  ///   - rules: How contents merge that both sides have changed.
  public static func merge(
    base: Tree, ours: Tree, theirs: Tree, rules: MergeRules = MergeRules()
  ) async throws -> TreeMerge {
    let sources = [base, ours, theirs].compactMap(\.objects)
    let algorithm = sources.first?.algorithm ?? .sha1
    if sources.contains(where: { $0 !== sources[0] }) {
      throw StoreError.unsupported("a merge of trees of several repositories: import one first")
    }
    var new: [IdentifiedObject] = []
    var roots: [ObjectID] = []
    for tree in [base, ours, theirs] {
      // What was made from nothing gets the form of the others, so that equal trees are equal.
      let whole = tree.objects == nil ? Tree(root: tree.root, objects: sources.first) : tree
      roots.append(try await whole.write(algorithm, into: &new))
    }
    let stored = sources.first
    let objects =
      if let stored, new.isEmpty {
        stored
      } else {
        ObjectDatabase(
          engine: VirtualObjects(new, over: stored?.engine, algorithm), cacheSize: 16 << 20)
      }
    var merger = TreeMerger(objects, rules)
    try await merger.merge(base: roots[0], ours: roots[1], theirs: roots[2])
    return TreeMerge(merger, ours: ours, theirs: theirs, in: objects)
  }
}
