import CIrminsulLuaBridge
import RedisScripting

/// Commands for the times at which keys end.
enum ExpiryCommands {
  static let all: [CommandSpecification] =
    [
      ("expire", "EX"), ("pexpire", "PX"), ("expireat", "EXAT"), ("pexpireat", "PXAT"),
    ].map { (name: String, unit: String) in
      .init(name, -3, .writes) { (context) throws(CommandFailure) in
        try expire(context, unit: Bytes(unit.utf8), name)
      }
    } + [
      .init("persist", 2, .writes, persist),
      .init("ttl", 2, .reads) { (context) throws(CommandFailure) in
        try rest(context) { (max(0, $0 - context.now) + 500) / 1000 }
      },
      .init("pttl", 2, .reads) { (context) throws(CommandFailure) in
        try rest(context) { max(0, $0 - context.now) }
      },
      .init("expiretime", 2, .reads) { (context) throws(CommandFailure) in
        try rest(context) { ($0 + 500) / 1000 }
      },
      .init("pexpiretime", 2, .reads) { (context) throws(CommandFailure) in
        try rest(context) { $0 }
      },
    ]

  private static func expire(
    _ context: CommandContext, unit: Bytes, _ name: String
  ) throws(CommandFailure) {
    var ifNone = false
    var ifSome = false
    var ifLater = false
    var ifSooner = false
    for option in context.words(from: 3) {
      if option.isWord("NX") {
        ifNone = true
      } else if option.isWord("XX") {
        ifSome = true
      } else if option.isWord("GT") {
        ifLater = true
      } else if option.isWord("LT") {
        ifSooner = true
      } else {
        throw .reply("ERR Unsupported option \(option.text)")
      }
    }
    if ifNone, ifSome || ifLater || ifSooner {
      throw .reply("ERR NX and XX, GT or LT options at the same time are not compatible")
    }
    if ifLater, ifSooner {
      throw .reply("ERR GT and LT options at the same time are not compatible")
    }
    let time = try unit.withView { (unit) throws(CommandFailure) in
      try ExpiryTime.parse(context, 2, unit: unit, name, mayBePast: true)
    }
    guard let record = try context.keyspace.record(context[1]) else {
      return context.reply.integer(0)
    }
    let old = record.expiry
    // No expiry counts as one that never comes.
    if ifNone && old != nil || ifSome && old == nil || ifLater && (old.map { time <= $0 } ?? true)
      || ifSooner && (old.map { time >= $0 } ?? false)
    {
      return context.reply.integer(0)
    }
    if time <= context.now {
      try context.keyspace.remove(record)
    } else {
      try context.keyspace.setExpiry(of: record, time)
    }
    context.reply.integer(1)
  }

  @Sendable private static func persist(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.keyspace.record(context[1]), record.expiry != nil else {
      return context.reply.integer(0)
    }
    try context.keyspace.setExpiry(of: record, nil)
    context.reply.integer(1)
  }

  private static func rest(
    _ context: CommandContext, _ convert: (Int64) -> Int64
  ) throws(CommandFailure) {
    guard let record = try context.keyspace.record(context[1]) else {
      return context.reply.integer(-2)
    }
    context.reply.integer(record.expiry.map(convert) ?? -1)
  }
}

/// The times that EX, PX, EXAT and PXAT give.
enum ExpiryTime {
  static func isUnit(_ word: ByteView) -> Bool {
    word.isWord("EX") || word.isWord("PX") || word.isWord("EXAT") || word.isWord("PXAT")
  }

  /// Milliseconds since 1970.
  static func parse(
    _ context: CommandContext, _ index: Int, unit: ByteView, _ name: String,
    mayBePast: Bool = false
  ) throws(CommandFailure) -> Int64 {
    guard var time = context[index].integer else { throw .notInteger }
    let invalid = CommandFailure.reply("ERR invalid expire time in '\(name)' command")
    if !mayBePast, time <= 0 { throw invalid }
    if unit.isWord("EX") || unit.isWord("EXAT") {
      let (product, overflow) = time.multipliedReportingOverflow(by: 1000)
      guard !overflow else { throw invalid }
      time = product
    }
    if unit.isWord("EX") || unit.isWord("PX") {
      let (sum, overflow) = time.addingReportingOverflow(context.now)
      guard !overflow else { throw invalid }
      time = sum
    }
    return time
  }
}

extension Keyspace {
  /// Makes a key, known to be absent, of this or another keyspace hold what a key holds, with its expiry.
  func copy(
    _ source: KeyRecord, to key: ByteView, in place: any Keyspace
  ) throws(CommandFailure) {
    // What a scan reads may not change meanwhile: it is gathered first.
    let target: KeyRecord
    switch source.kind {
    case .string:
      let value = try bytes(of: source)
      target = try place.create(key, .string)
      try place.setBytes(of: target, value)
    case .list:
      let values = try allElements(of: source)
      target = try place.create(key, .list)
      for value in values {
        try value.withView { (view) throws(CommandFailure) in
          try place.push(to: target, .tail, view)
        }
      }
    case .hash, .set:
      let pairs = try allFields(of: source)
      target = try place.create(key, source.kind)
      for (name, value) in pairs {
        try name.withView { (name) throws(CommandFailure) in
          try value.withView { (value) throws(CommandFailure) in
            _ = try place.addField(of: target, name, value)
          }
        }
      }
    case .sortedSet:
      let ranked = try members(of: source, 0..<source.count)
      target = try place.create(key, .sortedSet)
      for member in ranked {
        try member.member.withView { (view) throws(CommandFailure) in
          try place.setScore(of: target, view, from: nil, to: member.score)
        }
      }
    case .stream:
      var found: [StoredEntry] = []
      try entries(of: source, from: .zero, to: .greatest, .ascending, limit: .max) {
        found.append(StoredEntry(id: $0, fields: $1.copy))
      }
      target = try place.create(key, .stream)
      for entry in found { try place.append(to: target, entry.id, entry.fields) }
      target.nodes = source.nodes
      try place.setLastID(of: target, source.lastID)
      place.setState(of: target, source.stream)
    }
    if let expiry = source.expiry { try place.setExpiry(of: target, expiry) }
  }

  func allElements(of record: KeyRecord) throws(CommandFailure) -> [Bytes] {
    var found: [Bytes] = []
    try elements(of: record, 0..<record.count) { found.append($0.copy) }
    return found
  }

  func allFields(of record: KeyRecord) throws(CommandFailure) -> [(Bytes, Bytes)] {
    var found: [(Bytes, Bytes)] = []
    _ = try scanFields(of: record, after: 0, limit: .max) { found.append(($0.copy, $1.copy)) }
    return found
  }

  /// Makes a list hold other elements; none remove the key.
  func replaceElements(of record: KeyRecord, _ elements: [Bytes]) throws(CommandFailure) {
    while record.count > 0 { _ = try pop(from: record, .tail) }
    for element in elements {
      try element.withView { (view) throws(CommandFailure) in try push(to: record, .tail, view) }
    }
    if elements.isEmpty { try remove(record) }
  }
}
