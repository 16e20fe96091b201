import GitObjects

/// How far a walk over a history may go. Reaching a limit is an error, never an answer.
public struct HistoryLimit: Sendable, Hashable {
  /// Commits that may be visited.
  public var commits: Int
  /// Merge bases that may be found.
  public var bases: Int

  public init(commits: Int = .max, bases: Int = .max) {
    self.commits = commits
    self.bases = bases
  }

  /// No limit.
  public static let none = HistoryLimit()
}

/// The best common ancestors of a commit and of some others, by colouring what each side reaches, newest
/// first, until nothing is left that could matter. Each commit is visited a few times at most. Dates make it
/// fast, and do not decide anything.
///
/// Source: Git's `paint_down_to_common` and `remove_redundant`.
struct MergeBases {
  private struct Marks: OptionSet {
    let rawValue: UInt8
    static let first = Marks(rawValue: 1)
    static let others = Marks(rawValue: 2)
    /// Reached from a common ancestor: nothing below is a better one.
    static let stale = Marks(rawValue: 4)
    static let both: Marks = [.first, .others]
  }

  private(set) var reader: CommitReader
  private let limit: HistoryLimit

  init(_ reader: CommitReader, _ limit: HistoryLimit) {
    self.reader = reader
    self.limit = limit
  }

  init(_ objects: ObjectDatabase, _ limit: HistoryLimit) {
    self.init(CommitReader(objects), limit)
  }

  /// Newest first, by date and id. Of several others, those of a commit that would merge them.
  mutating func find(_ first: ObjectID, _ others: [ObjectID]) async throws -> [ObjectID] {
    if others.contains(first) { return [first] }
    let (best, visited) = try await bestAndVisited([first], others)
    if best.isEmpty, let cut = visited.filter({ reader.isCut(anyOf: [$0]) }).min() {
      let sides = ([first] + others).map { $0.hex.prefix(10) }.joined(separator: " and ")
      throw StoreError.historyCut(
        "a common ancestor of \(sides)", at: cut, in: reader.objects.location)
    }
    if best.count > limit.bases {
      throw StoreError.historyLimit("more than \(limit.bases) merge bases")
    }
    var dated: [(id: ObjectID, date: Int64)] = []
    for id in best { dated.append((id, try await reader.record(id).date)) }
    return dated.sorted { $0.date != $1.date ? $0.date > $1.date : $0.id < $1.id }.map(\.id)
  }

  /// The commits that some and some others reach and that no other such commit reaches, in no order.
  mutating func best(_ firsts: [ObjectID], _ others: [ObjectID]) async throws -> [ObjectID] {
    try await bestAndVisited(firsts, others).best
  }

  private mutating func bestAndVisited(
    _ firsts: [ObjectID], _ others: [ObjectID]
  ) async throws -> (best: [ObjectID], visited: [ObjectID]) {
    let (found, visited) = try await paint(firsts, others)
    if found.count < 2 { return (found, Array(visited.keys)) }
    var best: [ObjectID] = []
    for candidate in found {
      let (_, marks) = try await paint([candidate], found.filter { $0 != candidate })
      if marks[candidate]?.contains(.others) != true { best.append(candidate) }
    }
    return (best, [])
  }

  /// Whether a commit is reached from another one, or is that one.
  mutating func isAncestor(_ commit: ObjectID, of other: ObjectID) async throws -> Bool {
    if commit == other { return true }
    let (found, marks) = try await paint([commit], [other])
    if marks[commit]?.contains(.others) == true { return true }
    // Histories that have parted in sight have parted.
    let cut = marks.filter { $0.value.contains(.others) && reader.isCut(anyOf: [$0.key]) }
    if found.isEmpty, let first = cut.keys.min() {
      throw StoreError.historyCut(
        "whether \(commit.hex.prefix(10)) is an ancestor of \(other.hex.prefix(10))", at: first,
        in: reader.objects.location)
    }
    return false
  }

  /// - Returns: Common ancestors, the best ones among them, and what reaches each commit that was visited.
  private mutating func paint(
    _ firsts: [ObjectID], _ others: [ObjectID]
  ) async throws -> ([ObjectID], [ObjectID: Marks]) {
    var marks: [ObjectID: Marks] = [:]
    var queue = DateQueue<ObjectID>()
    var queued: [ObjectID: Int] = [:]
    // Entries of the queue that are not stale.
    var open = 0
    var found: [ObjectID] = []
    var isFound: Set<ObjectID> = []
    try await reader.load(firsts + others)

    func mark(_ id: ObjectID, _ new: Marks, date: Int64) {
      let old = marks[id] ?? []
      if old.isSuperset(of: new), queued[id] != nil || marks[id] != nil { return }
      let now = old.union(new)
      if now.contains(.stale), !old.contains(.stale) { open -= queued[id] ?? 0 }
      marks[id] = now
      queue.push(id, date: date)
      queued[id, default: 0] += 1
      if !now.contains(.stale) { open += 1 }
    }

    for first in firsts { mark(first, .first, date: try await reader.record(first).date) }
    for other in others { mark(other, .others, date: try await reader.record(other).date) }
    while open > 0, let id = queue.pop() {
      var now = marks[id] ?? []
      queued[id] = (queued[id] ?? 1) - 1
      if !now.contains(.stale) { open -= 1 }
      if now.isSuperset(of: .both), !now.contains(.stale) {
        if isFound.insert(id).inserted { found.append(id) }
        now.insert(.stale)
      }
      let parents = try await reader.record(id).parents
      let new = parents.filter { marks[$0]?.isSuperset(of: now) != true }
      if !new.isEmpty { try await reader.load(new) }
      if marks.count > limit.commits {
        throw StoreError.historyLimit("more than \(limit.commits) commits on the way")
      }
      for parent in new { mark(parent, now, date: try await reader.record(parent).date) }
    }
    return (found.filter { marks[$0]?.contains(.stale) != true }, marks)
  }
}

extension Repository {
  /// The best common ancestors of two commits: those that no other common ancestor reaches. Newest first;
  /// none for histories that have nothing in common.
  ///
  /// Visits what is newer than they are, up to a thousand commits in one round trip.
  ///
  /// - Throws: ``StoreError/historyLimit(_:)``; ``StoreError/historyCut(_:at:in:)`` where there is none in what is left
  ///   of a history that has been cut.
  ///
  /// Source: Irmin's `lcas`; `git merge-base --all`.
  public func mergeBases(
    _ first: ObjectID, _ second: ObjectID, limit: HistoryLimit = .none
  ) async throws -> [ObjectID] {
    try await mergeBases(first, merged: [second], limit: limit)
  }

  /// The best common ancestors of a commit and of one that would merge some others.
  ///
  /// Source: `git merge-base --all` with more than two commits.
  public func mergeBases(
    _ first: ObjectID, merged others: [ObjectID], limit: HistoryLimit = .none
  ) async throws -> [ObjectID] {
    var bases = MergeBases(objects, limit)
    return try await bases.find(first, others)
  }

  /// Whether a commit is in the history of another one, or is that one.
  ///
  /// - Throws: ``StoreError/historyCut(_:at:in:)`` where the other one's history has been cut, and nothing of what is
  ///   left of it is known to the commit either.
  ///
  /// Source: `git merge-base --is-ancestor`.
  public func isAncestor(_ commit: ObjectID, of other: ObjectID) async throws -> Bool {
    var bases = MergeBases(objects, .none)
    return try await bases.isAncestor(commit, of: other)
  }
}
