import GitObjects
import RedisScripting

/// What a walk over a history needs of a commit.
struct CommitRecord: Sendable {
  let parents: [ObjectID]
  /// The committer's, in seconds.
  let date: Int64
  let tree: ObjectID

  init(_ commit: Commit) {
    parents = commit.parents
    date = commit.committer?.seconds ?? 0
    tree = commit.tree
  }
}

/// Reads the commits of a walk. Those that a walk comes to next are fetched with the ones that it asks for, so
/// that a long history is not one round trip a commit. Holds some 100 bytes for each commit.
struct CommitReader {
  /// What is held of the commits that were read.
  enum Keeping {
    case records
    /// The commits as well, until each is taken.
    case commits
  }

  let objects: ObjectDatabase
  private let keeping: Keeping
  private var commits: [ObjectID: Commit] = [:]
  private var records: [ObjectID: CommitRecord] = [:]
  /// Ancestors that the next round trip may bring: more, the longer the walk.
  private var page = 32

  private static let maximumPage = 1024

  init(_ objects: ObjectDatabase, keeping: Keeping = .records) {
    self.objects = objects
    self.keeping = keeping
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

  private mutating func add(_ id: ObjectID, _ object: FramedObject) throws {
    guard records[id] == nil else { return }
    let commit = try Commit(id: id, framed: object, in: objects.location)
    records[id] = CommitRecord(commit)
    if keeping == .commits {
      commits[id] = commit
      try objects.keep(id, object)
    }
  }

  /// Reads some commits at once, and on a server what they come from.
  mutating func load(_ ids: [ObjectID]) async throws {
    var unknown: [ObjectID] = []
    for id in ids where records[id] == nil {
      if case .other(let object)? = objects.cache.object(id) {
        try add(id, object)
      } else {
        unknown.append(id)
      }
    }
    if unknown.isEmpty { return }
    guard let engine = objects.engine as? ScriptedEngine else {
      for (id, object) in zip(unknown, try await objects.read(unknown)) { try add(id, object) }
      return
    }
    for start in stride(from: 0, to: unknown.count, by: Self.maximumPage) {
      try Task.checkCancellation()
      let batch = Array(unknown[start..<min(unknown.count, start + Self.maximumPage)])
      let found = try await engine.walkCommits(from: batch, limit: max(page, batch.count))
      for (id, object) in found { try add(id, object) }
      page = min(page * 2, Self.maximumPage)
    }
    for id in unknown where records[id] == nil {
      throw StoreError.missingObject(id, in: objects.location)
    }
  }
}

extension ScriptedEngine {
  /// Commits and their ancestors, breadth first.
  func walkCommits(
    from ids: [ObjectID], limit: Int
  ) async throws -> [(ObjectID, FramedObject)] {
    let reply = try await call(
      .walkCommits, [Bytes("\(limit)".utf8)] + ids.map(\.bytes))
    guard let fields = reply.array, fields.count.isMultiple(of: 2) else {
      throw unexpected(.walkCommits, reply)
    }
    return try stride(from: 0, to: fields.count, by: 2).compactMap { at in
      guard let id = objectID(fields[at]) else { throw unexpected(.walkCommits, reply) }
      guard let bytes = fields[at + 1].bytes else { return nil }
      return (id, try framed(bytes, id))
    }
  }
}
