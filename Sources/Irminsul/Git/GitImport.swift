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
  /// Full names of refs that stay where the store has them: see ``ImportPolicy/fastForward``.
  public let keptRefs: [String]
}

/// What an import may do to refs that the store has already.
public enum ImportPolicy: Sendable, Hashable {
  /// A branch moves forward only, so that no commit of the store is lost from it; a tag stays where
  /// it is. HEAD is set where the store's own leads to no commit. As `git fetch` does.
  case fastForward
  /// Every ref goes where the repository has it, and HEAD too. As `git fetch --mirror --force` does.
  case mirror
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
  /// Refs that only the store has stay; what becomes of those that it has elsewhere, the policy says. A
  /// ref that names another ref (`refs/remotes/origin/HEAD`) becomes a ref to what
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
  ///   - policy: Whether refs of the store may lose commits.
  ///   - progress: Called now and then, from one task at a time.
  /// - Throws: ``StoreError/git(_:)`` for the repository, other cases of ``StoreError`` for the
  ///   store, `CancellationError`. Refs have not been touched unless they were the matter.
  @discardableResult
  public func importGit(
    from path: String, policy: ImportPolicy = .fastForward,
    progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
  ) async throws -> ImportSummary {
    try await Lease.with(self) { [self] in
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
      let leadsSomewhere = try await headLeadsToACommit()
      let (changed, kept) = try await moveRefs(of: source, policy, progress)
      if policy == .mirror || !leadsSomewhere, try await headReference() != source.head {
        try await setHeadReference(source.head)
      }
      return ImportSummary(
        objects: objects.reachable, newObjects: objects.added, bytes: objects.bytes,
        refs: source.refs.count, changedRefs: changed,
        symbolicRefs: source.refs.count(where: \.isSymbolic), keptRefs: kept)
    }
  }

  private func headLeadsToACommit() async throws -> Bool {
    let head = try await headReference()
    let prefix = "ref: "
    guard head.hasPrefix(prefix) else { return true }
    return try await engine.ref(String(head.dropFirst(prefix.count))) != nil
  }

  /// Sets the refs that differ and may move. Answers how many were set, and which stay.
  private func moveRefs(
    of source: SourceRepository, _ policy: ImportPolicy,
    _ progress: (TransferProgress) -> Void
  ) async throws -> (changed: Int, kept: [String]) {
    var changed = 0
    while true {
      let present = try await scripted("import").refTable().refs
      var changes: [RefChange] = []
      var kept: [String] = []
      for ref in source.refs {
        let old = present[Bytes(ref.name.utf8)]?.id
        if old == ref.id { continue }
        if policy == .fastForward, let old, try await !source.mayMove(ref, from: old) {
          kept.append(ref.name)
        } else {
          // Somebody may write meanwhile: then what was found here does not count.
          changes.append(
            RefChange(
              name: ref.name, test: policy == .mirror ? .any : .exactly(old), set: ref.id))
        }
      }
      let total = changed + changes.count
      progress(TransferProgress(phase: "refs", done: changed, total: total, bytes: 0))
      var isComplete = true
      for start in stride(from: 0, to: changes.count, by: 1000) {
        try Task.checkCancellation()
        let batch = Array(changes[start..<min(start + 1000, changes.count)])
        if case .moved = try await engine.setRefs(batch) {
          isComplete = false
          break
        }
        changed += batch.count
        progress(TransferProgress(phase: "refs", done: changed, total: total, bytes: 0))
      }
      if isComplete { return (changed, kept) }
    }
  }
}
