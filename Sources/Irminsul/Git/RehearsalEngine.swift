import GitObjects
import RedisScripting

/// A store together with the objects of a repository on this machine: what would be if they were stored. Nothing is:
/// what is written stays in memory, and no ref moves.
final class RehearsalEngine: StoreEngine {
  private let base: ScriptedEngine
  private let local: LocalRepository
  private let made = Locked<[ObjectID: FramedObject]>([:])

  init(_ base: ScriptedEngine, _ local: LocalRepository) {
    self.base = base
    self.local = local
  }

  var location: String { base.location }
  var algorithm: HashAlgorithm { base.algorithm }
  var layout: DirectoryLayout { base.layout }
  var maximumObjectSize: Int { base.maximumObjectSize }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    var found = made.withLock { made in ids.map { made[$0] } }
    let unmade = found.indices.filter { found[$0] == nil }
    for (at, object) in zip(unmade, try await base.readObjects(unmade.map { ids[$0] })) {
      found[at] = object
    }
    let unstored = found.indices.filter { found[$0] == nil }
    if unstored.isEmpty { return found }
    for (at, object) in zip(unstored, try await local.framed(unstored.map { ids[$0] })) {
      found[at] = object
    }
    return found
  }

  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?] {
    try await readObjects(ids).map { $0?.kind }
  }

  func writeObjects(_ objects: [IdentifiedObject]) async throws -> Int {
    made.withLock { made in
      for object in objects { made[object.id] = object.object }
    }
    return objects.count
  }

  /// None: only wide directories have any, and those git does not push to.
  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] { [] }

  func find(_ start: FindStart, _ path: Path, _ detail: FindDetail) async throws -> Found {
    let head: ObjectID
    switch start {
    case .ref(let name):
      guard let id = try await ref(name) else { return .noHead }
      head = id
    case .id(let id): head = id
    }
    let objects = ObjectDatabase(engine: self, cacheSize: 0)
    guard let object = try await objects.find(head) else { return .noHead }
    let root =
      object.kind == .commit ? try Commit(id: head, framed: object, in: location).tree : head
    let tree = Tree(root: Directory(base: root), objects: objects)
    guard let entry = try await tree.entry(path) else { return .absent(head: head) }
    if detail == .entry || entry.mode.isSubmodule { return .entry(head: head, entry, nil) }
    return .entry(head: head, entry, try await objects.read(entry.id))
  }

  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply {
    throw Self.rehearsed
  }

  func ref(_ name: String) async throws -> ObjectID? { try await base.ref(name) }

  func refs(prefix: String) async throws -> [String: ObjectID] {
    try await base.refs(prefix: prefix)
  }

  func setRefs(_ changes: [RefChange]) async throws -> SetRefsReply { throw Self.rehearsed }

  func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict, _ objects: ObjectDatabase
  ) async throws -> SetRefsReply {
    throw Self.rehearsed
  }

  func changes(of ref: String?, after position: Int64?) async throws -> RefChangeFeed {
    throw Self.rehearsed
  }

  /// The store is not this one's to close.
  func close() async {}

  private static var rehearsed: StoreError {
    .unsupported("changes of refs: it only finds out what would be")
  }
}
