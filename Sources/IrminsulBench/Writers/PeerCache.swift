import GitObjects
import RedisScripting

/// Objects that the writers of one process have written or read lately: what a careful client keeps
/// so that an attempt needs no further reads.
final class PeerCache: Sendable {
  /// Objects of one generation. There are two; when the younger one is full, the older one goes.
  private static let generation = 4096

  private struct Generations {
    var young: [ObjectID: Bytes] = [:]
    var old: [ObjectID: Bytes] = [:]

    mutating func find(_ id: ObjectID) -> Bytes? {
      if let bytes = young[id] { return bytes }
      guard let bytes = old[id] else { return nil }
      young[id] = bytes
      return bytes
    }
  }

  private let generations = Locked(Generations())

  /// A commit, the trees along a path and what is there, as far as they are known.
  func objects(along path: [Bytes], of commit: ObjectID) throws -> [PeerObject] {
    try generations.withLock { generations in
      guard let bytes = generations.find(commit) else { return [] }
      var objects = [PeerObject(id: commit, bytes: bytes)]
      var id = try PeerObject.rootTree(ofCommit: bytes)
      for step in path {
        guard let bytes = generations.find(id) else { return objects }
        objects.append(PeerObject(id: id, bytes: bytes))
        id = try PeerObject.id(at: try PeerObject.place(ofEntry: step, in: bytes), in: bytes)
      }
      if let bytes = generations.find(id) { objects.append(PeerObject(id: id, bytes: bytes)) }
      return objects
    }
  }

  func insert(_ objects: [PeerObject]) {
    // The memory of what is dropped is given back after the lock.
    _ = generations.withLock { generations -> [ObjectID: Bytes] in
      for object in objects { generations.young[object.id] = object.bytes }
      guard generations.young.count > Self.generation else { return [:] }
      defer {
        generations.old = generations.young
        generations.young = [:]
      }
      return generations.old
    }
  }
}
