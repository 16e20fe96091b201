import CIrminsulLuaBridge
import RedisScripting

/// A group of consumers of a stream.
struct StreamGroup {
  /// An entry that was delivered and not acknowledged.
  struct Pending {
    var id: StreamID
    var consumer: Bytes
    /// When it was delivered last, in milliseconds since 1970.
    var delivered: Int64
    var deliveries: Int64
  }

  var lastID: StreamID
  var entriesRead: Int64?
  /// By id.
  var pending: [Pending] = []
  /// When each consumer was seen last.
  var consumers: [Bytes: Int64] = [:]

  func index(of id: StreamID) -> Int? {
    let index = firstIndex(from: id)
    return index < pending.count && pending[index].id == id ? index : nil
  }

  func firstIndex(from id: StreamID) -> Int {
    var low = 0
    var high = pending.count
    while low < high {
      let middle = (low + high) / 2
      if pending[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func deliver(_ entry: Pending) {
    let index = firstIndex(from: entry.id)
    if index < pending.count, pending[index].id == entry.id {
      pending[index] = entry
    } else {
      pending.insert(entry, at: index)
    }
  }
}

/// Commands for groups of consumers; streams in files have none.
enum StreamGroupCommands {
  static let all: [CommandSpecification] = [
    .init("xgroup", -2, .writes, manage),
    .init("xreadgroup", -7, .writes, read),
    .init("xack", -4, .writes, acknowledge),
    .init("xpending", -3, .reads, listPending),
    .init("xclaim", -6, .writes, claim),
    .init("xautoclaim", -6, .writes, claimIdle),
    .init("xinfo", -2, .reads, inform),
    .init("xsetid", -3, .writes, setLastID),
  ]

  private static func check(_ context: CommandContext) throws(CommandFailure) {
    guard context.keyspace.hasStreamGroups else {
      throw .reply("ERR groups of streams are not supported by file: stores")
    }
  }

  private static func id(_ view: ByteView) throws(CommandFailure) -> StreamID {
    guard let id = StreamID(view, missingSequence: 0) else { throw StreamCommands.invalidID }
    return id
  }

  /// Changes a group, which is put back.
  private static func change<Result>(
    _ context: CommandContext, _ record: KeyRecord, _ name: Bytes, _ group: StreamGroup,
    _ body: (inout StreamGroup) throws(CommandFailure) -> Result
  ) throws(CommandFailure) -> Result {
    var group = group
    let result = try body(&group)
    var state = record.stream
    state.groups[name] = group
    context.keyspace.setState(of: record, state)
    return result
  }

  // MARK: XGROUP

  @Sendable private static func manage(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    let word = context[1]
    let arities: [(StaticString, ClosedRange<Int>)] = [
      ("CREATE", 5...8), ("SETID", 5...7), ("DESTROY", 4...4), ("CREATECONSUMER", 5...5),
      ("DELCONSUMER", 5...5),
    ]
    guard let arity = arities.first(where: { word.isWord($0.0) })?.1 else {
      throw context.unknownSubcommand("xgroup")
    }
    guard arity ~= context.count else {
      throw context.wrongSubcommandCount("xgroup")
    }
    var makesStream = false
    var entriesRead: Int64?
    var index = 5
    let takesOptions = word.isWord("CREATE") || word.isWord("SETID")
    while takesOptions, index < context.count {
      if word.isWord("CREATE"), context[index].isWord("MKSTREAM") {
        makesStream = true
        index += 1
      } else if context[index].isWord("ENTRIESREAD"), index + 1 < context.count {
        let number = try context.integer(index + 1)
        guard number >= -1 else {
          throw .reply("ERR value for ENTRIESREAD must be positive or -1")
        }
        entriesRead = number < 0 ? nil : number
        index += 2
      } else {
        throw .reply(
          "ERR unknown subcommand or wrong number of arguments for '\(word.text)'. Try XGROUP HELP."
        )
      }
    }
    var record = try context.record(2, .stream)
    let name = context[3].copy
    guard record != nil || makesStream else {
      throw .reply(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want "
          + "to use the MKSTREAM option to create an empty stream automatically.")
    }
    let group = record?.stream.groups[name]
    if group == nil, !word.isWord("CREATE"), !word.isWord("DESTROY") {
      throw .reply(
        "NOGROUP No such consumer group '\(context[3].untilNul.text)' for key name '\(context[2].untilNul.text)'"
      )
    }
    if word.isWord("CREATE") {
      let start: StreamID
      if context[4].isWord("$") {
        start = record?.lastID ?? .zero
      } else {
        start = try id(context[4])
      }
      if record == nil { record = try context.keyspace.create(context[2], .stream) }
      guard group == nil else { throw .reply("BUSYGROUP Consumer Group name already exists") }
      if let record {
        try change(
          context, record, name, StreamGroup(lastID: start, entriesRead: entriesRead)
        ) { _ in }
      }
      return context.reply.status("OK")
    }
    guard let record else { return context.reply.integer(0) }
    guard let group else { return context.reply.integer(0) }
    if word.isWord("SETID") {
      let last = context[4].isWord("$") ? record.lastID : try id(context[4])
      try change(context, record, name, group) {
        $0.lastID = last
        $0.entriesRead = entriesRead
      }
      context.reply.status("OK")
    } else if word.isWord("DESTROY") {
      var state = record.stream
      state.groups[name] = nil
      context.keyspace.setState(of: record, state)
      context.reply.integer(1)
    } else if word.isWord("CREATECONSUMER") {
      let consumer = context[4].copy
      let isNew = group.consumers[consumer] == nil
      if isNew {
        try change(context, record, name, group) { $0.consumers[consumer] = context.now }
      }
      context.reply.integer(isNew ? 1 : 0)
    } else {
      let consumer = context[4].copy
      let count = group.pending.count { $0.consumer == consumer }
      try change(context, record, name, group) {
        $0.pending.removeAll { $0.consumer == consumer }
        $0.consumers[consumer] = nil
      }
      context.reply.integer(count)
    }
  }

  // MARK: Reading

  @Sendable private static func read(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    var index = 1
    var limit = Int.max
    var keepsNothing = false
    var names: (group: Int, consumer: Int)?
    while index < context.count, !context[index].isWord("STREAMS") {
      if context[index].isWord("NOACK") {
        keepsNothing = true
        index += 1
        continue
      }
      if context[index].isWord("GROUP"), index + 2 < context.count {
        names = (index + 1, index + 2)
        index += 3
        continue
      }
      guard index + 1 < context.count else { throw .syntax }
      if context[index].isWord("COUNT") {
        let count = try context.integer(index + 1)
        limit = count <= 0 ? .max : Int(count)
      } else if context[index].isWord("BLOCK") {
        guard let timeout = context[index + 1].integer else {
          throw .reply("ERR timeout is not an integer or out of range")
        }
        guard timeout >= 0 else { throw .reply("ERR timeout is negative") }
        if context.isInScript {
          throw .reply("ERR xreadgroup command is not allowed with BLOCK option from scripts")
        }
      } else {
        throw .syntax
      }
      index += 2
    }
    let rest = context.count - index - 1
    guard rest > 0 else { throw .syntax }
    guard rest.isMultiple(of: 2) else {
      throw .reply(
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
          + "specified.")
    }
    guard let names else { throw .reply("ERR Missing GROUP option for XREADGROUP") }
    let group = context[names.group].copy
    let consumer = context[names.consumer].copy
    let keys = index + 1
    var starts: [StreamID?] = []
    for offset in 0..<rest / 2 {
      guard let record = try context.record(keys + offset, .stream),
        record.stream.groups[group] != nil
      else {
        throw .reply(
          "NOGROUP No such key '\(context[keys + offset].untilNul.text)' or consumer group "
            + "'\(context[names.group].untilNul.text)' in XREADGROUP with GROUP option")
      }
      let view = context[keys + rest / 2 + offset]
      if view.isWord("$") {
        throw .reply(
          "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history "
            + "of this consumer by specifying a proper ID, or use the > ID to get new messages. The "
            + "$ ID would just return an empty result set.")
      }
      starts.append(view.isWord(">") ? nil : try id(view))
    }
    let position = context.reply.startPairs()
    var streams = 0
    for (offset, start) in starts.enumerated() {
      guard let record = try context.record(keys + offset, .stream),
        let found = record.stream.groups[group]
      else { continue }
      let before = context.reply.length
      context.reply.pair()
      context.reply.bytes(context[keys + offset])
      let wrote = try change(context, record, group, found) {
        (group) throws(CommandFailure) -> Bool in
        // Who asks for new entries is known only once there are some.
        if let start {
          try writeHistory(context, record, group, consumer, after: start, limit)
        } else if try !deliverNew(
          context, record, &group, consumer, limit, keepsNothing: keepsNothing)
        {
          return false
        }
        group.consumers[consumer] = context.now
        return true
      }
      if wrote { streams += 1 } else { context.reply.truncate(to: before) }
    }
    if streams == 0 {
      context.reply.truncate(to: position)
      context.reply.nullArray()
    } else {
      context.reply.endArray(position, streams)
    }
  }

  private static func deliverNew(
    _ context: CommandContext, _ record: KeyRecord, _ group: inout StreamGroup,
    _ consumer: Bytes, _ limit: Int, keepsNothing: Bool
  ) throws(CommandFailure) -> Bool {
    guard group.lastID < record.lastID, let first = group.lastID.successor else { return false }
    var ids: [StreamID] = []
    let position = context.reply.startArray()
    try context.keyspace.entries(
      of: record, from: first, to: .greatest, .ascending, limit: limit
    ) { id, fields in
      context.reply.array(2)
      context.reply.bytes(Bytes(id.text.utf8))
      PackedFields.write(fields, to: context.reply)
      ids.append(id)
    }
    context.reply.endArray(position, ids.count)
    guard let last = ids.last else { return false }
    group.lastID = last
    let progress = try StreamProgress(of: record, in: context.keyspace)
    for id in ids {
      if let count = group.entriesRead, !progress.hasDeleted(from: id) {
        group.entriesRead = count + 1
      } else {
        group.entriesRead = progress.count(to: id)
      }
    }
    for id in ids where !keepsNothing {
      group.deliver(
        .init(id: id, consumer: consumer, delivered: context.now, deliveries: 1))
    }
    return true
  }

  private static func writeHistory(
    _ context: CommandContext, _ record: KeyRecord, _ group: StreamGroup, _ consumer: Bytes,
    after start: StreamID, _ limit: Int
  ) throws(CommandFailure) {
    let mine = group.pending.filter { $0.consumer == consumer && $0.id > start }.prefix(limit)
    context.reply.array(mine.count)
    for entry in mine { try write(context, record, entry.id) }
  }

  /// The entry, or its id with nothing when it was deleted.
  private static func write(
    _ context: CommandContext, _ record: KeyRecord, _ id: StreamID
  ) throws(CommandFailure) {
    var found = false
    context.reply.array(2)
    context.reply.bytes(Bytes(id.text.utf8))
    try context.keyspace.entries(of: record, from: id, to: id, .ascending, limit: 1) {
      PackedFields.write($1, to: context.reply)
      found = true
    }
    if !found { context.reply.nullArray() }
  }

  private static func exists(
    _ context: CommandContext, _ record: KeyRecord, _ id: StreamID
  ) throws(CommandFailure) -> Bool {
    var found = false
    try context.keyspace.entries(of: record, from: id, to: id, .ascending, limit: 1) { _, _ in
      found = true
    }
    return found
  }

  @Sendable private static func acknowledge(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    let record = try context.record(1, .stream)
    var ids: [StreamID] = []
    let name = context[2].copy
    guard let record, let group = record.stream.groups[name] else {
      return context.reply.integer(0)
    }
    for view in context.words(from: 3) { ids.append(try id(view)) }
    let count = try change(context, record, name, group) { group -> Int in
      var count = 0
      for id in ids {
        guard let index = group.index(of: id) else { continue }
        group.pending.remove(at: index)
        count += 1
      }
      return count
    }
    context.reply.integer(count)
  }

  private static func group(
    _ context: CommandContext
  ) throws(CommandFailure) -> (record: KeyRecord, name: Bytes, group: StreamGroup) {
    let name = context[2].copy
    guard let record = try context.record(1, .stream), let group = record.stream.groups[name] else {
      throw .reply(
        "NOGROUP No such key '\(context[1].untilNul.text)' or consumer group '\(context[2].untilNul.text)'"
      )
    }
    return (record, name, group)
  }

  @Sendable private static func listPending(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    guard context.count > 3 else {
      let group = try group(context).group
      context.reply.array(4)
      context.reply.integer(group.pending.count)
      guard let first = group.pending.first, let last = group.pending.last else {
        context.reply.null()
        context.reply.null()
        return context.reply.nullArray()
      }
      context.reply.bytes(Bytes(first.id.text.utf8))
      context.reply.bytes(Bytes(last.id.text.utf8))
      var counts: [Bytes: Int] = [:]
      for entry in group.pending { counts[entry.consumer, default: 0] += 1 }
      let sorted = counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      context.reply.array(sorted.count)
      for (consumer, count) in sorted {
        context.reply.array(2)
        context.reply.bytes(consumer)
        context.reply.bytes(decimal(Int64(count)))
      }
      return
    }
    var index = 3
    var leastIdle: Int64 = 0
    if context[3].isWord("IDLE") {
      guard context.count > 5 else { throw .syntax }
      leastIdle = try context.integer(4)
      index = 5
    }
    guard context.count == index + 3 || context.count == index + 4 else { throw .syntax }
    let low = try StreamCommands.bound(context[index], isStart: true)
    let high = try StreamCommands.bound(context[index + 1], isStart: false)
    let limit = max(0, try context.integer(index + 2))
    let consumer = context.count == index + 4 ? context[index + 3].copy : nil
    let group = try group(context).group
    let found = group.pending.filter {
      low <= $0.id && $0.id <= high && (consumer == nil || consumer == $0.consumer)
        && context.now - $0.delivered >= leastIdle
    }.prefix(Int(limit))
    context.reply.array(found.count)
    for entry in found {
      context.reply.array(4)
      context.reply.bytes(Bytes(entry.id.text.utf8))
      context.reply.bytes(entry.consumer)
      context.reply.integer(max(0, context.now - entry.delivered))
      context.reply.integer(entry.deliveries)
    }
  }

  // MARK: Claiming

  @Sendable private static func claim(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    let (record, name, group) = try group(context)
    guard let leastIdle = context[4].integer else {
      throw .reply("ERR Invalid min-idle-time argument for XCLAIM")
    }
    var ids: [StreamID] = []
    var index = 5
    while index < context.count, let id = StreamID(context[index], missingSequence: 0) {
      ids.append(id)
      index += 1
    }
    var delivered = context.now
    var deliveries: Int64?
    var forces = false
    var idsOnly = false
    var last: StreamID?
    while index < context.count {
      let option = context[index]
      if option.isWord("FORCE") {
        forces = true
      } else if option.isWord("JUSTID") {
        idsOnly = true
      } else if index + 1 < context.count, option.isWord("IDLE") {
        guard let idle = context[index + 1].integer else {
          throw .reply("ERR Invalid IDLE option argument for XCLAIM")
        }
        delivered = context.now - max(0, idle)
        index += 1
      } else if index + 1 < context.count, option.isWord("TIME") {
        guard let time = context[index + 1].integer else {
          throw .reply("ERR Invalid TIME option argument for XCLAIM")
        }
        delivered = min(max(0, time), context.now)
        index += 1
      } else if index + 1 < context.count, option.isWord("RETRYCOUNT") {
        guard let count = context[index + 1].integer else {
          throw .reply("ERR Invalid RETRYCOUNT option argument for XCLAIM")
        }
        deliveries = max(0, count)
        index += 1
      } else if index + 1 < context.count, option.isWord("LASTID") {
        last = try id(context[index + 1])
        index += 1
      } else {
        throw .reply("ERR Unrecognized XCLAIM option '\(option.text)'")
      }
      index += 1
    }
    let consumer = context[3].copy
    let position = context.reply.startArray()
    let count = try change(context, record, name, group) { (group) throws(CommandFailure) -> Int in
      if let last, last > group.lastID { group.lastID = last }
      var count = 0
      for id in ids {
        var at = group.index(of: id)
        guard try exists(context, record, id) else {
          if let at { group.pending.remove(at: at) }
          continue
        }
        if at == nil, forces {
          group.deliver(.init(id: id, consumer: consumer, delivered: 0, deliveries: 0))
          at = group.index(of: id)
        } else if let at, context.now - group.pending[at].delivered < max(0, leastIdle) {
          continue
        }
        guard let at else { continue }
        group.consumers[consumer] = context.now
        group.pending[at].consumer = consumer
        group.pending[at].delivered = delivered
        if let deliveries {
          group.pending[at].deliveries = deliveries
        } else if !idsOnly {
          group.pending[at].deliveries += 1
        }
        if idsOnly {
          context.reply.bytes(Bytes(id.text.utf8))
        } else {
          try write(context, record, id)
        }
        count += 1
      }
      return count
    }
    context.reply.endArray(position, count)
  }

  @Sendable private static func claimIdle(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    guard let leastIdle = context[4].integer else {
      throw .reply("ERR Invalid min-idle-time argument for XAUTOCLAIM")
    }
    let start = try StreamCommands.bound(context[5], isStart: true)
    var limit: Int64 = 100
    var idsOnly = false
    var index = 6
    while index < context.count {
      if context[index].isWord("COUNT"), index + 1 < context.count {
        guard let number = context[index + 1].integer, number > 0 else {
          throw .reply("ERR COUNT must be > 0")
        }
        limit = number
        index += 2
      } else if context[index].isWord("JUSTID") {
        idsOnly = true
        index += 1
      } else {
        throw .syntax
      }
    }
    let (record, name, group) = try group(context)
    let consumer = context[3].copy
    var claimed: [StreamID] = []
    var deleted: [StreamID] = []
    let next = try change(context, record, name, group) {
      (group) throws(CommandFailure) -> StreamID in
      var index = group.firstIndex(from: start)
      // As Redis, which looks at no more than ten times as many.
      var attempts = limit.multipliedReportingOverflow(by: 10).partialValue
      // What is gone counts, too.
      while index < group.pending.count, Int64(claimed.count + deleted.count) < limit, attempts > 0
      {
        attempts -= 1
        let id = group.pending[index].id
        guard try exists(context, record, id) else {
          group.pending.remove(at: index)
          deleted.append(id)
          continue
        }
        if context.now - group.pending[index].delivered >= max(0, leastIdle) {
          group.consumers[consumer] = context.now
          group.pending[index].consumer = consumer
          group.pending[index].delivered = context.now
          if !idsOnly { group.pending[index].deliveries += 1 }
          claimed.append(id)
        }
        index += 1
      }
      return index < group.pending.count ? group.pending[index].id : .zero
    }
    context.reply.array(3)
    context.reply.bytes(Bytes(next.text.utf8))
    context.reply.array(claimed.count)
    for id in claimed {
      if idsOnly {
        context.reply.bytes(Bytes(id.text.utf8))
      } else {
        try write(context, record, id)
      }
    }
    context.reply.array(deleted.count)
    for id in deleted { context.reply.bytes(Bytes(id.text.utf8)) }
  }

  // MARK: XINFO, XSETID

  @Sendable private static func inform(_ context: CommandContext) throws(CommandFailure) {
    try check(context)
    let word = context[1]
    guard word.isWord("STREAM") || word.isWord("GROUPS") || word.isWord("CONSUMERS") else {
      throw context.unknownSubcommand("xinfo")
    }
    guard let record = try context.record(2, .stream) else { throw .reply("ERR no such key") }
    if word.isWord("GROUPS") {
      try informOfGroups(context, record)
    } else if word.isWord("CONSUMERS") {
      try informOfConsumers(context, record)
    } else {
      try informOfStream(context, record)
    }
  }

  private static func informOfGroups(
    _ context: CommandContext, _ record: KeyRecord
  ) throws(CommandFailure) {
    let reply = context.reply
    let groups = record.stream.groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    reply.array(groups.count)
    let progress = try StreamProgress(of: record, in: context.keyspace)
    for (name, group) in groups {
      reply.map(6)
      reply.bytes(ByteView("name"))
      reply.bytes(name)
      reply.bytes(ByteView("consumers"))
      reply.integer(group.consumers.count)
      reply.bytes(ByteView("pending"))
      reply.integer(group.pending.count)
      write("last-delivered-id", group.lastID, to: reply)
      write(progress, of: group, to: reply)
    }
  }

  private static func write(
    _ progress: StreamProgress, of group: StreamGroup, to reply: ReplyBuffer
  ) {
    reply.bytes(ByteView("entries-read"))
    if let count = group.entriesRead { reply.integer(count) } else { reply.null() }
    reply.bytes(ByteView("lag"))
    if let lag = progress.lag(of: group) { reply.integer(lag) } else { reply.null() }
  }

  private static func write(_ name: StaticString, _ id: StreamID, to reply: ReplyBuffer) {
    reply.bytes(ByteView(name))
    reply.bytes(Bytes(id.text.utf8))
  }

  private static func informOfConsumers(
    _ context: CommandContext, _ record: KeyRecord
  ) throws(CommandFailure) {
    let reply = context.reply
    guard let group = record.stream.groups[context[3].copy] else {
      throw .reply(
        "NOGROUP No such consumer group '\(context[3].untilNul.text)' for key name '\(context[2].untilNul.text)'"
      )
    }
    let consumers = group.consumers.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    reply.array(consumers.count)
    for (name, seen) in consumers {
      reply.map(3)
      reply.bytes(ByteView("name"))
      reply.bytes(name)
      reply.bytes(ByteView("pending"))
      reply.integer(group.pending.count { $0.consumer == name })
      reply.bytes(ByteView("idle"))
      reply.integer(max(0, context.now - seen))
    }
  }

  /// XINFO STREAM, whose FULL has all that there is, of long lists the beginning.
  private static func informOfStream(
    _ context: CommandContext, _ record: KeyRecord
  ) throws(CommandFailure) {
    var limit: Int?
    if context.count > 3 {
      guard context[3].isWord("FULL"),
        context.count == 4 || context.count == 6 && context[4].isWord("COUNT")
      else {
        throw .reply(
          "ERR unknown subcommand or wrong number of arguments for '\(context[1].text)'. "
            + "Try XINFO HELP.")
      }
      let count = context.count == 6 ? try context.integer(5) : 10
      // 0 is for all.
      limit = count == 0 ? .max : count < 0 ? 10 : Int(count)
    }
    let reply = context.reply
    let progress = try StreamProgress(of: record, in: context.keyspace)
    reply.map(limit == nil ? 10 : 9)
    reply.bytes(ByteView("length"))
    reply.integer(record.count)
    reply.bytes(ByteView("radix-tree-keys"))
    reply.integer(record.nodes.count)
    reply.bytes(ByteView("radix-tree-nodes"))
    reply.integer(record.nodes.treeSize)
    write("last-generated-id", record.lastID, to: reply)
    write("max-deleted-entry-id", record.stream.greatestDeleted, to: reply)
    reply.bytes(ByteView("entries-added"))
    reply.integer(record.stream.entriesAdded)
    write("recorded-first-entry-id", progress.first, to: reply)
    if let limit {
      reply.bytes(ByteView("entries"))
      _ = try StreamCommands.write(context, record, .zero, .greatest, .ascending, limit)
      reply.bytes(ByteView("groups"))
      writeGroups(of: record, progress, limit, to: reply)
      return
    }
    reply.bytes(ByteView("groups"))
    reply.integer(record.stream.groups.count)
    for (name, order) in [
      ("first-entry" as StaticString, StreamOrder.ascending), ("last-entry", .descending),
    ] {
      reply.bytes(ByteView(name))
      guard record.count > 0 else {
        reply.null()
        continue
      }
      try context.keyspace.entries(of: record, from: .zero, to: .greatest, order, limit: 1) {
        id, fields in
        reply.array(2)
        reply.bytes(Bytes(id.text.utf8))
        PackedFields.write(fields, to: reply)
      }
    }
  }

  private static func writeGroups(
    of record: KeyRecord, _ progress: StreamProgress, _ limit: Int, to reply: ReplyBuffer
  ) {
    let groups = record.stream.groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    reply.array(groups.count)
    for (name, group) in groups {
      reply.map(7)
      reply.bytes(ByteView("name"))
      reply.bytes(name)
      write("last-delivered-id", group.lastID, to: reply)
      write(progress, of: group, to: reply)
      reply.bytes(ByteView("pel-count"))
      reply.integer(group.pending.count)
      reply.bytes(ByteView("pending"))
      reply.array(min(limit, group.pending.count))
      for entry in group.pending.prefix(limit) {
        reply.array(4)
        reply.bytes(Bytes(entry.id.text.utf8))
        reply.bytes(entry.consumer)
        reply.integer(entry.delivered)
        reply.integer(entry.deliveries)
      }
      reply.bytes(ByteView("consumers"))
      let consumers = group.consumers.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      reply.array(consumers.count)
      for (name, seen) in consumers {
        let pending = group.pending.filter { $0.consumer == name }
        reply.map(4)
        reply.bytes(ByteView("name"))
        reply.bytes(name)
        reply.bytes(ByteView("seen-time"))
        reply.integer(seen)
        reply.bytes(ByteView("pel-count"))
        reply.integer(pending.count)
        reply.bytes(ByteView("pending"))
        reply.array(min(limit, pending.count))
        for entry in pending.prefix(limit) {
          reply.array(3)
          reply.bytes(Bytes(entry.id.text.utf8))
          reply.integer(entry.delivered)
          reply.integer(entry.deliveries)
        }
      }
    }
  }

  @Sendable private static func setLastID(_ context: CommandContext) throws(CommandFailure) {
    let id = try id(context[2])
    var added: Int64?
    var deleted: StreamID?
    var index = 3
    while index < context.count {
      guard index + 1 < context.count else { throw .syntax }
      if context[index].isWord("ENTRIESADDED") {
        let count = try context.integer(index + 1)
        guard count >= 0 else { throw .reply("ERR entries_added must be positive") }
        added = count
      } else if context[index].isWord("MAXDELETEDID") {
        let greatest = try self.id(context[index + 1])
        guard id >= greatest else {
          throw .reply(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
        }
        deleted = greatest
      } else {
        throw .syntax
      }
      index += 2
    }
    guard let record = try context.record(1, .stream) else { throw .reply("ERR no such key") }
    var last = StreamID.zero
    try context.keyspace.entries(
      of: record, from: .zero, to: .greatest, .descending, limit: 1
    ) { id, _ in last = id }
    guard id >= last else {
      throw .reply("ERR The ID specified in XSETID is smaller than the target stream top item")
    }
    if let added, record.count > 0, added < record.count {
      throw .reply(
        "ERR The entries_added specified in XSETID is smaller than the target stream length")
    }
    try context.keyspace.setLastID(of: record, id)
    var state = record.stream
    if let added { state.entriesAdded = added }
    if let deleted, deleted != .zero { state.greatestDeleted = deleted }
    context.keyspace.setState(of: record, state)
    context.reply.status("OK")
  }
}

/// How far groups have come in a stream, as Redis tells it without counting.
///
/// Source: https://redis.io/docs/latest/commands/xinfo-groups/ and what Redis 7.0 answers.
private struct StreamProgress {
  private let added: Int64
  private let count: Int64
  let first: StreamID
  private let last: StreamID
  private let greatestDeleted: StreamID

  init(of record: KeyRecord, in keyspace: any Keyspace) throws(CommandFailure) {
    added = record.stream.entriesAdded
    count = Int64(record.count)
    last = record.lastID
    greatestDeleted = record.stream.greatestDeleted
    var found = StreamID.zero
    try keyspace.entries(of: record, from: .zero, to: .greatest, .ascending, limit: 1) { id, _ in
      found = id
    }
    first = found
  }

  /// Whether what was deleted may be at an id or behind it.
  func hasDeleted(from id: StreamID) -> Bool {
    count > 0 && greatestDeleted != .zero && first <= greatestDeleted && id <= greatestDeleted
  }

  /// How many entries there ever were up to an id; nil where that is not known.
  func count(to id: StreamID) -> Int64? {
    if added == 0 { return 0 }
    if count == 0, id <= last { return added }
    if id == last { return added }
    if id > last { return nil }
    guard greatestDeleted == .zero || greatestDeleted < first else { return nil }
    if id < first { return added - count }
    return id == first ? added - count + 1 : nil
  }

  func lag(of group: StreamGroup) -> Int64? {
    if added == 0 { return 0 }
    if let read = group.entriesRead, !hasDeleted(from: group.lastID) { return added - read }
    return count(to: group.lastID).map { added - $0 }
  }
}
