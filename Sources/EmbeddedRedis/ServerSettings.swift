import RedisScripting

/// What CONFIG GET and CONFIG SET know: what clients ask for, of which some may be changed.
package final class ServerSettings: Sendable {
  private enum Kind {
    /// `100`, `64kb`, `1G`.
    case memory
    case number
    /// Only the value that it has.
    case fixed
    /// Fixed when a server starts.
    case immutable
  }

  private static let kinds: [String: Kind] = [
    "appendonly": .fixed, "busy-reply-threshold": .number, "databases": .immutable,
    "lua-time-limit": .number, "maxmemory": .memory, "maxmemory-policy": .fixed, "save": .fixed,
    "stream-node-max-bytes": .fixed, "stream-node-max-entries": .fixed,
  ]

  private let host: EmbeddedHost
  /// Redis' number with two names: the milliseconds after which others learn that a script runs. It stops no script.
  private let threshold = Locked<Int64>(5000)

  package init(host: EmbeddedHost) { self.host = host }

  private func value(_ name: String) -> String {
    switch name {
    case "appendonly": "no"
    case "databases": String(host.databaseCount)
    case "maxmemory": String(host.maximumMemory)
    case "maxmemory-policy": "noeviction"
    case "stream-node-max-bytes": String(StreamNodes.mostBytes)
    case "stream-node-max-entries": String(StreamNodes.mostEntries)
    case "save": ""
    default: String(threshold.withLock { $0 })
    }
  }

  /// Names and values, for names and patterns of names.
  package func values(_ patterns: [Bytes]) -> [(name: String, value: String)] {
    // How each is shown: a whole name as it was asked for.
    var shown: [String: String] = [:]
    for pattern in patterns {
      let text = String(decoding: pattern, as: UTF8.self)
      let lowered = Bytes(text.lowercased().utf8)
      for name in Self.kinds.keys where shown[name] == nil {
        if name == text.lowercased() {
          shown[name] = text
        } else if lowered.withView({ pattern in
          Bytes(name.utf8).withView { GlobPattern.matches(pattern, $0) }
        }) {
          shown[name] = name
        }
      }
    }
    return shown.sorted { $0.key < $1.key }.map { ($0.value, value($0.key)) }
  }

  /// Changes settings, all of them or none.
  ///
  /// - Parameter words: Names and values in turn.
  /// - Returns: Why nothing was changed, if so.
  package func set(_ words: [Bytes]) -> ServerError? {
    guard words.count.isMultiple(of: 2) else {
      return ServerError(code: "ERR", message: "syntax error")
    }
    let texts = words.map { String(decoding: $0, as: UTF8.self) }
    var pairs: [(name: String, kind: Kind, value: String)] = []
    for index in stride(from: 0, to: texts.count, by: 2) {
      let name = texts[index].lowercased()
      guard let kind = Self.kinds[name] else {
        return ServerError(
          code: "ERR",
          message: "Unknown option or number of arguments for CONFIG SET - '\(texts[index])'")
      }
      guard !pairs.contains(where: { $0.name == name }) else {
        return Self.failure(texts[index], "duplicate parameter")
      }
      if case .immutable = kind { return Self.failure(texts[index], "can't set immutable config") }
      pairs.append((name, kind, texts[index + 1]))
    }
    var memory: Int?
    var number: Int64?
    for (name, kind, value) in pairs {
      switch kind {
      case .memory:
        guard let bytes = MemorySize.bytes(value) else {
          return Self.failure(name, "argument must be a memory value")
        }
        memory = bytes
      case .number:
        guard let parsed = Bytes(value.utf8).withView({ $0.integer }) else {
          return Self.failure(name, "argument couldn't be parsed into an integer")
        }
        guard parsed >= 0 else {
          return Self.failure(name, "argument must be between 0 and \(Int64.max) inclusive")
        }
        number = parsed
      case .fixed, .immutable:
        guard value.lowercased() == self.value(name) else {
          return ServerError(
            code: "ERR",
            message: "CONFIG SET \(name) \(value) is not supported by the embedded host")
        }
      }
    }
    if let memory { host.maximumMemory = memory }
    if let number { threshold.withLock { $0 = number } }
    return nil
  }

  private static func failure(_ name: String, _ reason: String) -> ServerError {
    ServerError(
      code: "ERR",
      message: "CONFIG SET failed (possibly related to argument '\(name)') - \(reason)")
  }
}
