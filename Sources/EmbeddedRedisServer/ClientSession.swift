import EmbeddedRedis
import RedisScripting

/// What one connection has said so far, and the commands that concern only the connection.
struct ClientSession {
  let host: EmbeddedHost
  /// The client has said QUIT, or something that no client may say.
  var isOver = false

  private var name: Bytes = []
  /// The commands since MULTI; nil outside of one.
  private var queue: [Command]?
  /// A command of the transaction was refused: EXEC does nothing.
  private var isSpoilt = false

  init(host: EmbeddedHost) { self.host = host }

  mutating func answer(_ command: Command) async -> Reply {
    let name = command.name
    if queue != nil, !["EXEC", "DISCARD", "MULTI", "RESET", "QUIT", "WATCH"].contains(name) {
      return enqueue(command)
    }
    let words = command.arguments
    switch name {
    case "QUIT":
      isOver = true
      return .status("OK")
    case "RESET":
      queue = nil
      isSpoilt = false
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
    case "EXEC":
      guard let commands = queue else { return failure("ERR EXEC without MULTI") }
      queue = nil
      guard !isSpoilt else {
        return failure("EXECABORT Transaction discarded because of previous errors.")
      }
      return await host.transaction(commands)
    case "HELLO": return hello(words)
    case "CLIENT": return client(words)
    case "CONFIG": return configuration(words)
    default: return await wait(command)
    }
  }

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

  private func wait(_ command: Command) async -> Reply {
    var reply = await host.reply(to: command)
    guard reply == .null, let timeout = Self.timeout(of: command) else { return reply }
    let deadline = timeout.map { ContinuousClock.now + $0 }
    while reply == .null, !Task.isCancelled, deadline.map({ ContinuousClock.now < $0 }) ?? true {
      try? await Task.sleep(for: .milliseconds(10))
      reply = await host.reply(to: command)
    }
    return reply
  }

  // MARK: The connection

  private func hello(_ words: [Bytes]) -> Reply {
    if words.count > 1 {
      guard let version = Int(String(decoding: words[1], as: UTF8.self)) else {
        return failure("ERR Protocol version is not an integer or out of range")
      }
      guard version == 2 else { return failure("NOPROTO unsupported protocol version") }
      guard words.count == 2 else {
        return failure("ERR HELLO with options is not supported by the embedded host")
      }
    }
    return .array([
      .bytes(Bytes("server".utf8)), .bytes(Bytes("redis".utf8)), .bytes(Bytes("version".utf8)),
      .bytes(Bytes("7.0.15".utf8)), .bytes(Bytes("proto".utf8)), .integer(2),
      .bytes(Bytes("id".utf8)), .integer(1), .bytes(Bytes("mode".utf8)),
      .bytes(Bytes("standalone".utf8)), .bytes(Bytes("role".utf8)), .bytes(Bytes("master".utf8)),
      .bytes(Bytes("modules".utf8)), .array([]),
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

  private func configuration(_ words: [Bytes]) -> Reply {
    let subcommand =
      words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : ""
    switch (subcommand, words.count) {
    // Clients ask for what they may rely on: nothing is saved, and nothing evicted.
    case ("GET", 3...):
      let known = [
        "save": "", "appendonly": "no", "maxmemory": "0", "maxmemory-policy": "noeviction",
        "databases": "1",
      ]
      return .array(
        words[2...].flatMap { word -> [Reply] in
          let name = String(decoding: word, as: UTF8.self).lowercased()
          return known[name].map { [.bytes(Bytes(name.utf8)), .bytes(Bytes($0.utf8))] } ?? []
        })
    case ("RESETSTAT", 2):
      host.resetStatistics()
      return .status("OK")
    case (_, ...1): return wrongCount("config")
    default:
      return failure("ERR CONFIG \(subcommand) is not supported by the embedded host")
    }
  }
}
