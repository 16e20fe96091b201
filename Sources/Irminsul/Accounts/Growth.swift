import GitObjects
import RedisScripting

/// What the newest commits of a store have added to it.
public struct Growth: Sendable, Hashable {
  /// Newest first.
  public internal(set) var commits: [CommitGrowth] = []
  /// Commits at which the history has been cut: what they have added is not known.
  public internal(set) var cut = 0

  /// What all of them have added.
  public var total: KindTotals {
    commits.reduce(into: KindTotals()) { $0 += $1.added }
  }

  /// What half of the commits stay below; nil when there are none.
  public var median: ObjectTotal? {
    if commits.isEmpty { return nil }
    let middle = commits.count / 2
    return ObjectTotal(
      objects: commits.map(\.added.all.objects).sorted()[middle],
      bytes: commits.map(\.added.all.bytes).sorted()[middle])
  }

  /// The commit that has added most bytes, the newest of several; nil when there are none.
  public var largest: CommitGrowth? {
    commits.reduce(nil) { most, commit in
      most.map { $0.added.all.bytes >= commit.added.all.bytes } == true ? most : commit
    }
  }

  /// Seconds from the oldest commit to the newest one, by the committers' clocks.
  public var seconds: Int64 {
    let dates = commits.map(\.date)
    guard let first = dates.min(), let last = dates.max() else { return 0 }
    return last.subtractingReportingOverflow(first).partialValue
  }
}

/// What one commit has added.
public struct CommitGrowth: Sendable, Hashable {
  public let id: ObjectID
  /// The committer's, in seconds since 1970.
  public let date: Int64
  /// The commit itself among them.
  public internal(set) var added = KindTotals()
}

extension Repository {
  /// What the newest commits have added to the store: the objects that are in a commit's tree and were in none of its
  /// parents', where the two differ, nor came with a commit before it of those that are looked at. A value that the store
  /// has had elsewhere, or long ago, counts as if it were new.
  ///
  /// Reads what differs between the commits and their parents, 32 commits at once, some round trips a level. Holds the
  /// trees of a level of these, and 50 bytes for each object that was added.
  ///
  /// - Parameters:
  ///   - count: How many commits, in the order of `git log`.
  ///   - heads: Where their histories begin; nil: at all branches.
  ///
  /// Source: `git rev-list --objects COMMIT --not PARENTS`.
  public func growth(commits count: Int = 100, from heads: [ObjectID]? = nil) async throws
    -> Growth
  {
    let refs = try await engine.refs(prefix: "refs/heads/")
    let starts = heads ?? Array(Set(refs.values)).sorted()
    return try await Lease.reading(engine, []) { [objects] in
      var walk = CommitWalk(objects, from: starts, LogOptions())
      var growth = Growth()
      var open: [GrowthWalk.Step] = []
      while open.count < count, let id = try await walk.next() {
        var reader = walk.reader
        let record = try await reader.record(id)
        if !record.cutParents.isEmpty {
          growth.cut += 1
          continue
        }
        open.append(
          GrowthWalk.Step(
            commit: CommitGrowth(id: id, date: record.date), tree: record.tree,
            parents: record.parents))
      }
      var reader = walk.reader
      try await reader.load(open.flatMap(\.parents))
      for at in open.indices {
        for parent in open[at].parents {
          open[at].parentTrees.append(try await reader.record(parent).tree)
        }
      }
      var found = GrowthWalk(objects)
      // The oldest first, so that what is in several counts for that.
      for end in stride(from: open.count, to: 0, by: -GrowthWalk.commits) {
        let start = max(0, end - GrowthWalk.commits)
        growth.commits.insert(
          contentsOf: try await found.added(by: Array(open[start..<end])), at: 0)
      }
      return growth
    }
  }
}

/// Compares the trees of commits with those of their parents, level by level.
private struct GrowthWalk {
  struct Step: Sendable {
    var commit: CommitGrowth
    let tree: ObjectID
    let parents: [ObjectID]
    var parentTrees: [ObjectID] = []
  }

  /// How many are compared at once.
  static let commits = 32
  /// How many directories with what they were before.
  private static let pairs = 64

  /// A tree, and those that parents have at its place.
  private struct Pair {
    let step: Int
    let tree: ObjectID
    let old: [ObjectID]
  }

  /// What is found of one commit.
  private struct Difference {
    var new: [ObjectID] = []
    /// Trees that stand where there was none.
    var arrived: [ObjectID] = []
    /// Trees of a parent in whose place there is none any more.
    var gone: [ObjectID] = []
    /// Such parts of wide directories: they may have gone into the part above them.
    var goneParts: [ObjectID] = []
    /// What is in the parents' trees that were read.
    var old: Set<ObjectKey> = []
  }

  private let objects: ObjectDatabase
  /// What came with the commits before.
  private var seen: Set<ObjectKey> = []
  private var differences: [Difference] = []

  init(_ objects: ObjectDatabase) {
    self.objects = objects
    // A store with wide directories has this from the beginning.
    if objects.layout == .wide, let id = WideNode.explanations[objects.algorithm] {
      seen.insert(id.key)
    }
  }

  /// - Parameter steps: Newest first.
  mutating func added(by steps: [Step]) async throws -> [CommitGrowth] {
    differences = steps.map { _ in Difference() }
    var pairs: [Pair] = []
    for (number, step) in steps.enumerated() {
      differences[number].old = Set(step.parentTrees.map(\.key))
      if differences[number].old.contains(step.tree.key) { continue }
      differences[number].new.append(step.tree)
      if step.parentTrees.isEmpty {
        differences[number].arrived.append(step.tree)
      } else {
        pairs.append(Pair(step: number, tree: step.tree, old: step.parentTrees))
      }
    }
    while !pairs.isEmpty {
      try Task.checkCancellation()
      let batch = Array(pairs.suffix(Self.pairs))
      pairs.removeLast(batch.count)
      let ids = Array(Set(batch.flatMap { [$0.tree] + $0.old }))
      var trees: [ObjectID: TreeObject] = [:]
      try await objects.forEachTree(ids) { trees[ids[$0]] = $1 }
      for pair in batch {
        guard let tree = trees[pair.tree] else { continue }
        pairs += compare(tree, pair.old.compactMap { trees[$0] }, of: pair.step)
      }
    }
    for number in differences.indices { try await follow(number) }
    var commits = steps.map(\.commit)
    for number in commits.indices.reversed() {
      let difference = differences[number]
      var new = [commits[number].id]
      for id in difference.new
      where !difference.old.contains(id.key) && seen.insert(id.key).inserted {
        new.append(id)
      }
      for size in try await objects.sizes(of: new) {
        commits[number].added[size.kind].add(bytes: size.bytes)
      }
    }
    differences = []
    return commits
  }

  /// - Returns: Trees in it that stand where others stood before.
  private mutating func compare(
    _ tree: TreeObject, _ parents: [TreeObject], of step: Int
  ) -> [Pair] {
    var old: Set<ObjectKey> = []
    var oldTrees: [Bytes: [TreeEntry]] = [:]
    for entry in parents.flatMap(\.entries) {
      old.insert(entry.id.key)
      if entry.mode.isTree { oldTrees[entry.name, default: []].append(entry) }
    }
    differences[step].old.formUnion(old)
    var kept: Set<ObjectKey> = []
    var pairs: [Pair] = []
    for entry in tree.entries where !entry.mode.isSubmodule {
      let before = entry.mode.isTree ? oldTrees.removeValue(forKey: entry.name) : nil
      if old.contains(entry.id.key) {
        kept.insert(entry.id.key)
        continue
      }
      differences[step].new.append(entry.id)
      guard entry.mode.isTree else { continue }
      if let before {
        pairs.append(Pair(step: step, tree: entry.id, old: before.map(\.id)))
      } else {
        differences[step].arrived.append(entry.id)
      }
    }
    for entry in oldTrees.values.joined() where !kept.contains(entry.id.key) {
      if objects.layout == .wide, WideNode.isChild(entry) {
        differences[step].goneParts.append(entry.id)
      } else {
        differences[step].gone.append(entry.id)
      }
    }
    return pairs
  }

  /// Goes on with trees that stand where there was none: what is in them may have been in those that are gone.
  private mutating func follow(_ step: Int) async throws {
    var difference = differences[step]
    differences[step] = Difference()
    var arrived = difference.arrived.filter { !difference.old.contains($0.key) }
    var gone = difference.goneParts + (arrived.isEmpty ? [] : difference.gone)
    var visited: Set<ObjectKey> = []
    try await walk(&gone) { entry in
      difference.old.insert(entry.id.key)
      return entry.mode.isTree && visited.insert(entry.id.key).inserted
    }
    arrived.removeAll { difference.old.contains($0.key) }
    visited = []
    try await walk(&arrived) { entry in
      if difference.old.contains(entry.id.key) { return false }
      guard visited.insert(entry.id.key).inserted else { return false }
      difference.new.append(entry.id)
      // What came with another commit came with all below it.
      return entry.mode.isTree && !seen.contains(entry.id.key)
    }
    differences[step] = difference
  }

  /// Visits the entries of some trees and of those below them that are wanted.
  private func walk(
    _ trees: inout [ObjectID], isWanted: (TreeEntry) -> Bool
  ) async throws {
    while !trees.isEmpty {
      try Task.checkCancellation()
      let batch = Array(trees.suffix(ObjectDatabase.manyObjects))
      trees.removeLast(batch.count)
      try await objects.forEachTree(batch) { _, tree in
        for entry in tree.entries where !entry.mode.isSubmodule && isWanted(entry) {
          trees.append(entry.id)
        }
      }
    }
  }
}
