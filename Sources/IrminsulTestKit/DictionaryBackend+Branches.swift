import Irminsul
import RedisScripting
import Synchronization

extension DictionaryBackend {
  /// Branches by name, each change of which is told to the watches in order.
  public final class Branches: AtomicWriteStore {
    /// A running watch.
    public struct Watch: Sendable {
      let number: Int
      let task: Task<Void, Never>
    }

    private struct State {
      var isOpen: OpenFlag?
      var values: [String: ObjectID] = [:]
      var watches: [Int: AsyncStream<(String, ObjectID?)>.Continuation] = [:]
      var nextWatch = 0

      mutating func change(_ key: String, _ value: ObjectID?) {
        values[key] = value
        for watch in watches.values { watch.yield((key, value)) }
      }
    }

    private let state = Locked(State())

    var isOpen: OpenFlag? {
      get { state.withLock { $0.isOpen } }
      set { state.withLock { $0.isOpen = newValue } }
    }

    func endWatches() {
      state.withLock { state in
        for watch in state.watches.values { watch.finish() }
        state.watches = [:]
      }
    }

    public func mem(_ key: String) async throws -> Bool { try await find(key) != nil }

    public func find(_ key: String) async throws -> ObjectID? {
      try isOpen?.check()
      return state.withLock { $0.values[key] }
    }

    public func list() async throws -> [String] {
      try isOpen?.check()
      return state.withLock { Array($0.values.keys) }
    }

    public func set(_ key: String, _ value: ObjectID) async throws {
      try isOpen?.check()
      state.withLock { $0.change(key, value) }
    }

    public func remove(_ key: String) async throws {
      try isOpen?.check()
      state.withLock { $0.change(key, nil) }
    }

    public func testAndSet(_ key: String, test: ObjectID?, set: ObjectID?) async throws -> Bool {
      try isOpen?.check()
      return state.withLock { state in
        guard state.values[key] == test else { return false }
        state.change(key, set)
        return true
      }
    }

    public func watch(
      initial: [String: ObjectID]?,
      _ body: @escaping @Sendable (String, ObjectID?) async -> Void
    ) async throws -> Watch {
      try isOpen?.check()
      let (changes, input) = AsyncStream<(String, ObjectID?)>.makeStream()
      let number = state.withLock { state in
        let number = state.nextWatch
        state.nextWatch += 1
        if let initial {
          for key in Set(initial.keys).union(state.values.keys)
          where initial[key] != state.values[key] {
            input.yield((key, state.values[key]))
          }
        }
        state.watches[number] = input
        return number
      }
      return Watch(
        number: number,
        task: Task {
          for await (key, value) in changes where !Task.isCancelled { await body(key, value) }
        })
    }

    public func watchKey(
      _ key: String, initial: ObjectID?, _ body: @escaping @Sendable (ObjectID?) async -> Void
    ) async throws -> Watch {
      try await watch(initial: initial.map { [key: $0] }) { name, value in
        if name == key { await body(value) }
      }
    }

    public func unwatch(_ watch: Watch) async throws {
      state.withLock { $0.watches.removeValue(forKey: watch.number)?.finish() }
      watch.task.cancel()
      await watch.task.value
    }
  }
}
