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
    .init("lpushx", -3, .writes) { (context) throws(CommandFailure) in
      try pushToExisting(context, .head)
    },
    .init("rpushx", -3, .writes) { (context) throws(CommandFailure) in
      try pushToExisting(context, .tail)
    },
    .init("lset", 4, .writes, set),
    .init("linsert", 5, .writes, insert),
    .init("lrem", 4, .writes, remove),
    .init("ltrim", 4, .writes, trim),
    .init("lpos", -3, .reads, positions),
    .init("rpoplpush", 3, .writes) { (context) throws(CommandFailure) in
      try move(context, .tail, .head)
    },
    .init("brpoplpush", 4, .writes) { (context) throws(CommandFailure) in
      try checkTimeout(context[3])
      try move(context, .tail, .head)
    },
    .init("lmove", 5, .writes) { (context) throws(CommandFailure) in
      try move(context, try end(context[3]), try end(context[4]))
    },
    .init("blmove", 6, .writes) { (context) throws(CommandFailure) in
      let (from, to) = (try end(context[3]), try end(context[4]))
      try checkTimeout(context[5])
      try move(context, from, to)
    },
    .init("lmpop", -4, .writes) { (context) throws(CommandFailure) in
      try popFromFirst(context, keys: 1)
    },
    .init("blmpop", -5, .writes) { (context) throws(CommandFailure) in
      try checkTimeout(context[1])
      try popFromFirst(context, keys: 2)
    },
    .init("blpop", -3, .writes) { (context) throws(CommandFailure) in
      try popOne(context, .head)
    },
    .init("brpop", -3, .writes) { (context) throws(CommandFailure) in
      try popOne(context, .tail)
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
    guard let record = try context.record(1, .list) else {
      return wanted == nil ? context.reply.null() : context.reply.nullArray()
    }
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
    guard let record = try context.record(1, .list) else { return context.reply.null() }
    let index = try context.integer(2)
    let position = index < 0 ? index &+ Int64(record.count) : index
    guard position >= 0, position < Int64(record.count) else { return context.reply.null() }
    try context.keyspace.elements(of: record, Int(position)..<Int(position) + 1) {
      context.reply.bytes($0)
    }
  }

  private static func pushToExisting(
    _ context: CommandContext, _ end: ListEnd
  ) throws(CommandFailure) {
    guard try context.record(1, .list) != nil else { return context.reply.integer(0) }
    try push(context, end)
  }

  private static func end(_ view: ByteView) throws(CommandFailure) -> ListEnd {
    if view.isWord("LEFT") { return .head }
    if view.isWord("RIGHT") { return .tail }
    throw .syntax
  }

  /// A time to wait, which scripts never do, and which a server's connections do by themselves.
  static func checkTimeout(_ view: ByteView) throws(CommandFailure) {
    guard let timeout = view.double, timeout.isFinite else {
      throw .reply("ERR timeout is not a float or out of range")
    }
    guard timeout >= 0 else { throw .reply("ERR timeout is negative") }
  }

  @Sendable private static func set(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .list) else { throw .reply("ERR no such key") }
    let index = try context.integer(2)
    let position = index < 0 ? index &+ Int64(record.count) : index
    guard position >= 0, position < Int64(record.count) else {
      throw .reply("ERR index out of range")
    }
    var elements = try context.keyspace.allElements(of: record)
    elements[Int(position)] = context[3].copy
    try context.keyspace.replaceElements(of: record, elements)
    context.reply.status("OK")
  }

  @Sendable private static func insert(_ context: CommandContext) throws(CommandFailure) {
    let isAfter = context[2].isWord("AFTER")
    guard isAfter || context[2].isWord("BEFORE") else { throw .syntax }
    guard let record = try context.record(1, .list) else { return context.reply.integer(0) }
    var elements = try context.keyspace.allElements(of: record)
    guard let pivot = elements.firstIndex(where: { context[3].equals($0) }) else {
      return context.reply.integer(-1)
    }
    elements.insert(context[4].copy, at: isAfter ? pivot + 1 : pivot)
    try context.keyspace.replaceElements(of: record, elements)
    context.reply.integer(elements.count)
  }

  @Sendable private static func remove(_ context: CommandContext) throws(CommandFailure) {
    let wanted = try context.integer(2)
    guard let record = try context.record(1, .list) else { return context.reply.integer(0) }
    let elements = try context.keyspace.allElements(of: record)
    let limit = wanted == 0 ? UInt64.max : wanted.magnitude
    var removed: UInt64 = 0
    var kept: [Bytes] = []
    for element in wanted < 0 ? elements.reversed() : elements {
      if removed < limit, context[3].equals(element) { removed += 1 } else { kept.append(element) }
    }
    if removed > 0 {
      try context.keyspace.replaceElements(of: record, wanted < 0 ? kept.reversed() : kept)
    }
    context.reply.integer(Int(removed))
  }

  @Sendable private static func trim(_ context: CommandContext) throws(CommandFailure) {
    let start = try context.integer(2)
    let stop = try context.integer(3)
    if let record = try context.record(1, .list) {
      let range = context.range(start, stop, of: record.count)
      if range.isEmpty {
        try context.keyspace.remove(record)
      } else {
        let behind = record.count - range.upperBound
        for _ in 0..<range.lowerBound { _ = try context.keyspace.pop(from: record, .head) }
        for _ in 0..<behind { _ = try context.keyspace.pop(from: record, .tail) }
        if range.count == record.count { context.keyspace.touch(record) }
      }
    }
    context.reply.status("OK")
  }

  @Sendable private static func positions(_ context: CommandContext) throws(CommandFailure) {
    var rank: Int64 = 1
    var wanted: Int64?
    var limit: Int64 = 0
    for index in stride(from: 3, to: context.count, by: 2) {
      guard index + 1 < context.count else { throw .syntax }
      let value = index + 1
      if context[index].isWord("RANK") {
        rank = try context.integer(value)
        guard rank != 0 else {
          throw .reply(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
              + "or use negative to start from the end of the list")
        }
      } else if context[index].isWord("COUNT") {
        guard let number = context[value].integer, number >= 0 else {
          throw .reply("ERR COUNT can't be negative")
        }
        wanted = number
      } else if context[index].isWord("MAXLEN") {
        guard let number = context[value].integer, number >= 0 else {
          throw .reply("ERR MAXLEN can't be negative")
        }
        limit = number
      } else {
        throw .syntax
      }
    }
    let record = try context.record(1, .list)
    let elements = if let record { try context.keyspace.allElements(of: record) } else { [Bytes]() }
    var found: [Int] = []
    var skipped = rank.magnitude - 1
    for step in 0..<(limit > 0 ? min(Int(limit), elements.count) : elements.count) {
      let index = rank > 0 ? step : elements.count - 1 - step
      guard context[2].equals(elements[index]) else { continue }
      if skipped > 0 {
        skipped -= 1
        continue
      }
      found.append(index)
      if wanted == nil || wanted == Int64(found.count) { break }
    }
    if wanted == nil {
      if let first = found.first { context.reply.integer(first) } else { context.reply.null() }
    } else {
      context.reply.array(found.count)
      for index in found { context.reply.integer(index) }
    }
  }

  private static func move(
    _ context: CommandContext, _ from: ListEnd, _ to: ListEnd
  ) throws(CommandFailure) {
    guard let source = try context.record(1, .list) else { return context.reply.null() }
    _ = try context.record(2, .list)
    guard let element = try context.keyspace.pop(from: source, from) else {
      return context.reply.null()
    }
    let isSame = context[2].equals(source.name)
    let target = isSame ? source : try context.recordOrNew(2, .list)
    try element.withView { (view) throws(CommandFailure) in
      try context.keyspace.push(to: target, to, view)
    }
    if !isSame { try context.removeIfEmpty(source) }
    context.reply.bytes(element)
  }

  private static func popOne(
    _ context: CommandContext, _ end: ListEnd
  ) throws(CommandFailure) {
    try checkTimeout(context[context.count - 1])
    for index in 1..<context.count - 1 {
      guard let record = try context.record(index, .list) else { continue }
      context.reply.array(2)
      context.reply.bytes(context[index])
      context.reply.bytes(orNull: try context.keyspace.pop(from: record, end))
      return try context.removeIfEmpty(record)
    }
    context.reply.nullArray()
  }

  /// LMPOP's `numkeys key… LEFT|RIGHT [COUNT count]`.
  private static func popFromFirst(
    _ context: CommandContext, keys start: Int
  ) throws(CommandFailure) {
    guard let number = context[start].integer, number > 0 else {
      throw .reply("ERR numkeys should be greater than 0")
    }
    guard number < Int64(context.count) else { throw .syntax }
    let place = start + 1 + Int(number)
    guard place < context.count else { throw .syntax }
    let end = try end(context[place])
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
      guard let record = try context.record(index, .list) else { continue }
      let count = min(limit, record.count)
      context.reply.array(2)
      context.reply.bytes(context[index])
      context.reply.array(count)
      for _ in 0..<count {
        context.reply.bytes(orNull: try context.keyspace.pop(from: record, end))
      }
      return try context.removeIfEmpty(record)
    }
    context.reply.nullArray()
  }
}
