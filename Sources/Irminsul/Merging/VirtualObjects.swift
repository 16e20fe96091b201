import GitObjects
import RedisScripting

/// Objects that are not stored, in front of those that are: trees that are merged before anything of
/// them is written, and the virtual ancestors of a merge, which never are.
final class VirtualObjects: StoreEngine {
  /// nil when everything is in memory.
  private let stored: (any StoreEngine)?
  private let objects: [ObjectID: FramedObject]
  let algorithm: HashAlgorithm

  init(
    _ objects: [IdentifiedObject], over stored: (any StoreEngine)?, _ algorithm: HashAlgorithm
  ) {
    self.stored = stored
    self.algorithm = algorithm
    self.objects = Dictionary(objects.map { ($0.id, $0.object) }) { first, _ in first }
  }

  var location: String { stored?.location ?? "memory" }
  var layout: DirectoryLayout { stored?.layout ?? .git }
  var maximumObjectSize: Int { stored?.maximumObjectSize ?? .max }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    var found = ids.map { objects[$0] }
    let unknown = found.indices.filter { found[$0] == nil }
    if let stored, !unknown.isEmpty {
      let read = try await stored.readObjects(unknown.map { ids[$0] })
      for (at, object) in zip(unknown, read) { found[at] = object }
    }
    return found
  }

  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?] {
    try await readObjects(ids).map { $0?.kind }
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] {
    // The parts of a virtual one are read one after another.
    guard let stored, objects[directory] == nil else { return [] }
    return try await stored.trail(directory, name)
  }

  private var noStore: StoreError {
    .unsupported("a change of a store by trees that are in memory")
  }

  func writeObjects(_ objects: [IdentifiedObject]) async throws -> Int { throw noStore }
  func find(_ start: FindStart, _ path: Path, _ detail: FindDetail) async throws -> Found {
    throw noStore
  }
  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply {
    throw noStore
  }
  func ref(_ name: String) async throws -> ObjectID? { throw noStore }
  func refs(prefix: String) async throws -> [String: ObjectID] { throw noStore }
  func setRefs(_ changes: [RefChange]) async throws -> SetRefsReply { throw noStore }
  func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict, _ objects: ObjectDatabase
  ) async throws -> SetRefsReply { throw noStore }
  func changes(of ref: String?, after position: Int64?) async throws -> RefChangeFeed {
    throw noStore
  }
  func close() async {}
}
