import RedisScripting

/// Commands for strings.
enum StringCommands {
  static let all: [CommandSpecification] = [
    .init("get", 2, .reads, get),
    .init("set", -3, .writes, set),
    .init("setnx", 3, .writes, setIfAbsent),
    .init("getset", 3, .writes, getAndSet),
    .init("getdel", 2, .writes, getAndRemove),
    .init("mget", -2, .reads, getMany),
    .init("mset", -3, .writes, setMany),
    .init("append", 3, .writes, append),
    .init("strlen", 2, .reads, length),
    .init("getrange", 4, .reads, range),
    .init("substr", 4, .reads, range),
    .init("incr", 2, .writes) { (context) throws(CommandFailure) in try add(context, 1) },
    .init("decr", 2, .writes) { (context) throws(CommandFailure) in try add(context, -1) },
    .init("incrby", 3, .writes) { (context) throws(CommandFailure) in
      try add(context, try context.integer(2))
    },
    .init("decrby", 3, .writes) { (context) throws(CommandFailure) in
      let amount = try context.integer(2)
      guard amount != .min else { throw .reply("ERR decrement would overflow") }
      try add(context, -amount)
    },
  ]

  private static func value(
    _ context: CommandContext, _ index: Int
  ) throws(CommandFailure) -> Bytes? {
    guard let record = try context.record(index, .string) else { return nil }
    return try context.keyspace.bytes(of: record)
  }

  /// Makes a key a string, whatever it was.
  private static func store(
    _ context: CommandContext, _ key: ByteView, _ value: Bytes
  ) throws(CommandFailure) {
    if let record = try context.keyspace.record(key) {
      if record.kind == .string { return try context.keyspace.setBytes(of: record, value) }
      try context.keyspace.remove(record)
    }
    try context.keyspace.setBytes(of: try context.keyspace.create(key, .string), value)
  }

  @Sendable private static func get(_ context: CommandContext) throws(CommandFailure) {
    context.reply.bytes(orNull: try value(context, 1))
  }

  @Sendable private static func set(_ context: CommandContext) throws(CommandFailure) {
    var ifAbsent = false
    var ifPresent = false
    var returnsOld = false
    for index in 3..<max(3, context.count) {
      let option = context[index]
      if option.isWord("NX"), !ifPresent {
        ifAbsent = true
      } else if option.isWord("XX"), !ifAbsent {
        ifPresent = true
      } else if option.isWord("GET") {
        returnsOld = true
      } else if option.isWord("KEEPTTL") {
        continue
      } else if option.isWord("EX") || option.isWord("PX") || option.isWord("EXAT")
        || option.isWord("PXAT")
      {
        throw .reply("ERR keys with an expiry are not supported by the embedded host")
      } else {
        throw .syntax
      }
    }
    let old = returnsOld ? try value(context, 1) : nil
    let isPresent = try context.keyspace.record(context[1]) != nil
    let isSet = ifAbsent ? !isPresent : ifPresent ? isPresent : true
    if isSet { try store(context, context[1], context[2].copy) }
    if returnsOld {
      context.reply.bytes(orNull: old)
    } else if isSet {
      context.reply.status("OK")
    } else {
      context.reply.null()
    }
  }

  @Sendable private static func setIfAbsent(_ context: CommandContext) throws(CommandFailure) {
    guard try context.keyspace.record(context[1]) == nil else { return context.reply.integer(0) }
    try store(context, context[1], context[2].copy)
    context.reply.integer(1)
  }

  @Sendable private static func getAndSet(_ context: CommandContext) throws(CommandFailure) {
    let old = try value(context, 1)
    try store(context, context[1], context[2].copy)
    context.reply.bytes(orNull: old)
  }

  @Sendable private static func getAndRemove(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .string) else { return context.reply.null() }
    let old = try context.keyspace.bytes(of: record)
    try context.keyspace.remove(record)
    context.reply.bytes(old)
  }

  @Sendable private static func getMany(_ context: CommandContext) throws(CommandFailure) {
    context.reply.array(context.count - 1)
    for key in context.words(from: 1) {
      if let record = try context.keyspace.record(key), record.kind == .string {
        context.reply.bytes(try context.keyspace.bytes(of: record))
      } else {
        context.reply.null()
      }
    }
  }

  @Sendable private static func setMany(_ context: CommandContext) throws(CommandFailure) {
    guard context.count.isMultiple(of: 2) == false else { throw context.wrongCount("mset") }
    for index in stride(from: 1, to: context.count, by: 2) {
      try store(context, context[index], context[index + 1].copy)
    }
    context.reply.status("OK")
  }

  @Sendable private static func append(_ context: CommandContext) throws(CommandFailure) {
    var bytes = try value(context, 1) ?? []
    guard bytes.count + context[2].length <= EmbeddedHost.largestValue else {
      throw .reply("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    }
    bytes.append(contentsOf: context[2].buffer)
    try store(context, context[1], bytes)
    context.reply.integer(bytes.count)
  }

  @Sendable private static func length(_ context: CommandContext) throws(CommandFailure) {
    context.reply.integer(try value(context, 1)?.count ?? 0)
  }

  @Sendable private static func range(_ context: CommandContext) throws(CommandFailure) {
    let start = try context.integer(2)
    let stop = try context.integer(3)
    let bytes = try value(context, 1) ?? []
    if start < 0, stop < 0, start > stop { return context.reply.bytes([]) }
    // Unlike in lists, a position before the start means the start.
    let total = Int64(bytes.count)
    let last = stop < 0 ? max(0, stop &+ total) : stop
    let range = bytes.isEmpty ? 0..<0 : context.range(start, last, of: bytes.count)
    bytes.withView { context.reply.bytes($0.dropFirst(range.lowerBound).prefix(range.count)) }
  }

  private static func add(_ context: CommandContext, _ amount: Int64) throws(CommandFailure) {
    let record = try context.record(1, .string)
    var number: Int64 = 0
    if let record {
      guard let old = try context.keyspace.bytes(of: record).withView({ $0.integer }) else {
        throw .notInteger
      }
      number = old
    }
    let (sum, overflow) = number.addingReportingOverflow(amount)
    guard !overflow else { throw .overflow }
    try store(context, context[1], decimal(sum))
    context.reply.integer(sum)
  }
}
