import GitObjects
import RedisScripting

/// A store's objects with refs of its own, which only this process has and nobody keeps: what is committed there is
/// stored, and reached by no ref of the store.
final class DetachedEngine: StoreEngine {
  private let base: any StoreEngine
  private let refs: Locked<[String: ObjectID]>

  init(_ base: any StoreEngine, _ refs: [String: ObjectID]) {
    self.base = base
    self.refs = Locked(refs)
  }

  var location: String { base.location }
  var algorithm: HashAlgorithm { base.algorithm }
  var layout: DirectoryLayout { base.layout }
  var maximumObjectSize: Int { base.maximumObjectSize }
  var chunkStore: ScriptedEngine? { base.chunkStore }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    try await base.readObjects(ids)
  }

  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?] { try await base.kinds(of: ids) }

  func writeObjects(_ objects: [IdentifiedObject]) async throws -> Int {
    try await base.writeObjects(objects)
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] {
    try await base.trail(directory, name)
  }

  func find(_ start: FindStart, _ path: Path, _ detail: FindDetail) async throws -> Found {
    guard case .ref(let name) = start else { return try await base.find(start, path, detail) }
    guard let head = try await ref(name) else { return .noHead }
    return try await base.find(.id(head), path, detail)
  }

  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply {
    if request.key != nil {
      throw StoreError.unsupported("request tokens of a detached head: nobody would keep them")
    }
    var commit = ClientCommit(engine: self, objects: objects)
    return try await commit.make(request)
  }

  func ref(_ name: String) async throws -> ObjectID? { refs.withLock { $0[name] } }

  func refs(prefix: String) async throws -> [String: ObjectID] {
    refs.withLock { $0.filter { $0.key.hasPrefix(prefix) } }
  }

  func setRefs(_ changes: [RefChange]) async throws -> SetRefsReply {
    let ids = changes.compactMap(\.set)
    for (id, kind) in zip(ids, try await base.kinds(of: ids)) {
      guard let kind else { throw StoreError.missingObject(id, in: location) }
      guard kind == .commit else { throw StoreError.notACommit(id) }
    }
    return refs.withLock { refs in
      let moved = changes.filter { change in
        if case .exactly(let test) = change.test { test != refs[change.name] } else { false }
      }
      if !moved.isEmpty { return .moved(moved.map { ($0.name, refs[$0.name]) }) }
      for change in changes { refs[change.name] = change.set }
      return .set(position: 0)
    }
  }

  func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict, _ objects: ObjectDatabase
  ) async throws -> SetRefsReply {
    try await setRefs(changes)
  }

  func changes(of ref: String?, after position: Int64?) async throws -> RefChangeFeed {
    throw StoreError.unsupported("watches of a detached head: only this process moves it")
  }

  /// The store is not this one's to close.
  func close() async {}
}

/// What a handle stands for.
public enum HandleStatus: Sendable, Hashable {
  /// A branch of the store.
  case branch(String)
  /// A commit that no branch follows.
  case commit(ObjectID)
  /// Nothing yet, and no branch.
  case empty
}

extension Repository {
  /// A handle that stands for a commit and for no branch, or for nothing: everything can be done with it that can be
  /// done with a branch. Its commits are stored, its head is known to this handle and its copies alone.
  ///
  /// ```swift
  /// let trial = repository.detached(at: head)
  /// try await trial.merge(other)
  /// try await repository.createBranch("trial", at: trial.head()!.id)
  /// ```
  ///
  /// Source: Irmin's `of_commit` and `empty`; git's detached HEAD.
  public func detached(at commit: ObjectID? = nil) -> Branch {
    detached(at: commit, options: options)
  }

  func detached(at commit: ObjectID?, options: Options) -> Branch {
    let name = "detached"
    let engine = DetachedEngine(
      engine, commit.map { [Branch.refName(name): $0] } ?? [:])
    return Repository(engine: engine, objects: objects, options: options).branch(name)
  }
}

extension Branch {
  /// What this handle stands for. No round trip.
  ///
  /// Source: Irmin's `status`.
  public func status() async throws -> HandleStatus {
    guard engine is DetachedEngine else { return .branch(name) }
    return try await engine.ref(ref).map(HandleStatus.commit) ?? .empty
  }
}
