import RedisScripting

/// Unions, intersections and differences of sorted sets.
enum SortedSetAlgebra {
  private enum Operation { case union, intersection, difference }

  static let all: [CommandSpecification] = [
    .init("zunion", -3, .reads) { (context) throws(CommandFailure) in
      try answer(context, .union, "zunion")
    },
    .init("zinter", -3, .reads) { (context) throws(CommandFailure) in
      try answer(context, .intersection, "zinter")
    },
    .init("zdiff", -3, .reads) { (context) throws(CommandFailure) in
      try answer(context, .difference, "zdiff")
    },
    .init("zunionstore", -4, .writes) { (context) throws(CommandFailure) in
      try keep(context, .union, "zunionstore")
    },
    .init("zinterstore", -4, .writes) { (context) throws(CommandFailure) in
      try keep(context, .intersection, "zinterstore")
    },
    .init("zdiffstore", -4, .writes) { (context) throws(CommandFailure) in
      try keep(context, .difference, "zdiffstore")
    },
    .init("zintercard", -3, .reads, countIntersection),
  ]

  private enum Aggregate { case sum, min, max }

  /// Members and scores of a key that is a set or a sorted set.
  private static func scores(
    _ context: CommandContext, _ index: Int
  ) throws(CommandFailure) -> [RankedMember] {
    guard let record = try context.keyspace.record(context[index]) else { return [] }
    switch record.kind {
    case .sortedSet: return try context.keyspace.members(of: record, 0..<record.count)
    case .set:
      return try SetAlgebra.members(context, record).map { RankedMember(score: 1, member: $0) }
    default: throw .wrongKind
    }
  }

  private static func combine(
    _ context: CommandContext, _ operation: Operation, keys start: Int, _ name: String,
    takesScores: Bool
  ) throws(CommandFailure) -> (members: [RankedMember], withScores: Bool) {
    let number = try context.integer(start)
    guard number > 0 else {
      throw .reply("ERR at least 1 input key is needed for '\(name)' command")
    }
    guard number <= Int64(context.count - start - 1) else { throw .syntax }
    let keys = start + 1..<start + 1 + Int(number)
    var sources: [[RankedMember]] = []
    for key in keys { sources.append(try scores(context, key)) }
    var weights = [Double](repeating: 1, count: sources.count)
    var aggregate = Aggregate.sum
    var withScores = false
    var index = keys.upperBound
    while index < context.count {
      if operation != .difference, context[index].isWord("WEIGHTS"),
        index + sources.count < context.count
      {
        for offset in sources.indices {
          guard let weight = context[index + 1 + offset].double else {
            throw .reply("ERR weight value is not a float")
          }
          weights[offset] = weight
        }
        index += 1 + sources.count
      } else if operation != .difference, context[index].isWord("AGGREGATE"),
        index + 1 < context.count
      {
        let word = context[index + 1]
        if word.isWord("SUM") {
          aggregate = .sum
        } else if word.isWord("MIN") {
          aggregate = .min
        } else if word.isWord("MAX") {
          aggregate = .max
        } else {
          throw .syntax
        }
        index += 2
      } else if takesScores, context[index].isWord("WITHSCORES") {
        withScores = true
        index += 1
      } else {
        throw .syntax
      }
    }
    var totals: [Bytes: Double] = [:]
    var seen: [Bytes: Int] = [:]
    // Redis begins with the smallest.
    let order =
      operation == .difference
      ? Array(sources.indices)
      : sources.indices.sorted { (sources[$0].count, $0) < (sources[$1].count, $1) }
    for (place, offset) in order.enumerated() {
      for member in sources[offset] {
        if operation == .difference {
          if offset == 0 {
            totals[member.member] = member.score
          } else {
            totals[member.member] = nil
          }
          continue
        }
        var score = weights[offset] * member.score
        // An intersection keeps what zero times infinity is in all sets but the first, until it is added.
        if score.isNaN, operation == .union || place == 0 { score = 0 }
        seen[member.member, default: 0] += 1
        guard let old = totals[member.member] else {
          totals[member.member] = score
          continue
        }
        switch aggregate {
        case .sum:
          let sum = old + score
          totals[member.member] = sum.isNaN ? 0 : sum
        case .min: totals[member.member] = min(old, score)
        case .max: totals[member.member] = max(old, score)
        }
      }
    }
    if operation == .intersection {
      totals = totals.filter { seen[$0.key] == sources.count }
    }
    return (totals.map { RankedMember(score: $0.value, member: $0.key) }.sorted(), withScores)
  }

  private static func answer(
    _ context: CommandContext, _ operation: Operation, _ name: String
  ) throws(CommandFailure) {
    let found = try combine(context, operation, keys: 1, name, takesScores: true)
    SortedSetCommands.write(context, found.members, withScores: found.withScores)
  }

  private static func keep(
    _ context: CommandContext, _ operation: Operation, _ name: String
  ) throws(CommandFailure) {
    let found = try combine(context, operation, keys: 2, name, takesScores: false)
    try store(context, found.members, in: context[1])
    context.reply.integer(found.members.count)
  }

  /// Makes a key hold these members, whatever it was; none remove it.
  static func store(
    _ context: CommandContext, _ members: [RankedMember], in key: ByteView
  ) throws(CommandFailure) {
    if let old = try context.keyspace.record(key) { try context.keyspace.remove(old) }
    guard !members.isEmpty else { return }
    let record = try context.keyspace.create(key, .sortedSet)
    for member in members {
      try member.member.withView { (view) throws(CommandFailure) in
        try context.keyspace.setScore(
          of: record, view, from: nil, to: member.score == 0 ? 0 : member.score)
      }
    }
  }

  @Sendable private static func countIntersection(
    _ context: CommandContext
  ) throws(CommandFailure) {
    let number = try context.integer(1)
    guard number > 0 else {
      throw .reply("ERR at least 1 input key is needed for 'zintercard' command")
    }
    guard number <= Int64(context.count - 2) else { throw .syntax }
    let end = 2 + Int(number)
    var common: Set<Bytes>?
    for key in 2..<end {
      let members = Set(try scores(context, key).map(\.member))
      common = common?.intersection(members) ?? members
    }
    var limit = Int64.max
    for index in stride(from: end, to: context.count, by: 2) {
      guard context[index].isWord("LIMIT"), index + 1 < context.count else { throw .syntax }
      guard let value = context[index + 1].integer, value >= 0 else {
        throw .reply("ERR LIMIT can't be negative")
      }
      limit = value == 0 ? .max : value
    }
    context.reply.integer(min(Int64(common?.count ?? 0), limit))
  }
}
