import CIrminsulLuaBridge
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
    .init("incrbyfloat", 3, .writes, addFloat),
    .init("setex", 4, .writes) { (context) throws(CommandFailure) in
      try setUntil(context, "EX", "setex")
    },
    .init("psetex", 4, .writes) { (context) throws(CommandFailure) in
      try setUntil(context, "PX", "psetex")
    },
    .init("getex", -2, .writes, getAndExpire),
    .init("msetnx", -3, .writes, setManyIfAbsent),
    .init("setrange", 4, .writes, setRange),
    .init("decrby", 3, .writes) { (context) throws(CommandFailure) in
      let amount = try context.integer(2)
      guard amount != .min else { throw .reply("ERR decrement would overflow") }
      try add(context, -amount)
    },
  ]

  static func value(
    _ context: CommandContext, _ index: Int
  ) throws(CommandFailure) -> Bytes? {
    guard let record = try context.record(index, .string) else { return nil }
    return try context.keyspace.bytes(of: record)
  }

  /// Makes a key a string, whatever it was.
  static func store(
    _ context: CommandContext, _ key: ByteView, _ value: Bytes, keepsExpiry: Bool = false
  ) throws(CommandFailure) {
    if let record = try context.keyspace.record(key) {
      if record.kind == .string {
        if !keepsExpiry, record.expiry != nil { try context.keyspace.setExpiry(of: record, nil) }
        return try context.keyspace.setBytes(of: record, value)
      }
      let expiry = keepsExpiry ? record.expiry : nil
      try context.keyspace.remove(record)
      let new = try context.keyspace.create(key, .string)
      try context.keyspace.setBytes(of: new, value)
      if let expiry { try context.keyspace.setExpiry(of: new, expiry) }
      return
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
    var keepsExpiry = false
    var expiry: (unit: ByteView, value: Int)?
    var index = 3
    while index < context.count {
      let option = context[index]
      if option.isWord("NX"), !ifPresent {
        ifAbsent = true
      } else if option.isWord("XX"), !ifAbsent {
        ifPresent = true
      } else if option.isWord("GET") {
        returnsOld = true
      } else if option.isWord("KEEPTTL"), expiry == nil {
        keepsExpiry = true
      } else if ExpiryTime.isUnit(option), expiry == nil, !keepsExpiry, index + 1 < context.count {
        expiry = (option, index + 1)
        index += 1
      } else {
        throw .syntax
      }
      index += 1
    }
    var time: Int64?
    if let expiry {
      time = try ExpiryTime.parse(context, expiry.value, unit: expiry.unit, "set")
    }
    let old = returnsOld ? try value(context, 1) : nil
    let isPresent = try context.keyspace.record(context[1]) != nil
    let isSet = ifAbsent ? !isPresent : ifPresent ? isPresent : true
    if isSet {
      try store(context, context[1], context[2].copy, keepsExpiry: keepsExpiry)
      if let time, let record = try context.keyspace.record(context[1]) {
        try context.keyspace.setExpiry(of: record, time)
      }
    }
    if returnsOld {
      context.reply.bytes(orNull: old)
    } else if isSet {
      context.reply.status("OK")
    } else {
      context.reply.null()
    }
  }

  private static func setUntil(
    _ context: CommandContext, _ unit: StaticString, _ name: String
  ) throws(CommandFailure) {
    let time = try ExpiryTime.parse(context, 2, unit: ByteView(unit), name)
    try store(context, context[1], context[3].copy)
    if let record = try context.keyspace.record(context[1]) {
      try context.keyspace.setExpiry(of: record, time)
    }
    context.reply.status("OK")
  }

  @Sendable private static func getAndExpire(_ context: CommandContext) throws(CommandFailure) {
    let persists = context.count == 3 && context[2].isWord("PERSIST")
    let expires = context.count == 4 && ExpiryTime.isUnit(context[2])
    guard persists || expires || context.count == 2 else { throw .syntax }
    guard let record = try context.record(1, .string) else { return context.reply.null() }
    var change: Int64?? = persists ? .some(nil) : nil
    if expires { change = try ExpiryTime.parse(context, 3, unit: context[2], "getex") }
    context.reply.bytes(try context.keyspace.bytes(of: record))
    if let change, expires || record.expiry != nil {
      try context.keyspace.setExpiry(of: record, change)
    }
  }

  @Sendable private static func setManyIfAbsent(_ context: CommandContext) throws(CommandFailure) {
    guard !context.count.isMultiple(of: 2) else { throw context.wrongCount("msetnx") }
    for index in stride(from: 1, to: context.count, by: 2)
    where try context.keyspace.record(context[index]) != nil {
      return context.reply.integer(0)
    }
    for index in stride(from: 1, to: context.count, by: 2) {
      try store(context, context[index], context[index + 1].copy)
    }
    context.reply.integer(1)
  }

  @Sendable private static func setRange(_ context: CommandContext) throws(CommandFailure) {
    let offset = try context.integer(2)
    guard offset >= 0 else { throw .reply("ERR offset is out of range") }
    var bytes = try value(context, 1) ?? []
    let patch = context[3]
    guard patch.length > 0 else { return context.reply.integer(bytes.count) }
    guard offset <= Int64(EmbeddedHost.largestValue - patch.length) else {
      throw .reply("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    }
    let end = Int(offset) + patch.length
    if bytes.count < end { bytes += Bytes(repeating: 0, count: end - bytes.count) }
    bytes.replaceSubrange(Int(offset)..<end, with: patch.buffer)
    let count = bytes.count
    try store(context, context[1], bytes, keepsExpiry: true)
    context.reply.integer(count)
  }

  @Sendable private static func addFloat(_ context: CommandContext) throws(CommandFailure) {
    let old = try value(context, 1) ?? [0x30]
    guard let sum = try DecimalSum.of(old, context[2]) else { throw .notFloat }
    try store(context, context[1], sum, keepsExpiry: true)
    context.reply.bytes(sum)
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
    try store(context, context[1], bytes, keepsExpiry: true)
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
    try store(context, context[1], decimal(sum), keepsExpiry: true)
    context.reply.integer(sum)
  }
}

/// INCRBYFLOAT's and HINCRBYFLOAT's sums.
enum DecimalSum {
  /// nil when one of the two is no number.
  static func of(_ left: Bytes, _ right: ByteView) throws(CommandFailure) -> Bytes? {
    let sum = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 5120) { text -> Bytes?? in
      let length = left.withView { irminsul_add_decimals($0, right, text.baseAddress) }
      if length == 0 { return .some(nil) }
      guard length > 0 else { return nil }
      return Bytes(UnsafeRawBufferPointer(text)[..<Int(length)])
    }
    guard let sum else { throw .reply("ERR increment would produce NaN or Infinity") }
    return sum
  }
}
