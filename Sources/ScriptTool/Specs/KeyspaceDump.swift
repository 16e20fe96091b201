import RedisScripting

/// What a database holds, in an order of its own: for comparing two hosts.
enum KeyspaceDump {
  /// Ids of stream entries that may come from the clock are left out.
  enum StreamIDs { case shown, hidden }

  /// A line for each key: its name, its kind, whether it expires, and what it holds.
  static func lines(of host: any ScriptHost, _ ids: StreamIDs) async throws(HostError) -> [String] {
    let keys = try await host.run(Command("KEYS", "*")).array?.compactMap(\.bytes) ?? []
    var lines: [String] = []
    for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let kind = try await host.run(Command(arguments: [Bytes("TYPE".utf8), key])).text ?? ""
      let expiry = try await host.run(Command(arguments: [Bytes("PTTL".utf8), key])).integer ?? -1
      func read(_ words: String...) async throws(HostError) -> Reply {
        var arguments = words.map { Bytes($0.utf8) }
        arguments.insert(key, at: 1)
        return try await host.run(Command(arguments: arguments))
      }
      let content: String
      switch kind {
      case "string": content = ReplyText.line(try await read("GET"))
      case "list": content = ReplyText.line(try await read("LRANGE", "0", "-1"))
      case "set": content = parts(try await read("SMEMBERS"), size: 1)
      case "hash": content = parts(try await read("HGETALL"), size: 2)
      case "zset": content = ReplyText.line(try await read("ZRANGE", "0", "-1", "WITHSCORES"))
      case "stream":
        let entries = try await read("XRANGE", "-", "+").array ?? []
        content = entries.map { entry in
          ReplyText.line(ids == .hidden ? entry.array?.last ?? entry : entry)
        }.joined(separator: " ")
      default: content = ""
      }
      lines.append(
        "\(ReplyText.quoted(key)) \(kind)\(expiry < 0 ? "" : " expires") \(content)")
    }
    return lines
  }

  private static func parts(_ reply: Reply, size: Int) -> String {
    let elements = reply.array ?? []
    return stride(from: 0, to: elements.count, by: size).map { at in
      elements[at..<min(at + size, elements.count)].map(ReplyText.line).joined(separator: " = ")
    }.sorted().joined(separator: ", ")
  }
}
