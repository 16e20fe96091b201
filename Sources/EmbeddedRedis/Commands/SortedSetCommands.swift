import CIrminsulLuaBridge
import RedisScripting

/// Commands for one sorted set.
enum SortedSetCommands {
  static let all: [CommandSpecification] = [
    .init("zadd", -4, .writes) { (context) throws(CommandFailure) in try add(context, false) },
    .init("zincrby", 4, .writes) { (context) throws(CommandFailure) in try add(context, true) },
    .init("zrem", -3, .writes, remove),
    .init("zscore", 3, .reads, score),
    .init("zmscore", -3, .reads, scores),
    .init("zcard", 2, .reads, count),
    .init("zcount", 4, .reads, countByScore),
    .init("zlexcount", 4, .reads, countByName),
    .init("zrank", 3, .reads) { (context) throws(CommandFailure) in try rank(context, false) },
    .init("zrevrank", 3, .reads) { (context) throws(CommandFailure) in try rank(context, true) },
    .init("zrange", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, SortedSetRange(options: context, from: 1))
    },
    .init("zrangestore", -5, .writes, storeRange),
    .init("zrevrange", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, SortedSetRange(context, .rank, isReversed: true))
    },
    .init("zrangebyscore", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, SortedSetRange(context, .score, isReversed: false))
    },
    .init("zrevrangebyscore", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, SortedSetRange(context, .score, isReversed: true))
    },
    .init("zrangebylex", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, SortedSetRange(context, .name, isReversed: false))
    },
    .init("zrevrangebylex", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, SortedSetRange(context, .name, isReversed: true))
    },
    .init("zremrangebyscore", 4, .writes) { (context) throws(CommandFailure) in
      try removeRange(context, SortedSetRange(context, .score, isReversed: false))
    },
    .init("zremrangebyrank", 4, .writes) { (context) throws(CommandFailure) in
      try removeRange(context, SortedSetRange(context, .rank, isReversed: false))
    },
    .init("zremrangebylex", 4, .writes) { (context) throws(CommandFailure) in
      try removeRange(context, SortedSetRange(context, .name, isReversed: false))
    },
    .init("zpopmin", -2, .writes) { (context) throws(CommandFailure) in
      try pop(context, fromEnd: false)
    },
    .init("zpopmax", -2, .writes) { (context) throws(CommandFailure) in
      try pop(context, fromEnd: true)
    },
    .init("bzpopmin", -3, .writes) { (context) throws(CommandFailure) in
      try popOne(context, fromEnd: false)
    },
    .init("bzpopmax", -3, .writes) { (context) throws(CommandFailure) in
      try popOne(context, fromEnd: true)
    },
    .init("zmpop", -4, .writes) { (context) throws(CommandFailure) in
      try popFromFirst(context, keys: 1)
    },
    .init("bzmpop", -5, .writes) { (context) throws(CommandFailure) in
      try ListCommands.checkTimeout(context[1])
      try popFromFirst(context, keys: 2)
    },
    .init("zrandmember", -2, .reads, pick),
    .init("zscan", -3, .reads, scan),
  ]

  private static func add(
    _ context: CommandContext, _ isIncrement: Bool
  ) throws(CommandFailure) {
    var index = 2
    var ifAbsent = false
    var ifPresent = false
    var ifGreater = false
    var ifLess = false
    var countsChanges = false
    var increments = isIncrement
    while !isIncrement, index < context.count {
      if context[index].isWord("NX") {
        ifAbsent = true
      } else if context[index].isWord("XX") {
        ifPresent = true
      } else if context[index].isWord("CH") {
        countsChanges = true
      } else if context[index].isWord("GT") {
        ifGreater = true
      } else if context[index].isWord("LT") {
        ifLess = true
      } else if context[index].isWord("INCR") {
        increments = true
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
    guard !(ifGreater && ifAbsent || ifLess && ifAbsent || ifGreater && ifLess) else {
      throw .reply("ERR GT, LT, and/or NX options at the same time are not compatible")
    }
    guard !increments || pairs == 2 else {
      throw .reply("ERR INCR option supports a single increment-element pair")
    }
    var scores: [Double] = []
    for position in stride(from: index, to: context.count, by: 2) {
      guard let score = context[position].double else { throw .notFloat }
      scores.append(score)
    }
    if ifPresent, try context.record(1, .sortedSet) == nil {
      return increments ? context.reply.null() : context.reply.integer(0)
    }
    let record = try context.recordOrNew(1, .sortedSet)
    var added = 0
    var changed = 0
    var last: Double?
    for (offset, given) in scores.enumerated() {
      let member = context[index + 2 * offset + 1]
      let old = try context.keyspace.score(of: record, member)
      if old == nil ? ifPresent : ifAbsent { continue }
      let score = increments ? old.map { $0 + given } ?? given : given
      if score.isNaN {
        try context.removeIfEmpty(record)
        throw .reply("ERR resulting score is not a number (NaN)")
      }
      if let old, ifGreater && score <= old || ifLess && score >= old { continue }
      last = score
      if old == score { continue }
      // Small sorted sets keep whole numbers as integers, which know no -0.
      try context.keyspace.setScore(of: record, member, from: old, to: score == 0 ? 0 : score)
      if old == nil { added += 1 } else { changed += 1 }
    }
    try context.removeIfEmpty(record)
    if increments {
      if let last { context.reply.double(last) } else { context.reply.null() }
    } else {
      context.reply.integer(countsChanges ? added + changed : added)
    }
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
    context.reply.double(score)
  }

  @Sendable private static func scores(_ context: CommandContext) throws(CommandFailure) {
    let record = try context.record(1, .sortedSet)
    context.reply.array(context.count - 2)
    for member in context.words(from: 2) {
      var score: Double?
      if let record { score = try context.keyspace.score(of: record, member) }
      if let score { context.reply.double(score) } else { context.reply.null() }
    }
  }

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    context.reply.integer(try context.record(1, .sortedSet)?.count ?? 0)
  }

  @Sendable private static func countByScore(_ context: CommandContext) throws(CommandFailure) {
    let (low, high) = try SortedSetRange.scores(context[2], context[3])
    guard let record = try context.record(1, .sortedSet) else { return context.reply.integer(0) }
    context.reply.integer(try context.keyspace.members(of: record, from: low, to: high).count)
  }

  @Sendable private static func countByName(_ context: CommandContext) throws(CommandFailure) {
    let range = try NameRange(context[2], context[3])
    guard let record = try context.record(1, .sortedSet) else { return context.reply.integer(0) }
    context.reply.integer(
      range.slice(
        try context.keyspace.members(of: record, 0..<record.count), isReversed: false
      ).count)
  }

  private static func rank(
    _ context: CommandContext, _ isReversed: Bool
  ) throws(CommandFailure) {
    guard let record = try context.record(1, .sortedSet),
      let score = try context.keyspace.score(of: record, context[2])
    else { return context.reply.null() }
    let below = try context.keyspace.members(
      of: record, from: ScoreBound(score: -.infinity, isExclusive: false),
      to: ScoreBound(score: score, isExclusive: false))
    let wanted = RankedMember(score: score, member: context[2].copy)
    let rank = below.count { $0 < wanted }
    context.reply.integer(isReversed ? record.count - 1 - rank : rank)
  }

  static func write(
    _ context: CommandContext, _ members: some Collection<RankedMember>, withScores: Bool
  ) {
    let isNested = withScores && context.reply.isTyped
    context.reply.array(members.count * (withScores && !isNested ? 2 : 1))
    for member in members {
      if isNested { context.reply.array(2) }
      context.reply.bytes(member.member)
      if withScores { context.reply.double(member.score) }
    }
  }

  private static func range(
    _ context: CommandContext, _ range: SortedSetRange
  ) throws(CommandFailure) {
    let record = try context.record(1, .sortedSet)
    let members = if let record { try range.members(context, record) } else { [RankedMember]() }
    write(context, members, withScores: range.withScores)
  }

  @Sendable private static func storeRange(_ context: CommandContext) throws(CommandFailure) {
    let range = try SortedSetRange(options: context, from: 2)
    guard !range.withScores else { throw .syntax }
    let record = try context.record(2, .sortedSet)
    let members = if let record { try range.members(context, record) } else { [RankedMember]() }
    try SortedSetAlgebra.store(context, members, in: context[1])
    context.reply.integer(members.count)
  }

  private static func removeRange(
    _ context: CommandContext, _ range: SortedSetRange
  ) throws(CommandFailure) {
    guard let record = try context.record(1, .sortedSet) else { return context.reply.integer(0) }
    let members = try range.members(context, record)
    try remove(context, record, members)
    context.reply.integer(members.count)
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
  }

  /// Removes members from one end and returns them, the outermost first.
  private static func take(
    _ context: CommandContext, _ record: KeyRecord, _ count: Int, fromEnd: Bool
  ) throws(CommandFailure) -> [RankedMember] {
    let count = min(count, record.count)
    let range = fromEnd ? record.count - count..<record.count : 0..<count
    let members = try context.keyspace.members(of: record, range)
    try remove(context, record, members)
    return fromEnd ? members.reversed() : members
  }

  private static func pop(
    _ context: CommandContext, fromEnd: Bool
  ) throws(CommandFailure) {
    guard context.count <= 3 else { throw .syntax }
    var wanted = 1
    if context.count == 3 {
      guard let number = context[2].integer, number >= 0 else {
        throw .reply("ERR value is out of range, must be positive")
      }
      wanted = Int(number)
    }
    guard let record = try context.record(1, .sortedSet) else { return context.reply.array(0) }
    let members = try take(context, record, wanted, fromEnd: fromEnd)
    if context.count == 2, context.reply.isTyped {
      context.reply.array(2)
      context.reply.bytes(members[0].member)
      context.reply.double(members[0].score)
    } else {
      write(context, members, withScores: true)
    }
  }

  private static func popOne(
    _ context: CommandContext, fromEnd: Bool
  ) throws(CommandFailure) {
    try ListCommands.checkTimeout(context[context.count - 1])
    for index in 1..<context.count - 1 {
      guard let record = try context.record(index, .sortedSet) else { continue }
      context.reply.array(3)
      context.reply.bytes(context[index])
      for member in try take(context, record, 1, fromEnd: fromEnd) {
        context.reply.bytes(member.member)
        context.reply.double(member.score)
      }
      return
    }
    context.reply.nullArray()
  }

  /// ZMPOP's `numkeys key… MIN|MAX [COUNT count]`.
  private static func popFromFirst(
    _ context: CommandContext, keys start: Int
  ) throws(CommandFailure) {
    guard let number = context[start].integer, number > 0 else {
      throw .reply("ERR numkeys should be greater than 0")
    }
    guard number < Int64(context.count) else { throw .syntax }
    let place = start + 1 + Int(number)
    guard place < context.count else { throw .syntax }
    let fromEnd = context[place].isWord("MAX")
    guard fromEnd || context[place].isWord("MIN") else { throw .syntax }
    var limit = 1
    if place + 1 < context.count {
      guard place + 2 < context.count, context[place + 1].isWord("COUNT") else { throw .syntax }
      guard let count = context[place + 2].integer, count > 0 else {
        throw .reply("ERR count should be greater than 0")
      }
      guard place + 3 == context.count else { throw .syntax }
      limit = Int(count)
    }
    for index in start + 1..<place {
      guard let record = try context.record(index, .sortedSet) else { continue }
      context.reply.array(2)
      context.reply.bytes(context[index])
      let members = try take(context, record, limit, fromEnd: fromEnd)
      context.reply.array(members.count)
      for member in members {
        context.reply.array(2)
        context.reply.bytes(member.member)
        context.reply.double(member.score)
      }
      return
    }
    context.reply.nullArray()
  }

  @Sendable private static func pick(_ context: CommandContext) throws(CommandFailure) {
    guard context.count <= 4 else { throw .syntax }
    let wanted = context.count > 2 ? try RandomPick.count(context[2]) : nil
    let withScores = context.count > 3
    if withScores, !context[3].isWord("WITHSCORES") { throw .syntax }
    guard let record = try context.record(1, .sortedSet) else {
      return wanted == nil ? context.reply.null() : context.reply.array(0)
    }
    let members = try context.keyspace.members(of: record, 0..<record.count)
    guard let wanted else {
      return context.reply.bytes(
        members[context.session.random.index(below: members.count)].member)
    }
    let picked = RandomPick.indices(wanted, of: members.count, &context.session.random)
    write(context, picked.map { members[$0] }, withScores: withScores)
  }

  /// Members come all at once: Redis does the same for small sorted sets.
  @Sendable private static func scan(_ context: CommandContext) throws(CommandFailure) {
    let options = try ScanOptions(context, cursor: 2, options: 3)
    let record = try context.record(1, .sortedSet)
    var members: [RankedMember] = []
    if let record { members = try context.keyspace.members(of: record, 0..<record.count) }
    members = members.filter { $0.member.withView { options.matches($0) } }
    context.reply.array(2)
    context.reply.bytes([0x30])
    context.reply.array(members.count * 2)
    for member in members {
      context.reply.bytes(member.member)
      context.reply.bytes(decimal(member.score))
    }
  }
}

/// A range of members as ZRANGE and its relatives describe it.
struct SortedSetRange {
  enum Order { case rank, score, name }

  private enum Bounds {
    case ranks(Int64, Int64)
    case scores(ScoreBound, ScoreBound)
    case names(NameRange)
  }

  private var bounds: Bounds
  private var isReversed: Bool
  private(set) var withScores = false
  private var skipped: Int64 = 0
  private var limit: Int64 = -1

  /// The older commands' form: the order is in the name, options follow the two ends.
  init(_ context: CommandContext, _ order: Order, isReversed: Bool) throws(CommandFailure) {
    self.isReversed = isReversed
    bounds = .ranks(0, 0)
    var index = 4
    while index < context.count {
      if order != .name, context[index].isWord("WITHSCORES") {
        withScores = true
        index += 1
      } else if order != .rank, context[index].isWord("LIMIT"), index + 2 < context.count {
        skipped = try context.integer(index + 1)
        limit = try context.integer(index + 2)
        index += 3
      } else {
        throw .syntax
      }
    }
    let swaps = isReversed && order != .rank
    bounds = try Self.bounds(order, context, swaps ? 3 : 2, swaps ? 2 : 3)
  }

  /// ZRANGE's own form, whose key stands at an index.
  init(options context: CommandContext, from key: Int) throws(CommandFailure) {
    isReversed = false
    bounds = .ranks(0, 0)
    var order = Order.rank
    var hasLimit = false
    var index = key + 3
    while index < context.count {
      if context[index].isWord("WITHSCORES") {
        withScores = true
      } else if context[index].isWord("REV") {
        isReversed = true
      } else if context[index].isWord("BYSCORE") {
        order = .score
      } else if context[index].isWord("BYLEX") {
        order = .name
      } else if context[index].isWord("LIMIT"), index + 2 < context.count {
        skipped = try context.integer(index + 1)
        limit = try context.integer(index + 2)
        hasLimit = true
        index += 2
      } else {
        throw .syntax
      }
      index += 1
    }
    guard !(hasLimit && order == .rank) || limit == -1 else {
      throw .reply(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
    }
    guard !(withScores && order == .name) else {
      throw .reply("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
    }
    let swaps = isReversed && order != .rank
    bounds = try Self.bounds(order, context, key + (swaps ? 2 : 1), key + (swaps ? 1 : 2))
  }

  private static func bounds(
    _ order: Order, _ context: CommandContext, _ low: Int, _ high: Int
  ) throws(CommandFailure) -> Bounds {
    switch order {
    case .rank: return .ranks(try context.integer(low), try context.integer(high))
    case .score:
      let (low, high) = try scores(context[low], context[high])
      return .scores(low, high)
    case .name: return .names(try NameRange(context[low], context[high]))
    }
  }

  static func scores(
    _ low: ByteView, _ high: ByteView
  ) throws(CommandFailure) -> (ScoreBound, ScoreBound) {
    (try bound(low), try bound(high))
  }

  private static func bound(_ view: ByteView) throws(CommandFailure) -> ScoreBound {
    let isExclusive = view.length > 0 && view.bytes[0] == 0x28
    let digits = isExclusive ? view.dropFirst(1) : view
    // Redis reads nothing as zero here.
    guard let score = digits.length == 0 ? 0 : digits.lenientDouble else {
      throw .reply("ERR min or max is not a float")
    }
    return ScoreBound(score: score, isExclusive: isExclusive)
  }

  func members(
    _ context: CommandContext, _ record: KeyRecord
  ) throws(CommandFailure) -> [RankedMember] {
    var members: [RankedMember]
    switch bounds {
    case .ranks(let start, let stop):
      var range = context.range(start, stop, of: record.count)
      if isReversed {
        range = record.count - range.upperBound..<record.count - range.lowerBound
      }
      members = try context.keyspace.members(of: record, range)
    case .scores(let low, let high):
      members = try context.keyspace.members(of: record, from: low, to: high)
    case .names(let names):
      return limited(
        names.slice(
          try context.keyspace.members(of: record, 0..<record.count), isReversed: isReversed))
    }
    if isReversed { members.reverse() }
    return limited(members)
  }

  private func limited(_ members: [RankedMember]) -> [RankedMember] {
    guard skipped >= 0 else { return [] }
    let rest = members.dropFirst(Int(skipped))
    return limit < 0 ? Array(rest) : Array(rest.prefix(Int(limit)))
  }
}

/// `[a`, `(a`, `-` and `+` at both ends.
struct NameRange {
  private enum Bound {
    case least, greatest
    case inclusive(Bytes)
    case exclusive(Bytes)
  }

  private let low: Bound
  private let high: Bound

  init(_ low: ByteView, _ high: ByteView) throws(CommandFailure) {
    self.low = try Self.bound(low)
    self.high = try Self.bound(high)
  }

  private static func bound(_ view: ByteView) throws(CommandFailure) -> Bound {
    let first = view.length > 0 ? view.bytes[0] : 0
    if view.length == 1, first == 0x2d { return .least }
    if view.length == 1, first == 0x2b { return .greatest }
    if first == 0x5b { return .inclusive(view.dropFirst(1).copy) }
    if first == 0x28 { return .exclusive(view.dropFirst(1).copy) }
    throw .reply("ERR min or max not valid string range item")
  }

  private func isAboveLow(_ name: Bytes) -> Bool {
    switch low {
    case .least: true
    case .greatest: false
    case .inclusive(let bound): !name.lexicographicallyPrecedes(bound)
    case .exclusive(let bound): bound.lexicographicallyPrecedes(name)
    }
  }

  private func isBelowHigh(_ name: Bytes) -> Bool {
    switch high {
    case .least: false
    case .greatest: true
    case .inclusive(let bound): !bound.lexicographicallyPrecedes(name)
    case .exclusive(let bound): name.lexicographicallyPrecedes(bound)
    }
  }

  /// The members in the range, in the order asked for. Where scores differ, members are not in the order
  /// of their names, and Redis looks only from the first that is over one end to the first that is over
  /// the other.
  func slice(_ members: [RankedMember], isReversed: Bool) -> [RankedMember] {
    guard let first = members.first, let last = members.last, isAboveLow(last.member),
      isBelowHigh(first.member)
    else { return [] }
    let ordered = isReversed ? members.reversed() : members
    let enters = isReversed ? isBelowHigh : isAboveLow
    let stays = isReversed ? isAboveLow : isBelowHigh
    return Array(
      ordered.drop { !enters($0.member) }.prefix { stays($0.member) })
  }
}
