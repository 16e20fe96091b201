import RedisScripting

/// Commands for sets.
enum SetCommands {
  static let all: [CommandSpecification] = [
    .init("sadd", -3, .writes, add),
    .init("srem", -3, .writes, remove),
    .init("sismember", 3, .reads, contains),
    .init("smembers", 2, .reads, list),
    .init("scard", 2, .reads, count),
    .init("smismember", -3, .reads, containsEach),
    .init("spop", -2, .writes, pop),
    .init("srandmember", -2, .reads, pick),
    .init("smove", 4, .writes, move),
    .init("sinter", -2, .reads) { (context) throws(CommandFailure) in
      try answer(context, try SetAlgebra.combine(context, 1..<context.count, .intersection))
    },
    .init("sunion", -2, .reads) { (context) throws(CommandFailure) in
      try answer(context, try SetAlgebra.combine(context, 1..<context.count, .union))
    },
    .init("sdiff", -2, .reads) { (context) throws(CommandFailure) in
      try answer(context, try SetAlgebra.combine(context, 1..<context.count, .difference))
    },
    .init("sinterstore", -3, .writes) { (context) throws(CommandFailure) in
      try store(context, try SetAlgebra.combine(context, 2..<context.count, .intersection))
    },
    .init("sunionstore", -3, .writes) { (context) throws(CommandFailure) in
      try store(context, try SetAlgebra.combine(context, 2..<context.count, .union))
    },
    .init("sdiffstore", -3, .writes) { (context) throws(CommandFailure) in
      try store(context, try SetAlgebra.combine(context, 2..<context.count, .difference))
    },
    .init("sintercard", -3, .reads, countIntersection),
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
    guard let record = try context.record(1, .set) else { return context.reply.set(0) }
    try answer(context, try SetAlgebra.members(context, record))
  }

  /// Redis keeps sets of integers sorted, and shows them so.
  private static func answer(
    _ context: CommandContext, _ members: [Bytes]
  ) throws(CommandFailure) {
    context.reply.set(members.count)
    for member in SetAlgebra.sortedIfIntegers(members) { context.reply.bytes(member) }
  }

  private static func store(
    _ context: CommandContext, _ members: [Bytes]
  ) throws(CommandFailure) {
    if let old = try context.keyspace.record(context[1]) { try context.keyspace.remove(old) }
    if !members.isEmpty {
      let record = try context.keyspace.create(context[1], .set)
      for member in members { try SetAlgebra.add(context, member, to: record) }
    }
    context.reply.integer(members.count)
  }

  @Sendable private static func containsEach(_ context: CommandContext) throws(CommandFailure) {
    let record = try context.record(1, .set)
    context.reply.array(context.count - 2)
    for member in context.words(from: 2) {
      var found = false
      if let record { found = try context.keyspace.hasField(of: record, member) }
      context.reply.integer(found ? 1 : 0)
    }
  }

  @Sendable private static func pop(_ context: CommandContext) throws(CommandFailure) {
    guard context.count <= 3 else { throw .syntax }
    var wanted: Int?
    if context.count == 3 {
      guard let number = context[2].integer, number >= 0 else {
        throw .reply("ERR value is out of range, must be positive")
      }
      wanted = Int(number)
    }
    guard let record = try context.record(1, .set) else {
      return wanted == nil ? context.reply.null() : context.reply.set(0)
    }
    let members = try SetAlgebra.members(context, record)
    let picked = RandomPick.indices(wanted ?? 1, of: members.count, &context.session.random)
    if wanted != nil { context.reply.set(picked.count) }
    for index in picked {
      try members[index].withView { (view) throws(CommandFailure) in
        _ = try context.keyspace.removeField(of: record, view)
      }
      context.reply.bytes(members[index])
    }
    try context.removeIfEmpty(record)
  }

  @Sendable private static func pick(_ context: CommandContext) throws(CommandFailure) {
    guard context.count <= 3 else { throw .syntax }
    let wanted = context.count == 3 ? try RandomPick.count(context[2]) : nil
    guard let record = try context.record(1, .set) else {
      return wanted == nil ? context.reply.null() : context.reply.array(0)
    }
    let members = try SetAlgebra.members(context, record)
    guard let wanted else {
      return context.reply.bytes(members[context.session.random.index(below: members.count)])
    }
    let picked = RandomPick.indices(wanted, of: members.count, &context.session.random)
    context.reply.array(picked.count)
    for index in picked { context.reply.bytes(members[index]) }
  }

  @Sendable private static func move(_ context: CommandContext) throws(CommandFailure) {
    guard let source = try context.record(1, .set) else { return context.reply.integer(0) }
    let target = try context.record(2, .set)
    guard try context.keyspace.hasField(of: source, context[3]) else {
      return context.reply.integer(0)
    }
    if let target, target === source { return context.reply.integer(1) }
    _ = try context.keyspace.removeField(of: source, context[3])
    try context.removeIfEmpty(source)
    try SetAlgebra.add(context, context[3].copy, to: try context.recordOrNew(2, .set))
    context.reply.integer(1)
  }

  @Sendable private static func countIntersection(
    _ context: CommandContext
  ) throws(CommandFailure) {
    guard let number = context[1].integer, number > 0 else {
      throw .reply("ERR numkeys should be greater than 0")
    }
    guard number <= Int64(context.count - 2) else {
      throw .reply("ERR Number of keys can't be greater than number of args")
    }
    let end = 2 + Int(number)
    var limit = Int64.max
    for index in stride(from: end, to: context.count, by: 2) {
      guard context[index].isWord("LIMIT"), index + 1 < context.count else { throw .syntax }
      guard let value = context[index + 1].integer, value >= 0 else {
        throw .reply("ERR LIMIT can't be negative")
      }
      limit = value == 0 ? .max : value
    }
    let count = try SetAlgebra.combine(context, 2..<end, .intersection).count
    context.reply.integer(min(Int64(count), limit))
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

/// Unions, intersections and differences of sets.
enum SetAlgebra {
  enum Operation { case union, intersection, difference }

  static func members(
    _ context: CommandContext, _ record: KeyRecord
  ) throws(CommandFailure) -> [Bytes] {
    var members: [Bytes] = []
    members.reserveCapacity(record.count)
    _ = try context.keyspace.scanFields(of: record, after: 0, limit: .max) { member, _ in
      members.append(member.copy)
    }
    return members
  }

  static func sortedIfIntegers(_ members: [Bytes]) -> [Bytes] {
    var numbers: [Int64] = []
    for member in members {
      guard let number = member.withView({ $0.integer }) else { return members }
      numbers.append(number)
    }
    return numbers.sorted().map { decimal($0) }
  }

  static func add(
    _ context: CommandContext, _ member: Bytes, to record: KeyRecord
  ) throws(CommandFailure) {
    try member.withView { (view) throws(CommandFailure) in
      _ = try context.keyspace.addField(of: record, view, ByteView(bytes: nil, length: 0))
    }
  }

  /// The members that come of the sets whose keys stand in a range of the words.
  static func combine(
    _ context: CommandContext, _ keys: Range<Int>, _ operation: Operation
  ) throws(CommandFailure) -> [Bytes] {
    var records: [KeyRecord?] = []
    for key in keys { records.append(try context.record(key, .set)) }
    switch operation {
    case .union:
      var seen: Set<Bytes> = []
      var found: [Bytes] = []
      for case .some(let record) in records {
        for member in try members(context, record) where seen.insert(member).inserted {
          found.append(member)
        }
      }
      return found
    case .intersection, .difference:
      guard let first = records[0] else { return [] }
      var found = try members(context, first)
      for record in records.dropFirst() {
        guard let record else {
          if operation == .intersection { return [] }
          continue
        }
        var kept: [Bytes] = []
        for member in found {
          let isThere = try member.withView { (view) throws(CommandFailure) in
            try context.keyspace.hasField(of: record, view)
          }
          if isThere == (operation == .intersection) { kept.append(member) }
        }
        found = kept
      }
      return found
    }
  }
}

/// Choices of SPOP, SRANDMEMBER, HRANDFIELD and ZRANDMEMBER.
enum RandomPick {
  /// Redis would try to answer with more, until its memory ends.
  private static let most = 10_000_000

  static func count(_ view: ByteView) throws(CommandFailure) -> Int {
    guard let count = view.integer else { throw .notInteger }
    guard count >= -(Int64.max / 2), count <= Int64.max / 2 else {
      throw .reply("ERR value is out of range")
    }
    guard count >= -most else {
      throw .reply("ERR the embedded host picks no more than \(most) at once")
    }
    return Int(count)
  }

  /// So many different indices below a number; for a negative one as many that may repeat.
  static func indices(_ wanted: Int, of count: Int, _ random: inout SeededRandom) -> [Int] {
    if wanted < 0 { return (0..<(-wanted)).map { _ in random.index(below: count) } }
    var all = Array(0..<count)
    guard wanted < count else { return all }
    for index in 0..<wanted { all.swapAt(index, index + random.index(below: count - index)) }
    return Array(all.prefix(wanted))
  }
}
