import RedisScripting

/// How Redis would lay a stream's entries out in the nodes of its tree, which decides what `~` trims and what XINFO tells.
///
/// Source: `t_stream.c`, `listpack.c` and `rax.c` of Redis 7.0, for what goes where and how many bytes it takes.
struct StreamNodes {
  /// A block of entries, also of some that were removed since.
  struct Node {
    let first: StreamID
    /// The last that was ever added to it.
    var last: StreamID
    /// Those that are still there.
    var count = 1
    /// All that were added.
    var added = 1
    var bytes: Int
    /// The names of the first entry's fields, packed; entries with the same ones do without them.
    let names: Bytes
    let nameCount: Int
  }

  /// Redis' `stream-node-max-bytes` and `stream-node-max-entries`.
  static let mostBytes = 4096
  static let mostEntries = 100

  private(set) var nodes = ElementQueue<Node>()

  /// The number of keys of the tree.
  var count: Int { nodes.count }

  var last: Node? { nodes.count > 0 ? nodes[nodes.count - 1] : nil }

  // MARK: Changes

  mutating func append(_ id: StreamID, _ fields: ByteView) {
    var content = 0
    var words = 0
    PackedFields.each(fields) {
      content += $0.length
      words += 1
    }
    if var node = last, node.bytes + content < Self.mostBytes, node.added < Self.mostEntries {
      node.bytes += Self.size(of: id, fields, words / 2, in: node)
      node.last = id
      node.count += 1
      node.added += 1
      nodes[nodes.count - 1] = node
      return
    }
    var names: Bytes = []
    // A listpack of its own: its head and end, two counts, the number of names, the names and a zero.
    var bytes = 7 + 2 + 2 + Self.size(words / 2) + 2
    var isName = true
    PackedFields.each(fields) {
      if isName {
        PackedFields.append($0, to: &names)
        bytes += Self.size($0)
      }
      isName.toggle()
    }
    var node = Node(first: id, last: id, bytes: bytes, names: names, nameCount: words / 2)
    node.bytes += Self.size(of: id, fields, words / 2, in: node)
    nodes.append(node)
  }

  /// Undoes the last ``append(_:_:)``, before which the last node was this one.
  mutating func undoAppend(_ last: Node?) {
    _ = nodes.popLast()
    guard let last else { return }
    // Either it has got the entry, or a node after it was begun.
    if nodes.count > 0, nodes[nodes.count - 1].first == last.first { return }
    nodes.append(last)
  }

  mutating func remove(_ id: StreamID) {
    let index = nodes.partitionPoint { $0.first <= id } - 1
    guard index >= 0 else { return }
    if nodes[index].count == 1 {
      nodes.remove(at: index)
    } else {
      nodes[index].count -= 1
    }
  }

  /// What ``removeOldest(_:before:)`` has taken away.
  struct Removal {
    var whole: [Node] = []
    /// A node that has lost some of its entries, as it was.
    var partial: Node?
  }

  /// Removes so many of the oldest entries.
  ///
  /// - Parameter limit: If set, nodes that ever had entries from there on stay, though without entries.
  mutating func removeOldest(_ count: Int, before limit: StreamID?) -> Removal {
    var removal = Removal()
    var rest = count
    while rest > 0, nodes.count > 0 {
      var node = nodes[0]
      if node.count <= rest, limit.map({ node.last < $0 }) ?? true {
        rest -= node.count
        removal.whole.append(node)
        _ = nodes.popFirst()
        continue
      }
      removal.partial = node
      node.count -= min(rest, node.count)
      nodes[0] = node
      break
    }
    return removal
  }

  mutating func undo(_ removal: Removal) {
    if let partial = removal.partial { nodes[0] = partial }
    for node in removal.whole.reversed() { nodes.prepend(node) }
  }

  // MARK: Questions

  /// How many entries `~` removes: whole nodes, as long as `isWhole` says of one and the entries before it that it may
  /// go, and no more entries than the limit.
  func approximate(limit: Int, _ isWhole: (Node, _ before: Int) -> Bool) -> Int {
    var removed = 0
    for index in 0..<nodes.count {
      let node = nodes[index]
      guard removed + node.count <= limit, isWhole(node, removed) else { break }
      removed += node.count
    }
    return removed
  }

  /// The nodes of the tree itself, which has the ids' 16 bytes as keys: one for each key, one where ids part, and one
  /// for each run of bytes between those.
  var treeSize: Int {
    guard nodes.count > 0 else { return 1 }
    var size = nodes.count
    // Where the ids on the way to the present one part, the deepest last.
    var open: [Int] = []
    // Closes what is deeper than a place. There, the child's run begins one byte behind where its parent parts.
    func close(above depth: Int) {
      while let deepest = open.last, deepest > depth {
        open.removeLast()
        let parent = max(open.last ?? -1, depth)
        size += 1
        if deepest > parent + 1 { size += 1 }
      }
      if depth >= 0, open.last != depth { open.append(depth) }
    }
    var previous: Int?
    for index in 0..<nodes.count {
      let next =
        index + 1 < nodes.count ? Self.common(nodes[index].first, nodes[index + 1].first) : nil
      // A key's own run ends with the key, 16 bytes deep.
      let parent = max(previous ?? -1, next ?? -1)
      if parent + 1 < 16 { size += 1 }
      close(above: next ?? -1)
      previous = next
    }
    return size
  }

  /// How many of their 16 bytes two ids have in common.
  private static func common(_ left: StreamID, _ right: StreamID) -> Int {
    left.milliseconds == right.milliseconds
      ? 8 + (left.sequence ^ right.sequence).leadingZeroBitCount / 8
      : (left.milliseconds ^ right.milliseconds).leadingZeroBitCount / 8
  }

  // MARK: Sizes in a listpack

  /// An entry: its flags, how far its id is from the node's, its fields and how many elements it has.
  private static func size(
    of id: StreamID, _ fields: ByteView, _ count: Int, in node: Node
  ) -> Int {
    var size =
      2 + Self.size(Int64(bitPattern: id.milliseconds &- node.first.milliseconds))
      + Self.size(Int64(bitPattern: id.sequence &- node.first.sequence))
    var hasSameNames = count == node.nameCount
    var names = 0
    node.names.withView { known in
      var rest = known
      var isName = true
      PackedFields.each(fields) { word in
        defer { isName.toggle() }
        guard isName else {
          size += Self.size(word)
          return
        }
        names += Self.size(word)
        guard hasSameNames else { return }
        hasSameNames = PackedFields.next(&rest).map { $0.equals(word) } ?? false
      }
    }
    guard !hasSameNames else { return size + Self.size(Int64(count + 3)) }
    return size + Self.size(Int64(count)) + names + Self.size(Int64(2 * count + 4))
  }

  private static func size(_ count: Int) -> Int { size(Int64(count)) }

  private static func size(_ number: Int64) -> Int {
    let bytes =
      switch number {
      case 0...127: 1
      case -4096...4095: 2
      case -32768...32767: 3
      case -8_388_608...8_388_607: 4
      case Int64(Int32.min)...Int64(Int32.max): 5
      default: 9
      }
    return withLength(bytes)
  }

  private static func size(_ word: ByteView) -> Int {
    if let number = word.integer { return size(number) }
    let head = word.length < 64 ? 1 : word.length < 4096 ? 2 : 5
    return withLength(head + word.length)
  }

  /// With the length that an element has behind it, for reading backwards.
  private static func withLength(_ bytes: Int) -> Int {
    switch bytes {
    case ...127: bytes + 1
    case ..<16_383: bytes + 2
    case ..<2_097_151: bytes + 3
    case ..<268_435_455: bytes + 4
    default: bytes + 5
    }
  }
}
