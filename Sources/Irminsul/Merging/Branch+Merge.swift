import GitObjects
import RedisScripting

extension Branch {
  /// Merges another branch into this one.
  ///
  /// ```swift
  /// let draft = try await repository.createBranch("draft", at: head)
  /// try await draft.set("title", to: "New", "Try a title")
  /// try await main.merge(draft)
  /// ```
  ///
  /// A branch that has no commit has nothing to merge.
  ///
  /// - Parameters:
  ///   - other: A branch of the same store.
  ///   - info: Of the merge commit; nil: `Merge branch '…' into …`.
  ///   - options: How contents merge, and how far the search for a merge base goes.
  /// - Throws: As ``merge(_:_:_:)-(ObjectID,_,_)``.
  ///
  /// Source: Irmin's `merge_into`; `git merge`.
  @discardableResult
  public func merge(
    _ other: Branch, _ info: Info? = nil, _ options: MergeOptions = MergeOptions()
  ) async throws -> MergeResult {
    try Self.check(name)
    try Self.check(other.name)
    guard let source = try await other.engine.ref(other.ref) else {
      return .unchanged(head: try await engine.ref(ref))
    }
    try checkStore(of: other)
    return try await merge(
      source, info ?? Info("Merge branch '\(other.name)' into \(name)"), options)
  }

  /// Merges a commit into this branch: moves the branch there if that is enough, and else makes a commit
  /// whose parents are the head and that commit.
  ///
  /// The merge commit is rebased by the server as any other: what others commit to other paths meanwhile
  /// does not disturb it, and if they change what it touches, only that is merged again. Costs the walk to
  /// the merge bases, the trees that differ, a level in one round trip, and one round trip for the commit.
  ///
  /// - Throws: ``StoreError/mergeConflicts(_:)`` with all of them; nothing was changed then: see
  ///   ``merging(_:_:)-(ObjectID,_)`` for a merge whose conflicts can be resolved.
  ///   ``StoreError/unrelatedHistories(_:_:)``; ``StoreError/notFastForward(branch:_:)``;
  ///   ``StoreError/tooManyAttempts(branch:attempts:)`` when others kept changing the same paths.
  @discardableResult
  public func merge(
    _ commit: ObjectID, _ info: Info? = nil, _ options: MergeOptions = MergeOptions()
  ) async throws -> MergeResult {
    try await again(until: options.deadline) {
      try await merging(commit, options).commit(info)
    }
  }

  /// What merging another branch into this one comes to now; nothing is changed.
  ///
  /// - Throws: ``StoreError/noSuchBranch(_:)`` when the other has no commit.
  public func merging(
    _ other: Branch, _ options: MergeOptions = MergeOptions()
  ) async throws -> BranchMerge {
    try Self.check(other.name)
    guard let source = try await other.engine.ref(other.ref) else {
      throw StoreError.noSuchBranch(other.name)
    }
    try checkStore(of: other)
    return try await merging(source, options)
  }

  /// What merging a commit into this branch comes to now; nothing is changed.
  ///
  /// - Throws: ``StoreError/unrelatedHistories(_:_:)``, ``StoreError/notFastForward(branch:_:)``, and what
  ///   the search for merge bases throws: ``StoreError/historyCut(_:at:in:)`` where they lie beyond a cut.
  public func merging(
    _ commit: ObjectID, _ options: MergeOptions = MergeOptions()
  ) async throws -> BranchMerge {
    try Self.check(name)
    _ = try await repository.objects.commit(commit)
    guard let head = try await engine.ref(ref) else {
      return BranchMerge(branch: self, head: nil, source: commit, bases: [], kind: .fastForward)
    }
    let bases: [ObjectID]
    do {
      bases = try await repository.mergeBases(head, commit, limit: options.limit)
    } catch StoreError.historyCut where options.unrelatedHistories == .merged {
      bases = []
    }
    func plan(_ kind: BranchMerge.Kind, _ merge: TreeMerge? = nil) -> BranchMerge {
      BranchMerge(
        branch: self, head: head, source: commit, bases: bases, kind: kind, merge: merge)
    }
    if bases.contains(commit) { return plan(.unchanged) }
    if bases.contains(head), options.fastForward != .never { return plan(.fastForward) }
    if options.fastForward == .only { throw StoreError.notFastForward(branch: name, commit) }
    if bases.isEmpty, options.unrelatedHistories == .refused {
      throw StoreError.unrelatedHistories(head, commit)
    }
    let merge = try await MergeBaseTree.merge(
      head, commit, bases: bases, in: repository, options)
    return plan(.merge, merge)
  }

  private func checkStore(of other: Branch) throws(StoreError) {
    if other.repository !== repository, other.repository.location != repository.location {
      throw .unsupported("a merge of a branch of another store: fetch it first")
    }
  }
}
