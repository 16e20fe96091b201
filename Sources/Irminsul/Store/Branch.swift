import GitObjects
import RedisScripting

/// A branch of a repository: a name whose head moves from commit to commit. The handle itself holds
/// no state; the branch need not exist before its first write.
///
/// ```swift
/// let main = repository.branch("main")
/// try await main.set("greeting", to: "hello", "Say hello")
/// let text = try await main.get("greeting", as: String.self)
/// ```
///
/// Every read sees the head of its moment; use ``snapshot()`` for several that belong together.
/// Every write makes one commit in one round trip, rebased by the server on whatever the head is.
///
/// Source: Irmin's `Store.t` of a branch.
public struct Branch: Sendable {
  public let repository: Repository
  /// The short name, such as `main`.
  public let name: String
  var coalescer: Coalescer?

  init(repository: Repository, name: String) {
    self.repository = repository
    self.name = name
  }

  var engine: any StoreEngine { repository.engine }
  var ref: String { Self.refName(name) }

  static let refPrefix = "refs/heads/"
  static func refName(_ branch: String) -> String { refPrefix + branch }

  static func name(ofRef ref: String) -> String? {
    ref.hasPrefix(refPrefix) ? String(ref.dropFirst(refPrefix.count)) : nil
  }

  /// Refuses a name that breaks a rule of `git check-ref-format`, naming the rule.
  static func check(_ name: String) throws(StoreError) {
    if let problem = BranchName.problem(name) {
      throw .badBranchName(name, reason: "\(problem)")
    }
  }

  // MARK: Reading

  /// The entry at a path; nil when nothing is there or the branch has no head. One round trip.
  public func entry(_ path: Path) async throws -> Entry? {
    try await locate(path, .entry)?.entry
  }

  /// The bytes at a path; nil when nothing or a directory is there. One round trip.
  public func find(_ path: Path) async throws -> Bytes? {
    guard let found = try await locate(path, .bytes), !found.entry.mode.isTree else { return nil }
    return found.object.map { Bytes($0.content) }
  }

  /// The value at a path; nil when nothing or a directory is there. One round trip.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)`` for bytes that are no such value.
  public func find<Value: Contents>(
    _ path: Path, as type: Value.Type
  ) async throws -> Value? {
    guard let found = try await locate(path, .bytes), !found.entry.mode.isTree,
      let object = found.object
    else { return nil }
    return try Value(Bytes(object.content), at: path, in: found.head)
  }

  /// The value at a path. One round trip.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)`` when nothing or a directory is there.
  public func get<Value: Contents>(
    _ path: Path, as type: Value.Type = Value.self
  ) async throws -> Value {
    guard let value = try await find(path, as: type) else {
      throw StoreError.notFound(path, in: "branch \"\(name)\"")
    }
    return value
  }

  /// Whether a blob is at the path. One round trip.
  public func mem(_ path: Path) async throws -> Bool {
    guard let entry = try await entry(path) else { return false }
    return !entry.mode.isTree
  }

  /// Whether a directory is at the path. One round trip.
  public func memTree(_ path: Path) async throws -> Bool {
    try await entry(path)?.mode.isTree ?? false
  }

  /// What is at the path; nil when nothing is. One round trip.
  public func kind(_ path: Path) async throws -> ObjectKind? {
    try await entry(path)?.mode.objectKind
  }

  /// The id of what is at the path; nil when nothing is. One round trip.
  public func hash(_ path: Path) async throws -> ObjectID? {
    try await entry(path)?.id
  }

  /// The entries of the directory at a path, in Git's order; none when nothing or a blob is there.
  /// One round trip, and one for each level of a wide one.
  public func list(_ path: Path = .root) async throws -> [Tree.Item] {
    guard let found = try await locate(path, .bytes), found.entry.mode.isTree,
      let object = found.object
    else { return [] }
    try repository.objects.keep(found.entry.id, object)
    let tree = Tree(root: Directory(base: found.entry.id), objects: repository.objects)
    return try await tree.list()
  }

  /// A part of the entries of the directory at a path, in Git's order: see ``Tree/list(_:_:)``.
  ///
  /// ```swift
  /// let page = try await branch.list("jobs", ListRange(after: last?.nameText, limit: 100))
  /// ```
  ///
  /// Pages of a branch that moves on are of different moments; those of one ``snapshot()`` belong
  /// together.
  public func list(_ path: Path = .root, _ range: ListRange) async throws -> [Tree.Item] {
    try await findTree(path)?.list(.root, range) ?? []
  }

  /// How many entries the directory at a path has; 0 when nothing or a blob is there. One round trip.
  public func count(_ path: Path = .root) async throws -> Int {
    try await findTree(path)?.count() ?? 0
  }

  /// The tree at a path; nil when nothing or a blob is there. One round trip, and more as it is read.
  public func findTree(_ path: Path = .root) async throws -> Tree? {
    guard let found = try await locate(path, .bytes), found.entry.mode.isTree else { return nil }
    if let object = found.object { try repository.objects.keep(found.entry.id, object) }
    return Tree(root: Directory(base: found.entry.id), objects: repository.objects)
  }

  /// The branch's present state, which stays what it is while the branch moves on; nil when the
  /// branch has no head. One round trip.
  public func snapshot() async throws -> Snapshot? {
    guard let found = try await locate(.root, .bytes) else { return nil }
    if let object = found.object { try repository.objects.keep(found.entry.id, object) }
    return Snapshot(
      head: found.head,
      tree: Tree(root: Directory(base: found.entry.id), objects: repository.objects))
  }

  struct Located {
    let head: ObjectID
    let entry: Entry
    let object: FramedObject?
  }

  func locate(_ path: Path, _ detail: FindDetail) async throws -> Located? {
    try Self.check(name)
    try path.checkForReading()
    switch try await engine.find(.ref(ref), path, detail) {
    case .noHead, .absent: return nil
    case .entry(let head, let entry, let object):
      return Located(head: head, entry: entry, object: object)
    }
  }

  // MARK: Writing

  /// Puts a value at a path, whatever is there: the last writer wins. A blob on the way becomes a
  /// directory.
  @discardableResult
  public func set(
    _ path: Path, to value: some Contents, mode: FileMode = .blob, _ info: Info
  ) async throws -> WriteResult {
    try await commit([.set(path, value, mode: mode)], info)
  }

  /// Puts a tree at a path; an empty one removes what is there. At the root it replaces everything.
  @discardableResult
  public func setTree(_ path: Path, to tree: Tree, _ info: Info) async throws -> WriteResult {
    try await commit([.setTree(path, tree)], info)
  }

  /// Removes what is at a path, and directories that become empty.
  @discardableResult
  public func remove(_ path: Path, _ info: Info) async throws -> WriteResult {
    try await commit([.remove(path)], info)
  }

  /// Sets the value at a path, or removes it for nil, if the present value is `test`; nil means that
  /// nothing may be there. Other paths may change freely meanwhile.
  ///
  /// - Throws: ``StoreError/testFailed(_:found:)`` with what is there. The test comes before
  ///   anything else: a wrong test fails also when nothing would change.
  @discardableResult
  public func testAndSet<Value: Contents>(
    _ path: Path, test: Value?, set value: Value?, _ info: Info
  ) async throws -> WriteResult {
    let algorithm = engine.algorithm
    let wanted = try test.map { try $0.framed().id(algorithm) }
    var expected = wanted.map { Entry(mode: .blob, id: $0) }
    while true {
      var edit: BranchEdit
      if let value {
        edit = try .set(path, value, mode: expected?.mode ?? .blob)
      } else {
        edit = .remove(path)
      }
      edit.expectation = .exactly(expected)
      do {
        return try await commit([edit], info)
      } catch StoreError.conflict(_, let conflicts) {
        let found = conflicts.first?.found
        // The value is what counts, not whether the file is executable.
        if let found, let wanted, found.id == wanted, found != expected, !found.mode.isTree {
          expected = found
          continue
        }
        throw StoreError.testFailed(path, found: found)
      }
    }
  }

  /// Makes several edits in one commit, all or none.
  ///
  /// ```swift
  /// try await branch.commit(
  ///   [.set("a", "1"), .remove("b"), .set("c", "3").expecting(nil)], "Three at once")
  /// ```
  ///
  /// One round trip, also for ``BranchEdit/increment(_:by:)`` and its siblings, which never conflict
  /// with one another. Up to 1,000 edits, 1 MB of values and directories of 1 MB together are rebased
  /// by the server; more are committed by the client, which begins again when somebody else changes the same
  /// folders meanwhile.
  ///
  /// - Parameters:
  ///   - edits: Of different paths, or one after the other.
  ///   - info: Who, when and why.
  ///   - parents: In place of the head as the only one.
  ///   - emptyCommit: What happens when nothing changes.
  ///   - token: For a write that may have been made before: see ``RequestToken``.
  /// - Throws: ``StoreError/conflict(branch:_:)`` with every path whose expectation failed.
  @discardableResult
  public func commit(
    _ edits: [BranchEdit], _ info: Info, parents: [ObjectID]? = nil,
    emptyCommit: EmptyCommitPolicy = .skipped, token: RequestToken? = nil
  ) async throws -> WriteResult {
    if let coalescer, parents == nil, emptyCommit == .skipped, token == nil {
      try Self.check(name)
      for edit in edits { try edit.path.check() }
      return try await coalescer.commit(edits, info)
    }
    var branch = repository.request(ref: ref, info)
    branch.emptiness = emptyCommit
    if let parents { branch.parents = .given(parents) }
    return try await repository.commit(
      [(branch: self, request: branch, edits: edits)], token: token)[0]
  }

  // MARK: The head

  /// The commit that the branch is at; nil when it has none. One round trip, two when the commit is
  /// not cached.
  public func head() async throws -> Commit? {
    try Self.check(name)
    guard let id = try await engine.ref(ref) else { return nil }
    return try await repository.objects.commit(id)
  }

  /// Moves the branch to a commit, wherever it was. The commit must be stored.
  public func setHead(_ commit: ObjectID) async throws {
    try Self.check(name)
    _ = try await engine.setRefs([RefChange(name: ref, test: .any, set: commit)])
  }

  /// Moves the branch to a commit, or removes it for nil, if it is at `test`; nil means absent.
  ///
  /// - Throws: ``StoreError/headMoved(branch:found:)``.
  public func testAndSetHead(test: ObjectID?, set: ObjectID?) async throws {
    try Self.check(name)
    let reply = try await engine.setRefs([
      RefChange(name: ref, test: .exactly(test), set: set)
    ])
    if case .moved(let refs) = reply {
      throw StoreError.headMoved(branch: name, found: refs.first?.found)
    }
  }
}
