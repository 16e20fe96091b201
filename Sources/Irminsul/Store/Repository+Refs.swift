import GitObjects
import RedisScripting

extension Repository {
  /// The names of all branches, sorted. One round trip for each two thousand refs.
  public func branches() async throws -> [String] {
    try await engine.refs(prefix: Branch.refPrefix).keys.compactMap(Branch.name(ofRef:)).sorted()
  }

  /// The head of each branch, by name.
  public func heads() async throws -> [String: ObjectID] {
    let refs = try await engine.refs(prefix: Branch.refPrefix)
    return Dictionary(
      refs.compactMap { ref, id in Branch.name(ofRef: ref).map { ($0, id) } }
    ) { first, _ in first }
  }

  /// All refs by full name, such as `refs/tags/v1`, with the ids that they hold: branches, tags, and
  /// whatever was imported; all as they were at one moment.
  ///
  /// One round trip for each two thousand refs, and where there are more, one for each thousand changes meanwhile.
  public func refs(prefix: String = "refs/") async throws -> [String: ObjectID] {
    try await engine.refs(prefix: prefix)
  }

  /// Makes a branch at a commit. One round trip.
  ///
  /// - Throws: ``StoreError/branchExists(_:)``, ``StoreError/branchNameClash(_:with:)``,
  ///   ``StoreError/missingObject(_:in:)``.
  @discardableResult
  public func createBranch(_ name: String, at commit: ObjectID) async throws -> Branch {
    try Branch.check(name)
    let reply = try await engine.setRefs([
      RefChange(name: Branch.refName(name), test: .exactly(nil), set: commit)
    ])
    if case .moved = reply { throw StoreError.branchExists(name) }
    return branch(name)
  }

  /// Removes a branch; its commits stay. One or two round trips, more where it has lost its id, which does not keep
  /// it from being removed, or is not there.
  ///
  /// - Throws: ``StoreError/noSuchBranch(_:)``.
  public func deleteBranch(_ name: String) async throws {
    let ref = Branch.refName(name)
    var head = try await engine.ref(ref)
    // One with a bad name, from elsewhere, can be removed.
    if head == nil { try Branch.check(name) }
    while let test = head {
      let reply = try await engine.setRefs([
        RefChange(name: ref, test: .exactly(test), set: nil)
      ])
      guard case .moved(let refs) = reply else { return }
      head = refs.first?.found
    }
    guard try await removeDamaged(ref) else { throw StoreError.noSuchBranch(name) }
  }

  /// Removes a ref that has lost its id; false when there is none.
  private func removeDamaged(_ ref: String) async throws -> Bool {
    guard let engine = engine as? ScriptedEngine else { return false }
    let listing = try await engine.listing(prefix: ref, .plain, .collected)
    guard listing.broken[Bytes(ref.utf8)] != nil else { return false }
    try await setRefs([RefChange(name: ref, test: .exactly(nil), set: nil)])
    return true
  }

  /// Gives a branch another name, in one step that nobody sees half done.
  ///
  /// - Throws: ``StoreError/noSuchBranch(_:)``, ``StoreError/branchExists(_:)``.
  public func renameBranch(_ name: String, to newName: String) async throws {
    try Branch.check(name)
    try Branch.check(newName)
    var head = try await engine.ref(Branch.refName(name))
    if head != nil, newName == name { return }
    while let test = head {
      let reply = try await engine.setRefs([
        RefChange(name: Branch.refName(name), test: .exactly(test), set: nil),
        RefChange(name: Branch.refName(newName), test: .exactly(nil), set: test),
      ])
      guard case .moved(let refs) = reply else {
        try await moveHead(from: name, to: newName)
        return
      }
      if refs.contains(where: { $0.name == Branch.refName(newName) }) {
        throw StoreError.branchExists(newName)
      }
      head = refs.first?.found
    }
    throw StoreError.noSuchBranch(name)
  }

  /// A new branch at the head of another one; when that is empty, the target is removed.
  ///
  /// Source: Irmin's `clone`.
  public func cloneBranch(_ name: String, to newName: String) async throws {
    try Branch.check(name)
    try Branch.check(newName)
    let head = try await engine.ref(Branch.refName(name))
    _ = try await engine.setRefs([
      RefChange(name: Branch.refName(newName), test: .any, set: head)
    ])
  }

  /// Sets or removes refs of any kind, all or none.
  ///
  /// - Throws: ``StoreError/headMoved(branch:found:)`` for the first whose test failed.
  func setRefs(_ changes: [RefChange]) async throws {
    if case .moved(let refs) = try await engine.setRefs(changes), let first = refs.first {
      throw StoreError.headMoved(branch: first.name, found: first.found)
    }
  }

  /// What the store's HEAD says: `ref: refs/heads/main`, or an id in hexadecimal.
  public func headReference() async throws -> String {
    let engine = try scripted("HEAD")
    let reply: Reply
    do {
      reply = try await engine.host.run(
        Command(arguments: [
          Bytes("HGET".utf8), engine.keys.key("meta"), Bytes("head".utf8),
        ]))
    } catch {
      throw StoreError.host(error)
    }
    return reply.text ?? "ref: refs/heads/main"
  }

  /// Sets what ``headReference()`` answers.
  func setHeadReference(_ text: String) async throws {
    _ = try await scripted("HEAD").call(.setHead, [Bytes(text.utf8)])
  }

  private func moveHead(from name: String, to newName: String) async throws {
    guard engine is ScriptedEngine,
      try await headReference() == "ref: \(Branch.refName(name))"
    else { return }
    try await setHeadReference("ref: \(Branch.refName(newName))")
  }

  func scripted(_ what: String) throws(StoreError) -> ScriptedEngine {
    guard let engine = engine as? ScriptedEngine else { throw .unsupported(what) }
    return engine
  }
}
