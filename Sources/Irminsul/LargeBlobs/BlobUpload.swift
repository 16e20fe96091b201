import GitObjects
import RedisScripting

/// Stores a blob whose bytes come one after another. Holds a few megabytes where the store's backend takes chunks,
/// all of it elsewhere. Belongs under a lease.
struct BlobUpload {
  private let engine: any StoreEngine
  let size: Int
  private var hasher: ObjectHasher
  private var buffer: [UInt8] = []
  private var chunks: [ObjectID] = []
  private var count = 0
  /// Whether it is stored in chunks.
  private let server: ScriptedEngine?

  /// - Parameter size: How many bytes will come.
  init(_ engine: any StoreEngine, size: Int) throws(StoreError) {
    self.engine = engine
    self.size = size
    server = size > ChunkedBlob.threshold ? engine.chunkStore : nil
    if server == nil, size > engine.maximumObjectSize {
      throw .host(
        .tooLarge(location: engine.location, bytes: size, limit: engine.maximumObjectSize))
    }
    hasher = ObjectHasher(.blob, size: size, engine.algorithm)
  }

  mutating func append(_ bytes: some Collection<UInt8>) async throws {
    count += bytes.count
    if count > size { throw wrongSize }
    hasher.update(bytes)
    var rest = bytes[...]
    while server != nil, buffer.count + rest.count >= ChunkedBlob.chunkSize {
      let part = rest.prefix(ChunkedBlob.chunkSize - buffer.count)
      rest = rest.dropFirst(part.count)
      if buffer.isEmpty {
        try await store(part)
      } else {
        buffer += part
        try await store(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
    }
    buffer += rest
  }

  /// - Returns: The blob's id, and whether it was not stored before.
  mutating func finish() async throws -> (id: ObjectID, isNew: Bool) {
    if count != size { throw wrongSize }
    guard let server else {
      let object = IdentifiedObject(
        id: hasher.finalize(), object: FramedObject(kind: .blob, content: buffer))
      return (object.id, try await engine.writeObjects([object]) > 0)
    }
    if !buffer.isEmpty { try await store(buffer) }
    let id = hasher.finalize()
    let record = ChunkedBlob(size: size, chunks: chunks).stored
    return (id, try await server.put([id.bytes, record]).added > 0)
  }

  private mutating func store(_ content: some Collection<UInt8>) async throws {
    guard let server else { return }
    try Task.checkCancellation()
    let chunk = IdentifiedObject(FramedObject(kind: .blob, content: content), server.algorithm)
    chunks.append(chunk.id)
    _ = try await server.put([chunk.id.bytes, chunk.object.bytes])
  }

  private var wrongSize: StoreError {
    .unencodable(type: "blob", reason: "\(size) bytes were announced and \(count) came")
  }
}

extension ScriptedEngine {
  /// What is stored for an object: itself, or its chunks and what stands for it.
  func stored(_ object: IdentifiedObject) -> [(id: ObjectID, bytes: Bytes)] {
    guard object.object.kind == .blob, object.object.contentSize > ChunkedBlob.threshold else {
      return [(object.id, object.object.bytes)]
    }
    let content = object.object.content
    var parts: [(id: ObjectID, bytes: Bytes)] = []
    for start in stride(from: content.startIndex, to: content.endIndex, by: ChunkedBlob.chunkSize) {
      let end = min(start + ChunkedBlob.chunkSize, content.endIndex)
      let chunk = FramedObject(kind: .blob, content: content[start..<end])
      parts.append((chunk.id(algorithm), chunk.bytes))
    }
    let record = ChunkedBlob(size: content.count, chunks: parts.map(\.id))
    return parts + [(object.id, record.stored)]
  }
}
