import GitObjects

extension Repository {
  /// The newest commits, up to `n`, that changed what is at a path, newest first: a blob or a directory, also
  /// its making and its removal. A commit changes a path if what is there differs from every parent.
  ///
  /// ```swift
  /// let last = try await repository.lastModified("config/theme", from: head).first
  /// ```
  ///
  /// No commit comes before one that descends from it, whatever the dates say. Each commit is visited once; of
  /// the trees only the way to the path is looked at, hundreds in one round trip. It stops when it has `n`;
  /// only where merges themselves have changed the path, and more than one commit is asked for, the rest of the
  /// path's history is put in order first.
  ///
  /// - Parameters:
  ///   - path: Of a blob or a directory, now or then.
  ///   - commit: Where the walk begins.
  ///   - n: How many to find, at most.
  ///   - depth: How many steps from child to parent to go; nil: to the end.
  ///   - simplification: Whether to look at sides that a merge has not taken.
  ///   - limit: How many commits may be visited; more is an error.
  /// - Throws: ``StoreError/historyLimit(_:)``, ``StoreError/badPath(_:reason:)``.
  ///
  /// Source: Irmin's `last_modified`; `git log -n N -- PATH`.
  public func lastModified(
    _ path: Path, from commit: ObjectID, n: Int = 1, depth: Int? = nil,
    simplification: HistorySimplification = .simplified, limit: HistoryLimit = .none
  ) async throws -> [Commit] {
    try path.checkForReading()
    if n < 1 { return [] }
    // The first that is met is the newest: the ways part only below one that is an answer itself.
    let isFirst = n == 1 && simplification == .simplified
    var options = LogOptions(order: isFirst ? .date : .topologicalByDate, path: path)
    options.depth = depth
    options.simplification = simplification
    options.limit = limit
    var commits: [Commit] = []
    for try await commit in log(from: commit, options) {
      commits.append(commit)
      if commits.count == n { break }
    }
    return commits
  }
}

extension Branch {
  /// The newest commits, up to `n`, of this branch that changed what is at a path: see
  /// ``Repository/lastModified(_:from:n:depth:simplification:limit:)``. None when the branch has no head.
  public func lastModified(
    _ path: Path, n: Int = 1, depth: Int? = nil,
    simplification: HistorySimplification = .simplified
  ) async throws -> [Commit] {
    try Self.check(name)
    guard let head = try await engine.ref(ref) else { return [] }
    return try await repository.lastModified(
      path, from: head, n: n, depth: depth, simplification: simplification)
  }
}
