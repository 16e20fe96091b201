import GitObjects
import RedisScripting

/// An engine for trees that are read, edited and hashed, but never become a store: what has refs and
/// commits is refused.
protocol ReadingEngine: StoreEngine {}

extension ReadingEngine {
  private var noStore: StoreError {
    .unsupported("a change of a store by trees that are in memory")
  }

  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?] {
    try await readObjects(ids).map { $0?.kind }
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
