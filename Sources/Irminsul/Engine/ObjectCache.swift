import GitObjects
import RedisScripting

/// Immutable objects by id, the least recently used ones dropped beyond a number of bytes.
final class ObjectCache: Sendable {
  private let state: Locked<State>
  private let capacity: Int

  /// - Parameter capacity: In bytes; 0 keeps nothing.
  init(capacity: Int) {
    self.capacity = capacity
    state = Locked(State())
  }

  /// The bytes that the cached objects take, for statistics.
  var size: Int { state.withLock { $0.size } }

  func object(_ id: ObjectID) -> CachedObject? {
    state.withLock { $0.touch(id) }
  }

  /// Whether an object is cached, which does not count as a use of it.
  func holds(_ id: ObjectID) -> Bool { state.withLock { $0.index[id] != nil } }

  func insert(_ id: ObjectID, _ object: CachedObject) {
    // One object may take an eighth, so that a large blob does not drive out all trees.
    guard object.size <= capacity / 8 else { return }
    state.withLock { $0.insert(id, object, capacity: capacity) }
  }

  /// A doubly linked list in an array, from the most to the least recently used.
  private struct State {
    struct Slot {
      let id: ObjectID
      let object: CachedObject
      var newer: Int
      var older: Int
    }

    var slots: [Slot?] = []
    var free: [Int] = []
    var index: [ObjectID: Int] = [:]
    var newest = -1
    var oldest = -1
    var size = 0

    mutating func touch(_ id: ObjectID) -> CachedObject? {
      guard let at = index[id], let slot = slots[at] else { return nil }
      if at != newest {
        unlink(at)
        link(at)
      }
      return slot.object
    }

    mutating func insert(_ id: ObjectID, _ object: CachedObject, capacity: Int) {
      guard index[id] == nil else { return }
      let slot = Slot(id: id, object: object, newer: -1, older: -1)
      let at: Int
      if let reused = free.popLast() {
        slots[reused] = slot
        at = reused
      } else {
        slots.append(slot)
        at = slots.count - 1
      }
      index[id] = at
      size += object.size
      link(at)
      while size > capacity, oldest >= 0, let last = slots[oldest] {
        let dropped = oldest
        unlink(dropped)
        slots[dropped] = nil
        free.append(dropped)
        index[last.id] = nil
        size -= last.object.size
      }
    }

    private mutating func link(_ at: Int) {
      slots[at]?.newer = -1
      slots[at]?.older = newest
      if newest >= 0 { slots[newest]?.newer = at }
      newest = at
      if oldest < 0 { oldest = at }
    }

    private mutating func unlink(_ at: Int) {
      guard let slot = slots[at] else { return }
      if slot.newer >= 0 { slots[slot.newer]?.older = slot.older } else { newest = slot.older }
      if slot.older >= 0 { slots[slot.older]?.newer = slot.newer } else { oldest = slot.newer }
    }
  }
}

/// An object in the cache: a tree in its parsed form, anything else as its bytes.
enum CachedObject: Sendable {
  case tree(TreeObject)
  case other(FramedObject)

  /// About how many bytes of memory it takes.
  var size: Int {
    switch self {
    case .tree(let tree): 120 + tree.entries.count * 112
    case .other(let object): 120 + object.bytes.count
    }
  }
}
