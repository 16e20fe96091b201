import GitObjects
import RedisScripting

/// A queue that everybody may add to and take from, on every branch; each entry is taken once.
///
/// ```swift
/// let jobs = branch.queue(at: "jobs", of: Job.self)
/// try await jobs.enqueue(Job(to: "ada"))
/// while let job = try await jobs.dequeue() { try await run(job.value) }
/// ```
///
/// First in, first out, by the order of commits. Entries are lines of chunks of 8 KB, so that an
/// operation writes one chunk, however long the queue is. The server takes entries from the first
/// chunk in the commit itself: consumers never meet, and a request that is sent again because its
/// answer was lost takes nothing more. A consumer that dies with an entry has taken it: see
/// ``claim(upTo:)`` for one that must know which.
///
/// Where branches are merged, what either has added is there once, and what either has taken is
/// gone; an entry that both have taken was taken on each. See <doc:Containers> for the order, and
/// for the format.
public struct SharedQueue<Element: Contents>: Container {
  public let branch: Branch
  public let path: Path
  private let appender: ChunkAppender
  /// The chunk that was taken from last.
  private let first = Locked<ChunkPlace?>(nil)

  init(branch: Branch, path: Path) {
    self.branch = branch
    self.path = path
    appender = ChunkAppender(branch, path)
  }

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] {
    [(PathPattern(below: path), .entries)]
  }

  /// Adds an entry at the end. One round trip; one more for a new handle, two more when a chunk is
  /// full.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``; ``StoreError/wrongKind(_:found:wanted:)``
  ///   when something else is at the path; ``StoreError/tooManyAttempts(branch:attempts:)``.
  @discardableResult
  public func enqueue(_ element: Element, _ info: Info? = nil) async throws -> WriteResult {
    try await enqueue(contentsOf: [element], info)
  }

  /// Adds entries in their order, in one commit. As ``enqueue(_:_:)``; more than 8 KB of them open
  /// chunks of their own.
  @discardableResult
  public func enqueue(
    contentsOf elements: some Sequence<Element>, _ info: Info? = nil
  ) async throws -> WriteResult {
    try await appender.append(
      elements.map { Bytes(try $0.framed().content) }, self.info(info, "Add to"))
  }

  /// Takes the first entry; nil when there is none. As ``dequeue(upTo:_:)``.
  public func dequeue(_ info: Info? = nil) async throws -> LogEntry<Element>? {
    try await dequeue(upTo: 1, info).first
  }

  /// Takes the first entries, in one commit: up to a number of them, fewer where the first chunk
  /// has no more, none only when the queue is empty. Two round trips: the commit, and what it has
  /// taken. Three more for a new handle, and where a chunk is used up.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)`` for an entry that is none of this
  ///   type; it is taken all the same, so that it is in nobody's way.
  public func dequeue(upTo limit: Int, _ info: Info? = nil) async throws -> [LogEntry<Element>] {
    guard limit > 0 else { return [] }
    // What several callers take must not become one commit.
    var branch = branch
    branch.coalescer = nil
    var place = first.withLock { $0 }
    while true {
      try Task.checkCancellation()
      if place == nil {
        place = try await firstPlace()
        first.withLock { $0 = place }
      }
      guard let chunk = place else { return [] }
      if let entries = try await take(limit, from: chunk, on: branch, info, token: nil) {
        return entries
      }
      // Somebody else has used it up.
      place = nil
    }
  }

  /// What is to be taken, by whom, before it is: for a consumer that must know after its own crash
  /// what it has taken, and keeps this before.
  ///
  /// ```swift
  /// let claim = try await jobs.claim()
  /// try save(claim)  // Codable
  /// for job in try await jobs.dequeue(claim) { try await run(job.value) }
  /// ```
  public struct Claim: Sendable, Hashable, Codable {
    fileprivate let token: RequestToken
    fileprivate let folder: Bytes
    fileprivate let name: Bytes
    fileprivate let limit: Int
  }

  /// A claim on the first entries, which takes nothing yet; nil when there are none. Three round
  /// trips.
  ///
  /// - Parameter limit: How many are to be taken at most; at least 1.
  /// - Throws: ``StoreError/unsupported(_:)`` on a backend that keeps no tokens.
  public func claim(upTo limit: Int = 1) async throws -> Claim? {
    guard let place = try await firstPlace() else { return nil }
    return Claim(
      token: try await branch.repository.makeToken(), folder: place.folder, name: place.name,
      limit: max(1, limit))
  }

  /// Takes what is claimed, or, if that was done before, tells what it was; nothing when others
  /// have used up the chunk that was claimed from: make another claim then. Two round trips.
  ///
  /// - Throws: ``StoreError/outcomeUnknown(branch:)`` for a claim that is too old: see
  ///   ``RequestToken``.
  public func dequeue(_ claim: Claim, _ info: Info? = nil) async throws -> [LogEntry<Element>] {
    let chunk = ChunkPlace(folder: claim.folder, name: claim.name)
    return try await take(claim.limit, from: chunk, on: branch, info, token: claim.token) ?? []
  }

  /// - Returns: nil when nothing is in the chunk.
  private func take(
    _ limit: Int, from chunk: ChunkPlace, on branch: Branch, _ info: Info?, token: RequestToken?
  ) async throws -> [LogEntry<Element>]? {
    do {
      let result = try await branch.commit(
        [.shift(chunk.path(in: path), by: limit)], self.info(info, "Take from"), token: token)
      guard let commit = result.commit else { return nil }
      return try await taken(limit, from: chunk, by: commit)
    } catch StoreError.conflict(let name, let conflicts) {
      // None: there was one when the claim was made good for the first time.
      if let conflict = conflicts.first, conflict.reason != .empty {
        throw StoreError.conflict(branch: name, conflicts)
      }
      return nil
    }
  }

  /// The first entries, which stay where they are. Three round trips, and one more for each further
  /// hundred entries or so, fewer when there are many.
  public func peek(_ limit: Int = 1) async throws -> [LogEntry<Element>] {
    var entries: [LogEntry<Element>] = []
    guard limit > 0, var reader = try await reader() else { return [] }
    while entries.count < limit, let chunk = try await reader.next() {
      for line in try chunk.lines(in: path).prefix(limit - entries.count) {
        entries.append(try LogEntry(line, at: chunk.place.path(in: path)))
      }
    }
    return entries
  }

  /// Whether there is nothing to take. Two round trips, and one for each 64 chunks that are empty.
  public func isEmpty() async throws -> Bool { try await firstPlace() == nil }

  /// How many entries there are. Reads all chunks that are not cached, up to 64 in a round trip:
  /// 100,000 small entries are some 7 MB.
  public func count() async throws -> Int {
    var count = 0
    guard var reader = try await reader() else { return 0 }
    while let chunk = try await reader.next() { count += chunk.count }
    return count
  }

  private func reader() async throws -> ChunkReader? {
    try await branch.findTree(path).map {
      ChunkReader($0, .oldestFirst, branch.repository.objects)
    }
  }

  private func firstPlace() async throws -> ChunkPlace? {
    var reader = try await reader()
    return try await reader?.nextPlace()
  }

  /// What a commit has taken: it is in the commit before, and nowhere else.
  private func taken(
    _ limit: Int, from chunk: ChunkPlace, by commit: Commit
  ) async throws -> [LogEntry<Element>] {
    let place = chunk.path(in: path)
    guard let parent = commit.parents.first,
      case .entry(_, _, let object?) = try await branch.engine.find(.id(parent), place, .bytes)
    else { throw StoreError.notFound(place, in: "the commit before \(commit.id)") }
    let lines = try ChunkReader.Chunk(place: chunk, bytes: Bytes(object.content))
      .lines(in: path, at: parent)
    return try lines.prefix(limit).map { line throws(StoreError) in
      try LogEntry(line, at: place)
    }
  }
}

extension Branch {
  /// The queue at a path; it need not be there yet.
  public func queue<Element: Contents>(
    at path: Path, of type: Element.Type = Element.self
  ) -> SharedQueue<Element> {
    SharedQueue(branch: self, path: path)
  }
}
