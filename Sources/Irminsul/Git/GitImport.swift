import GitObjects
import RedisScripting

/// What an import has done.
public struct ImportSummary: Sendable, Hashable, Codable {
  /// Objects that the repository's refs and HEAD reach.
  public let objects: Int
  /// Those of them that the store did not have.
  public let newObjects: Int
  /// Bytes of the objects that were sent to the store.
  public let bytes: Int
  /// Refs of the repository.
  public let refs: Int
  /// Those of them that the store did not have, or had elsewhere.
  public let changedRefs: Int
  /// Refs, HEAD not among them, that named another ref in the repository and are plain refs here.
  public let symbolicRefs: Int
}

extension Repository {
  /// Which ids a Git repository on this machine has: a store must have the same to import it.
  ///
  /// - Throws: ``StoreError/git(_:)`` for what is no repository or a shallow one.
  public static func gitAlgorithm(of path: String) async throws -> HashAlgorithm {
    try await SourceRepository.algorithm(of: path)
  }

  /// Takes over a Git repository on this machine: all of its refs under their full names, what they
  /// and HEAD reach, and HEAD itself.
  ///
  /// As a mirror does, it moves a ref that the store has elsewhere, and HEAD; refs that only the
  /// store has stay. A ref that names another ref (`refs/remotes/origin/HEAD`) becomes a ref to what
  /// that leads to; one that leads nowhere is left out. Objects are taken as they are: replacements
  /// (`refs/replace/`) are refs like others, and grafts are ignored.
  ///
  /// Objects that the store has are not read again, and all of them are stored before the first ref
  /// moves: an import that was interrupted can be run again and goes on where it was. A thousand refs
  /// move at a time, all or none. The server checks each SHA-1 id, this process each SHA-256 id.
  ///
  /// ```swift
  /// let summary = try await repository.importGit(from: "/srv/project.git")
  /// print("\(summary.newObjects) objects, \(summary.changedRefs) refs")
  /// ```
  ///
  /// Memory stays bounded: batches of about a megabyte, or a single larger object, a few at a time.
  /// Needs `git` 2.31 or later in PATH.
  ///
  /// - Parameters:
  ///   - path: A bare repository, or the folder that holds `.git`. Packs, loose objects, alternates
  ///     and linked work trees are all the same. A shallow repository is refused.
  ///   - progress: Called now and then, from one task at a time.
  /// - Throws: ``StoreError/git(_:)`` for the repository, other cases of ``StoreError`` for the
  ///   store, `CancellationError`. Refs have not been touched unless they were the matter.
  @discardableResult
  public func importGit(
    from path: String, progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
  ) async throws -> ImportSummary {
    let engine = try scripted("import")
    let source = try await SourceRepository(path: path)
    guard source.algorithm == engine.algorithm else {
      throw StoreError.git(
        .wrongHash(
          path: path, found: source.algorithm.rawValue, store: engine.algorithm.rawValue))
    }
    let objects: ObjectImport.Outcome
    do {
      objects = try await ObjectImport(engine: engine, source: source, progress: progress).run()
    } catch StoreError.git(.failed(let command, 128, let message))
      where command == "rev-list"
    {
      throw StoreError.git(.incomplete(path, message: message))
    }
    let changed = try await moveRefs(of: source, progress)
    if try await headReference() != source.head { try await setHeadReference(source.head) }
    return ImportSummary(
      objects: objects.reachable, newObjects: objects.added, bytes: objects.bytes,
      refs: source.refs.count, changedRefs: changed,
      symbolicRefs: source.refs.count(where: \.isSymbolic))
  }

  /// Sets the refs that differ. Answers how many did.
  private func moveRefs(
    of source: SourceRepository, _ progress: (TransferProgress) -> Void
  ) async throws -> Int {
    let present = try await scripted("import").refTable().refs
    let changes = source.refs.filter { present[Bytes($0.name.utf8)]?.id != $0.id }
    progress(TransferProgress(phase: "refs", done: 0, total: changes.count, bytes: 0))
    for start in stride(from: 0, to: changes.count, by: 1000) {
      try Task.checkCancellation()
      let batch = changes[start..<min(start + 1000, changes.count)]
      try await setRefs(batch.map { RefChange(name: $0.name, test: .any, set: $0.id) })
      progress(
        TransferProgress(phase: "refs", done: batch.endIndex, total: changes.count, bytes: 0))
    }
    return changes.count
  }
}
