import GitObjects
import RedisScripting

/// What a repository asks of the place that keeps its data. One engine runs the scripts on a host;
/// the other builds the same from the classic layers of a ``Backend``.
protocol StoreEngine: Sendable {
  /// For messages.
  var location: String { get }
  var algorithm: HashAlgorithm { get }
  var layout: DirectoryLayout { get }
  /// Objects larger than this, in bytes, are refused.
  var maximumObjectSize: Int { get }

  /// The objects that are stored, in the order of the ids; nil for one that is not.
  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?]

  /// Where large blobs are stored in chunks, if they are.
  var chunkStore: ScriptedEngine? { get }

  /// What is stored under each of some ids; nil for nothing. One round trip.
  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?]

  /// Stores objects that are not there yet. Answers how many were new.
  @discardableResult
  func writeObjects(_ objects: [IdentifiedObject]) async throws -> Int

  /// The trees of a directory on the way to a name. One round trip.
  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject]

  /// The entry at a path, in as few round trips as the place allows.
  func find(_ start: FindStart, _ path: Path, _ detail: FindDetail) async throws -> Found

  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply

  /// What a ref points to; a full name such as `refs/heads/main`.
  func ref(_ name: String) async throws -> ObjectID?

  /// All refs whose full names start with a prefix.
  func refs(prefix: String) async throws -> [String: ObjectID]

  /// Changes all of the refs or none.
  func setRefs(_ changes: [RefChange]) async throws -> SetRefsReply

  /// As ``setRefs(_:)`` for refs that move to new commits. When the answer is lost, finds out whether
  /// it was done.
  ///
  /// - Parameters:
  ///   - key: Of a request that may have been made before.
  ///   - verdict: What becomes of the request if it was not.
  func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict, _ objects: ObjectDatabase
  ) async throws -> SetRefsReply

  /// Ref changes from a position on (nil: from now), as they happen.
  func changes(of ref: String?, after position: Int64?) async throws -> RefChangeFeed

  func close() async
}

extension StoreEngine {
  var chunkStore: ScriptedEngine? { nil }
}

/// An object with the id that it hashes to.
struct IdentifiedObject: Sendable {
  let id: ObjectID
  let object: FramedObject

  init(_ object: FramedObject, _ algorithm: HashAlgorithm) {
    id = object.id(algorithm)
    self.object = object
  }

  /// For an id that is known to be right.
  init(id: ObjectID, object: FramedObject) {
    self.id = id
    self.object = object
  }
}

/// Where a path starts.
enum FindStart: Sendable {
  /// The head of a ref, by its full name.
  case ref(String)
  /// A commit or a tree.
  case id(ObjectID)
}

/// Whether the bytes of a found object are wanted as well.
enum FindDetail: String, Sendable {
  case entry
  case bytes
}

enum Found: Sendable {
  /// No such ref or object.
  case noHead
  case absent(head: ObjectID)
  case entry(head: ObjectID, Entry, FramedObject?)
}

/// A test of one ref and what to do when all tests of the request hold.
struct RefChange: Sendable {
  enum Test: Sendable, Equatable {
    case any
    /// nil: the ref must be absent.
    case exactly(ObjectID?)
  }

  let name: String
  let test: Test
  /// nil removes the ref.
  let set: ObjectID?
}

enum SetRefsReply: Sendable {
  case set(position: Int64)
  /// The same request was made before; what it has set each ref to, nil where it changed nothing.
  case done([ObjectID?], position: Int64)
  /// The same request was found to have nothing to do before.
  case unchanged(position: Int64)
  /// The same request was refused before.
  case refused
  /// The refs whose tests failed, and where they are.
  case moved([(name: String, found: ObjectID?)])
}

/// What the client has found out about a request that it makes itself; the scripts' words.
enum RequestVerdict: String, Sendable {
  /// It can be made.
  case make = ""
  /// There is nothing to do: its refs stay as they are, and that is kept under its token.
  case leave
  /// It must not be made, which is kept as well.
  case refuse
}
