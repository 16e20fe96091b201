import GitObjects

/// Where each object of a pack is, and the checksum of its entry: what `git index-pack` would find out by reading the pack
/// again.
///
/// Source: https://git-scm.com/docs/gitformat-pack#_version_2_pack_idx_files_support_packs_larger_than_4_gib_and
struct PackIndex {
  struct Item {
    let id: ObjectID
    let checksum: UInt32
    let offset: Int
  }

  var items: [Item] = []

  /// The bytes of the index of a pack.
  ///
  /// - Parameter pack: The hash that the pack ends with.
  func bytes(of pack: ObjectID) -> [UInt8] {
    let items = items.sorted { $0.id < $1.id }
    var bytes: [UInt8] = [0xFF, 0x74, 0x4F, 0x63]
    bytes.reserveCapacity(1100 + items.count * 32)
    func append(_ value: UInt32) {
      withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
    append(2)
    // How many ids begin with a byte or with a lesser one.
    var counts = [UInt32](repeating: 0, count: 256)
    for item in items { counts[Int(item.id.bytes[0])] += 1 }
    var sum: UInt32 = 0
    for count in counts {
      sum += count
      append(sum)
    }
    for item in items { bytes.append(contentsOf: item.id.bytes) }
    for item in items { append(item.checksum) }
    var large: [Int] = []
    for item in items {
      if item.offset < 1 << 31 {
        append(UInt32(item.offset))
      } else {
        append(1 << 31 | UInt32(large.count))
        large.append(item.offset)
      }
    }
    for offset in large {
      append(UInt32(offset >> 32))
      append(UInt32(truncatingIfNeeded: offset))
    }
    bytes.append(contentsOf: pack.bytes)
    var hasher = ObjectHasher(pack.algorithm)
    hasher.update(bytes)
    bytes.append(contentsOf: hasher.finalize().bytes)
    return bytes
  }
}

/// The checksum of RFC 1952, section 8, some bytes at a time.
struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  var value: UInt32 { ~state }

  /// Eight tables: each for a byte that stands one place further in front.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
      tables[byte] = value
    }
    for byte in 256..<8 * 256 {
      let before = tables[byte - 256]
      tables[byte] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  mutating func update(_ bytes: ArraySlice<UInt8>) {
    var crc = state
    Self.tables.withUnsafeBufferPointer { table in
      bytes.withUnsafeBytes { bytes in
        var place = 0
        while place + 8 <= bytes.count {
          let word =
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            ^ UInt64(crc)
          crc =
            table[7 * 256 + Int(word & 0xFF)] ^ table[6 * 256 + Int(word >> 8 & 0xFF)]
            ^ table[5 * 256 + Int(word >> 16 & 0xFF)] ^ table[4 * 256 + Int(word >> 24 & 0xFF)]
            ^ table[3 * 256 + Int(word >> 32 & 0xFF)] ^ table[2 * 256 + Int(word >> 40 & 0xFF)]
            ^ table[256 + Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
          place += 8
        }
        while place < bytes.count {
          crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[place])) & 0xFF)]
          place += 1
        }
      }
    }
    state = crc
  }
}
