import CIrminsulLuaBridge
import RedisScripting

/// A ``ScriptHost`` that is in this process: Redis' Lua 5.1, on an interpreter of 5.4, beside a keyspace in memory or in a
/// file.
///
/// ```swift
/// let host = try EmbeddedHost(storage: .memory)
/// let script = Script(name: "greet", keys: [], access: .read, source: "return 'hello ' .. ARGV[1]")
/// let reply = try await host.run(script, keys: [], arguments: [Bytes("world".utf8)])
/// ```
///
/// Redis 7.0 is the definition of what commands and scripts do. What differs on purpose:
///
/// - A script that raises an error changes nothing in a file; in memory, as on Redis, what it had
///   written stays. A script that *returns* an error has ended by itself: its writes stay.
/// - A script that exceeds `scriptTimeLimit` is stopped with a `TIMEOUT` error, and what it had written
///   is undone. It comes late by what cannot be interrupted: one command, one copy of a text, or one
///   collection of what a script has left behind, which takes some tenths of a second for each gigabyte.
/// - Scripts are Lua 5.1, which is translated line by line for the interpreter of 5.4. What that cannot hide: the length
///   of a list with holes, `__len` of tables, and the line of an error in an expression of several lines.
/// - What a script sets in `cjson` and by `collectgarbage` holds to its end; on Redis it holds for all later scripts, until
///   SCRIPT FLUSH. Tables with several names are walked and written in another order.
/// - A value is at most 512 MiB. Keys with an expiry, groups of streams and databases other than 0 are in
///   memory only. Commands and scripts begin in database 0, unless a server's client has selected another.
/// - HSCAN, SSCAN and SCAN keep to COUNT also in small collections. In files, `~` in XADD and XTRIM trims by
///   hundreds of entries; in memory by Redis' own nodes.
/// - INFO counts commands and errors as Redis does, ``run(_:keys:arguments:)`` as an EVALSHA; the times of commands only
///   for the clients of a server. Of the codes that scripts make up it tells 1,000 apart.
/// - XREAD never waits: ``entries(in:after:count:timeout:)`` does.
public final class EmbeddedHost: ScriptHost {
  static let largestValue = 512 << 20

  static let databasesInMemory = 16

  public let location: String
  /// How many databases clients may select.
  package let databaseCount: Int
  public let maximumValueSize = EmbeddedHost.largestValue
  public let mayLoseAnswers = false

  private let engine: any HostEngine
  private let scripts: ScriptRegistry
  let functions: FunctionRegistry
  private let statistics: CallStatistics
  private let memoryLimit: MemoryLimit

  private init(location: String, engine: any HostEngine, _ configuration: EmbeddedConfiguration) {
    self.location = location
    databaseCount = location == "memory:" ? Self.databasesInMemory : 1
    self.engine = engine
    scripts = configuration.scripts
    functions = configuration.functions
    statistics = configuration.statistics
    memoryLimit = configuration.memoryLimit
  }

  /// A host with the default limits.
  ///
  /// - Throws: `HostError.storage` with file, reason and remedy.
  public convenience init(storage: EmbeddedConfiguration.Storage) throws(HostError) {
    try self.init(EmbeddedConfiguration(storage: storage))
  }

  /// Opens a host. A file is opened, checked and, where its mode says so, created.
  ///
  /// - Throws: `HostError.storage` with file, reason and remedy; the file is then unchanged.
  public static func open(
    _ configuration: EmbeddedConfiguration
  ) throws(HostError) -> EmbeddedHost {
    try EmbeddedHost(configuration)
  }

  private convenience init(_ given: EmbeddedConfiguration) throws(HostError) {
    var configuration = given
    configuration.scripts = ScriptRegistry()
    configuration.functions = FunctionRegistry()
    configuration.statistics = CallStatistics()
    configuration.memoryLimit = MemoryLimit(bytes: max(0, given.maximumMemory))
    switch configuration.storage {
    case .memory:
      self.init(location: "memory:", engine: try MemoryEngine(configuration), configuration)
    case .file(let path, let mode):
      #if File
        let opening = FileOpening(
          path: path, mode: mode, busyTimeout: configuration.busyTimeout,
          durability: configuration.durability)
        self.init(
          location: opening.location, engine: try FileEngine(opening, configuration), configuration)
      #else
        _ = mode
        throw .storage(
          location: "file:\(path)", reason: "this program was built without file: stores",
          remedy: "Build it with the package trait File.")
      #endif
    }
  }

  /// Runs a script as a whole: no other call of this host, or of another writer of the file, comes in
  /// between. Costs about a microsecond and what the script does; on a file also a transaction.
  public func run(
    _ script: Script, keys: [Bytes], arguments: [Bytes]
  ) async throws(HostError) -> Reply {
    try checkSize(keys)
    try checkSize(arguments)
    let source = scripts.add(script.sha1, Bytes(script.source.utf8))
    var call = HostCall(
      name: script.name, access: script.access,
      work: .script(sha1: script.sha1, source: source, keys: keys, arguments: arguments))
    call.number = Self.evalshaNumber
    return try await run(call)
  }

  private static let evalshaNumber = CommandCatalogue.entries["evalsha"]?.number

  /// Runs one command of those that Redis has and this host knows, EVAL and SCRIPT among them.
  public func run(_ command: Command) async throws(HostError) -> Reply {
    switch command.name {
    case "SCRIPT", "FUNCTION": return try await run(management(command))
    default: return try await run(try call(for: command))
    }
  }

  /// A call that runs one other, while nobody else's comes in between.
  typealias Perform = (HostCall) throws(HostError) -> Reply

  /// SCRIPT or FUNCTION, which no interpreter counts.
  private func management(
    _ command: Command, _ version: WireReply.Version? = nil, _ isOutOfMemory: Bool? = nil
  ) -> HostCall {
    let work = HostCall.Work.host { perform in
      do throws(HostError) {
        let reply = try self.manage(command, isOutOfMemory) { (call) throws(HostError) in
          try self.reply(perform(call), to: call.name)
        }
        guard let version else { return .done(reply) }
        return .done(.bytes(FunctionReply(reply, to: command).encode(version)))
      } catch {
        if case .storage(_, let reason, let remedy) = error {
          return .storageFailed(reason: reason, remedy: remedy)
        }
        return .failed(.error(Self.serverError(error)))
      }
    }
    var call = HostCall(name: command.name, access: .read, work: work)
    call.wire = version
    return call
  }

  private func manage(
    _ command: Command, _ isOutOfMemory: Bool?, _ perform: Perform
  ) throws(HostError) -> Reply {
    let entry = CommandCatalogue.entry(command.arguments)
    do throws(HostError) {
      if let entry, entry.grows, entry.accepts(command.arguments.count) {
        try checkMemory(command.name, isOutOfMemory)
      }
      let reply =
        command.name == "SCRIPT"
        ? try manageScripts(command, perform) : try manageFunctions(command, perform)
      if let entry { statistics.count(entry.number, failures: 0) }
      return reply
    } catch {
      count(error, of: command)
      throw error
    }
  }

  /// Counts an error that comes before a command has run.
  private func count(_ error: HostError, of command: Command) {
    let error = Self.serverError(error)
    statistics.add(error: error)
    let words = command.arguments
    guard let entry = CommandCatalogue.entry(words) else { return }
    if error.code == "OOM" || !entry.accepts(words.count) {
      statistics.reject(entry.number)
    } else {
      statistics.count(entry.number, failures: 1)
    }
  }

  /// Counts a command that somebody else has answered, or has refused to run.
  package func note(_ command: Command, reply: Bytes, isRefused: Bool) {
    let isError = reply.first == UInt8(ascii: "-")
    if isError { statistics.add(error: reply.dropFirst()) }
    guard let entry = CommandCatalogue.entry(command.arguments) else { return }
    if isRefused {
      statistics.reject(entry.number)
    } else {
      statistics.count(entry.number, failures: isError ? 1 : 0)
    }
  }

  /// What a server answers beside its host, in lower case.
  private static let ofServers: Set = [
    "auth", "client", "config", "discard", "exec", "hello", "multi", "quit", "reset", "unwatch",
    "watch",
  ]

  /// The command's name, with that of its subcommand; nil for what Redis does not have.
  package static func fullName(of command: Command) -> String? {
    CommandCatalogue.entry(command.arguments)?.name
  }

  /// Whether a pause for writes holds a command back.
  package func mayWrite(_ command: Command) -> Bool {
    let words = command.arguments
    guard let entry = CommandCatalogue.entry(words) else { return false }
    switch entry.name {
    case "eval" where words.count > 1: return (try? Shebang(words[1]))?.access != .read
    case "evalsha" where words.count > 1:
      let source = scripts.source(of: String(decoding: words[1], as: UTF8.self).lowercased())
      return source.flatMap { try? Shebang($0) }?.access != .read
    case "fcall" where words.count > 1:
      let function = functions.function(String(decoding: words[1], as: UTF8.self))?.1
      return function?.isReadOnly != true
    case "eval", "evalsha", "fcall", "publish", "spublish", "pfcount": return true
    default: return entry.writes
    }
  }

  /// What Redis says of a command that it does not have in this form, whatever its words are.
  package static func refusal(of command: Command) -> ServerError? {
    let words = command.arguments
    guard let first = words.first,
      let whole = CommandCatalogue.entries[String(decoding: first, as: UTF8.self).lowercased()]
    else { return nil }
    guard let entry = CommandCatalogue.entry(words) else {
      let text = String(decoding: words[1].prefix(128), as: UTF8.self)
      return ServerError(
        code: "ERR",
        message: "unknown subcommand '\(text)'. Try \(whole.name.uppercased()) HELP.")
    }
    guard !entry.accepts(words.count) else { return nil }
    return ServerError(
      code: "ERR", message: "wrong number of arguments for '\(entry.name)' command")
  }

  /// Runs commands as EXEC does: all of them with nothing in between, also when some fail.
  ///
  /// - Parameters:
  ///   - mode: What the client reads and which database it is in, which a command may change.
  ///   - watcher: If a key that it watches has changed, nothing is done, and the reply is null. It watches nothing
  ///     afterwards.
  ///   - own: Answers a command that is the server's; nil for one that is not.
  /// - Returns: An array of their replies, as it is on the wire.
  package func transaction(
    _ commands: [Command], mode: @escaping @Sendable () -> ClientMode, watcher: KeyWatcher?,
    own: @escaping @Sendable (Command) -> Bytes?
  ) async -> Bytes {
    let calls = commands.map { command in
      { @Sendable (isOutOfMemory: Bool) -> HostCall in
        if let reply = own(command) {
          return HostCall(
            name: command.name, access: .read, work: .host { _ in .done(.bytes(reply)) })
        }
        return self.wireCall(for: command, mode(), isOutOfMemory)
      }
    }
    let grows = commands.contains { CommandCatalogue.entry($0.arguments)?.grows == true }
    var batch = HostCall(
      name: "EXEC", access: .write,
      work: .batch(HostCall.Batch(calls: calls, grows: grows, watcher: watcher)))
    batch.wire = mode().version
    do throws(HostError) {
      return try await wire(batch, mode().version)
    } catch {
      return wire(error, mode().version)
    }
  }

  /// The call for a command of a transaction, an error that comes before it runs being one, too.
  private func wireCall(
    for command: Command, _ mode: ClientMode, _ isOutOfMemory: Bool
  ) -> HostCall {
    if ["SCRIPT", "FUNCTION"].contains(command.name) {
      return management(command, mode.version, isOutOfMemory)
    }
    var call: HostCall
    do throws(HostError) {
      call = try self.call(for: command, isOutOfMemory)
    } catch {
      call = HostCall(name: command.name, access: .read, work: .refusal(Self.serverError(error)))
    }
    call.wire = mode.version
    call.database = mode.database
    return call
  }

  /// Has a client told when one of the keys of a database changes; nil, or why it cannot be.
  package func watch(
    _ keys: [Bytes], inDatabase database: Int, _ watcher: KeyWatcher
  ) async -> ServerError? {
    do throws(HostError) {
      var call = HostCall(name: "WATCH", access: .read, work: .watch(keys, watcher))
      call.database = database
      _ = try await run(call)
      return nil
    } catch {
      return Self.serverError(error)
    }
  }

  /// Ends what ``watch(_:inDatabase:_:)`` began.
  package func unwatch(_ watcher: KeyWatcher) async {
    // A host that is closed has nobody to tell of anything.
    _ = try? await run(HostCall(name: "UNWATCH", access: .read, work: .unwatch(watcher)))
  }

  /// Why a command cannot stand in a transaction, if it cannot.
  package func refusal(inTransaction command: Command) -> ServerError? {
    guard let refusal = refusal(toQueue: command) else { return nil }
    statistics.add(error: refusal)
    if let entry = CommandCatalogue.entry(command.arguments) { statistics.reject(entry.number) }
    return refusal
  }

  private func refusal(toQueue command: Command) -> ServerError? {
    let words = command.arguments
    guard let first = words.first else { return nil }
    let name = String(decoding: first, as: UTF8.self).lowercased()
    guard first.withView({ CommandTable.shared[$0] }) != nil || Self.ofServers.contains(name) else {
      let isKnown = CommandCatalogue.entries[name] != nil
      return ServerError(
        reply: isKnown
          ? ScriptSession.missing(name) : ScriptSession.unknown(command))
    }
    if let refusal = Self.refusal(of: command) { return refusal }
    guard memoryLimit.isExceeded else { return nil }
    return ServerError(reply: MemoryLimit.refusal)
  }

  /// The reply as it is on the wire, errors being replies, too.
  ///
  /// - Parameter isAgain: Whether a client that waits has asked before: then INFO does not count it.
  package func wireReply(
    to command: Command, _ mode: ClientMode, isAgain: Bool = false
  ) async -> Bytes {
    let version = mode.version
    do throws(HostError) {
      switch command.name {
      case "SCRIPT", "FUNCTION": return try await wire(management(command, version), version)
      default:
        var call = try call(for: command)
        call.wire = version
        call.database = mode.database
        call.isCounted = !isAgain
        return try await wire(call, version)
      }
    } catch {
      return wire(error, version)
    }
  }

  private func wire(
    _ call: HostCall, _ version: WireReply.Version
  ) async throws(HostError) -> Bytes {
    let reply = try await run(call)
    return reply.bytes ?? WireReply.encode(reply, version)
  }

  private func wire(_ error: HostError, _ version: WireReply.Version) -> Bytes {
    WireReply.encode(.error(Self.serverError(error)), version)
  }

  /// Redis' `maxmemory`; see ``EmbeddedConfiguration/maximumMemory``.
  package var maximumMemory: Int {
    get { memoryLimit.bytes }
    set { memoryLimit.bytes = max(0, newValue) }
  }

  /// Forgets what INFO counts.
  package func resetStatistics() { statistics.reset() }

  private static func serverError(_ error: HostError) -> ServerError {
    if case .refused(_, _, let error) = error { return error }
    return ServerError(code: "ERR", message: "\(error)")
  }

  /// - Parameter isOutOfMemory: Whether there is no memory left, if that is not to be asked now.
  private func call(
    for command: Command, _ isOutOfMemory: Bool? = nil
  ) throws(HostError) -> HostCall {
    do throws(HostError) {
      try checkSize(command.arguments)
      var call: HostCall
      switch command.name {
      case "EVAL", "EVAL_RO", "EVALSHA", "EVALSHA_RO": call = try evaluation(command, isOutOfMemory)
      case "FCALL", "FCALL_RO": call = try functionCall(command, isOutOfMemory)
      default:
        return HostCall(name: command.name, access: access(of: command), work: .command(command))
      }
      call.number = CommandCatalogue.entry(command.arguments)?.number
      return call
    } catch {
      count(error, of: command)
      throw error
    }
  }

  public func entries(
    in stream: Bytes, after id: String, count: Int, timeout: Duration
  ) async throws(HostError) -> [StreamEntry] {
    let deadline = ContinuousClock.now + timeout
    let read = Command(arguments: [
      Bytes("XREAD".utf8), Bytes("COUNT".utf8), Bytes(String(count).utf8), Bytes("STREAMS".utf8),
      stream, Bytes((id == "$" ? try await lastID(of: stream) : id).utf8),
    ])
    engine.beginWatching()
    defer { engine.endWatching() }
    while true {
      guard !Task.isCancelled else {
        throw .notSent(location: location, reason: "the task was cancelled")
      }
      let generation = engine.changes.generation
      let reply = try await run(read)
      guard let entries = StreamEntry.list(xread: reply) else {
        throw .notRedis(location: location, reason: "unexpected XREAD reply")
      }
      if !entries.isEmpty || ContinuousClock.now >= deadline { return entries }
      await engine.changes.wait(after: generation, until: deadline)
    }
  }

  /// An embedded store is always fit: there is no server whose version or eviction could matter.
  public func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] { [] }

  /// Waits for the calls that run, and closes the file.
  public func close() async { await engine.close() }
}

/// What a client has chosen: how replies come, and where its commands run.
package struct ClientMode: Sendable {
  package var version: WireReply.Version
  package var database: Int

  package init(version: WireReply.Version, database: Int) {
    self.version = version
    self.database = database
  }
}

extension EmbeddedHost {
  func run(_ call: HostCall) async throws(HostError) -> Reply {
    try reply(await engine.run(call), to: call.name)
  }

  private func reply(
    _ outcome: ScriptSession.Outcome, to name: String
  ) throws(HostError) -> Reply {
    switch outcome {
    case .done(.error(let error)), .failed(.error(let error)):
      throw .refused(location: location, call: name, error)
    case .done(let reply), .failed(let reply):
      return reply
    case .timedOut:
      throw .refused(
        location: location, call: name,
        ServerError(code: "TIMEOUT", message: "the script exceeded its time limit and was stopped"))
    case .storageFailed(let reason, let remedy):
      throw .storage(location: location, reason: reason, remedy: remedy)
    }
  }

  private func checkSize(_ values: [Bytes]) throws(HostError) {
    for value in values where value.count > maximumValueSize {
      throw .tooLarge(location: location, bytes: value.count, limit: maximumValueSize)
    }
  }

  private func access(of command: Command) -> Script.Access {
    let specification = command.arguments.first?.withView { CommandTable.shared[$0] }
    return specification?.nature == .writes ? .write : .read
  }

  private func lastID(of stream: Bytes) async throws(HostError) -> String {
    let last = try await run(
      Command(arguments: [
        Bytes("XREVRANGE".utf8), stream, Bytes("+".utf8), Bytes("-".utf8), Bytes("COUNT".utf8),
        Bytes("1".utf8),
      ]))
    return last.array?.first.flatMap { StreamEntry($0) }?.id ?? "0-0"
  }

  func refusal(_ name: String, _ text: String) -> HostError {
    .refused(location: location, call: name, ServerError(reply: text))
  }

  private func evaluation(
    _ command: Command, _ isOutOfMemory: Bool?
  ) throws(HostError) -> HostCall {
    let words = command.arguments
    let name = command.name
    guard words.count >= 3 else {
      throw refusal(
        name, "ERR wrong number of arguments for '\(name.lowercased())' command")
    }
    guard let count = words[2].withView({ $0.integer }) else {
      throw refusal(name, "ERR value is not an integer or out of range")
    }
    guard count <= Int64(words.count - 3) else {
      throw refusal(name, "ERR Number of keys can't be greater than number of args")
    }
    guard count >= 0 else { throw refusal(name, "ERR Number of keys can't be negative") }
    let sha1: String
    let source: Bytes
    if name.hasPrefix("EVALSHA") {
      sha1 = String(decoding: words[1], as: UTF8.self).lowercased()
      guard let known = scripts.source(of: sha1) else {
        throw refusal(name, "NOSCRIPT No matching script. Please use EVAL.")
      }
      source = known
    } else {
      sha1 = Self.sha1(words[1])
      source = scripts.add(sha1, words[1])
    }
    let keys = 3 + Int(count)
    let shebang = try shebang(of: source, name)
    if shebang?.memoryRule == .refused { try checkMemory(name, isOutOfMemory) }
    if name.hasSuffix("_RO"), shebang?.access == .write {
      throw refusal(name, "ERR Can not execute a script with write flag using *_ro command.")
    }
    var call = HostCall(
      name: name, access: name.hasSuffix("_RO") ? .read : shebang?.access ?? .write,
      work: .script(
        sha1: sha1, source: source, keys: Array(words[3..<keys]), arguments: Array(words[keys...])))
    if let shebang { call.memoryRule = shebang.memoryRule }
    return call
  }

  /// Refuses what may grow when there is no memory left.
  func checkMemory(_ name: String, _ isOutOfMemory: Bool?) throws(HostError) {
    if isOutOfMemory ?? memoryLimit.isExceeded { throw refusal(name, MemoryLimit.refusal) }
  }

  /// What the script's first line says; nil when it is none.
  private func shebang(of source: Bytes, _ name: String) throws(HostError) -> Shebang? {
    do throws(CommandFailure) {
      return try Shebang(source)
    } catch {
      if case .reply(let text) = error { throw refusal(name, text) }
      return nil
    }
  }

  private static func sha1(_ bytes: Bytes) -> String {
    String(unsafeUninitializedCapacity: 40) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { digits in
        bytes.withView { irminsul_sha1_hex($0, digits.baseAddress) }
      }
      return 40
    }
  }

  private func manageScripts(_ command: Command, _ perform: Perform) throws(HostError) -> Reply {
    let words = command.arguments
    let subcommand = words.count > 1 ? String(decoding: words[1], as: UTF8.self) : ""
    switch (subcommand.uppercased(), words.count) {
    case ("LOAD", 3):
      let sha1 = Self.sha1(words[2])
      _ = try shebang(of: words[2], "SCRIPT LOAD")
      // Redis compiles at once, so that a mistake shows here.
      _ = try perform(
        HostCall(
          name: "SCRIPT LOAD", access: .read, work: .compilation(sha1: sha1, source: words[2])))
      _ = scripts.add(sha1, words[2])
      return .bytes(Bytes(sha1.utf8))
    case ("EXISTS", 3...):
      return .array(
        words[2...].map {
          let sha1 = String(decoding: $0, as: UTF8.self).lowercased()
          return .integer(scripts.source(of: sha1) == nil ? 0 : 1)
        })
    case ("FLUSH", 2...):
      let modes = words[2...].map { String(decoding: $0, as: UTF8.self).uppercased() }
      guard [[], ["SYNC"], ["ASYNC"]].contains(modes) else {
        throw refusal("SCRIPT", "ERR SCRIPT FLUSH only support SYNC|ASYNC option")
      }
      scripts.removeAll()
      return .status("OK")
    case ("KILL", 2): throw refusal("SCRIPT", "NOTBUSY No scripts in execution right now.")
    case ("HELP", 2): return .array(Self.scriptHelp.map { .status($0) })
    case ("DEBUG", 3):
      switch String(decoding: words[2], as: UTF8.self).lowercased() {
      case "no": return .status("OK")
      case "yes", "sync": throw refusal("SCRIPT", ScriptSession.missing("script|debug"))
      default: throw refusal("SCRIPT", "ERR Use SCRIPT DEBUG YES/SYNC/NO")
      }
    case ("LOAD", _), ("EXISTS", _), ("KILL", _), ("HELP", _), ("DEBUG", _):
      throw refusal(
        "SCRIPT", "ERR wrong number of arguments for 'script|\(subcommand.lowercased())' command")
    case (_, ...1):
      throw refusal("SCRIPT", "ERR wrong number of arguments for 'script' command")
    default:
      throw refusal("SCRIPT", "ERR unknown subcommand '\(subcommand)'. Try SCRIPT HELP.")
    }
  }

  private static let scriptHelp = [
    "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "EXISTS <sha1> [<sha1> ...]", "    Tells which scripts are known.",
    "FLUSH [ASYNC|SYNC]", "    Forgets all scripts.",
    "KILL", "    Ends the script that runs.",
    "LOAD <script>", "    Makes a script known without running it.",
    "HELP", "    Prints this help.",
  ]
}
