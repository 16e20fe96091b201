import GitObjects

/// Turns objects into the bytes of a pack file. Pure; nothing is deflated, so that no library for
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
    let blocks = max(1, (object.contentSize + 65_534) / 65_535)
    bytes.reserveCapacity(bytes.count + object.contentSize + 5 * blocks + 16)
    var entry = Entry(object.kind, size: object.contentSize, to: &bytes)
    entry.append(object.content, to: &bytes)
    entry.finish(to: &bytes)
  }

  /// An object's entry whose content comes piece by piece.
  struct Entry {
    private var rest: Int
    private var checksum = Adler32()

    init(_ kind: ObjectKind, size: Int, to bytes: inout [UInt8]) {
      self.init(code(kind), nil, size: size, to: &bytes)
    }

    /// A delta to an object whose entry begins so many bytes before this one.
    init(deltaTo distance: Int, size: Int, to bytes: inout [UInt8]) {
      self.init(6, distance, size: size, to: &bytes)
    }

    private init(_ code: UInt8, _ distance: Int?, size: Int, to bytes: inout [UInt8]) {
      rest = size
      var left = size >> 4
      var byte = code << 4 | UInt8(size & 15)
      while left > 0 {
        bytes.append(byte | 0x80)
        byte = UInt8(left & 0x7F)
        left >>= 7
      }
      bytes.append(byte)
      if var distance {
        // The highest digit first; each but the last stands for one more than it says.
        var digits = [UInt8(distance & 0x7F)]
        while distance > 0x7F {
          distance = distance >> 7 - 1
          digits.append(UInt8(distance & 0x7F) | 0x80)
        }
        bytes.append(contentsOf: digits.reversed())
      }
      // Deflate with a window of 32 KiB, no dictionary, the lowest level.
      bytes.append(0x78)
      bytes.append(0x01)
      if size == 0 { bytes += [1, 0, 0, 0xFF, 0xFF] }
    }

    mutating func append(_ content: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
      checksum.update(content)
      var content = content
      while !content.isEmpty {
        let block = content.prefix(65_535)
        content = content.dropFirst(block.count)
        rest -= block.count
        let length = UInt16(block.count)
        bytes.append(rest == 0 ? 1 : 0)
        for value in [length, ~length] {
          bytes.append(UInt8(value & 0xFF))
          bytes.append(UInt8(value >> 8))
        }
        bytes.append(contentsOf: block)
      }
    }

    func finish(to bytes: inout [UInt8]) { bytes.append(contentsOf: bigEndian(checksum.value)) }
  }

  private static func code(_ kind: ObjectKind) -> UInt8 {
    switch kind {
    case .commit: 1
    case .tree: 2
    case .blob: 3
    case .tag: 4
    }
  }

  /// Source: RFC 1950, section 8.
  struct Adler32 {
    private var a: UInt32 = 1
    private var b: UInt32 = 0

    var value: UInt32 { b << 16 | a }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
      bytes.withUnsafeBufferPointer { bytes in
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
      }
    }
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
  }
}
