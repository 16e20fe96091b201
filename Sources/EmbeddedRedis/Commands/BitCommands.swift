import RedisScripting

/// Commands for the bits of strings.
enum BitCommands {
  static let all: [CommandSpecification] = [
    .init("getbit", 3, .reads, get),
    .init("setbit", 4, .writes, set),
    .init("bitcount", -2, .reads, count),
    .init("bitpos", -3, .reads, position),
    .init("bitop", -4, .writes, combine),
  ]

  private static func offset(_ view: ByteView) throws(CommandFailure) -> Int {
    guard let offset = view.integer, offset >= 0, offset < Int64(EmbeddedHost.largestValue) << 3
    else { throw .reply("ERR bit offset is not an integer or out of range") }
    return Int(offset)
  }

  @Sendable private static func get(_ context: CommandContext) throws(CommandFailure) {
    let offset = try offset(context[2])
    let bytes = try StringCommands.value(context, 1) ?? []
    context.reply.integer(
      offset >> 3 < bytes.count ? Int(bytes[offset >> 3] >> UInt8(7 - offset & 7) & 1) : 0)
  }

  @Sendable private static func set(_ context: CommandContext) throws(CommandFailure) {
    let offset = try offset(context[2])
    guard let bit = context[3].integer, bit == 0 || bit == 1 else {
      throw .reply("ERR bit is not an integer or out of range")
    }
    var bytes = try StringCommands.value(context, 1) ?? []
    let index = offset >> 3
    let isLonger = index >= bytes.count
    if index >= bytes.count { bytes += Bytes(repeating: 0, count: index + 1 - bytes.count) }
    let mask = UInt8(1) << UInt8(7 - offset & 7)
    let old = bytes[index] & mask
    bytes[index] = bit == 1 ? bytes[index] | mask : bytes[index] & ~mask
    if isLonger || (old == 0) != (bit == 0) {
      try StringCommands.store(context, context[1], bytes, keepsExpiry: true)
    }
    context.reply.integer(old == 0 ? 0 : 1)
  }

  /// A range of bits from the words `start end [BYTE|BIT]`; nil when it is empty.
  private static func range(
    _ context: CommandContext, _ index: Int, bits total: Int, isCount: Bool
  ) throws(CommandFailure) -> Range<Int>? {
    var start = try context.integer(index)
    var isBits = false
    // BITCOUNT reads both numbers before the unit, BITPOS the last one after it.
    if isCount {
      let end = try context.integer(index + 1)
      if start < 0, end < 0, start > end { return nil }
    }
    if index + 2 < context.count {
      if context[index + 2].isWord("BIT") {
        isBits = true
      } else if !context[index + 2].isWord("BYTE") {
        throw .syntax
      }
    }
    var end = index + 1 < context.count ? try context.integer(index + 1) : -1
    let count = Int64(isBits ? total : total / 8)
    if start < 0 { start = max(0, start &+ count) }
    if end < 0 { end = max(0, end &+ count) }
    end = min(end, count - 1)
    guard start <= end else { return nil }
    return isBits ? Int(start)..<Int(end) + 1 : Int(start) * 8..<(Int(end) + 1) * 8
  }

  private static func bit(_ bytes: Bytes, _ index: Int) -> UInt8 {
    bytes[index >> 3] >> UInt8(7 - index & 7) & 1
  }

  @Sendable private static func count(_ context: CommandContext) throws(CommandFailure) {
    guard let bytes = try StringCommands.value(context, 1) else { return context.reply.integer(0) }
    guard context.count == 2 || context.count == 4 || context.count == 5 else { throw .syntax }
    let all = bytes.count * 8
    guard let range = context.count == 2 ? 0..<all : try range(context, 2, bits: all, isCount: true)
    else {
      return context.reply.integer(0)
    }
    var found = 0
    var index = range.lowerBound
    while index < range.upperBound {
      if index & 7 == 0, index + 8 <= range.upperBound {
        found += bytes[index >> 3].nonzeroBitCount
        index += 8
      } else {
        found += Int(bit(bytes, index))
        index += 1
      }
    }
    context.reply.integer(found)
  }

  @Sendable private static func position(_ context: CommandContext) throws(CommandFailure) {
    guard let wanted = context[2].integer else { throw .notInteger }
    guard wanted == 0 || wanted == 1 else { throw .reply("ERR The bit argument must be 1 or 0.") }
    guard let bytes = try StringCommands.value(context, 1) else {
      return context.reply.integer(wanted == 1 ? -1 : 0)
    }
    guard context.count <= 6 else { throw .syntax }
    let all = bytes.count * 8
    guard
      let range = context.count == 3 ? 0..<all : try range(context, 3, bits: all, isCount: false),
      !range.isEmpty
    else {
      return context.reply.integer(-1)
    }
    for index in range where Int64(bit(bytes, index)) == wanted {
      return context.reply.integer(index)
    }
    // Without an end the string counts as followed by zeros.
    context.reply.integer(wanted == 0 && context.count < 5 ? range.upperBound : -1)
  }

  @Sendable private static func combine(_ context: CommandContext) throws(CommandFailure) {
    let name = context[1]
    guard name.isWord("AND") || name.isWord("OR") || name.isWord("XOR") || name.isWord("NOT") else {
      throw .syntax
    }
    if name.isWord("NOT"), context.count != 4 {
      throw .reply("ERR BITOP NOT must be called with a single source key.")
    }
    var sources: [Bytes] = []
    for index in 3..<context.count {
      sources.append(try StringCommands.value(context, index) ?? [])
    }
    let length = sources.map(\.count).max() ?? 0
    var result = Bytes(repeating: 0, count: length)
    for index in 0..<length {
      var byte = index < sources[0].count ? sources[0][index] : 0
      for source in sources.dropFirst() {
        let other = index < source.count ? source[index] : 0
        if name.isWord("AND") { byte &= other }
        if name.isWord("OR") { byte |= other }
        if name.isWord("XOR") { byte ^= other }
      }
      result[index] = name.isWord("NOT") ? ~byte : byte
    }
    if result.isEmpty {
      if let record = try context.keyspace.record(context[2]) {
        try context.keyspace.remove(record)
      }
    } else {
      try StringCommands.store(context, context[2], result)
    }
    context.reply.integer(length)
  }
}
