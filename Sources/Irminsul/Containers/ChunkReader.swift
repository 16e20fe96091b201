import GitObjects
import RedisScripting

/// Reads the chunks of a log or queue as it was at one moment, from either end: the names of one
/// folder at a time, and more and more chunks at once.
struct ChunkReader {
  enum Direction {
    case oldestFirst
    case newestFirst
  }

  struct Chunk {
    let place: ChunkPlace
    /// Not empty.
    let bytes: Bytes

    /// How many lines there are.
    var count: Int { bytes.count { $0 == UInt8(ascii: "\n") } }

    /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``.
    func lines(in container: Path, at commit: ObjectID? = nil) throws(StoreError) -> [ChunkLine] {
      do {
        return try ChunkLine.all(in: bytes)
      } catch {
        throw .undecodable(
          place.path(in: container), at: commit, type: "chunk of entries", reason: error.reason)
      }
    }
  }

  let tree: Tree
  let direction: Direction
  private let objects: ObjectDatabase
  private var folders: [Tree.Item]?
  private var waiting: [(place: ChunkPlace, id: ObjectID)] = []
  private var read: [Chunk] = []
  private var batch = 1
  /// Chunks before this one are left out.
  private let start: ChunkPlace?

  /// Chunks that are read in one round trip, half a megabyte or so.
  private static let largestBatch = 64

  init(
    _ tree: Tree, _ direction: Direction, from start: ChunkPlace? = nil,
    _ objects: ObjectDatabase
  ) {
    self.tree = tree
    self.direction = direction
    self.objects = objects
    self.start = start
  }

  /// The next chunk that has entries; nil after the last one.
  mutating func next() async throws -> Chunk? {
    while read.isEmpty {
      guard try await fill() else { return nil }
    }
    return read.removeLast()
  }

  /// Where the next chunk with any bytes is, without reading it.
  mutating func nextPlace() async throws -> ChunkPlace? {
    let empty = FramedObject(kind: .blob, content: []).id(objects.algorithm)
    while true {
      while let chunk = waiting.popLast() {
        if chunk.id != empty { return chunk.place }
      }
      guard try await nextFolder() else { return nil }
    }
  }

  private mutating func fill() async throws -> Bool {
    while waiting.isEmpty {
      guard try await nextFolder() else { return false }
    }
    let chunks = waiting.suffix(batch)
    waiting.removeLast(chunks.count)
    batch = min(Self.largestBatch, batch * 2)
    let blobs = try await objects.read(chunks.map(\.id))
    for (chunk, blob) in zip(chunks, blobs) where !blob.content.isEmpty {
      read.append(Chunk(place: chunk.place, bytes: Bytes(blob.content)))
    }
    return true
  }

  /// Those that come next are at the end.
  private mutating func nextFolder() async throws -> Bool {
    if folders == nil {
      let items = try await tree.list().filter { $0.entry.mode.isTree }
      folders = inTurn(items, from: start?.folder)
    }
    guard let folder = folders?.popLast() else { return false }
    let items = try await tree.list(Path(steps: [folder.name]))
    let first = start?.folder == folder.name ? start?.name : nil
    waiting = inTurn(items.filter { !$0.entry.mode.isTree }, from: first)
      .map { (ChunkPlace(folder: folder.name, name: $0.name), $0.entry.id) }
    return true
  }

  private func inTurn(_ items: [Tree.Item], from first: Bytes?) -> [Tree.Item] {
    items.filter { item in
      ChunkPlace.isName(item.name) && !(first.map { comes(item.name, before: $0) } ?? false)
    }
    .sorted { comes($1.name, before: $0.name) }
  }

  private func comes(_ name: Bytes, before other: Bytes) -> Bool {
    direction == .oldestFirst
      ? name.lexicographicallyPrecedes(other) : other.lexicographicallyPrecedes(name)
  }
}
