import GitObjects
import RedisScripting

/// The classic layers on a host that runs scripts: what a repository is made of, for programs that
/// work below it. Each call is one round trip.
///
/// ```swift
/// let backend = repository.backend
/// let id = try await backend?.objects.add(FramedObject(kind: .blob, content: Array("hi".utf8)))
/// ```
public struct ScriptedBackend: Backend {
  let engine: ScriptedEngine

  public var algorithm: HashAlgorithm { engine.algorithm }
  public var layout: DirectoryLayout { engine.layout }
  public var location: String { engine.location }
  /// Where the scripts run.
  public var host: any ScriptHost { engine.host }
  /// The name that tells this store from others in the same place.
  public var storeName: String { engine.keys.storeName }
  public var objects: ScriptedObjects { ScriptedObjects(engine: engine) }
  public var links: ScriptedLinks { ScriptedLinks(engine: engine) }
  public var branches: ScriptedBranches { ScriptedBranches(engine: engine) }

  public func close() async { await engine.close() }
}

/// Objects by id. The server checks that the bytes hash to the id (SHA-1).
public struct ScriptedObjects: ContentAddressedStore {
  let engine: ScriptedEngine

  public func mem(_ key: ObjectID) async throws -> Bool {
    let reply = try await engine.call(.objectKinds, [key.bytes])
    guard let kind = reply.array?.first?.text else {
      throw engine.unexpected(.objectKinds, reply)
    }
    return !kind.isEmpty
  }

  public func mem(_ keys: [ObjectID]) async throws -> [Bool] {
    try await engine.kinds(of: keys).map { $0 != nil }
  }

  public func find(_ key: ObjectID) async throws -> FramedObject? {
    try await engine.readObjects([key]).first ?? nil
  }

  public func find(_ keys: [ObjectID]) async throws -> [FramedObject?] {
    try await engine.readObjects(keys)
  }

  public func add(_ value: FramedObject) async throws -> ObjectID {
    let object = IdentifiedObject(value, engine.algorithm)
    _ = try await engine.writeObjects([object])
    return object.id
  }

  public func add(_ values: [FramedObject]) async throws -> [ObjectID] {
    let objects = values.map { IdentifiedObject($0, engine.algorithm) }
    _ = try await engine.writeObjects(objects)
    return objects.map(\.id)
  }
}

/// Links between ids.
public struct ScriptedLinks: LinkStore {
  let engine: ScriptedEngine

  public func mem(_ key: ObjectID) async throws -> Bool { try await find(key) != nil }

  public func find(_ key: ObjectID) async throws -> ObjectID? {
    let name = engine.keys.key("links")
    let reply: Reply
    do {
      reply = try await engine.host.run(
        Command(arguments: [Bytes("HGET".utf8), name, key.bytes]))
    } catch {
      throw StoreError.host(error)
    }
    guard let bytes = reply.bytes else { return nil }
    guard let id = ObjectID(bytes: bytes) else {
      throw StoreError.unexpectedReply("the link of \(key) is no id", in: engine.location)
    }
    return id
  }

  public func add(_ index: ObjectID, _ key: ObjectID) async throws {
    _ = try await engine.call(.link, [index.bytes, key.bytes])
  }
}

/// Branches by name. Watches are fed by the log, so they see the writes of other processes.
public struct ScriptedBranches: AtomicWriteStore {
  let engine: ScriptedEngine

  /// A running watch; it ends when it is released or given to `unwatch`.
  public final class Watch: Sendable {
    let run: CallbackTask
    init(run: CallbackTask) { self.run = run }
  }

  public func mem(_ key: String) async throws -> Bool { try await find(key) != nil }

  public func find(_ key: String) async throws -> ObjectID? {
    try await engine.ref(Branch.refName(key))
  }

  public func list() async throws -> [String] {
    try await engine.refs(prefix: Branch.refPrefix).keys.compactMap(Branch.name(ofRef:))
  }

  public func set(_ key: String, _ value: ObjectID) async throws {
    try Branch.check(key)
    _ = try await engine.setRefs([
      RefChange(name: Branch.refName(key), test: .any, set: value)
    ])
  }

  public func remove(_ key: String) async throws {
    _ = try await engine.setRefs([RefChange(name: Branch.refName(key), test: .any, set: nil)])
  }

  public func testAndSet(_ key: String, test: ObjectID?, set: ObjectID?) async throws -> Bool {
    try Branch.check(key)
    let reply = try await engine.setRefs([
      RefChange(name: Branch.refName(key), test: .exactly(test), set: set)
    ])
    if case .moved = reply { return false }
    return true
  }

  public func watch(
    initial: [String: ObjectID]?,
    _ body: @escaping @Sendable (String, ObjectID?) async -> Void
  ) async throws -> Watch {
    // The position comes first: a change between the two reads is seen twice, never missed.
    let feed = try await engine.changes(of: nil, after: nil)
    var differences: [(String, ObjectID?)] = []
    if let initial {
      let refs = try await engine.refs(prefix: Branch.refPrefix)
      let now = Dictionary(
        refs.compactMap { ref, id in Branch.name(ofRef: ref).map { ($0, id) } }
      ) { first, _ in first }
      for name in Set(initial.keys).union(now.keys) where initial[name] != now[name] {
        differences.append((name, now[name]))
      }
    }
    return start(feed, differences, body)
  }

  public func watchKey(
    _ key: String, initial: ObjectID?, _ body: @escaping @Sendable (ObjectID?) async -> Void
  ) async throws -> Watch {
    let feed = try await engine.changes(of: Branch.refName(key), after: nil)
    var differences: [(String, ObjectID?)] = []
    if let initial {
      let now = try await find(key)
      if now != initial { differences = [(key, now)] }
    }
    return start(feed, differences) { _, id in await body(id) }
  }

  /// A thousand branches in one step.
  public func clear() async throws {
    let names = try await engine.refs(prefix: Branch.refPrefix).keys.sorted()
    for start in stride(from: 0, to: names.count, by: 1000) {
      _ = try await engine.setRefs(
        names[start..<min(names.count, start + 1000)].map {
          RefChange(name: $0, test: .any, set: nil)
        })
    }
  }

  public func unwatch(_ watch: Watch) async throws { await watch.run.end() }

  private func start(
    _ feed: RefChangeFeed, _ differences: [(String, ObjectID?)],
    _ body: @escaping @Sendable (String, ObjectID?) async -> Void
  ) -> Watch {
    Watch(
      run: CallbackTask { callback in
        var told: [String: ObjectID?] = [:]
        for (name, id) in differences {
          await callback { await body(name, id) }
          told[name] = .some(id)
        }
        var position = feed.start
        while !Task.isCancelled, let batch = try? await feed.next(position) {
          position = batch.position
          for event in batch.events {
            guard let name = event.branch else { continue }
            // What the differences have told already is not told again.
            if let known = told.removeValue(forKey: name), known == event.new { continue }
            await callback { await body(name, event.new) }
          }
        }
      })
  }
}
