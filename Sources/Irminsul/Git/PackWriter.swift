import GitObjects

/// A pack file that is being written. There is none until its first megabyte is complete.
struct PackWriter {
  private static let bufferSize = 1 << 20
  /// How many deltas in a row stand between an object and one that is whole; git's own number.
  private static let deepest = 50
  /// Bytes of objects that others may become deltas of, and the largest of them.
  private static let baseBytes = 32 << 20
  private static let largestBase = 4 << 20

  /// What the next object of the same place is compared with.
  private struct Base {
    let object: FramedObject
    let offset: Int
    let depth: Int
  }

  let path: String
  private var file: BlockingFile?
  private let algorithm: HashAlgorithm
  private var buffer: [UInt8] = []
  /// Where each object is.
  private(set) var index = PackIndex()
  /// Where the object that is being written begins, and the checksum of what of it is no longer to be summed up.
  private var start = 0
  private var checksum = CRC32()
  private var summed = 0
  private var bases: [UInt64: Base] = [:]
  private var basesSize = 0
  private(set) var objectCount = 0
  /// How much of it is in the file.
  private var byteCount = 0

  init(path: String, algorithm: HashAlgorithm) {
    self.path = path
    self.algorithm = algorithm
    buffer = PackFormat.header(objectCount: 0)
  }

  /// Where the next object begins.
  var offset: Int { byteCount + buffer.count }

  private mutating func begin() {
    start = offset
    checksum = CRC32()
    summed = buffer.count
  }

  private mutating func sum() {
    checksum.update(buffer[summed...])
    summed = buffer.count
  }

  private mutating func end(_ id: ObjectID?) async throws(BlockingFile.Failure) {
    if let id {
      sum()
      index.items.append(PackIndex.Item(id: id, checksum: checksum.value, offset: start))
    }
    objectCount += 1
    if buffer.count >= Self.bufferSize { try await flush() }
  }

  private mutating func append(
    _ object: FramedObject, _ id: ObjectID?, at place: UInt64
  ) async throws(BlockingFile.Failure) {
    begin()
    if place == 0 || !appendDelta(object, at: place) {
      PackFormat.append(object, to: &buffer)
      if place != 0 { keep(Base(object: object, offset: start, depth: 0), at: place) }
    }
    try await end(id)
  }

  /// Whether the object was written as a delta.
  private mutating func appendDelta(_ object: FramedObject, at place: UInt64) -> Bool {
    guard let base = bases[place], base.depth < Self.deepest, base.object.kind == object.kind,
      let delta = PackDelta.make(object.content, of: base.object.content)
    else { return false }
    var entry = PackFormat.Entry(deltaTo: start - base.offset, size: delta.count, to: &buffer)
    entry.append(delta[...], to: &buffer)
    entry.finish(to: &buffer)
    keep(Base(object: object, offset: start, depth: base.depth + 1), at: place)
    return true
  }

  private mutating func keep(_ base: Base, at place: UInt64) {
    guard base.object.bytes.count <= Self.largestBase else { return }
    if basesSize + base.object.bytes.count > Self.baseBytes {
      bases = [:]
      basesSize = 0
    }
    basesSize -= bases[place]?.object.bytes.count ?? 0
    bases[place] = base
    basesSize += base.object.bytes.count
  }

  /// A large blob is written piece by piece.
  ///
  /// - Parameters:
  ///   - id: For the index; nil: there will be none.
  ///   - place: Objects of one place are versions of one another: later ones may become deltas. 0: of none.
  mutating func append(
    _ object: StoredObject, _ id: ObjectID? = nil, at place: UInt64 = 0
  ) async throws {
    switch object {
    case .object(let object): try await append(object, id, at: place)
    case .chunks(let chunks): try await append(chunks.content, id)
    }
  }

  private mutating func append(_ content: BlobContent, _ id: ObjectID?) async throws {
    begin()
    var entry = PackFormat.Entry(.blob, size: content.size, to: &buffer)
    for try await piece in content {
      entry.append(piece[...], to: &buffer)
      if buffer.count >= Self.bufferSize { try await flush() }
    }
    entry.finish(to: &buffer)
    try await end(id)
  }

  /// Writes what the start did not know and the end asks for: the count, and the hash of all.
  /// Answers that hash, after which git names packs.
  mutating func finish() async throws(BlockingFile.Failure) -> ObjectID {
    let file = try await flush()
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
    try await file.synchronize()
    file.close()
    return hash
  }

  /// Ends it, and answers all of it, for one that is no more than some megabytes. There is no file afterwards.
  mutating func finishInMemory() async throws(BlockingFile.Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    if let file {
      try await file.seek(to: 0)
      while true {
        let chunk = try await file.read(upTo: Self.bufferSize)
        if chunk.isEmpty { break }
        bytes += chunk
      }
      discard()
    }
    bytes += buffer
    let header = PackFormat.header(objectCount: UInt32(clamping: objectCount))
    bytes.replaceSubrange(0..<header.count, with: header)
    var hasher = ObjectHasher(algorithm)
    hasher.update(bytes)
    return bytes + hasher.finalize().bytes
  }

  func close() { file?.close() }

  /// Removes what there is of the file.
  func discard() {
    guard let file else { return }
    file.close()
    BlockingFile.remove(path)
  }

  @discardableResult
  private mutating func flush() async throws(BlockingFile.Failure) -> BlockingFile {
    let file: BlockingFile
    if let begun = self.file { file = begun } else { file = try BlockingFile(creating: path) }
    self.file = file
    sum()
    let bytes = buffer
    buffer = []
    summed = 0
    byteCount += bytes.count
    try await file.write(bytes)
    buffer.reserveCapacity(Self.bufferSize + 4096)
    return file
  }
}
