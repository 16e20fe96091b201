import GitObjects
import RedisScripting

/// Objects that are not stored, in front of those that are: trees that are merged before anything of
/// them is written, and the virtual ancestors of a merge, which never are.
final class VirtualObjects: ReadingEngine {
  /// nil when everything is in memory.
  private let stored: (any StoreEngine)?
  /// What was read of that before.
  private let cache: ObjectCache?
  private let objects: Locked<[ObjectID: FramedObject]>
  let algorithm: HashAlgorithm

  /// In front of what a database reads, which remembers it as well.
  convenience init(over database: ObjectDatabase) {
    self.init([], over: database.engine, database.algorithm, cache: database.cache)
  }

  init(
    _ objects: [IdentifiedObject], over stored: (any StoreEngine)?, _ algorithm: HashAlgorithm,
    cache: ObjectCache? = nil
  ) {
    self.stored = stored
    self.cache = cache
    self.algorithm = algorithm
    self.objects = Locked(
      Dictionary(objects.map { ($0.id, $0.object) }) { first, _ in first })
  }

  /// Takes more of them.
  func add(_ new: [IdentifiedObject]) {
    objects.withLock { objects in
      for object in new { objects[object.id] = object.object }
    }
  }

  var location: String { stored?.location ?? "memory" }
  var layout: DirectoryLayout { stored?.layout ?? .git }
  var maximumObjectSize: Int { stored?.maximumObjectSize ?? .max }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    var found = objects.withLock { objects in ids.map { objects[$0] } }
    if let cache {
      for at in found.indices where found[at] == nil {
        switch cache.object(ids[at]) {
        case .tree(let tree): found[at] = tree.framed
        case .other(let object): found[at] = object
        case nil: break
        }
      }
    }
    let unknown = found.indices.filter { found[$0] == nil }
    if let stored, !unknown.isEmpty {
      let read = try await stored.readObjects(unknown.map { ids[$0] })
      for (at, object) in zip(unknown, read) {
        found[at] = object
        guard let cache, let object else { continue }
        if object.kind == .tree {
          // One that is no tree is an error of whoever looks into it.
          if let tree = try? TreeObject(parsing: object.content, algorithm: algorithm) {
            cache.insert(ids[at], .tree(tree))
          }
        } else {
          cache.insert(ids[at], .other(object))
        }
      }
    }
    return found
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] {
    // The parts of a virtual one are read one after another.
    guard let stored, objects.withLock({ $0[directory] == nil }) else { return [] }
    return try await stored.trail(directory, name)
  }
}
