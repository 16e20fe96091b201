import CIrminsulLuaBridge
import RedisScripting

/// One piece of work for a host: a script with its keys and arguments, or one command.
struct HostCall: Sendable {
  enum Work: Sendable {
    case script(sha1: String, source: Bytes, keys: [Bytes], arguments: [Bytes])
    /// Compiles only.
    case compilation(sha1: String, source: Bytes)
    /// Loads the library with its code; the reply describes its functions.
    case library(key: String, code: Bytes)
    case function(name: String, library: String, code: Bytes, keys: [Bytes], arguments: [Bytes])
    case command(Command)
    case batch(Batch)
    /// What the host does itself, with calls of its own in between, and nobody else's.
    case host(@Sendable (_ perform: (HostCall) -> ScriptSession.Outcome) -> ScriptSession.Outcome)
    case watch([Bytes], KeyWatcher)
    case unwatch(KeyWatcher)
    /// What answers with an error before it runs; of a batch.
    case refusal(ServerError)
  }

  /// Calls one after the other, whatever comes of each; the reply is the array of theirs, as it is on the wire.
  struct Batch: Sendable {
    /// Each is made when its turn has come, as those before it may decide what it is, but by whether there was no
    /// memory left when the first one began.
    var calls: [@Sendable (_ isOutOfMemory: Bool) -> HostCall]
    /// Whether one of the commands is refused when there is no memory left.
    var grows: Bool
    /// Who wants nothing of it done if a key has changed.
    var watcher: KeyWatcher?
  }

  /// What holds when there is no memory left; see ``MemoryLimit``.
  enum MemoryRule: Sendable {
    /// Commands that grow are refused, in a script as long as it has written nothing.
    case byCommand
    /// The script does not run at all.
    case refused
    case allowed
  }

  /// For messages.
  var name: String
  var access: Script.Access
  var work: Work
  var memoryRule = MemoryRule.byCommand
  /// If set, what is no error comes as the bytes of a ``WireReply``.
  var wire: WireReply.Version?
  /// The catalogue's number of the command that this is, for a script's counts in INFO; nil when somebody else
  /// counts.
  var number: Int?
  /// The database that it begins in.
  var database = 0
  /// Whether INFO is to count a command; not when a waiting client tries once more.
  var isCounted = true

  init(name: String, access: Script.Access, work: Work) {
    self.name = name
    self.access = access
    self.work = work
  }
}

/// An interpreter beside a keyspace: runs scripts, whose `redis.call` ends in ``CommandTable``.
///
/// Not Sendable: its owner lets one thread at a time in.
final class ScriptSession {
  /// What came of a call, as the one who holds the transaction must know it.
  enum Outcome {
    case done(Reply)
    /// The script raised an error: on a file nothing of it stays.
    case failed(Reply)
    case timedOut
    case storageFailed(reason: String, remedy: String)

    /// Whether a limit, and not the script, was the end: nothing of it shall stay.
    var isStopped: Bool {
      if case .timedOut = self { true } else { false }
    }
  }

  /// The bytes that the interpreter holds.
  var memory: Int { irminsul_lua_memory(lua) }

  /// See ``MemoryLimit``.
  var maximumMemory: Int { memoryLimit.bytes }

  /// Set by XADD, for those who wait for entries.
  var didAppendToStream = false

  /// What SPOP and its like choose by.
  var random: SeededRandom
  /// Milliseconds since 1970 at which the present call began.
  private(set) var now: Int64 = 0
  let clock: EmbeddedClock
  let scripts: ScriptRegistry
  let functions: FunctionRegistry
  let statistics: CallStatistics

  /// Of the database that the command or script that runs is in.
  @exclusivity(unchecked) private var keyspace: any Keyspace
  private var database = 0
  /// By their numbers; those that were not used yet are nil.
  private var databases: [(any Keyspace)?]
  /// Database 0 as it was at first, and the others that there are.
  private let home: any Keyspace
  private var others: [any Keyspace] = []
  /// What changed places in the present call.
  private var swaps: [(Int, Int)] = []
  private let makeDatabase: (() -> any Keyspace)?
  private let timeLimit: Int64
  private let coverage: ScriptCoverage?
  private let keyRule: EmbeddedConfiguration.KeyRule
  private let replyLimit: Int
  /// The keys of the script that runs, where the rule asks for them.
  private var declaredKeys: Set<Bytes> = []
  private let words = WordBlock()
  private let commands = CommandTable.shared
  private let observer: ScriptObserver?
  private let hook: ScriptHook?
  /// The script that runs.
  private var sha1 = ""
  private var wasStopped = false
  private let log: @Sendable (EmbeddedConfiguration.LogLevel, String) -> Void
  private var lua: OpaquePointer?
  private var access = Script.Access.write
  private var memoryRule = HostCall.MemoryRule.byCommand
  private var wire: WireReply.Version?
  private let memoryLimit: MemoryLimit
  private var isOutOfMemory = false
  /// The same when the batch that runs began.
  private var memoryOfBatch: Bool?
  private var hasWritten = false
  private var isCounted = true
  /// Of the errors in what the script that runs answers, whether there is a new one, and how many are those of
  /// commands, which were counted there.
  private var answeredErrors = (isNew: false, counted: 0)
  /// The failure that ended the script that runs.
  private var storageFailure: (reason: String, remedy: String)?

  /// - Parameter makeDatabase: Makes a further keyspace; with none there is database 0 only.
  /// - Throws: `HostError.storage` when there is no memory for an interpreter.
  init(
    keyspace: any Keyspace, configuration: EmbeddedConfiguration, location: String,
    makeDatabase: (() -> any Keyspace)? = nil
  ) throws(HostError) {
    self.keyspace = keyspace
    home = keyspace
    self.makeDatabase = makeDatabase
    databases = [keyspace]
    if makeDatabase != nil {
      databases += [(any Keyspace)?](repeating: nil, count: EmbeddedHost.databasesInMemory - 1)
    }
    log = configuration.log
    coverage = configuration.coverage
    keyRule = configuration.keyRule
    replyLimit = max(0, configuration.replyLimit)
    clock = configuration.clock
    scripts = configuration.scripts
    functions = configuration.functions
    statistics = configuration.statistics
    memoryLimit = configuration.memoryLimit
    random = SeededRandom(seed: configuration.randomSeed ?? .random(in: .min ... .max))
    observer = configuration.observer
    hook = configuration.hook
    timeLimit = configuration.scriptTimeLimit.wholeNanoseconds
    lua = irminsul_lua_open(
      max(0, configuration.scriptMemoryLimit), Unmanaged.passUnretained(self).toOpaque(),
      { context, words, count, reply in
        guard let context, let words, let reply else { return IRMINSUL_ABORT }
        return Unmanaged<ScriptSession>.fromOpaque(context).takeUnretainedValue()
          .call(words, count, ReplyBuffer(pointer: reply))
      },
      { context, level, message in
        guard let context else { return }
        Unmanaged<ScriptSession>.fromOpaque(context).takeUnretainedValue()
          .log(.init(rawValue: Int(level)) ?? .notice, message.text)
      },
      { _, name in CommandCatalogue.entries[name.text.lowercased()] != nil },
      { context, text, isCounted in
        guard let context else { return }
        Unmanaged<ScriptSession>.fromOpaque(context).takeUnretainedValue()
          .noteError(text, isCounted: isCounted)
      })
    guard lua != nil else {
      throw .storage(
        location: location, reason: "no memory for a Lua interpreter",
        remedy: "Raise scriptMemoryLimit, or free memory.")
    }
    irminsul_lua_record_lines(lua, coverage != nil)
    if let hook {
      irminsul_lua_set_hook(lua, hook.events.rawValue, Int32(clamping: hook.interval)) {
        context, event in
        guard let context else { return IRMINSUL_ABORT }
        return Unmanaged<ScriptSession>.fromOpaque(context).takeUnretainedValue().pause(event)
      }
    }
  }

  deinit { irminsul_lua_close(lua) }

  func run(_ call: HostCall) -> Outcome {
    now = clock.milliseconds
    home.begin(at: now)
    for other in others { other.begin(at: now) }
    didAppendToStream = false
    let outcome = perform(call)
    home.end(undoing: outcome.isStopped)
    for other in others { other.end(undoing: outcome.isStopped) }
    if !swaps.isEmpty { endSwaps(undoing: outcome.isStopped) }
    return outcome
  }

  // MARK: Databases

  /// The keyspace of a database, if there is such a one.
  func keyspace(ofDatabase number: Int) -> (any Keyspace)? {
    guard databases.indices.contains(number) else { return nil }
    if let known = databases[number] { return known }
    guard let made = makeDatabase?() else { return nil }
    made.begin(at: now)
    databases[number] = made
    others.append(made)
    return made
  }

  /// Those that may have keys, by their numbers.
  var usedDatabases: [(number: Int, keyspace: any Keyspace)] {
    databases.enumerated().compactMap { number, keyspace in keyspace.map { (number, $0) } }
  }

  /// Lets what follows in the present call be in another database; false when there is no such one.
  func select(_ number: Int) -> Bool {
    guard let found = keyspace(ofDatabase: number) else { return false }
    keyspace = found
    database = number
    return true
  }

  /// Lets two databases that there are change places.
  func swapDatabases(_ first: Int, _ second: Int) {
    guard first != second else { return }
    swaps.append((first, second))
    exchange(first, second, touching: true)
  }

  private func exchange(_ first: Int, _ second: Int, touching: Bool) {
    guard let one = keyspace(ofDatabase: first), let other = keyspace(ofDatabase: second) else {
      return
    }
    databases.swapAt(first, second)
    one.exchangeWatches(with: other, touching: touching)
    _ = select(database)
  }

  private func endSwaps(undoing: Bool) {
    if undoing {
      for (first, second) in swaps.reversed() { exchange(first, second, touching: false) }
    }
    swaps = []
  }

  private func perform(_ call: HostCall) -> Outcome {
    if call.database != database { _ = select(call.database) }
    access = call.access
    memoryRule = call.memoryRule
    wire = call.wire
    isOutOfMemory = memoryOfBatch ?? memoryLimit.isExceeded
    hasWritten = false
    storageFailure = nil
    wasStopped = false
    isCounted = call.isCounted
    answeredErrors = (false, 0)
    var reply = irminsul_buffer()
    reply.limit = replyLimit
    reply.typed = wire == .three
    defer { irminsul_buffer_release(&reply) }
    let start = wire == nil ? nil : ContinuousClock.now
    switch call.work {
    case .script(let sha1, let source, let keys, let arguments):
      let outcome = run(sha1, source, keys, arguments, &reply)
      count(call, outcome, since: start)
      return outcome
    case .compilation(let sha1, let source):
      let outcome = compile(sha1, source, &reply)
      switch outcome {
      case IRMINSUL_DONE: return .done(.null)
      case IRMINSUL_TIMED_OUT: return .timedOut
      default: return .failed(Reply(reply))
      }
    case .library(let key, let code):
      // Its description is for the host.
      wire = nil
      return load(key, code, &reply)
    case .function(let name, let library, let code, let keys, let arguments):
      let outcome = callFunction(name, of: library, code, keys, arguments, &reply)
      count(call, outcome, since: start)
      return outcome
    case .command(let command):
      return run(command, &reply)
    case .refusal(let error): return .failed(.error(error))
    case .batch(let batch): return run(batch, call.wire ?? .two)
    case .host(let body): return body { self.perform($0) }
    case .watch(let keys, let watcher): return watch(keys, watcher)
    case .unwatch(let watcher):
      endWatch(watcher)
      watcher.reset()
      return .done(.status("OK"))
    }
  }

  private func endWatch(_ watcher: KeyWatcher) {
    home.endWatch(watcher)
    for other in others { other.endWatch(watcher) }
  }

  private func watch(_ keys: [Bytes], _ watcher: KeyWatcher) -> Outcome {
    do {
      for key in keys {
        try key.withView { (key) throws(CommandFailure) in try keyspace.watch(key, watcher) }
      }
      return .done(.status("OK"))
    } catch {
      switch error {
      case .reply(let text): return .failed(.error(ServerError(reply: text)))
      case .storage(let reason, let remedy):
        return .storageFailed(reason: reason, remedy: remedy)
      }
    }
  }

  private func run(_ batch: HostCall.Batch, _ version: WireReply.Version) -> Outcome {
    if isOutOfMemory, batch.grows {
      let message = "Transaction discarded because of: \(MemoryLimit.refusal)"
      return .failed(.error(ServerError(code: "EXECABORT", message: message)))
    }
    if let watcher = batch.watcher {
      endWatch(watcher)
      let isTouched = watcher.isTouched
      watcher.reset()
      guard !isTouched else { return .done(.bytes(WireReply.nullArray(version))) }
    }
    let isOutOfMemory = isOutOfMemory
    memoryOfBatch = isOutOfMemory
    defer { memoryOfBatch = nil }
    var output = WireReply.array(batch.calls.count)
    for call in batch.calls {
      let call = call(isOutOfMemory)
      let outcome = perform(call)
      switch outcome {
      case .done(.bytes(let bytes)): output += bytes
      case .done(let reply), .failed(let reply):
        output += WireReply.encode(reply, call.wire ?? version)
      case .timedOut, .storageFailed: return outcome
      }
    }
    return .done(.bytes(output))
  }

  private func noteError(_ text: irminsul_slice, isCounted: Bool) {
    if isCounted {
      answeredErrors.counted += 1
    } else {
      answeredErrors.isNew = true
      statistics.add(error: text.buffer)
    }
  }

  /// Counts a script or function that has ended.
  private func count(_ call: HostCall, _ outcome: Outcome, since start: ContinuousClock.Instant?) {
    guard let number = call.number else { return }
    var text: String?
    switch outcome {
    case .failed(.error(let error)):
      // What the interpreter has no part in is not noted yet.
      if answeredErrors == (false, 0) { text = error.description }
      if isOutOfMemory, memoryRule == .refused {
        statistics.add(error: error)
        return statistics.reject(number)
      }
    case .timedOut: text = "TIMEOUT "
    case .storageFailed: text = "ERR "
    case .done, .failed: break
    }
    if let text {
      answeredErrors.isNew = true
      statistics.add(error: text.utf8)
    }
    statistics.count(
      number, failures: answeredErrors.counted + (answeredErrors.isNew ? 1 : 0),
      nanoseconds: nanoseconds(since: start))
  }

  private func nanoseconds(since start: ContinuousClock.Instant?) -> Int {
    start.map { Int(clamping: (ContinuousClock.now - $0).wholeNanoseconds) } ?? 0
  }

  /// The value that a buffer holds, in the form that the caller wants.
  private func value(_ reply: irminsul_buffer) -> Reply {
    guard let wire, reply.length > 0, reply.bytes[0] != UInt8(IRMINSUL_ERROR.rawValue) else {
      return Reply(reply)
    }
    return .bytes(WireReply.encode(reply, wire))
  }

  /// The refusal of a script that may not run when there is no memory left.
  private var refusalForMemory: Outcome? {
    guard isOutOfMemory, memoryRule == .refused else { return nil }
    return .failed(.error(ServerError(reply: MemoryLimit.refusal)))
  }

  /// What follows a shebang keeps its line numbers.
  private func compile(
    _ sha1: String, _ source: Bytes, _ reply: inout irminsul_buffer
  ) -> irminsul_outcome {
    let skipped = Shebang.length(of: source)
    return source.withView {
      irminsul_lua_compile(lua, sha1, $0.dropFirst(skipped), timeLimit, &reply)
    }
  }

  /// As ``compile(_:_:_:)``, and registers the functions, for which a library has half a second.
  private func load(_ key: String, _ code: Bytes, _ reply: inout irminsul_buffer) -> Outcome {
    let outcome = code.withView {
      irminsul_lua_load_library(
        lua, key, $0.dropFirst(Shebang.length(of: code)), min(timeLimit, 500_000_000), &reply)
    }
    switch outcome {
    case IRMINSUL_DONE: return .done(Reply(reply))
    case IRMINSUL_TIMED_OUT:
      return .failed(
        .error(
          ServerError(
            code: "ERR",
            message: "Error registering functions: ERR FUNCTION LOAD timeout")))
    default: return .failed(Reply(reply))
    }
  }

  /// The refusal of keys that the rule does not allow, which become the declared ones.
  private func declare(_ keys: [Bytes]) -> Outcome? {
    guard keyRule != .any else { return nil }
    declaredKeys = Set(keys)
    guard keyRule == .declaredInOneSlot, Set(keys.map { $0.withView(KeySlot.of) }).count > 1 else {
      return nil
    }
    return .failed(
      .error(
        ServerError(code: "CROSSSLOT", message: "Keys in request don't hash to the same slot")))
  }

  private func callFunction(
    _ name: String, of library: String, _ code: Bytes, _ keys: [Bytes], _ arguments: [Bytes],
    _ reply: inout irminsul_buffer
  ) -> Outcome {
    if let refusal = refusalForMemory ?? declare(keys) { return refusal }
    if !irminsul_lua_has_library(lua, library) {
      // Another interpreter has loaded it.
      var description = irminsul_buffer()
      defer { irminsul_buffer_release(&description) }
      let outcome = load(library, code, &description)
      guard case .done = outcome else { return outcome }
    }
    sha1 = name
    let outcome = words.with(keys, arguments) { words in
      irminsul_lua_call(
        lua, library, name, words, keys.count, arguments.count, timeLimit, &reply)
    }
    return result(outcome, reply)
  }

  private func run(
    _ sha1: String, _ source: Bytes, _ keys: [Bytes], _ arguments: [Bytes],
    _ reply: inout irminsul_buffer
  ) -> Outcome {
    if let refusal = refusalForMemory ?? declare(keys) { return refusal }
    self.sha1 = sha1
    let skipped = Shebang.length(of: source)
    let outcome = source.withView { source in
      words.with(keys, arguments) { words in
        irminsul_lua_run(
          lua, sha1, source.dropFirst(skipped), words, keys.count, arguments.count, timeLimit,
          &reply)
      }
    }
    if let coverage, outcome != IRMINSUL_INVALID {
      var count = 0
      if let marks = irminsul_lua_take_lines(lua, &count) {
        coverage.add(UnsafeBufferPointer(start: marks, count: count), of: sha1)
      }
    }
    return result(outcome, reply)
  }

  private func result(_ outcome: irminsul_outcome, _ reply: irminsul_buffer) -> Outcome {
    switch outcome {
    case IRMINSUL_DONE: return .done(value(reply))
    case IRMINSUL_TIMED_OUT: return .timedOut
    case IRMINSUL_ABORTED where wasStopped:
      home.end(undoing: true)
      for other in others { other.end(undoing: true) }
      endSwaps(undoing: true)
      return .failed(.error(ServerError(code: "STOPPED", message: "a hook stopped the script")))
    case IRMINSUL_ABORTED:
      return .storageFailed(
        reason: storageFailure?.reason ?? "unknown", remedy: storageFailure?.remedy ?? "")
    default: return .failed(Reply(reply))
    }
  }

  private func run(_ command: Command, _ reply: inout irminsul_buffer) -> Outcome {
    guard !command.arguments.isEmpty else { return .done(.null) }
    let answer = words.with(command.arguments, []) { start in
      withUnsafeMutablePointer(to: &reply) {
        execute(start, command.arguments.count, ReplyBuffer(pointer: $0), fromScript: false)
      }
    }
    if answer == IRMINSUL_ABORT {
      return .storageFailed(
        reason: storageFailure?.reason ?? "unknown", remedy: storageFailure?.remedy ?? "")
    }
    let value = value(reply)
    if case .error = value { return .failed(value) }
    return .done(value)
  }

  /// Runs one command of a script.
  private func call(
    _ words: UnsafePointer<irminsul_slice>, _ count: Int, _ reply: ReplyBuffer
  ) -> irminsul_answer {
    guard let observer else { return execute(words, count, reply, fromScript: true) }
    var frame = irminsul_frame()
    let line = irminsul_lua_frame(lua, 0, &frame) ? max(0, Int(frame.line)) : 0
    let start = ContinuousClock.now
    let answer = execute(words, count, reply, fromScript: true)
    let duration = ContinuousClock.now - start
    guard answer == IRMINSUL_GO_ON else { return answer }
    observer(
      ObservedCall(
        arguments: (0..<count).map { words[$0].copy }, reply: Reply(reply.pointer.pointee),
        duration: duration, line: line))
    return answer
  }

  private func pause(_ event: irminsul_event) -> irminsul_answer {
    guard let hook, let lua else { return IRMINSUL_GO_ON }
    let pause = ScriptPause(event: .init(rawValue: event.rawValue), sha1: sha1, lua: lua)
    guard hook.body(pause) == .stop else { return IRMINSUL_GO_ON }
    wasStopped = true
    return IRMINSUL_ABORT
  }

  /// Runs one command and writes exactly one value.
  private func execute(
    _ words: UnsafePointer<irminsul_slice>, _ count: Int, _ reply: ReplyBuffer, fromScript: Bool
  ) -> irminsul_answer {
    guard let command = commands[words[0]], let whole = command.entry else {
      return refuseMissing(words, count, reply, fromScript: fromScript)
    }
    var entry = whole
    if count > 1, let subcommands = command.subcommands {
      guard let found = subcommands[words[1].text.lowercased()] else {
        let text = Self.unknownSubcommand(whole.name, words[1], fromScript: fromScript)
        return refuse(reply, nil, text)
      }
      entry = found
    }
    guard command.accepts(count), entry.accepts(count) else {
      return refuse(reply, entry, Self.wrongCount(entry.name, fromScript: fromScript))
    }
    if fromScript, entry.isBarred {
      return refuse(reply, entry, "ERR This Redis command is not allowed from script")
    }
    if fromScript, keyRule != .any {
      for position in CommandKeys.positions(of: whole, words, count)
      where !declaredKeys.contains(words[position].copy) {
        return refuse(
          reply, entry,
          "ERR the script uses the key '\(words[position].text)', which is not in KEYS")
      }
    }
    let writes = command.nature == .writes && (command.subcommands == nil || entry.writes)
    if writes, access == .read {
      return refuse(reply, entry, "ERR Write commands are not allowed from read-only scripts.")
    }
    if isOutOfMemory, entry.grows, memoryRule != .allowed, !(fromScript && hasWritten) {
      return refuse(reply, entry, MemoryLimit.refusal)
    }
    if writes { hasWritten = true }
    // The clock costs as much as a small command, and only clients of a server look at the times.
    let started = wire == nil ? nil : ContinuousClock.now
    let start = reply.length
    do {
      try command.body(
        CommandContext(
          words: words, count: count, keyspace: keyspace,
          reply: ReplyBuffer(
            pointer: reply.pointer,
            isTyped: fromScript ? irminsul_lua_is_typed(lua) : wire == .three),
          session: self, isInScript: fromScript))
    } catch {
      switch error {
      case .reply(let text):
        reply.truncate(to: start)
        reply.error(text)
      case .storage(let reason, let remedy):
        storageFailure = (reason, remedy)
        return IRMINSUL_ABORT
      }
    }
    guard isCounted || fromScript else { return IRMINSUL_GO_ON }
    let error = reply.error(at: start)
    if let error { statistics.add(error: error) }
    statistics.count(
      entry.number, failures: error == nil ? 0 : 1, nanoseconds: nanoseconds(since: started))
    return IRMINSUL_GO_ON
  }

  /// Answers and counts the error of a command that does not run.
  private func refuse(
    _ reply: ReplyBuffer, _ entry: CatalogueEntry?, _ text: String
  ) -> irminsul_answer {
    reply.error(text)
    statistics.add(error: text.utf8)
    if let entry { statistics.reject(entry.number) }
    return IRMINSUL_GO_ON
  }

  /// Answers to a command that this host, and perhaps also Redis, does not have.
  private func refuseMissing(
    _ words: UnsafePointer<irminsul_slice>, _ count: Int, _ reply: ReplyBuffer, fromScript: Bool
  ) -> irminsul_answer {
    guard let known = CommandCatalogue.entries[words[0].text.lowercased()] else {
      return refuse(
        reply, nil,
        fromScript
          ? "ERR Unknown Redis command called from script"
          : Self.unknown(UnsafeBufferPointer(start: words, count: count)))
    }
    let subcommand =
      count > 1 ? CommandCatalogue.subcommands[known.name]?[words[1].text.lowercased()] : nil
    if fromScript, known.isBarred || subcommand?.isBarred == true {
      return refuse(
        reply, subcommand ?? known, "ERR This Redis command is not allowed from script")
    }
    return refuse(
      reply, subcommand ?? known,
      Self.missing(known.name))
  }

  /// What is said of a command of Redis that is not here.
  static func missing(_ name: String) -> String {
    "ERR the embedded host does not have the command '\(name)'"
  }

  private static func wrongCount(_ name: String, fromScript: Bool) -> String {
    fromScript
      ? "ERR Wrong number of args calling Redis command from script"
      : "ERR wrong number of arguments for '\(name)' command"
  }

  private static func unknownSubcommand(
    _ container: String, _ word: irminsul_slice, fromScript: Bool
  ) -> String {
    fromScript
      ? "ERR Unknown Redis command called from script"
      : "ERR unknown subcommand '\(word.prefix(min(word.length, 128)).text)'. Try "
        + "\(container.uppercased()) HELP."
  }

  /// Redis' words for a command that it does not have.
  static func unknown(_ command: Command) -> String {
    WordBlock().with(command.arguments, []) {
      unknown(UnsafeBufferPointer(start: $0, count: command.arguments.count))
    }
  }

  private static func unknown(_ words: UnsafeBufferPointer<irminsul_slice>) -> String {
    var shown = ""
    for word in words.dropFirst() {
      guard shown.utf8.count < 128 else { break }
      shown += "'\(word.prefix(min(word.length, 128 - shown.utf8.count)).text)' "
    }
    return "ERR unknown command '\(words[0].prefix(min(words[0].length, 128)).text)', "
      + "with args beginning with: \(shown)"
  }
}

extension Duration {
  /// Nanoseconds, at most some 290 years.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    // Half of the range, so that a time of the clock can be added.
    return overflow ? .max / 2 : min(.max / 2, product + attoseconds / 1_000_000_000)
  }
}

/// Numbers that a seed decides.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  // SplitMix64: https://prng.di.unimi.it/splitmix64.c
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  mutating func index(below count: Int) -> Int { Int.random(in: 0..<count, using: &self) }
}
