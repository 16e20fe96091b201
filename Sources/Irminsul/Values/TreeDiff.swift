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
  /// path. Equal subtrees are never read; of others, a level is read at a time, one round trip for all of
  /// its directories, however many differ.
  ///
  /// Source: Irmin's `Tree.diff`.
  public func diff(to other: Tree) async throws -> [TreeChange] {
    let base = objects ?? other.objects
    let old = Tree(root: root, objects: objects ?? base)
    let new = Tree(root: other.root, objects: other.objects ?? base)
    return try await TreeComparison.changes(from: old, to: new)
  }
}

/// Two trees that are compared level by level.
private struct TreeComparison {
  private let old: ObjectDatabase
  private let new: ObjectDatabase
  private var changes: [TreeChange] = []

  private struct Level {
    let path: Path
    let old: ObjectID?
    let new: ObjectID?
  }

  static func changes(from old: Tree, to new: Tree) async throws -> [TreeChange] {
    // What is edited has ids, and is to be found under them, without being stored.
    var written: (old: [IdentifiedObject], new: [IdentifiedObject]) = ([], [])
    let left = try await old.write(old.objects?.algorithm ?? .sha1, into: &written.old)
    let right = try await new.write(new.objects?.algorithm ?? .sha1, into: &written.new)
    if left == right { return [] }
    let one: ObjectDatabase
    let two: ObjectDatabase
    if old.objects === new.objects {
      one = database(written.old + written.new, over: old.objects, left.algorithm)
      two = one
    } else {
      one = database(written.old, over: old.objects, left.algorithm)
      two = database(written.new, over: new.objects, right.algorithm)
    }
    var comparison = TreeComparison(old: one, new: two)
    try await comparison.compare(left, right)
    return comparison.changes.sorted { $0.path < $1.path }
  }

  private init(old: ObjectDatabase, new: ObjectDatabase) {
    self.old = old
    self.new = new
  }

  private static func database(
    _ written: [IdentifiedObject], over stored: ObjectDatabase?, _ algorithm: HashAlgorithm
  ) -> ObjectDatabase {
    if let stored, written.isEmpty { return stored }
    return ObjectDatabase(
      engine: VirtualObjects(written, over: stored?.engine, algorithm), cacheSize: 8 << 20)
  }

  private mutating func compare(_ left: ObjectID, _ right: ObjectID) async throws {
    var level = [Level(path: .root, old: left, new: right)]
    while !level.isEmpty {
      try Task.checkCancellation()
      var next: [Level] = []
      for (directory, differences) in zip(level, try await differences(level)) {
        for difference in differences {
          let path = directory.path.appending(difference.name)
          let before = difference.old.map { Entry(mode: $0.mode, id: $0.id) }
          let after = difference.new.map { Entry(mode: $0.mode, id: $0.id) }
          add(path, before, after)
          let folders = [before, after].map { $0?.mode.isTree == true ? $0?.id : nil }
          if folders[0] != nil || folders[1] != nil {
            next.append(Level(path: path, old: folders[0], new: folders[1]))
          }
        }
      }
      level = next
    }
  }

  private mutating func add(_ path: Path, _ before: Entry?, _ after: Entry?) {
    switch (
      before.flatMap { $0.mode.isTree ? nil : $0 }, after.flatMap { $0.mode.isTree ? nil : $0 }
    ) {
    case (let old?, let new?): changes.append(.updated(path, old, new))
    case (let old?, nil): changes.append(.removed(path, old))
    case (nil, let new?): changes.append(.added(path, new))
    case (nil, nil): break
    }
  }

  /// The names that differ in each of some directories.
  private func differences(_ level: [Level]) async throws -> [[DirectoryDiff.Change]] {
    if old === new {
      return try await DirectoryDiff.between(level.map { .init(old: $0.old, new: $0.new) }, old)
    }
    let before = try await DirectoryDiff.sides(
      of: level.map { .init(old: $0.old, new: nil) }, old)
    let after = try await DirectoryDiff.sides(of: level.map { .init(old: nil, new: $0.new) }, new)
    return zip(before, after).map { DirectoryDiff.changes(from: $0.old, to: $1.new) }
  }
}
