import GitObjects

/// Turns objects into the entries of a pack, one after the other.
struct PackEncoder: Sendable {
  /// How many deltas in a row stand between an object and one that is whole; git's own number.
  private static let deepest = 50
  /// Bytes of objects that others may become deltas of, and the largest of them.
  private static let baseBytes = 32 << 20
  private static let largestBase = 4 << 20

  struct Item: Sendable {
    let object: FramedObject
    /// For the index; nil: there will be none.
    let id: ObjectID?
    /// Objects of one place are versions of one another: later ones may become deltas. 0: of none.
    let place: UInt64
  }

  /// What the next object of the same place is compared with.
  private struct Base {
    let object: FramedObject
    let offset: Int
    let depth: Int
  }

  /// Where each object is.
  private(set) var index = PackIndex()
  /// Where the next entry begins.
  private var offset = PackFormat.header(objectCount: 0).count
  private var bases: [UInt64: Base] = [:]
  private var basesSize = 0

  /// The entries of some objects.
  mutating func entries(of items: [Item]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(items.reduce(0) { $0 + $1.object.bytes.count + 32 })
    let first = offset
    for item in items {
      let start = bytes.count
      if item.place == 0 || !appendDelta(item, at: first + start, to: &bytes) {
        PackFormat.append(item.object, to: &bytes)
        if item.place != 0 {
          keep(Base(object: item.object, offset: first + start, depth: 0), at: item.place)
        }
      }
      var checksum = CRC32()
      if item.id != nil { checksum.update(bytes[start...]) }
      note(item.id, checksum, size: bytes.count - start)
    }
    return bytes
  }

  /// Takes note of an entry that comes next and was made elsewhere.
  mutating func note(_ id: ObjectID?, _ checksum: CRC32, size: Int) {
    if let id {
      index.items.append(PackIndex.Item(id: id, checksum: checksum.value, offset: offset))
    }
    offset += size
  }

  /// Whether the object was written as a delta.
  private mutating func appendDelta(_ item: Item, at start: Int, to bytes: inout [UInt8]) -> Bool {
    guard let base = bases[item.place], base.depth < Self.deepest,
      base.object.kind == item.object.kind,
      let delta = PackDelta.make(item.object.content, of: base.object.content)
    else { return false }
    var entry = PackFormat.Entry(deltaTo: start - base.offset, size: delta.count, to: &bytes)
    entry.append(delta[...], to: &bytes)
    entry.finish(to: &bytes)
    keep(Base(object: item.object, offset: start, depth: base.depth + 1), at: item.place)
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
}
