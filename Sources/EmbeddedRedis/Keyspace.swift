import RedisScripting

/// What a key holds.
enum KeyKind: Int, Sendable {
  case string = 1
  case list, hash, set, sortedSet, stream

  /// The name that TYPE answers.
  var name: StaticString {
    switch self {
    case .string: "string"
    case .list: "list"
    case .hash: "hash"
    case .set: "set"
    case .sortedSet: "zset"
    case .stream: "stream"
    }
  }
}

/// Why a command did not do what it should.
enum CommandFailure: Error {
  /// The error reply that Redis would give.
  case reply(String)
  /// The keyspace itself failed: the script ends, whatever it catches.
  case storage(reason: String, remedy: String)

  static let wrongKind = CommandFailure.reply(
    "WRONGTYPE Operation against a key holding the wrong kind of value")
  static let syntax = CommandFailure.reply("ERR syntax error")
  static let sameObject = CommandFailure.reply(
    "ERR source and destination objects are the same")
  static let noDatabase = CommandFailure.reply("ERR DB index is out of range")
  static let noInt32 = CommandFailure.reply(
    "ERR value is out of range, value must between \(Int32.min) and \(Int32.max)")
  static let notInteger = CommandFailure.reply("ERR value is not an integer or out of range")
  static let notFloat = CommandFailure.reply("ERR value is not a valid float")
  static let overflow = CommandFailure.reply("ERR increment or decrement would overflow")
}

/// One key: its kind, and what a keyspace knows of its content.
///
/// One class for all kinds and both keyspaces: the fields that do not apply stay empty.
final class KeyRecord {
  /// Changed by ``Keyspace/rename(_:to:)`` alone.
  var name: Bytes
  let kind: KeyKind
  /// Elements of a collection; a collection other than a stream is removed with its last one.
  var count = 0
  /// Of a stream: the greatest id ever added.
  var lastID = StreamID.zero
  /// When the key ends, in milliseconds since 1970. In memory only.
  var expiry: Int64?

  // In memory.
  var stream = StreamState()
  var bytes: Bytes = []
  var fields = ByteTable<Bytes>()
  var scores = ByteTable<Double>()
  var ranking: [RankedMember] = []
  var elements = ElementQueue<Bytes>()
  var entries = ElementQueue<StoredEntry>()
  var nodes = StreamNodes()

  // In a file.
  var identifier: Int64 = 0
  /// Of a hash or set: the number of the next field. Of a list: the positions in use.
  var first: Int64 = 0
  var next: Int64 = 0
  var isDirty = false
  /// Fields that were read or written, those that are not there as nil.
  var known = ByteTable<Bytes?>()

  init(name: Bytes, kind: KeyKind) {
    self.name = name
    self.kind = kind
  }
}

/// What a stream in memory knows beyond its entries.
struct StreamState {
  var entriesAdded: Int64 = 0
  var greatestDeleted = StreamID.zero
  var groups: [Bytes: StreamGroup] = [:]
}

/// A member of a sorted set in its order: by score, then by bytes.
struct RankedMember: Comparable {
  var score: Double
  var member: Bytes

  static func < (left: Self, right: Self) -> Bool {
    left.score != right.score
      ? left.score < right.score : left.member.lexicographicallyPrecedes(right.member)
  }
}

/// One entry of a stream; names and values are packed as ``PackedFields`` has them.
struct StoredEntry {
  var id: StreamID
  var fields: Bytes
}

/// Where keys live. All calls of one script come in one thread, between a begin and an end.
///
/// A record that is handed out is valid until the key is removed.
protocol Keyspace: AnyObject {
  /// Begins a script or a command of its own, at a time in milliseconds since 1970 which holds to its
  /// end: no key expires in the middle of a script.
  func begin(at time: Int64)
  /// Ends it; what it wrote is undone if it was stopped and this keyspace can.
  func end(undoing: Bool)
  /// Has somebody told of the next change of a key.
  func watch(_ key: ByteView, _ watcher: KeyWatcher) throws(CommandFailure)
  /// Ends what ``watch(_:_:)`` began, after the changes so far, expired keys among them.
  func endWatch(_ watcher: KeyWatcher)
  /// Tells those who watch a key of a command that leaves it as it was, which for Redis is a change.
  func touch(_ record: KeyRecord)
  /// Gives those who watch keys here what is watched there, and the other way round, as the keyspaces change places.
  /// For those who watch keys that there are, that is a change.
  func exchangeWatches(with other: any Keyspace, touching: Bool)
  /// How many keys have an expiry.
  var expiringCount: Int { get }
  /// Sets or removes the time at which a key ends.
  func setExpiry(of record: KeyRecord, _ time: Int64?) throws(CommandFailure)
  /// Whether streams may have groups of consumers here.
  var hasStreamGroups: Bool { get }
  /// Replaces what a stream knows beyond its entries.
  func setState(of record: KeyRecord, _ state: StreamState)
  func setLastID(of record: KeyRecord, _ id: StreamID) throws(CommandFailure)
  func record(_ key: ByteView) throws(CommandFailure) -> KeyRecord?
  /// Adds a key that is known to be absent.
  func create(_ key: ByteView, _ kind: KeyKind) throws(CommandFailure) -> KeyRecord
  func remove(_ record: KeyRecord) throws(CommandFailure)
  /// Gives a key a name that is known to be free, whatever it holds.
  func rename(_ record: KeyRecord, to name: ByteView) throws(CommandFailure)
  func removeAll() throws(CommandFailure)
  func keyCount() throws(CommandFailure) -> Int
  func scanKeys(
    after cursor: UInt64, limit: Int, _ body: (Bytes, KeyKind) -> Void
  ) throws(CommandFailure) -> UInt64

  // Strings
  func bytes(of record: KeyRecord) throws(CommandFailure) -> Bytes
  func setBytes(of record: KeyRecord, _ bytes: Bytes) throws(CommandFailure)

  // Hashes and sets, whose values are empty
  func field(of record: KeyRecord, _ name: ByteView) throws(CommandFailure) -> Bytes?
  func hasField(of record: KeyRecord, _ name: ByteView) throws(CommandFailure) -> Bool
  /// True when the field is new.
  func setField(
    of record: KeyRecord, _ name: ByteView, _ value: ByteView
  ) throws(CommandFailure) -> Bool
  /// False when the field is there: it keeps its value.
  func addField(
    of record: KeyRecord, _ name: ByteView, _ value: ByteView
  ) throws(CommandFailure) -> Bool
  func removeField(of record: KeyRecord, _ name: ByteView) throws(CommandFailure) -> Bool
  func scanFields(
    of record: KeyRecord, after cursor: UInt64, limit: Int, _ body: (ByteView, ByteView) -> Void
  ) throws(CommandFailure) -> UInt64

  // Lists
  func push(to record: KeyRecord, _ end: ListEnd, _ element: ByteView) throws(CommandFailure)
  func pop(from record: KeyRecord, _ end: ListEnd) throws(CommandFailure) -> Bytes?
  func elements(
    of record: KeyRecord, _ range: Range<Int>, _ body: (ByteView) -> Void
  ) throws(CommandFailure)

  // Sorted sets
  func score(of record: KeyRecord, _ member: ByteView) throws(CommandFailure) -> Double?
  func setScore(
    of record: KeyRecord, _ member: ByteView, from old: Double?, to new: Double
  ) throws(CommandFailure)
  func removeScore(
    of record: KeyRecord, _ member: ByteView, _ score: Double
  ) throws(CommandFailure)
  func members(of record: KeyRecord, _ range: Range<Int>) throws(CommandFailure) -> [RankedMember]
  func members(
    of record: KeyRecord, from low: ScoreBound, to high: ScoreBound
  ) throws(CommandFailure) -> [RankedMember]

  // Streams
  func append(
    to record: KeyRecord, _ id: StreamID, _ fields: Bytes
  ) throws(CommandFailure)
  func entries(
    of record: KeyRecord, from low: StreamID, to high: StreamID, _ order: StreamOrder, limit: Int,
    _ body: (StreamID, ByteView) -> Void
  ) throws(CommandFailure)
  func removeEntry(of record: KeyRecord, _ id: StreamID) throws(CommandFailure) -> Bool
  /// Removes the oldest entries, those before an id if it is that which decides.
  func removeOldest(
    of record: KeyRecord, _ count: Int, before id: StreamID?
  ) throws(CommandFailure)
  /// The number of entries before an id.
  func entryCount(of record: KeyRecord, before id: StreamID) throws(CommandFailure) -> Int
}

enum ListEnd {
  case head, tail
}

enum StreamOrder {
  case ascending, descending
}

/// One end of a range of scores.
struct ScoreBound {
  var score: Double
  var isExclusive: Bool
}
