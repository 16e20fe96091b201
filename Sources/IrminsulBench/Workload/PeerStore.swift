import GitObjects
import RedisScripting

/// The keys of a store as the reference document lays it out: each object under its printed id, the
/// branch under its name.
struct PeerStore: Sendable {
  let head: Bytes
  private let name: String
  private let prefix: Bytes

  init(name: String) {
    self.name = name
    head = Bytes("\(name):data:main".utf8)
    prefix = Bytes("\(name):obj:".utf8)
  }

  func key(of id: ObjectID) -> Bytes { prefix + Bytes(id.hex.utf8) }

  /// The id that a reply prints.
  static func id(_ reply: Reply) throws -> ObjectID {
    guard let id = reply.bytes.flatMap({ ObjectID(hexDigits: $0) }) else {
      throw BenchError("the branch has no head")
    }
    return id
  }

  /// Stores a tree with a value at every leaf, and a counter beside the first leaves.
  func fill(_ shape: TreeShape, over connection: RespConnection) throws {
    var pending = 0
    func write(_ object: PeerObject) throws -> ObjectID {
      try connection.add(Bytes("SET".utf8), key(of: object.id), object.bytes)
      pending += 1
      if pending == 1000 { try settle() }
      return object.id
    }
    func settle() throws {
      try connection.flush()
      for _ in 0..<pending { try connection.accepted() }
      pending = 0
    }
    func fill(_ level: Int, first: Int) throws -> ObjectID {
      if level == shape.widths.count {
        return try write(PeerObject(.blob, Bytes("leaf \(first)".utf8)))
      }
      let isLast = level == shape.widths.count - 1
      let span = shape.widths[(level + 1)...].reduce(1, *)
      var entries = try (0..<shape.widths[level]).map { number in
        TreeEntry(
          name: TreeShape.name(level, number), mode: isLast ? .blob : .tree,
          id: try fill(level + 1, first: first + number * span))
      }
      if isLast, first == 0 {
        let counter = try write(PeerObject(.blob, Bytes("0\n".utf8)))
        entries.append(TreeEntry(name: "counter", mode: .blob, id: counter))
      }
      return try write(PeerObject(.tree, try TreeObject(entries: entries).content))
    }
    let tree = try fill(0, first: 0)
    let commit = try write(.commit(tree: tree, parent: nil, Bytes("Fill the tree\n".utf8)))
    try settle()
    try connection.call([Bytes("SET".utf8), head, Bytes(commit.hex.utf8)])
  }

  /// Removes all keys, some at a time.
  func delete(over connection: RespConnection) throws {
    var cursor = "0"
    repeat {
      let page = try connection.call(
        ["SCAN", cursor, "MATCH", "\(name):*", "COUNT", "1000"]
      ).array
      guard let page, page.count == 2, let next = page[0].text, let keys = page[1].array else {
        throw BenchError("the server has no SCAN")
      }
      if !keys.isEmpty {
        try connection.call([Bytes("UNLINK".utf8)] + keys.compactMap(\.bytes))
      }
      cursor = next
    } while cursor != "0"
  }
}
