import GitObjects
import RedisScripting

/// Keeps a collection of garbage from removing what an operation of several round trips relies on: what it has
/// stored and has found to be stored, until a ref leads there, or commits that it reads for long.
///
/// Layers in between, other people's backends among them, know nothing of it: the lease goes with the task.
final class Lease: Sendable {
  @TaskLocal private static var current: [Lease] = []

  /// How long a lease lasts when its holder is gone, in milliseconds.
  static let length = 60_000

  private let engine: ScriptedEngine
  private let length: Int
  /// What was asked to be kept at the beginning, with the kinds of what is stored.
  private let kept = Locked<[ObjectID: Bytes]>([:])
  let id: Bytes

  /// Runs an operation that is given the lease which it holds.
  static func withOwn<Result: Sendable>(
    _ engine: ScriptedEngine, length: Int = length,
    _ body: @escaping @Sendable (Lease) async throws -> Result
  ) async throws -> Result {
    try await with(engine, length: length) {
      guard let lease = held(on: engine) else {
        throw StoreError.leaseExpired(in: engine.location)
      }
      return try await body(lease)
    }
  }

  private init(engine: ScriptedEngine, length: Int) {
    self.engine = engine
    self.length = length
    id = (0..<16).map { _ in UInt8.random(in: 0...255) }
  }

  /// The lease that the task holds on an engine's store.
  static func held(on engine: ScriptedEngine) -> Lease? {
    current.first { $0.engine === engine }
  }

  /// Runs an operation under a lease: one round trip before it and one after it.
  static func with<Result: Sendable>(
    _ engine: ScriptedEngine, keeping kept: [ObjectID] = [], length: Int = length,
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    if held(on: engine) != nil { return try await body() }
    let lease = Lease(engine: engine, length: length)
    try await lease.begin(keeping: kept)
    let outcome = await withTaskGroup(of: Swift.Result<Result, any Error>?.self) { group in
      group.addTask {
        do {
          return .success(try await $current.withValue(current + [lease]) { try await body() })
        } catch {
          return .failure(error)
        }
      }
      // What the operation does may take long without a word to this store.
      group.addTask {
        while (try? await Task.sleep(for: .milliseconds(length / 3))) != nil {
          _ = try? await lease.ask("renew", [])
        }
        return nil
      }
      while let outcome = await group.next() {
        guard let outcome else { continue }
        group.cancelAll()
        return outcome
      }
      return .failure(CancellationError())
    }
    // It would run out by itself; also of a task that was cancelled it is not to stay till then.
    await Task { _ = try? await lease.ask("end", []) }.value
    return try outcome.get()
  }

  /// As ``with(_:keeping:_:)`` for a store that may have other backends, which have no collector.
  static func with<Result: Sendable>(
    _ repository: Repository, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    guard let engine = repository.engine as? ScriptedEngine else { return try await body() }
    return try await with(engine, body)
  }

  /// As ``with(_:keeping:_:)`` for reading: who may not write, to the server or the file, goes without a lease.
  static func reading<Result: Sendable>(
    _ engine: any StoreEngine, _ ids: [ObjectID],
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    guard let engine = engine as? ScriptedEngine else { return try await body() }
    let isBegun = Locked(false)
    do {
      return try await with(engine, keeping: ids) {
        isBegun.withLock { $0 = true }
        return try await body()
      }
    } catch StoreError.host(let error) where !isBegun.withLock({ $0 }) {
      switch error {
      case .refused, .storage: return try await body()
      default: throw StoreError.host(error)
      }
    }
  }

  /// What is stored under each of some ids, from now on kept while the lease lasts. One round trip; none for what is
  /// kept from the beginning.
  func kinds(of ids: [ObjectID]) async throws -> [Bytes] {
    let known = kept.withLock { kept in ids.compactMap { kept[$0] } }
    if known.count == ids.count { return known }
    return try kinds(of: ids, in: try await ask("renew", ids.map(\.bytes)))
  }

  private func begin(keeping ids: [ObjectID]) async throws {
    let reply = try await ask("begin", [Bytes("\(length)".utf8)] + ids.map(\.bytes))
    let found = zip(ids, try kinds(of: ids, in: reply)).filter { !$1.isEmpty }
    kept.withLock { $0 = Dictionary(found) { first, _ in first } }
  }

  private func kinds(of ids: [ObjectID], in reply: Reply) throws -> [Bytes] {
    let kinds = reply.array?.compactMap(\.bytes)
    guard let kinds, kinds.count == ids.count else { throw engine.unexpected(.lease, reply) }
    return kinds
  }

  private func ask(_ action: String, _ arguments: [Bytes]) async throws -> Reply {
    // Beginning, renewing and ending twice is as good as once.
    try await engine.repeatingLostAnswers { _ in
      try await self.engine.call(.lease, [Bytes(action.utf8), self.id] + arguments)
    }
  }
}
