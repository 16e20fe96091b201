import CIrminsulLuaBridge
import RedisScripting

/// Commands that concern no key.
enum ServerCommands {
  static let all: [CommandSpecification] = [
    .init("ping", -1, .reads, ping),
    // Nobody listens inside of the process.
    .init("publish", 3, .reads) { (context) throws(CommandFailure) in context.reply.integer(0) },
    .init("spublish", 3, .reads) { (context) throws(CommandFailure) in context.reply.integer(0) },
    .init("echo", 2, .reads) { (context) throws(CommandFailure) in
      context.reply.bytes(context[1])
    },
    .init("time", 1, .reads, time),
    .init("select", 2, .reads, select),
    .init("info", -1, .reads, info),
    // Run by the host itself, as they start scripts.
    .init("eval", -3, .administers, refuse),
    .init("evalsha", -3, .administers, refuse),
    .init("eval_ro", -3, .administers, refuse),
    .init("evalsha_ro", -3, .administers, refuse),
    .init("script", -2, .administers, refuse),
    .init("fcall", -3, .administers, refuse),
    .init("fcall_ro", -3, .administers, refuse),
    .init("function", -2, .administers, refuse),
  ]

  @Sendable private static func refuse(_ context: CommandContext) throws(CommandFailure) {
    throw .reply("ERR This Redis command is not allowed from script")
  }

  @Sendable private static func ping(_ context: CommandContext) throws(CommandFailure) {
    switch context.count {
    case 1: context.reply.status("PONG")
    case 2: context.reply.bytes(context[1])
    default: throw context.wrongCount("ping")
    }
  }

  @Sendable private static func time(_ context: CommandContext) throws(CommandFailure) {
    let time = context.session.clock.microseconds
    context.reply.array(2)
    context.reply.bytes(decimal(time / 1_000_000))
    context.reply.bytes(decimal(time % 1_000_000))
  }

  @Sendable private static func select(_ context: CommandContext) throws(CommandFailure) {
    let number = try context.databaseNumber(1)
    // Each call of a host begins in database 0: there is nothing that another one could be for.
    guard context.isInScript || number == 0, context.session.select(number) else {
      throw .noDatabase
    }
    context.reply.status("OK")
  }

  /// Of each section what is true here, and what test suites and clients ask for.
  @Sendable private static func info(_ context: CommandContext) throws(CommandFailure) {
    var keyspaces: [String] = []
    for (number, keyspace) in context.session.usedDatabases {
      let count = try keyspace.keyCount()
      guard count > 0 else { continue }
      keyspaces.append("db\(number):keys=\(count),expires=\(keyspace.expiringCount),avg_ttl=0")
    }
    let session = context.session
    let libraries = session.functions.libraries
    let functions = libraries.reduce(0) { $0 + $1.functions.count }
    func lines(_ texts: [String]) -> [Bytes] { texts.map { Bytes($0.utf8) } }
    let sections: [(String, [Bytes])] = [
      ("Server", lines(["redis_version:7.0.15", "redis_mode:standalone", "embedded:1"])),
      ("Clients", lines(["blocked_clients:0"])),
      (
        "Memory",
        lines([
          "used_memory:\(irminsul_heap_in_use())",
          "used_memory_vm_eval:\(session.memory)",
          "number_of_cached_scripts:\(session.scripts.count)",
          "number_of_functions:\(functions)", "number_of_libraries:\(libraries.count)",
          "maxmemory:\(session.maximumMemory)", "maxmemory_policy:noeviction",
        ])
      ),
      ("Persistence", lines(["loading:0", "rdb_bgsave_in_progress:0", "aof_enabled:0"])),
      ("Stats", lines(session.statistics.totals)),
      ("Replication", lines(["role:master", "connected_slaves:0"])),
      ("Commandstats", lines(session.statistics.commandLines)),
      ("Errorstats", session.statistics.errorLines),
      ("Cluster", lines(["cluster_enabled:0"])),
      ("Keyspace", lines(keyspaces)),
    ]
    let wanted = (1..<context.count).map { context[$0].text.lowercased() }
    let isAll = !Set(["all", "everything"]).isDisjoint(with: wanted)
    let isDefault = wanted.isEmpty || wanted.contains("default")
    let shown = sections.filter {
      isAll || wanted.contains($0.0.lowercased()) || isDefault && $0.0 != "Commandstats"
    }
    var text: Bytes = []
    for (name, lines) in shown {
      if !text.isEmpty { text += "\r\n".utf8 }
      text += "# \(name)\r\n".utf8
      for line in lines { text += line + "\r\n".utf8 }
    }
    context.reply.verbatim(text)
  }
}
