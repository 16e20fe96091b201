import RedisScripting

/// What FUNCTION DUMP answers and FUNCTION RESTORE takes: the text of each library as an RDB file of Redis 7.0 has it, the
/// version of that format and a checksum.
///
/// Source: what Redis 7.0 answers, and its `rdb.c` for the encodings of a string.
struct LibraryPayload {
  /// Why a payload cannot be read, in Redis' words.
  struct Failure: Error {
    let text: String
  }

  private static let version: UInt16 = 10
  private static let library: UInt8 = 245
  private static let footerLength = 10

  let libraries: [Bytes]

  init(_ libraries: [Bytes]) { self.libraries = libraries }

  var encoded: Bytes {
    var output: Bytes = []
    for code in libraries {
      output.append(Self.library)
      Self.append(length: code.count, to: &output)
      output += code
    }
    output += [UInt8(truncatingIfNeeded: Self.version), UInt8(Self.version >> 8)]
    let checksum = Self.checksum(output)
    output += (0..<8).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    return output
  }

  init(decoding payload: Bytes) throws(Failure) {
    let content = payload.count - Self.footerLength
    guard content >= 0,
      UInt16(payload[content]) | UInt16(payload[content + 1]) << 8 <= Self.version,
      Self.checksum(payload[..<(content + 2)])
        == (0..<8).reduce(0, { $0 | UInt64(payload[content + 2 + $1]) << (8 * $1) })
    else { throw Failure(text: "DUMP payload version or checksum are wrong") }
    var reader = Reader(rest: payload[..<content])
    var libraries: [Bytes] = []
    while let type = reader.byte() {
      guard type == Self.library else { throw Failure(text: "given type is not a function") }
      guard let code = reader.string() else {
        throw Failure(text: "Failed loading library payload")
      }
      libraries.append(code)
    }
    self.libraries = libraries
  }

  private static func append(length: Int, to output: inout Bytes) {
    switch length {
    case ..<(1 << 6): output.append(UInt8(length))
    case ..<(1 << 14): output += [UInt8(0x40 | length >> 8), UInt8(truncatingIfNeeded: length)]
    case ...Int(UInt32.max):
      output.append(0x80)
      output += stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> $0) }
    default:
      output.append(0x81)
      output += stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> $0) }
    }
  }

  /// CRC-64 with Jones' polynomial, the lowest bit first.
  private static let remainders: [UInt64] = (0..<256).map { byte in
    (0..<8).reduce(UInt64(byte)) { rest, _ in
      rest & 1 == 1 ? rest >> 1 ^ 0x95ac_9329_ac4b_c9b5 : rest >> 1
    }
  }

  private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { remainders[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// Reads strings; nil where the payload ends early or makes no sense.
  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func byte() -> UInt8? { rest.popFirst() }

    private mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
      guard count >= 0, count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }

    private mutating func number(bytes count: Int) -> Int? {
      bytes(count).flatMap { digits in
        Int(exactly: digits.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      }
    }

    private mutating func length() -> Int? {
      guard let first = byte() else { return nil }
      switch first {
      case 0x80: return number(bytes: 4)
      case 0x81: return number(bytes: 8)
      case 0x40..<0x80: return byte().map { Int(first & 0x3f) << 8 | Int($0) }
      case ..<0x40: return Int(first)
      default: return nil
      }
    }

    mutating func string() -> Bytes? {
      switch rest.first {
      case 0xc0: return integer(bytes: 1)
      case 0xc1: return integer(bytes: 2)
      case 0xc2: return integer(bytes: 4)
      case 0xc3:
        _ = byte()
        guard let packed = length(), let wanted = length(), let bytes = bytes(packed) else {
          return nil
        }
        return Self.unpacked(bytes, wanted)
      default: return length().flatMap { bytes($0) }.map { Bytes($0) }
      }
    }

    /// A number in place of its digits, the lowest byte first.
    private mutating func integer(bytes count: Int) -> Bytes? {
      _ = byte()
      guard let digits = bytes(count) else { return nil }
      let value = digits.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let unused = 32 - 8 * count
      return Bytes(String(Int32(bitPattern: value << unused) >> unused).utf8)
    }

    /// What LZF has made shorter: runs of bytes as they are, and references to what came before.
    private static func unpacked(_ packed: ArraySlice<UInt8>, _ wanted: Int) -> Bytes? {
      // No byte stands for more than some eighty others.
      guard wanted / 100 <= packed.count else { return nil }
      var reader = Reader(rest: packed)
      var output: Bytes = []
      output.reserveCapacity(wanted)
      while let control = reader.byte() {
        if control < 32 {
          guard let run = reader.bytes(Int(control) + 1) else { return nil }
          output += run
          continue
        }
        var length = Int(control >> 5)
        if length == 7 {
          guard let more = reader.byte() else { return nil }
          length += Int(more)
        }
        guard let low = reader.byte() else { return nil }
        let start = output.count - (Int(control & 31) << 8 | Int(low)) - 1
        guard start >= 0, output.count + length + 2 <= wanted else { return nil }
        // They may overlap with what they make.
        for index in start..<start + length + 2 { output.append(output[index]) }
      }
      return output.count == wanted ? output : nil
    }
  }
}
