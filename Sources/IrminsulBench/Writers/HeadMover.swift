import GitObjects
import RedisScripting

/// How a writer moves the head of the branch if nobody else has moved it.
protocol HeadMover {
  /// The head to build on.
  func begin() throws -> ObjectID

  /// Sends what waits on the connection, `count` SETs, and moves the head in the same write.
  ///
  /// - Returns: Whether the head was still `old`.
  func move(
    from old: ObjectID, to new: ObjectID, after count: Int
  ) throws -> Bool
}

/// WATCH and GET, then MULTI, SET and EXEC.
struct WatchMover: HeadMover {
  private let connection: RespConnection
  private let store: PeerStore

  init(_ connection: RespConnection, _ store: PeerStore) {
    self.connection = connection
    self.store = store
  }

  func begin() throws -> ObjectID {
    try connection.add(Bytes("WATCH".utf8), store.head)
    try connection.add(Bytes("GET".utf8), store.head)
    try connection.flush()
    try connection.accepted()
    return try PeerStore.id(try connection.accepted())
  }

  func move(
    from old: ObjectID, to new: ObjectID, after count: Int
  ) throws -> Bool {
    try connection.add(Bytes("MULTI".utf8))
    try connection.add(Bytes("SET".utf8), store.head, Bytes(new.hex.utf8))
    try connection.add(Bytes("EXEC".utf8))
    try connection.flush()
    for _ in 0..<(count + 2) { try connection.accepted() }
    return try connection.accepted() != .null
  }
}

/// GET once, then a script that compares the head and answers with it when it has moved, so that a
/// miss needs no further GET.
final class ScriptMover: HeadMover {
  private static let source = """
    local head = redis.call('GET', KEYS[1])
    if head ~= ARGV[1] then return head end
    redis.call('SET', KEYS[1], ARGV[2])
    return 1
    """

  private let connection: RespConnection
  private let store: PeerStore
  private let sha1: Bytes
  private var head: ObjectID?

  init(_ connection: RespConnection, _ store: PeerStore) throws {
    self.connection = connection
    self.store = store
    sha1 = try connection.call(["SCRIPT", "LOAD", Self.source]).bytes ?? []
  }

  func begin() throws -> ObjectID {
    if let head { return head }
    let head = try PeerStore.id(try connection.call([Bytes("GET".utf8), store.head]))
    self.head = head
    return head
  }

  func move(
    from old: ObjectID, to new: ObjectID, after count: Int
  ) throws -> Bool {
    try connection.add(
      Bytes("EVALSHA".utf8), sha1, Bytes("1".utf8), store.head, Bytes(old.hex.utf8),
      Bytes(new.hex.utf8))
    try connection.flush()
    for _ in 0..<count { try connection.accepted() }
    let reply = try connection.accepted()
    if reply == .integer(1) {
      head = new
      return true
    }
    head = try PeerStore.id(reply)
    return false
  }
}
