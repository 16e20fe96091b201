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
}

/// A store that finds the key of a value by itself: the hash of its bytes.
///
/// Source: Irmin's content-addressable (append-only) store, `add`.
public protocol ContentAddressedStore<Key, Value>: ReadOnlyStore {
  /// Stores a value and answers its key. Adding it again changes nothing.
  @discardableResult
  func add(_ value: Value) async throws -> Key
}

/// A store of links between low-level keys. It knows nothing of values.
///
/// Source: Irmin's link store, `add index key`.
public protocol LinkStore<Key>: ReadOnlyStore where Value == Key {
  /// Records that an index leads to a key.
  func add(_ index: Key, _ key: Key) async throws
}

/// A store whose values change, each atomically: the branches.
///
/// Source: Irmin's atomic-write store.
public protocol AtomicWriteStore<Key, Value>: ReadOnlyStore where Value: Equatable {
  /// A running watch.
  associatedtype Watch: Sendable

  /// All keys, in no order. Never looks at anything else that the server holds.
  func list() async throws -> [Key]

  func set(_ key: Key, _ value: Value) async throws

  func remove(_ key: Key) async throws

  /// Sets the value, or removes it for nil, if the present one is `test`; nil means absent.
  ///
  /// - Returns: Whether the test held. When it did not, nothing was changed.
  func testAndSet(_ key: Key, test: Value?, set: Value?) async throws -> Bool

  /// Calls back for each change of any key, in order, also for changes by other processes. Values
  /// are as they are after the change; nil when the key was removed.
  ///
  /// - Parameter initial: What the caller knows; keys that differ now are reported first.
  func watch(
    initial: [Key: Value]?, _ body: @escaping @Sendable (Key, Value?) async -> Void
  ) async throws -> Watch

  /// As ``watch(initial:_:)`` for one key.
  func watchKey(
    _ key: Key, initial: Value?, _ body: @escaping @Sendable (Value?) async -> Void
  ) async throws -> Watch

  /// Ends a watch: when this returns, no further callback begins.
  func unwatch(_ watch: Watch) async throws
}

/// The layers from which a whole store is made, with ``Make`` or ``KV``.
///
/// Objects are Git objects under their ids; branches are names with the id of a commit.
///
/// Source: Irmin's backend signature; `writing a storage backend` in its documentation.
public protocol Backend: Sendable {
  associatedtype Objects: ContentAddressedStore<ObjectID, FramedObject>
  associatedtype Links: LinkStore<ObjectID>
  associatedtype Branches: AtomicWriteStore<String, ObjectID>

  /// Which ids objects have.
  var algorithm: HashAlgorithm { get }
  /// For messages.
  var location: String { get }
  var objects: Objects { get }
  var links: Links { get }
  var branches: Branches { get }

  /// Releases what the backend holds. May be called again.
  func close() async
}
