import GitObjects
import RedisScripting

/// Reads and writes objects through the cache. A missing or damaged object is always an error.
final class ObjectDatabase: Sendable {
  let engine: any StoreEngine
  let cache: ObjectCache

  init(engine: any StoreEngine, cacheSize: Int) {
    self.engine = engine
    cache = ObjectCache(capacity: cacheSize)
  }

  var algorithm: HashAlgorithm { engine.algorithm }
  var layout: DirectoryLayout { engine.layout }
  var location: String { engine.location }

  /// One object; no round trip when it is cached, else one.
  func read(_ id: ObjectID) async throws -> FramedObject {
    guard let object = try await find(id) else {
      throw StoreError.missingObject(id, in: location)
    }
    return object
  }

  /// As ``read(_:)``, nil for one that is not stored.
  func find(_ id: ObjectID) async throws -> FramedObject? {
    switch cache.object(id) {
    case .tree(let tree): return tree.framed
    case .other(let object): return object
    case nil:
      guard let object = try await engine.readObjects([id]).first ?? nil else { return nil }
      try keep(id, object)
      return object
    }
  }

  /// Several objects, the ones that are not cached in batches.
  func read(_ ids: [ObjectID]) async throws -> [FramedObject] {
    let unknown = ids.filter { cache.object($0) == nil }
    var fetched: [ObjectID: FramedObject] = [:]
    if !unknown.isEmpty {
      for (id, object) in zip(unknown, try await engine.readObjects(unknown)) {
        guard let object else { throw StoreError.missingObject(id, in: location) }
        try keep(id, object)
        fetched[id] = object
      }
    }
    var objects: [FramedObject] = []
    for id in ids {
      if let object = fetched[id] {
        objects.append(object)
      } else {
        objects.append(try await read(id))
      }
    }
    return objects
  }

  func tree(_ id: ObjectID) async throws -> TreeObject {
    if case .tree(let tree)? = cache.object(id) { return tree }
    let object = try await read(id)
    return try parseTree(id, object)
  }

  /// The tree that an object is, in its parsed form.
  func tree(_ id: ObjectID, _ object: FramedObject) throws(StoreError) -> TreeObject {
    if let tree = cachedTree(id) { return tree }
    return try parseTree(id, object)
  }

  /// A tree that takes no round trip.
  func cachedTree(_ id: ObjectID) -> TreeObject? {
    if case .tree(let tree)? = cache.object(id) { tree } else { nil }
  }

  func commit(_ id: ObjectID) async throws -> Commit {
    try Commit(id: id, framed: try await read(id), in: location)
  }

  /// The root tree of a commit.
  func rootTree(of commit: ObjectID) async throws -> ObjectID {
    try await self.commit(commit).tree
  }

  /// Remembers an object that came with another answer.
  func keep(_ id: ObjectID, _ object: FramedObject) throws(StoreError) {
    if object.kind == .tree {
      cache.insert(id, .tree(try parseTree(id, object)))
    } else {
      cache.insert(id, .other(object))
    }
  }

  /// Writes objects in batches of bounded size, then remembers them.
  func write(_ objects: [IdentifiedObject]) async throws {
    try await engine.writeObjects(objects)
    for object in objects { try keep(object.id, object.object) }
  }

  private func parseTree(_ id: ObjectID, _ object: FramedObject) throws(StoreError) -> TreeObject {
    guard object.kind == .tree else {
      throw .damagedObject(id, in: location, reason: "a tree was expected, not a \(object.kind)")
    }
    do {
      return try TreeObject(parsing: object.content, algorithm: algorithm)
    } catch {
      throw .damagedObject(id, in: location, reason: "\(error)")
    }
  }
}
