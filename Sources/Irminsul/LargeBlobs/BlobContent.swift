import GitObjects
import RedisScripting

/// The content of a blob of any size, which is read piece by piece: one that is stored in chunks is never in
/// memory as a whole.
///
/// ```swift
/// if let content = try await snapshot.tree.content("films/one.mkv") {
///   for try await piece in content { try file.write(contentsOf: piece) }
/// }
/// ```
///
/// Pieces are of a megabyte at most where the blob is in chunks, and the whole where it is not. A round trip a
/// piece. Each piece is checked, and after the last one whether all of them are what the id says.
public struct BlobContent: AsyncSequence, Sendable {
  public typealias Element = [UInt8]

  enum Source: Sendable {
    case whole(FramedObject)
    case chunks(StoredChunks)
  }

  public let id: ObjectID
  let source: Source

  /// In bytes.
  public var size: Int {
    switch source {
    case .whole(let object): object.contentSize
    case .chunks(let chunks): chunks.blob.size
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    private let content: BlobContent
    private var hasher: ObjectHasher
    private var pieces: [ArraySlice<UInt8>] = []
    /// The next chunk, or for a whole blob how many pieces were given.
    private var next = 0

    init(_ content: BlobContent) {
      self.content = content
      hasher = ObjectHasher(.blob, size: content.size, content.id.algorithm)
    }

    /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/damagedObject(_:in:reason:)``.
    public mutating func next() async throws -> [UInt8]? {
      switch content.source {
      case .whole(let object):
        next += 1
        return next == 1 && object.contentSize > 0 ? Array(object.content) : nil
      case .chunks(let chunks):
        if pieces.isEmpty {
          if next == chunks.blob.chunks.count { return nil }
          try Task.checkCancellation()
          pieces = try await chunks.contents(from: next)
          next += pieces.count
        }
        let piece = Array(pieces.removeFirst())
        hasher.update(piece)
        if pieces.isEmpty, next == chunks.blob.chunks.count {
          let hash = hasher.finalize()
          guard hash == content.id else {
            throw StoreError.damagedObject(
              content.id, in: chunks.engine.location, reason: "its chunks hash to \(hash)")
          }
        }
        return piece
      }
    }
  }

  /// A part of the content; only the chunks that it lies in are read.
  ///
  /// - Parameter range: In bytes; what is beyond the end is left out.
  public func bytes(in range: Range<Int>) async throws -> [UInt8] {
    let range = range.clamped(to: 0..<size)
    if range.isEmpty { return [] }
    switch source {
    case .whole(let object):
      let start = object.content.startIndex
      return Array(object.content[(start + range.lowerBound)..<(start + range.upperBound)])
    case .chunks(let chunks):
      var bytes: [UInt8] = []
      var number = range.lowerBound / chunks.blob.chunkSize
      var place = number * chunks.blob.chunkSize
      while place < range.upperBound {
        try Task.checkCancellation()
        for piece in try await chunks.contents(from: number) where place < range.upperBound {
          let from = Swift.max(range.lowerBound - place, 0)
          let to = Swift.min(range.upperBound - place, piece.count)
          bytes += piece[(piece.startIndex + from)..<(piece.startIndex + to)]
          place += piece.count
          number += 1
        }
      }
      return bytes
    }
  }

  /// All of it as an object, in memory.
  func framed() async throws -> FramedObject {
    if case .whole(let object) = source { return object }
    var bytes = ObjectHeader(kind: .blob, contentSize: size).bytes
    bytes.reserveCapacity(bytes.count + size)
    for try await piece in self { bytes += piece }
    do {
      return try FramedObject(framed: bytes)
    } catch {
      throw StoreError.damagedObject(id, in: "memory", reason: "\(error)")
    }
  }
}
