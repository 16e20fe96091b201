import CIrminsulLuaBridge
import RedisScripting

/// SORT and OBJECT.
enum SortCommands {
  static let all: [CommandSpecification] = [
    .init("sort", -2, .writes) { (context) throws(CommandFailure) in
      try sort(context, mayStore: true)
    },
    .init("sort_ro", -2, .reads) { (context) throws(CommandFailure) in
      try sort(context, mayStore: false)
    },
    .init("object", -2, .reads, object),
  ]

  private static func sort(
    _ context: CommandContext, mayStore: Bool
  ) throws(CommandFailure) {
    var isDescending = false
    var byName = false
    var skipped: Int64 = 0
    var limit: Int64 = -1
    var by: ByteView?
    var gets: [ByteView] = []
    var target: ByteView?
    var index = 2
    while index < context.count {
      let option = context[index]
      let rest = context.count - index - 1
      if option.isWord("ASC") {
        isDescending = false
      } else if option.isWord("DESC") {
        isDescending = true
      } else if option.isWord("ALPHA") {
        byName = true
      } else if option.isWord("LIMIT"), rest >= 2 {
        skipped = try context.integer(index + 1)
        limit = try context.integer(index + 2)
        index += 2
      } else if mayStore, option.isWord("STORE"), rest >= 1 {
        target = context[index + 1]
        index += 1
      } else if option.isWord("BY"), rest >= 1 {
        by = context[index + 1]
        index += 1
      } else if option.isWord("GET"), rest >= 1 {
        gets.append(context[index + 1])
        index += 1
      } else {
        throw .syntax
      }
      index += 1
    }
    var elements: [Bytes] = []
    var isSet = false
    if let record = try context.keyspace.record(context[1]) {
      switch record.kind {
      case .list: elements = try context.keyspace.allElements(of: record)
      case .set:
        elements = try SetAlgebra.members(context, record)
        isSet = true
      case .sortedSet:
        elements = try context.keyspace.members(of: record, 0..<record.count).map(\.member)
      default: throw .wrongKind
      }
    }
    // In scripts the order of a set shall not be chance.
    if context.isInScript, isSet, let pattern = by, !pattern.buffer.contains(0x2a) {
      by = nil
      byName = true
    }
    // A pattern without a star asks for no order.
    if let by, !by.buffer.contains(0x2a) {
      if isSet {
        elements = SetAlgebra.sortedIfIntegers(elements)
      } else if isDescending {
        elements.reverse()
      }
    } else if byName {
      var keyed: [(element: Bytes, weight: Bytes)] = []
      for element in elements {
        keyed.append(
          (
            element,
            try weight(context, by, element, none: [])
          ))
      }
      keyed.sort {
        $0.weight == $1.weight
          ? by == nil && $0.element.lexicographicallyPrecedes($1.element)
          : $0.weight.lexicographicallyPrecedes($1.weight)
      }
      elements = keyed.map(\.element)
      if isDescending { elements.reverse() }
    } else {
      var keyed: [RankedMember] = []
      for element in elements {
        let weight =
          try weight(context, by, element, none: [0x30])
        guard let number = weight.isEmpty ? 0 : weight.withView({ $0.double }) else {
          throw .reply("ERR One or more scores can't be converted into double")
        }
        keyed.append(RankedMember(score: number, member: element))
      }
      elements = keyed.sorted().map(\.member)
      if isDescending { elements.reverse() }
    }
    let start = min(max(0, Int(clamping: skipped)), elements.count)
    let rest = elements[start...]
    let chosen = limit < 0 ? rest : rest.prefix(Int(clamping: limit))
    var found: [Bytes?] = []
    for element in chosen {
      if gets.isEmpty { found.append(element) }
      for get in gets {
        found.append(get.isWord("#") ? element : try value(context, get, element))
      }
    }
    guard let target else {
      context.reply.array(found.count)
      for value in found { context.reply.bytes(orNull: value) }
      return
    }
    if let old = try context.keyspace.record(target) { try context.keyspace.remove(old) }
    if !found.isEmpty {
      let record = try context.keyspace.create(target, .list)
      for value in found {
        try (value ?? []).withView { (view) throws(CommandFailure) in
          try context.keyspace.push(to: record, .tail, view)
        }
      }
    }
    context.reply.integer(found.count)
  }

  /// What an element is sorted by.
  private static func weight(
    _ context: CommandContext, _ by: ByteView?, _ element: Bytes, none: Bytes
  ) throws(CommandFailure) -> Bytes {
    guard let by else { return element }
    return try value(context, by, element) ?? none
  }

  /// What `pattern`, with the element for its star, names: a string, or a field after `->`.
  private static func value(
    _ context: CommandContext, _ pattern: ByteView, _ element: Bytes
  ) throws(CommandFailure) -> Bytes? {
    var pattern = pattern.copy
    guard let star = pattern.firstIndex(of: 0x2a) else { return nil }
    var field: Bytes?
    for index in pattern.indices.dropLast(2)
    where index > star && pattern[index] == 0x2d && pattern[index + 1] == 0x3e {
      field = Bytes(pattern[(index + 2)...])
      pattern = Bytes(pattern[..<index])
      break
    }
    let key = pattern[..<star] + element + pattern[(star + 1)...]
    let record = try Bytes(key).withView { (view) throws(CommandFailure) in
      try context.keyspace.record(view)
    }
    guard let record else { return nil }
    guard let field else {
      return record.kind == .string ? try context.keyspace.bytes(of: record) : nil
    }
    guard record.kind == .hash else { return nil }
    return try field.withView { (view) throws(CommandFailure) in
      try context.keyspace.field(of: record, view)
    }
  }

  /// The encodings are those that Redis' default settings give to a value of this content.
  @Sendable private static func object(_ context: CommandContext) throws(CommandFailure) {
    let word = context[1]
    guard
      word.isWord("ENCODING") || word.isWord("REFCOUNT") || word.isWord("IDLETIME")
        || word.isWord("FREQ")
    else { throw context.unknownSubcommand("object") }
    guard context.count == 3 else {
      throw context.wrongSubcommandCount("object")
    }
    guard let record = try context.keyspace.record(context[2]) else {
      return context.reply.null()
    }
    if word.isWord("REFCOUNT") {
      // Redis has one object for each of the small numbers.
      guard record.kind == .string else { return context.reply.integer(1) }
      let number = try context.keyspace.bytes(of: record).withView { $0.integer } ?? -1
      return context.reply.integer(0..<10_000 ~= number ? Int(Int32.max) : 1)
    }
    if word.isWord("IDLETIME") { return context.reply.integer(0) }
    if word.isWord("FREQ") {
      throw .reply(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
          + "that when switching between policies at runtime LRU and LFU data will take some time "
          + "to adjust.")
    }
    switch record.kind {
    case .string:
      let bytes = try context.keyspace.bytes(of: record)
      if bytes.withView({ $0.integer }) != nil {
        context.reply.bytes(ByteView("int"))
      } else {
        context.reply.bytes(bytes.count <= 44 ? ByteView("embstr") : ByteView("raw"))
      }
    case .list: context.reply.bytes(ByteView("quicklist"))
    case .stream: context.reply.bytes(ByteView("stream"))
    case .hash:
      let pairs = try context.keyspace.allFields(of: record)
      let isSmall = pairs.count <= 512 && pairs.allSatisfy { $0.0.count <= 64 && $0.1.count <= 64 }
      context.reply.bytes(isSmall ? ByteView("listpack") : ByteView("hashtable"))
    case .set:
      let members = try SetAlgebra.members(context, record)
      let isSmall = members.count <= 512 && members.allSatisfy { $0.withView { $0.integer } != nil }
      context.reply.bytes(isSmall ? ByteView("intset") : ByteView("hashtable"))
    case .sortedSet:
      let members = try context.keyspace.members(of: record, 0..<record.count)
      let isSmall = members.count <= 128 && members.allSatisfy { $0.member.count <= 64 }
      context.reply.bytes(isSmall ? ByteView("listpack") : ByteView("skiplist"))
    }
  }
}
