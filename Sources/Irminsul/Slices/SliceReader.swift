import GitObjects
import RedisScripting

/// Reads a slice, record by record, and checks all that can be checked on the way: each object against its id, the
/// whole against its digest. Holds a megabyte, or the largest object; of large blobs, a piece.
struct SliceReader {
  private static let chunkSize = 1 << 20
  /// A ref's or HEAD's text.
  private static let longestText = 4096

  let path: String
  private let file: BlockingFile
  private let largestObject: Int
  private var hasher = ObjectHasher(.sha256)
  private var buffer: Bytes = []
  /// The first byte of the buffer that is not read yet, and its place in the file.
  private var at = 0
  private var offset = 0
  private var isAtEnd = false
  private var isFinished = false
  private var objects: UInt64 = 0
  /// The large blob whose content comes next, how much of it, and what was read of it.
  private var blob: (id: ObjectID, rest: Int, start: Int)?
  private var blobHasher = ObjectHasher(.sha1)
  private(set) var header = SliceHeader(algorithm: .sha1, layout: .git)

  init(_ file: BlockingFile, path: String, largestObject: Int) {
    self.path = path
    self.file = file
    self.largestObject = largestObject
  }

  /// Opens a slice, calls `body` with what is read of it up to its first record, and closes it.
  static func withFile<Result: Sendable>(
    _ path: String, largestObject: Int, _ body: (inout SliceReader) async throws -> Result
  ) async throws -> Result {
    let file: BlockingFile
    do {
      file = try BlockingFile(reading: path)
    } catch {
      throw StoreError.slice(.file(path: path, reason: "\(error)"))
    }
    defer { file.close() }
    var reader = SliceReader(file, path: path, largestObject: largestObject)
    try await reader.readHeader()
    return try await body(&reader)
  }

  mutating func readHeader() async throws {
    guard try await fill(SliceHeader.size), buffer.starts(with: SliceHeader.magic) else {
      throw StoreError.slice(.notASlice(path: path))
    }
    let fields = take(SliceHeader.size)[8...]
    guard SliceHeader.versions.contains(fields[8]) else {
      throw StoreError.slice(
        .unknownVersion(
          path: path, found: Int(fields[8]), supported: Int(SliceHeader.versions.upperBound)))
    }
    guard fields[9] == 1 || fields[9] == 2, fields[10] == 1 || fields[10] == 2, fields[11] == 0
    else { throw damaged(8, "no kind of ids and directories that there is") }
    header = SliceHeader(
      algorithm: fields[9] == 1 ? .sha1 : .sha256, layout: fields[10] == 1 ? .git : .wide,
      version: fields[8])
  }

  /// The next record; nil after the end.
  mutating func next() async throws -> SliceRecord? {
    if isFinished { return nil }
    while try await nextPiece() != nil {}
    let start = offset
    guard try await fill(1) else { throw truncated() }
    let letter = take(1)[0]
    let length = try await readLength(start)
    let width = header.algorithm.byteCount
    let kind = SliceRecord.kind(letter)
    switch letter {
    case UInt8(ascii: "H") where length <= Self.longestText: break
    case UInt8(ascii: "R") where length > width && length <= width + Self.longestText: break
    case UInt8(ascii: "N") where length == width: break
    case UInt8(ascii: "S") where length == width && header.version > 1: break
    case UInt8(ascii: "E") where length == SliceRecord.endSize: return try await readEnd(start)
    case _ where kind != nil && length >= width:
      if kind == .blob, length - width > ChunkedBlob.threshold {
        return try await beginBlob(start, length - width)
      }
      if length - width > largestObject {
        throw StoreError.host(
          .tooLarge(location: path, bytes: length - width, limit: largestObject))
      }
    default: throw damaged(start, "no record begins like this")
    }
    guard try await fill(length) else { throw truncated() }
    let payload = take(length)
    guard letter != UInt8(ascii: "H") else { return .head(payload) }
    guard let id = ObjectID(bytes: payload[..<width]) else { throw damaged(start, "no id") }
    let rest = payload[width...]
    guard let kind else {
      switch letter {
      case UInt8(ascii: "N"): return .needed(id)
      case UInt8(ascii: "S"): return .boundary(id)
      default: return .ref(Bytes(rest), id)
      }
    }
    let object = FramedObject(kind: kind, content: rest)
    let found = object.id(header.algorithm)
    guard found == id else {
      throw damaged(start, "object \(id) has bytes whose id is \(found)")
    }
    objects += 1
    return .object(id, object)
  }

  private mutating func beginBlob(_ start: Int, _ size: Int) async throws -> SliceRecord {
    let width = header.algorithm.byteCount
    guard try await fill(width) else { throw truncated() }
    guard let id = ObjectID(bytes: take(width)) else { throw damaged(start, "no id") }
    blob = (id, size, start)
    blobHasher = ObjectHasher(.blob, size: size, header.algorithm)
    return .largeBlob(id, size: size)
  }

  /// The next piece of a large blob's content; nil after the last, when it has been found to be what its id says.
  mutating func nextPiece() async throws -> Bytes? {
    guard let (id, rest, start) = blob else { return nil }
    if rest == 0 {
      blob = nil
      let found = blobHasher.finalize()
      guard found == id else {
        throw damaged(start, "object \(id) has bytes whose id is \(found)")
      }
      objects += 1
      return nil
    }
    let count = min(rest, Self.chunkSize)
    guard try await fill(count) else { throw truncated() }
    let piece = take(count)
    blobHasher.update(piece)
    blob = (id, rest - count, start)
    return piece
  }

  private mutating func readEnd(_ start: Int) async throws -> SliceRecord? {
    guard try await fill(8) else { throw truncated() }
    let count = take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let digest = hasher.finalize().bytes
    guard try await fill(SliceRecord.digestSize) else { throw truncated() }
    guard take(SliceRecord.digestSize) == digest else {
      throw damaged(start, "the digest of the whole is another one")
    }
    guard count == objects else {
      throw damaged(start, "it says \(count) objects and has \(objects)")
    }
    if try await fill(1) { throw damaged(offset, "something follows the end") }
    isFinished = true
    return .end(objects: count, digest: digest)
  }

  private mutating func readLength(_ start: Int) async throws -> Int {
    var length: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 49, by: 7) {
      guard try await fill(1) else { throw truncated() }
      let byte = take(1)[0]
      length |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 {
        if byte == 0, shift > 0 { break }
        return Int(length)
      }
    }
    throw damaged(start, "a length that is not in its shortest form")
  }

  /// The bytes that were read; in the end, the file's.
  var byteCount: Int { offset }

  // MARK: Bytes

  /// Whether so many bytes are there to be taken.
  private mutating func fill(_ count: Int) async throws -> Bool {
    while buffer.count - at < count, !isAtEnd {
      if at > 0 {
        buffer.removeFirst(at)
        at = 0
      }
      do {
        let chunk = try await file.read(
          upTo: max(Self.chunkSize, min(count - buffer.count, 1 << 24)))
        isAtEnd = chunk.isEmpty
        buffer += chunk
      } catch {
        throw StoreError.slice(.file(path: path, reason: "\(error)"))
      }
    }
    return buffer.count - at >= count
  }

  private mutating func take(_ count: Int) -> Bytes {
    let bytes = Bytes(buffer[at..<at + count])
    hasher.update(bytes)
    at += count
    offset += count
    return bytes
  }

  private func truncated() -> StoreError {
    .slice(.truncated(path: path, bytes: offset + buffer.count - at))
  }

  private func damaged(_ offset: Int, _ reason: String) -> StoreError {
    .slice(.damaged(path: path, offset: offset, reason: reason))
  }
}
