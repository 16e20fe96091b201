import GitObjects
import RedisScripting

/// A commit that the client makes: it reads the heads, builds the trees, and moves the refs if they
/// are still where they were. For backends without scripts, hashes that the server cannot compute,
/// and requests that would hold up a server for too long.
struct ClientCommit {
  let engine: any StoreEngine
  let objects: ObjectDatabase
  /// How long moving branches are chased.
  var deadline: Duration = .seconds(30)

  /// What a branch becomes.
  private struct Plan {
    var head: ObjectID?
    var conflicts: [PathConflict] = []
    /// nil when nothing changes.
    var commit: Commit?
  }

  func callAsFunction(_ request: CommitRequest) async throws -> CommitReply {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var attempts = 0
    // Edits may look into these, so they are stored first.
    if !request.objects.isEmpty { try await objects.write(request.objects) }
    while true {
      attempts += 1
      var heads: [ObjectID?] = []
      for branch in request.branches { heads.append(try await engine.ref(branch.ref)) }
      var new: [IdentifiedObject] = []
      var plans: [Plan] = []
      if let refusal = try await refusal(of: request, at: heads, &plans, &new) {
        if let reply = try await confirmed(refusal, of: request, at: heads) { return reply }
      } else {
        try await objects.write(new)
        // A branch that does not change is tested all the same, so that all are of one moment.
        let changes = zip(request.branches, plans).map { branch, plan in
          RefChange(
            name: branch.ref, test: .exactly(plan.head), set: plan.commit?.id ?? plan.head)
        }
        switch try await engine.moveRefs(changes, token: request.token, objects) {
        case .set(let position):
          let outcomes = plans.map { BranchOutcome(commit: $0.commit, previous: $0.head) }
          return .committed(outcomes, position: position)
        case .done(let ids, let position):
          return .committed(try await outcomes(of: ids), position: position)
        case .moved: break
        }
      }
      guard clock.now < end else {
        let names = request.branches.map { Branch.name(ofRef: $0.ref) ?? $0.ref }
        throw StoreError.tooManyAttempts(
          branch: names.joined(separator: ", "), attempts: attempts)
      }
      // Losers wait for a random part of a growing time, so that they do not meet again.
      let ceiling = min(1_000_000, 1000 << min(attempts, 10))
      try await Task.sleep(for: .microseconds(Int.random(in: 0...ceiling)))
    }
  }

  /// Plans each branch's commit; the answer when there is nothing to commit, or it must not be.
  private func refusal(
    of request: CommitRequest, at heads: [ObjectID?], _ plans: inout [Plan],
    _ new: inout [IdentifiedObject]
  ) async throws -> CommitReply? {
    for (branch, head) in zip(request.branches, heads) {
      if case .exactly(let expected) = branch.head, expected != head { return .moved(heads: heads) }
    }
    for (branch, head) in zip(request.branches, heads) {
      plans.append(try await plan(branch, at: head, into: &new))
    }
    let conflicts = plans.enumerated().flatMap { number, plan in
      plan.conflicts.map { BranchConflict(branch: number, conflict: $0) }
    }
    if !conflicts.isEmpty { return .conflict(heads: heads, conflicts) }
    if plans.contains(where: { $0.commit != nil }) { return nil }
    return .unchanged(heads: heads, position: 0)
  }

  /// The answer of a request that cannot be made. One that comes again with its token may have been
  /// made before: that it would change nothing now, or meets a conflict, is its own doing then.
  ///
  /// - Returns: nil when the heads have moved, so that everything must be looked at again.
  private func confirmed(
    _ refusal: CommitReply, of request: CommitRequest, at heads: [ObjectID?]
  ) async throws -> CommitReply? {
    guard let token = request.token, engine is ScriptedEngine else { return refusal }
    // Changes nothing, and looks for the token.
    let changes = zip(request.branches, heads).map { branch, head in
      RefChange(name: branch.ref, test: .exactly(head), set: head)
    }
    switch try await engine.moveRefs(changes, token: token, objects) {
    case .set: return refusal
    case .moved: return nil
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

  /// Builds a branch's commit on a head, with its new objects appended.
  private func plan(
    _ branch: BranchRequest, at head: ObjectID?, into new: inout [IdentifiedObject]
  ) async throws -> Plan {
    var plan = Plan(head: head)
    var tree = Tree(root: .empty, objects: objects)
    if let head {
      tree = Tree(root: Directory(base: try await objects.rootTree(of: head)), objects: objects)
    }
    plan.conflicts = try await failedExpectations(of: branch, on: tree)
    var edited = tree
    for edit in branch.edits {
      do {
        edited = try await apply(edit, to: edited)
      } catch StoreError.conflict(_, let conflicts) {
        plan.conflicts += conflicts
      }
    }
    if !plan.conflicts.isEmpty { return plan }
    let root = try await edited.write(engine.algorithm, into: &new)
    if branch.emptiness == .skipped {
      if let head, try await objects.rootTree(of: head) == root { return plan }
      if head == nil, root == Tree.emptyID(engine.algorithm) { return plan }
    }
    let object = branch.commitObject(tree: root, parents: branch.parents(at: head))
    let commit = IdentifiedObject(object.framed, engine.algorithm)
    new.append(commit)
    plan.commit = Commit(id: commit.id, object: object)
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
      case .names(let digest):
        if let found, found.mode.isTree, found.id != digest.tree {
          holds =
            ListingDigest(try await objects.tree(found.id), id: found.id).names == digest.names
        } else {
          holds = found?.mode.isTree == true
        }
      }
      if !holds {
        conflicts.append(PathConflict(path: edit.path, found: found, reason: .expected))
      }
    }
    return conflicts
  }

  private func apply(_ edit: PathEdit, to tree: Tree) async throws -> Tree {
    switch edit.action {
    case .check: return tree
    case .remove: return try await tree.removing(edit.path)
    case .blob(let mode, let blob):
      return try await tree.setting(edit.path, blob: blob, mode: mode)
    case .entry(let entry): return try await tree.settingEntry(edit.path, entry)
    case .value(let action): return try await tree.changing(edit.path, action)
    }
  }
}
