#if Redis
  import IrminsulTestKit

  /// The server that tests share which need nothing special of one, each with a store of its own.
  actor TestServers {
    static let shared = TestServers()

    private var server: Task<RedisServer, any Error>?

    func plain() async throws -> RedisServer {
      let task = server ?? Task { try await RedisServer.start() }
      server = task
      return try await task.value
    }

    /// The URL of a store that no other test has.
    func freshURL() async throws -> String {
      try await plain().url + "?name=t\(UInt64.random(in: 0 ... .max))"
    }
  }
#endif
