#if Redis
  import IrminsulRedisClient
  import IrminsulTestKit
  import RedisScripting
  import Testing

  /// What a host does on a healthy server, over every route.
  @Suite struct RedisHostTests {
    @Test(arguments: Route.allCases)
    func runsCommandsAndScripts(route: Route) async throws {
      let server = try await route.start()
      let host = try await connect(server.url)
      #expect(try await host.run(Command("SET", "a", "1")) == .status("OK"))
      #expect(try await host.run(Command("GET", "a")) == .bytes(Bytes("1".utf8)))
      #expect(try await host.run(Command("GET", "absent")) == .null)
      let reply = try await host.run(
        .echo, keys: [Bytes("k".utf8)], arguments: [Bytes([0, 13, 10, 255])])
      #expect(reply == .array([.bytes(Bytes("k".utf8)), .bytes([0, 13, 10, 255]), .integer(7)]))
      let empty = try await host.run(.echo, keys: [[]], arguments: [[]])
      #expect(empty == .array([.bytes([]), .bytes([]), .integer(7)]))
      await host.close()
    }

    @Test(arguments: Route.allCases)
    func eachReplyReachesItsCaller(route: Route) async throws {
      let server = try await route.start()
      let host = try await connect(server.url)
      let big = Bytes((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<256 {
          group.addTask {
            let key = Bytes("key \(task)".utf8)
            for round in 0..<20 {
              // A few of the values are far larger than what is written at once.
              var value = Bytes("\(task) \(round) ".utf8)
              if task % 64 == 0, round % 10 == 0 { value += big }
              let set = Command(arguments: [Bytes("SET".utf8), key, value])
              #expect(try await host.run(set) == .status("OK"))
              let get = Command(arguments: [Bytes("GET".utf8), key])
              #expect(try await host.run(get) == .bytes(value))
              let reply = try await host.run(.echo, keys: [key], arguments: [value])
              #expect(reply == .array([.bytes(key), .bytes(value), .integer(7)]))
            }
          }
        }
        try await group.waitForAll()
      }
      await host.close()
    }

    @Test func manyArgumentsOfAllSizes() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      let sizes = [0, 1, 15, 16, 1 << 10, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20]
      let values = sizes.map { Bytes(repeating: UInt8(truncatingIfNeeded: $0 | 1), count: $0) }
      let push = Command(arguments: [Bytes("RPUSH".utf8), Bytes("l".utf8)] + values)
      #expect(try await host.run(push) == .integer(Int64(sizes.count)))
      let reply = try await host.run(Command("LRANGE", "l", "0", "-1"))
      #expect(reply == .array(values.map(Reply.bytes)))
      let many = (0..<20_000).map { Bytes("\($0)".utf8) }
      let pushMany = Command(arguments: [Bytes("RPUSH".utf8), Bytes("m".utf8)] + many)
      #expect(try await host.run(pushMany) == .integer(20_000))
      #expect(try await host.run(Command("LINDEX", "m", "-1")) == .bytes(Bytes("19999".utf8)))
      await host.close()
    }

    @Test func aSenderOfOneTaskSeesItsOwnWrites() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) { $0.connections = 4 }
      let filler = String(repeating: "x", count: 100_000)
      for number in 0..<200 {
        let value = number % 2 == 0 ? "\(number)" : "\(number) \(filler)"
        _ = try await host.run(Command("SET", "k", value))
        #expect(try await host.run(Command("GET", "k")).text == value)
      }
      await host.close()
    }

    @Test func selectsTheDatabaseAndNamesItself() async throws {
      let server = try await RedisServer.start()
      let host = try await connect("\(server.url)/3?client-name=tester")
      _ = try await host.run(Command("SET", "here", "1"))
      #expect(try server.command("GET", "here").hasPrefix("$-1"))
      let list = try #require(try await host.run(Command("CLIENT", "LIST")).text)
      #expect(list.contains("name=tester"))
      #expect(list.contains("db=3"))
      await host.close()
    }

    @Test func aUserOfTheServersListMayConnect() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(
          password: "admin", users: ["app": "on >pa55 ~app:* +get +set +evalsha"]))
      let host = try await connect(server.url(user: "app", password: "pa55"))
      #expect(try await host.run(Command("SET", "app:k", "v")) == .status("OK"))
      let refusal = await failure { () async throws(HostError) in
        try await host.run(Command("SET", "other", "v"))
      }
      guard case .refused(_, "SET", let error) = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
      #expect(error.code == "NOPERM")
      #expect(error.remedy?.contains("ACL SETUSER") == true)
      await host.close()
    }

    @Test func aClientCertificateIsShown() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(listening: .tls(clientCertificate: .required)))
      let files = try #require(server.certificates)
      let host = try await connect(
        "\(server.url)&cert=\(files.clientCertificateFile)&key=\(files.clientKeyFile)")
      #expect(try await host.run(Command("PING")) == .status("PONG"))
      await host.close()
      let refusal = await failure { () async throws(HostError) in try await connect(server.url) }
      guard case .unreachable = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
    }

    @Test func scriptsAreLoadedOnceAndAgainAfterAFlush() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      for _ in 0..<10 { _ = try await host.run(.echo, keys: [[1]], arguments: [[2]]) }
      #expect(try server.commandCount(of: "script|load") == 1)
      #expect(try server.commandCount(of: "evalsha") == 11)
      try server.command("SCRIPT", "FLUSH")
      #expect(
        try await host.run(.echo, keys: [[1]], arguments: [[2]])
          == .array([.bytes([1]), .bytes([2]), .integer(7)]))
      #expect(try server.commandCount(of: "script|load") == 2)
      await host.close()
    }

    @Test func scriptsGivenAtTheStartAreLoadedOnConnecting() async throws {
      let server = try await RedisServer.start()
      let host = try await RedisHost.connect(
        RedisConfiguration(url: server.url, environment: [:]), scripts: [.echo])
      _ = try await host.run(.echo, keys: [[1]], arguments: [[2]])
      #expect(try server.commandCount(of: "evalsha") == 1)
      await host.close()
    }

    @Test func aFlushInTheMiddleOfManyCallsIsNotNoticed() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<32 {
          group.addTask {
            for round in 0..<30 {
              let value = Bytes("\(task) \(round)".utf8)
              let reply = try await host.run(.echo, keys: [[1]], arguments: [value])
              #expect(reply.array?[1].bytes == value)
            }
          }
        }
        group.addTask {
          for _ in 0..<20 { _ = try await host.run(Command("SCRIPT", "FLUSH")) }
        }
        try await group.waitForAll()
      }
      await host.close()
    }

    @Test func anErrorOfAScriptIsARefusal() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      let script = Script(
        name: "picky", keys: [], access: .read,
        source: "return redis.error_reply('NOTTREE a/b is a blob')")
      let refusal = await failure { () async throws(HostError) in
        try await host.run(script, keys: [], arguments: [])
      }
      #expect(
        refusal
          == .refused(
            location: host.location, call: "script picky",
            ServerError(code: "NOTTREE", message: "a/b is a blob")))
      #expect(refusal?.mayHaveBeenDone == false)
      await host.close()
    }

    @Test func aValueThatIsTooLargeIsNotSent() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) { $0.maximumValueSize = 1000 }
      let command = Command("SET", "k", String(repeating: "x", count: 1001))
      let refusal = await failure { () async throws(HostError) in try await host.run(command) }
      #expect(refusal == .tooLarge(location: host.location, bytes: 1001, limit: 1000))
      #expect(try server.commandCount(of: "set") == 0)
      await host.close()
    }

    @Test func anIdleConnectionIsClosedAndTheNextCallOpensIt() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) {
        $0.connections = 1
        $0.idleTimeout = .milliseconds(50)
      }
      let isAlone = try await eventually {
        try !server.command("CLIENT", "LIST").contains("name=irminsul")
      }
      #expect(isAlone)
      #expect(try await host.run(Command("PING")) == .status("PONG"))
      await host.close()
    }

    @Test func closingEndsConnectionsAndLaterCalls() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      await host.close()
      await host.close()
      await #expect(throws: HostError.closed(location: host.location)) {
        try await host.run(Command("PING"))
      }
      await #expect(throws: HostError.closed(location: host.location)) {
        try await host.entries(in: [1], after: "0", count: 1, timeout: .seconds(1))
      }
      #expect(try !server.command("CLIENT", "LIST").contains("name=irminsul"))
    }

    @Test func aHostThatIsForgottenLeavesNoConnection() async throws {
      let server = try await RedisServer.start()
      var host: RedisHost? = try await connect(server.url)
      _ = try await host?.run(Command("PING"))
      host = nil
      let isGone = try await eventually {
        try !server.command("CLIENT", "LIST").contains("name=irminsul")
      }
      #expect(isGone)
    }
  }
#endif
