import GitObjects
import RedisScripting

extension Repository {
  /// A proof of what is at a path, or that nothing is.
  ///
  /// Costs what reading the path does: a round trip for each directory on the way, and one for the value.
  ///
  /// - Parameters:
  ///   - path: What is to be shown.
  ///   - id: A commit, which is then a part of the proof, or a tree.
  ///   - value: Whether the bytes of a blob that is there are in the proof.
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/badPath(_:reason:)``.
  public func proof(
    of path: Path, in id: ObjectID, value: PathProof.ValueDetail = .included
  ) async throws -> PathProof {
    try path.checkForReading()
    var trail = [try await objects.read(id)]
    var entry = Entry(mode: .tree, id: id)
    switch trail[0].kind {
    case .tree: break
    case .commit:
      entry = Entry(mode: .tree, id: try Commit(id: id, framed: trail[0], in: location).tree)
      trail.append(try await objects.read(entry.id))
    case .blob, .tag: throw StoreError.notACommit(id)
    }
    for (number, name) in path.steps.enumerated() {
      guard entry.mode.isTree else { break }
      if number > 0 { trail.append(try await objects.read(entry.id)) }
      guard let found = try await find(name, in: entry.id, &trail) else {
        return try PathProof(root: id, path: path, objects: trail)
      }
      entry = Entry(mode: found.mode, id: found.id)
    }
    // A blob on the way is the end of it.
    let isThere = try PathProof(root: id, path: path, objects: trail).finding != .absent
    if isThere, entry.mode.objectKind == .blob, value == .included {
      trail.append(try await objects.read(entry.id))
    }
    return try PathProof(root: id, path: path, objects: trail)
  }

  /// The entry of one name, with the trees on the way to it below the last one appended.
  private func find(
    _ name: Bytes, in directory: ObjectID, _ trail: inout [FramedObject]
  ) async throws -> TreeEntry? {
    guard var object = trail.last else { return nil }
    try object.checkLayout(layout, algorithm)
    var step = DirectoryStep(name: name, layout: layout)
    var id = directory
    var fetched: [ObjectID: FramedObject] = [:]
    while true {
      switch try step.enter(try objects.tree(id, object), id, in: location) {
      case .found(let entry): return entry
      case .below(let next):
        if fetched.isEmpty, objects.cachedTree(next) == nil {
          // All of them in one round trip, held here: the cache may be too small.
          for part in try await engine.trail(directory, name) { fetched[part.id] = part.object }
        }
        id = next
        if let part = fetched[next] { object = part } else { object = try await objects.read(next) }
        trail.append(object)
      }
    }
  }

  /// Runs a computation on a tree and makes a proof of all that it reads.
  ///
  /// ```swift
  /// let proved = try await repository.prove(commit.id) { tree in
  ///   let balance = try await tree.find("accounts/ada", as: Counter.self)?.value ?? 0
  ///   tree = try await tree.adding(Counter(balance + 5), at: "accounts/ada")
  /// }
  /// try send(proved.proof.encoded())
  /// ```
  ///
  /// Nothing is stored. What it reads is held in memory; values that it only learns the ids of are not read.
  ///
  /// - Parameters:
  ///   - id: A commit, which is then a part of the proof, or a tree.
  ///   - isolation: Where the closure runs: where the caller does.
  ///   - computation: May read the tree that it is given, and change it. To be verified it must depend on nothing
  ///     else.
  public func prove<Result>(
    _ id: ObjectID, isolation: isolated (any Actor)? = #isolation,
    _ computation: (inout Tree) async throws -> Result
  ) async throws -> Proved<Result> {
    let recorder = ProofRecorder(objects)
    let recorded = ObjectDatabase(engine: recorder, cacheSize: max(options.cacheSize, 1 << 20))
    let start = try await recorded.read(id)
    let root: ObjectID
    switch start.kind {
    case .tree: root = id
    case .commit: root = try Commit(id: id, framed: start, in: location).tree
    case .blob, .tag: throw StoreError.notACommit(id)
    }
    _ = try await recorded.tree(root)
    var tree = Tree(root: Directory(base: root), objects: recorded)
    let result = try await computation(&tree)
    let after = try await tree.hash(algorithm)
    return Proved(
      result: result,
      proof: try Proof(root: id, after: after, layout: layout, objects: recorder.objects))
  }
}

extension Branch {
  /// A proof of what the head has at a path, or that it has nothing there; see
  /// ``Repository/proof(of:in:value:)``. One round trip more.
  ///
  /// - Throws: ``StoreError/noSuchBranch(_:)`` when there is no head.
  public func proof(
    of path: Path, value: PathProof.ValueDetail = .included
  ) async throws -> PathProof {
    guard let head = try await head()?.id else { throw StoreError.noSuchBranch(name) }
    return try await repository.proof(of: path, in: head, value: value)
  }
}
