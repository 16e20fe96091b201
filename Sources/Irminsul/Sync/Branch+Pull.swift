import GitObjects

/// What a pull does with what it has fetched.
public enum PullStrategy: Sendable {
  /// It is merged into the branch.
  case merge(Info? = nil, MergeOptions = MergeOptions())
  /// The branch moves there, wherever it was: what only it has is lost from it.
  case set
}

extension Branch {
  /// Fetches a branch of another store, and merges it into this one or moves this one there.
  ///
  /// ```swift
  /// try await main.pull(from: remote)
  /// ```
  ///
  /// - Parameters:
  ///   - branch: The other store's; by default the one of the same name.
  ///   - remote: The other store.
  ///   - strategy: What is done with what was fetched.
  ///   - progress: Told of what is sent.
  /// - Returns: For ``PullStrategy/set``, `fastForwarded` with what it was at, though that may be lost from it.
  /// - Throws: What ``Repository/fetch(_:from:tracking:progress:)`` and ``merge(_:_:_:)-(ObjectID,_,_)`` throw.
  ///
  /// Source: Irmin's `Sync.pull`; `git pull`.
  @discardableResult
  public func pull(
    _ branch: String? = nil, from remote: Repository, _ strategy: PullStrategy = .merge(),
    progress: @escaping TransferReport = { _ in }
  ) async throws -> MergeResult {
    try Self.check(name)
    let other = branch ?? name
    // What is fetched is held until the branch leads there.
    return try await Lease.with(repository) { [self] in
      let heads = try await repository.fetch([other], from: remote, progress: progress)
      guard let head = heads[other] else { throw StoreError.noSuchBranch(other) }
      switch strategy {
      case .merge(let info, let options):
        return try await merge(
          head, info ?? Info("Merge branch '\(other)' of another store into \(name)"), options)
      case .set:
        let old = try await engine.ref(ref)
        if old == head { return .unchanged(head: head) }
        try await setHead(head)
        return .fastForwarded(from: old, to: head)
      }
    }
  }
}
