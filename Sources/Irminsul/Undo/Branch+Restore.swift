import GitObjects

extension Branch {
  /// Makes what is at a path what a commit has there, in a commit of its own; where the commit has nothing, it is
  /// removed. At the root, the whole tree.
  ///
  /// ```swift
  /// try await main.restore("config", from: yesterday)
  /// ```
  ///
  /// Two round trips.
  ///
  /// - Parameters:
  ///   - path: What is brought back.
  ///   - commit: Where it is as it is to be.
  ///   - info: nil: says what is restored from where.
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/notACommit(_:)``.
  ///
  /// Source: `git restore --source`.
  @discardableResult
  public func restore(
    _ path: Path, from commit: ObjectID, _ info: Info? = nil
  ) async throws -> WriteResult {
    try path.checkForReading()
    let root = try await repository.objects.rootTree(of: commit)
    let info =
      info
      ?? Info("Restore \(path.isRoot ? "everything" : "\(path)") from \(commit.hex.prefix(10))")
    if path.isRoot {
      let tree = Tree(root: Directory(base: root), objects: repository.objects)
      return try await self.commit([.setTree(.root, tree)], info)
    }
    guard let entry = try await repository.tree(root).entry(path) else {
      return try await self.commit([.remove(path)], info)
    }
    return try await self.commit([.setEntry(path, entry)], info)
  }
}
