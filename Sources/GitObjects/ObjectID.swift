/// The id of an object: the hash of its kind, size and content.
///
/// ```swift
/// let id = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
/// ```
///
/// A value of 33 bytes with no heap storage; comparing and hashing are O(1).
public struct ObjectID: Sendable {
  /// The raw id from its first byte on, followed by zeros: memory order, not number order.
  @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

  /// The hash that made the id, which also tells its length.
  public let algorithm: HashAlgorithm

  /// An id whose bytes are all zero: Git's way to write "none".
  public static func zero(_ algorithm: HashAlgorithm) -> ObjectID {
    ObjectID(zeroOf: algorithm)
  }

  private init(zeroOf algorithm: HashAlgorithm) {
    words = (0, 0, 0, 0)
    self.algorithm = algorithm
  }

  /// Reads a raw id at `start`, where at least `algorithm.byteCount` bytes must be readable.
  init(at start: UnsafeRawPointer, algorithm: HashAlgorithm) {
    self.init(zeroOf: algorithm)
    Swift.withUnsafeMutableBytes(of: &words) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: start, count: algorithm.byteCount))
    }
  }

  /// Reads a raw id; nil unless there are exactly 20 or 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case HashAlgorithm.sha1.byteCount: self.init(zeroOf: .sha1)
    case HashAlgorithm.sha256.byteCount: self.init(zeroOf: .sha256)
    default: return nil
    }
    Swift.withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
  }

  /// Reads a printed id; nil unless it is exactly 40 or 64 hexadecimal digits, in either case.
  public init?(hex: some StringProtocol) {
    self.init(hexDigits: hex.utf8)
  }

  /// Reads a printed id from ASCII bytes; nil unless it is exactly 40 or 64 hexadecimal digits.
  public init?(hexDigits: some Collection<UInt8>) {
    let id =
      hexDigits.withContiguousStorageIfAvailable { ObjectID(digits: $0) }
      ?? Array(hexDigits).withUnsafeBufferPointer { ObjectID(digits: $0) }
    guard let id else { return nil }
    self = id
  }

  init?(digits: UnsafeBufferPointer<UInt8>) {
    switch digits.count {
    case HashAlgorithm.sha1.digitCount: self.init(zeroOf: .sha1)
    case HashAlgorithm.sha256.digitCount: self.init(zeroOf: .sha256)
    default: return nil
    }
    let count = algorithm.byteCount
    let decoded = Swift.withUnsafeMutableBytes(of: &words) {
      Hexadecimal.decode(digits, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
    }
    guard decoded else { return nil }
  }

  /// The id of an object from the exact bytes that are hashed: `"blob 5\0hello"`. O(length).
  public init(hashing framed: [UInt8], algorithm: HashAlgorithm) {
    var hasher = ObjectHasher(algorithm)
    hasher.update(framed)
    self = hasher.finalize()
  }

  /// The id of an object from the exact bytes that are hashed, in any collection. O(length).
  public init(hashing framed: some Collection<UInt8>, algorithm: HashAlgorithm) {
    var hasher = ObjectHasher(algorithm)
    hasher.update(framed)
    self = hasher.finalize()
  }

  /// Calls `body` with the raw id: 20 or 32 bytes.
  public func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let count = algorithm.byteCount
    return try Swift.withUnsafeBytes(of: words) { (all) throws(Failure) -> Result in
      try body(UnsafeRawBufferPointer(rebasing: all[..<count]))
    }
  }

  /// The raw id: 20 or 32 bytes.
  public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

  /// The printed id: 40 or 64 lower-case hexadecimal digits.
  public var hex: String {
    String(unsafeUninitializedCapacity: algorithm.digitCount) { digits in
      withUnsafeBytes { bytes in
        var place = 0
        for byte in bytes {
          digits[place] = Hexadecimal.digit(byte >> 4)
          digits[place &+ 1] = Hexadecimal.digit(byte & 15)
          place &+= 2
        }
        return place
      }
    }
  }

  /// Whether every byte is zero.
  public var isZero: Bool { words.0 | words.1 | words.2 | words.3 == 0 }
}

extension ObjectID: Hashable {
  @inlinable
  public static func == (left: ObjectID, right: ObjectID) -> Bool {
    left.words.0 == right.words.0 && left.words.1 == right.words.1
      && left.words.2 == right.words.2 && left.words.3 == right.words.3
      && left.algorithm == right.algorithm
  }

  /// One word suffices: ids are hashes already.
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }
}

extension ObjectID: Comparable {
  /// The order of the raw bytes, which is also the order of the printed ids.
  @inlinable
  public static func < (left: ObjectID, right: ObjectID) -> Bool {
    if left.words.0 != right.words.0 { return left.words.0.bigEndian < right.words.0.bigEndian }
    if left.words.1 != right.words.1 { return left.words.1.bigEndian < right.words.1.bigEndian }
    if left.words.2 != right.words.2 { return left.words.2.bigEndian < right.words.2.bigEndian }
    if left.words.3 != right.words.3 { return left.words.3.bigEndian < right.words.3.bigEndian }
    return left.algorithm == .sha1 && right.algorithm == .sha256
  }
}

extension ObjectID: CustomStringConvertible {
  /// The printed id.
  public var description: String { hex }
}
