#if Redis
  import Foundation
  import IrminsulRedisClient
  import IrminsulTestKit
  import RedisScripting
  import Testing

  /// What a host says when the server, or what stands in its place, does not do its part.
  @Suite struct RedisHostErrorTests {
    /// What connecting fails with, hastily enough for a test.
    static func refusal(_ url: String) async -> HostError? {
      await failure { () async throws(HostError) in
        try await connect(url) { $0.connectTimeout = min($0.connectTimeout, .seconds(2)) }
      }
    }

    static func isUnreachable(_ error: HostError?, _ reason: String, remedy: String) -> Bool {
      guard case .unreachable(_, let text, let what) = error else { return false }
      return text.contains(reason) && what.contains(remedy)
    }

    static func code(_ error: HostError?) -> String? {
      if case .refused(_, _, let error) = error { error.code } else { nil }
    }

    @Test func noServer() async throws {
      let unused = try FaultyServer(.closes)
      unused.stop()
      let error = await Self.refusal("redis://:hunter2@127.0.0.1:\(unused.port)")
      #expect(Self.isUnreachable(error, "refused", remedy: "running"))
      #expect(error?.description.contains("hunter2") == false)
      let absent = await Self.refusal("redis+unix:///tmp/absent-\(UUID().uuidString)")
      #expect(Self.isUnreachable(absent, "No such file", remedy: "unixsocket"))
    }

    @Test func unknownHostName() async throws {
      let error = await Self.refusal("redis://no-such-host.invalid")
      #expect(Self.isUnreachable(error, "no-such-host.invalid", remedy: "Check host"))
    }

    @Test func wrongPasswordAndMissingPassword() async throws {
      let server = try await RedisServer.start(RedisServer.Options(password: "right"))
      let wrong = await Self.refusal(server.url(user: nil, password: "hunter2"))
      #expect(Self.code(wrong) == "WRONGPASS")
      #expect(wrong?.description.contains("hunter2") == false)
      #expect(Self.code(await Self.refusal(server.url(user: nil, password: nil))) == "NOAUTH")
    }

    @Test func aPasswordThatTheServerDoesNotHave() async throws {
      let server = try await RedisServer.start()
      let error = await Self.refusal(server.url(user: nil, password: "hunter2"))
      #expect(Self.code(error) == "ERR")
      #expect(error?.description.contains("leave it out") == true)
      #expect(error?.description.contains("hunter2") == false)
    }

    @Test func aDatabaseThatDoesNotExist() async throws {
      let server = try await RedisServer.start()
      let error = await Self.refusal("\(server.url)/99")
      #expect(Self.code(error) == "ERR")
      #expect(error?.description.contains("databases") == true)
    }

    @Test func tlsOnAPlainPortAndTheReverse() async throws {
      let plain = try await RedisServer.start()
      let toPlain = await Self.refusal("rediss://localhost:\(plain.port ?? 0)")
      #expect(Self.isUnreachable(toPlain, "no answer", remedy: "redis://"))
      let secure = try await RedisServer.start(RedisServer.Options(listening: .tls()))
      let toSecure = await Self.refusal("redis://localhost:\(secure.port ?? 0)")
      #expect(Self.isUnreachable(toSecure, "closed", remedy: "rediss://"))
    }

    @Test func wrongCertificates() async throws {
      let server = try await RedisServer.start(RedisServer.Options(listening: .tls()))
      let other = try await RedisServer.start(RedisServer.Options(listening: .tls()))
      let port = server.port ?? 0
      let files = try #require(server.certificates)
      let untrusted = await Self.refusal("rediss://localhost:\(port)")
      #expect(Self.isUnreachable(untrusted, "not trusted", remedy: "cacert"))
      let otherAuthority = try #require(other.certificates).authorityFile
      let foreign = await Self.refusal("rediss://localhost:\(port)?cacert=\(otherAuthority)")
      #expect(Self.isUnreachable(foreign, "not trusted", remedy: "cacert"))
      let absent = await Self.refusal("rediss://localhost:\(port)?cacert=/absent.pem")
      #expect(absent?.description.contains("/absent.pem") == true)
      // 127.0.0.1 is in the certificate, so an address is as good as the name.
      let byAddress = try await connect("rediss://127.0.0.1:\(port)?cacert=\(files.authorityFile)")
      await byAddress.close()
      let unchecked = try await connect("rediss://localhost:\(port)?verify=none")
      await unchecked.close()
    }

    @Test func aClientCertificateThatIsMissing() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(listening: .tls(clientCertificate: .required)))
      let error = await Self.refusal(server.url)
      #expect(Self.isUnreachable(error, "client certificate", remedy: "cert="))
    }

    @Test func aCertificateForAnotherName() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(listening: .tls(), certificateNames: "DNS:other.example"))
      let error = await Self.refusal(server.url)
      #expect(Self.isUnreachable(error, "another name", remedy: "hostname-off"))
      let host = try await connect("\(server.url)&verify=hostname-off")
      await host.close()
    }

    @Test func aPeerThatIsNoRedisServer() async throws {
      let web = try FaultyServer(
        .saysAndCloses(Bytes("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)))
      let error = await Self.refusal("redis://127.0.0.1:\(web.port)")
      guard case .notRedis(_, let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("HTTP"))
      let noise = try FaultyServer(.saysAndStalls([0, 1, 2, 3, 255, 254, 13, 10]))
      guard case .notRedis = await Self.refusal("redis://127.0.0.1:\(noise.port)") else {
        Issue.record("noise was accepted")
        return
      }
    }

    @Test func aPeerThatClosesOrKeepsSilent() async throws {
      let closing = try FaultyServer(.closes)
      let closed = await Self.refusal("redis://127.0.0.1:\(closing.port)")
      #expect(Self.isUnreachable(closed, "closed", remedy: "rediss://"))
      let silent = try FaultyServer(.neverAnswers)
      let unanswered = await Self.refusal(
        "redis://127.0.0.1:\(silent.port)?connect-timeout=1s")
      #expect(Self.isUnreachable(unanswered, "no answer", remedy: "busy"))
      let halting = try FaultyServer(.saysAndStalls(Bytes("+PON".utf8)))
      let halted = await Self.refusal("redis://127.0.0.1:\(halting.port)?connect-timeout=1s")
      #expect(Self.isUnreachable(halted, "no answer", remedy: "busy"))
    }

    @Test func aServerThatStopsInTheMiddleOfAReply() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) { $0.connections = 1 }
      _ = try await host.run(Command("SET", "k", String(repeating: "v", count: 1000)))
      proxy.set(.closesAfterReplyBytes(500))
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("GET", "k"))
      }
      guard case .answerLost(_, let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("in the middle of a reply"))
      proxy.set(.none)
      #expect(try await host.run(Command("GET", "k")).bytes?.count == 1000)
      await host.close()
      proxy.stop()
    }

    @Test func aReplyThatStallsIsLostAndNeverReachesAnother() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) {
        $0.connections = 1
        $0.commandTimeout = .milliseconds(300)
      }
      _ = try await host.run(Command("SET", "k", String(repeating: "v", count: 1000)))
      proxy.set(.stallsAfterReplyBytes(500))
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("GET", "k"))
      }
      #expect(error?.mayHaveBeenDone == true)
      proxy.set(.none)
      #expect(try await host.run(Command("ECHO", "mine")).text == "mine")
      await host.close()
      proxy.stop()
    }

    @Test(arguments: ["?what\r\n", "$x\r\n", "*1\r\n%1\r\n", "\u{16}\u{3}\u{1}"])
    func garbageAfterAGoodStart(reply: String) async throws {
      let server = try FaultyServer(
        .answers { words in Bytes((words == ["GET", "k"] ? reply : "+OK\r\n").utf8) })
      let host = try await connect("redis://127.0.0.1:\(server.port)")
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("GET", "k"))
      }
      guard case .notRedis = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(try await host.run(Command("PING")) == .status("OK"))
      await host.close()
    }

    /// Codes that are hard to bring a real server to; the texts are real ones.
    @Test(arguments: [
      ("-LOADING Redis is loading the dataset in memory\r\n", "LOADING", "wait"),
      ("-MOVED 866 10.0.0.2:6379\r\n", "MOVED", "node"),
      ("-NOREPLICAS Not enough good replicas to write.\r\n", "NOREPLICAS", "replicas"),
      ("-NOAUTH Authentication required.\r\n", "NOAUTH", "password"),
    ])
    func codesHaveRemedies(reply: String, code: String, remedy: String) async throws {
      let server = try FaultyServer(
        .answers { words in Bytes((words == ["GET", "k"] ? reply : "+OK\r\n").utf8) })
      let host = try await connect("redis://127.0.0.1:\(server.port)")
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("GET", "k"))
      }
      #expect(Self.code(error) == code)
      #expect(error?.description.contains(remedy) == true)
      await host.close()
    }

    @Test func aServerThatIsLoadingRefusesTheFirstConnection() async throws {
      let server = try FaultyServer(
        .answers { _ in Bytes("-LOADING Redis is loading the dataset in memory\r\n".utf8) })
      #expect(Self.code(await Self.refusal("redis://127.0.0.1:\(server.port)")) == "LOADING")
    }

    @Test func aServerOutOfMemory() async throws {
      let server = try await RedisServer.start(RedisServer.Options(maximumMemory: "1mb"))
      let host = try await connect(server.url)
      let value = String(repeating: "x", count: 2 << 20)
      _ = try? await host.run(Command("SET", "k", value))
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("SET", "l", value))
      }
      #expect(Self.code(error) == "OOM")
      #expect(error?.description.contains("maxmemory") == true)
      await host.close()
    }

    @Test func aReplica() async throws {
      let master = try await RedisServer.start()
      let replica = try await RedisServer.start(RedisServer.Options(replicaOfPort: master.port))
      let host = try await connect(replica.url)
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("SET", "k", "v"))
      }
      #expect(Self.code(error) == "READONLY")
      #expect(error?.description.contains("master") == true)
      await host.close()
    }

    @Test func aServerThatCannotSave() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(extraLines: ["save 3600 1", "rdbcompression no"]))
      let host = try await connect(server.url)
      _ = try await host.run(Command("SET", "k", "v"))
      // A folder in the place of the file makes every save fail.
      try FileManager.default.createDirectory(
        atPath: "\(server.folder)/dump.rdb/x", withIntermediateDirectories: true)
      _ = try? await host.run(Command("BGSAVE"))
      let isRefused = try await eventually {
        let error = await failure { () async throws(HostError) in
          try await host.run(Command("SET", "k", "w"))
        }
        return Self.code(error) == "MISCONF"
      }
      #expect(isRefused)
      await host.close()
    }

    @Test func aServerThatIsBusyWithAScript() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(extraLines: ["lua-time-limit 10"]))
      let host = try await connect(server.url) { $0.connections = 1 }
      let other = try await connect(server.url)
      async let endless = failure { () async throws(HostError) in
        try await host.run(Command("EVAL", "while true do end", "0"))
      }
      let isBusy = try await eventually {
        let error = await failure { () async throws(HostError) in
          try await other.run(Command("GET", "k"))
        }
        return Self.code(error) == "BUSY"
      }
      #expect(isBusy)
      _ = try await other.run(Command("SCRIPT", "KILL"))
      #expect(Self.code(await endless) != nil)
      await host.close()
      await other.close()
    }

    @Test func aServerWithTooManyClients() async throws {
      let server = try await RedisServer.start(RedisServer.Options(extraLines: ["maxclients 1"]))
      let host = try await connect(server.url) { $0.connections = 1 }
      let error = await Self.refusal(server.url)
      #expect(
        error?.description.contains("max") == true || error?.description.contains("closed") == true)
      await host.close()
    }

    @Test func aSlotOfAnotherNode() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(extraLines: ["cluster-enabled yes"]))
      let host = try await connect(server.url)
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("SET", "k", "v"))
      }
      #expect(Self.code(error) == "CLUSTERDOWN")
      #expect(error?.description.contains("cluster") == true)
      await host.close()
    }
  }
#endif
