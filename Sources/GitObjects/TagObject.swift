/// An annotated tag: a name, a message and perhaps a signature for another object.
///
/// The content is kept byte by byte, so a tag that was read always prints the same again. Two tags
/// are equal when their bytes are.
public struct TagObject: Sendable {
  /// The bytes after the object's header.
  public let content: [UInt8]
  /// The object that is tagged.
  public let object: ObjectID
  /// What the tagged object is.
  public let kind: ObjectKind
  private let block: HeaderBlock

  /// Builds a tag as `git tag -a` does.
  ///
  /// - Parameters:
  ///   - object: What is tagged.
  ///   - kind: What that is.
  ///   - name: The tag's name without `refs/tags/`.
  ///   - tagger: Who made the tag, and when; old tags have none.
  ///   - message: Kept as it is, a signature at its end included.
  public init(
    object: ObjectID, kind: ObjectKind, name: String, tagger: Identity?, message: [UInt8]
  ) {
    var bytes = [UInt8]()
    bytes.reserveCapacity(256 + message.count)
    func append(_ name: String, _ value: [UInt8]) {
      HeaderField(parsedName: Array(name.utf8), value: value).append(to: &bytes)
    }
    append("object", Array(object.hex.utf8))
    append("type", Array(kind.rawValue.utf8))
    append("tag", Array(name.utf8))
    if let tagger { append("tagger", tagger.bytes) }
    bytes.append(0x0A)
    bytes.append(contentsOf: message)
    content = bytes
    self.object = object
    self.kind = kind
    block = bytes.withUnsafeBufferPointer { HeaderBlock($0) }
  }

  /// Reads a tag from the bytes after the object's header. O(length).
  ///
  /// - Parameters:
  ///   - content: The bytes.
  ///   - algorithm: The repository's hash, which tells how long the id is.
  /// - Throws: ``GitObjectError/malformed(kind:offset:reason:)`` unless the first three lines are
  ///   `object`, `type` and `tag`, as Git asks. Everything else may be odd or missing.
  public init(
    parsing content: some Collection<UInt8>, algorithm: HashAlgorithm
  ) throws(GitObjectError) {
    let bytes = Array(content)
    let block = bytes.withUnsafeBufferPointer { HeaderBlock($0) }
    let names: [StaticString] = ["object", "type", "tag"]
    for (place, name) in names.enumerated() {
      guard place < block.fields.count, case let field = block.fields[place],
        HeaderBlock.matches(bytes[field.name], name), field.value.upperBound < bytes.count
      else {
        let offset =
          place < block.fields.count ? block.fields[place].name.lowerBound : block.headersEnd
        throw .malformed(kind: .tag, offset: offset, reason: "no \(name) line in its place")
      }
    }
    let (first, second) = (block.fields[0].value, block.fields[1].value)
    guard let object = ObjectID(hexDigits: bytes[first]), object.algorithm == algorithm else {
      throw .malformed(
        kind: .tag, offset: first.lowerBound, reason: "the object is no \(algorithm.rawValue) id")
    }
    let word = String(decoding: bytes[second], as: UTF8.self)
    guard let kind = ObjectKind(rawValue: word) else {
      throw .malformed(
        kind: .tag, offset: second.lowerBound, reason: "the type is no kind of object")
    }
    self.content = bytes
    self.object = object
    self.kind = kind
    self.block = block
  }

  /// The tag with its header, ready to be hashed and stored. O(length).
  public var framed: FramedObject { FramedObject(kind: .tag, content: content) }

  /// The tag's name without `refs/tags/`.
  public var nameBytes: [UInt8] {
    block.first("tag", in: content).map { HeaderBlock.unfolded(content[$0.value]) } ?? []
  }

  /// The tag's name as text, with U+FFFD for bytes that are not UTF-8.
  public var name: String { String(decoding: nameBytes, as: UTF8.self) }

  /// Who made the tag; nil when the tag does not say, as the oldest ones do not.
  public var tagger: Identity? {
    block.first("tagger", in: content).map {
      Identity(bytes: HeaderBlock.unfolded(content[$0.value]))
    }
  }

  /// All headers, in order. O(length), computed at each call.
  public var headers: [HeaderField] {
    block.fields.map { HeaderBlock.field($0, in: content) }
  }

  /// What follows the blank line after the headers, a signature included. O(length).
  public var message: [UInt8] { Array(content[block.messageStart...]) }

  /// The message as text, a signature included, with U+FFFD for bytes that are not UTF-8.
  public var messageText: String {
    let encoding = block.first("encoding", in: content).map {
      String(decoding: content[$0.value], as: UTF8.self)
    }
    return MessageText.decode(content[block.messageStart...], encoding: encoding)
  }

  /// The signature at the end of the message, from its `-----BEGIN` line on; nil when there is none.
  public var signature: [UInt8]? {
    let message = content[block.messageStart...]
    let starts = ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE", "SSH SIGNATURE"].map {
      Array("-----BEGIN \($0)-----".utf8)
    }
    var found: Int?
    var place = message.startIndex
    while place < message.endIndex {
      let line = message[place...]
      if starts.contains(where: { line.starts(with: $0) }) { found = place }
      guard let end = line.firstIndex(of: 0x0A) else { break }
      place = end + 1
    }
    return found.map { Array(message[$0...]) }
  }
}

extension TagObject: Hashable {
  public static func == (left: TagObject, right: TagObject) -> Bool {
    left.content == right.content && left.object == right.object
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(content) }
}
