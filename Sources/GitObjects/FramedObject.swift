/// An object as it is hashed and stored: its header and its content, not decoded.
///
/// ```swift
/// let blob = FramedObject(kind: .blob, content: Array("hello".utf8))
/// blob.id(.sha1)  // b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0
/// ```
public struct FramedObject: Sendable, Hashable {
  /// What the object is.
  public let kind: ObjectKind
  /// The exact bytes that are hashed: `"tree 68\0…"`.
  public let bytes: [UInt8]
  private let contentStart: Int

  /// Puts the header before the content. O(length).
  public init(kind: ObjectKind, content: some Collection<UInt8>) {
    var bytes = ObjectHeader(kind: kind, contentSize: content.count).bytes
    contentStart = bytes.count
    bytes.reserveCapacity(bytes.count + content.count)
    bytes.append(contentsOf: content)
    self.kind = kind
    self.bytes = bytes
  }

  /// Takes bytes that have a header already. O(1): the content is not decoded, the id not checked.
  ///
  /// - Throws: ``GitObjectError/malformed(kind:offset:reason:)`` when the header is not as Git
  ///   writes it, or its size is not the content's.
  public init(framed: [UInt8]) throws(GitObjectError) {
    let result = framed.withUnsafeBufferPointer { ObjectHeader.parse($0) }
    let header = try result.get()
    let start = header.byteCount
    guard framed.count - start == header.contentSize else {
      throw .malformed(
        kind: header.kind, offset: start,
        reason: "the header says \(header.contentSize) bytes, there are \(framed.count - start)")
    }
    kind = header.kind
    bytes = framed
    contentStart = start
  }

  /// The bytes after the header. O(1).
  public var content: ArraySlice<UInt8> { bytes[contentStart...] }

  /// The bytes after the header: how many.
  public var contentSize: Int { bytes.count - contentStart }

  /// The object's id. O(length), computed at each call.
  public func id(_ algorithm: HashAlgorithm) -> ObjectID {
    ObjectID(hashing: bytes, algorithm: algorithm)
  }

  public static func == (left: FramedObject, right: FramedObject) -> Bool {
    left.bytes == right.bytes
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
