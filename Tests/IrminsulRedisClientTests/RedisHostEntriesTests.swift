#if Redis
  import IrminsulRedisClient
  import IrminsulTestKit
  import RedisScripting
  import Testing

  /// Waiting for entries of a stream.
  @Suite struct RedisHostEntriesTests {
    static let stream = Bytes("log".utf8)

    @Test(arguments: Route.allCases)
    func readsWhatIsThereAndWaitsForWhatComes(route: Route) async throws {
      let server = try await route.start()
      let host = try await connect(server.url)
      for number in 1...3 { try server.command("XADD", "log", "\(number)-0", "n", "\(number)") }
      let present = try await host.entries(
        in: Self.stream, after: "1-0", count: 10, timeout: .seconds(20))
      #expect(present.map(\.id) == ["2-0", "3-0"])
      #expect(present.first?.fields == [Bytes("n".utf8), Bytes("2".utf8)])
      let bounded = try await host.entries(
        in: Self.stream, after: "0", count: 2, timeout: .seconds(20))
      #expect(bounded.map(\.id) == ["1-0", "2-0"])
      async let coming = host.entries(
        in: Self.stream, after: "3-0", count: 10, timeout: .seconds(20))
      #expect(try await host.run(Command("PING")) == .status("PONG"))
      let isBlocked = try await eventually {
        try server.command("INFO", "clients").contains("blocked_clients:1")
      }
      #expect(isBlocked)
      try server.command("XADD", "log", "4-0", "n", "4")
      #expect(try await coming.map(\.id) == ["4-0"])
      await host.close()
    }

    @Test func answersNothingWhenTheTimeHasPassed() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      for timeout in [Duration.zero, .milliseconds(30), .microseconds(1)] {
        let entries = try await host.entries(
          in: Self.stream, after: "0", count: 1, timeout: timeout)
        #expect(entries == [])
      }
      await host.close()
    }

    @Test func aCancelledWaitLeavesNothingBlocked() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      for _ in 0..<5 {
        let wait = Task {
          await failure { () async throws(HostError) in
            try await host.entries(in: Self.stream, after: "0", count: 1, timeout: .seconds(60))
          }
        }
        let isBlocked = try await eventually {
          try server.command("INFO", "clients").contains("blocked_clients:1")
        }
        #expect(isBlocked)
        wait.cancel()
        guard case .notSent = await wait.value else {
          Issue.record("\(String(describing: await wait.value))")
          return
        }
        let isFree = try await eventually {
          try server.command("INFO", "clients").contains("blocked_clients:0")
        }
        #expect(isFree)
      }
      try server.command("XADD", "log", "1-0", "n", "1")
      let entries = try await host.entries(
        in: Self.stream, after: "0", count: 1, timeout: .seconds(20))
      #expect(entries.map(\.id) == ["1-0"])
      await host.close()
    }

    @Test func aWaitSurvivesItsConnection() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      async let coming = host.entries(
        in: Self.stream, after: "0", count: 10, timeout: .seconds(60))
      let isBlocked = try await eventually {
        try server.command("INFO", "clients").contains("blocked_clients:1")
      }
      #expect(isBlocked)
      try server.command("CLIENT", "KILL", "TYPE", "normal")
      try server.command("XADD", "log", "1-0", "n", "1")
      #expect(try await coming.map(\.id) == ["1-0"])
      await host.close()
    }

    @Test func severalStreamsAreWaitedForAtOnce() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 {
          group.addTask {
            let entries = try await host.entries(
              in: Bytes("log \(number)".utf8), after: "$", count: 1, timeout: .seconds(60))
            #expect(entries.first?.fields.last == Bytes("\(number)".utf8))
          }
        }
        group.addTask {
          let areBlocked = try await eventually {
            try server.command("INFO", "clients").contains("blocked_clients:8")
          }
          #expect(areBlocked)
          for number in 0..<8 {
            try server.command("XADD", "log \(number)", "*", "n", "\(number)")
          }
        }
        try await group.waitForAll()
      }
      await host.close()
    }

    @Test func closingEndsTheWait() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      let wait = Task {
        await failure { () async throws(HostError) in
          try await host.entries(in: Self.stream, after: "0", count: 1, timeout: .seconds(60))
        }
      }
      let isBlocked = try await eventually {
        try server.command("INFO", "clients").contains("blocked_clients:1")
      }
      #expect(isBlocked)
      await host.close()
      let error = await wait.value
      #expect(error == .closed(location: host.location))
    }

    @Test func aKeyThatIsNoStreamIsARefusal() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url)
      try server.command("SET", "log", "x")
      let error = await failure { () async throws(HostError) in
        try await host.entries(in: Self.stream, after: "0", count: 1, timeout: .seconds(1))
      }
      guard case .refused(_, "XREAD", let refusal) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(refusal.code == "WRONGTYPE")
      await host.close()
    }
  }
#endif
