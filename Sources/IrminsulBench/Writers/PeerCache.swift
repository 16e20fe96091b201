import Foundation
import GitObjects
import RedisScripting

/// Objects that the writers of one process have written or read lately: what a careful client keeps
/// so that an attempt needs no further reads.
///
/// @unchecked: the dictionaries are touched under `lock` only. It is an NSLock because the threads of
/// many writers wait for it, which costs a `Mutex` on Linux several times more.
final class PeerCache: @unchecked Sendable {
  /// Objects of one generation. There are two; when the younger one is full, the older one goes.
  private static let generation = 4096

  private let lock = NSLock()
  private var young: [ObjectID: Bytes] = [:]
  private var old: [ObjectID: Bytes] = [:]

  /// A commit, the trees along a path and what is there, as far as they are known.
  func objects(along path: [Bytes], of commit: ObjectID) throws -> [PeerObject] {
    lock.lock()
    defer { lock.unlock() }
    guard let bytes = find(commit) else { return [] }
    var objects = [PeerObject(id: commit, bytes: bytes)]
    var id = try PeerObject.rootTree(ofCommit: bytes)
    for step in path {
      guard let bytes = find(id) else { return objects }
      objects.append(PeerObject(id: id, bytes: bytes))
      id = try PeerObject.id(at: try PeerObject.place(ofEntry: step, in: bytes), in: bytes)
    }
    if let bytes = find(id) { objects.append(PeerObject(id: id, bytes: bytes)) }
    return objects
  }

  func insert(_ objects: [PeerObject]) {
    lock.lock()
    var dropped: [ObjectID: Bytes] = [:]
    for object in objects { young[object.id] = object.bytes }
    if young.count > Self.generation {
      dropped = old
      old = young
      young = [:]
    }
    lock.unlock()
    // The memory is given back after the lock.
    _ = dropped
  }

  private func find(_ id: ObjectID) -> Bytes? {
    if let bytes = young[id] { return bytes }
    guard let bytes = old[id] else { return nil }
    young[id] = bytes
    return bytes
  }
}
