import GitObjects

/// Everything that some commits, trees or tags lead to, breadth first, each object once: first tags and
/// commits, level by level, then their trees and blobs, level by level.
///
/// ```swift
/// for try await visit in repository.walk(from: [head]) { count += 1 }
/// ```
///
/// Trees are read hundreds at a time; blobs are only looked for. Holds an id for each object that was met.
///
/// Source: Irmin's `Repo.iter` and `Repo.breadth_first_traversal`.
public struct ObjectWalk: AsyncSequence, Sendable {
  public typealias Element = Visit

  /// An object that the walk has come to.
  public struct Visit: Sendable, Hashable {
    public let id: ObjectID
    public let kind: ObjectKind
  }

  /// What the walk does at an object.
  public enum Cut: Sendable, Hashable {
    /// It gives the object and goes on.
    case none
    /// It gives the object, and what is only reached through it is left out.
    case below
    /// It does as if the object were not there.
    case here
  }

  let objects: ObjectDatabase
  let starts: [ObjectID]
  /// Commits whose parents do not count.
  var ends: Set<ObjectID> = []
  let cut: @Sendable (Visit) async throws -> Cut

  public func makeAsyncIterator() -> Iterator {
    Iterator(objects: objects, starts: starts, ends: ends, cut: cut)
  }

  public struct Iterator: AsyncIteratorProtocol {
    private let objects: ObjectDatabase
    private let cut: @Sendable (Visit) async throws -> Cut
    private var reader: CommitReader
    private var seen: Set<ObjectID>
    /// Commits and tags first, then the trees of all of them, so that both are read in large batches.
    private var history: Level
    private var contents = Level()
    private var ready: [Visit] = []
    private var readyAt = 0

    fileprivate struct Level {
      var ids: [ObjectID] = []
      var at = 0
      /// Of contents: whether each should be a tree or a blob.
      var isTree: [Bool] = []
    }

    private static let batch = 500

    init(
      objects: ObjectDatabase, starts: [ObjectID], ends: Set<ObjectID>,
      cut: @escaping @Sendable (Visit) async throws -> Cut
    ) {
      self.objects = objects
      self.cut = cut
      reader = CommitReader(objects, ends: ends)
      seen = Set(starts)
      var unique: Set<ObjectID> = []
      history = Level(ids: starts.filter { unique.insert($0).inserted })
    }

    public mutating func next() async throws -> Visit? {
      while true {
        if readyAt < ready.count {
          let visit = ready[readyAt]
          readyAt += 1
          return visit
        }
        ready = []
        readyAt = 0
        try Task.checkCancellation()
        if history.at < history.ids.count {
          try await visitHistory()
        } else if contents.at < contents.ids.count {
          try await visitContents()
        } else {
          return nil
        }
      }
    }

    /// The next objects that are not known to be trees or blobs.
    private mutating func visitHistory() async throws {
      let end = Swift.min(history.ids.count, history.at + Self.batch)
      let ids = Array(history.ids[history.at..<end])
      history.at = end
      var unknown = ids.filter { !reader.holds($0) }
      let kinds = try await objects.engine.kinds(of: unknown)
      var kindOf: [ObjectID: ObjectKind] = [:]
      for (id, kind) in zip(unknown, kinds) {
        guard let kind else { throw StoreError.missingObject(id, in: objects.location) }
        kindOf[id] = kind
      }
      unknown = unknown.filter { kindOf[$0] == .commit }
      try await reader.load(unknown)
      for id in ids {
        switch kindOf[id] ?? .commit {
        case .commit:
          guard try await give(id, .commit) else { continue }
          let record = try await reader.record(id)
          addContents(record.tree, isTree: true)
          for parent in record.parents where seen.insert(parent).inserted {
            history.ids.append(parent)
          }
        case .tag:
          guard try await give(id, .tag) else { continue }
          let tag: TagObject
          do {
            tag = try TagObject(try await objects.read(id), algorithm: objects.algorithm)
          } catch let error as GitObjectError {
            throw StoreError.damagedObject(id, in: objects.location, reason: "\(error)")
          }
          if seen.insert(tag.object).inserted { history.ids.append(tag.object) }
        case .tree: contents.append(id, isTree: true)
        case .blob: contents.append(id, isTree: false)
        }
      }
    }

    private mutating func visitContents() async throws {
      let end = Swift.min(contents.ids.count, contents.at + Self.batch)
      let places = contents.at..<end
      contents.at = end
      let trees = places.filter { contents.isTree[$0] }.map { contents.ids[$0] }
      let blobs = places.filter { !contents.isTree[$0] }.map { contents.ids[$0] }
      for (id, kind) in zip(blobs, try await objects.engine.kinds(of: blobs)) {
        guard let kind else { throw StoreError.missingObject(id, in: objects.location) }
        guard kind == .blob else {
          throw StoreError.damagedObject(
            id, in: objects.location, reason: "a blob was expected, not a \(kind)")
        }
      }
      var found = try await objects.trees(trees).makeIterator()
      for at in places {
        let id = contents.ids[at]
        guard contents.isTree[at] else {
          _ = try await give(id, .blob)
          continue
        }
        guard let tree = found.next(), try await give(id, .tree) else { continue }
        // A submodule's commit lives in another repository.
        for entry in tree.entries where !entry.mode.isSubmodule {
          addContents(entry.id, isTree: entry.mode.isTree)
        }
      }
    }

    private mutating func addContents(_ id: ObjectID, isTree: Bool) {
      if seen.insert(id).inserted { contents.append(id, isTree: isTree) }
    }

    /// Whether to go on below an object, which is given unless it is cut away.
    private mutating func give(_ id: ObjectID, _ kind: ObjectKind) async throws -> Bool {
      let visit = Visit(id: id, kind: kind)
      let cut = try await cut(visit)
      if cut != .here { ready.append(visit) }
      return cut == .none
    }
  }
}

extension ObjectWalk.Iterator.Level {
  fileprivate mutating func append(_ id: ObjectID, isTree: Bool) {
    ids.append(id)
    self.isTree.append(isTree)
  }
}

extension Repository {
  /// Everything that some objects lead to, breadth first, each object once: see ``ObjectWalk``.
  ///
  /// - Parameters:
  ///   - starts: Objects of any kind.
  ///   - cut: Asked once for each object that is met, in the order of the walk.
  public func walk(
    from starts: [ObjectID],
    cut: @escaping @Sendable (ObjectWalk.Visit) async throws -> ObjectWalk.Cut = { _ in .none }
  ) -> ObjectWalk {
    ObjectWalk(objects: objects, starts: starts, cut: cut)
  }

  /// The objects that some commits lead to and that others do not lead to: what a store that has `min` lacks
  /// of `max`.
  ///
  /// Costs the walk over what is new, and over the trees of the commits of `min`'s history at which that begins.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/notACommit(_:)``.
  ///
  /// Source: Irmin's `closure`; `git rev-list --objects MAX --not MIN`.
  public func closure(of max: [ObjectID], min: [ObjectID] = []) async throws -> [ObjectWalk.Visit] {
    var visits: [ObjectWalk.Visit] = []
    if min.isEmpty {
      for try await visit in walk(from: max) { visits.append(visit) }
      return visits
    }
    var difference = HistoryDifference(CommitReader(objects), .none)
    let new = try await difference.find(max, min).left
    var reader = difference.reader
    // Commits that are known: those named, and the parents of new ones.
    var known = Set(min)
    for id in new {
      for parent in try await reader.record(id).parents where !new.contains(parent) {
        known.insert(parent)
      }
    }
    var trees: [ObjectID] = []
    for id in known { trees.append(try await objects.rootTree(of: id)) }
    var seen: Set<ObjectID> = []
    for try await visit in walk(from: trees) { seen.insert(visit.id) }
    let old = seen
    for try await visit in walk(
      from: max,
      cut: { visit in
        if visit.kind == .commit { return new.contains(visit.id) ? .none : .here }
        return old.contains(visit.id) ? .here : .none
      })
    { visits.append(visit) }
    return visits
  }
}
