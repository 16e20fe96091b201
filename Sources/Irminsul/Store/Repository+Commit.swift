import GitObjects
import OrderedCollections
import RedisScripting

/// What one commit of several branches does to one of them.
public struct BranchCommit: Sendable {
  let branch: String
  let edits: [BranchEdit]
  let info: Info

  /// - Parameters:
  ///   - branch: The short name, such as `main`.
  ///   - edits: What to change there.
  ///   - info: Who, when and why.
  public init(_ branch: String, _ edits: [BranchEdit], _ info: Info) {
    self.branch = branch
    self.edits = edits
    self.info = info
  }
}

extension Repository {
  /// Makes one commit on each of several branches at the same moment, all of them or none: nobody
  /// sees a state in between.
  ///
  /// ```swift
  /// try await repository.commit([
  ///   BranchCommit("inbox", [.remove("42")], "Take"), BranchCommit("work", [.set("42", job)], "Take"),
  /// ])
  /// ```
  ///
  /// One round trip. A branch where nothing changes gets no commit.
  ///
  /// - Returns: For each branch, in the order given.
  /// - Throws: ``StoreError/conflict(branch:_:)`` with the conflicts of all branches,
  ///   ``StoreError/unsupported(_:)`` for a branch that is named twice,
  ///   ``StoreError/unsupported(_:)`` on a backend that changes one branch at a time.
  @discardableResult
  public func commit(
    _ commits: [BranchCommit], token: RequestToken? = nil
  ) async throws -> [WriteResult] {
    try await commit(
      commits.map { commit in
        let branch = branch(commit.branch)
        return (branch, request(ref: branch.ref, commit.info), commit.edits)
      }, token: token)
  }

  /// Makes one commit whose edits are ready.
  func commit(_ branch: Branch, _ request: BranchRequest) async throws -> WriteResult {
    try request.checkInfo()
    return try await send(CommitRequest(branches: [request]), [branch.name], token: nil)[0]
  }

  func commit(
    _ parts: [(branch: Branch, request: BranchRequest, edits: [BranchEdit])], token: RequestToken?
  ) async throws -> [WriteResult] {
    var request = CommitRequest(branches: [])
    var refs: Set<String> = []
    for part in parts {
      try Branch.check(part.branch.name)
      guard refs.insert(part.request.ref).inserted else {
        throw StoreError.unsupported(
          "two commits of branch \"\(part.branch.name)\" in one request: put their edits into one")
      }
      var branch = part.request
      try branch.checkInfo()
      branch.edits.reserveCapacity(part.edits.count)
      for edit in part.edits {
        try edit.path.check()
        branch.edits.append(
          PathEdit(
            path: edit.path, expectation: edit.expectation,
            action: try await action(of: edit, into: &request.objects)))
      }
      request.branches.append(branch)
    }
    return try await send(request, parts.map(\.branch.name), token: token)
  }

  private func send(
    _ request: CommitRequest, _ names: [String], token: RequestToken?
  ) async throws -> [WriteResult] {
    var request = request
    request.key = token.map { RequestKey($0, for: request) }
    switch try await engine.commit(request, objects: objects) {
    case .committed(let outcomes, let position):
      // Each commit has a place in the log of its own; the answer tells the last.
      var place = position - Int64(outcomes.count { $0.commit != nil })
      return outcomes.map { outcome in
        guard let commit = outcome.commit else { return .unchanged(head: outcome.previous) }
        place += 1
        return .committed(commit, position: max(0, place))
      }
    case .unchanged(let heads, _): return heads.map { .unchanged(head: $0) }
    case .conflict(_, let conflicts):
      throw StoreError.conflict(
        branch: names[conflicts.first?.branch ?? 0],
        OrderedSet(conflicts).map { found in
          let conflict = found.conflict
          return PathConflict(
            path: conflict.path, found: conflict.found, reason: conflict.reason,
            branch: names.count == 1 ? nil : names[found.branch])
        })
    case .moved(let heads):
      let moved = request.branches.indices.first { number in
        if case .exactly(let test) = request.branches[number].head {
          test != heads[number]
        } else {
          false
        }
      }
      throw StoreError.headMoved(
        branch: names[moved ?? 0], found: heads[moved ?? 0])
    }
  }

  private func action(
    of edit: BranchEdit, into new: inout [IdentifiedObject]
  ) async throws -> PathEdit.Action {
    switch edit.action {
    case .check: return .check
    case .remove: return .remove
    case .entry(let entry):
      try entry.mode.check()
      return .entry(entry)
    case .blob(let mode, let blob):
      if edit.path.isRoot { throw StoreError.rootIsDirectory }
      try mode.checkBlob()
      return .blob(mode, blob)
    case .value(let action):
      if edit.path.isRoot { throw StoreError.rootIsDirectory }
      return .value(action)
    case .tree(var tree):
      // One that was made from nothing gets this store's layout.
      if tree.objects == nil { tree = Tree(root: tree.root, objects: objects) }
      var parts: [IdentifiedObject] = []
      let id = try await tree.write(algorithm, into: &parts)
      if id == Tree.emptyID(algorithm) { return .remove }
      if let source = tree.objects, source !== objects {
        throw StoreError.unsupported("a tree of another repository: import its objects first")
      }
      new += parts
      return .entry(Entry(mode: .tree, id: id))
    }
  }
}
