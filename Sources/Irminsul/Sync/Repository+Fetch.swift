import GitObjects

extension Repository {
  /// Brings the branches of another store here: everything that they lead to and that is not stored yet. No branch
  /// of this store moves; the heads are answered, to be merged, looked at or kept.
  ///
  /// ```swift
  /// let heads = try await local.fetch(from: remote)
  /// if let head = heads["main"] { try await local.branch("main").merge(head) }
  /// ```
  ///
  /// Both stores may be written to meanwhile: what is fetched is what the refs were when it began. Interrupted, it can
  /// be run again and sends what is still missing. Costs a few round trips to find what both have, then one of each store
  /// for some thousand objects; of trees only what has changed is read.
  ///
  /// - Parameters:
  ///   - branches: Short names; nil: all.
  ///   - remote: Any store with ids and directories of the same kind: in memory, a file, Redis, another backend.
  ///   - name: Keeps the heads as `refs/remotes/NAME/BRANCH`, as git does, so that they stay reachable.
  ///   - progress: Told of what is sent.
  /// - Throws: ``StoreError/noSuchBranch(_:)``, ``StoreError/wrongHash(found:asked:in:)``,
  ///   ``StoreError/wrongLayout(found:asked:in:)``, ``StoreError/missingObject(_:in:)``;
  ///   ``StoreError/historyCut(_:at:in:)`` where the other store's history has been cut and this one lacks what
  ///   comes before: clone it.
  ///
  /// Source: Irmin's `Sync.fetch`; `git fetch`.
  @discardableResult
  public func fetch(
    _ branches: [String]? = nil, from remote: Repository, tracking name: String? = nil,
    progress: @escaping TransferReport = { _ in }
  ) async throws -> [String: ObjectID] {
    try await Lease.with(self) { [self] in
      if let name { try Branch.check(name) }
      let heads = try await remote.heads(of: branches)
      _ = try await ObjectCopy(source: remote, target: self, progress: progress)
        .run(Array(Set(heads.values)))
      if let name {
        try await setRefs(
          inSteps: heads.sorted { $0.key < $1.key }.map { branch, id in
            RefChange(name: "refs/remotes/\(name)/\(branch)", test: .any, set: id)
          })
      }
      return heads
    }
  }

  /// The heads of some branches, or of all.
  func heads(of branches: [String]?) async throws -> [String: ObjectID] {
    guard let branches else { return try await heads() }
    var heads: [String: ObjectID] = [:]
    for branch in branches {
      try Branch.check(branch)
      guard let head = try await engine.ref(Branch.refName(branch)) else {
        throw StoreError.noSuchBranch(branch)
      }
      heads[branch] = head
    }
    return heads
  }

  /// Sets refs, a thousand at a time, all of those or none.
  func setRefs(inSteps changes: [RefChange]) async throws {
    // A backend of layers changes one at a time.
    let step = engine is ScriptedEngine ? 1000 : 1
    for start in stride(from: 0, to: changes.count, by: step) {
      try await setRefs(Array(changes[start..<min(changes.count, start + step)]))
    }
  }
}
