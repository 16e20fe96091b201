import EmbeddedRedis
import RedisScripting

/// The commands that concern a connection or the server, and no key; a transaction may have them, too.
struct ConnectionCommands: Sendable {
  static let names: Set = ["AUTH", "CLIENT", "CONFIG", "HELLO", "SELECT", "UNWATCH"]

  let host: EmbeddedHost
  let settings: ServerSettings
  let client: ConnectedClient
  let clients: ConnectedClients

  /// Runs a command that has as many words as it must have.
  func reply(to command: Command) -> Bytes {
    let words = command.arguments
    switch command.name {
    case "AUTH": return encoded(authenticate(words))
    case "CLIENT": return clientReply(words)
    case "CONFIG": return configuration(words)
    case "HELLO": return hello(words)
    case "SELECT": return encoded(select(words[1]))
    // In a transaction nothing is watched any more; outside of one the session has ended it.
    default: return encoded(.status("OK"))
    }
  }

  private func encoded(_ reply: Reply) -> Bytes { WireReply.encode(reply, client.version) }

  private func failure(_ text: String) -> Reply { .error(ServerError(reply: text)) }

  private static func word(_ text: String) -> Reply { .bytes(Bytes(text.utf8)) }

  private static func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }

  private func map(_ pairs: [(String, Reply)]) -> Bytes {
    pairs.reduce(WireReply.map(pairs.count, client.version)) {
      $0 + encoded(Self.word($1.0)) + encoded($1.1)
    }
  }

  // MARK: HELLO and AUTH

  private var wrongPassword: Reply {
    failure("WRONGPASS invalid username-password pair or user is disabled.")
  }

  /// There is one user, who needs no password.
  private func authenticate(_ words: [Bytes]) -> Reply {
    switch words.count {
    case 2:
      failure(
        "ERR AUTH <password> called without any password configured for the default user. "
          + "Are you sure your configuration is correct?")
    case 3: words[1] == Bytes("default".utf8) ? .status("OK") : wrongPassword
    default: failure("ERR syntax error")
    }
  }

  private func hello(_ words: [Bytes]) -> Bytes {
    var wanted = client.version
    if words.count > 1 {
      guard let number = Int(Self.text(words[1])) else {
        return encoded(failure("ERR Protocol version is not an integer or out of range"))
      }
      guard let known = WireReply.Version(rawValue: number) else {
        return encoded(failure("NOPROTO unsupported protocol version"))
      }
      wanted = known
    }
    var index = 2
    while index < words.count {
      let option = Self.text(words[index])
      switch option.uppercased() {
      case "AUTH" where index + 2 < words.count:
        guard words[index + 1] == Bytes("default".utf8) else { return encoded(wrongPassword) }
        index += 3
      case "SETNAME" where index + 1 < words.count:
        let reply = setName(words[index + 1])
        if case .error = reply { return encoded(reply) }
        index += 2
      default: return encoded(failure("ERR Syntax error in HELLO option '\(option)'"))
      }
    }
    client.change { $0.mode.version = wanted }
    return map([
      ("server", Self.word("redis")), ("version", Self.word("7.0.15")),
      ("proto", .integer(Int64(wanted.rawValue))), ("id", .integer(Int64(client.id))),
      ("mode", Self.word("standalone")), ("role", Self.word("master")), ("modules", .array([])),
    ])
  }

  // MARK: CLIENT

  private func clientReply(_ words: [Bytes]) -> Bytes {
    switch Self.text(words[1]).uppercased() {
    case "INFO": return WireReply.verbatim(client.line, client.version)
    case "LIST": return list(words)
    case "TRACKINGINFO":
      var output = WireReply.map(3, client.version)
      output += encoded(Self.word("flags"))
      output += WireReply.set(1, client.version) + encoded(Self.word("off"))
      output += encoded(Self.word("redirect")) + encoded(.integer(-1))
      output += encoded(Self.word("prefixes")) + encoded(.array([]))
      return output
    case "REPLY": return changeAnswers(words)
    case let subcommand: return encoded(plainClientReply(subcommand, words))
    }
  }

  private func plainClientReply(_ subcommand: String, _ words: [Bytes]) -> Reply {
    switch subcommand {
    case "SETNAME": return setName(words[2])
    case "GETNAME": return client.now.name.isEmpty ? .null : .bytes(client.now.name)
    case "ID": return .integer(Int64(client.id))
    case "GETREDIR": return .integer(-1)
    case "NO-EVICT":
      let word = Self.text(words[2]).lowercased()
      guard ["on", "off"].contains(word) else { return failure("ERR syntax error") }
      client.change { $0.isSpared = word == "on" }
      return .status("OK")
    case "KILL": return kill(words)
    case "PAUSE": return pause(words)
    case "UNPAUSE":
      clients.unpause()
      return .status("OK")
    case "UNBLOCK": return unblock(words)
    case "CACHING":
      return failure(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
          + "OPTOUT mode enabled")
    case "TRACKING" where Self.text(words[2]).lowercased() != "on":
      let isOff = Self.text(words[2]).lowercased() == "off"
      return isOff ? .status("OK") : failure("ERR syntax error")
    case "HELP": return .array(Self.clientHelp.map { .status($0) })
    default: return failure("ERR CLIENT \(subcommand) is not supported by the embedded host")
    }
  }

  private static let clientHelp = [
    "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GETNAME", "    The name of this connection.",
    "GETREDIR", "    -1: nothing is tracked.",
    "ID", "    The number of this connection.",
    "INFO", "    What is known of this connection.",
    "KILL <ip:port>", "    Ends a connection.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Ends connections by ID, ADDR, LADDR, TYPE, USER and SKIPME.",
    "LIST [TYPE <type> | ID <id> [<id> ...]]", "    What is known of connections.",
    "NO-EVICT (ON|OFF)", "    Nothing is evicted.",
    "PAUSE <timeout> [WRITE|ALL]", "    Lets commands wait for some milliseconds.",
    "REPLY (ON|OFF|SKIP)", "    Which commands are answered.",
    "SETNAME <name>", "    Names this connection.",
    "TRACKINGINFO", "    Nothing is tracked.",
    "UNBLOCK <id> [TIMEOUT|ERROR]", "    Ends the waiting of a blocked client.",
    "UNPAUSE", "    Ends a PAUSE.",
    "HELP", "    Prints this help.",
  ]

  private func select(_ word: Bytes) -> Reply {
    guard let number = integer(word) else {
      return failure("ERR value is not an integer or out of range")
    }
    guard Int32(exactly: number) != nil else {
      return failure(
        "ERR value is out of range, value must between \(Int32.min) and \(Int32.max)")
    }
    guard number >= 0, number < host.databaseCount else {
      return failure("ERR DB index is out of range")
    }
    client.change { $0.mode.database = Int(number) }
    return .status("OK")
  }

  private func setName(_ name: Bytes) -> Reply {
    guard name.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      return failure(
        "ERR Client names cannot contain spaces, newlines or special characters.")
    }
    client.change { $0.name = name }
    return .status("OK")
  }

  private func integer(_ word: Bytes) -> Int64? { Int64(redis: word) }

  /// Whether clients of a type are those that there are; nil for what is no type.
  private static func isNormal(_ type: Bytes) -> Bool? {
    switch text(type).lowercased() {
    case "normal": true
    case "slave", "replica", "pubsub", "master": false
    default: nil
    }
  }

  private func list(_ words: [Bytes]) -> Bytes {
    var shown = clients.all
    let option = words.count > 2 ? Self.text(words[2]).lowercased() : ""
    if words.count == 4, option == "type" {
      guard let isNormal = Self.isNormal(words[3]) else {
        return encoded(failure("ERR Unknown client type '\(Self.text(words[3]))'"))
      }
      if !isNormal { shown = [] }
    } else if words.count > 3, option == "id" {
      let ids = words[3...].map(integer)
      guard !ids.contains(nil) else { return encoded(failure("ERR Invalid client ID")) }
      shown = ids.compactMap { $0.flatMap { Int(exactly: $0) } }.compactMap { clients[$0] }
    } else if words.count > 2 {
      return encoded(failure("ERR syntax error"))
    }
    return WireReply.verbatim(shown.map(\.line).joined(), client.version)
  }

  private func kill(_ words: [Bytes]) -> Reply {
    if words.count == 3 {
      let address = Self.text(words[2])
      guard let found = clients.all.first(where: { $0.address == address }) else {
        return failure("ERR No such client")
      }
      end(found)
      return .status("OK")
    }
    var (id, address, localAddress) = (Int64?.none, String?.none, String?.none)
    var isNormal = true
    var sparesMe = true
    var index = 2
    while index < words.count {
      guard index + 1 < words.count else { return failure("ERR syntax error") }
      let text = Self.text(words[index + 1])
      switch Self.text(words[index]).lowercased() {
      case "id":
        guard let number = integer(words[index + 1]), number > 0 else {
          return failure("ERR client-id should be greater than 0")
        }
        id = number
      case "type":
        guard let known = Self.isNormal(words[index + 1]) else {
          return failure("ERR Unknown client type '\(text)'")
        }
        isNormal = known
      case "addr": address = text
      case "laddr": localAddress = text
      case "user":
        guard text == "default" else { return failure("ERR No such user '\(text)'") }
      case "skipme" where ["yes", "no"].contains(text.lowercased()):
        sparesMe = text.lowercased() == "yes"
      default: return failure("ERR syntax error")
      }
      index += 2
    }
    let found = clients.all.filter {
      isNormal && (id == nil || id == Int64($0.id)) && (address == nil || address == $0.address)
        && (localAddress == nil || localAddress == $0.localAddress)
        && !(sparesMe && $0.id == client.id)
    }
    for other in found { end(other) }
    return .integer(Int64(found.count))
  }

  /// Ends a connection; this one after its answer.
  private func end(_ other: ConnectedClient) {
    other.change { $0.isEnding = true }
    if other.id != client.id { other.close() }
  }

  private func pause(_ words: [Bytes]) -> Reply {
    var writesOnly = false
    if words.count == 4 {
      switch Self.text(words[3]).lowercased() {
      case "write": writesOnly = true
      case "all": break
      default: return failure("ERR CLIENT PAUSE mode must be WRITE or ALL")
      }
    } else if words.count > 4 {
      return failure("ERR syntax error")
    }
    guard let time = integer(words[2]) else {
      return failure("ERR timeout is not an integer or out of range")
    }
    guard time >= 0 else { return failure("ERR timeout is negative") }
    clients.pause(for: time, writesOnly: writesOnly)
    return .status("OK")
  }

  private func unblock(_ words: [Bytes]) -> Reply {
    var release = ConnectedClient.Release.asTimeout
    if words.count == 4 {
      switch Self.text(words[3]).lowercased() {
      case "timeout": break
      case "error": release = .withError
      default: return failure("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
      }
    } else if words.count > 4 {
      return failure("ERR syntax error")
    }
    guard let id = integer(words[2]) else {
      return failure("ERR value is not an integer or out of range")
    }
    let found = Int(exactly: id).flatMap { clients[$0] }
    return .integer(found?.release(release) == true ? 1 : 0)
  }

  private func changeAnswers(_ words: [Bytes]) -> Bytes {
    switch Self.text(words[2]).lowercased() {
    case "on":
      client.change { $0.answers = .all }
      return encoded(.status("OK"))
    case "off": client.change { $0.answers = .none }
    case "skip":
      client.change { if $0.answers != .none { $0.answers = .allButNext } }
    default: return encoded(failure("ERR syntax error"))
    }
    return []
  }

  // MARK: CONFIG

  private func configuration(_ words: [Bytes]) -> Bytes {
    switch Self.text(words[1]).uppercased() {
    case "GET":
      return map(settings.values(Array(words[2...])).map { ($0.name, Self.word($0.value)) })
    case "SET":
      return encoded(settings.set(Array(words[2...])).map { .error($0) } ?? .status("OK"))
    case "RESETSTAT":
      host.resetStatistics()
      return encoded(.status("OK"))
    case "REWRITE": return encoded(failure("ERR The server is running without a config file"))
    default: return encoded(.array(Self.configurationHelp.map { .status($0) }))
    }
  }

  private static let configurationHelp = [
    "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GET <pattern>", "    Names that match, and their values.",
    "SET <directive> <value>", "    Changes a value.",
    "RESETSTAT", "    Forgets what INFO counts.",
    "REWRITE", "    There is no file to write.",
    "HELP", "    Prints this help.",
  ]
}
