import GitObjects
import RedisScripting

/// What is stored under an id.
enum StoredObject: Sendable {
  case object(FramedObject)
  case chunks(StoredChunks)

  /// In bytes, with the header where it is there.
  var size: Int {
    switch self {
    case .object(let object): object.bytes.count
    case .chunks(let chunks): chunks.blob.size
    }
  }

  /// What the object with an id refers to. A blob refers to nothing, and may be too large to be parsed for that.
  func links(_ id: ObjectID, in location: String) throws(StoreError) -> [ObjectLink] {
    guard case .object(let object) = self, object.kind != .blob else { return [] }
    do {
      return try GitObject(object, algorithm: id.algorithm).links
    } catch {
      throw .damagedObject(id, in: location, reason: "\(error)")
    }
  }

  /// The object, in memory. A round trip a megabyte for one in chunks.
  func whole() async throws -> FramedObject {
    switch self {
    case .object(let object): object
    case .chunks(let chunks): try await chunks.content.framed()
    }
  }
}

extension StoredChunks {
  var content: BlobContent { BlobContent(id: id, source: .chunks(self)) }
}

extension ScriptedEngine {
  /// The object that stored bytes are, which is checked, or the chunks that they stand for.
  func storedObject(_ id: ObjectID, _ bytes: Bytes) throws(StoreError) -> StoredObject {
    if let chunks = try chunks(id, bytes) { return .chunks(chunks) }
    return .object(try framed(bytes, id))
  }
}
