import GitObjects

extension Repository {
  /// Makes this store, which must have no ref yet, a copy of another one: all refs under their full names, what they
  /// lead to, and HEAD. Of a store whose history has been cut it becomes a copy that is cut in the same places.
  ///
  /// ```swift
  /// let copy = try await Repository.open("file:copy")
  /// try await copy.clone(from: remote)
  /// ```
  ///
  /// - Throws: As ``fetch(_:from:tracking:progress:)``; ``StoreError/branchExists(_:)`` when there is a ref.
  ///
  /// Source: `git clone --mirror`.
  @discardableResult
  public func clone(
    from remote: Repository, progress: @escaping TransferReport = { _ in }
  ) async throws -> SyncResult {
    try await Lease.with(self) { [self] in
      if let present = try await engine.refs(prefix: "refs/").keys.min() {
        throw StoreError.branchExists(Branch.name(ofRef: present) ?? present)
      }
      let refs = try await remote.engine.refs(prefix: "refs/").sorted { $0.key < $1.key }
      let count = try await ObjectCopy(
        source: remote, target: self, cutHistories: .adopted, progress: progress
      )
      .run(Array(Set(refs.map(\.value))))
      try await setRefs(
        inSteps: refs.map { RefChange(name: $0.key, test: .exactly(nil), set: $0.value) })
      if engine is ScriptedEngine, remote.engine is ScriptedEngine {
        let head = try await remote.headReference()
        if try await headReference() != head { try await setHeadReference(head) }
      }
      return SyncResult(
        objects: count.objects, bytes: count.bytes,
        refs: refs.map { .init(name: $0.key, change: .created, old: nil, new: $0.value) })
    }
  }
}
