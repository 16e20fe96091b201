import GitObjects
import RedisScripting
import Synchronization

/// Objects that the writers of one process have written or read lately: what a careful client keeps
/// so that an attempt needs no further reads.
final class PeerCache: Sendable {
  /// Two generations: when the younger one is full, the older one goes.
  private struct State {
    var young: [ObjectID: Bytes] = [:]
    var old: [ObjectID: Bytes] = [:]
  }

  private static let generation = 8192
  private let state = Mutex(State())

  func bytes(of id: ObjectID) -> Bytes? {
    state.withLock { state in
      if let bytes = state.young[id] { return bytes }
      guard let bytes = state.old[id] else { return nil }
      state.young[id] = bytes
      return bytes
    }
  }

  func insert(_ objects: [PeerObject]) {
    state.withLock { state in
      for object in objects { state.young[object.id] = object.bytes }
      if state.young.count > Self.generation {
        state.old = state.young
        state.young = [:]
      }
    }
  }
}
