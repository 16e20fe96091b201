import RedisScripting

/// Commands for streams.
enum StreamCommands {
  static let all: [CommandSpecification] = [
    .init("xadd", -5, .writes, add),
    .init("xlen", 2, .reads, count),
    .init("xrange", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, .ascending)
    },
    .init("xrevrange", -4, .reads) { (context) throws(CommandFailure) in
      try range(context, .descending)
    },
    .init("xread", -4, .reads, read),
    .init("xdel", -3, .writes, remove),
    .init("xtrim", -4, .writes, trim),
  ]

  static let invalidID = CommandFailure.reply(
    "ERR Invalid stream ID specified as stream command argument")

  // MARK: XADD

  @Sendable private static func add(_ context: CommandContext) throws(CommandFailure) {
    var index = 2
    var creates = true
    var trimming: Trimming?
    while index < context.count {
      if context[index].isWord("NOMKSTREAM") {
        creates = false
        index += 1
      } else if let (found, next) = try Trimming.parse(context, index) {
        if trimming != nil { throw .syntax }
        trimming = found
        index = next
      } else {
        break
      }
    }
    guard index < context.count else { throw context.wrongCount("xadd") }
    let pairs = context.count - index - 1
    guard let requested = RequestedID(context[index]) else { throw invalidID }
    guard pairs >= 2, pairs.isMultiple(of: 2) else { throw context.wrongCount("xadd") }
    if case .explicit(.zero) = requested {
      throw .reply("ERR The ID specified in XADD must be greater than 0-0")
    }
    if !creates, try context.record(1, .stream) == nil { return context.reply.null() }
    let existing = try context.record(1, .stream)
    let id = try nextID(context, requested, after: existing?.lastID ?? .zero)
    let record = try context.recordOrNew(1, .stream)
    try context.keyspace.append(
      to: record, id, PackedFields.pack(context.words(from: index + 1)))
    if context.keyspace.hasStreamGroups {
      var state = record.stream
      state.entriesAdded += 1
      context.keyspace.setState(of: record, state)
    }
    if let trimming { _ = try trimming.apply(context, record) }
    context.session.didAppendToStream = true
    context.reply.bytes(Bytes(id.text.utf8))
  }

  private static func nextID(
    _ context: CommandContext, _ requested: RequestedID, after last: StreamID
  ) throws(CommandFailure) -> StreamID {
    let tooSmall = CommandFailure.reply(
      "ERR The ID specified in XADD is equal or smaller than the target stream top item")
    guard let next = last.successor else {
      throw .reply("ERR The stream has exhausted the last possible ID, unable to add more items")
    }
    switch requested {
    case .automatic:
      let now = UInt64(max(0, context.session.clock.milliseconds))
      return now > last.milliseconds ? StreamID(milliseconds: now, sequence: 0) : next
    case .automaticSequence(let milliseconds):
      if milliseconds > last.milliseconds {
        return StreamID(milliseconds: milliseconds, sequence: 0)
      }
      guard milliseconds == last.milliseconds else { throw tooSmall }
      // Its words for every error that it has not thought of.
      guard last.sequence < .max else { throw .reply("ERR Elements are too large to be stored") }
      return StreamID(milliseconds: milliseconds, sequence: last.sequence + 1)
    case .explicit(let id):
      guard id > last else { throw tooSmall }
      return id
    }
  }

  // MARK: Reading

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    context.reply.integer(try context.record(1, .stream)?.count ?? 0)
  }

  /// One end of XRANGE: `-`, `+`, an id, part of one, or `(` and an id.
  static func bound(
    _ view: ByteView, isStart: Bool
  ) throws(CommandFailure) -> StreamID {
    if view.length == 1, view.bytes[0] == 0x2d { return .zero }
    if view.length == 1, view.bytes[0] == 0x2b { return .greatest }
    let isExclusive = view.length > 1 && view.bytes[0] == 0x28
    let digits = isExclusive ? view.dropFirst(1) : view
    guard let id = StreamID(digits, missingSequence: isStart ? 0 : .max) else { throw invalidID }
    guard isExclusive else { return id }
    guard let next = isStart ? id.successor : id.predecessor else {
      throw .reply("ERR invalid \(isStart ? "start" : "end") ID for the interval")
    }
    return next
  }

  private static func range(
    _ context: CommandContext, _ order: StreamOrder
  ) throws(CommandFailure) {
    let isForward = order == .ascending
    let low = try bound(context[isForward ? 2 : 3], isStart: true)
    let high = try bound(context[isForward ? 3 : 2], isStart: false)
    var limit = Int.max
    if context.count > 4 {
      guard context[4].isWord("COUNT"), context.count == 6 else { throw .syntax }
      limit = Int(max(0, try context.integer(5)))
    }
    guard let record = try context.record(1, .stream) else { return context.reply.array(0) }
    if limit == 0 { return context.reply.nullArray() }
    _ = try write(context, record, low, high, order, limit)
  }

  /// Writes an array of entries and returns how many there are.
  static func write(
    _ context: CommandContext, _ record: KeyRecord, _ low: StreamID, _ high: StreamID,
    _ order: StreamOrder, _ limit: Int
  ) throws(CommandFailure) -> Int {
    let position = context.reply.startArray()
    var count = 0
    if low <= high {
      try context.keyspace.entries(of: record, from: low, to: high, order, limit: limit) {
        id, fields in
        context.reply.array(2)
        context.reply.bytes(Bytes(id.text.utf8))
        PackedFields.write(fields, to: context.reply)
        count += 1
      }
    }
    context.reply.endArray(position, count)
    return count
  }

  /// XREAD never waits here: scripts cannot, and a host's `entries` waits by itself.
  @Sendable private static func read(_ context: CommandContext) throws(CommandFailure) {
    var index = 1
    var limit = Int.max
    while index < context.count, !context[index].isWord("STREAMS") {
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
          throw .reply("ERR xread command is not allowed with BLOCK option from scripts")
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
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."
      )
    }
    let keys = index + 1
    var starts: [StreamID?] = []
    for offset in 0..<rest / 2 {
      let view = context[keys + rest / 2 + offset]
      _ = try context.record(keys + offset, .stream)
      if view.length == 1, view.bytes[0] == 0x24 {
        starts.append(nil)
      } else if view.length == 1, view.bytes[0] == 0x3e {
        throw .reply(
          "ERR The > ID can be specified only when calling XREADGROUP using the GROUP "
            + "<group> <consumer> option.")
      } else {
        guard let id = StreamID(view, missingSequence: 0) else { throw invalidID }
        starts.append(id)
      }
    }
    let position = context.reply.startPairs()
    var streams = 0
    for (offset, start) in starts.enumerated() {
      guard let record = try context.record(keys + offset, .stream), let start,
        record.count > 0, start < record.lastID, let first = start.successor
      else { continue }
      let before = context.reply.length
      context.reply.pair()
      context.reply.bytes(context[keys + offset])
      if try write(context, record, first, .greatest, .ascending, limit) > 0 {
        streams += 1
      } else {
        context.reply.truncate(to: before)
      }
    }
    if streams == 0 {
      context.reply.truncate(to: position)
      context.reply.nullArray()
    } else {
      context.reply.endArray(position, streams)
    }
  }

  // MARK: Removing

  @Sendable private static func remove(_ context: CommandContext) throws(CommandFailure) {
    guard let record = try context.record(1, .stream) else { return context.reply.integer(0) }
    var ids: [StreamID] = []
    for view in context.words(from: 2) {
      guard let id = StreamID(view, missingSequence: 0) else { throw invalidID }
      ids.append(id)
    }
    var removed = 0
    var state = record.stream
    for id in ids where try context.keyspace.removeEntry(of: record, id) {
      removed += 1
      state.greatestDeleted = max(state.greatestDeleted, id)
    }
    if removed > 0 { context.keyspace.setState(of: record, state) }
    context.reply.integer(removed)
  }

  @Sendable private static func trim(_ context: CommandContext) throws(CommandFailure) {
    guard let (trimming, next) = try Trimming.parse(context, 2), next == context.count else {
      throw .syntax
    }
    guard let record = try context.record(1, .stream) else { return context.reply.integer(0) }
    context.reply.integer(try trimming.apply(context, record))
  }

  /// `MAXLEN|MINID [=|~] threshold [LIMIT count]`.
  private struct Trimming {
    enum Threshold {
      case length(Int)
      case id(StreamID)
    }

    var threshold: Threshold
    var isApproximate = false
    var limit = Int.max

    static func parse(
      _ context: CommandContext, _ start: Int
    ) throws(CommandFailure) -> (Trimming, Int)? {
      let byLength = context[start].isWord("MAXLEN")
      guard byLength || context[start].isWord("MINID"), start + 1 < context.count else {
        return nil
      }
      var index = start + 1
      var isApproximate = false
      if context[index].length == 1, [0x7e, 0x3d].contains(context[index].bytes[0]) {
        isApproximate = context[index].bytes[0] == 0x7e
        index += 1
        guard index < context.count else { throw .syntax }
      }
      var trimming: Trimming
      if byLength {
        let length = try context.integer(index)
        guard length >= 0 else { throw .reply("ERR The MAXLEN argument must be >= 0.") }
        trimming = Trimming(threshold: .length(Int(length)))
      } else {
        guard let id = StreamID(context[index], missingSequence: 0) else { throw invalidID }
        trimming = Trimming(threshold: .id(id))
      }
      trimming.isApproximate = isApproximate
      if isApproximate { trimming.limit = 100 * StreamNodes.mostEntries }
      index += 1
      if index + 1 < context.count, context[index].isWord("LIMIT") {
        let limit = try context.integer(index + 1)
        guard limit >= 0 else { throw .reply("ERR The LIMIT argument must be >= 0.") }
        guard isApproximate else {
          throw .reply("ERR syntax error, LIMIT cannot be used without the special ~ option")
        }
        trimming.limit = limit == 0 ? .max : Int(limit)
        index += 2
      }
      return (trimming, index)
    }

    func apply(_ context: CommandContext, _ record: KeyRecord) throws(CommandFailure) -> Int {
      var excess: Int
      var before: StreamID?
      switch threshold {
      case .length(let length): excess = max(0, record.count - length)
      case .id(let id):
        excess = try context.keyspace.entryCount(of: record, before: id)
        before = id
      }
      if isApproximate, excess > 0 {
        excess =
          context.keyspace.hasStreamGroups
          ? wholeNodes(of: record) : wholeHundreds(of: excess, record.count)
      }
      if excess > 0 {
        try context.keyspace.removeOldest(of: record, excess, before: before)
      }
      return excess
    }

    private func wholeNodes(of record: KeyRecord) -> Int {
      record.nodes.approximate(limit: limit) { node, removed in
        switch threshold {
        case .length(let length):
          record.count - removed > length && record.count - removed - node.count >= length
        case .id(let id): node.last < id
        }
      }
    }

    /// For files, which know of no nodes; the last hundred goes only with all that it has.
    private func wholeHundreds(of excess: Int, _ count: Int) -> Int {
      guard excess < count || excess > limit else { return excess }
      return min(excess, limit) / StreamNodes.mostEntries * StreamNodes.mostEntries
    }
  }
}
