import GitObjects
import RedisScripting

/// A commit whose trees the client makes: it reads the heads, applies the edits, and hands in the
/// result, again and again if others were faster.
///
/// Where the server can compute ids, what is handed in are the subtrees that the edits have changed,
/// each with the test that the old one is still there (``SubtreeRequest``): commits of others to other
/// places do not disturb it. Else the branches are moved if they are still where they were.
///
/// For backends without scripts, hashes that the server cannot compute, and requests that would hold
/// up a server for too long.
struct ClientCommit {
  let engine: any StoreEngine
  let objects: ObjectDatabase
  /// The engine, if its server makes commits.
  var server: ScriptedEngine?
  /// Subtrees below this depth are not handed in: the server found that too much.
  var subtreeDepth = Int.max
  /// How long moving branches are chased.
  var deadline: Duration = .seconds(30)

  /// What a branch becomes.
  private struct Plan {
    var head: ObjectID?
    var conflicts: [PathConflict] = []
    var tree: Tree
    /// nil when nothing changes, or when the server makes it.
    var commit: Commit?
  }

  mutating func make(_ request: CommitRequest) async throws -> CommitReply {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var attempts = 0
    // Edits may look into these, so they are stored first.
    if !request.objects.isEmpty { try await objects.write(request.objects) }
    try await checkEntries(of: request)
    while true {
      attempts += 1
      if let reply = try await attempt(request) { return reply }
      guard clock.now < end else {
        if let reply = try await giveUp(request) { return reply }
        let names = request.branches.map { Branch.name(ofRef: $0.ref) ?? $0.ref }
        throw StoreError.tooManyAttempts(
          branch: names.joined(separator: ", "), attempts: attempts)
      }
      // Losers wait for a random part of a growing time, so that they do not meet again.
      let ceiling = min(1_000_000, 1000 << min(attempts, 10))
      try await Task.sleep(for: .microseconds(Int.random(in: 0...ceiling)))
    }
  }

  /// - Returns: nil when somebody else was faster.
  private mutating func attempt(_ request: CommitRequest) async throws -> CommitReply? {
    var heads: [ObjectID?] = []
    for branch in request.branches { heads.append(try await engine.ref(branch.ref)) }
    for (branch, head) in zip(request.branches, heads) {
      if case .exactly(let expected) = branch.head, expected != head {
        return try await settled(.moved(heads: heads), request, at: heads)
      }
    }
    var plans: [Plan] = []
    for (branch, head) in zip(request.branches, heads) {
      plans.append(try await plan(branch, at: head))
    }
    let conflicts = plans.enumerated().flatMap { number, plan in
      plan.conflicts.map { BranchConflict(branch: number, conflict: $0) }
    }
    if !conflicts.isEmpty {
      return try await settled(.conflict(heads: heads, conflicts), request, at: heads)
    }
    while let server, let part = try await subtrees(of: request, plans) {
      subtreeDepth = part.depth
      do {
        return try await handIn(part, of: request, at: heads, server)
      } catch StoreError.host(.refused(_, _, let refusal)) where refusal.code == "TOOLARGE" {
        subtreeDepth -= 1
      }
    }
    return try await moveHeads(of: request, &plans)
  }

  /// Refuses entries that refer to what is not stored, or is of another kind, as the server does.
  private func checkEntries(of request: CommitRequest) async throws {
    var wanted: [ObjectID: ObjectKind] = [:]
    // What comes with the request is what it is made as.
    var known = Dictionary(request.objects.map { ($0.id, $0.object.kind) }) { first, _ in first }
    let edits = request.branches.flatMap(\.edits)
    let entries = edits.compactMap { edit -> Entry? in
      if case .entry(let entry) = edit.action, !entry.mode.isSubmodule { entry } else { nil }
    }
    if entries.isEmpty { return }
    for edit in edits {
      if case .blob(_, let blob) = edit.action { known[blob.id(objects.algorithm)] = .blob }
    }
    for entry in entries {
      guard let kind = known[entry.id] else {
        wanted[entry.id] = entry.mode.objectKind
        continue
      }
      if kind != entry.mode.objectKind { throw Self.wrongKind(entry.id, in: engine.location) }
    }
    let ids = Array(wanted.keys)
    for start in stride(from: 0, to: ids.count, by: 1500) {
      let batch = Array(ids[start..<min(ids.count, start + 1500)])
      for (id, kind) in zip(batch, try await engine.kinds(of: batch)) {
        guard let kind else { throw StoreError.missingObject(id, in: engine.location) }
        if kind != wanted[id] { throw Self.wrongKind(id, in: engine.location) }
      }
    }
  }

  private static func wrongKind(_ id: ObjectID, in location: String) -> StoreError {
    .damagedObject(
      id, in: location, reason: "it is of another kind than the entry that refers to it")
  }

  // MARK: Where the server makes the commits

  private func subtrees(of request: CommitRequest, _ plans: [Plan]) async throws -> SubtreeRequest?
  {
    guard let places = SubtreeRequest.places(in: request.branches, depth: subtreeDepth) else {
      return nil
    }
    var part = SubtreeRequest(depth: places.depth, key: request.key)
    for (number, branch) in request.branches.enumerated() {
      let head = plans[number].head
      var before = Tree(root: .empty, objects: objects)
      if let head { before.root = Directory(base: try await objects.rootTree(of: head)) }
      try await part.append(
        branch, places.paths[number], before: before, after: plans[number].tree)
    }
    return part
  }

  private func handIn(
    _ part: SubtreeRequest, of request: CommitRequest, at heads: [ObjectID?],
    _ server: ScriptedEngine
  ) async throws -> CommitReply? {
    try await objects.write(part.new)
    let reply = try await server.commitByServer(part.request, objects)
    switch reply {
    case .committed: return reply
    case .unchanged: return try await settled(reply, request, at: heads)
    // Refused before, under this token.
    case .conflict(_, let conflicts) where conflicts.isEmpty: return reply
    case .conflict, .moved: return nil
    }
  }

  // MARK: Where it does not

  private func moveHeads(
    of request: CommitRequest, _ plans: inout [Plan]
  ) async throws -> CommitReply? {
    var new: [IdentifiedObject] = []
    for (number, branch) in request.branches.enumerated() {
      plans[number].commit = try await commit(of: branch, plans[number], into: &new)
    }
    let heads = plans.map(\.head)
    if plans.allSatisfy({ $0.commit == nil }) {
      return try await settled(.unchanged(heads: heads, position: 0), request, at: heads)
    }
    try await objects.write(new)
    // A branch that does not change is tested all the same, so that all are of one moment.
    let changes = zip(request.branches, plans).map { branch, plan in
      RefChange(name: branch.ref, test: .exactly(plan.head), set: plan.commit?.id ?? plan.head)
    }
    var key = request.key
    key?.isFollowed = true
    let reply: SetRefsReply
    do {
      reply = try await engine.moveRefs(changes, key: key, verdict: .make, objects)
    } catch StoreError.missingObject(let id, _) where new.contains(where: { $0.id == id }) {
      // It was collected since: a pause in between was longer than the collector's time of grace.
      return nil
    }
    switch reply {
    case .set(let position):
      let outcomes = plans.map { BranchOutcome(commit: $0.commit, previous: $0.head) }
      return .committed(outcomes, position: position)
    case .done(let ids, let position):
      return .committed(try await outcomes(of: ids), position: position)
    case .unchanged(let position): return .unchanged(heads: heads, position: position)
    case .refused where request.key != nil: return .conflict(heads: [], [])
    case .refused, .moved: return nil
    }
  }

  private func commit(
    of branch: BranchRequest, _ plan: Plan, into new: inout [IdentifiedObject]
  ) async throws -> Commit? {
    let root = try await plan.tree.write(engine.algorithm, into: &new)
    if branch.emptiness == .skipped {
      if let head = plan.head, try await objects.rootTree(of: head) == root { return nil }
      if plan.head == nil, root == Tree.emptyID(engine.algorithm) { return nil }
    }
    let object = branch.commitObject(tree: root, parents: branch.parents(at: plan.head))
    let commit = IdentifiedObject(object.framed, engine.algorithm)
    new.append(commit)
    return Commit(id: commit.id, object: object)
  }

  // MARK: Tokens

  /// The answer of a request that is not made, which is kept under its token. One that comes again
  /// with it may have been made before: that it would change nothing now, or meets a conflict, is its
  /// own doing then.
  ///
  /// - Returns: nil when the heads have moved, so that everything must be looked at again.
  private func settled(
    _ reply: CommitReply, _ request: CommitRequest, at heads: [ObjectID?]
  ) async throws -> CommitReply? {
    guard let key = request.key, engine is ScriptedEngine else { return reply }
    let refs = zip(request.branches, heads).map { branch, head in
      RefChange(name: branch.ref, test: .exactly(head), set: head)
    }
    var verdict = RequestVerdict.refuse
    if case .unchanged = reply { verdict = .leave }
    switch try await engine.moveRefs(refs, key: key, verdict: verdict, objects) {
    case .set, .refused: return reply
    case .moved: return nil
    case .unchanged(let position): return .unchanged(heads: heads, position: position)
    case .done(let ids, let position):
      return .committed(try await outcomes(of: ids), position: position)
    }
  }

  /// Lets no attempt that is still on its way come to anything.
  ///
  /// - Returns: What became of the request after all.
  private func giveUp(_ request: CommitRequest) async throws -> CommitReply? {
    guard let key = request.key, engine is ScriptedEngine else { return nil }
    let refs = request.branches.map { RefChange(name: $0.ref, test: .any, set: nil) }
    switch try await engine.moveRefs(refs, key: key, verdict: .refuse, objects) {
    case .set, .refused, .moved, .unchanged: return nil
    case .done(let ids, let position):
      return .committed(try await outcomes(of: ids), position: position)
    }
  }

  /// What an earlier attempt has made.
  private func outcomes(of ids: [ObjectID?]) async throws -> [BranchOutcome] {
    @Sendable func read() async throws -> [BranchOutcome] {
      var outcomes: [BranchOutcome] = []
      for id in ids {
        let commit = if let id { try await objects.commit(id) } else { nil as Commit? }
        outcomes.append(BranchOutcome(commit: commit, previous: commit?.parents.first))
      }
      return outcomes
    }
    guard let engine = engine as? ScriptedEngine else { return try await read() }
    return try await engine.readingMadeCommits(read)
  }

  // MARK: Edits

  /// Applies a branch's edits to what is at a head.
  private func plan(_ branch: BranchRequest, at head: ObjectID?) async throws -> Plan {
    var plan = Plan(head: head, tree: Tree(root: .empty, objects: objects))
    if let head { plan.tree.root = Directory(base: try await objects.rootTree(of: head)) }
    plan.conflicts = try await failedExpectations(of: branch, on: plan.tree)
    for edit in branch.edits {
      do {
        try await plan.tree.apply(edit)
      } catch StoreError.conflict(_, let conflicts) {
        plan.conflicts += conflicts
      }
    }
    return plan
  }

  private func failedExpectations(
    of branch: BranchRequest, on tree: Tree
  ) async throws -> [PathConflict] {
    var conflicts: [PathConflict] = []
    for edit in branch.edits where edit.expectation != .none {
      var found = try await tree.entry(edit.path)
      if edit.path.isRoot, found?.id == Tree.emptyID(engine.algorithm), tree.root.base == nil {
        found = nil
      }
      let holds: Bool
      switch edit.expectation {
      case .none: holds = true
      case .exactly(let expected): holds = found == expected
      case .kind(let kind): holds = found?.mode.objectKind == kind
      case .folder: holds = found == nil || found?.mode.isTree == true
      case .names(let digest):
        if let found, found.mode.isTree, found.id != digest.tree {
          holds =
            ListingDigest(try await objects.entries(of: found.id), id: found.id).names
            == digest.names
        } else {
          holds = found?.mode.isTree == true
        }
      }
      if !holds {
        let reason: PathConflict.Reason = edit.expectation == .folder ? .kind : .expected
        conflicts.append(PathConflict(path: edit.path, found: found, reason: reason))
      }
    }
    return conflicts
  }
}

extension Tree {
  fileprivate mutating func apply(_ edit: PathEdit) async throws {
    switch edit.action {
    case .check: break
    case .remove: try await remove(edit.path)
    case .blob(let mode, let blob): try await set(edit.path, blob: blob, mode: mode)
    case .entry(let entry): try await set(edit.path, entry)
    case .value(let action): try await change(edit.path, action)
    }
  }
}
