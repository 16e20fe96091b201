import EmbeddedRedis
import RedisScripting

/// What one connection has said so far, and the commands that concern only the connection.
struct ClientSession {
  let host: EmbeddedHost
  /// The client has said QUIT, or something that no client may say.
  var isOver = false

  private(set) var version = WireReply.Version.two
  private var name: Bytes = []
  /// The commands since MULTI; nil outside of one.
  private var queue: [Command]?
  /// A command of the transaction was refused: EXEC does nothing.
  private var isSpoilt = false

  init(host: EmbeddedHost) { self.host = host }

  /// Runs a command; the reply is what goes over the wire.
  mutating func answer(_ command: Command) async -> Bytes {
    let name = command.name
    if queue != nil, !["EXEC", "DISCARD", "MULTI", "RESET", "QUIT", "WATCH"].contains(name) {
      return encoded(enqueue(command))
    }
    switch name {
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
    default:
      if let reply = connectionReply(command) { return encoded(reply) }
      return await wait(command)
    }
  }

  /// The reply to what concerns only the connection; nil for all else.
  private mutating func connectionReply(_ command: Command) -> Reply? {
    let words = command.arguments
    let name = command.name
    switch name {
    case "QUIT":
      isOver = true
      return .status("OK")
    case "RESET":
      queue = nil
      isSpoilt = false
      version = .two
      self.name = []
      return .status("RESET")
    case "MULTI":
      guard words.count == 1 else { return wrongCount(name) }
      guard queue == nil else { return failure("ERR MULTI calls can not be nested") }
      queue = []
      isSpoilt = false
      return .status("OK")
    case "DISCARD":
      guard queue != nil else { return failure("ERR DISCARD without MULTI") }
      queue = nil
      return .status("OK")
    case "CLIENT": return client(words)
    default: return nil
    }
  }

  private func encoded(_ reply: Reply) -> Bytes { WireReply.encode(reply, version) }

  private func failure(_ text: String) -> Reply { .error(ServerError(reply: text)) }

  private func wrongCount(_ name: String) -> Reply {
    failure("ERR wrong number of arguments for '\(name.lowercased())' command")
  }

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
      guard !Task.isCancelled, deadline.map({ ContinuousClock.now < $0 }) ?? true else {
        return WireReply.nullArray(version)
      }
      try? await Task.sleep(for: .milliseconds(10))
      reply = await host.wireReply(to: command, version)
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
      // Everybody is the user that needs no password.
      case "AUTH" where index + 2 < words.count: index += 3
      case "SETNAME" where index + 1 < words.count:
        name = words[index + 1]
        index += 2
      default: return encoded(failure("ERR Syntax error in HELLO option '\(option)'"))
      }
    }
    version = wanted
    return map([
      ("server", Self.word("redis")), ("version", Self.word("7.0.15")),
      ("proto", .integer(Int64(version.rawValue))), ("id", .integer(1)),
      ("mode", Self.word("standalone")), ("role", Self.word("master")), ("modules", .array([])),
    ])
  }

  private mutating func client(_ words: [Bytes]) -> Reply {
    let subcommand =
      words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : ""
    switch (subcommand, words.count) {
    case ("SETNAME", 3):
      name = words[2]
      return .status("OK")
    case ("GETNAME", 2): return name.isEmpty ? .null : .bytes(name)
    case ("SETINFO", 4), ("NO-EVICT", 3): return .status("OK")
    case ("ID", 2): return .integer(1)
    case (_, ...1): return wrongCount("client")
    default:
      return failure("ERR CLIENT \(subcommand) is not supported by the embedded host")
    }
  }

  private func configuration(_ words: [Bytes]) -> Bytes {
    let subcommand =
      words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : ""
    switch (subcommand, words.count) {
    // Clients ask for what they may rely on: nothing is saved, and nothing evicted.
    case ("GET", 3...):
      let known = [
        "save": "", "appendonly": "no", "maxmemory": String(host.maximumMemory),
        "maxmemory-policy": "noeviction", "databases": "1",
      ]
      let names = Set(words[2...].map { String(decoding: $0, as: UTF8.self).lowercased() })
      return map(
        known.filter { names.contains($0.key) }.sorted { $0.key < $1.key }
          .map { ($0.key, Self.word($0.value)) })
    case ("SET", 4...) where words.count.isMultiple(of: 2): return encoded(set(words))
    case ("RESETSTAT", 2):
      host.resetStatistics()
      return encoded(.status("OK"))
    case (_, ...1), ("SET", _), ("GET", _), ("RESETSTAT", _):
      let name = words.count > 1 ? "config|\(subcommand)" : "config"
      return encoded(wrongCount(name))
    default:
      return encoded(failure("ERR CONFIG \(subcommand) is not supported by the embedded host"))
    }
  }

  private func set(_ words: [Bytes]) -> Reply {
    var memory: Int?
    for index in stride(from: 2, to: words.count, by: 2) {
      let name = String(decoding: words[index], as: UTF8.self).lowercased()
      let value = String(decoding: words[index + 1], as: UTF8.self).lowercased()
      switch (name, value) {
      case ("maxmemory", _):
        guard let bytes = Self.memory(value) else {
          return failure(
            "ERR CONFIG SET failed (possibly related to argument 'maxmemory') - "
              + "argument must be a memory value")
        }
        memory = bytes
      case ("maxmemory-policy", "noeviction"), ("appendonly", "no"), ("save", ""): continue
      default:
        return failure("ERR CONFIG SET \(name) is not supported by the embedded host")
      }
    }
    if let memory { host.maximumMemory = memory }
    return .status("OK")
  }

  /// `100`, `64kb`, `1G`: bytes; nil for anything else.
  private static func memory(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber }
    let units = [
      "": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1_000_000, "mb": 1 << 20, "g": 1_000_000_000,
      "gb": 1 << 30,
    ]
    guard let number = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else {
      return nil
    }
    let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
    return isTooMuch ? nil : bytes
  }
}
