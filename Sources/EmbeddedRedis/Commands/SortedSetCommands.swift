import RedisScripting

/// Commands for sorted sets, in their simple forms: no lexicographic ranges, no unions.
enum SortedSetCommands {
  static let all: [CommandSpecification] = [
    .init("zadd", -4, .writes, add),
    .init("zrem", -3, .writes, remove),
    .init("zscore", 3, .reads, score),
    .init("zcard", 2, .reads, count),
    .init("zrange", -4, .reads, range),
    .init("zrangebyscore", -4, .reads, rangeByScore),
    .init("zremrangebyscore", 4, .writes, removeByScore),
    .init("zremrangebyrank", 4, .writes, removeByRank),
  ]

  @Sendable private static func add(_ context: CommandContext) throws(CommandFailure) {
    var index = 2
    var ifAbsent = false
    var ifPresent = false
    var countsChanges = false
    while index < context.count {
      if context[index].isWord("NX") {
        ifAbsent = true
      } else if context[index].isWord("XX") {
        ifPresent = true
      } else if context[index].isWord("CH") {
        countsChanges = true
      } else if context[index].isWord("GT") || context[index].isWord("LT")
        || context[index].isWord("INCR")
      {
        throw .reply("ERR ZADD with GT, LT or INCR is not supported by the embedded host")
      } else {
        break
      }
      index += 1
    }
    let pairs = context.count - index
    guard pairs > 0, pairs.isMultiple(of: 2) else { throw .syntax }
    guard !(ifAbsent && ifPresent) else {
      throw .reply("ERR XX and NX options at the same time are not compatible")
    }
    var scores: [Double] = []
    for position in stride(from: index, to: context.count, by: 2) {
      guard let score = context[position].double else { throw .notFloat }
      scores.append(score)
    }
    if ifPresent, try context.record(1, .sortedSet) == nil { return context.reply.integer(0) }
    let record = try context.recordOrNew(1, .sortedSet)
    var added = 0
    var changed = 0
    for (offset, score) in scores.enumerated() {
      let member = context[index + 2 * offset + 1]
      let old = try context.keyspace.score(of: record, member)
      if old == nil ? ifPresent : ifAbsent || old == score { continue }
      try context.keyspace.setScore(of: record, member, from: old, to: score)
      if old == nil { added += 1 } else { changed += 1 }
    }
    context.reply.integer(countsChanges ? added + changed : added)
  }

  @Sendable private static func remove(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .sortedSet) else { return context.reply.integer(0) }
    var removed = 0
    for member in context.words(from: 2) {
      guard let score = try context.keyspace.score(of: record, member) else { continue }
      try context.keyspace.removeScore(of: record, member, score)
      removed += 1
    }
    try context.removeIfEmpty(record)
    context.reply.integer(removed)
  }

  @Sendable private static func score(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .sortedSet),
      let score = try context.keyspace.score(of: record, context[2])
    else { return context.reply.null() }
    context.reply.bytes(decimal(score))
  }

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    context.reply.integer(try context.record(1, .sortedSet)?.count ?? 0)
  }

  private static func write(
    _ context: CommandContext, _ members: some Collection<RankedMember>, withScores: Bool
  ) {
    context.reply.array(members.count * (withScores ? 2 : 1))
    for member in members {
      context.reply.bytes(member.member)
      if withScores { context.reply.bytes(decimal(member.score)) }
    }
  }

  @Sendable private static func range(_ context: CommandContext) throws(CommandFailure) {
    var withScores = false
    var isReversed = false
    for index in 4..<max(4, context.count) {
      if context[index].isWord("WITHSCORES") {
        withScores = true
      } else if context[index].isWord("REV") {
        isReversed = true
      } else if context[index].isWord("BYSCORE") || context[index].isWord("BYLEX")
        || context[index].isWord("LIMIT")
      {
        throw .reply("ERR ZRANGE by score or name is not supported by the embedded host")
      } else {
        throw .syntax
      }
    }
    let start = try context.integer(2)
    let stop = try context.integer(3)
    guard let record = try context.record(1, .sortedSet) else { return context.reply.array(0) }
    var range = context.range(start, stop, of: record.count)
    if isReversed {
      range = record.count - range.upperBound..<record.count - range.lowerBound
    }
    let members = try context.keyspace.members(of: record, range)
    if isReversed {
      write(context, members.reversed(), withScores: withScores)
    } else {
      write(context, members, withScores: withScores)
    }
  }

  private static func bound(_ view: ByteView) throws(CommandFailure) -> ScoreBound {
    let isExclusive = view.length > 0 && view.bytes[0] == 0x28
    guard let score = (isExclusive ? view.dropFirst(1) : view).double else {
      throw .reply("ERR min or max is not a float")
    }
    return ScoreBound(score: score, isExclusive: isExclusive)
  }

  @Sendable private static func rangeByScore(_ context: CommandContext) throws(CommandFailure) {
    let low = try bound(context[2])
    let high = try bound(context[3])
    var withScores = false
    var skipped: Int64 = 0
    var limit: Int64 = -1
    var index = 4
    while index < context.count {
      if context[index].isWord("WITHSCORES") {
        withScores = true
        index += 1
      } else if context[index].isWord("LIMIT"), index + 2 < context.count {
        skipped = try context.integer(index + 1)
        limit = try context.integer(index + 2)
        index += 3
      } else {
        throw .syntax
      }
    }
    guard let record = try context.record(1, .sortedSet) else { return context.reply.array(0) }
    let members = try context.keyspace.members(of: record, from: low, to: high)
    guard skipped >= 0 else { return context.reply.array(0) }
    let rest = members.dropFirst(Int(skipped))
    write(context, limit < 0 ? rest : rest.prefix(Int(limit)), withScores: withScores)
  }

  @Sendable private static func removeByScore(_ context: CommandContext) throws(CommandFailure) {
    let low = try bound(context[2])
    let high = try bound(context[3])
    guard let record = try context.record(1, .sortedSet) else { return context.reply.integer(0) }
    try remove(context, record, try context.keyspace.members(of: record, from: low, to: high))
  }

  @Sendable private static func removeByRank(_ context: CommandContext) throws(CommandFailure) {
    let start = try context.integer(2)
    let stop = try context.integer(3)
    guard let record = try context.record(1, .sortedSet) else { return context.reply.integer(0) }
    let range = context.range(start, stop, of: record.count)
    try remove(context, record, try context.keyspace.members(of: record, range))
  }

  private static func remove(
    _ context: CommandContext, _ record: KeyRecord, _ members: [RankedMember]
  ) throws(CommandFailure) {
    for member in members {
      try member.member.withView { (view) throws(CommandFailure) in
        try context.keyspace.removeScore(of: record, view, member.score)
      }
    }
    try context.removeIfEmpty(record)
    context.reply.integer(members.count)
  }
}
