import RedisScripting

/// Keys in this process's memory.
final class MemoryKeyspace: Keyspace {
  // One thread at a time is here, and nothing that is called comes back: the checks of accesses at run time, of which a
  // call would have a dozen, could find nothing.
  @exclusivity(unchecked) private var keys = ByteTable<KeyRecord>()
  @exclusivity(unchecked) private var time: Int64 = 0
  /// Keys that had an expiry, so that the others' owners never look for one.
  @exclusivity(unchecked) private var expiring = 0
  /// How to undo what the present call wrote, in the order of the writes.
  @exclusivity(unchecked) private var changes: [KeyspaceChange] = []
  @exclusivity(unchecked) private var isUndoing = false
  @exclusivity(unchecked) private var watches = WatchTable()
  /// How many of the changes those who watch have been told of.
  @exclusivity(unchecked) private var told = 0

  let hasStreamGroups = true

  func begin(at time: Int64) { self.time = time }

  func end(undoing: Bool) {
    guard !changes.isEmpty else { return }
    if undoing {
      isUndoing = true
      for change in changes.reversed() { undo(change) }
      isUndoing = false
    } else if !watches.isEmpty {
      tellWatchers()
    }
    told = 0
    changes.removeAll(keepingCapacity: changes.count < 1024)
  }

  func watch(_ key: ByteView, _ watcher: KeyWatcher) {
    // One that has expired is gone before it is watched.
    _ = record(key)
    tellWatchers()
    watches.add(watcher, key.copy)
  }

  func endWatch(_ watcher: KeyWatcher) {
    for key in watches.keys(of: watcher) { _ = key.withView { record($0) } }
    tellWatchers()
    watches.remove(watcher)
  }

  func touch(_ record: KeyRecord) {
    if !watches.isEmpty { note(.touched(record)) }
  }

  func exchangeWatches(with other: any Keyspace, touching: Bool) {
    guard let other = other as? MemoryKeyspace, other !== self else { return }
    tellWatchers()
    other.tellWatchers()
    let mine = watches
    watches = other.watches
    other.watches = mine
    guard touching else { return }
    func exists(_ key: Bytes) -> Bool {
      key.withView { keys.position(of: $0) != nil || other.keys.position(of: $0) != nil }
    }
    watches.touch(where: exists)
    other.watches.touch(where: exists)
  }

  var expiringCount: Int {
    if expiring > 0 { removeExpired() }
    return expiring
  }

  private func tellWatchers() {
    for change in changes[told...] {
      switch change {
      case .renamed(let record, let old):
        watches.touch(old)
        watches.touch(record.name)
      case .removedAll(let old, _):
        watches.touch { $0.withView { old.position(of: $0) } != nil }
      // As on Redis, what consumers and XSETID change is no change of the key.
      case .lastID, .state: break
      case .created(let record), .removed(let record), .expiry(let record, _),
        .bytes(let record, _), .field(let record, _, _), .pushed(let record, _),
        .popped(let record, _, _), .score(let record, _, _), .entries(let record, _, _, _),
        .appended(let record, _, _), .removedOldest(let record, _, _), .touched(let record):
        watches.touch(record.name)
      }
    }
    told = changes.count
  }

  private func note(_ change: @autoclosure () -> KeyspaceChange) {
    if !isUndoing { changes.append(change()) }
  }

  private func undo(_ change: KeyspaceChange) {
    switch change {
    case .created(let record): remove(record)
    case .removed(let record):
      record.name.withView { keys.insert($0, record) }
      if record.expiry != nil { expiring += 1 }
    case .renamed(let record, let old): old.withView { rename(record, to: $0) }
    case .removedAll(let old, let expiring):
      keys = old
      self.expiring = expiring
    case .expiry(let record, let old): setExpiry(of: record, old)
    case .bytes(let record, let old): record.bytes = old
    case .field(let record, let name, let old):
      name.withView { name in
        if let old {
          old.withView { _ = setField(of: record, name, $0) }
        } else {
          _ = removeField(of: record, name)
        }
      }
    case .pushed(let record, let end): _ = pop(from: record, end)
    case .popped(let record, let end, let element):
      element.withView { push(to: record, end, $0) }
    case .score(let record, let member, let old):
      member.withView { member in
        let now = record.scores.value(of: member)
        if let old {
          setScore(of: record, member, from: now, to: old)
        } else if let now {
          removeScore(of: record, member, now)
        }
      }
    case .entries(let record, let entries, let nodes, let lastID):
      record.entries = entries
      record.nodes = nodes
      record.count = entries.count
      record.lastID = lastID
    case .appended(let record, let node, let lastID):
      _ = record.entries.popLast()
      record.nodes.undoAppend(node)
      record.count = record.entries.count
      record.lastID = lastID
    case .removedOldest(let record, let entries, let nodes):
      record.nodes.undo(nodes)
      for entry in entries.reversed() { record.entries.prepend(entry) }
      record.count = record.entries.count
    case .touched: break
    case .lastID(let record, let id): record.lastID = id
    case .state(let record, let state): record.stream = state
    }
  }

  func record(_ key: ByteView) -> KeyRecord? {
    guard let record = keys.value(of: key) else { return nil }
    guard expiring > 0, let expiry = record.expiry, expiry <= time else { return record }
    remove(record)
    return nil
  }

  func create(_ key: ByteView, _ kind: KeyKind) -> KeyRecord {
    let record = KeyRecord(name: key.copy, kind: kind)
    keys.insert(key, record)
    note(.created(record))
    return record
  }

  func remove(_ record: KeyRecord) {
    if record.expiry != nil { expiring -= 1 }
    _ = record.name.withView { keys.remove($0) }
    note(.removed(record))
  }

  func rename(_ record: KeyRecord, to name: ByteView) {
    note(.renamed(record, from: record.name))
    _ = record.name.withView { keys.remove($0) }
    record.name = name.copy
    keys.insert(name, record)
  }

  func removeAll() {
    note(.removedAll(keys, expiring: expiring))
    keys = ByteTable()
    expiring = 0
  }

  func setExpiry(of record: KeyRecord, _ time: Int64?) {
    note(.expiry(record, record.expiry))
    expiring += (time == nil ? 0 : 1) - (record.expiry == nil ? 0 : 1)
    record.expiry = time
  }

  func setState(of record: KeyRecord, _ state: StreamState) {
    note(.state(record, record.stream))
    record.stream = state
  }

  func setLastID(of record: KeyRecord, _ id: StreamID) {
    note(.lastID(record, record.lastID))
    record.lastID = id
  }

  func keyCount() -> Int {
    if expiring > 0 { removeExpired() }
    return keys.count
  }

  func scanKeys(after cursor: UInt64, limit: Int, _ body: (Bytes, KeyKind) -> Void) -> UInt64 {
    if expiring > 0 { removeExpired() }
    return keys.scan(after: cursor, limit: limit) { body($0, $1.kind) }
  }

  private func removeExpired() {
    var expired: [KeyRecord] = []
    _ = keys.scan(after: 0, limit: .max) { _, record in
      if let expiry = record.expiry, expiry <= time { expired.append(record) }
    }
    for record in expired { remove(record) }
  }

  func bytes(of record: KeyRecord) -> Bytes { record.bytes }

  func setBytes(of record: KeyRecord, _ bytes: Bytes) {
    note(.bytes(record, record.bytes))
    record.bytes = bytes
  }

  func field(of record: KeyRecord, _ name: ByteView) -> Bytes? { record.fields.value(of: name) }

  func hasField(of record: KeyRecord, _ name: ByteView) -> Bool {
    record.fields.position(of: name) != nil
  }

  func setField(of record: KeyRecord, _ name: ByteView, _ value: ByteView) -> Bool {
    if let position = record.fields.position(of: name) {
      note(.field(record, name.copy, record.fields[position]))
      record.fields[position] = value.copy
      return false
    }
    note(.field(record, name.copy, nil))
    record.fields.insert(name, value.copy)
    record.count += 1
    return true
  }

  func addField(of record: KeyRecord, _ name: ByteView, _ value: ByteView) -> Bool {
    guard record.fields.position(of: name) == nil else { return false }
    note(.field(record, name.copy, nil))
    record.fields.insert(name, value.copy)
    record.count += 1
    return true
  }

  func removeField(of record: KeyRecord, _ name: ByteView) -> Bool {
    guard let old = record.fields.remove(name) else { return false }
    note(.field(record, name.copy, old))
    record.count -= 1
    return true
  }

  func scanFields(
    of record: KeyRecord, after cursor: UInt64, limit: Int, _ body: (ByteView, ByteView) -> Void
  ) -> UInt64 {
    record.fields.scan(after: cursor, limit: limit) { name, value in
      name.withView { name in value.withView { body(name, $0) } }
    }
  }

  func push(to record: KeyRecord, _ end: ListEnd, _ element: ByteView) {
    switch end {
    case .head: record.elements.prepend(element.copy)
    case .tail: record.elements.append(element.copy)
    }
    note(.pushed(record, end))
    record.count += 1
  }

  func pop(from record: KeyRecord, _ end: ListEnd) -> Bytes? {
    let element = end == .head ? record.elements.popFirst() : record.elements.popLast()
    record.count = record.elements.count
    if let element { note(.popped(record, end, element)) }
    return element
  }

  func elements(of record: KeyRecord, _ range: Range<Int>, _ body: (ByteView) -> Void) {
    for index in range { record.elements[index].withView { body($0) } }
  }

  func score(of record: KeyRecord, _ member: ByteView) -> Double? {
    record.scores.value(of: member)
  }

  func setScore(of record: KeyRecord, _ member: ByteView, from old: Double?, to new: Double) {
    let ranked = RankedMember(score: new, member: member.copy)
    note(.score(record, ranked.member, old))
    if let old, let position = record.scores.position(of: member) {
      record.scores[position] = new
      record.ranking.remove(
        at: rank(record, RankedMember(score: old, member: ranked.member)))
    } else {
      record.scores.insert(member, new)
      record.count += 1
    }
    record.ranking.insert(ranked, at: rank(record, ranked))
  }

  func removeScore(of record: KeyRecord, _ member: ByteView, _ score: Double) {
    let ranked = RankedMember(score: score, member: member.copy)
    note(.score(record, ranked.member, score))
    record.ranking.remove(at: rank(record, ranked))
    record.scores.remove(member)
    record.count -= 1
  }

  func members(of record: KeyRecord, _ range: Range<Int>) -> [RankedMember] {
    Array(record.ranking[range])
  }

  func members(
    of record: KeyRecord, from low: ScoreBound, to high: ScoreBound
  ) -> [RankedMember] {
    let start = partitionPoint(record) {
      low.isExclusive ? $0.score <= low.score : $0.score < low.score
    }
    let end = partitionPoint(record) {
      high.isExclusive ? $0.score < high.score : $0.score <= high.score
    }
    return start < end ? Array(record.ranking[start..<end]) : []
  }

  func append(to record: KeyRecord, _ id: StreamID, _ fields: Bytes) {
    note(.appended(record, record.nodes.last, record.lastID))
    fields.withView { record.nodes.append(id, $0) }
    record.entries.append(StoredEntry(id: id, fields: fields))
    record.lastID = id
    record.count += 1
  }

  func entries(
    of record: KeyRecord, from low: StreamID, to high: StreamID, _ order: StreamOrder, limit: Int,
    _ body: (StreamID, ByteView) -> Void
  ) {
    let start = record.entries.partitionPoint { $0.id < low }
    let end = record.entries.partitionPoint { $0.id <= high }
    guard start < end else { return }
    let count = min(limit, end - start)
    for offset in 0..<count {
      let entry = record.entries[order == .ascending ? start + offset : end - 1 - offset]
      entry.fields.withView { body(entry.id, $0) }
    }
  }

  func removeEntry(of record: KeyRecord, _ id: StreamID) -> Bool {
    let index = record.entries.partitionPoint { $0.id < id }
    guard index < record.entries.count, record.entries[index].id == id else { return false }
    note(.entries(record, record.entries, record.nodes, record.lastID))
    record.entries.remove(at: index)
    record.nodes.remove(id)
    record.count -= 1
    return true
  }

  func removeOldest(of record: KeyRecord, _ count: Int, before id: StreamID?) {
    let nodes = record.nodes.removeOldest(count, before: id)
    note(.removedOldest(record, (0..<count).map { record.entries[$0] }, nodes))
    record.entries.removeFirst(count)
    record.count = record.entries.count
  }

  func entryCount(of record: KeyRecord, before id: StreamID) -> Int {
    record.entries.partitionPoint { $0.id < id }
  }

  private func rank(_ record: KeyRecord, _ member: RankedMember) -> Int {
    partitionPoint(record) { $0 < member }
  }

  private func partitionPoint(
    _ record: KeyRecord, _ isBefore: (RankedMember) -> Bool
  ) -> Int {
    var low = 0
    var high = record.ranking.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(record.ranking[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// One write to a ``MemoryKeyspace``, with what was there before.
enum KeyspaceChange {
  case created(KeyRecord)
  case removed(KeyRecord)
  case renamed(KeyRecord, from: Bytes)
  case removedAll(ByteTable<KeyRecord>, expiring: Int)
  case expiry(KeyRecord, Int64?)
  case bytes(KeyRecord, Bytes)
  case field(KeyRecord, Bytes, Bytes?)
  case pushed(KeyRecord, ListEnd)
  case popped(KeyRecord, ListEnd, Bytes)
  case score(KeyRecord, Bytes, Double?)
  case entries(KeyRecord, ElementQueue<StoredEntry>, StreamNodes, StreamID)
  case appended(KeyRecord, StreamNodes.Node?, StreamID)
  case removedOldest(KeyRecord, [StoredEntry], StreamNodes.Removal)
  case touched(KeyRecord)
  case lastID(KeyRecord, StreamID)
  case state(KeyRecord, StreamState)
}
