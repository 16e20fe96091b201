import GitObjects
import RedisScripting

/// Writes a slice, record by record; holds about a megabyte.
struct SliceWriter {
  private static let bufferSize = 1 << 20

  private let path: String
  private let file: BlockingFile
  private var hasher = ObjectHasher(.sha256)
  private var buffer: Bytes
  private(set) var objects = 0
  private(set) var byteCount = 0

  init(_ file: BlockingFile, path: String, _ header: SliceHeader) {
    self.path = path
    self.file = file
    buffer = header.bytes
  }

  mutating func append(_ record: SliceRecord) async throws {
    if case .object = record { objects += 1 }
    record.append(to: &buffer)
    if buffer.count >= Self.bufferSize { try await flush() }
  }

  /// A blob, piece by piece.
  mutating func append(_ content: BlobContent) async throws {
    objects += 1
    SliceRecord.largeBlob(content.id, size: content.size).append(to: &buffer)
    for try await piece in content {
      buffer += piece
      if buffer.count >= Self.bufferSize { try await flush() }
    }
  }

  mutating func finish() async throws {
    SliceRecord.end(objects: UInt64(objects), digest: []).append(to: &buffer)
    try await flush()
    buffer = hasher.finalize().bytes
    try await flush()
  }

  private mutating func flush() async throws {
    let bytes = buffer
    buffer = []
    hasher.update(bytes)
    byteCount += bytes.count
    do {
      try await file.write(bytes)
    } catch {
      throw StoreError.slice(.file(path: path, reason: "\(error)"))
    }
  }
}
