import RedisScripting

/// Commands for lists.
enum ListCommands {
  static let all: [CommandSpecification] = [
    .init("lpush", -3, .writes) { (context) throws(CommandFailure) in try push(context, .head) },
    .init("rpush", -3, .writes) { (context) throws(CommandFailure) in try push(context, .tail) },
    .init("lpop", -2, .writes) { (context) throws(CommandFailure) in
      try pop(context, .head, "lpop")
    },
    .init("rpop", -2, .writes) { (context) throws(CommandFailure) in
      try pop(context, .tail, "rpop")
    },
    .init("llen", 2, .reads, count),
    .init("lrange", 4, .reads, range),
    .init("lindex", 3, .reads, element),
  ]

  private static func push(_ context: CommandContext, _ end: ListEnd) throws(CommandFailure) {
    let record = try context.recordOrNew(1, .list)
    for element in context.words(from: 2) {
      try context.keyspace.push(to: record, end, element)
    }
    context.reply.integer(record.count)
  }

  private static func pop(
    _ context: CommandContext, _ end: ListEnd, _ name: String
  ) throws(CommandFailure) {
    guard context.count <= 3 else { throw context.wrongCount(name) }
    var wanted: Int?
    if context.count == 3 {
      guard let number = context[2].integer, number >= 0 else {
        throw .reply("ERR value is out of range, must be positive")
      }
      wanted = Int(number)
    }
    guard let record = try context.record(1, .list) else { return context.reply.null() }
    guard let wanted else {
      context.reply.bytes(orNull: try context.keyspace.pop(from: record, end))
      return try context.removeIfEmpty(record)
    }
    let count = min(wanted, record.count)
    context.reply.array(count)
    for _ in 0..<count {
      context.reply.bytes(orNull: try context.keyspace.pop(from: record, end))
    }
    try context.removeIfEmpty(record)
  }

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    context.reply.integer(try context.record(1, .list)?.count ?? 0)
  }

  @Sendable private static func range(_ context: CommandContext) throws(CommandFailure) {
    let start = try context.integer(2)
    let stop = try context.integer(3)
    guard let record = try context.record(1, .list) else { return context.reply.array(0) }
    let range = context.range(start, stop, of: record.count)
    context.reply.array(range.count)
    try context.keyspace.elements(of: record, range) { context.reply.bytes($0) }
  }

  @Sendable private static func element(_ context: CommandContext) throws(CommandFailure) {
    let index = try context.integer(2)
    guard let record = try context.record(1, .list) else { return context.reply.null() }
    let position = index < 0 ? index &+ Int64(record.count) : index
    guard position >= 0, position < Int64(record.count) else { return context.reply.null() }
    try context.keyspace.elements(of: record, Int(position)..<Int(position) + 1) {
      context.reply.bytes($0)
    }
  }
}
