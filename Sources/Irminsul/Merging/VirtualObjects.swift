import GitObjects
import RedisScripting

/// Objects that are not stored, in front of those that are: trees that are merged before anything of
/// them is written, and the virtual ancestors of a merge, which never are.
final class VirtualObjects: ReadingEngine {
  /// nil when everything is in memory.
  private let stored: (any StoreEngine)?
  private let objects: Locked<[ObjectID: FramedObject]>
  let algorithm: HashAlgorithm

  init(
    _ objects: [IdentifiedObject], over stored: (any StoreEngine)?, _ algorithm: HashAlgorithm
  ) {
    self.stored = stored
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
    let unknown = found.indices.filter { found[$0] == nil }
    if let stored, !unknown.isEmpty {
      let read = try await stored.readObjects(unknown.map { ids[$0] })
      for (at, object) in zip(unknown, read) { found[at] = object }
    }
    return found
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] {
    // The parts of a virtual one are read one after another.
    guard let stored, objects.withLock({ $0[directory] == nil }) else { return [] }
    return try await stored.trail(directory, name)
  }
}
