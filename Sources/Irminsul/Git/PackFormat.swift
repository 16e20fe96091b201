import GitObjects

/// Turns objects into the bytes of a pack file. Pure; nothing is compressed, so that no library for
/// that is needed: whoever reads the pack next can do it better.
///
/// Source: https://git-scm.com/docs/gitformat-pack, RFC 1950, RFC 1951 section 3.2.4
enum PackFormat {
  /// The start of a pack.
  static func header(objectCount: UInt32) -> [UInt8] {
    Array("PACK".utf8) + bigEndian(2) + bigEndian(objectCount)
  }

  /// Adds an object's entry to bytes.
  static func append(_ object: FramedObject, to bytes: inout [UInt8]) {
    let content = object.content
    let blocks = max(1, (content.count + 65_534) / 65_535)
    bytes.reserveCapacity(bytes.count + content.count + 5 * blocks + 16)
    var size = content.count >> 4
    var byte = code(object.kind) << 4 | UInt8(content.count & 15)
    while size > 0 {
      bytes.append(byte | 0x80)
      byte = UInt8(size & 0x7F)
      size >>= 7
    }
    bytes.append(byte)
    // Deflate with a window of 32 KiB, no dictionary, the lowest level.
    bytes.append(0x78)
    bytes.append(0x01)
    var rest = content
    repeat {
      let block = rest.prefix(65_535)
      rest = rest.dropFirst(block.count)
      let length = UInt16(block.count)
      bytes.append(rest.isEmpty ? 1 : 0)
      for value in [length, ~length] {
        bytes.append(UInt8(value & 0xFF))
        bytes.append(UInt8(value >> 8))
      }
      bytes.append(contentsOf: block)
    } while !rest.isEmpty
    bytes.append(contentsOf: bigEndian(adler32(content)))
  }

  private static func code(_ kind: ObjectKind) -> UInt8 {
    switch kind {
    case .commit: 1
    case .tree: 2
    case .blob: 3
    case .tag: 4
    }
  }

  static func adler32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { bytes in
      var (a, b): (UInt32, UInt32) = (1, 0)
      var place = 0
      while place < bytes.count {
        // As many as the sums can take before they leave 32 bits.
        let end = min(place + 5552, bytes.count)
        while place < end {
          a &+= UInt32(bytes[place])
          b &+= a
          place &+= 1
        }
        a %= 65_521
        b %= 65_521
      }
      return b << 16 | a
    }
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
  }
}
