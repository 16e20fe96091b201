import Irminsul
import RedisScripting

extension DictionaryBackend {
  /// Branches by name, each change of which is told to the watches in order.
  public final class Branches: AtomicWriteStore {
    private let isOpen: OpenFlag
    private let values = Locked<[String: ObjectID]>([:])
    private let watchers = Watchers<String, ObjectID>()

    init(isOpen: OpenFlag) { self.isOpen = isOpen }

    func endWatches() { watchers.close() }

    public func mem(_ key: String) async throws -> Bool { try await find(key) != nil }

    public func find(_ key: String) async throws -> ObjectID? {
      try isOpen.check()
      return values.withLock { $0[key] }
    }

    public func list() async throws -> [String] {
      try isOpen.check()
      return values.withLock { Array($0.keys) }
    }

    public func set(_ key: String, _ value: ObjectID) async throws {
      try isOpen.check()
      values.withLock { change(&$0, key, value) }
    }

    public func remove(_ key: String) async throws {
      try isOpen.check()
      values.withLock { change(&$0, key, nil) }
    }

    public func testAndSet(_ key: String, test: ObjectID?, set: ObjectID?) async throws -> Bool {
      try isOpen.check()
      return values.withLock { values in
        guard values[key] == test else { return false }
        change(&values, key, set)
        return true
      }
    }

    /// The watches are told under the lock, and so in the order of the changes.
    private func change(_ values: inout [String: ObjectID], _ key: String, _ value: ObjectID?) {
      values[key] = value
      watchers.notify(key, value)
    }

    public func watch(
      initial: [String: ObjectID]?,
      _ body: @escaping @Sendable (String, ObjectID?) async -> Void
    ) async throws -> Watchers<String, ObjectID>.Watch {
      try isOpen.check()
      return values.withLock { watchers.watch(initial: initial, present: $0, body) }
    }

    public func watchKey(
      _ key: String, initial: ObjectID?, _ body: @escaping @Sendable (ObjectID?) async -> Void
    ) async throws -> Watchers<String, ObjectID>.Watch {
      try isOpen.check()
      return values.withLock { watchers.watchKey(key, initial: initial, present: $0, body) }
    }

    public func unwatch(_ watch: Watchers<String, ObjectID>.Watch) async throws {
      await watchers.unwatch(watch)
    }
  }
}
