#if Redis
  import IrminsulRedisClient
  import IrminsulTestKit
  import RedisScripting
  import Testing

  @Suite struct RedisHostFitnessTests {
    static func verdict(
      _ options: RedisServer.Options, user: String? = nil, password: String? = nil,
      eviction: EvictionPolicy = .refused
    ) async throws -> (warnings: [String], error: HostError?) {
      let server = try await RedisServer.start(options)
      let host = try await connect(
        user == nil ? server.url : server.url(user: user, password: password))
      defer { Task { await host.close() } }
      do throws(HostError) {
        return (try await host.checkFitness(eviction: eviction), nil)
      } catch {
        return ([], error)
      }
    }

    @Test func aUsualServerIsFit() async throws {
      let (warnings, error) = try await Self.verdict(RedisServer.Options())
      #expect(warnings == [])
      #expect(error == nil)
    }

    @Test(arguments: ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
    func anEvictingServerIsRefusedUnlessAccepted(policy: String) async throws {
      let options = RedisServer.Options(
        maximumMemory: "64mb", extraLines: ["maxmemory-policy \(policy)"])
      let (_, error) = try await Self.verdict(options)
      guard case .unsuitable(_, let reason, let remedy) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains(policy))
      #expect(remedy.contains("noeviction"))
      let accepted = try await Self.verdict(options, eviction: .accepted)
      #expect(accepted.error == nil)
    }

    @Test func aServerThatEvictsExpiringKeysIsFit() async throws {
      let options = RedisServer.Options(extraLines: ["maxmemory-policy volatile-lru"])
      #expect(try await Self.verdict(options).error == nil)
    }

    @Test func aReplicaIsRefusedAndItsMasterNamed() async throws {
      let master = try await RedisServer.start()
      let port = try #require(master.port)
      let (_, error) = try await Self.verdict(RedisServer.Options(replicaOfPort: port))
      guard case .unsuitable(_, let reason, let remedy) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("replica"))
      #expect(remedy.contains("127.0.0.1:\(port)"))
    }

    @Test func withoutConfigInfoTells() async throws {
      let rules = "on >pw ~* +@all -config"
      let fit = try await Self.verdict(
        RedisServer.Options(users: ["app": rules]), user: "app", password: "pw")
      #expect(fit.warnings == [])
      #expect(fit.error == nil)
      let evicting = try await Self.verdict(
        RedisServer.Options(
          users: ["app": rules], extraLines: ["maxmemory-policy allkeys-lru"]),
        user: "app", password: "pw")
      guard case .unsuitable = evicting.error else {
        Issue.record("\(evicting)")
        return
      }
    }

    @Test func whatMayNotBeAskedIsAWarning() async throws {
      let (warnings, error) = try await Self.verdict(
        RedisServer.Options(users: ["app": "on >pw ~* +@all -config -info"]), user: "app",
        password: "pw")
      #expect(error == nil)
      #expect(warnings.count == 3)
      #expect(warnings.allSatisfy { $0.contains("+info") && !$0.contains("pw") })
    }

    @Test func anOldServerIsRefused() async throws {
      let server = try FaultyServer(
        .answers { words in
          let text =
            switch words {
            case ["INFO", "server"]: "redis_version:5.0.14\r\n"
            case ["INFO", "replication"]: "role:master\r\n"
            default: "OK"
            }
          return Bytes("$\(text.utf8.count)\r\n\(text)\r\n".utf8)
        })
      let host = try await connect("redis://127.0.0.1:\(server.port)")
      let error = await failure { () async throws(HostError) in
        try await host.checkFitness(eviction: .refused)
      }
      guard case .unsuitable(_, let reason, let remedy) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("5.0.14"))
      #expect(remedy.contains("6.2"))
      await host.close()
    }
  }
#endif
