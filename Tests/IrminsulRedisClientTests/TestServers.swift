#if Redis
  import IrminsulRedisClient
  import IrminsulTestKit
  import RedisScripting

  /// The ways to reach a server that the behaviour tests run over.
  enum Route: String, CaseIterable, Sendable {
    case tcp
    case tlsWithPassword
    case unixSocket

    func start() async throws -> RedisServer {
      switch self {
      case .tcp: try await RedisServer.start()
      case .tlsWithPassword:
        try await RedisServer.start(RedisServer.Options(listening: .tls(), password: "s3cret"))
      case .unixSocket:
        try await RedisServer.start(RedisServer.Options(listening: .unixSocketOnly))
      }
    }
  }

  /// A host with settings changed for a test.
  func connect(
    _ url: String, _ change: (inout RedisConfiguration) -> Void = { _ in }
  ) async throws(HostError) -> RedisHost {
    var configuration = try RedisConfiguration(url: url, environment: [:])
    change(&configuration)
    return try await RedisHost.connect(configuration)
  }

  /// What a call fails with; nil when it does not.
  func failure(
    _ call: () async throws(HostError) -> some Any
  ) async -> HostError? {
    do {
      _ = try await call()
      return nil
    } catch {
      return error
    }
  }

  /// Waits for something to become true, for a generous while.
  func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(20)
    while clock.now < end {
      if try await condition() { return true }
      try await Task.sleep(for: .milliseconds(5))
    }
    return false
  }

  extension Script {
    static let echo = Script(
      name: "echo", keys: ["k"], access: .read, source: "return {KEYS[1], ARGV[1], 7}")
  }
#endif
