import GitObjects
import RedisScripting

/// A whole store with the types of a schema, made from any backend's layers.
///
/// It is a typed view of a ``Repository``, which stays reachable for everything else.
///
/// Source: Irmin's `Make` functor; see `writing a storage backend` in its documentation.
public struct Make<Types: Schema>: Sendable {
  public typealias Contents = Types.Contents
  public typealias Metadata = Types.Metadata

  public let repository: Repository
  private let branch: Branch

  /// A store on a backend's layers.
  ///
  /// - Throws: ``StoreError/wrongHash(found:asked:in:)`` when the backend has other ids than the schema.
  public init(
    backend: some Backend, branch: Types.Branch = .main,
    options: Repository.Options = Repository.Options()
  ) throws {
    try self.init(Repository(backend: backend, options: options), branch: branch)
  }

  /// A typed view of a repository.
  ///
  /// - Throws: ``StoreError/wrongHash(found:asked:in:)``, ``StoreError/badBranchName(_:reason:)``.
  public init(_ repository: Repository, branch: Types.Branch = .main) throws {
    guard repository.algorithm == Types.hash else {
      throw StoreError.wrongHash(
        found: repository.algorithm.rawValue, asked: Types.hash.rawValue,
        in: repository.location)
    }
    try Branch.check(branch.branchName)
    self.repository = repository
    self.branch = repository.branch(branch.branchName)
  }

  /// This store's view of another branch.
  public func ofBranch(_ name: Types.Branch) throws -> Make {
    try Make(repository, branch: name)
  }

  /// The contents at a path; nil when nothing or a directory is there.
  public func find(_ path: Types.Path) async throws -> Contents? {
    try await branch.find(Path(steps: path.storeSteps), as: Contents.self)
  }

  /// The contents and their metadata.
  ///
  /// - Throws: ``StoreError/wrongKind(_:found:wanted:)`` for a mode that is no such metadata.
  public func findAll(_ path: Types.Path) async throws -> (contents: Contents, metadata: Metadata)?
  {
    let place = Path(steps: path.storeSteps)
    guard let snapshot = try await branch.snapshot(),
      let entry = try await snapshot.tree.entry(place), !entry.mode.isTree,
      let contents = try await snapshot.find(place, as: Contents.self)
    else { return nil }
    guard let metadata = Metadata(mode: entry.mode) else {
      throw StoreError.wrongKind(place, found: entry.mode, wanted: "\(Metadata.self)")
    }
    return (contents, metadata)
  }

  /// The contents at a path.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)``.
  public func get(_ path: Types.Path) async throws -> Contents {
    try await branch.get(Path(steps: path.storeSteps), as: Contents.self)
  }

  /// Whether contents are at the path.
  public func mem(_ path: Types.Path) async throws -> Bool {
    try await branch.mem(Path(steps: path.storeSteps))
  }

  /// Whether a directory is at the path.
  public func memTree(_ path: Types.Path) async throws -> Bool {
    try await branch.memTree(Path(steps: path.storeSteps))
  }

  /// The names in the directory at a path, in Git's order, and whether each is a directory.
  public func list(_ path: Types.Path) async throws -> [(name: String, kind: ObjectKind)] {
    try await branch.list(Path(steps: path.storeSteps)).map {
      ($0.nameText, $0.entry.mode.objectKind)
    }
  }

  /// Puts contents at a path, whatever is there. One commit.
  @discardableResult
  public func set(
    _ path: Types.Path, to contents: Contents, metadata: Metadata = .standard, _ info: Info
  ) async throws -> WriteResult {
    try await branch.set(
      Path(steps: path.storeSteps), to: contents, mode: metadata.mode, info)
  }

  /// Removes what is at a path, and directories that become empty. One commit, or none when nothing
  /// is there.
  @discardableResult
  public func remove(_ path: Types.Path, _ info: Info) async throws -> WriteResult {
    try await branch.remove(Path(steps: path.storeSteps), info)
  }

  /// Sets or removes (nil) the contents if the present ones are `test`; nil: if nothing is there.
  ///
  /// - Throws: ``StoreError/testFailed(_:found:)``.
  @discardableResult
  public func testAndSet(
    _ path: Types.Path, test: Contents?, set contents: Contents?, _ info: Info
  ) async throws -> WriteResult {
    try await branch.testAndSet(
      Path(steps: path.storeSteps), test: test, set: contents, info)
  }

  /// The commit that the branch is at.
  public func head() async throws -> Commit? { try await branch.head() }

  /// The changes of the branch, or of a path in it, from now on.
  public func watch(_ path: Types.Path? = nil) async throws -> Watch {
    try await branch.watch(path.map { Path(steps: $0.storeSteps) })
  }

  /// Releases what the repository holds. May be called again.
  public func close() async { await repository.close() }
}
