import GitObjects
import RedisScripting

/// What is stored in place of a large blob: the ids of the smaller blobs that it is cut into, in order. Its own id
/// is that of the whole, as Git has it.
struct ChunkedBlob: Sendable, Equatable {
  /// Blobs with more bytes of content are stored in chunks.
  static let threshold = 2 << 20
  static let chunkSize = 512 << 10
  /// What the scripts call it.
  static let kind = Bytes("large".utf8)
  private static let prefix = kind + Bytes(" ".utf8)

  let size: Int
  /// Of all chunks but the last.
  let chunkSize: Int
  let chunks: [ObjectID]

  init(size: Int, chunks: [ObjectID], chunkSize: Int = Self.chunkSize) {
    self.size = size
    self.chunkSize = chunkSize
    self.chunks = chunks
  }

  /// Whether what is stored is of this kind.
  static func isStored(as bytes: Bytes) -> Bool { bytes.starts(with: prefix) }

  /// nil for what does not say how many chunks there are, and has just them.
  init?(stored bytes: Bytes, _ algorithm: HashAlgorithm) {
    guard Self.isStored(as: bytes), let end = bytes.firstIndex(of: 0), end < 64 else { return nil }
    let words = bytes[Self.prefix.count..<end].split(separator: UInt8(ascii: " "))
      .map { Int(String(decoding: $0, as: UTF8.self)) }
    let width = algorithm.byteCount
    let ids = bytes[(end + 1)...]
    guard words.count == 2, let size = words[0], let chunkSize = words[1], size > 0, chunkSize > 0,
      ids.count.isMultiple(of: width), ids.count / width == (size - 1) / chunkSize + 1
    else { return nil }
    self.size = size
    self.chunkSize = chunkSize
    chunks = stride(from: ids.startIndex, to: ids.endIndex, by: width).compactMap {
      ObjectID(bytes: Bytes(ids[$0..<$0 + width]))
    }
    if chunks.count * width != ids.count { return nil }
  }

  var stored: Bytes {
    var bytes = Self.prefix + Bytes("\(size) \(chunkSize)\0".utf8)
    for chunk in chunks { bytes += chunk.bytes }
    return bytes
  }

  /// How many bytes a chunk has.
  func size(ofChunk number: Int) -> Int { min(chunkSize, size - number * chunkSize) }
}

/// A blob in chunks, and where it is.
struct StoredChunks: Sendable {
  let id: ObjectID
  let blob: ChunkedBlob
  let engine: ScriptedEngine

  /// The contents of some chunks from one on: one at least, and about a megabyte. One round trip.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/damagedObject(_:in:reason:)``.
  func contents(from number: Int) async throws -> [ArraySlice<UInt8>] {
    let ids = Array(blob.chunks[number..<min(number + 4, blob.chunks.count)])
    let found = try await engine.readSome(ids, bytes: 2 * ChunkedBlob.chunkSize + 4096)
    guard !found.isEmpty else {
      throw StoreError.unexpectedReply("no object", in: engine.location)
    }
    return try zip(ids, found).enumerated().map { at, pair in
      guard let bytes = pair.1 else {
        throw StoreError.missingObject(pair.0, in: engine.location)
      }
      let object = try engine.framed(bytes, pair.0)
      guard object.kind == .blob, object.contentSize == blob.size(ofChunk: number + at) else {
        throw StoreError.damagedObject(
          id, in: engine.location, reason: "its chunk \(pair.0) is not of the size that it says")
      }
      return object.content
    }
  }
}
