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
  private static let block = 16

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
      var bits = 4
      while 1 << bits < source.count / Self.block * 2 { bits += 1 }
      // Places in the base, plus 1. The first block of several that are the same stays.
      var places = [UInt32](repeating: 0, count: 1 << bits)
      places.withUnsafeMutableBufferPointer { places in
        var at = source.lowerBound
        while at + Self.block <= source.upperBound {
          let slot = Self.slot(base, at, bits)
          if places[slot] == 0 { places[slot] = UInt32(truncatingIfNeeded: at + 1) }
          at += Self.block
        }
        var place = part.lowerBound
        while place + Self.block <= part.upperBound, bytes.count <= longest {
          let found = Int(places[Self.slot(new, place, bits)]) - 1
          guard found >= 0, Self.isSame(new, place, base, found) else {
            // Ever faster through what has nothing in common.
            place += 1 + (place - pending) >> 8
            continue
          }
          var before = 0
          while place - before > pending, found - before > source.lowerBound,
            new[place - before - 1] == base[found - before - 1]
          {
            before += 1
          }
          let count = Self.commonStart(
            UnsafeRawBufferPointer(rebasing: new[place...]),
            UnsafeRawBufferPointer(rebasing: base[found...]),
            min(part.upperBound - place, source.upperBound - found))
          insert(pending..<place - before)
          copy(found - before..<found + count)
          place += count
          pending = place
        }
      }
    }
    guard bytes.count + part.upperBound - pending <= longest else { return false }
    insert(pending..<part.upperBound)
    return true
  }

  private static func slot(_ buffer: UnsafeRawBufferPointer, _ place: Int, _ bits: Int) -> Int {
    let low = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    let high = buffer.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
    let mixed = (low &* 0x9e37_79b9_7f4a_7c15 ^ high) &* 0xd6e8_feb8_6659_fd93
    return Int(mixed >> UInt64(64 - bits))
  }

  private static func isSame(
    _ a: UnsafeRawBufferPointer, _ place: Int, _ b: UnsafeRawBufferPointer, _ other: Int
  ) -> Bool {
    a.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      == b.loadUnaligned(fromByteOffset: other, as: UInt64.self)
      && a.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)
        == b.loadUnaligned(fromByteOffset: other + 8, as: UInt64.self)
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
