import CIrminsulLuaBridge
import RedisScripting

/// What is said of the commands themselves.
enum CatalogueCommands {
  static let all: [CommandSpecification] = [.init("command", -1, .reads, command)]

  @Sendable private static func command(_ context: CommandContext) throws(CommandFailure) {
    guard context.count > 1 else { return table(CommandTable.shared.names, context) }
    let subcommand = context[1]
    if subcommand.isWord("COUNT"), context.count == 2 {
      context.reply.integer(CommandTable.shared.names.count)
    } else if subcommand.isWord("LIST"), context.count == 2 {
      let names = CommandTable.shared.names
      context.reply.array(names.count)
      for name in names { context.reply.bytes(Bytes(name.utf8)) }
    } else if subcommand.isWord("LIST"), context.count == 5, context[2].isWord("FILTERBY") {
      try list(context)
    } else if subcommand.isWord("INFO") {
      guard context.count > 2 else { return table(CommandTable.shared.names, context) }
      table((2..<context.count).map { context[$0].text.lowercased() }, context)
    } else if subcommand.isWord("GETKEYS") {
      try keys(context)
    } else if subcommand.isWord("DOCS") {
      // None of their pages is here.
      context.reply.array(0)
    } else if subcommand.isWord("LIST") {
      throw .syntax
    } else if subcommand.isWord("COUNT") {
      throw context.wrongSubcommandCount("command")
    } else {
      throw context.unknownSubcommand("command")
    }
  }

  private static func list(_ context: CommandContext) throws(CommandFailure) {
    let (filter, wanted) = (context[3], context[4])
    var names: [String] = []
    if filter.isWord("PATTERN") {
      let pattern = Bytes(wanted.text.lowercased().utf8)
      let all = CommandTable.shared.names
      names = (all + all.flatMap { (CommandCatalogue.subcommands[$0] ?? [:]).values.map(\.name) })
        .filter { name in
          pattern.withView { pattern in
            Bytes(name.utf8).withView { GlobPattern.matches(pattern, $0) }
          }
        }
    } else if filter.isWord("ACLCAT") {
      throw .reply("ERR COMMAND LIST FILTERBY ACLCAT is not supported by the embedded host")
    } else if !filter.isWord("MODULE") {
      throw .syntax
    }
    context.reply.array(names.count)
    for name in names { context.reply.bytes(Bytes(name.utf8)) }
  }

  /// As Redis describes each; null for a name that this host does not have.
  private static func table(_ names: [String], _ context: CommandContext) {
    let reply = context.reply
    reply.array(names.count)
    for name in names {
      guard let entry = Bytes(name.utf8).withView({ CommandTable.shared[$0]?.entry }) else {
        reply.null()
        continue
      }
      reply.array(10)
      reply.bytes(Bytes(entry.name.utf8))
      reply.integer(entry.arity)
      var flags: [StaticString] = [entry.writes ? "write" : "readonly"]
      if entry.grows { flags.append("denyoom") }
      if entry.isBarred { flags.append("noscript") }
      if entry.hasMovableKeys { flags.append("movablekeys") }
      reply.set(flags.count)
      for flag in flags { reply.status(flag) }
      reply.integer(entry.firstKey)
      reply.integer(entry.lastKey)
      reply.integer(entry.keyStep)
      // Categories, tips, specifications of keys and subcommands.
      reply.set(0)
      for _ in 0..<3 { reply.array(0) }
    }
  }

  private static func keys(_ context: CommandContext) throws(CommandFailure) {
    guard context.count > 3 else { throw context.wrongSubcommandCount("command") }
    guard let entry = CommandCatalogue.entries[context[2].text.lowercased()] else {
      throw .reply("ERR Invalid command specified")
    }
    let (words, count) = (context.words + 2, context.count - 2)
    guard CommandKeys.mayHave(entry, words, count) else {
      throw .reply("ERR The command has no key arguments")
    }
    guard entry.arity >= 0 ? count == entry.arity : count >= -entry.arity else {
      throw .reply("ERR Invalid number of arguments specified for command")
    }
    let positions = CommandKeys.positions(of: entry, words, count)
    guard !positions.isEmpty || CommandKeys.mayDoWithout.contains(entry.name) else {
      throw .reply("ERR Invalid arguments specified for command")
    }
    context.reply.array(positions.count)
    for position in positions { context.reply.bytes(words[position]) }
  }
}
