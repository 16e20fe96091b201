import GitObjects
import RedisScripting

/// The refs of a store as they are kept: exact names, and branches with their root trees.
///
/// Names are bytes here. As text, two names that are the same letters in other code points would be
/// one.
struct RefTable: Sendable {
  struct Ref: Sendable, Hashable {
    let id: ObjectID
    /// The root tree that is kept beside a branch's head.
    let tree: ObjectID?
  }

  private(set) var refs: [Bytes: Ref] = [:]
  /// Folders of refs, with how many refs are said to be below them.
  private(set) var folders: [Bytes: Bytes] = [:]
  /// Values that are no ids, by name.
  private(set) var damaged: [Bytes: Bytes] = [:]

  private static let branchPrefix = Bytes(Branch.refPrefix.utf8)

  static func isBranch(_ name: Bytes) -> Bool { name.starts(with: branchPrefix) }

  fileprivate mutating func add(_ name: Bytes, _ value: Bytes, _ algorithm: HashAlgorithm) {
    let width = algorithm.byteCount
    if name.last == UInt8(ascii: "/") {
      folders[name] = value
    } else if Self.isBranch(name), value.count == 2 * width,
      let id = ObjectID(bytes: value[..<width]), let tree = ObjectID(bytes: value[width...])
    {
      refs[name] = Ref(id: id, tree: tree)
    } else if !Self.isBranch(name), value.count == width, let id = ObjectID(bytes: value) {
      refs[name] = Ref(id: id, tree: nil)
    } else {
      damaged[name] = value
    }
  }
}

extension ScriptedEngine {
  /// All refs, a thousand fields a round trip; not all at one moment.
  func refTable() async throws -> RefTable {
    var table = RefTable()
    var cursor = Bytes("0".utf8)
    repeat {
      let reply = try await call(.scanRefs, [cursor, Bytes("1000".utf8)])
      guard let fields = reply.array?.compactMap(\.bytes), fields.count % 2 == 1 else {
        throw unexpected(.scanRefs, reply)
      }
      for at in stride(from: 1, to: fields.count, by: 2) {
        table.add(fields[at], fields[at + 1], algorithm)
      }
      cursor = fields[0]
    } while cursor != Bytes("0".utf8)
    return table
  }
}
