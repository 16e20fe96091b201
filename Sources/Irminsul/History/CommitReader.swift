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
  let objects: ObjectDatabase
  private var records: [ObjectID: CommitRecord] = [:]
  /// Ancestors that the next round trip may bring: more, the longer the walk.
  private var page = 32

  private static let maximumPage = 1024

  init(_ objects: ObjectDatabase) { self.objects = objects }

  /// How many commits were read.
  var count: Int { records.count }

  /// A commit by id. No round trip for one that came with others.
  mutating func record(_ id: ObjectID) async throws -> CommitRecord {
    if let record = records[id] { return record }
    try await load([id])
    guard let record = records[id] else {
      throw StoreError.missingObject(id, in: objects.location)
    }
    return record
  }

  /// Reads some commits at once, and on a server what they come from.
  mutating func load(_ ids: [ObjectID]) async throws {
    var unknown: [ObjectID] = []
    for id in ids where records[id] == nil {
      if case .other(let object)? = objects.cache.object(id) {
        records[id] = CommitRecord(try Commit(id: id, framed: object, in: objects.location))
      } else {
        unknown.append(id)
      }
    }
    if unknown.isEmpty { return }
    guard let engine = objects.engine as? ScriptedEngine else {
      for (id, object) in zip(unknown, try await objects.read(unknown)) {
        records[id] = CommitRecord(try Commit(id: id, framed: object, in: objects.location))
      }
      return
    }
    for start in stride(from: 0, to: unknown.count, by: Self.maximumPage) {
      try Task.checkCancellation()
      let batch = Array(unknown[start..<min(unknown.count, start + Self.maximumPage)])
      let found = try await engine.walkCommits(from: batch, limit: max(page, batch.count))
      for (id, object) in found where records[id] == nil {
        records[id] = CommitRecord(try Commit(id: id, framed: object, in: objects.location))
      }
      page = min(page * 2, Self.maximumPage)
    }
    for id in unknown where records[id] == nil {
      throw StoreError.missingObject(id, in: objects.location)
    }
  }
}
