import IrminsulTestKit

/// Servers that the tests of this target share, started when first asked for.
actor TestServers {
  static let shared = TestServers()

  private var plainServer: Task<RedisServer, any Error>?

  func plain() async throws -> RedisServer {
    if plainServer == nil { plainServer = Task { try await RedisServer.start() } }
    return try await plainServer!.value
  }

  /// A store name that no other test has.
  static func freshName() -> String { "t\(UInt64.random(in: 0 ... .max))" }
}
