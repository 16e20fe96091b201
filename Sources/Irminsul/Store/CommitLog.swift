import GitObjects
import RedisScripting

/// The history of a commit, newest first, as `git log` orders it: by committer date, and never a
/// parent before all of its children that the walk has met.
///
/// ```swift
/// for try await commit in repository.log(from: head).prefix(10) { print(commit) }
/// ```
///
/// Commits are fetched a hundred at a time.
public struct CommitLog: AsyncSequence, Sendable {
  public typealias Element = Commit

  let objects: ObjectDatabase
  let start: [ObjectID]

  public func makeAsyncIterator() -> Iterator {
    Iterator(objects: objects, start: start)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let objects: ObjectDatabase
    let start: [ObjectID]
    private var isStarted = false
    private var seen: Set<ObjectID> = []
    /// A heap by date, newest first, then by order of discovery.
    private var queue = DateQueue<Commit>()

    init(objects: ObjectDatabase, start: [ObjectID]) {
      self.objects = objects
      self.start = start
    }

    public mutating func next() async throws -> Commit? {
      if !isStarted {
        isStarted = true
        for id in start where seen.insert(id).inserted { push(try await load(id)) }
      }
      guard let commit = queue.pop() else { return nil }
      for parent in commit.parents where seen.insert(parent).inserted {
        push(try await load(parent))
      }
      return commit
    }

    private mutating func push(_ commit: Commit) {
      queue.push(commit, date: commit.committer?.seconds ?? 0)
    }

    /// A commit from the cache, or with its next ancestors from the store.
    private func load(_ id: ObjectID) async throws -> Commit {
      if case .other(let object)? = objects.cache.object(id) {
        return try Commit(id: id, framed: object, in: objects.location)
      }
      if let engine = objects.engine as? ScriptedEngine {
        for (found, object) in try await engine.walkCommits(from: [id], limit: 100) {
          try objects.keep(found, object)
          if found == id {
            return try Commit(id: id, framed: object, in: objects.location)
          }
        }
        throw StoreError.missingObject(id, in: objects.location)
      }
      return try await objects.commit(id)
    }
  }
}

extension Repository {
  /// The history of a commit, newest first.
  public func log(from commit: ObjectID) -> CommitLog {
    CommitLog(objects: objects, start: [commit])
  }
}

extension Branch {
  /// The branch's history, newest first: at most `limit` commits after the first `skip`. One round
  /// trip for each hundred commits, those that are skipped among them.
  ///
  /// The branch may move between two pages. Pages of one state begin at a commit:
  ///
  /// ```swift
  /// for try await commit in repository.log(from: head).dropFirst(100).prefix(50) { … }
  /// ```
  public func log(limit: Int = .max, skip: Int = 0) async throws -> [Commit] {
    guard let head = try await head() else { return [] }
    var commits: [Commit] = []
    var skipped = 0
    for try await commit in repository.log(from: head.id) {
      if commits.count >= limit { break }
      if skipped < skip {
        skipped += 1
      } else {
        commits.append(commit)
      }
    }
    return commits
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
