import EmbeddedRedis
import RedisScripting

/// What one connection has said so far, and the commands that concern only the connection.
struct ClientSession {
  let host: EmbeddedHost
  let settings: ServerSettings
  /// Its number among the connections of the server.
  let id: Int
  /// Whether nobody is there any more to take an answer.
  let isGone: @Sendable () -> Bool
  /// The client has said QUIT, or something that no client may say.
  var isOver = false

  private(set) var version = WireReply.Version.two
  private var name: Bytes = []
  /// The commands since MULTI; nil outside of one.
  private var queue: [Command]?
  /// A command of the transaction was refused: EXEC does nothing.
  private var isSpoilt = false

  init(
    host: EmbeddedHost, settings: ServerSettings, id: Int, isGone: @escaping @Sendable () -> Bool
  ) {
    self.host = host
    self.settings = settings
    self.id = id
    self.isGone = isGone
  }

  /// The commands that are answered here, and which the host only counts.
  private static let own: Set = [
    "CLIENT", "CONFIG", "DISCARD", "EXEC", "HELLO", "MULTI", "QUIT", "RESET",
  ]

  /// Runs a command; the reply is what goes over the wire.
  mutating func answer(_ command: Command) async -> Bytes {
    let name = command.name
    if queue != nil, !["EXEC", "DISCARD", "MULTI", "RESET", "QUIT", "WATCH"].contains(name) {
      return encoded(enqueue(command))
    }
    guard Self.own.contains(name) else { return await wait(command) }
    if let refusal = EmbeddedHost.refusal(of: command) {
      var answer = refusal
      if name == "EXEC" {
        queue = nil
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
    case "EXEC":
      guard let commands = queue else { return encoded(failure("ERR EXEC without MULTI")) }
      queue = nil
      guard !isSpoilt else {
        return encoded(
          failure("EXECABORT Transaction discarded because of previous errors."))
      }
      return await host.transaction(commands, version)
    case "HELLO": return hello(command.arguments)
    case "CONFIG": return configuration(command.arguments)
    default: return encoded(connectionReply(command))
    }
  }

  /// The reply to what concerns only the connection.
  private mutating func connectionReply(_ command: Command) -> Reply {
    switch command.name {
    case "RESET":
      queue = nil
      isSpoilt = false
      version = .two
      self.name = []
      return .status("RESET")
    case "MULTI":
      guard queue == nil else { return failure("ERR MULTI calls can not be nested") }
      queue = []
      isSpoilt = false
      return .status("OK")
    case "DISCARD":
      guard queue != nil else { return failure("ERR DISCARD without MULTI") }
      queue = nil
      return .status("OK")
    case "CLIENT": return client(command.arguments)
    default:
      isOver = true
      return .status("OK")
    }
  }

  private func encoded(_ reply: Reply) -> Bytes { WireReply.encode(reply, version) }

  private func failure(_ text: String) -> Reply { .error(ServerError(reply: text)) }

  private mutating func enqueue(_ command: Command) -> Reply {
    if let refusal = host.refusal(inTransaction: command) {
      isSpoilt = true
      return .error(refusal)
    }
    queue?.append(command)
    return .status("QUEUED")
  }

  // MARK: Waiting

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

  private func wait(_ command: Command) async -> Bytes {
    var reply = await host.wireReply(to: command, version)
    guard WireReply.isNull(reply), let timeout = Self.timeout(of: command) else { return reply }
    let deadline = timeout.map { ContinuousClock.now + $0 }
    while WireReply.isNull(reply) {
      try? await Task.sleep(for: .milliseconds(10))
      // What a client that has gone would take is another's.
      guard !Task.isCancelled, !isGone(), deadline.map({ ContinuousClock.now < $0 }) ?? true else {
        return WireReply.nullArray(version)
      }
      reply = await host.wireReply(to: command, version, isAgain: true)
    }
    return reply
  }

  // MARK: The connection

  private static func word(_ text: String) -> Reply { .bytes(Bytes(text.utf8)) }

  private func map(_ pairs: [(String, Reply)]) -> Bytes {
    pairs.reduce(WireReply.map(pairs.count, version)) {
      $0 + encoded(Self.word($1.0)) + encoded($1.1)
    }
  }

  private mutating func hello(_ words: [Bytes]) -> Bytes {
    var wanted = version
    if words.count > 1 {
      guard let number = Int(String(decoding: words[1], as: UTF8.self)) else {
        return encoded(failure("ERR Protocol version is not an integer or out of range"))
      }
      guard let known = WireReply.Version(rawValue: number) else {
        return encoded(failure("NOPROTO unsupported protocol version"))
      }
      wanted = known
    }
    var index = 2
    while index < words.count {
      let option = String(decoding: words[index], as: UTF8.self)
      switch option.uppercased() {
      case "AUTH" where index + 2 < words.count:
        // There is one user, who needs no password.
        guard words[index + 1] == Bytes("default".utf8) else {
          return encoded(
            failure("WRONGPASS invalid username-password pair or user is disabled."))
        }
        index += 3
      case "SETNAME" where index + 1 < words.count:
        if let refusal = setName(words[index + 1]) { return encoded(refusal) }
        index += 2
      default: return encoded(failure("ERR Syntax error in HELLO option '\(option)'"))
      }
    }
    version = wanted
    return map([
      ("server", Self.word("redis")), ("version", Self.word("7.0.15")),
      ("proto", .integer(Int64(version.rawValue))), ("id", .integer(Int64(id))),
      ("mode", Self.word("standalone")), ("role", Self.word("master")), ("modules", .array([])),
    ])
  }

  /// Why a name cannot be taken, if it cannot.
  private mutating func setName(_ name: Bytes) -> Reply? {
    guard name.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      return failure(
        "ERR Client names cannot contain spaces, newlines or special characters.")
    }
    self.name = name
    return nil
  }

  private static func subcommand(_ words: [Bytes]) -> String {
    String(decoding: words[1], as: UTF8.self).uppercased()
  }

  private mutating func client(_ words: [Bytes]) -> Reply {
    switch Self.subcommand(words) {
    case "SETNAME": return setName(words[2]) ?? .status("OK")
    case "GETNAME": return name.isEmpty ? .null : .bytes(name)
    case "NO-EVICT":
      // Nothing is evicted.
      let isSwitch = ["on", "off"].contains(String(decoding: words[2], as: UTF8.self).lowercased())
      return isSwitch ? .status("OK") : failure("ERR syntax error")
    case "ID": return .integer(Int64(id))
    case let name: return failure("ERR CLIENT \(name) is not supported by the embedded host")
    }
  }

  private func configuration(_ words: [Bytes]) -> Bytes {
    switch Self.subcommand(words) {
    case "GET":
      return map(settings.values(Array(words[2...])).map { ($0.name, Self.word($0.value)) })
    case "SET":
      return encoded(settings.set(Array(words[2...])).map { .error($0) } ?? .status("OK"))
    case "RESETSTAT":
      host.resetStatistics()
      return encoded(.status("OK"))
    case let name:
      return encoded(failure("ERR CONFIG \(name) is not supported by the embedded host"))
    }
  }
}
