import GitObjects

/// What became of moving a branch on to a commit.
public enum FastForwardOutcome: Sendable, Hashable {
  /// The branch is there now; nil: it had no commit before.
  case moved(from: ObjectID?)
  /// It was there already.
  case unchanged
  case rejected(Reason)

  /// Why a branch cannot just move to a commit.
  public enum Reason: Sendable, Hashable {
    /// The branch has the commit already, and more on top of it.
    case ahead
    /// Each has commits that the other does not have.
    case diverged
    /// They have no commit in common.
    case unrelated
  }
}

extension Branch {
  /// Moves this branch to a commit, if the commit has everything that the branch has.
  ///
  /// One round trip to read the head, the walk to the merge bases, one to move it; if somebody else moves it meanwhile,
  /// it is looked at again.
  ///
  /// ```swift
  /// if case .rejected(let reason) = try await production.fastForward(to: release) { print(reason) }
  /// ```
  ///
  /// - Throws: ``StoreError/historyLimit(_:)``; ``StoreError/tooManyAttempts(branch:attempts:)``.
  ///
  /// Source: Irmin's `Head.fast_forward`, which does not tell a lost race from a rejection.
  public func fastForward(
    to commit: ObjectID, limit: HistoryLimit = .none, deadline: Duration = .seconds(30)
  ) async throws -> FastForwardOutcome {
    var options = MergeOptions()
    options.limit = limit
    options.unrelatedHistories = .merged
    options.fastForward = .only
    return try await again(until: deadline) {
      let head = try await engine.ref(ref)
      if head == commit { return .unchanged }
      do {
        let merge = try await merging(commit, options)
        guard merge.kind == .fastForward else { return .rejected(.ahead) }
        try await merge.commit()
        return .moved(from: merge.head)
      } catch StoreError.notFastForward(_, _) {
        guard let head else { throw StoreError.headMoved(branch: name, found: nil) }
        let bases = try await repository.mergeBases(head, commit, limit: limit)
        return .rejected(bases.isEmpty ? .unrelated : .diverged)
      }
    }
  }
}
