#if Redis
  import Logging
  import NIOConcurrencyHelpers
  import NIOCore
  import NIOPosix
  import RedisScripting
  import Synchronization

  /// A Redis or Valkey server as a place where scripts run.
  ///
  /// ```swift
  /// let host = try await RedisHost.connect(
  ///   RedisConfiguration(url: "redis://localhost:6379", environment: [:]))
  /// let reply = try await host.run(Command("PING"))
  /// await host.close()
  /// ```
  ///
  /// The calls of all tasks are pipelined over a few connections; a lost connection is opened again
  /// by the next call, after a pause that grows with each failure. A call that is cancelled or late
  /// says by its error whether it may have been done: see `HostError.mayHaveBeenDone`.
  public final class RedisHost: ScriptHost {
    public let configuration: RedisConfiguration
    public let location: String
    public var maximumValueSize: Int { configuration.maximumValueSize }

    /// Calls of at least so many bytes go over the last connection, if there are several.
    private static let longCall = 64 << 10
    /// What Redis takes as one command without closing the connection (client-query-buffer-limit).
    private static let maximumCommandSize = 1 << 30

    private let connections: [Connection]
    private let turn = Atomic<Int>(0)
    private let readers: BlockingReaders
    private let scripts: ScriptRegistry

    /// A host that connects with its first call.
    ///
    /// - Parameters:
    ///   - scripts: Scripts to load whenever a connection opens; others are learnt by their use.
    ///   - logger: Hears of lost connections; never of keys, values or passwords.
    ///   - group: The event loops to use.
    /// - Throws: `HostError.invalidConfiguration` when a TLS file cannot be used, or TLS is asked for
    ///   in a build without the TLS trait.
    public init(
      _ configuration: RedisConfiguration, scripts: [Script] = [],
      logger: Logger = Logger(label: "irminsul.redis"),
      group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(HostError) {
      let registry = ScriptRegistry(scripts)
      var logger = logger
      logger[metadataKey: "server"] = "\(configuration.location)"
      let blueprint = ConnectionDriver.Blueprint(
        configuration: configuration, clientName: configuration.clientName,
        transport: try Transport(configuration), scripts: { registry.all }, logger: logger)
      self.configuration = configuration
      location = configuration.location
      self.scripts = registry
      connections = (0..<max(configuration.connections, 1)).map { _ in
        Connection(on: group.next(), blueprint, cancellation: .discardReply)
      }
      readers = BlockingReaders(blueprint, group: group)
    }

    /// A host that has reached its server: connected, authenticated, database selected.
    ///
    /// - Throws: ``HostError`` as `init` does, and by the first attempt: `unreachable`, `refused`
    ///   (a wrong password and the like) or `notRedis`.
    public static func connect(
      _ configuration: RedisConfiguration, scripts: [Script] = [],
      logger: Logger = Logger(label: "irminsul.redis"),
      group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(HostError) -> RedisHost {
      let host = try RedisHost(configuration, scripts: scripts, logger: logger, group: group)
      do {
        // A short command timeout is no reason to give up the connection early.
        _ = try await host.connections[0].call(
          Command("PING").arguments, timeout: configuration.connectTimeout,
          patience: .untilConnected)
      } catch {
        await host.close()
        throw error
      }
      return host
    }

    public func run(_ command: Command) async throws(HostError) -> Reply {
      try accepted(try await call(command.arguments), command.name)
    }

    public func run(
      _ script: Script, keys: [Bytes], arguments: [Bytes]
    ) async throws(HostError) -> Reply {
      scripts.learn(script)
      let words = ["EVALSHA", script.sha1, "\(keys.count)"].map { Bytes($0.utf8) }
      let command = words + keys + arguments
      var reply = try await call(command)
      if Self.isUnknownScript(reply) {
        // Loaded scripts stay until a SCRIPT FLUSH or a restart; EVAL's may go earlier (Redis 7.4).
        try await load(script)
        reply = try await call(command)
      }
      if Self.isUnknownScript(reply) {
        // Another flush has come in between, or this user may not load: EVAL needs neither.
        let words = ["EVAL", script.source, "\(keys.count)"].map { Bytes($0.utf8) }
        reply = try await call(words + keys + arguments)
      }
      return try accepted(reply, "script \(script.name)")
    }

    public func entries(
      in stream: Bytes, after id: String, count: Int, timeout: Duration
    ) async throws(HostError) -> [StreamEntry] {
      var id = id
      if id == "$" {
        // Waiting in slices, "$" would miss what comes between two of them.
        let last = try await run(
          Command(
            arguments: [Bytes("XREVRANGE".utf8), stream]
              + ["+", "-", "COUNT", "1"].map { Bytes($0.utf8) }))
        id = last.array?.first.flatMap { StreamEntry($0)?.id } ?? "0-0"
      }
      let reply = try await readers.read(stream, after: id, count: count, timeout: timeout)
      guard let entries = StreamEntry.list(xread: try accepted(reply, "XREAD")) else {
        throw .notRedis(location: location, reason: "its reply to XREAD has another form")
      }
      return entries
    }

    public func close() async {
      for connection in connections { await connection.close() }
      await readers.close()
    }

    // MARK: Calls

    private func call(_ arguments: [Bytes]) async throws(HostError) -> Reply {
      var size = 0
      for argument in arguments {
        guard argument.count <= maximumValueSize else {
          throw .tooLarge(location: location, bytes: argument.count, limit: maximumValueSize)
        }
        size += argument.count
      }
      guard size <= Self.maximumCommandSize else {
        throw .tooLarge(location: location, bytes: size, limit: Self.maximumCommandSize)
      }
      return try await connection(forCallOf: size).call(arguments)
    }

    private func load(_ script: Script) async throws(HostError) {
      do {
        _ = try await call(Command("SCRIPT", "LOAD", script.source).arguments)
      } catch {
        // Only the loading may have been done: the script itself has not run.
        guard case .answerLost(let location, let reason) = error else { throw error }
        throw .notSent(location: location, reason: reason)
      }
    }

    private func connection(forCallOf size: Int) -> Connection {
      let last = connections.count - 1
      guard last > 0, size < Self.longCall else { return connections[last] }
      guard last > 1 else { return connections[0] }
      let turn = turn.wrappingAdd(1, ordering: .relaxed).newValue
      return connections[Int(UInt(bitPattern: turn) % UInt(last))]
    }

    private func accepted(_ reply: Reply, _ call: String) throws(HostError) -> Reply {
      if case .error(let error) = reply {
        throw .refused(location: location, call: call, error)
      }
      return reply
    }

    private static func isUnknownScript(_ reply: Reply) -> Bool {
      if case .error(let error) = reply { error.code == "NOSCRIPT" } else { false }
    }
  }

  /// The scripts that a host has used, in the order of their first use.
  final class ScriptRegistry: Sendable {
    private let known: NIOLockedValueBox<(scripts: [Script], digests: Set<String>)>

    init(_ scripts: [Script]) {
      known = NIOLockedValueBox((scripts, Set(scripts.map(\.sha1))))
    }

    var all: [Script] { known.withLockedValue { $0.scripts } }

    func learn(_ script: Script) {
      known.withLockedValue { known in
        if known.digests.insert(script.sha1).inserted { known.scripts.append(script) }
      }
    }
  }
#endif
