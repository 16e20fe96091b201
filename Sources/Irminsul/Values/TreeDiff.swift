import GitObjects
import RedisScripting

/// One blob that differs between two trees.
public enum TreeChange: Sendable, Hashable {
  case added(Path, Entry)
  case removed(Path, Entry)
  case updated(Path, Entry, Entry)

  public var path: Path {
    switch self {
    case .added(let path, _), .removed(let path, _), .updated(let path, _, _): path
    }
  }
}

extension Tree {
  /// The blobs that must be added, removed or updated to get from this tree to another, in order of
  /// path. Equal subtrees are never read.
  public func diff(to other: Tree) async throws -> [TreeChange] {
    var changes: [TreeChange] = []
    try await Self.diff(
      try await entry(.root), self, try await other.entry(.root), other, at: .root, &changes)
    return changes
  }

  /// Compares what two entries hold; the trees are where their subtrees are read from.
  private static func diff(
    _ old: Entry?, _ oldTree: Tree?, _ new: Entry?, _ newTree: Tree?, at path: Path,
    _ changes: inout [TreeChange]
  ) async throws {
    if old == new { return }
    let oldPart = old?.mode.isTree == true ? oldTree : nil
    let newPart = new?.mode.isTree == true ? newTree : nil
    switch (old?.mode.isTree == true ? nil : old, new?.mode.isTree == true ? nil : new) {
    case (let old?, let new?): changes.append(.updated(path, old, new))
    case (let old?, nil): changes.append(.removed(path, old))
    case (nil, let new?): changes.append(.added(path, new))
    case (nil, nil): break
    }
    let names = try await names(oldPart, newPart)
    for change in names.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
      let name = change.name
      let before = change.old.map { Entry(mode: $0.mode, id: $0.id) }
      let after = change.new.map { Entry(mode: $0.mode, id: $0.id) }
      let step = Path(steps: [name])
      try await diff(
        before, before?.mode.isTree == true ? try await oldTree?.findTree(step) : nil,
        after, after?.mode.isTree == true ? try await newTree?.findTree(step) : nil,
        at: path.appending(name), &changes)
    }
  }

  /// The names that differ between two directories.
  private static func names(_ old: Tree?, _ new: Tree?) async throws -> [DirectoryDiff.Change] {
    if let left = old?.stored, let right = new?.stored, let objects = new?.objects,
      old?.objects === objects
    {
      return try await DirectoryDiff.between(left, right, objects)
    }
    return DirectoryDiff.changes(
      from: try await old?.entries() ?? [], to: try await new?.entries() ?? [])
  }
}
