import GitObjects

extension Branch {
  /// Undoes what a commit has done: a merge of this branch with the inverse of the commit. What others have changed since
  /// stays.
  ///
  /// ```swift
  /// try await main.revert(commit)
  /// ```
  ///
  /// As other merges, it is made again when the branch moves where that matters. A revert of what is undone already
  /// changes nothing.
  ///
  /// - Parameters:
  ///   - commit: What is undone.
  ///   - info: nil: `Revert "…"`, with the commit's id.
  ///   - mainline: Of a merge, which parent it is compared with, from 1.
  ///   - options: How contents merge.
  /// - Throws: ``StoreError/mergeConflicts(_:)`` where the branch has changed the same since;
  ///   ``StoreError/mergeWithoutMainline(_:parents:)``; ``StoreError/noSuchBranch(_:)``;
  ///   ``StoreError/historyCut(_:at:in:)`` for a commit whose parents have been cut off.
  ///
  /// Source: `git revert`.
  @discardableResult
  public func revert(
    _ commit: ObjectID, _ info: Info? = nil, mainline: Int? = nil,
    _ options: MergeOptions = MergeOptions()
  ) async throws -> MergeResult {
    try await again(until: options.deadline) {
      try await reverting(commit, mainline: mainline, options).commit(info)
    }
  }

  /// What ``revert(_:_:mainline:_:)`` comes to now; nothing is changed.
  public func reverting(
    _ commit: ObjectID, mainline: Int? = nil, _ options: MergeOptions = MergeOptions()
  ) async throws -> BranchMerge {
    let change = try await change(of: commit, mainline)
    return try await applying(change.commit, from: change.after, to: change.before, options) {
      Info("Revert \"\($0.subject)\"\n\nThis reverts commit \($0.id).")
    }
  }

  /// Does once more what a commit has done, on this branch.
  ///
  /// - Parameters:
  ///   - commit: What is made again.
  ///   - info: nil: the commit's own message and author, with the date that it has there.
  ///   - mainline: Of a merge, which parent it is compared with, from 1.
  ///   - options: How contents merge.
  /// - Throws: As ``revert(_:_:mainline:_:)``.
  ///
  /// Source: `git cherry-pick`.
  @discardableResult
  public func cherryPick(
    _ commit: ObjectID, _ info: Info? = nil, mainline: Int? = nil,
    _ options: MergeOptions = MergeOptions()
  ) async throws -> MergeResult {
    try await again(until: options.deadline) {
      try await cherryPicking(commit, mainline: mainline, options).commit(info)
    }
  }

  /// What ``cherryPick(_:_:mainline:_:)`` comes to now; nothing is changed.
  public func cherryPicking(
    _ commit: ObjectID, mainline: Int? = nil, _ options: MergeOptions = MergeOptions()
  ) async throws -> BranchMerge {
    let change = try await change(of: commit, mainline)
    // A commit whose author cannot be told gets another one.
    let author = change.commit.author.flatMap { $0.isWhole ? $0 : nil }
    return try await applying(
      change.commit, from: change.before, to: change.after, options, author: author
    ) { Info($0.message) }
  }

  private func change(
    of id: ObjectID, _ mainline: Int?
  ) async throws -> (commit: Commit, before: Tree, after: Tree) {
    let commit = try await repository.commit(id)
    let parents = commit.parents
    if parents.count > 1 ? !(1...parents.count).contains(mainline ?? 0) : (mainline ?? 1) != 1 {
      throw StoreError.mergeWithoutMainline(id, parents: parents.count)
    }
    var before = Tree(root: .empty, objects: repository.objects)
    if !parents.isEmpty {
      var reader = CommitReader(repository.objects)
      if !(try await reader.record(id).cutParents.isEmpty) {
        throw StoreError.historyCut(
          "what \(id.hex.prefix(10)) has changed", at: id, in: repository.location)
      }
      before.root = Directory(
        base: try await repository.objects.rootTree(of: parents[(mainline ?? 1) - 1]))
    }
    let after = Tree(root: Directory(base: commit.tree), objects: repository.objects)
    return (commit, before, after)
  }

  private func applying(
    _ commit: Commit, from base: Tree, to theirs: Tree, _ options: MergeOptions,
    author: Identity? = nil, _ info: (Commit) -> Info
  ) async throws -> BranchMerge {
    try Self.check(name)
    guard let head = try await engine.ref(ref) else { throw StoreError.noSuchBranch(name) }
    var ours = Tree(root: .empty, objects: repository.objects)
    ours.root = Directory(base: try await repository.objects.rootTree(of: head))
    let merge = try await Tree.merge(base: base, ours: ours, theirs: theirs, rules: options.rules)
    return BranchMerge(
      branch: self, head: head, source: commit.id, bases: [], kind: .change, merge: merge,
      info: info(commit), author: author)
  }
}
