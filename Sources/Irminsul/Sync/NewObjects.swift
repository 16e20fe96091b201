import GitObjects
import RedisScripting

/// What some refs of a store lead to, without what a set of complete commits leads to: the objects that
/// another store, which has those commits with everything below them, may lack.
///
/// Commits come oldest first, some hundreds at a time, each after its trees and blobs. Of a tree only what no
/// parent's tree has at the same place is looked at, level by level, so that the work grows with the
/// changes and not with the trees. Holds an id for each object that was met, and some 100 bytes for each new commit.
struct NewObjects {
  struct Item: Sendable, Hashable {
    let id: ObjectID
    let kind: ObjectKind
  }

  struct Batch: Sendable {
    let items: [Item]
    /// Whether everything that came before is below these, and must be stored first.
    let needsEarlier: Bool
  }

  /// A tree, and those that have already been met where it stands.
  private struct Pair {
    let tree: ObjectID
    let bases: [ObjectID]
  }

  /// Where a history ends though it goes on.
  struct Cut: Sendable {
    /// Commits whose parents are left out.
    var min: Set<ObjectID> = []
    /// How many steps from child to parent it goes.
    var depth: Int?
    /// Whether trees and blobs are looked at.
    var hasContents = true
    /// Commits that have no parents, whatever the store says: where the other store's history has been cut.
    var ends: Set<ObjectID> = []
    /// Commits that are left out, with what is reached through them alone.
    var without: Set<ObjectID> = []
    /// Says of some commits which the other store has with everything below them, where that is quickly known: they
    /// are complete, as those that are named from the beginning.
    var held: (@Sendable ([ObjectID]) async throws -> Set<ObjectID>)?
    /// Those for which it need not be asked.
    var heldTips: Set<ObjectID> = []
    /// Whether the objects themselves are wanted: then they come with the trees, into the cache.
    var readsAhead = false
  }

  private enum Limits {
    static let commits = 256
    static let trees = 256
    static let items = 1000
    /// Commits of which ``Cut/held`` is asked at once.
    static let asked = 1000
    /// So many wanted commits are taken to be new without being asked about.
    static let assumed = 16
  }

  private let objects: ObjectDatabase
  private let wants: [ObjectID]
  private let complete: [ObjectID]
  private let cut: Cut
  private var reader: CommitReader
  private var isStarted = false
  /// Commits that were left out by the cut, and are not known to be complete.
  private var beyond: Set<ObjectID> = []
  /// Commits that are as many steps away as the cut goes: git ends histories there, though another one may have come to
  /// a parent by fewer. Known after ``begin()``.
  private(set) var deepest: Set<ObjectID> = []
  /// Parents of new commits that are no new commits themselves: what the new ones go on from. Known after
  /// ``begin()``.
  private(set) var needed: [ObjectID] = []
  /// Commits of which a parent is left out by the cut. Known after ``begin()``.
  private(set) var boundary: [ObjectID] = []
  /// The new commits at the store's own boundary, with the parents that they have nevertheless. Known after
  /// ``begin()``.
  private(set) var cutParents: [ObjectID: [ObjectID]] = [:]
  /// The new commits. Known after ``begin()``.
  private(set) var visited: Set<ObjectID> = []
  /// Oldest last.
  private var commits: [ObjectID] = []
  /// The annotated tags among what is wanted. Known after ``begin()``.
  private(set) var metTags: Set<ObjectID> = []
  /// Annotated tags, a tag after the tag that it is of.
  private var tags: [ObjectID] = []
  private var seen: Set<ObjectID> = []
  private var pairs: [Pair] = []
  private var items: [Item] = []
  /// The commits whose trees are being looked at.
  private var chunk: [ObjectID] = []

  /// - Parameters:
  ///   - wants: Objects of any kind.
  ///   - complete: Commits that are stored here as well.
  init(
    _ objects: ObjectDatabase, wants: [ObjectID], complete: [ObjectID], cut: Cut = Cut()
  ) {
    self.objects = objects
    self.wants = wants
    self.complete = complete
    self.cut = cut
    reader = CommitReader(objects, ends: cut.ends)
  }

  mutating func next() async throws -> Batch? {
    try await begin()
    while true {
      try Task.checkCancellation()
      if items.count >= Limits.items { return take() }
      if !pairs.isEmpty {
        try await visitTrees()
      } else if !items.isEmpty {
        return take()
      } else if !chunk.isEmpty {
        let batch = chunk.map { Item(id: $0, kind: .commit) }
        chunk = []
        return Batch(items: batch, needsEarlier: true)
      } else if !commits.isEmpty {
        try await beginChunk()
      } else if !tags.isEmpty {
        let batch = tags.map { Item(id: $0, kind: .tag) }
        tags = []
        return Batch(items: batch, needsEarlier: true)
      } else {
        return nil
      }
    }
  }

  private mutating func take() -> Batch {
    defer { items = [] }
    return Batch(items: items, needsEarlier: false)
  }

  // MARK: History

  /// Finds the new commits.
  mutating func begin() async throws {
    if isStarted { return }
    isStarted = true
    var starts: [ObjectID] = []
    var level = wants
    var known: Set<ObjectID> = []
    while !level.isEmpty {
      level = level.filter { known.insert($0).inserted }
      var next: [ObjectID] = []
      var found: [ObjectID] = []
      let kinds = try await objects.engine.kinds(of: level)
      // At once, into the cache.
      _ = try await objects.read(zip(level, kinds).filter { $1 == .tag }.map(\.0))
      for (id, kind) in zip(level, kinds) {
        switch kind {
        case nil: throw StoreError.missingObject(id, in: objects.location)
        case .commit: starts.append(id)
        case .tree: add(id, bases: [])
        case .blob: if seen.insert(id).inserted { items.append(Item(id: id, kind: .blob)) }
        case .tag:
          found.append(id)
          let tag: TagObject
          do {
            tag = try TagObject(try await objects.read(id), algorithm: objects.algorithm)
          } catch let error as GitObjectError {
            throw StoreError.damagedObject(id, in: objects.location, reason: "\(error)")
          }
          next.append(tag.object)
        }
      }
      tags = found + tags
      metTags.formUnion(found)
      level = next
    }
    let new = try await newCommits(starts)
    var nodes: [TopologicalOrder.Node] = []
    var outside: Set<ObjectID> = []
    for id in new {
      let record = try await reader.record(id)
      nodes.append(.init(id: id, parents: record.parents, date: record.date))
      for parent in record.parents where !new.contains(parent) { outside.insert(parent) }
      if !record.cutParents.isEmpty, !cut.ends.contains(id) { cutParents[id] = record.cutParents }
    }
    needed = outside.sorted()
    visited = new
    boundary = nodes.filter { !beyond.isDisjoint(with: $0.parents) }.map(\.id)
    nodes.sort { $0.date != $1.date ? $0.date > $1.date : $0.id < $1.id }
    commits = TopologicalOrder.sort(nodes, .topologicalByDate).map { nodes[$0].id }
  }

  private mutating func newCommits(_ starts: [ObjectID]) async throws -> Set<ObjectID> {
    var scope: Set<ObjectID>?
    if !complete.isEmpty {
      var difference = HistoryDifference(reader, .none)
      scope = try await difference.find(starts, complete).left
      reader = difference.reader
    }
    if let scope, cut.min.isEmpty, cut.depth == nil, cut.without.isEmpty { return scope }
    func isWanted(_ id: ObjectID) -> Bool {
      scope?.contains(id) != false && !cut.without.contains(id)
    }
    var found: Set<ObjectID> = []
    var level = starts.filter { isWanted($0) && found.insert($0).inserted }
    var steps = 0
    /// What was asked, and whether it is held.
    var isHeld: [ObjectID: Bool] = [:]
    while !level.isEmpty {
      try Task.checkCancellation()
      try await reader.load(level)
      if let held = cut.held {
        // A few that are asked for are hardly ever held, and what they go on from is often known to be.
        let isNew = steps == 0 && level.count <= Limits.assumed
        let unasked = isNew ? [] : try await ahead(of: level, without: isHeld)
        if !unasked.isEmpty {
          let answer = try await held(unasked)
          for id in unasked { isHeld[id] = answer.contains(id) }
        }
        for id in level where cut.heldTips.contains(id) { isHeld[id] = true }
        for id in level where isHeld[id] == true { found.remove(id) }
        level.removeAll { isHeld[$0] == true }
      }
      if steps == cut.depth { deepest.formUnion(level) }
      var next: [ObjectID] = []
      for id in level {
        let parents = try await reader.record(id).parents.filter(isWanted)
        if cut.min.contains(id) || steps == cut.depth {
          beyond.formUnion(parents)
        } else {
          for parent in parents where found.insert(parent).inserted { next.append(parent) }
        }
      }
      level = next
      steps += 1
    }
    beyond.subtract(found)
    return found
  }

  /// Of some commits, and of those of their ancestors that have been read as well, the ones of which it is not known
  /// whether they are held: none when that is known of all that were named.
  private mutating func ahead(
    of ids: [ObjectID], without known: [ObjectID: Bool]
  ) async throws -> [ObjectID] {
    var queue = ids.filter { known[$0] == nil && !cut.heldTips.contains($0) }
    var seen = Set(queue)
    var at = 0
    while at < queue.count, queue.count < Limits.asked {
      if reader.holds(queue[at]) {
        for parent in try await reader.record(queue[at]).parents
        where known[parent] == nil && !cut.heldTips.contains(parent)
          && seen.insert(parent).inserted
        {
          queue.append(parent)
        }
      }
      at += 1
    }
    return queue
  }

  private mutating func beginChunk() async throws {
    while chunk.count < Limits.commits, let id = commits.popLast() {
      let record = try await reader.record(id)
      chunk.append(id)
      if !cut.hasContents { continue }
      var bases: [ObjectID] = []
      let parents = record.parents.filter { !beyond.contains($0) }
      try await reader.load(parents)
      for parent in parents { bases.append(try await reader.record(parent).tree) }
      if !bases.contains(record.tree) { add(record.tree, bases: bases) }
    }
  }

  // MARK: Trees

  private mutating func add(_ tree: ObjectID, bases: [ObjectID]) {
    guard seen.insert(tree).inserted else { return }
    items.append(Item(id: tree, kind: .tree))
    pairs.append(Pair(tree: tree, bases: bases))
  }

  private mutating func visitTrees() async throws {
    let batch = Array(pairs.suffix(Limits.trees))
    pairs.removeLast(batch.count)
    if cut.readsAhead { try await readAhead(batch) }
    var trees = try await objects.trees(batch.flatMap { [$0.tree] + $0.bases })[...]
    for pair in batch {
      guard let tree = trees.popFirst() else { return }
      var known: [Bytes: [TreeEntry]] = [:]
      for base in trees.prefix(pair.bases.count) {
        for entry in base.entries { known[entry.name, default: []].append(entry) }
      }
      trees = trees.dropFirst(pair.bases.count)
      // A submodule's commit lives in another repository.
      for entry in tree.entries where !entry.mode.isSubmodule {
        let others = known[entry.name] ?? []
        if others.contains(where: { $0.id == entry.id }) { continue }
        if entry.mode.isTree {
          add(entry.id, bases: others.filter(\.mode.isTree).map(\.id))
        } else if seen.insert(entry.id).inserted {
          items.append(Item(id: entry.id, kind: .blob))
        }
      }
    }
  }

  /// Lets the server follow the trees that are not cached down to what is new below them.
  private func readAhead(_ pairs: [Pair]) async throws {
    guard let engine = objects.engine as? ScriptedEngine else { return }
    let unread = pairs.filter { objects.cachedTree($0.tree) == nil }
    if unread.isEmpty { return }
    for (id, object) in try await engine.newObjects(at: unread.map { [$0.tree] + $0.bases }) {
      try objects.keep(id, object)
    }
  }
}
