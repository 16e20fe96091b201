import GitObjects

/// A history, or a part of one, as a graph in memory: commits with the edges between them.
///
/// ```swift
/// let graph = try await repository.history(of: [head], depth: 10)
/// for id in graph.commits { print(id, graph.parents(of: id)) }
/// ```
///
/// Holds some 100 bytes for each commit, not the commits themselves.
public struct HistoryGraph: Sendable {
  /// All commits in a topological order: none before all of its children, and else newest first.
  public let commits: [ObjectID]
  private let records: [ObjectID: CommitRecord]
  private let childrenOf: [ObjectID: [ObjectID]]

  /// - Parameter records: Of each commit of the graph.
  init(_ records: [ObjectID: CommitRecord], order: CommitOrder = .topologicalByDate) {
    let nodes = records.map { id, record in
      TopologicalOrder.Node(id: id, parents: record.parents, date: record.date)
    }.sorted { $0.date != $1.date ? $0.date > $1.date : $0.id < $1.id }
    commits = TopologicalOrder.sort(nodes, order).map { nodes[$0].id }
    var children: [ObjectID: [ObjectID]] = [:]
    for id in commits {
      for parent in records[id]?.parents ?? [] where records[parent] != nil {
        children[parent, default: []].append(id)
      }
    }
    self.records = records
    childrenOf = children
  }

  public var isEmpty: Bool { commits.isEmpty }
  public var count: Int { commits.count }

  public func contains(_ commit: ObjectID) -> Bool { records[commit] != nil }

  /// The parents of a commit that are in the graph, in their order; none for one that is not in it.
  public func parents(of commit: ObjectID) -> [ObjectID] {
    (records[commit]?.parents ?? []).filter { records[$0] != nil }
  }

  /// The children of a commit that are in the graph, in the order of ``commits``.
  public func children(of commit: ObjectID) -> [ObjectID] { childrenOf[commit] ?? [] }

  /// The commits that no other one has as a parent.
  public var heads: [ObjectID] { commits.filter { childrenOf[$0] == nil } }

  /// The commits without a parent in the graph: roots of the history, and where it was cut.
  public var roots: [ObjectID] { commits.filter { parents(of: $0).isEmpty } }

  /// Whether the graph ends at a commit whose history goes on.
  public func isCut(at commit: ObjectID) -> Bool {
    guard let record = records[commit] else { return false }
    return !record.cutParents.isEmpty || record.parents.contains { records[$0] == nil }
  }

  /// The root tree of a commit of the graph.
  public func tree(of commit: ObjectID) -> ObjectID? { records[commit]?.tree }

  /// When a commit of the graph was made, by its committer's clock.
  public func date(of commit: ObjectID) -> Timestamp? {
    records[commit].map { Timestamp(seconds: $0.date) }
  }
}

extension Repository {
  /// The history of some commits as a graph.
  ///
  /// - Parameters:
  ///   - max: Where it starts.
  ///   - min: Commits where it ends: they are in the graph, and what is before them is not, unless it is
  ///     reached on another way.
  ///   - depth: How many steps from child to parent it goes; 0: `max` alone; nil: to the end.
  ///   - limit: How many commits it may have; more is an error.
  /// - Throws: ``StoreError/historyLimit(_:)``.
  ///
  /// Visits each commit once, up to a thousand in one round trip.
  ///
  /// Source: Irmin's `history`, whose `max` is heeded here also where there is a head.
  public func history(
    of max: [ObjectID], min: Set<ObjectID> = [], depth: Int? = nil, limit: HistoryLimit = .none
  ) async throws -> HistoryGraph {
    var reader = CommitReader(objects)
    var records: [ObjectID: CommitRecord] = [:]
    var seen = Set(max)
    var level = Array(seen)
    var steps = 0
    while !level.isEmpty {
      if seen.count > limit.commits {
        throw StoreError.historyLimit("more than \(limit.commits) commits")
      }
      try await reader.load(level)
      var next: [ObjectID] = []
      for id in level {
        let record = try await reader.record(id)
        records[id] = record
        if min.contains(id) || steps == depth { continue }
        for parent in record.parents where seen.insert(parent).inserted { next.append(parent) }
      }
      level = next
      steps += 1
    }
    return HistoryGraph(records)
  }
}

extension Branch {
  /// The branch's history as a graph; empty when it has no head. See
  /// ``Repository/history(of:min:depth:limit:)``.
  public func history(
    min: Set<ObjectID> = [], depth: Int? = nil, limit: HistoryLimit = .none
  ) async throws -> HistoryGraph {
    try Self.check(name)
    let head = try await engine.ref(ref)
    return try await repository.history(
      of: head.map { [$0] } ?? [], min: min, depth: depth, limit: limit)
  }
}
