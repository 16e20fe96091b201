import RedisScripting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A hash table with binary names that is looked up without copying the name, and is scanned in the
/// order of insertion with a cursor that survives changes.
///
/// Each entry has a sequence number that grows with insertions and stays until its removal. A cursor
/// is the number of the last entry seen, so an entry that is there during a whole scan is seen once.
/// All operations are O(1), amortized; a scan step costs O(log n) plus what it returns.
struct ByteTable<Value> {
  private struct Entry {
    var sequence: UInt64
    var name: Bytes
    /// nil when removed: the entry keeps its place until the next rebuild.
    var value: Value?
    var hash: UInt32
  }

  /// In the order of insertion, with the removed ones in between.
  private var entries: [Entry] = []
  /// Open addressing with linear probing: 0 is free, else a position in `entries` plus 1.
  private var slots: [UInt32] = []
  private var lastSequence: UInt64 = 0
  private(set) var count = 0

  /// The position of a live entry, valid until the next change.
  func position(of name: ByteView) -> Int? {
    guard count > 0 else { return nil }
    let hash = ByteHash.of(name)
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while true {
      let reference = slots[slot]
      if reference == 0 { return nil }
      let position = Int(reference) - 1
      if entries[position].hash == hash, entries[position].value != nil,
        name.equals(entries[position].name)
      {
        return position
      }
      slot = (slot + 1) & mask
    }
  }

  subscript(position: Int) -> Value? {
    get { entries[position].value }
    set { entries[position].value = newValue }
  }

  func value(of name: ByteView) -> Value? {
    position(of: name).flatMap { entries[$0].value }
  }

  /// Adds an entry whose name is known to be absent.
  mutating func insert(_ name: ByteView, _ value: Value) {
    if entries.count + 1 > slots.count / 4 * 3 { rebuild(for: count + 1) }
    let hash = ByteHash.of(name)
    lastSequence += 1
    entries.append(Entry(sequence: lastSequence, name: name.copy, value: value, hash: hash))
    count += 1
    place(entries.count - 1, hash)
  }

  @discardableResult
  mutating func remove(_ name: ByteView) -> Value? {
    guard let position = position(of: name) else { return nil }
    let value = entries[position].value
    entries[position].value = nil
    entries[position].name = []
    count -= 1
    if entries.count > 64, count < entries.count / 4 { rebuild(for: count) }
    return value
  }

  /// Calls `body` for up to `limit` entries after a cursor.
  ///
  /// - Returns: The cursor to go on with, 0 at the end.
  func scan(after cursor: UInt64, limit: Int, _ body: (Bytes, Value) -> Void) -> UInt64 {
    var position = cursor == 0 ? 0 : firstPosition(after: cursor)
    var seen = 0
    var last: UInt64 = 0
    while position < entries.count {
      if let value = entries[position].value {
        if seen == limit { return last }
        body(entries[position].name, value)
        seen += 1
        last = entries[position].sequence
      }
      position += 1
    }
    return 0
  }

  func forEach(_ body: (Bytes, Value) -> Void) {
    _ = scan(after: 0, limit: .max, body)
  }

  private func firstPosition(after sequence: UInt64) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func place(_ position: Int, _ hash: UInt32) {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(position + 1)
  }

  /// Drops removed entries and gives room for twice as many as there will be.
  private mutating func rebuild(for wanted: Int) {
    var size = 8
    while size / 4 * 3 < wanted + wanted / 2 { size *= 2 }
    if entries.count != count { entries.removeAll { $0.value == nil } }
    slots = [UInt32](repeating: 0, count: size)
    for position in entries.indices { place(position, entries[position].hash) }
  }
}

/// A fast hash of bytes with a seed of this process, so that nobody can prepare collisions.
enum ByteHash {
  private static let seed = UInt64.random(in: .min ... .max)

  static func of(_ view: ByteView) -> UInt32 {
    var hash = seed ^ UInt64(truncatingIfNeeded: view.length)
    let buffer = view.buffer
    var offset = 0
    while offset + 8 <= buffer.count {
      hash = mix(hash ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < buffer.count {
      tail = tail << 8 | UInt64(buffer[offset])
      offset += 1
    }
    hash = mix(hash ^ tail)
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }

  @inline(__always)
  private static func mix(_ word: UInt64) -> UInt64 {
    let product = (word ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return product.high ^ product.low
  }
}
