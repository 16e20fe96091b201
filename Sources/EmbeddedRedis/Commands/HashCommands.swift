import RedisScripting

/// Commands for hashes.
enum HashCommands {
  static let all: [CommandSpecification] = [
    .init("hset", -4, .writes) { (context) throws(CommandFailure) in
      context.reply.integer(try set(context, "hset"))
    },
    .init("hmset", -4, .writes) { (context) throws(CommandFailure) in
      _ = try set(context, "hmset")
      context.reply.status("OK")
    },
    .init("hsetnx", 4, .writes, setIfAbsent),
    .init("hget", 3, .reads, get),
    .init("hmget", -3, .reads, getMany),
    .init("hdel", -3, .writes, remove),
    .init("hexists", 3, .reads, exists),
    .init("hlen", 2, .reads, count),
    .init("hstrlen", 3, .reads, valueLength),
    .init("hkeys", 2, .reads) { (context) throws(CommandFailure) in
      try list(context, names: true, values: false)
    },
    .init("hvals", 2, .reads) { (context) throws(CommandFailure) in
      try list(context, names: false, values: true)
    },
    .init("hgetall", 2, .reads) { (context) throws(CommandFailure) in
      try list(context, names: true, values: true)
    },
    .init("hincrby", 4, .writes, increment),
    .init("hincrbyfloat", 4, .writes, addFloat),
    .init("hrandfield", -2, .reads, pickFields),
    .init("hscan", -3, .reads, scan),
  ]

  private static func set(
    _ context: CommandContext, _ name: String
  ) throws(CommandFailure) -> Int {
    guard context.count.isMultiple(of: 2) else { throw context.wrongCount(name) }
    let record = try context.recordOrNew(1, .hash)
    var added = 0
    for index in stride(from: 2, to: context.count, by: 2)
    where try context.keyspace.setField(of: record, context[index], context[index + 1]) {
      added += 1
    }
    return added
  }

  @Sendable private static func setIfAbsent(_ context: CommandContext) throws(CommandFailure) {
    let record = try context.recordOrNew(1, .hash)
    let isNew = try context.keyspace.addField(of: record, context[2], context[3])
    context.reply.integer(isNew ? 1 : 0)
  }

  @Sendable private static func get(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .hash) else { return context.reply.null() }
    context.reply.bytes(orNull: try context.keyspace.field(of: record, context[2]))
  }

  @Sendable private static func getMany(_ context: CommandContext) throws(CommandFailure) {
    let record = try context.record(1, .hash)
    context.reply.array(context.count - 2)
    for name in context.words(from: 2) {
      guard let record else {
        context.reply.null()
        continue
      }
      context.reply.bytes(orNull: try context.keyspace.field(of: record, name))
    }
  }

  @Sendable private static func remove(_ context: CommandContext) throws(CommandFailure) {
    try FieldCommands.remove(context, .hash)
  }

  @Sendable private static func exists(_ context: CommandContext) throws(CommandFailure) {
    try FieldCommands.contains(context, .hash)
  }

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    try FieldCommands.count(context, .hash)
  }

  @Sendable private static func valueLength(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .hash) else { return context.reply.integer(0) }
    context.reply.integer(try context.keyspace.field(of: record, context[2])?.count ?? 0)
  }

  private static func list(
    _ context: CommandContext, names: Bool, values: Bool
  ) throws(CommandFailure) {
    let record = try context.record(1, .hash)
    if names && values { context.reply.map(record?.count ?? 0) }
    guard let record else { return names && values ? () : context.reply.array(0) }
    let position = names && values ? nil : context.reply.startArray()
    var count = 0
    _ = try context.keyspace.scanFields(of: record, after: 0, limit: .max) { name, value in
      if names { context.reply.bytes(name) }
      if values { context.reply.bytes(value) }
      count += names && values ? 2 : 1
    }
    if let position { context.reply.endArray(position, count) }
  }

  @Sendable private static func addFloat(_ context: CommandContext) throws(CommandFailure) {
    guard let amount = context[3].lenientDouble else { throw .notFloat }
    // A number that is too large for a double may still fit into what Redis reckons with.
    let isWord = context[3].buffer.contains { $0 | 0x20 == 0x6e }
    guard amount.isFinite || !isWord else { throw .reply("ERR value is NaN or Infinity") }
    let record = try context.recordOrNew(1, .hash)
    let old = try context.keyspace.field(of: record, context[2]) ?? [0x30]
    guard let sum = try DecimalSum.of(old, context[3]) else {
      throw .reply("ERR hash value is not a float")
    }
    try sum.withView { (view) throws(CommandFailure) in
      _ = try context.keyspace.setField(of: record, context[2], view)
    }
    context.reply.bytes(sum)
  }

  @Sendable private static func pickFields(_ context: CommandContext) throws(CommandFailure) {
    guard context.count <= 4 else { throw .syntax }
    let wanted = context.count > 2 ? try RandomPick.count(context[2]) : nil
    let withValues = context.count > 3
    if withValues, !context[3].isWord("WITHVALUES") { throw .syntax }
    guard let record = try context.record(1, .hash) else {
      return wanted == nil ? context.reply.null() : context.reply.array(0)
    }
    let pairs = try context.keyspace.allFields(of: record)
    guard let wanted else {
      return context.reply.bytes(pairs[context.session.random.index(below: pairs.count)].0)
    }
    let picked = RandomPick.indices(wanted, of: pairs.count, &context.session.random)
    let isNested = withValues && context.reply.isTyped
    context.reply.array(withValues && !isNested ? picked.count * 2 : picked.count)
    for index in picked {
      if isNested { context.reply.array(2) }
      context.reply.bytes(pairs[index].0)
      if withValues { context.reply.bytes(pairs[index].1) }
    }
  }

  @Sendable private static func increment(_ context: CommandContext) throws(CommandFailure) {
    let amount = try context.integer(3)
    let record = try context.record(1, .hash)
    var number: Int64 = 0
    if let record, let old = try context.keyspace.field(of: record, context[2]) {
      guard let value = old.withView({ $0.integer }) else {
        throw .reply("ERR hash value is not an integer")
      }
      number = value
    }
    let (sum, overflow) = number.addingReportingOverflow(amount)
    guard !overflow else { throw .overflow }
    let target = try context.recordOrNew(1, .hash)
    try decimal(sum).withView { (view) throws(CommandFailure) in
      _ = try context.keyspace.setField(of: target, context[2], view)
    }
    context.reply.integer(sum)
  }

  @Sendable private static func scan(_ context: CommandContext) throws(CommandFailure) {
    let options = try ScanOptions(context, cursor: 2, options: 3)
    let record = try context.record(1, .hash)
    context.reply.array(2)
    let found = irminsulScratch()
    defer { found.release() }
    var count = 0
    var next: UInt64 = 0
    if let record {
      next = try context.keyspace.scanFields(
        of: record, after: options.cursor, limit: options.count
      ) { name, value in
        guard options.matches(name) else { return }
        found.reply.bytes(name)
        found.reply.bytes(value)
        count += 2
      }
    }
    found.write(cursor: next, count: count, to: context.reply)
  }
}
