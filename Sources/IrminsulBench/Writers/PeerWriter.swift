import Foundation
import GitObjects
import RedisScripting

/// One writer of the reference protocol: reads the head, reads the trees along the path, rewrites
/// them, writes the new objects and moves the head, until the head is still what it has read. Used by
/// one thread at a time.
final class PeerWriter {
  enum Change {
    case set(Bytes)
    /// Adds one to the decimal number that is there.
    case increment
  }

  /// What a commit has taken.
  struct Effort {
    let attempts: Int
    let roundTrips: Int
  }

  let number: Int
  private let connection: RespConnection
  private let store: PeerStore
  private let cache: PeerCache?
  private let mover: any HeadMover

  init(
    number: Int, _ connection: RespConnection, _ store: PeerStore, _ cache: PeerCache?,
    _ mover: any HeadMover
  ) {
    self.number = number
    self.connection = connection
    self.store = store
    self.cache = cache
    self.mover = mover
  }

  func commit(_ change: Change, at path: [Bytes], _ message: String) throws -> Effort {
    var attempts = 0
    let roundTripsBefore = connection.roundTrips
    while true {
      attempts += 1
      let head = try mover.begin()
      let new = try build(change, at: path, message, on: head)
      for object in new {
        try connection.add(Bytes("SET".utf8), store.key(of: object.id), object.bytes)
      }
      // Before the head moves: whoever reads it next finds the trees in the cache.
      cache?.insert(new)
      guard let commit = new.last else { throw BenchError("a commit has no objects") }
      if try mover.move(from: head, to: commit.id, after: new.count) {
        return Effort(
          attempts: attempts, roundTrips: connection.roundTrips - roundTripsBefore)
      }
    }
  }

  /// The objects of a commit on `head`, from the blob up to the commit.
  private func build(
    _ change: Change, at path: [Bytes], _ message: String, on head: ObjectID
  ) throws -> [PeerObject] {
    let known = try cache?.objects(along: path, of: head) ?? []
    var depth = 0
    func read(_ id: ObjectID) throws -> Bytes {
      defer { depth += 1 }
      return depth < known.count ? known[depth].bytes : try fetch(id)
    }
    var id = try PeerObject.rootTree(ofCommit: try read(head))
    var trees: [(bytes: Bytes, place: Range<Int>)] = []
    for step in path {
      let bytes = try read(id)
      let place = try PeerObject.place(ofEntry: step, in: bytes)
      id = try PeerObject.id(at: place, in: bytes)
      trees.append((bytes, place))
    }
    let value: Bytes
    switch change {
    case .set(let bytes): value = bytes
    case .increment: value = try PeerObject.incremented(blob: try read(id))
    }
    var objects = [PeerObject(.blob, value)]
    for tree in trees.reversed() {
      objects.append(
        PeerObject(tree.bytes, replacing: tree.place, with: objects[objects.count - 1].id))
    }
    objects.append(
      .commit(tree: objects[objects.count - 1].id, parent: head, Bytes(message.utf8)))
    return objects
  }

  private func fetch(_ id: ObjectID) throws -> Bytes {
    guard let bytes = try connection.call([Bytes("GET".utf8), store.key(of: id)]).bytes else {
      throw BenchError("the object \(id) is missing")
    }
    cache?.insert([PeerObject(id: id, bytes: bytes)])
    return bytes
  }
}
