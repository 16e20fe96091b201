import GitObjects
import RedisScripting

/// A store that can be read: the first layer of a backend.
///
/// Source: Irmin's read-only store, `mem` and `find`.
public protocol ReadOnlyStore<Key, Value>: Sendable {
  associatedtype Key: Hashable & Sendable
  associatedtype Value: Sendable

  /// Whether a value is stored under the key.
  func mem(_ key: Key) async throws -> Bool

  /// The value under the key; nil when there is none.
  ///
  /// - Throws: When the value cannot be decoded, naming the key: such a value is not absent.
  func find(_ key: Key) async throws -> Value?

  /// Whether values are stored under several keys, in their order. Has a default, which asks for one
  /// after the other: a backend on a network answers them in one round trip.
  func mem(_ keys: [Key]) async throws -> [Bool]

  /// The values under several keys, in their order; nil where there is none. Has a default, as for `mem`.
  func find(_ keys: [Key]) async throws -> [Value?]
}

extension ReadOnlyStore {
  public func mem(_ keys: [Key]) async throws -> [Bool] {
    var answers: [Bool] = []
    for key in keys { answers.append(try await mem(key)) }
    return answers
  }

  public func find(_ keys: [Key]) async throws -> [Value?] {
    var answers: [Value?] = []
    for key in keys { answers.append(try await find(key)) }
    return answers
  }
}

/// A store that finds the key of a value by itself: the hash of its bytes.
///
/// Source: Irmin's content-addressable (append-only) store, `add`.
public protocol ContentAddressedStore<Key, Value>: ReadOnlyStore {
  /// Stores a value and answers its key. Adding it again changes nothing.
  @discardableResult
  func add(_ value: Value) async throws -> Key

  /// Stores several values and answers their keys in order. Has a default, which stores one after the
  /// other: a backend on a network does it in one round trip. All are there when this returns; when it
  /// throws, some may be.
  ///
  /// Source: Irmin's `batch`.
  @discardableResult
  func add(_ values: [Value]) async throws -> [Key]
}

extension ContentAddressedStore {
  @discardableResult
  public func add(_ values: [Value]) async throws -> [Key] {
    var keys: [Key] = []
    for value in values { keys.append(try await add(value)) }
    return keys
  }
}

/// A store of links between low-level keys. It knows nothing of values, and need not know the keys.
///
/// Source: Irmin's link store, `add index key`.
public protocol LinkStore<Key>: ReadOnlyStore where Value == Key {
  /// Records that an index leads to a key, from now on to this one.
  func add(_ index: Key, _ key: Key) async throws
}

/// A store whose values change, each atomically: the branches.
///
/// Everything about watches but telling them is in ``Watchers``.
///
/// Source: Irmin's atomic-write store.
public protocol AtomicWriteStore<Key, Value>: ReadOnlyStore where Value: Equatable {
  /// A running watch: ``Watchers/Watch``, unless the backend has something of its own.
  associatedtype Watch: Sendable = Watchers<Key, Value>.Watch

  /// All keys, in no order. Never looks at anything else that the server holds.
  func list() async throws -> [Key]

  /// Puts a value under the key, whatever is there.
  func set(_ key: Key, _ value: Value) async throws

  /// Takes away what is under the key, if anything is.
  func remove(_ key: Key) async throws

  /// Sets the value, or removes it for nil, if the present one is `test`; nil means absent. Nobody,
  /// also no other process, can change the value between the test and the change.
  ///
  /// - Returns: Whether the test held. When it did not, nothing was changed.
  func testAndSet(_ key: Key, test: Value?, set: Value?) async throws -> Bool

  /// Removes all keys. Has a default, which removes one after the other.
  func clear() async throws

  /// Calls back for each change of any key, in order, also for changes by other processes. Values
  /// are as they are after the change; nil when the key was removed. Of changes that another process
  /// makes in quick succession to one key, a backend may tell the last one alone. Setting what is
  /// there already is no change.
  ///
  /// - Parameters:
  ///   - initial: What the caller knows; keys that differ now are reported first. nil: none are.
  ///   - body: Called for one change at a time.
  func watch(
    initial: [Key: Value]?, _ body: @escaping @Sendable (Key, Value?) async -> Void
  ) async throws -> Watch

  /// As ``watch(initial:_:)`` for one key.
  ///
  /// - Parameters:
  ///   - key: What is watched, whether it is there or not.
  ///   - initial: What the caller knows; if something else is there now, that is reported first. nil:
  ///     it is not.
  ///   - body: Called for one change at a time.
  func watchKey(
    _ key: Key, initial: Value?, _ body: @escaping @Sendable (Value?) async -> Void
  ) async throws -> Watch

  /// Ends a watch: when this returns, no further callback begins. May be called from the watch's own
  /// callback.
  func unwatch(_ watch: Watch) async throws
}

extension AtomicWriteStore {
  public func clear() async throws {
    for key in try await list() { try await remove(key) }
  }
}

/// The layers from which a whole store is made, with ``Make`` or ``KV``.
///
/// Objects are Git objects under their ids; branches are names with the id of a commit. The three layers
/// share a place and never see each other's keys. <doc:WritingABackend> makes one from an empty folder;
/// the package's product `IrminsulTestKit` has the suite that it must pass.
///
/// Source: Irmin's backend signature; `writing a storage backend` in its documentation.
public protocol Backend: Sendable {
  associatedtype Objects: ContentAddressedStore<ObjectID, FramedObject>
  associatedtype Links: LinkStore<ObjectID>
  associatedtype Branches: AtomicWriteStore<String, ObjectID>

  /// Which ids objects have.
  var algorithm: HashAlgorithm { get }
  /// How trees are written. Has a default: ``DirectoryLayout/git``. A backend that lets its users
  /// choose keeps the choice beside its data, as a store of one layout is misread with the other.
  var layout: DirectoryLayout { get }
  /// Where it is, for messages; without a password.
  var location: String { get }
  var objects: Objects { get }
  var links: Links { get }
  var branches: Branches { get }

  /// Releases what the backend holds and ends its watches. May be called again; every other call then
  /// throws ``StoreError/host(_:)`` with `HostError.closed`.
  func close() async
}

extension Backend {
  public var layout: DirectoryLayout { .git }
}
