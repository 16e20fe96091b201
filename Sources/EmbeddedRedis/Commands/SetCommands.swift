/// Commands for sets.
enum SetCommands {
  static let all: [CommandSpecification] = [
    .init("sadd", -3, .writes, add),
    .init("srem", -3, .writes, remove),
    .init("sismember", 3, .reads, contains),
    .init("smembers", 2, .reads, list),
    .init("scard", 2, .reads, count),
    .init("sscan", -3, .reads, scan),
  ]

  @Sendable private static func add(_ context: CommandContext) throws(CommandFailure) {
    let record = try context.recordOrNew(1, .set)
    var added = 0
    for member in context.words(from: 2)
    where try context.keyspace.addField(of: record, member, ByteView(bytes: nil, length: 0)) {
      added += 1
    }
    context.reply.integer(added)
  }

  @Sendable private static func remove(_ context: CommandContext) throws(CommandFailure) {
    try FieldCommands.remove(context, .set)
  }

  @Sendable private static func contains(_ context: CommandContext) throws(CommandFailure) {
    try FieldCommands.contains(context, .set)
  }

  @Sendable private static func list(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .set) else { return context.reply.array(0) }
    context.reply.array(record.count)
    _ = try context.keyspace.scanFields(of: record, after: 0, limit: .max) { member, _ in
      context.reply.bytes(member)
    }
  }

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    try FieldCommands.count(context, .set)
  }

  @Sendable private static func scan(_ context: CommandContext) throws(CommandFailure) {
    let options = try ScanOptions(context, cursor: 2, options: 3)
    let record = try context.record(1, .set)
    context.reply.array(2)
    let found = irminsulScratch()
    defer { found.release() }
    var count = 0
    var next: UInt64 = 0
    if let record {
      next = try context.keyspace.scanFields(
        of: record, after: options.cursor, limit: options.count
      ) { member, _ in
        guard options.matches(member) else { return }
        found.reply.bytes(member)
        count += 1
      }
    }
    found.write(cursor: next, count: count, to: context.reply)
  }
}
