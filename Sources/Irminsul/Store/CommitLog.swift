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
    private var queue = CommitQueue()

    init(objects: ObjectDatabase, start: [ObjectID]) {
      self.objects = objects
      self.start = start
    }

    public mutating func next() async throws -> Commit? {
      if !isStarted {
        isStarted = true
        for id in start where seen.insert(id).inserted { queue.push(try await load(id)) }
      }
      guard let commit = queue.pop() else { return nil }
      for parent in commit.parents where seen.insert(parent).inserted {
        queue.push(try await load(parent))
      }
      return commit
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

/// Commits by date, newest first; the one that was met first when dates are equal.
struct CommitQueue {
  private struct Item {
    let commit: Commit
    let date: Int64
    let number: Int

    func precedes(_ other: Item) -> Bool {
      date != other.date ? date > other.date : number < other.number
    }
  }

  private var heap: [Item] = []
  private var pushed = 0

  mutating func push(_ commit: Commit) {
    let date = commit.committer?.seconds ?? 0
    heap.append(Item(commit: commit, date: date, number: pushed))
    pushed += 1
    var at = heap.count - 1
    while at > 0, heap[at].precedes(heap[(at - 1) / 2]) {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func pop() -> Commit? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var at = 0
      while true {
        let left = 2 * at + 1
        guard left < heap.count else { break }
        let right = left + 1
        let child = right < heap.count && heap[right].precedes(heap[left]) ? right : left
        guard heap[child].precedes(heap[at]) else { break }
        heap.swapAt(at, child)
        at = child
      }
    }
    return first.commit
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
      do {
        return (id, try FramedObject(framed: bytes))
      } catch {
        throw StoreError.damagedObject(id, in: location, reason: "\(error)")
      }
    }
  }
}
