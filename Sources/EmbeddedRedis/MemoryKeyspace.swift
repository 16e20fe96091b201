import RedisScripting

/// Keys in this process's memory.
final class MemoryKeyspace: Keyspace {
  private var keys = ByteTable<KeyRecord>()

  func record(_ key: ByteView) -> KeyRecord? { keys.value(of: key) }

  func create(_ key: ByteView, _ kind: KeyKind) -> KeyRecord {
    let record = KeyRecord(name: key.copy, kind: kind)
    keys.insert(key, record)
    return record
  }

  func remove(_ record: KeyRecord) {
    _ = record.name.withView { keys.remove($0) }
  }

  func rename(_ record: KeyRecord, to name: ByteView) {
    remove(record)
    record.name = name.copy
    keys.insert(name, record)
  }

  func removeAll() { keys = ByteTable() }

  func keyCount() -> Int { keys.count }

  func scanKeys(after cursor: UInt64, limit: Int, _ body: (Bytes, KeyKind) -> Void) -> UInt64 {
    keys.scan(after: cursor, limit: limit) { body($0, $1.kind) }
  }

  func bytes(of record: KeyRecord) -> Bytes { record.bytes }

  func setBytes(of record: KeyRecord, _ bytes: Bytes) { record.bytes = bytes }

  func field(of record: KeyRecord, _ name: ByteView) -> Bytes? { record.fields.value(of: name) }

  func hasField(of record: KeyRecord, _ name: ByteView) -> Bool {
    record.fields.position(of: name) != nil
  }

  func setField(of record: KeyRecord, _ name: ByteView, _ value: ByteView) -> Bool {
    if let position = record.fields.position(of: name) {
      record.fields[position] = value.copy
      return false
    }
    record.fields.insert(name, value.copy)
    record.count += 1
    return true
  }

  func addField(of record: KeyRecord, _ name: ByteView, _ value: ByteView) -> Bool {
    guard record.fields.position(of: name) == nil else { return false }
    record.fields.insert(name, value.copy)
    record.count += 1
    return true
  }

  func removeField(of record: KeyRecord, _ name: ByteView) -> Bool {
    guard record.fields.remove(name) != nil else { return false }
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
    record.count += 1
  }

  func pop(from record: KeyRecord, _ end: ListEnd) -> Bytes? {
    let element = end == .head ? record.elements.popFirst() : record.elements.popLast()
    record.count = record.elements.count
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
    record.ranking.remove(at: rank(record, RankedMember(score: score, member: member.copy)))
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
    record.entries.remove(at: index)
    record.count -= 1
    return true
  }

  func removeOldest(of record: KeyRecord, _ count: Int) {
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
