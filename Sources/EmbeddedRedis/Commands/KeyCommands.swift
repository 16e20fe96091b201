/// Commands for keys of any kind.
enum KeyCommands {
  static let all: [CommandSpecification] = [
    .init("del", -2, .writes, remove),
    .init("unlink", -2, .writes, remove),
    .init("exists", -2, .reads, exists),
    .init("touch", -2, .reads, exists),
    .init("rename", 3, .writes) { (context) throws(CommandFailure) in
      try rename(context, ifAbsent: false)
    },
    .init("renamenx", 3, .writes) { (context) throws(CommandFailure) in
      try rename(context, ifAbsent: true)
    },
    .init("copy", -3, .writes, copy),
    .init("randomkey", 1, .reads, random),
    .init("type", 2, .reads, type),
    .init("keys", 2, .reads, keys),
    .init("scan", -2, .reads, scan),
    .init("dbsize", 1, .reads, size),
    .init("move", 3, .writes, move),
    .init("swapdb", 3, .writes, swapDatabases),
    .init("flushdb", -1, .writes) { (context) throws(CommandFailure) in
      try checkFlush(context)
      try context.keyspace.removeAll()
      context.reply.status("OK")
    },
    .init("flushall", -1, .writes) { (context) throws(CommandFailure) in
      try checkFlush(context)
      for database in context.session.usedDatabases { try database.keyspace.removeAll() }
      context.reply.status("OK")
    },
  ]

  @Sendable private static func remove(_ context: CommandContext) throws(CommandFailure) {
    var removed = 0
    for key in context.words(from: 1) {
      guard let record = try context.keyspace.record(key) else { continue }
      try context.keyspace.remove(record)
      removed += 1
    }
    context.reply.integer(removed)
  }

  @Sendable private static func exists(_ context: CommandContext) throws(CommandFailure) {
    var found = 0
    for key in context.words(from: 1) where try context.keyspace.record(key) != nil { found += 1 }
    context.reply.integer(found)
  }

  private static func rename(
    _ context: CommandContext, ifAbsent: Bool
  ) throws(CommandFailure) {
    guard let record = try context.keyspace.record(context[1]) else {
      throw .reply("ERR no such key")
    }
    let isSame = context[2].equals(record.name)
    let target = try context.keyspace.record(context[2])
    if ifAbsent, target != nil { return context.reply.integer(0) }
    if !isSame {
      if let target { try context.keyspace.remove(target) }
      try context.keyspace.rename(record, to: context[2])
    }
    if ifAbsent { context.reply.integer(1) } else { context.reply.status("OK") }
  }

  @Sendable private static func copy(_ context: CommandContext) throws(CommandFailure) {
    var replaces = false
    var place = context.keyspace
    var index = 3
    while index < context.count {
      if context[index].isWord("REPLACE") {
        replaces = true
      } else if context[index].isWord("DB"), index + 1 < context.count {
        place = try context.keyspace(ofDatabase: try context.databaseNumber(index + 1))
        index += 1
      } else {
        throw .syntax
      }
      index += 1
    }
    guard place !== context.keyspace || !context[1].copy.elementsEqual(context[2].buffer) else {
      throw .sameObject
    }
    guard let record = try context.keyspace.record(context[1]) else {
      return context.reply.integer(0)
    }
    if let target = try place.record(context[2]) {
      guard replaces else { return context.reply.integer(0) }
      try place.remove(target)
    }
    try context.keyspace.copy(record, to: context[2], in: place)
    context.reply.integer(1)
  }

  @Sendable private static func random(_ context: CommandContext) throws(CommandFailure) {
    let count = try context.keyspace.keyCount()
    guard count > 0 else { return context.reply.null() }
    var rest = Int.random(in: 0..<count, using: &context.session.random)
    _ = try context.keyspace.scanKeys(after: 0, limit: .max) { name, _ in
      if rest == 0 { context.reply.bytes(name) }
      rest -= 1
    }
  }

  @Sendable private static func type(_ context: CommandContext) throws(CommandFailure) {
    context.reply.status(try context.keyspace.record(context[1])?.kind.name ?? "none")
  }

  @Sendable private static func keys(_ context: CommandContext) throws(CommandFailure) {
    let position = context.reply.startArray()
    var count = 0
    _ = try context.keyspace.scanKeys(after: 0, limit: .max) { name, _ in
      guard name.withView({ GlobPattern.matches(context[1], $0) }) else { return }
      context.reply.bytes(name)
      count += 1
    }
    context.reply.endArray(position, count)
  }

  @Sendable private static func scan(_ context: CommandContext) throws(CommandFailure) {
    let options = try ScanOptions(context, cursor: 1, options: 2, takesType: true)
    context.reply.array(2)
    let found = irminsulScratch()
    defer { found.release() }
    var count = 0
    let next = try context.keyspace.scanKeys(after: options.cursor, limit: options.count) {
      name, kind in
      guard name.withView({ options.matches($0) }) else { return }
      if let type = options.type, !type.isWord(kind.upperCaseName) { return }
      found.reply.bytes(name)
      count += 1
    }
    found.write(cursor: next, count: count, to: context.reply)
  }

  @Sendable private static func size(_ context: CommandContext) throws(CommandFailure) {
    context.reply.integer(try context.keyspace.keyCount())
  }

  private static func checkFlush(_ context: CommandContext) throws(CommandFailure) {
    if context.count > 2 { throw .syntax }
    if context.count == 2, !context[1].isWord("SYNC"), !context[1].isWord("ASYNC") {
      throw .syntax
    }
  }

  @Sendable private static func move(_ context: CommandContext) throws(CommandFailure) {
    let target = try context.keyspace(ofDatabase: try context.databaseNumber(2))
    guard target !== context.keyspace else { throw .sameObject }
    guard let record = try context.keyspace.record(context[1]),
      try target.record(context[1]) == nil
    else { return context.reply.integer(0) }
    try context.keyspace.copy(record, to: context[1], in: target)
    try context.keyspace.remove(record)
    context.reply.integer(1)
  }

  @Sendable private static func swapDatabases(_ context: CommandContext) throws(CommandFailure) {
    let first = try context.databaseNumber(1, orElse: .reply("ERR invalid first DB index"))
    let second = try context.databaseNumber(2, orElse: .reply("ERR invalid second DB index"))
    _ = try context.keyspace(ofDatabase: first)
    _ = try context.keyspace(ofDatabase: second)
    context.session.swapDatabases(first, second)
    context.reply.status("OK")
  }
}

extension KeyKind {
  fileprivate var upperCaseName: StaticString {
    switch self {
    case .string: "STRING"
    case .list: "LIST"
    case .hash: "HASH"
    case .set: "SET"
    case .sortedSet: "ZSET"
    case .stream: "STREAM"
    }
  }
}
