import GitObjects
import RedisScripting

/// A pack file that is being written. There is none until its first megabyte is complete.
///
/// Objects are turned into entries some hundreds at a time, beside whoever brings the next ones.
struct PackWriter {
  private static let bufferSize = 1 << 20
  /// How many objects, and of how many bytes, become entries at once.
  private static let batchCount = 256
  private static let batchSize = 1 << 19

  let path: String
  private var file: BlockingFile?
  private let algorithm: HashAlgorithm
  private let encoder = Locked(PackEncoder())
  private var batch: [PackEncoder.Item] = []
  private var batchBytes = 0
  /// The entries of the batch before.
  private var encoding: Task<[UInt8], Never>?
  private var buffer: [UInt8]
  private(set) var objectCount = 0

  init(path: String, algorithm: HashAlgorithm) {
    self.path = path
    self.algorithm = algorithm
    buffer = PackFormat.header(objectCount: 0)
  }

  /// Where each object is; of a pack that is finished.
  var index: PackIndex { encoder.withLock { $0.index } }

  /// A large blob is written piece by piece.
  ///
  /// - Parameters:
  ///   - id: For the index; nil: there will be none.
  ///   - place: Objects of one place are versions of one another: later ones may become deltas. 0: of none.
  mutating func append(
    _ object: StoredObject, _ id: ObjectID? = nil, at place: UInt64 = 0
  ) async throws {
    objectCount += 1
    switch object {
    case .object(let object):
      batch.append(PackEncoder.Item(object: object, id: id, place: place))
      batchBytes += object.bytes.count
      if batch.count >= Self.batchCount || batchBytes >= Self.batchSize { try await pass() }
    case .chunks(let chunks): try await append(chunks.content, id)
    }
  }

  /// Has the batch turned into entries from now on, when those of the batch before are written.
  private mutating func pass() async throws(BlockingFile.Failure) {
    try await settle()
    let items = batch
    batch = []
    batchBytes = 0
    encoding = Task { [encoder] in encoder.withLock { $0.entries(of: items) } }
  }

  /// Takes over the entries that are being made.
  private mutating func settle() async throws(BlockingFile.Failure) {
    guard let encoding else { return }
    self.encoding = nil
    buffer += await encoding.value
    if buffer.count >= Self.bufferSize { try await flush() }
  }

  private mutating func settleAll() async throws(BlockingFile.Failure) {
    try await settle()
    if batch.isEmpty { return }
    let items = batch
    batch = []
    batchBytes = 0
    buffer += encoder.withLock { $0.entries(of: items) }
  }

  private mutating func append(_ content: BlobContent, _ id: ObjectID?) async throws {
    try await settleAll()
    var checksum = CRC32()
    var size = 0
    var summed = buffer.count
    func sum(_ buffer: [UInt8]) {
      checksum.update(buffer[summed...])
      size += buffer.count - summed
      summed = buffer.count
    }
    var entry = PackFormat.Entry(.blob, size: content.size, to: &buffer)
    for try await piece in content {
      entry.append(piece[...], to: &buffer)
      if buffer.count >= Self.bufferSize {
        sum(buffer)
        try await flush()
        summed = 0
      }
    }
    entry.finish(to: &buffer)
    sum(buffer)
    let (whole, length) = (checksum, size)
    encoder.withLock { $0.note(id, whole, size: length) }
  }

  /// Writes what the start did not know and the end asks for: the count, and the hash of all.
  /// Answers that hash, after which git names packs.
  mutating func finish() async throws(BlockingFile.Failure) -> ObjectID {
    try await settleAll()
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
    try await settleAll()
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
    let bytes = buffer
    buffer = []
    try await file.write(bytes)
    buffer.reserveCapacity(Self.bufferSize + 4096)
    return file
  }
}
