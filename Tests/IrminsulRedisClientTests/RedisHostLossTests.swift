#if Redis
  import IrminsulRedisClient
  import IrminsulTestKit
  import RedisScripting
  import Testing

  /// Lost connections, cancelled tasks, full queues.
  @Suite struct RedisHostLossTests {
    @Test(arguments: Route.allCases)
    func aServerThatWasKilledAndStartedAgain(route: Route) async throws {
      let server = try await route.start()
      let host = try await connect(server.url) { $0.connectTimeout = .seconds(20) }
      _ = try await host.run(.echo, keys: [[1]], arguments: [[2]])
      server.kill()
      async let waiting = host.run(Command("PING"))
      try await server.restart()
      // The loss may not have been noticed when this was sent.
      do { _ = try await waiting } catch { #expect((error as? HostError)?.mayHaveBeenDone == true) }
      #expect(try await host.run(Command("PING")) == .status("PONG"))
      let reply = try await host.run(.echo, keys: [[1]], arguments: [[2]])
      #expect(reply.array?.count == 3)
      // Known scripts are loaded with the new connection, before anybody asks for them.
      #expect(try server.commandCount(of: "evalsha") == 1)
      await host.close()
    }

    @Test func aServerThatStaysAwayIsUnreachableInTime() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) { $0.connectTimeout = .seconds(2) }
      server.kill()
      let errors = await withTaskGroup(of: HostError?.self) { group in
        for _ in 0..<16 {
          group.addTask {
            await failure { () async throws(HostError) in try await host.run(Command("PING")) }
          }
        }
        return await group.reduce(into: [HostError?]()) { $0.append($1) }
      }
      for error in errors {
        switch error {
        case .unreachable, .answerLost: break
        default: Issue.record("\(String(describing: error))")
        }
      }
      let error = await failure { () async throws(HostError) in try await host.run(Command("PING"))
      }
      guard case .unreachable(_, let reason, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("refused"))
      await host.close()
    }

    @Test func aKilledConnectionComesBack() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) { $0.connections = 1 }
      for round in 0..<20 {
        try server.command("CLIENT", "KILL", "TYPE", "normal")
        // One call may find out that the connection is gone; the next one never does.
        _ = try? await host.run(Command("PING"))
        #expect(try await host.run(Command("ECHO", "\(round)")).text == "\(round)")
      }
      await host.close()
    }

    @Test func callsInFlightWhenTheConnectionBreaksNeverGetForeignReplies() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) { $0.connections = 1 }
      let killer = Task {
        while !Task.isCancelled {
          try server.command("CLIENT", "KILL", "TYPE", "normal")
          try await Task.sleep(for: .milliseconds(2))
        }
      }
      await withTaskGroup(of: Void.self) { group in
        for task in 0..<64 {
          group.addTask {
            for round in 0..<50 {
              do throws(HostError) {
                let text = "\(task) \(round)"
                let reply = try await host.run(Command("ECHO", text))
                #expect(reply.text == text)
              } catch {
                switch error {
                case .answerLost, .unreachable: break
                default: Issue.record("\(error)")
                }
              }
            }
          }
        }
      }
      killer.cancel()
      _ = await killer.result
      await host.close()
    }

    @Test func aFrozenServerLosesAnswersInTime() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) {
        $0.connections = 1
        $0.commandTimeout = .milliseconds(200)
        $0.connectTimeout = .seconds(20)
      }
      server.freeze()
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("INCR", "k"))
      }
      guard case .answerLost(_, let reason) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("within"))
      server.thaw()
      let isBack = try await eventually {
        (try? await host.run(Command("ECHO", "x")))?.text == "x"
      }
      #expect(isBack)
      await host.close()
    }

    @Test func aCancelledCallThatWasSentLosesItsAnswerOnly() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) { $0.connections = 1 }
      proxy.set(.holdsReplies)
      let cancelled = Task {
        await failure { () async throws(HostError) in try await host.run(Command("INCR", "k")) }
      }
      let isSent = try await eventually { proxy.commandCounts["INCR"] == 1 }
      #expect(isSent)
      let kept = Task { try await host.run(Command("ECHO", "kept")) }
      let isSentToo = try await eventually { proxy.commandCounts["ECHO"] == 1 }
      #expect(isSentToo)
      cancelled.cancel()
      guard case .answerLost = await cancelled.value else {
        Issue.record("\(String(describing: await cancelled.value))")
        return
      }
      proxy.set(.none)
      #expect(try await kept.value.text == "kept")
      #expect(try await host.run(Command("GET", "k")).text == "1")
      await host.close()
      proxy.stop()
    }

    @Test func aCallOfACancelledTaskIsNotSent() async throws {
      let unused = try FaultyServer(.neverAnswers)
      let host = try RedisHost(
        RedisConfiguration(url: "redis://127.0.0.1:\(unused.port)", environment: [:]))
      let task = Task {
        await failure { () async throws(HostError) in try await host.run(Command("PING")) }
      }
      let isTried = try await eventually { unused.connectionCount > 0 }
      #expect(isTried)
      task.cancel()
      guard case .notSent = await task.value else {
        Issue.record("\(String(describing: await task.value))")
        return
      }
      await host.close()
    }

    @Test func aFullQueueSuspendsAndThenGoesOn() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) {
        $0.connections = 1
        $0.maximumQueuedCommands = 4
        $0.maximumQueuedBytes = 1000
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<100 {
          group.addTask {
            let text = String(repeating: "\(task % 10)", count: task * 20)
            let reply = try await host.run(Command("ECHO", text))
            #expect(reply.text == text)
          }
        }
        try await group.waitForAll()
      }
      await host.close()
    }

    @Test func aQueueThatStaysFullFailsByTheDeadline() async throws {
      let server = try await RedisServer.start()
      let host = try await connect(server.url) {
        $0.connections = 1
        $0.maximumQueuedCommands = 2
        $0.commandTimeout = .milliseconds(300)
      }
      server.freeze()
      let errors = await withTaskGroup(of: HostError?.self) { group in
        for _ in 0..<8 {
          group.addTask {
            await failure { () async throws(HostError) in try await host.run(Command("PING")) }
          }
        }
        return await group.reduce(into: [HostError?]()) { $0.append($1) }
      }
      let lost = errors.filter { $0?.mayHaveBeenDone == true }
      #expect(lost.count == 2)
      #expect(errors.allSatisfy { $0 != nil })
      server.thaw()
      await host.close()
    }

    @Test func waitingForRoomCanBeCancelled() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) {
        $0.connections = 1
        $0.maximumQueuedCommands = 1
      }
      proxy.set(.holdsReplies)
      let first = Task { try await host.run(Command("ECHO", "first")) }
      let isSent = try await eventually { proxy.commandCounts["ECHO"] == 1 }
      #expect(isSent)
      let second = Task {
        await failure { () async throws(HostError) in try await host.run(Command("PING")) }
      }
      second.cancel()
      guard case .notSent = await second.value else {
        Issue.record("\(String(describing: await second.value))")
        return
      }
      proxy.set(.none)
      #expect(try await first.value.text == "first")
      await host.close()
      proxy.stop()
    }

    @Test func closingFreesEveryCaller() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) {
        $0.connections = 1
        $0.maximumQueuedCommands = 2
      }
      proxy.set(.holdsReplies)
      let calls = (0..<6).map { _ in
        Task {
          await failure { () async throws(HostError) in
            try await host.run(Command("ECHO", "x"))
          }
        }
      }
      let areSent = try await eventually { proxy.commandCounts["ECHO"] == 2 }
      #expect(areSent)
      await host.close()
      var words: [String] = []
      for call in calls {
        switch await call.value {
        case .closed: words.append("closed")
        case .answerLost: words.append("lost")
        case let error: Issue.record("\(String(describing: error))")
        }
      }
      #expect(words.sorted() == ["closed", "closed", "closed", "closed", "lost", "lost"])
      proxy.stop()
    }

    @Test func aScriptWhoseLoadingWasLostHasNotRun() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) { $0.connections = 1 }
      proxy.set(.losesReplyTo("SCRIPT"))
      let error = await failure { () async throws(HostError) in
        try await host.run(.echo, keys: [[1]], arguments: [[2]])
      }
      guard case .notSent = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      proxy.set(.none)
      _ = try await host.run(.echo, keys: [[1]], arguments: [[2]])
      await host.close()
      proxy.stop()
    }

    @Test func aLostReplySaysThatTheCallMayHaveBeenDone() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let host = try await connect(proxy.url) { $0.connections = 1 }
      proxy.set(.losesReplyTo("INCR"))
      let error = await failure { () async throws(HostError) in
        try await host.run(Command("INCR", "k"))
      }
      #expect(error?.mayHaveBeenDone == true)
      proxy.set(.none)
      #expect(try await host.run(Command("GET", "k")).text == "1")
      #expect(proxy.commandCounts["INCR"] == 1)
      await host.close()
      proxy.stop()
    }
  }
#endif
