import IrminsulTestKit

/// Servers that the tests of this target share, started when first asked for.
actor TestServers {
  static let shared = TestServers()
  /// Of the server that ``secure()`` answers, whose URL does not say it.
  static let password = "a secret of the tests"

  private var servers: [String: Task<RedisServer, any Error>] = [:]

  func plain() async throws -> RedisServer { try await server("plain") }

  func unix() async throws -> RedisServer {
    try await server("unix", RedisServer.Options(listening: .unixSocketOnly))
  }

  func secure() async throws -> RedisServer {
    try await server("secure", RedisServer.Options(listening: .tls(), password: Self.password))
  }

  private func server(
    _ name: String, _ options: RedisServer.Options = RedisServer.Options()
  ) async throws -> RedisServer {
    let task = servers[name] ?? Task { try await RedisServer.start(options) }
    servers[name] = task
    return try await task.value
  }

  /// A store name that no other test has.
  static func freshName() -> String { "t\(UInt64.random(in: 0 ... .max))" }
}
