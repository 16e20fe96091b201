import EmbeddedRedis
import RedisScripting

/// How a host in this process is set up for one script.
package struct ScriptHostPlan: Sendable {
  package var seed: SeedData?
  package var keyRule = EmbeddedConfiguration.KeyRule.any
  package var timeLimit = Duration.seconds(5)
  package var memory = MemoryLimits()
  /// Takes the messages of `redis.log`.
  package var log: @Sendable (EmbeddedConfiguration.LogLevel, String) -> Void = { _, _ in }

  package init() {}

  /// Opens a host in memory and fills it.
  ///
  /// - Parameter change: Sets what this plan does not know.
  package func open(
    _ change: (inout EmbeddedConfiguration) -> Void = { _ in }
  ) async throws(ScriptToolError) -> EmbeddedHost {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.keyRule = keyRule
    configuration.scriptTimeLimit = timeLimit
    memory.apply(to: &configuration)
    configuration.log = log
    change(&configuration)
    // What the seed fills is there before, whatever the limit is.
    let maximumMemory = configuration.maximumMemory
    if seed != nil { configuration.maximumMemory = 0 }
    let host: EmbeddedHost
    do throws(HostError) {
      host = try EmbeddedHost.open(configuration)
    } catch {
      throw .host(error)
    }
    try await seed?.load(into: host)
    host.maximumMemory = maximumMemory
    return host
  }
}

/// A script with what it is given.
package struct ScriptCall: Sendable {
  package let text: ScriptText
  package let keys: [Bytes]
  package let arguments: [Bytes]

  package init(_ text: ScriptText, keys: [Bytes], arguments: [Bytes]) {
    (self.text, self.keys, self.arguments) = (text, keys, arguments)
  }

  /// Which keys of the script's header it was not given, and how the script wants to be called; nil when there are none.
  /// A script may do without some: it is of use only where an error has come.
  package var missingKeys: String? {
    let header = text.header
    guard header.namesKeys, keys.count < header.keys.count else { return nil }
    let names = header.keys.enumerated().map { at, name in name.isEmpty ? "KEYS[\(at + 1)]" : name }
    let missing = (keys.count..<names.count).map { at in
      header.keys[at].isEmpty ? names[at] : "KEYS[\(at + 1)] (\(names[at]))"
    }
    let count = names.count
    let words = names.map { "<\($0)>" } + (header.hasMoreKeys ? ["…"] : [])
    let arguments =
      (header.argumentCount > 0 ? (1...header.argumentCount).map { "<ARGV[\($0)]>" } : [])
      + (header.hasMoreArguments ? ["…"] : [])
    return """
      \(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") missing: the header of \(text.path) \
      names \(count) key\(count == 1 ? "" : "s"), \(keys.count) \(keys.count == 1 ? "was" : "were") given
      Usage: irminsul script run \(text.path) \(words.joined(separator: " "))\
      \(arguments.isEmpty ? "" : " -- " + arguments.joined(separator: " "))
      """
  }

  /// Runs it.
  ///
  /// - Returns: The reply; an error of the script is a reply, too.
  package func run(on host: any ScriptHost) async throws(ScriptToolError) -> Reply {
    do throws(HostError) {
      return try await host.run(text.script, keys: keys, arguments: arguments)
    } catch {
      guard case .refused(_, _, let refusal) = error else { throw .host(error) }
      return .error(placed(refusal))
    }
  }

  /// An error with places in files where it names lines of the script.
  package func placed(_ error: ServerError) -> ServerError {
    ServerError(reply: placed(error.description))
  }

  /// What a server adds, which script it was and where, goes where the message says that already.
  func placed(_ text: String) -> String {
    var text = text
    if let match = text.firstMatch(of: #/,? ?script: [0-9a-f]{40}, on @?(user_script:\d+)\.?$/#) {
      let place = String(match.1)
      text.removeSubrange(match.range)
      if !text.contains("user_script:") { text += " (\(place))" }
    }
    return text.replacing(#/@?user_script:(\d+)/#) { match in
      line(Int(match.1) ?? 0)?.place ?? String(match.0)
    }
  }

  /// A line of the script by its number in the text that a server is given.
  package func line(_ number: Int) -> ScriptLine? {
    text.lines.indices.contains(number - 1) ? text.lines[number - 1] : nil
  }
}
