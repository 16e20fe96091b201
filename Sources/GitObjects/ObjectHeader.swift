/// The start of a framed object: `"tree 68\0"`.
public struct ObjectHeader: Sendable, Hashable {
  /// What the object is.
  public let kind: ObjectKind
  /// The bytes that follow the header.
  public let contentSize: Int

  /// A header for content of that many bytes.
  public init(kind: ObjectKind, contentSize: Int) {
    self.kind = kind
    self.contentSize = contentSize
  }

  /// The longest header: `commit`, a space, 19 digits and NUL.
  public static let maximumByteCount = 27

  /// The header as it is hashed, NUL included.
  public var bytes: [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(Self.maximumByteCount)
    bytes.append(contentsOf: kind.rawValue.utf8)
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: String(contentSize).utf8)
    bytes.append(0)
    return bytes
  }

  /// Reads the header at the start of `bytes`, which may go on, or be cut, after it.
  ///
  /// The size must be written as Git writes it: decimal, no sign, no leading zeros.
  ///
  /// - Throws: ``GitObjectError/malformed(kind:offset:reason:)``.
  public init(parsing bytes: some Collection<UInt8>) throws(GitObjectError) {
    let start = Array(bytes.prefix(Self.maximumByteCount))
    let result = start.withUnsafeBufferPointer { Self.parse($0) }
    self = try result.get()
  }

  /// Reads the header at the start of `bytes`.
  static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<Self, GitObjectError> {
    let space = UInt8(ascii: " ")
    // "commit" is the longest word.
    guard let wordEnd = bytes.prefix(7).firstIndex(of: space),
      let kind = ObjectKind(word: UnsafeBufferPointer(rebasing: bytes[..<wordEnd]))
    else {
      return .failure(
        .malformed(kind: nil, offset: 0, reason: "no object kind and space at the start"))
    }
    var place = wordEnd + 1
    let digits = place
    var size = 0
    while place < bytes.count, bytes[place] != 0 {
      guard case 0x30...0x39 = bytes[place] else {
        return .failure(
          .malformed(kind: kind, offset: place, reason: "the size in the header is not decimal"))
      }
      let (product, tooLarge) = size.multipliedReportingOverflow(by: 10)
      let (sum, stillTooLarge) = product.addingReportingOverflow(Int(bytes[place] &- 0x30))
      guard !tooLarge, !stillTooLarge else {
        return .failure(
          .malformed(kind: kind, offset: digits, reason: "the size in the header is too large"))
      }
      size = sum
      place += 1
    }
    guard place < bytes.count else {
      return .failure(
        .malformed(kind: kind, offset: place, reason: "no NUL after the size in the header"))
    }
    guard place > digits, bytes[digits] != 0x30 || place == digits + 1 else {
      return .failure(
        .malformed(
          kind: kind, offset: digits, reason: "the size in the header is empty or zero-padded"))
    }
    return .success(Self(kind: kind, contentSize: size))
  }

  /// The bytes of the header itself.
  var byteCount: Int {
    var digits = 1
    var rest = contentSize / 10
    while rest != 0 {
      digits += 1
      rest /= 10
    }
    return kind.rawValue.utf8.count + 1 + digits + 1
  }
}
