/// One object as what differs from another.
///
/// What both begin with and end with is found first, which for versions of one file is mostly nearly all. What stands
/// between is searched for blocks of the other one. A delta that misses something is longer, not wrong.
///
/// Source: https://git-scm.com/docs/gitformat-pack#_deltified_representation
struct PackDelta {
  /// Bytes that one instruction copies; git itself copies no more at once.
  private static let mostCopied = 0xFFFF
  private static let mostInserted = 127
  /// How long a block is that is looked for, and how far apart they are in the base.
  fileprivate static let block = 16

  private let new: UnsafeRawBufferPointer
  private let base: UnsafeRawBufferPointer
  private var bytes: [UInt8] = []

  /// nil where a delta would not be much smaller than the object.
  static func make(_ new: ArraySlice<UInt8>, of base: ArraySlice<UInt8>) -> [UInt8]? {
    new.withUnsafeBytes { new in
      base.withUnsafeBytes { base in
        var delta = PackDelta(new: new, base: base)
        return delta.make() ? delta.bytes : nil
      }
    }
  }

  private init(new: UnsafeRawBufferPointer, base: UnsafeRawBufferPointer) {
    self.new = new
    self.base = base
  }

  private mutating func make() -> Bool {
    let longest = new.count / 4 * 3
    guard longest > 0 else { return false }
    let shorter = min(new.count, base.count)
    let start = Self.commonStart(new, base, shorter)
    let end = Self.commonEnd(new, base, shorter - start)
    append(size: base.count)
    append(size: new.count)
    copy(0..<start)
    guard
      between(start..<new.count - end, start..<base.count - end, longest: longest)
    else { return false }
    copy(base.count - end..<base.count)
    return bytes.count <= longest
  }

  /// Writes a part of the object from blocks of a part of the base. Whether that is short enough.
  private mutating func between(_ part: Range<Int>, _ source: Range<Int>, longest: Int) -> Bool {
    var pending = part.lowerBound
    if part.count >= Self.block, source.count >= Self.block {
      let blocks = BlockTable(of: base, source)
      defer { blocks.deallocate() }
      pending = copyBlocks(blocks, part, source, longest: longest)
    }
    guard bytes.count + part.upperBound - pending <= longest else { return false }
    insert(pending..<part.upperBound)
    return true
  }

  /// Answers from where on nothing is written yet.
  private mutating func copyBlocks(
    _ table: BlockTable, _ part: Range<Int>, _ source: Range<Int>, longest: Int
  ) -> Int {
    var pending = part.lowerBound
    let last = part.upperBound - Self.block
    var place = part.lowerBound
    while place <= last, bytes.count <= longest {
      guard let found = table.place(of: new, place) else {
        // Ever faster through what has nothing in common.
        place &+= 1 &+ (place &- pending) >> 7
        continue
      }
      let count = commonStart(place, found, part, source)
      copy(count, from: found, to: place, pending, source)
      place += count
      pending = place
    }
    return pending
  }

  private func commonStart(
    _ place: Int, _ found: Int, _ part: Range<Int>, _ source: Range<Int>
  ) -> Int {
    Self.commonStart(
      UnsafeRawBufferPointer(rebasing: new[place...]),
      UnsafeRawBufferPointer(rebasing: base[found...]),
      min(part.upperBound - place, source.upperBound - found))
  }

  /// Writes what is pending before a place, and a copy that may begin earlier than what was found.
  private mutating func copy(
    _ count: Int, from found: Int, to place: Int, _ pending: Int, _ source: Range<Int>
  ) {
    var before = 0
    while place - before > pending, found - before > source.lowerBound,
      new[place - before - 1] == base[found - before - 1]
    {
      before += 1
    }
    insert(pending..<place - before)
    copy(found - before..<found + count)
  }

  // MARK: Instructions

  private mutating func append(size: Int) {
    var left = size
    while left > 0x7F {
      bytes.append(UInt8(left & 0x7F) | 0x80)
      left >>= 7
    }
    bytes.append(UInt8(left))
  }

  private mutating func insert(_ range: Range<Int>) {
    var place = range.lowerBound
    while place < range.upperBound {
      let count = min(range.upperBound - place, Self.mostInserted)
      bytes.append(UInt8(count))
      bytes.append(contentsOf: new[place..<place + count])
      place += count
    }
  }

  private mutating func copy(_ range: Range<Int>) {
    var place = range.lowerBound
    while place < range.upperBound {
      let count = min(range.upperBound - place, Self.mostCopied)
      let instruction = bytes.count
      bytes.append(0x80)
      // Only the bytes that are not 0: four of the place, then two of the count.
      for bit in 0..<6 {
        let byte = bit < 4 ? place >> (8 * bit) & 0xFF : count >> (8 * (bit - 4)) & 0xFF
        if byte != 0 {
          bytes[instruction] |= 1 << UInt8(bit)
          bytes.append(UInt8(byte))
        }
      }
      place += count
    }
  }

  // MARK: What is the same

  /// How many of at most `limit` first bytes are the same.
  private static func commonStart(
    _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ limit: Int
  ) -> Int {
    var place = 0
    while place + 8 <= limit {
      let difference =
        a.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        ^ b.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      if difference != 0 {
        return place + UInt64(littleEndian: difference).trailingZeroBitCount / 8
      }
      place += 8
    }
    while place < limit, a[place] == b[place] { place += 1 }
    return place
  }

  /// How many of at most `limit` last bytes are the same.
  private static func commonEnd(
    _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ limit: Int
  ) -> Int {
    var count = 0
    while count + 8 <= limit {
      let difference =
        a.loadUnaligned(fromByteOffset: a.count - count - 8, as: UInt64.self)
        ^ b.loadUnaligned(fromByteOffset: b.count - count - 8, as: UInt64.self)
      if difference != 0 {
        return count + UInt64(littleEndian: difference).leadingZeroBitCount / 8
      }
      count += 8
    }
    while count < limit, a[a.count - count - 1] == b[b.count - count - 1] { count += 1 }
    return count
  }
}

/// Where the blocks of a part of some bytes are.
private struct BlockTable {
  private let base: UnsafeRawBufferPointer
  private let shift: UInt64
  /// Places plus 1, by hash. The first block of several that are the same stays.
  private let places: UnsafeMutablePointer<UInt32>
  /// A bit for each of eight times as many hashes: most of what is not there is told by it, and it is near.
  private let known: UnsafeMutablePointer<UInt8>

  init(of base: UnsafeRawBufferPointer, _ source: Range<Int>) {
    self.base = base
    var bits: UInt64 = 4
    while 1 << bits < source.count / PackDelta.block * 2 { bits += 1 }
    shift = 64 - bits
    places = .allocate(capacity: 1 << Int(bits))
    places.initialize(repeating: 0, count: 1 << Int(bits))
    known = .allocate(capacity: 1 << Int(bits))
    known.initialize(repeating: 0, count: 1 << Int(bits))
    var at = source.lowerBound
    let last = source.upperBound - PackDelta.block
    while at <= last {
      let hash = Self.hash(base, at)
      let slot = Int(truncatingIfNeeded: hash &>> shift)
      known[slot] |= Self.bit(hash, shift)
      if places[slot] == 0 { places[slot] = UInt32(truncatingIfNeeded: at &+ 1) }
      at &+= PackDelta.block
    }
  }

  func deallocate() {
    places.deallocate()
    known.deallocate()
  }

  /// Where the block that begins at a place of other bytes is.
  @inline(__always)
  func place(of bytes: UnsafeRawBufferPointer, _ place: Int) -> Int? {
    let hash = Self.hash(bytes, place)
    let slot = Int(truncatingIfNeeded: hash &>> shift)
    guard known[slot] & Self.bit(hash, shift) != 0 else { return nil }
    let found = Int(places[slot]) - 1
    return found >= 0 && isSame(bytes, place, found) ? found : nil
  }

  /// One of eight, by the bits below those of the slot.
  @inline(__always)
  private static func bit(_ hash: UInt64, _ shift: UInt64) -> UInt8 {
    1 &<< UInt8(truncatingIfNeeded: hash &>> (shift &- 3) & 7)
  }

  @inline(__always)
  private static func hash(_ buffer: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
    let low = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let high = buffer.loadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self)
    return (low &* 0x9e37_79b9_7f4a_7c15 ^ high) &* 0xd6e8_feb8_6659_fd93
  }

  private func isSame(_ bytes: UnsafeRawBufferPointer, _ place: Int, _ found: Int) -> Bool {
    bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      == base.loadUnaligned(fromByteOffset: found, as: UInt64.self)
      && bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
        == base.loadUnaligned(fromByteOffset: found + 8, as: UInt64.self)
  }
}
