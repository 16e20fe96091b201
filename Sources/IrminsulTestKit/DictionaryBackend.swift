import Irminsul
import RedisScripting

/// The smallest backend there can be: three dictionaries. It shows what a backend has to bring, and
/// proves that a whole store can be made from the classic layers alone.
///
/// ```swift
/// let repository = Repository(backend: DictionaryBackend())
/// ```
public struct DictionaryBackend: Backend {
  public let algorithm: HashAlgorithm
  public let objects: Objects
  public let layout: DirectoryLayout
  public let links: Links
  public let branches: Branches
  private let isOpen = OpenFlag()

  /// An empty store.
  public init(algorithm: HashAlgorithm = .sha1, layout: DirectoryLayout = .git) {
    self.algorithm = algorithm
    self.layout = layout
    objects = Objects(algorithm: algorithm, isOpen: isOpen)
    links = Links(isOpen: isOpen)
    branches = Branches(isOpen: isOpen)
  }

  public var location: String { "dictionaries" }

  public func close() async {
    isOpen.close()
    branches.endWatches()
  }

  /// Objects by id.
  public final class Objects: ContentAddressedStore {
    private let algorithm: HashAlgorithm
    private let isOpen: OpenFlag
    private let values = Locked<[ObjectID: FramedObject]>([:])

    init(algorithm: HashAlgorithm, isOpen: OpenFlag) {
      self.algorithm = algorithm
      self.isOpen = isOpen
    }

    public func mem(_ key: ObjectID) async throws -> Bool { try await find(key) != nil }

    public func find(_ key: ObjectID) async throws -> FramedObject? {
      try isOpen.check()
      return values.withLock { $0[key] }
    }

    public func add(_ value: FramedObject) async throws -> ObjectID {
      try isOpen.check()
      let id = value.id(algorithm)
      values.withLock { $0[id] = value }
      return id
    }
  }

  /// Links between ids.
  public final class Links: LinkStore {
    private let isOpen: OpenFlag
    private let values = Locked<[ObjectID: ObjectID]>([:])

    init(isOpen: OpenFlag) { self.isOpen = isOpen }

    public func mem(_ key: ObjectID) async throws -> Bool { try await find(key) != nil }

    public func find(_ key: ObjectID) async throws -> ObjectID? {
      try isOpen.check()
      return values.withLock { $0[key] }
    }

    public func add(_ index: ObjectID, _ key: ObjectID) async throws {
      try isOpen.check()
      values.withLock { $0[index] = key }
    }
  }
}

/// Whether a backend is still open.
final class OpenFlag: Sendable {
  private let isClosed = Locked(false)

  func close() { isClosed.withLock { $0 = true } }

  func check() throws {
    if isClosed.withLock({ $0 }) { throw StoreError.host(.closed(location: "dictionaries")) }
  }
}
