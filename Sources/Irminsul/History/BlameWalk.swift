import GitObjects

/// The way of something down a history, from a commit to those of its parents that have it too: what all kinds of blame
/// have in common.
struct BlameWalk {
  /// A commit on the way, and what is at the path there.
  struct Step {
    let id: ObjectID
    let entry: Entry?
    let parents: [(id: ObjectID, entry: Entry?)]
  }

  private(set) var reader: CommitReader
  private(set) var entries: PathEntries
  private let limit: HistoryLimit
  private var queue = DateQueue<ObjectID>()
  private var visited = 0

  init(_ path: Path, _ objects: ObjectDatabase, _ limit: HistoryLimit) {
    self.limit = limit
    reader = CommitReader(objects)
    entries = PathEntries(path, objects)
  }

  /// Comes to a commit some time: newest first.
  mutating func add(_ id: ObjectID) async throws {
    queue.push(id, date: try await reader.record(id).date)
  }

  mutating func next() -> ObjectID? { queue.pop() }

  /// Looks at a commit and its parents.
  ///
  /// - Throws: ``StoreError/historyLimit(_:)``.
  mutating func visit(_ id: ObjectID) async throws -> Step {
    visited += 1
    if visited > limit.commits {
      throw StoreError.historyLimit("more than \(limit.commits) commits on the way")
    }
    let record = try await reader.record(id)
    try await reader.load(record.parents)
    var trees: [ObjectID] = []
    for parent in record.parents { trees.append(try await reader.record(parent).tree) }
    try await entries.load([record.tree] + trees) { [reader] page in
      reader.ahead(of: [id], limit: page).map(\.tree)
    }
    return Step(
      id: id, entry: entries.entry(record.tree),
      parents: zip(record.parents, trees).map { ($0, entries.entry($1)) })
  }
}
