import GitObjects

/// A walk over a history, one commit after the other. Each is visited once, and no more of them than are asked
/// for, unless the order needs the whole.
struct CommitWalk {
  /// A visited commit: where the walk goes on from it, and whether it is a part of the answer.
  private struct Step {
    let id: ObjectID
    let parents: [ObjectID]
    let isShown: Bool
  }

  private(set) var reader: CommitReader
  private let options: LogOptions
  private let starts: [ObjectID]
  private var entries: PathEntries?
  /// The commits that the walk stays in; nil: all.
  private var scope: Set<ObjectID>?
  private var isStarted = false
  private var seen: Set<ObjectID> = []
  private var queue = DateQueue<ObjectID>()
  /// The rest in its order, the next one last, once it is known.
  private var rest: [ObjectID]?
  /// Where the walk went on from each visited commit, when that is kept.
  private(set) var ways: [ObjectID: [ObjectID]]?

  init(
    _ objects: ObjectDatabase, from starts: [ObjectID], _ options: LogOptions,
    keeping: CommitReader.Keeping = .records, keepsWays: Bool = false
  ) {
    if keepsWays { ways = [:] }
    reader = CommitReader(objects, keeping: keeping)
    self.starts = starts
    self.options = options
    entries = options.path.map { PathEntries($0, objects) }
  }

  mutating func next() async throws -> ObjectID? {
    if !isStarted {
      isStarted = true
      try await begin()
    }
    while rest == nil {
      guard let step = try await visit() else { return nil }
      // While there is one way on, everything else is an ancestor of it: any order begins so.
      if options.order != .date, !queue.isEmpty || step.parents.count > 1 {
        rest = try await sorted(from: step)
        break
      }
      try await follow(step.parents)
      if step.isShown { return step.id }
      reader.drop(step.id)
    }
    return rest?.popLast()
  }

  /// The commit of an id that ``next()`` gave.
  mutating func commit(_ id: ObjectID) async throws -> Commit { try await reader.take(id) }

  private mutating func begin() async throws {
    if !options.excluding.isEmpty {
      var difference = HistoryDifference(reader, options.limit)
      scope = try await difference.find(
        starts, options.excluding, beyond: .refusedOnTheRight
      ).left
      reader = difference.reader
    }
    if let depth = options.depth {
      let near = try await reach(depth)
      scope = scope?.intersection(near) ?? near
    }
    try await follow(starts)
  }

  /// The commits that are no more than so many steps away.
  private mutating func reach(_ depth: Int) async throws -> Set<ObjectID> {
    var level = starts
    var found = Set(starts)
    var steps = 0
    while steps < depth, !level.isEmpty {
      try await reader.load(level)
      var next: [ObjectID] = []
      for id in level {
        for parent in parents(of: try await reader.record(id))
        where found.insert(parent).inserted { next.append(parent) }
      }
      try checkLimit(found.count)
      level = next
      steps += 1
    }
    return found
  }

  private func parents(of record: CommitRecord) -> [ObjectID] {
    switch options.parents {
    case .all: record.parents
    case .first: Array(record.parents.prefix(1))
    }
  }

  private func checkLimit(_ count: Int) throws(StoreError) {
    if count > options.limit.commits {
      throw .historyLimit("more than \(options.limit.commits) commits on the way")
    }
  }

  private mutating func follow(_ ids: [ObjectID]) async throws {
    let new = ids.filter { scope?.contains($0) != false && seen.insert($0).inserted }
    if new.isEmpty { return }
    try checkLimit(seen.count)
    try await reader.load(new)
    for id in new { queue.push(id, date: try await reader.record(id).date) }
  }

  private mutating func visit() async throws -> Step? {
    guard let id = queue.pop() else { return nil }
    let record = try await reader.record(id)
    let parents = parents(of: record)
    guard var entries else { return Step(id: id, parents: parents, isShown: true) }
    try await reader.load(parents)
    var parentTrees: [ObjectID] = []
    for parent in parents { parentTrees.append(try await reader.record(parent).tree) }
    try await entries.load([record.tree] + parentTrees) { page in
      reader.ahead(of: [id], limit: page).map(\.tree)
    }
    self.entries = entries
    let decision = options.simplification.decide(
      entries.entry(record.tree),
      zip(parents, parentTrees).map { parent, tree in
        HistorySimplification.Parent(
          id: parent, entry: entries.entry(tree),
          isRelevant: scope?.contains(parent) != false || options.excluding.contains(parent)
            || options.depth != nil)
      })
    ways?[id] = decision.followed
    return Step(id: id, parents: decision.followed, isShown: decision.isShown)
  }

  /// Visits everything that is left.
  private mutating func sorted(from first: Step) async throws -> [ObjectID] {
    var steps: [Step] = []
    var nodes: [TopologicalOrder.Node] = []
    var next: Step? = first
    while let step = next {
      steps.append(step)
      nodes.append(
        .init(
          id: step.id, parents: step.parents, date: try await reader.record(step.id).date))
      reader.drop(step.id)
      try await follow(step.parents)
      next = try await visit()
    }
    return TopologicalOrder.sort(nodes, options.order).reversed()
      .compactMap { steps[$0].isShown ? steps[$0].id : nil }
  }
}
