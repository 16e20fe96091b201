import GitObjects
import RedisScripting

/// A part of a wide directory: few entries, or a node with parts below it. The article
/// <doc:WideDirectories> says how it is written.
indirect enum WideGroup: Sendable {
  /// Under their own names, in Git's order.
  case entries([TreeEntry])
  case node(WideNode)

  /// How many entries of the directory it holds.
  var count: Int {
    switch self {
    case .entries(let entries): entries.count
    case .node(let node): node.count
    }
  }
}

/// A node of a wide directory's trie: it parts the keys below it by the first digit in which they
/// differ.
struct WideNode: Sendable {
  /// How many entries of the directory are below.
  var count: Int
  /// The digits that all keys below have in common, from where the node stands.
  var skip: [UInt8]
  /// By the next digit, in its order.
  var children: [Child]
  /// The entry whose key ends here.
  var terminal: TreeEntry?

  struct Child: Sendable {
    let digit: UInt8
    var content: Content
  }

  enum Content: Sendable {
    case stored(ObjectID)
    /// Not written yet.
    case changed(WideGroup)
  }

  func child(_ digit: UInt8) -> Content? { children.first { $0.digit == digit }?.content }

  mutating func setChild(_ digit: UInt8, _ content: Content?) {
    let at = children.firstIndex { $0.digit >= digit } ?? children.count
    let isThere = at < children.count && children[at].digit == digit
    switch (content, isThere) {
    case (let content?, true): children[at].content = content
    case (let content?, false): children.insert(Child(digit: digit, content: content), at: at)
    case (nil, true): children.remove(at: at)
    case (nil, false): break
    }
  }

  // MARK: The written form

  /// What the first entry of every node refers to, so that nobody takes a node for something else, and
  /// whoever meets one in a clone knows what it is.
  static let explanation = FramedObject(
    kind: .blob,
    content: """
      This folder is a part of a wide directory, which Irminsul keeps as a trie of small trees.
      The name of this file tells how many entries are below and, after a second space, which digits of
      their names they have in common; folders named "!x" hold those whose name goes on with the
      hexadecimal digit x. The entries themselves have their own names (after a "%" if they begin with
      a space, "!" or "%"): git ls-files finds them.

      """.utf8)

  static let explanations: [HashAlgorithm: ObjectID] = [
    .sha1: explanation.id(.sha1), .sha256: explanation.id(.sha256),
  ]

  private static let markStart: Bytes = Bytes("! ".utf8)
  private static let bang = UInt8(ascii: "!")
  private static let percent = UInt8(ascii: "%")

  /// Whether a tree is a node, not a bucket, where both can be.
  static func isNode(_ tree: TreeObject) -> Bool {
    guard let first = tree.entries.first else { return false }
    return first.mode == .blob && !first.hasPaddedMode && first.name.starts(with: markStart)
  }

  /// Whether a tree is the top of a wide directory, not somebody's own directory.
  static func isTop(_ tree: TreeObject) -> Bool {
    guard isNode(tree), let first = tree.entries.first else { return false }
    return first.id == explanations[first.id.algorithm] && mark(first.name) != nil
  }

  /// Takes a mark's name apart: the count and the digits.
  private static func mark(_ name: Bytes) -> (count: Int, skip: [UInt8])? {
    guard name.starts(with: markStart) else { return nil }
    let parts = name.dropFirst(2).split(
      separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
    guard let number = parts.first, !number.isEmpty, number.count < 16,
      number.allSatisfy({ (0x30...0x39).contains($0) }), number.first != 0x30,
      let count = Int(String(decoding: number, as: UTF8.self))
    else { return nil }
    guard parts.count == 2 else { return (count, []) }
    var skip: [UInt8] = []
    for byte in parts[1] {
      guard let digit = digit(byte) else { return nil }
      skip.append(digit)
    }
    return skip.isEmpty ? nil : (count, skip)
  }

  /// Whether an entry of a node is one of its children.
  static func isChild(_ entry: TreeEntry) -> Bool {
    entry.name.count == 2 && entry.name[0] == bang && digit(entry.name[1]) != nil
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  private static func text(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

  /// A user's name as it stands in a node or bucket: never one of the structure's own.
  static func storedName(_ name: Bytes) -> Bytes {
    guard let first = name.first, first <= bang || first == percent else { return name }
    return [percent] + name
  }

  static func realName(_ stored: Bytes) -> Bytes {
    stored.first == percent ? Bytes(stored.dropFirst()) : stored
  }

  private static func real(_ entry: TreeEntry) -> TreeEntry {
    TreeEntry(name: realName(entry.name), mode: entry.mode, id: entry.id)
  }

  /// Reads a node.
  ///
  /// - Throws: ``Malformed``.
  init(_ tree: TreeObject) throws(Malformed) {
    guard let first = tree.entries.first, let mark = Self.mark(first.name) else {
      throw Malformed(reason: "the first entry of a wide directory's node is not its mark")
    }
    (count, skip) = (mark.count, mark.skip)
    children = []
    for entry in tree.entries.dropFirst() {
      if entry.name.first == Self.bang {
        guard entry.mode.isTree, entry.name.count == 2, let digit = Self.digit(entry.name[1]),
          children.last.map({ $0.digit < digit }) ?? true, terminal == nil
        else {
          throw Malformed(reason: "a wide directory's node has an entry that is none of its parts")
        }
        children.append(Child(digit: digit, content: .stored(entry.id)))
      } else {
        guard terminal == nil else {
          throw Malformed(reason: "a wide directory's node has more than one entry of its own")
        }
        terminal = Self.real(entry)
      }
    }
  }

  init(count: Int, skip: [UInt8], children: [Child] = [], terminal: TreeEntry? = nil) {
    self.count = count
    self.skip = skip
    self.children = children
    self.terminal = terminal
  }

  struct Malformed: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
  }

  /// Reads what is below a node: a node or a bucket.
  static func group(_ tree: TreeObject) throws(Malformed) -> WideGroup {
    if isNode(tree) { return .node(try WideNode(tree)) }
    return .entries(inOrder(tree.entries.map(real)))
  }

  /// The tree of a bucket.
  static func bucket(_ entries: [TreeEntry]) -> TreeObject {
    TreeObject(
      unchecked: entries.map { TreeEntry(name: storedName($0.name), mode: $0.mode, id: $0.id) })
  }

  /// The tree of this node, whose children are stored.
  func tree(children: [(digit: UInt8, id: ObjectID)], _ algorithm: HashAlgorithm) -> TreeObject {
    var name = Self.markStart + Bytes("\(count)".utf8)
    if !skip.isEmpty { name += [UInt8(ascii: " ")] + skip.map(Self.text) }
    var entries: [TreeEntry] = []
    if let id = Self.explanations[algorithm] {
      entries.append(TreeEntry(name: name, mode: .blob, id: id))
    }
    for child in children {
      entries.append(
        TreeEntry(name: [Self.bang, Self.text(child.digit)], mode: .tree, id: child.id))
    }
    if let terminal {
      entries.append(
        TreeEntry(
          name: Self.storedName(terminal.name), mode: terminal.mode, id: terminal.id))
    }
    return TreeObject(unchecked: entries)
  }

  /// Entries as they come in a listing.
  static func inOrder(_ entries: [TreeEntry]) -> [TreeEntry] {
    TreeObject(unchecked: entries).entries
  }
}
