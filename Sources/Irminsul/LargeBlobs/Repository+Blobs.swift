import Foundation
import GitObjects
import RedisScripting

extension Repository {
  /// The content of a blob, to be read piece by piece; nil when no blob is stored under that id. One round trip,
  /// and one a megabyte when it is read.
  ///
  /// Source: `git cat-file blob`.
  public func content(of id: ObjectID) async throws -> BlobContent? {
    try await objects.content(id)
  }

  /// Stores a blob whose bytes come one after another, and answers its id: for ``BranchEdit/setEntry(_:_:)``, within
  /// `body`. What no commit leads to when `body` ends goes with the next collection of garbage.
  ///
  /// ```swift
  /// try await repository.withBlob(size: size, of: pieces) { id in
  ///   try await main.commit([.setEntry("film", Entry(mode: .blob, id: id))], "Add the film")
  /// }
  /// ```
  ///
  /// A blob of more than 2 MiB is stored in chunks of 512 KiB, a round trip each, and never in memory as a whole; a
  /// backend without scripts takes it as a whole.
  ///
  /// - Parameters:
  ///   - size: How many bytes there are: Git's ids begin with it.
  ///   - pieces: The bytes, in pieces of any size.
  ///   - body: Makes the commit that leads to the blob, whose id it gets.
  /// - Throws: ``StoreError/unencodable(type:reason:)`` when there are more or fewer bytes;
  ///   ``StoreError/quotaExceeded(what:limit:in:)``.
  ///
  /// Source: `git hash-object -w --stdin`.
  public func withBlob<Pieces: AsyncSequence & Sendable, Result: Sendable>(
    size: Int, of pieces: Pieces, _ body: @escaping @Sendable (ObjectID) async throws -> Result
  ) async throws -> Result where Pieces.Element: Collection<UInt8> {
    try await Lease.with(self) { [self] in
      var upload = try BlobUpload(engine, size: size)
      for try await piece in pieces { try await upload.append(piece) }
      return try await body(try await upload.finish().id)
    }
  }

  /// As ``withBlob(size:of:_:)`` of the bytes of a file.
  ///
  /// - Throws: ``StoreError/file(path:reason:)`` when it cannot be read.
  public func withBlob<Result: Sendable>(
    ofFile path: String, _ body: @escaping @Sendable (ObjectID) async throws -> Result
  ) async throws -> Result {
    let (file, size) = try await Self.open(path)
    defer { file.close() }
    return try await withBlob(size: size, of: FilePieces(file: file, path: path), body)
  }

  private static func open(_ path: String) async throws(StoreError) -> (BlockingFile, Int) {
    do {
      let file = try BlockingFile(reading: path)
      return (file, try await file.size())
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }
}

/// The bytes of a file, a chunk at a time.
private struct FilePieces: AsyncSequence, Sendable {
  let file: BlockingFile
  let path: String

  struct AsyncIterator: AsyncIteratorProtocol {
    let pieces: FilePieces

    mutating func next() async throws -> [UInt8]? {
      do {
        let piece = try await pieces.file.read(upTo: ChunkedBlob.chunkSize)
        return piece.isEmpty ? nil : piece
      } catch {
        throw StoreError.file(path: pieces.path, reason: "\(error)")
      }
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: self) }
}

extension Branch {
  /// Puts the bytes of a file at a path, whatever its size: see ``Repository/withBlob(ofFile:_:)``.
  ///
  /// ```swift
  /// try await main.set("films/one.mkv", toFile: "/films/one.mkv", "Add a film")
  /// ```
  @discardableResult
  public func set(
    _ path: Path, toFile file: String, mode: FileMode = .blob, _ info: Info
  ) async throws -> WriteResult {
    if path.isRoot { throw StoreError.rootIsDirectory }
    try mode.checkBlob()
    return try await repository.withBlob(ofFile: file) { id in
      try await commit([.setEntry(path, Entry(mode: mode, id: id))], info)
    }
  }
}

extension Tree {
  /// The content of the blob at a path, to be read piece by piece; nil when there is none. The bytes of a blob that
  /// is stored in chunks are not read before they are asked for.
  public func content(_ path: Path) async throws -> BlobContent? {
    guard let entry = try await entry(path), !entry.mode.isTree, !entry.mode.isSubmodule else {
      return nil
    }
    if let objects, let content = try await objects.content(entry.id) { return content }
    guard let bytes = try await find(path) else { return nil }
    return BlobContent(id: entry.id, source: .whole(FramedObject(kind: .blob, content: bytes)))
  }
}

extension ObjectDatabase {
  /// nil for what is not stored, or no blob.
  func content(_ id: ObjectID) async throws -> BlobContent? {
    var stored: StoredObject?
    if case .other(let object)? = cache.object(id) {
      stored = .object(object)
    } else if let engine = engine.chunkStore {
      stored = try await engine.readStoredPage([id]).first ?? nil
    } else {
      stored = try await find(id).map { .object($0) }
    }
    switch stored {
    case nil: return nil
    case .chunks(let chunks): return chunks.content
    case .object(let object):
      return object.kind == .blob ? BlobContent(id: id, source: .whole(object)) : nil
    }
  }
}

extension ScriptedEngine {
  /// The chunks that stored bytes stand for; nil for an object that is stored itself.
  func chunks(_ id: ObjectID, _ bytes: Bytes) throws(StoreError) -> StoredChunks? {
    guard ChunkedBlob.isStored(as: bytes) else { return nil }
    guard let blob = ChunkedBlob(stored: bytes, algorithm) else {
      throw .damagedObject(
        id, in: location, reason: "what stands for a large blob does not say what its chunks are")
    }
    return StoredChunks(id: id, blob: blob, engine: self)
  }
}
