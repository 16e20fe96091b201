import EmbeddedRedis
import RedisScripting

/// What one connection has said so far, and the answers to it.
struct ClientSession {
  let host: EmbeddedHost
  let client: ConnectedClient
  let clients: ConnectedClients
  private let commands: ConnectionCommands
  /// Whether nobody is there any more to take an answer.
  private let isGone: @Sendable () -> Bool

  /// The commands since MULTI; nil outside of one.
  private var queue: [Command]? {
    didSet {
      let count = queue?.count
      client.change { $0.queued = count }
    }
  }
  /// A command of the transaction was refused: EXEC does nothing.
  private var isSpoilt = false
  /// Whether WATCH was said, and nothing that ends it.
  private var isWatching = false
  /// Whether it gets no more answers, not even those to what came with its last word.
  private(set) var isCutOff = false

  init(
    host: EmbeddedHost, settings: ServerSettings, client: ConnectedClient,
    clients: ConnectedClients, isGone: @escaping @Sendable () -> Bool
  ) {
    self.host = host
    self.client = client
    self.clients = clients
    self.isGone = isGone
    commands = ConnectionCommands(
      host: host, settings: settings, client: client, clients: clients)
  }

  /// The client has said QUIT, or something that no client may say, or somebody has ended it.
  var isOver: Bool { client.now.isEnding }

  func end() { client.change { $0.isEnding = true } }

  /// What a connection that ends leaves behind.
  mutating func cleanUp() async {
    await unwatch()
    clients.remove(client)
  }

  /// The commands that are answered here, and which the host only counts.
  private static let own = ConnectionCommands.names.union([
    "DISCARD", "EXEC", "MULTI", "QUIT", "RESET", "WATCH",
  ])

  /// What a transaction does not put off.
  private static let immediate: Set = ["DISCARD", "EXEC", "MULTI", "QUIT", "RESET", "WATCH"]

  /// Runs a command; the reply is what goes over the wire, which may be nothing.
  mutating func answer(_ command: Command) async -> Bytes {
    await waitForPause(command)
    client.change {
      $0.lastCommand = EmbeddedHost.fullName(of: command)
      $0.lastSeen = .now
      if $0.answers == .allButNext { $0.answers = .allButThis }
    }
    let reply = await reply(to: command)
    var isWanted = true
    client.change {
      switch $0.answers {
      case .all: break
      case .none, .allButNext: isWanted = false
      case .allButThis:
        isWanted = false
        $0.answers = .all
      }
    }
    return isWanted ? reply : []
  }

  private mutating func reply(to command: Command) async -> Bytes {
    let name = command.name
    // What a browser says that was led here. Redis, too, ends the connection without a word.
    if name == "POST" || name == "HOST:" {
      isCutOff = true
      end()
      return []
    }
    if queue != nil, !Self.immediate.contains(name) { return encoded(enqueue(command)) }
    guard Self.own.contains(name) else { return await wait(command) }
    if let refusal = EmbeddedHost.refusal(of: command) {
      var answer = refusal
      if name == "EXEC" {
        await discard()
        answer = ServerError(
          code: "EXECABORT", message: "Transaction discarded because of: \(refusal.message)")
      }
      if queue != nil { isSpoilt = true }
      let reply = encoded(.error(answer))
      host.note(command, reply: reply, isRefused: true)
      return reply
    }
    let reply = await ownReply(to: command)
    let isRefused = reply.starts(with: Self.fullServer)
    host.note(command, reply: reply, isRefused: isRefused)
    return reply
  }

  /// How EXEC's answer begins when there is no memory for what it would run.
  private static let fullServer = Bytes("-EXECABORT Transaction discarded because of: ".utf8)

  private mutating func ownReply(to command: Command) async -> Bytes {
    switch command.name {
    case "EXEC": return await execute()
    case "RESET":
      await discard()
      client.change {
        $0.mode = ClientMode(version: .two, database: 0)
        $0.name = []
        $0.answers = .all
      }
      return encoded(.status("RESET"))
    case "MULTI":
      guard queue == nil else { return encoded(failure("ERR MULTI calls can not be nested")) }
      queue = []
      isSpoilt = false
      return encoded(.status("OK"))
    case "DISCARD":
      guard queue != nil else { return encoded(failure("ERR DISCARD without MULTI")) }
      await discard()
      return encoded(.status("OK"))
    case "WATCH":
      guard queue == nil else {
        return encoded(failure("ERR WATCH inside MULTI is not allowed"))
      }
      isWatching = true
      let refusal = await host.watch(
        Array(command.arguments.dropFirst()), inDatabase: client.mode.database, client.watcher)
      return encoded(refusal.map { .error($0) } ?? .status("OK"))
    case "QUIT":
      end()
      return encoded(.status("OK"))
    default:
      if command.name == "UNWATCH" { await unwatch() }
      return commands.reply(to: command)
    }
  }

  private func encoded(_ reply: Reply) -> Bytes { WireReply.encode(reply, client.version) }

  private func failure(_ text: String) -> Reply { .error(ServerError(reply: text)) }

  // MARK: Transactions

  private mutating func enqueue(_ command: Command) -> Reply {
    if let refusal = host.refusal(inTransaction: command) {
      isSpoilt = true
      return .error(refusal)
    }
    queue?.append(command)
    return .status("QUEUED")
  }

  private mutating func execute() async -> Bytes {
    guard let queued = queue else { return encoded(failure("ERR EXEC without MULTI")) }
    guard !isSpoilt else {
      await discard()
      return encoded(failure("EXECABORT Transaction discarded because of previous errors."))
    }
    let (host, client, commands) = (host, client, commands)
    let reply = await host.transaction(
      queued, mode: { client.mode }, watcher: isWatching ? client.watcher : nil,
      own: { command in
        guard ConnectionCommands.names.contains(command.name) else { return nil }
        let reply = commands.reply(to: command)
        host.note(command, reply: reply, isRefused: false)
        return reply
      })
    await discard()
    return reply
  }

  private mutating func discard() async {
    queue = nil
    isSpoilt = false
    await unwatch()
  }

  private mutating func unwatch() async {
    if isWatching { await host.unwatch(client.watcher) }
    isWatching = false
  }

  // MARK: Waiting

  private func waitForPause(_ command: Command) async {
    // Nearly always there is no pause, and nothing to find out.
    guard clients.isPaused(writing: true) else { return }
    let writing =
      host.mayWrite(command)
      || command.name == "EXEC" && queue?.contains(where: host.mayWrite) == true
    while clients.isPaused(writing: writing), !Task.isCancelled, !isGone() {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }

  /// How long a command waits for what it wants, if it does so at all.
  private static func timeout(of command: Command) -> Duration?? {
    let words = command.arguments
    func seconds(_ index: Int) -> Duration?? {
      guard words.indices.contains(index),
        let value = Double(String(decoding: words[index], as: UTF8.self)), value >= 0
      else { return nil }
      return .some(value == 0 ? nil : .seconds(value))
    }
    switch command.name {
    case "BLPOP", "BRPOP", "BZPOPMIN", "BZPOPMAX", "BRPOPLPUSH", "BLMOVE":
      return seconds(words.count - 1)
    case "BLMPOP", "BZMPOP": return seconds(1)
    case "XREAD", "XREADGROUP":
      guard
        let block = words.firstIndex(where: {
          String(decoding: $0, as: UTF8.self).uppercased() == "BLOCK"
        }), words.indices.contains(block + 1),
        let value = Int64(String(decoding: words[block + 1], as: UTF8.self)), value >= 0
      else { return nil }
      return .some(value == 0 ? nil : .milliseconds(value))
    default: return nil
    }
  }

  /// The keys that a command waits for of which each element is one client's, by the type of what it takes.
  private static func wanted(_ command: Command) -> (type: String, keys: [Bytes])? {
    let words = command.arguments
    func numbered() -> [Bytes] {
      guard words.count > 3, let count = Int(String(decoding: words[2], as: UTF8.self)), count > 0
      else { return [] }
      return Array(words[3...].prefix(count))
    }
    switch command.name {
    case "BLPOP", "BRPOP": return ("list", Array(words.dropFirst().dropLast()))
    case "BRPOPLPUSH", "BLMOVE": return ("list", Array(words.dropFirst().prefix(1)))
    case "BLMPOP": return ("list", numbered())
    case "BZPOPMIN", "BZPOPMAX": return ("zset", Array(words.dropFirst().dropLast()))
    case "BZMPOP": return ("zset", numbered())
    default: return nil
    }
  }

  private func wait(_ command: Command) async -> Bytes {
    guard let timeout = Self.timeout(of: command) else {
      return await host.wireReply(to: command, client.mode)
    }
    // Who has come before is served before.
    let turn = Self.wanted(command).map { wanted in
      clients.line.enter(wanted.keys, type: wanted.type, database: client.mode.database)
    }
    defer { if let turn { clients.line.leave(turn) } }
    var reply = await host.wireReply(to: command, client.mode)
    guard WireReply.isNull(reply) else { return reply }
    let deadline = timeout.map { ContinuousClock.now + $0 }
    client.change { $0.isBlocked = true }
    defer {
      client.change {
        $0.isBlocked = false
        $0.release = nil
      }
    }
    while WireReply.isNull(reply) {
      try? await Task.sleep(for: .milliseconds(10))
      if client.now.release == .withError {
        return encoded(failure("UNBLOCKED client unblocked via CLIENT UNBLOCK"))
      }
      // What a client that has gone would take is another's.
      guard !Task.isCancelled, !isGone(), client.now.release == nil,
        deadline.map({ ContinuousClock.now < $0 }) ?? true
      else { return WireReply.nullArray(client.version) }
      if let turn, !clients.line.mayTry(turn) { continue }
      reply = await host.wireReply(to: command, client.mode, isAgain: true)
    }
    return reply
  }
}
