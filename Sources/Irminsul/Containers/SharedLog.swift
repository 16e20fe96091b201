import GitObjects
import RedisScripting

/// A log that everybody may append to, on every branch, read from its newest entry back.
///
/// ```swift
/// let audit = branch.log(at: "audit", of: String.self)
/// try await audit.append("ada logged in")
/// var page = try await audit.newest(20)
/// while let cursor = page.next { page = try await audit.page(20, after: cursor) }
/// ```
///
/// Entries are lines of chunks of 8 KB, so that an append writes one chunk, and reading the newest
/// entries reads the last ones, however long the log is. An append is one round trip and one
/// attempt, whoever else appends; the order of entries is that of the commits. Keep the handle: it
/// knows the last chunk.
///
/// Where branches that have both appended are merged, every entry of both is there once. See
/// <doc:Containers> for their order, and for the format.
///
/// Source: irmin-containers' `Blob_log`, which is one value.
public struct SharedLog<Element: Contents>: Container {
  public let branch: Branch
  public let path: Path
  private let appender: ChunkAppender

  init(branch: Branch, path: Path) {
    self.branch = branch
    self.path = path
    appender = ChunkAppender(branch, path)
  }

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] {
    [(PathPattern(below: path), .entries)]
  }

  /// Some entries, newest first, and where to go on.
  public struct Page: Sendable {
    public let entries: [LogEntry<Element>]
    /// nil at the oldest entry.
    public let next: LogCursor?

    /// What was logged.
    public var values: [Element] { entries.map(\.value) }
  }

  /// Adds an entry. One round trip; one more for a new handle, two more when a chunk is full.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``; ``StoreError/wrongKind(_:found:wanted:)``
  ///   when something else is at the path; ``StoreError/tooManyAttempts(branch:attempts:)``.
  @discardableResult
  public func append(_ element: Element, _ info: Info? = nil) async throws -> WriteResult {
    try await append(contentsOf: [element], info)
  }

  /// Adds entries in their order, in one commit. As ``append(_:_:)``; more than 8 KB of them open
  /// chunks of their own.
  @discardableResult
  public func append(
    contentsOf elements: some Sequence<Element>, _ info: Info? = nil
  ) async throws -> WriteResult {
    try await appender.append(
      elements.map { Bytes(try $0.framed().content) }, self.info(info, "Append to"))
  }

  /// The newest entries, the newest first. Three round trips, and one more for each further hundred
  /// entries or so, fewer when there are many.
  public func newest(_ limit: Int) async throws -> Page {
    guard let tree = try await branch.findTree(path), let id = tree.stored else {
      return Page(entries: [], next: nil)
    }
    return try await page(limit, of: tree, id, after: nil)
  }

  /// The entries before those of another page, as of the same moment: appends since then do not
  /// show.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)`` when the log of that moment is no longer stored.
  public func page(_ limit: Int, after cursor: LogCursor) async throws -> Page {
    let tree = Tree(root: Directory(base: cursor.tree), objects: branch.repository.objects)
    return try await page(limit, of: tree, cursor.tree, after: cursor)
  }

  /// All entries, oldest first. Reads the whole log, up to 64 chunks in a round trip.
  public func all() async throws -> [LogEntry<Element>] {
    guard let tree = try await branch.findTree(path) else { return [] }
    var reader = ChunkReader(tree, .oldestFirst, branch.repository.objects)
    var entries: [LogEntry<Element>] = []
    while let chunk = try await reader.next() {
      for line in try chunk.lines(in: path) {
        entries.append(try LogEntry(line, at: chunk.place.path(in: path)))
      }
    }
    return entries
  }

  private func page(
    _ limit: Int, of tree: Tree, _ id: ObjectID, after cursor: LogCursor?
  ) async throws -> Page {
    var reader = ChunkReader(
      tree, .newestFirst, from: cursor?.place, branch.repository.objects)
    var entries: [LogEntry<Element>] = []
    while let chunk = try await reader.next() {
      let lines = try chunk.lines(in: path)
      var left = lines.count
      if let cursor, cursor.place == chunk.place { left = min(left, cursor.left) }
      while left > 0 {
        if entries.count >= limit {
          return Page(
            entries: entries, next: LogCursor(tree: id, place: chunk.place, left: left))
        }
        left -= 1
        entries.append(try LogEntry(lines[left], at: chunk.place.path(in: path)))
      }
    }
    return Page(entries: entries, next: nil)
  }
}

extension Branch {
  /// The log at a path; it need not be there yet.
  public func log<Element: Contents>(
    at path: Path, of type: Element.Type = Element.self
  ) -> SharedLog<Element> {
    SharedLog(branch: self, path: path)
  }
}
