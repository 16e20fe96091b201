import Crypto

/// Computes an object's id piece by piece, so that a large object need not be in memory at once.
///
/// ```swift
/// var hasher = ObjectHasher(.blob, size: fileSize, .sha1)
/// while let piece = nextPiece() { hasher.update(piece) }
/// let id = hasher.finalize()
/// ```
public struct ObjectHasher: Sendable {
  // Two optionals rather than an enum: a hash that is taken out of an enum to be updated is shared
  // for that moment, and copies its whole state.
  private var sha1: Insecure.SHA1?
  private var sha256: SHA256?

  /// A hasher that expects the whole framed object, header included.
  public init(_ algorithm: HashAlgorithm) {
    switch algorithm {
    case .sha1: sha1 = Insecure.SHA1()
    case .sha256: sha256 = SHA256()
    }
  }

  /// A hasher that expects only the content, of exactly `size` bytes.
  public init(_ kind: ObjectKind, size: Int, _ algorithm: HashAlgorithm) {
    self.init(algorithm)
    update(ObjectHeader(kind: kind, contentSize: size).bytes)
  }

  /// Adds the next bytes. O(length).
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    sha1?.update(bufferPointer: bytes)
    sha256?.update(bufferPointer: bytes)
  }

  /// Adds the next bytes. O(length).
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds the next bytes; copies them first when they are not contiguous. O(length).
  public mutating func update(_ bytes: some Collection<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable {
      update(UnsafeRawBufferPointer($0))
    }
    if done == nil { update(Array(bytes)) }
  }

  /// The id of everything added so far. More may be added afterwards.
  public func finalize() -> ObjectID {
    if let sha1 {
      return sha1.finalize().withUnsafeBytes { Self.id($0, .sha1) }
    }
    return (sha256 ?? SHA256()).finalize().withUnsafeBytes { Self.id($0, .sha256) }
  }

  private static func id(
    _ digest: UnsafeRawBufferPointer, _ algorithm: HashAlgorithm
  ) -> ObjectID {
    digest.baseAddress.map { ObjectID(at: $0, algorithm: algorithm) } ?? .zero(algorithm)
  }
}
