#if File
  import RedisScripting

  /// Keys in one SQLite connection, seen through the transaction that its owner has begun.
  ///
  /// What changed in key records is written by ``flush()`` before the commit, once for all commands of a
  /// script. The records, and small fields that they know, are kept as long as nobody else can have changed them,
  /// as their owner knows.
  final class FileKeyspace: Keyspace {
    let connection: FileConnection
    private var records = ByteTable<KeyRecord>()
    private var dirty: [KeyRecord] = []
    /// Of the fields that records know.
    private var knownBytes = 0

    init(connection: FileConnection) {
      self.connection = connection
    }

    /// Writes the changed key records.
    func flush() throws(CommandFailure) {
      for record in dirty where record.isDirty {
        let update = try connection.prepare(.updateKey)
        update.bind(1, record.identifier)
        update.bind(2, Int64(record.count))
        update.bind(3, record.first)
        update.bind(4, record.next)
        update.bind(5, record.lastID.storedMilliseconds)
        update.bind(6, record.lastID.storedSequence)
        try update.run()
        record.isDirty = false
      }
      dirty = []
    }

    /// How many records are kept from one transaction to the next.
    private static let mostKept = 256
    /// Up to so many bytes of fields are known at once, each of which is no larger than this.
    private static let mostKnown = 4 << 20
    private static let largestKnown = 4096

    /// Forgets the records when they are many.
    func tidy() {
      if records.count > Self.mostKept || knownBytes > Self.mostKnown { forget() }
    }

    /// Forgets the records, as another connection may have changed them, or what changed here was undone.
    func forget() {
      if records.count > 0 { records = ByteTable() }
      dirty = []
      knownBytes = 0
    }

    /// Notes what a field is now, nil when it is not there.
    private func know(_ record: KeyRecord, _ name: ByteView, _ value: ByteView?) {
      let size = name.length + (value?.length ?? 0)
      if let position = record.known.position(of: name) {
        if size > Self.largestKnown {
          record.known.remove(name)
        } else {
          record.known[position] = .some(value?.copy)
        }
      } else if size <= Self.largestKnown, knownBytes <= Self.mostKnown {
        record.known.insert(name, value?.copy)
        // With what the table itself needs.
        knownBytes += size + 128
      }
    }

    // MARK: Calls

    func begin(at time: Int64) {}

    /// The transaction around it undoes.
    func end(undoing: Bool) {}

    func watch(_ key: ByteView, _ watcher: KeyWatcher) throws(CommandFailure) {
      throw .reply("ERR WATCH is not supported by file: stores")
    }

    func endWatch(_ watcher: KeyWatcher) {}

    func touch(_ record: KeyRecord) {}

    /// There is one database.
    func exchangeWatches(with other: any Keyspace, touching: Bool) {}

    let expiringCount = 0

    let hasStreamGroups = false

    func setExpiry(of record: KeyRecord, _ time: Int64?) throws(CommandFailure) {
      guard time == nil else {
        throw .reply("ERR keys with an expiry are not supported by file: stores")
      }
    }

    func setState(of record: KeyRecord, _ state: StreamState) {}

    func setLastID(of record: KeyRecord, _ id: StreamID) {
      record.lastID = id
      markDirty(record)
    }

    // MARK: Keys

    func record(_ key: ByteView) throws(CommandFailure) -> KeyRecord? {
      if let record = records.value(of: key) { return record }
      let find = try connection.prepare(.findKey)
      try find.bind(1, key)
      defer { find.reset() }
      guard try find.step() else { return nil }
      guard let kind = KeyKind(rawValue: Int(find.integer(1))) else {
        throw .storage(
          reason: "a key has the unknown kind \(find.integer(1))",
          remedy: "Use the version of the program that wrote it.")
      }
      let record = KeyRecord(name: key.copy, kind: kind)
      record.identifier = find.integer(0)
      record.count = Int(find.integer(2))
      record.first = find.integer(3)
      record.next = find.integer(4)
      record.lastID = StreamID(storedMilliseconds: find.integer(5), sequence: find.integer(6))
      records.insert(key, record)
      return record
    }

    func create(_ key: ByteView, _ kind: KeyKind) throws(CommandFailure) -> KeyRecord {
      let add = try connection.prepare(.addKey)
      try add.bind(1, key)
      add.bind(2, Int64(kind.rawValue))
      try add.run()
      let record = KeyRecord(name: key.copy, kind: kind)
      record.identifier = connection.lastInsertedID
      guard record.identifier < 1 << (63 - FileSchema.sequenceBits) else {
        throw .storage(reason: "it holds too many keys", remedy: "Use several files.")
      }
      record.lastID = .zero
      markDirty(record)
      records.insert(key, record)
      return record
    }

    func remove(_ record: KeyRecord) throws(CommandFailure) {
      switch record.kind {
      case .string: try clear(.removeString, record)
      case .list: try clear(.removeElements, record)
      case .hash, .set:
        let remove = try connection.prepare(.removeFields)
        remove.bind(1, record.fieldBase)
        remove.bind(2, record.lastField)
        try remove.run()
      case .sortedSet:
        try clear(.removeScores, record)
        try clear(.removeRanks, record)
      case .stream: try clear(.removeEntries, record)
      }
      try clear(.removeKey, record)
      record.isDirty = false
      _ = record.name.withView { records.remove($0) }
    }

    func rename(_ record: KeyRecord, to name: ByteView) throws(CommandFailure) {
      let rename = try connection.prepare(.renameKey)
      rename.bind(1, record.identifier)
      try rename.bind(2, name)
      try rename.run()
      _ = record.name.withView { records.remove($0) }
      record.name = name.copy
      records.insert(name, record)
    }

    func removeAll() throws(CommandFailure) {
      try connection.execute(
        """
        DELETE FROM fields; DELETE FROM strings; DELETE FROM elements; DELETE FROM scores;
        DELETE FROM ranks; DELETE FROM entries; DELETE FROM keys
        """)
      forget()
    }

    func keyCount() throws(CommandFailure) -> Int {
      let count = try connection.prepare(.countKeys)
      defer { count.reset() }
      return try count.step() ? Int(count.integer(0)) : 0
    }

    func scanKeys(
      after cursor: UInt64, limit: Int, _ body: (Bytes, KeyKind) -> Void
    ) throws(CommandFailure) -> UInt64 {
      let scan = try connection.prepare(.scanKeys)
      scan.bind(1, Int64(clamping: cursor))
      scan.bind(2, Int64(limit == .max ? limit : limit + 1))
      defer { scan.reset() }
      var seen = 0
      var last: UInt64 = 0
      while try scan.step() {
        if seen == limit { return last }
        body(scan.view(1).copy, KeyKind(rawValue: Int(scan.integer(2))) ?? .string)
        seen += 1
        last = UInt64(scan.integer(0))
      }
      return 0
    }

    private func clear(
      _ statement: FileStatement, _ record: KeyRecord
    ) throws(CommandFailure) {
      let remove = try connection.prepare(statement)
      remove.bind(1, record.identifier)
      try remove.run()
    }

    private func markDirty(_ record: KeyRecord) {
      guard !record.isDirty else { return }
      record.isDirty = true
      dirty.append(record)
    }

    /// Changes the number of elements.
    private func count(_ record: KeyRecord, _ change: Int) {
      record.count += change
      markDirty(record)
    }

    /// A statement whose first parameter is the key and whose second one is a name.
    private func prepare(
      _ statement: FileStatement, _ record: KeyRecord, _ name: ByteView
    ) throws(CommandFailure) -> PreparedStatement {
      let prepared = try connection.prepare(statement)
      prepared.bind(1, record.identifier)
      try prepared.bind(2, name)
      return prepared
    }

    // MARK: Strings

    func bytes(of record: KeyRecord) throws(CommandFailure) -> Bytes {
      let select = try connection.prepare(.stringOf)
      select.bind(1, record.identifier)
      defer { select.reset() }
      return try select.step() ? select.view(0).copy : []
    }

    func setBytes(of record: KeyRecord, _ bytes: Bytes) throws(CommandFailure) {
      let set = try connection.prepare(.setString)
      set.bind(1, record.identifier)
      try bytes.withView { (view) throws(CommandFailure) in
        try set.bind(2, view)
        try set.run()
      }
    }

    // MARK: Hashes and sets

    func field(of record: KeyRecord, _ name: ByteView) throws(CommandFailure) -> Bytes? {
      if let known = record.known.value(of: name) { return known }
      let select = try prepare(.fieldOf, record, name)
      defer { select.reset() }
      guard try select.step() else {
        know(record, name, nil)
        return nil
      }
      know(record, name, select.view(0))
      return select.view(0).copy
    }

    func hasField(of record: KeyRecord, _ name: ByteView) throws(CommandFailure) -> Bool {
      if let known = record.known.value(of: name) { return known != nil }
      let select = try prepare(.hasField, record, name)
      defer { select.reset() }
      return try select.step()
    }

    func setField(
      of record: KeyRecord, _ name: ByteView, _ value: ByteView
    ) throws(CommandFailure) -> Bool {
      let set = try prepare(.setField, record, name)
      let id = record.fieldBase + record.next + 1
      set.bind(3, id)
      try set.bind(4, value)
      // Only a new row changes it.
      connection.lastInsertedID = 0
      try set.run()
      know(record, name, value)
      guard connection.lastInsertedID == id else { return false }
      record.next += 1
      count(record, 1)
      return true
    }

    func addField(
      of record: KeyRecord, _ name: ByteView, _ value: ByteView
    ) throws(CommandFailure) -> Bool {
      let add = try prepare(.addField, record, name)
      add.bind(3, record.fieldBase + record.next + 1)
      try add.bind(4, value)
      try add.run()
      guard connection.changes == 1 else { return false }
      know(record, name, value)
      record.next += 1
      count(record, 1)
      return true
    }

    func removeField(of record: KeyRecord, _ name: ByteView) throws(CommandFailure) -> Bool {
      try prepare(.removeField, record, name).run()
      guard connection.changes == 1 else { return false }
      know(record, name, nil)
      count(record, -1)
      return true
    }

    func scanFields(
      of record: KeyRecord, after cursor: UInt64, limit: Int, _ body: (ByteView, ByteView) -> Void
    ) throws(CommandFailure) -> UInt64 {
      guard cursor < 1 << FileSchema.sequenceBits else { return 0 }
      let scan = try connection.prepare(.scanFields)
      scan.bind(1, record.fieldBase + Int64(cursor))
      scan.bind(2, record.lastField)
      scan.bind(3, Int64(limit == .max ? limit : limit + 1))
      defer { scan.reset() }
      var seen = 0
      var last: UInt64 = 0
      while try scan.step() {
        if seen == limit { return last }
        body(scan.view(1), scan.view(2))
        seen += 1
        last = UInt64(scan.integer(0) - record.fieldBase)
      }
      return 0
    }

    // MARK: Lists

    func push(
      to record: KeyRecord, _ end: ListEnd, _ element: ByteView
    ) throws(CommandFailure) {
      let add = try connection.prepare(.addElement)
      add.bind(1, record.identifier)
      add.bind(2, end == .head ? record.first - 1 : record.next)
      try add.bind(3, element)
      try add.run()
      if end == .head { record.first -= 1 } else { record.next += 1 }
      count(record, 1)
    }

    func pop(from record: KeyRecord, _ end: ListEnd) throws(CommandFailure) -> Bytes? {
      guard record.count > 0 else { return nil }
      let position = end == .head ? record.first : record.next - 1
      var element: Bytes?
      try elements(of: record, from: position, to: position + 1) { element = $0.copy }
      let remove = try connection.prepare(.removeElement)
      remove.bind(1, record.identifier)
      remove.bind(2, position)
      try remove.run()
      if end == .head { record.first += 1 } else { record.next -= 1 }
      count(record, -1)
      return element
    }

    func elements(
      of record: KeyRecord, _ range: Range<Int>, _ body: (ByteView) -> Void
    ) throws(CommandFailure) {
      try elements(
        of: record, from: record.first + Int64(range.lowerBound),
        to: record.first + Int64(range.upperBound), body)
    }

    private func elements(
      of record: KeyRecord, from low: Int64, to high: Int64, _ body: (ByteView) -> Void
    ) throws(CommandFailure) {
      let select = try connection.prepare(.elements)
      select.bind(1, record.identifier)
      select.bind(2, low)
      select.bind(3, high)
      defer { select.reset() }
      while try select.step() { body(select.view(0)) }
    }

    // MARK: Sorted sets

    func score(of record: KeyRecord, _ member: ByteView) throws(CommandFailure) -> Double? {
      let select = try prepare(.scoreOf, record, member)
      defer { select.reset() }
      return try select.step() ? select.double(0) : nil
    }

    func setScore(
      of record: KeyRecord, _ member: ByteView, from old: Double?, to new: Double
    ) throws(CommandFailure) {
      if let old {
        try changeRank(.removeRank, record, member, old)
      } else {
        count(record, 1)
      }
      try changeRank(.setScore, record, member, new)
      try changeRank(.addRank, record, member, new)
    }

    func removeScore(
      of record: KeyRecord, _ member: ByteView, _ score: Double
    ) throws(CommandFailure) {
      try changeRank(.removeRank, record, member, score)
      try prepare(.removeScore, record, member).run()
      count(record, -1)
    }

    private func changeRank(
      _ statement: FileStatement, _ record: KeyRecord, _ member: ByteView, _ score: Double
    ) throws(CommandFailure) {
      let change = try prepare(statement, record, member)
      change.bind(3, score)
      try change.run()
    }

    func members(
      of record: KeyRecord, _ range: Range<Int>
    ) throws(CommandFailure) -> [RankedMember] {
      let select = try connection.prepare(.membersByRank)
      select.bind(1, record.identifier)
      select.bind(2, Int64(range.lowerBound))
      select.bind(3, Int64(range.count))
      return try members(select)
    }

    func members(
      of record: KeyRecord, from low: ScoreBound, to high: ScoreBound
    ) throws(CommandFailure) -> [RankedMember] {
      let select = try connection.prepare(.membersByScore)
      select.bind(1, record.identifier)
      select.bind(2, low.score)
      select.bind(3, high.score)
      return try members(select).filter {
        !(low.isExclusive && $0.score == low.score) && !(high.isExclusive && $0.score == high.score)
      }
    }

    private func members(_ select: PreparedStatement) throws(CommandFailure) -> [RankedMember] {
      defer { select.reset() }
      var members: [RankedMember] = []
      while try select.step() {
        members.append(RankedMember(score: select.double(0), member: select.view(1).copy))
      }
      return members
    }

    // MARK: Streams

    func append(
      to record: KeyRecord, _ id: StreamID, _ fields: Bytes
    ) throws(CommandFailure) {
      let add = try prepare(.addEntry, record, id)
      try fields.withView { (view) throws(CommandFailure) in
        try add.bind(4, view)
        try add.run()
      }
      record.lastID = id
      count(record, 1)
    }

    func entries(
      of record: KeyRecord, from low: StreamID, to high: StreamID, _ order: StreamOrder,
      limit: Int, _ body: (StreamID, ByteView) -> Void
    ) throws(CommandFailure) {
      let select = try prepare(
        order == .ascending ? .entriesAscending : .entriesDescending, record, low)
      select.bind(4, high.storedMilliseconds)
      select.bind(5, high.storedSequence)
      select.bind(6, Int64(limit))
      defer { select.reset() }
      while try select.step() {
        body(
          StreamID(storedMilliseconds: select.integer(0), sequence: select.integer(1)),
          select.view(2))
      }
    }

    func removeEntry(of record: KeyRecord, _ id: StreamID) throws(CommandFailure) -> Bool {
      try prepare(.removeEntry, record, id).run()
      guard connection.changes == 1 else { return false }
      count(record, -1)
      return true
    }

    func removeOldest(
      of record: KeyRecord, _ count: Int, before id: StreamID?
    ) throws(CommandFailure) {
      let oldest = try connection.prepare(.oldestEntry)
      oldest.bind(1, record.identifier)
      oldest.bind(2, Int64(count - 1))
      var last: StreamID?
      if try oldest.step() {
        last = StreamID(storedMilliseconds: oldest.integer(0), sequence: oldest.integer(1))
      }
      oldest.reset()
      guard let last else { return }
      try prepare(.removeOldest, record, last).run()
      self.count(record, -connection.changes)
    }

    func entryCount(of record: KeyRecord, before id: StreamID) throws(CommandFailure) -> Int {
      let select = try prepare(.countBefore, record, id)
      defer { select.reset() }
      return try select.step() ? Int(select.integer(0)) : 0
    }

    private func prepare(
      _ statement: FileStatement, _ record: KeyRecord, _ id: StreamID
    ) throws(CommandFailure) -> PreparedStatement {
      let prepared = try connection.prepare(statement)
      prepared.bind(1, record.identifier)
      prepared.bind(2, id.storedMilliseconds)
      prepared.bind(3, id.storedSequence)
      return prepared
    }
  }

  extension KeyRecord {
    /// The field with number n has the id `fieldBase + n`; n begins at 1.
    fileprivate var fieldBase: Int64 { identifier << FileSchema.sequenceBits }
    fileprivate var lastField: Int64 { fieldBase + (1 << FileSchema.sequenceBits) - 1 }
  }

  extension StreamID {
    // SQLite's integers have a sign: with the top bit turned they sort as these numbers do.
    fileprivate var storedMilliseconds: Int64 { Int64(bitPattern: milliseconds ^ 1 << 63) }
    fileprivate var storedSequence: Int64 { Int64(bitPattern: sequence ^ 1 << 63) }

    fileprivate init(storedMilliseconds: Int64, sequence: Int64) {
      self.init(
        milliseconds: UInt64(bitPattern: storedMilliseconds) ^ 1 << 63,
        sequence: UInt64(bitPattern: sequence) ^ 1 << 63)
    }
  }
#endif
