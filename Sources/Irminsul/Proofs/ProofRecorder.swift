import GitObjects
import RedisScripting

/// Objects of a store that remember which of them were read.
final class ProofRecorder: ReadingEngine {
  private let stored: ObjectDatabase
  private let read = Locked<[ObjectID: FramedObject]>([:])

  init(_ stored: ObjectDatabase) {
    self.stored = stored
  }

  /// Everything that was read so far.
  var objects: [IdentifiedObject] {
    read.withLock { read in read.map { IdentifiedObject(id: $0.key, object: $0.value) } }
  }

  var location: String { stored.location }
  var algorithm: HashAlgorithm { stored.algorithm }
  var layout: DirectoryLayout { stored.layout }
  var maximumObjectSize: Int { stored.engine.maximumObjectSize }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    let objects = try await stored.read(ids)
    try keep(zip(ids, objects).map { IdentifiedObject(id: $0, object: $1) })
    return objects
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] {
    let trail = try await stored.engine.trail(directory, name)
    try keep(trail)
    return trail
  }

  private func keep(_ objects: [IdentifiedObject]) throws(StoreError) {
    for object in objects { try object.object.checkLayout(layout, algorithm) }
    read.withLock { read in
      for object in objects { read[object.id] = object.object }
    }
  }
}
