/// A commit: a tree, the commits before it, who made it, and a message.
///
/// ```swift
/// let commit = CommitObject(
///   tree: tree, parents: [head], author: me, committer: me, message: "Add the README\n")
/// let id = commit.framed.id(.sha1)
/// ```
///
/// The content is kept byte by byte, so a commit that was read always prints the same again:
/// unknown, repeated and misplaced headers, signatures, odd dates, any encoding. Two commits are
/// equal when their bytes are.
public struct CommitObject: Sendable {
  /// The bytes after the object's header.
  public let content: [UInt8]
  /// The tree of the whole directory.
  public let tree: ObjectID
  /// The commits before this one, in order: the `parent` lines that directly follow the tree, which
  /// are those that Git itself sees.
  public let parents: [ObjectID]
  private let block: HeaderBlock

  /// Builds a commit as `git commit-tree` does.
  ///
  /// - Parameters:
  ///   - tree: The state that the commit is.
  ///   - parents: The commits before it, in order.
  ///   - author: Who made the change, and when.
  ///   - committer: Who made the commit, and when.
  ///   - encoding: What the message is encoded in, when it is not UTF-8.
  ///   - extraHeaders: Headers after the usual ones, such as `mergetag` and `gpgsig`.
  ///   - message: Kept as it is. Most people end it with a newline.
  public init(
    tree: ObjectID, parents: [ObjectID], author: Identity, committer: Identity,
    encoding: String? = nil, extraHeaders: [HeaderField] = [], message: [UInt8]
  ) {
    var bytes = [UInt8]()
    bytes.reserveCapacity(256 + 72 * parents.count + message.count)
    func append(_ name: String, _ value: [UInt8]) {
      HeaderField(parsedName: Array(name.utf8), value: value).append(to: &bytes)
    }
    append("tree", Array(tree.hex.utf8))
    for parent in parents { append("parent", Array(parent.hex.utf8)) }
    append("author", author.bytes)
    append("committer", committer.bytes)
    if let encoding { append("encoding", Array(encoding.utf8)) }
    for header in extraHeaders { header.append(to: &bytes) }
    bytes.append(0x0A)
    bytes.append(contentsOf: message)
    content = bytes
    self.tree = tree
    self.parents = parents
    block = bytes.withUnsafeBufferPointer { HeaderBlock($0) }
  }

  /// Builds a commit with a UTF-8 message, as `git commit-tree` does.
  public init(
    tree: ObjectID, parents: [ObjectID], author: Identity, committer: Identity,
    extraHeaders: [HeaderField] = [], message: String
  ) {
    self.init(
      tree: tree, parents: parents, author: author, committer: committer,
      extraHeaders: extraHeaders, message: Array(message.utf8))
  }

  /// Reads a commit from the bytes after the object's header. O(length).
  ///
  /// - Parameters:
  ///   - content: The bytes.
  ///   - algorithm: The repository's hash, which tells how long the ids are.
  /// - Throws: ``GitObjectError/malformed(kind:offset:reason:)`` when the tree or a parent cannot
  ///   be told. Everything else may be odd or missing.
  public init(
    parsing content: some Collection<UInt8>, algorithm: HashAlgorithm
  ) throws(GitObjectError) {
    let bytes = Array(content)
    let block = bytes.withUnsafeBufferPointer { HeaderBlock($0) }
    guard let first = block.fields.first, HeaderBlock.matches(bytes[first.name], "tree"),
      first.value.upperBound < bytes.count
    else {
      throw .malformed(kind: .commit, offset: 0, reason: "no tree line at the start")
    }
    guard let tree = ObjectID(hexDigits: bytes[first.value]), tree.algorithm == algorithm else {
      throw .malformed(
        kind: .commit, offset: first.value.lowerBound,
        reason: "the tree is no \(algorithm.rawValue) id")
    }
    var parents: [ObjectID] = []
    for field in block.fields.dropFirst() {
      guard HeaderBlock.matches(bytes[field.name], "parent") else { break }
      guard let parent = ObjectID(hexDigits: bytes[field.value]), parent.algorithm == algorithm,
        field.value.upperBound < bytes.count
      else {
        throw .malformed(
          kind: .commit, offset: field.value.lowerBound,
          reason: "a parent is no \(algorithm.rawValue) id")
      }
      parents.append(parent)
    }
    self.content = bytes
    self.tree = tree
    self.parents = parents
    self.block = block
  }

  /// The commit with its header, ready to be hashed and stored. O(length).
  public var framed: FramedObject { FramedObject(kind: .commit, content: content) }

  /// Who wrote the change; nil when the commit does not say.
  public var author: Identity? { identity("author") }

  /// Who made the commit; nil when the commit does not say.
  public var committer: Identity? { identity("committer") }

  /// What the message is encoded in; nil means UTF-8.
  public var encoding: String? {
    block.first("encoding", in: content).map {
      String(decoding: content[$0.value], as: UTF8.self)
    }
  }

  /// All headers, in order, `tree` included. O(length), computed at each call.
  public var headers: [HeaderField] {
    block.fields.map { HeaderBlock.field($0, in: content) }
  }

  /// The headers that no other property shows, such as `mergetag` and `gpgsig`, in order.
  public var extraHeaders: [HeaderField] {
    let known = ["tree", "parent", "author", "committer", "encoding"]
    return headers.filter { header in
      !known.contains { header.name.elementsEqual($0.utf8) }
    }
  }

  /// The value of the first header of a name; nil when there is none.
  public func header(_ name: String) -> [UInt8]? {
    block.fields.first { content[$0.name].elementsEqual(name.utf8) }
      .map { HeaderBlock.unfolded(content[$0.value]) }
  }

  /// What follows the blank line after the headers; empty when there is no such line. O(length).
  public var message: [UInt8] { Array(content[block.messageStart...]) }

  /// The message as text: Latin-1 where the commit says so, else UTF-8 with U+FFFD for other bytes.
  public var messageText: String {
    MessageText.decode(content[block.messageStart...], encoding: encoding)
  }

  /// The first paragraph of the message on one line, as `git log --format=%s` prints it.
  public var subject: String { MessageText.subject(of: messageText) }

  private func identity(_ name: StaticString) -> Identity? {
    block.first(name, in: content).map {
      Identity(bytes: HeaderBlock.unfolded(content[$0.value]))
    }
  }
}

extension CommitObject: Hashable {
  public static func == (left: CommitObject, right: CommitObject) -> Bool {
    left.content == right.content && left.tree == right.tree
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(content) }
}
