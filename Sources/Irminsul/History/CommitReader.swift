import GitObjects
import RedisScripting

/// What a walk over a history needs of a commit.
struct CommitRecord: Sendable {
  /// None where the store's history has been cut.
  let parents: [ObjectID]
  /// Parents that do not count, because the commit is at the store's boundary.
  let cutParents: [ObjectID]
  /// The committer's, in seconds.
  let date: Int64
  let tree: ObjectID

  init(_ commit: Commit, isCut: Bool) {
    parents = isCut ? [] : commit.parents
    cutParents = isCut ? commit.parents : []
    date = commit.committer?.seconds ?? 0
    tree = commit.tree
  }
}

/// Reads the commits of a walk. Those that a walk comes to next are fetched with the ones that it asks for, so
/// that a long history is not one round trip a commit. Holds some 100 bytes for each commit.
///
/// Where a store's history has been cut, commits have no parents, and only the store knows where that is now. So a
/// walk asks it first; if it has no boundary then, the commits that the cache holds serve the rest of the walk.
struct CommitReader {
  /// What is held of the commits that were read.
  enum Keeping {
    case records
    /// The commits as well, until each is taken.
    case commits
  }

  let objects: ObjectDatabase
  private let keeping: Keeping
  /// Commits that have no parents in this walk, whatever the store says.
  private let ends: Set<ObjectID>
  private var commits: [ObjectID: Commit] = [:]
  private var records: [ObjectID: CommitRecord] = [:]
  /// Whether the store said that its history is whole. A cut after that is one after this walk.
  private var isWhole = false
  /// Ancestors that the next round trip may bring: more, the longer the walk finds what the cache does not have.
  private var page = Limits.page.lowerBound

  private enum Limits {
    static let page = 32...1024
    /// Commits of one walk that the cache gets. The newest serve the walks that follow; a long history would only
    /// drive out everything else.
    static let kept = 4096
  }

  init(_ objects: ObjectDatabase, keeping: Keeping = .records, ends: Set<ObjectID> = []) {
    self.objects = objects
    self.keeping = keeping
    self.ends = ends
  }

  /// How many commits were read.
  var count: Int { records.count }

  /// Whether a commit was read.
  func holds(_ id: ObjectID) -> Bool { records[id] != nil }

  /// A commit by id. No round trip for one that came with others.
  mutating func record(_ id: ObjectID) async throws -> CommitRecord {
    if let record = records[id] { return record }
    try await load([id])
    guard let record = records[id] else {
      throw StoreError.missingObject(id, in: objects.location)
    }
    return record
  }

  /// A commit that is held, which is let go.
  mutating func take(_ id: ObjectID) async throws -> Commit {
    if let commit = commits.removeValue(forKey: id) { return commit }
    return try await objects.commit(id)
  }

  /// Lets a commit go that nobody will take.
  mutating func drop(_ id: ObjectID) { commits[id] = nil }

  /// Some commits and those of their ancestors that were read already, breadth first: what a walk from
  /// there is likely to come to next.
  func ahead(of ids: [ObjectID], limit: Int) -> [CommitRecord] {
    var found: [CommitRecord] = []
    var seen = Set(ids)
    var queue = ids
    var at = 0
    while at < queue.count, found.count < limit {
      if let record = records[queue[at]] {
        found.append(record)
        for parent in record.parents where seen.insert(parent).inserted { queue.append(parent) }
      }
      at += 1
    }
    return found
  }

  /// Whether some commits are at the store's boundary: what they have come from is not known.
  func isCut(anyOf ids: some Sequence<ObjectID>) -> Bool {
    ids.contains { records[$0]?.cutParents.isEmpty == false }
  }

  /// - Returns: Whether it is new to this walk.
  @discardableResult
  private mutating func add(
    _ id: ObjectID, _ object: FramedObject, isCut: Bool = false
  ) throws -> Bool {
    guard records[id] == nil else { return false }
    let commit = try Commit(id: id, framed: object, in: objects.location)
    records[id] = CommitRecord(commit, isCut: isCut || ends.contains(id))
    if keeping == .commits { commits[id] = commit }
    if keeping == .commits || records.count <= Limits.kept { try objects.keep(id, object) }
    return true
  }

  /// Adds a commit that takes no round trip.
  private mutating func addCached(_ id: ObjectID) throws -> Bool {
    guard case .other(let object)? = objects.cache.object(id) else { return false }
    try add(id, object)
    return true
  }

  /// Reads some commits at once, and on a server what they come from.
  mutating func load(_ ids: [ObjectID]) async throws {
    var unknown = ids.filter { records[$0] == nil }
    if isWhole { unknown = try unknown.filter { try !addCached($0) } }
    if unknown.isEmpty { return }
    guard let engine = objects.engine as? ScriptedEngine else {
      for (id, object) in zip(unknown, try await objects.read(unknown)) { try add(id, object) }
      return
    }
    for start in stride(from: 0, to: unknown.count, by: Limits.page.upperBound) {
      try Task.checkCancellation()
      let batch = Array(unknown[start..<min(unknown.count, start + Limits.page.upperBound)])
      let found = try await engine.walkCommits(from: batch, limit: max(page, batch.count))
      isWhole = found.cut == nil
      var cached = 0
      for (id, object) in found.objects {
        let isKnown = isWhole && objects.cache.holds(id)
        if try add(id, object, isCut: found.cut?.contains(id) == true), isKnown { cached += 1 }
      }
      // What the cache has need not come from the server again.
      let next = cached * 2 > found.objects.count ? page / 2 : page * 2
      page = min(max(next, Limits.page.lowerBound), Limits.page.upperBound)
    }
    let missing = unknown.filter { records[$0] == nil }
    if !missing.isEmpty { throw try await absence(of: missing, engine) }
  }

  /// Why commits are missing: the history may have been cut since those after them were read.
  private func absence(of ids: [ObjectID], _ engine: ScriptedEngine) async throws -> StoreError {
    let boundary = try await engine.boundary().commits
    let cut = boundary.filter { records[$0]?.parents.isEmpty == false }.min()
    if let cut { return .historyCut("what comes before it", at: cut, in: objects.location) }
    return .missingObject(ids[0], in: objects.location)
  }
}

extension ScriptedEngine {
  /// Commits and their ancestors, breadth first, and which of them are at the boundary; nil where the store has none.
  func walkCommits(
    from ids: [ObjectID], limit: Int
  ) async throws -> (objects: [(ObjectID, FramedObject)], cut: Set<ObjectID>?) {
    let found = try await commitBytes(from: ids, limit: limit)
    return (
      try found.objects.compactMap { id, bytes in
        try bytes.map { (id, try framed($0, id)) }
      }, found.cut
    )
  }

  /// As ``walkCommits(from:limit:)``, with whatever is stored under the ids.
  func commitBytes(
    from ids: [ObjectID], limit: Int
  ) async throws -> (objects: [(ObjectID, Bytes?)], cut: Set<ObjectID>?) {
    let reply = try await call(
      .walkCommits, [Bytes("\(limit)".utf8)] + ids.map(\.bytes))
    guard let fields = reply.array, fields.count % 2 == 1 else {
      throw unexpected(.walkCommits, reply)
    }
    let objects = try stride(from: 1, to: fields.count, by: 2).map { at in
      guard let id = objectID(fields[at]) else { throw unexpected(.walkCommits, reply) }
      return (id, fields[at + 1].bytes)
    }
    guard let cut = fields[0].bytes else { return (objects, nil) }
    let width = algorithm.byteCount
    return (
      objects,
      Set(
        stride(from: 0, to: cut.count, by: width).compactMap {
          ObjectID(bytes: Bytes(cut[$0..<min($0 + width, cut.count)]))
        })
    )
  }
}
