import GitObjects
import RedisScripting

/// One item of a slice file.
///
/// A file is a header of 12 bytes, then records: a letter, the payload's length as an unsigned LEB128 number in its
/// shortest form, and the payload. `Slices.md` has the format for other programs.
enum SliceRecord: Sendable, Equatable {
  /// What the store's HEAD says.
  case head(Bytes)
  /// A ref's full name, and what it points to.
  case ref(Bytes, ObjectID)
  /// A commit that is not in the file, and that the store must have.
  case needed(ObjectID)
  /// A commit in the file whose parents are left out for good: the history that it is of was cut there.
  case boundary(ObjectID)
  case object(ObjectID, FramedObject)
  /// A blob whose content is too large to be held; ``SliceReader/nextPiece()`` has it.
  case largeBlob(ObjectID, size: Int)
  /// The end: how many objects there were; the digest of all bytes before it follows.
  case end(objects: UInt64, digest: Bytes)

  static let digestSize = 32
  static let endSize = 8 + digestSize

  static func letter(_ kind: ObjectKind) -> UInt8 {
    switch kind {
    case .blob: UInt8(ascii: "b")
    case .tree: UInt8(ascii: "t")
    case .commit: UInt8(ascii: "c")
    case .tag: UInt8(ascii: "g")
    }
  }

  static func kind(_ letter: UInt8) -> ObjectKind? {
    ObjectKind.allCases.first { Self.letter($0) == letter }
  }

  /// Adds a record's bytes; the end's without its digest.
  func append(to bytes: inout Bytes) {
    switch self {
    case .head(let text): Self.append(UInt8(ascii: "H"), text.count, [text[...]], to: &bytes)
    case .ref(let name, let id):
      Self.append(
        UInt8(ascii: "R"), id.bytes.count + name.count, [id.bytes[...], name[...]], to: &bytes)
    case .needed(let id):
      Self.append(UInt8(ascii: "N"), id.bytes.count, [id.bytes[...]], to: &bytes)
    case .boundary(let id):
      Self.append(UInt8(ascii: "S"), id.bytes.count, [id.bytes[...]], to: &bytes)
    case .object(let id, let object):
      Self.append(
        Self.letter(object.kind), id.bytes.count + object.contentSize,
        [id.bytes[...], object.content], to: &bytes)
    case .largeBlob(let id, let size):
      // The content follows.
      Self.append(
        Self.letter(.blob), id.bytes.count + size, [id.bytes[...]], to: &bytes)
    case .end(let objects, _):
      let count = (0..<8).map { UInt8(truncatingIfNeeded: objects >> (56 - 8 * $0)) }
      Self.append(UInt8(ascii: "E"), Self.endSize, [count[...]], to: &bytes)
    }
  }

  private static func append(
    _ letter: UInt8, _ length: Int, _ parts: [ArraySlice<UInt8>], to bytes: inout Bytes
  ) {
    bytes.append(letter)
    var rest = UInt64(length)
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    for part in parts { bytes += part }
  }
}

/// What the first bytes of a slice say.
struct SliceHeader: Sendable, Equatable {
  static let magic = Bytes("IRMSLICE".utf8)
  /// The first knows no boundaries, and is written where there are none.
  static let versions: ClosedRange<UInt8> = 1...2
  static let size = 12

  let algorithm: HashAlgorithm
  let layout: DirectoryLayout
  var version: UInt8 = 1

  var bytes: Bytes {
    Self.magic + [version, algorithm == .sha1 ? 1 : 2, layout == .git ? 1 : 2, 0]
  }
}
