import GitObjects

/// A pack file that is being written.
struct PackWriter {
  private static let bufferSize = 1 << 20

  let path: String
  private let file: BlockingFile
  private let algorithm: HashAlgorithm
  private var buffer: [UInt8] = []
  private(set) var objectCount = 0
  private(set) var byteCount = 0

  init(path: String, algorithm: HashAlgorithm) async throws(BlockingFile.Failure) {
    self.path = path
    self.algorithm = algorithm
    file = try BlockingFile(creating: path)
    buffer = PackFormat.header(objectCount: 0)
  }

  mutating func append(_ object: FramedObject) async throws(BlockingFile.Failure) {
    PackFormat.append(object, to: &buffer)
    objectCount += 1
    if buffer.count >= Self.bufferSize { try await flush() }
  }

  /// A large blob piece by piece.
  mutating func append(_ object: StoredObject) async throws {
    switch object {
    case .object(let object): try await append(object)
    case .chunks(let chunks): try await append(chunks.content)
    }
  }

  private mutating func append(_ content: BlobContent) async throws {
    var entry = PackFormat.Entry(.blob, size: content.size, to: &buffer)
    for try await piece in content {
      entry.append(piece[...], to: &buffer)
      if buffer.count >= Self.bufferSize { try await flush() }
    }
    entry.finish(to: &buffer)
    objectCount += 1
  }

  /// Writes what the start did not know and the end asks for: the count, and the hash of all.
  /// Answers that hash, after which git names packs.
  mutating func finish() async throws(BlockingFile.Failure) -> ObjectID {
    try await flush()
    try await file.seek(to: 0)
    try await file.write(PackFormat.header(objectCount: UInt32(clamping: objectCount)))
    try await file.seek(to: 0)
    var hasher = ObjectHasher(algorithm)
    while true {
      let chunk = try await file.read(upTo: Self.bufferSize)
      if chunk.isEmpty { break }
      hasher.update(chunk)
    }
    let hash = hasher.finalize()
    try await file.write(hash.bytes)
    file.close()
    return hash
  }

  func close() { file.close() }

  private mutating func flush() async throws(BlockingFile.Failure) {
    let bytes = buffer
    buffer = []
    byteCount += bytes.count
    try await file.write(bytes)
    buffer.reserveCapacity(Self.bufferSize + 4096)
  }
}
