import GitObjects

/// Where the refs of a store lead: tags are followed.
struct RefRoots: Sendable {
  struct Root: Sendable {
    /// A full name, or `HEAD` for one that is on no branch.
    let ref: String
    /// Tag objects on the way.
    fileprivate(set) var tags: [ObjectID] = []
    fileprivate(set) var id: ObjectID
    /// Of what the way ends at.
    fileprivate(set) var kind = ObjectKind.commit
  }

  /// Branches first, then by name.
  private(set) var roots: [Root]

  /// A round trip for each two thousand refs, and two more for each step from tag to tag.
  init(_ repository: Repository) async throws {
    let objects = repository.objects
    let refs = try await objects.engine.refs(prefix: "refs/")
    roots = refs.map { Root(ref: $0.key, id: $0.value) }
    if objects.engine is ScriptedEngine,
      let id = ObjectID(hex: try await repository.headReference())
    {
      roots.append(Root(ref: "HEAD", id: id))
    }
    roots.sort { left, right in
      let isBranch = Branch.name(ofRef: left.ref) != nil
      if isBranch != (Branch.name(ofRef: right.ref) != nil) { return isBranch }
      return left.ref < right.ref
    }
    try await peel(objects)
  }

  private mutating func peel(_ objects: ObjectDatabase) async throws {
    var open = Array(roots.indices)
    while !open.isEmpty {
      var tagged: [Int] = []
      for start in stride(from: 0, to: open.count, by: 1000) {
        let batch = Array(open[start..<min(open.count, start + 1000)])
        let kinds = try await objects.engine.kinds(of: batch.map { roots[$0].id })
        for (at, kind) in zip(batch, kinds) {
          guard let kind else {
            throw StoreError.missingObject(roots[at].id, in: objects.location)
          }
          roots[at].kind = kind
          if kind == .tag { tagged.append(at) }
        }
      }
      for (at, object) in zip(tagged, try await objects.read(tagged.map { roots[$0].id })) {
        let id = roots[at].id
        roots[at].tags.append(id)
        do {
          roots[at].id = try TagObject(object, algorithm: objects.algorithm).object
        } catch {
          throw StoreError.damagedObject(id, in: objects.location, reason: "\(error)")
        }
      }
      open = tagged
    }
  }

  /// The commits that refs lead to.
  var commits: [ObjectID] {
    var seen: Set<ObjectID> = []
    return roots.compactMap { $0.kind == .commit && seen.insert($0.id).inserted ? $0.id : nil }
  }
}
