#if Redis
  import Foundation
  import IrminsulTestKit
  import Testing

  /// Servers that are not there, that refuse, that are not fit or that fall silent: what the command
  /// line says, how it ends, and that nothing has changed.
  @Suite struct BadServerTests {
    /// A command that reads, and one that writes.
    private static let commands = [["get", "a"], ["set", "a=2"]]

    /// That both commands fail alike, saying all of `words`.
    private func expectRefusals(
      _ url: String, _ code: ExitCode, _ words: String..., in sandbox: Sandbox,
      environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      for command in Self.commands {
        let transcript = try await sandbox.irminsul(
          command + ["--store", url], environment: environment)
        expectRefusal(transcript, code, sourceLocation: sourceLocation)
        for word in words {
          expectRefusal(transcript, code, word, sourceLocation: sourceLocation)
        }
      }
      #expect(try sandbox.names() == [], sourceLocation: sourceLocation)
    }

    // MARK: Not there

    @Test func noServer() async throws {
      let sandbox = try Sandbox()
      let unused = try FaultyServer(.closes)
      unused.stop()
      let url = "redis://:\(secret)@127.0.0.1:\(unused.port)"
      let commands =
        Self.commands + [
          ["init"], ["verify"], ["stats"], ["branch"], ["watch"], ["import", "."], ["demo"],
          ["delete-store", "irminsul", "--force"],
        ]
      let git = GitFixture(at: sandbox.work)
      try git.run("init", "-q")
      for command in commands {
        let transcript = try await sandbox.irminsul(command + ["--store", url])
        #expect(transcript.status == ExitCode.unreachable.rawValue, "\(command)")
        #expect(
          transcript.errors == """
            irminsul: cannot reach redis://127.0.0.1:\(unused.port): Connection refused
            Is the server running there? Check host, port and firewall.

            """)
        #expect(!transcript.text.contains(secret))
      }
      #expect(try sandbox.names(in: "../tmp") == [])
    }

    @Test func noSocketAndNoSuchHost() async throws {
      let sandbox = try Sandbox()
      try await expectRefusals(
        "redis+unix://\(sandbox.root)/absent", .unreachable, "No such file or directory",
        "is its unixsocket \(sandbox.root)/absent?", in: sandbox)
      try await expectRefusals(
        "redis://no-such-host.invalid", .unreachable,
        "the host name no-such-host.invalid is not known", "Check host", in: sandbox)
    }

    // MARK: It refuses

    @Test func wrongAndMissingPasswords() async throws {
      let server = try await RedisServer.start(RedisServer.Options(password: "right"))
      let sandbox = try Sandbox()
      let bare = server.url(user: nil, password: nil)
      try await expectRefusals(
        server.url(user: nil, password: secret), .refused, "WRONGPASS",
        "The user name or the password is wrong", in: sandbox)
      try await expectRefusals(
        server.url(user: "nobody", password: secret), .refused, "redis://nobody@127.0.0.1",
        "WRONGPASS", in: sandbox)
      try await expectRefusals(
        bare, .refused, "NOAUTH", "give one in the URL, in the environment or in a file",
        in: sandbox)
      try await expectRefusals(
        bare, .refused, "WRONGPASS", in: sandbox,
        environment: ["IRMINSUL_REDIS_PASSWORD": secret])
      #expect(try server.command("DBSIZE") == ":0\r\n")
      #expect(!server.log.contains(secret))
    }

    @Test func aPasswordFromTheEnvironmentOrAFile() async throws {
      let server = try await RedisServer.start(RedisServer.Options(password: secret))
      let sandbox = try Sandbox()
      let bare = server.url(user: nil, password: nil)
      expectDone(
        try await sandbox.irminsul(
          "set", "a=1", "--store", bare, environment: ["IRMINSUL_REDIS_PASSWORD": secret]))
      try sandbox.write("\(secret)\n".utf8, to: "../home/password")
      let variable = ["IRMINSUL_REDIS_PASSWORD_FILE": "\(sandbox.home)/password"]
      expectDone(
        try await sandbox.irminsul("get", "a", "--store", bare, environment: variable), "1")
      try await expectRefusals(
        bare, .usage, "the password file absent", "IRMINSUL_REDIS_PASSWORD_FILE", in: sandbox,
        environment: ["IRMINSUL_REDIS_PASSWORD_FILE": "absent"])
    }

    @Test func aPasswordThatTheServerDoesNotHave() async throws {
      let server = try await TestServers.shared.plain()
      try await expectRefusals(
        server.url(user: nil, password: secret), .refused, "The server has no password",
        in: try Sandbox())
    }

    @Test func noPermission() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(users: [
          "reader": "on >\(secret) ~* +@read +@connection +info +evalsha +eval +script|load",
          "other": "on >\(secret) ~other* +@all",
          "talker": "on >\(secret) ~* +@connection +info",
        ]))
      let sandbox = try Sandbox()
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url))
      let before = try await sandbox.state(of: server.url)
      let remedy = "grant it with ACL SETUSER"
      try await expectRefusals(
        server.url(user: "other", password: secret), .refused, "NOPERM", remedy, in: sandbox)
      try await expectRefusals(
        server.url(user: "talker", password: secret), .refused, "NOPERM", "evalsha", remedy,
        in: sandbox)
      let reader = server.url(user: "reader", password: secret)
      expectDone(try await sandbox.irminsul("get", "a", "--store", reader), "1")
      for command in [["set", "a=2"], ["rm", "a"], ["mv", "a", "b"], ["branch", "new"]] {
        let transcript = try await sandbox.irminsul(command + ["--store", reader])
        expectRefusal(transcript, .refused, "redis://reader@", "can't run this command", remedy)
      }
      #expect(try await sandbox.state(of: server.url) == before)
      expectDone(try await sandbox.irminsul("verify", "--store", server.url))
    }

    @Test func whatMayNotBeCheckedIsAWarning() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(users: ["app": "on >\(secret) ~* +@all -config -info"]))
      let sandbox = try Sandbox()
      let transcript = try await sandbox.irminsul(
        "set", "a=1", "--store", server.url(user: "app", password: secret))
      #expect(transcript.status == 0)
      #expect(transcript.errorLines.count == 3)
      #expect(transcript.errorLines.allSatisfy { $0.hasPrefix("irminsul: warning: this user may") })
      #expect(!transcript.errors.contains(secret))
    }

    @Test func aDatabaseThatDoesNotExist() async throws {
      let server = try await TestServers.shared.plain()
      try await expectRefusals(
        "\(server.url)/99", .refused, "out of range", "fewer databases", in: try Sandbox())
    }

    // MARK: TLS

    @Test func tlsOnAPlainPortAndTheReverse() async throws {
      let sandbox = try Sandbox()
      let plain = try await TestServers.shared.plain()
      try await expectRefusals(
        "rediss://:\(secret)@localhost:\(plain.port ?? 0)?connect-timeout=500ms", .unreachable,
        "no answer within 0.5 seconds", "redis:// is without", in: sandbox)
      let secure = try await RedisServer.start(RedisServer.Options(listening: .tls()))
      try await expectRefusals(
        "redis://:\(secret)@localhost:\(secure.port ?? 0)?connect-timeout=5s", .unreachable,
        "closed", "rediss://", in: sandbox)
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", secure.url))
    }

    @Test func wrongCertificates() async throws {
      let sandbox = try Sandbox()
      let server = try await RedisServer.start(
        RedisServer.Options(listening: .tls(), password: secret))
      let place = "rediss://:\(secret)@localhost:\(server.port ?? 0)"
      try await expectRefusals(
        place, .unreachable, "the server's certificate is not trusted", "cacert=FILE", in: sandbox)
      let other = try TestCertificates(folder: "\(sandbox.root)/other")
      try await expectRefusals(
        "\(place)?cacert=\(other.authorityFile)", .unreachable, "not trusted", in: sandbox)
      try await expectRefusals(
        "\(place)?cacert=/absent.pem", .usage, "the cacert file /absent.pem cannot be used",
        in: sandbox)
      #expect(try server.command("DBSIZE") == ":0\r\n")
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url + ""))
    }

    @Test func aCertificateForAnotherNameAndNoneOfOurOwn() async throws {
      let sandbox = try Sandbox()
      let foreign = try await RedisServer.start(
        RedisServer.Options(listening: .tls(), certificateNames: "DNS:other.example"))
      try await expectRefusals(
        foreign.url, .unreachable, "the server's certificate is for another name",
        "verify=hostname-off", in: sandbox)
      let asking = try await RedisServer.start(
        RedisServer.Options(listening: .tls(clientCertificate: .required)))
      try await expectRefusals(
        asking.url, .unreachable, "the server asks for a client certificate", "cert=FILE",
        in: sandbox)
    }

    // MARK: Not fit

    @Test func aReplica() async throws {
      let sandbox = try Sandbox()
      let master = try await RedisServer.start()
      let port = try #require(master.port)
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", master.url))
      let replica = try await RedisServer.start(RedisServer.Options(replicaOfPort: port))
      let before = try await sandbox.state(of: master.url)
      try await expectRefusals(
        replica.url, .refused, "it is a replica", "Connect to its master at 127.0.0.1:\(port)",
        in: sandbox)
      #expect(try await sandbox.state(of: master.url) == before)
    }

    @Test func anEvictingServer() async throws {
      let sandbox = try Sandbox()
      let server = try await RedisServer.start(
        RedisServer.Options(maximumMemory: "64mb", extraLines: ["maxmemory-policy allkeys-lru"]))
      try await expectRefusals(
        server.url, .refused, "maxmemory-policy is allkeys-lru",
        "CONFIG SET maxmemory-policy noeviction", "evict=accepted", in: sandbox)
      #expect(try server.command("DBSIZE") == ":0\r\n")
      expectDone(
        try await sandbox.irminsul("set", "a=1", "--store", "\(server.url)?evict=accepted"))
    }

    @Test func anOldServer() async throws {
      let server = try FaultyServer(
        .answers { words in
          let text =
            switch words {
            case ["INFO", "server"]: "redis_version:5.0.14\r\n"
            case ["INFO", "replication"]: "role:master\r\n"
            default: "OK"
            }
          return Array("$\(text.utf8.count)\r\n\(text)\r\n".utf8)
        })
      try await expectRefusals(
        "redis://127.0.0.1:\(server.port)", .refused, "its version is 5.0.14", "Use Redis 6.2",
        in: try Sandbox())
    }

    @Test func aServerOutOfMemory() async throws {
      let sandbox = try Sandbox()
      let server = try await RedisServer.start()
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url))
      let before = try await sandbox.state(of: server.url)
      try server.command("CONFIG", "SET", "maxmemory", "1mb")
      try sandbox.write(Array(repeating: 7, count: 100_000), to: "value")
      for command in [["set", "a=2"], ["set", "b", "--file", "value"], ["rm", "a"]] {
        let transcript = try await sandbox.irminsul(command + ["--store", server.url])
        expectRefusal(
          transcript, .refused, "OOM", "The server has reached maxmemory",
          "This call has written nothing")
      }
      // What is there can still be read.
      expectDone(try await sandbox.irminsul("get", "a", "--store", server.url), "1")
      #expect(try await sandbox.state(of: server.url) == before)
      try server.command("CONFIG", "SET", "maxmemory", "0")
      expectDone(try await sandbox.irminsul("verify", "--store", server.url))
    }

    @Test func aServerOutOfMemoryIsTidied() async throws {
      let sandbox = try Sandbox()
      let server = try await RedisServer.start()
      func irminsul(_ words: String...) async throws -> Transcript {
        try await sandbox.irminsul(words + ["--store", server.url])
      }
      for number in 0..<30 {
        expectDone(try await irminsul("set", "a=\(number)\(String(repeating: "x", count: 3000))"))
      }
      expectDone(try await irminsul("branch", "gone"))
      expectDone(try await irminsul("set", "b=1", "--branch", "gone"))
      try server.command("CONFIG", "SET", "maxmemory", "1mb")
      expectRefusal(try await irminsul("set", "a=2"), .refused, "OOM")
      // Settings, the end of branches, cuts and collections make room.
      expectDone(try await irminsul("config", "set", "retention.commits", "5"))
      expectDone(try await irminsul("branch", "--delete", "gone"))
      let before = try await sandbox.state(of: server.url)
      expectDone(
        try await irminsul(
          "gc", "--grace", "0", "--reflog", "0", "--archive", "cut.slice"))
      expectDone(try await irminsul("maintain", "--once", "--changes", "1", "--grace", "0"))
      #expect(try await sandbox.state(of: server.url) != before)
      let log = expectDone(try await irminsul("log", "--oneline"))
      #expect(log.text.split(separator: "\n").count == 5)
      try server.command("CONFIG", "SET", "maxmemory", "0")
      expectDone(try await irminsul("slice", "import", "cut.slice"))
      #expect(
        expectDone(try await irminsul("log", "--oneline")).text.split(separator: "\n").count == 30)
      expectDone(try await irminsul("verify"))
    }

    @Test func aServerThatIsLoading() async throws {
      let server = try FaultyServer(
        .answers { _ in Array("-LOADING Redis is loading the dataset in memory\r\n".utf8) })
      try await expectRefusals(
        "redis://127.0.0.1:\(server.port)", .unreachable, "LOADING", "wait and try again",
        in: try Sandbox())
    }

    @Test func aStoreOfANewerFormat() async throws {
      let server = try await RedisServer.start()
      let sandbox = try Sandbox()
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url))
      try server.command("HSET", "{irminsul}:meta", "format", "7")
      for command in Self.commands + [["verify"], ["delete-store", "irminsul", "--force"]] {
        expectRefusal(
          try await sandbox.irminsul(command + ["--store", server.url]), .refused,
          "has format 7 with sha1 ids; this version reads formats 1 and 2", "Open it with a version"
        )
      }
      try server.command("HSET", "{irminsul}:meta", "format", "1")
      expectDone(try await sandbox.irminsul("get", "a", "--store", server.url), "1")
    }

    // MARK: Not Redis, or silent

    @Test func aReplyThatIsNotRESP() async throws {
      let sandbox = try Sandbox()
      let web = try FaultyServer(.saysAndCloses(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)))
      try await expectRefusals(
        "redis://:\(secret)@127.0.0.1:\(web.port)", .unreachable,
        "does not answer as a Redis server: it answered as an HTTP server does",
        "Check host, port and scheme", in: sandbox)
      let noise = try FaultyServer(.saysAndStalls([0, 1, 2, 3, 255, 254, 13, 10]))
      try await expectRefusals(
        "redis://127.0.0.1:\(noise.port)", .unreachable, "bytes that are not RESP", in: sandbox)
      // A good start, and then something that no script answers.
      let liar = try FaultyServer(
        .answers { words in Array((words[0] == "INFO" ? "?what\r\n" : "+OK\r\n").utf8) })
      try await expectRefusals(
        "redis://127.0.0.1:\(liar.port)", .unreachable, "not RESP", in: sandbox)
    }

    @Test func aServerThatStopsInTheMiddleOfAReply() async throws {
      let sandbox = try Sandbox()
      let closing = try FaultyServer(.saysAndCloses(Array("+PON".utf8)))
      try await expectRefusals(
        "redis://127.0.0.1:\(closing.port)", .unreachable, "closed in the middle of a reply",
        in: sandbox)
      let halting = try FaultyServer(.saysAndStalls(Array("+PON".utf8)))
      try await expectRefusals(
        "redis://127.0.0.1:\(halting.port)?connect-timeout=500ms", .unreachable,
        "no answer within 0.5 seconds", in: sandbox)
      let later = try FaultyServer(
        .answers { words in Array((words[0] == "INFO" ? "$100\r\nredis" : "+OK\r\n").utf8) })
      try await expectRefusals(
        "redis://127.0.0.1:\(later.port)?timeout=500ms", .unreachable, "no answer from", in: sandbox
      )
    }

    /// The connection breaks after so many bytes of replies, for many numbers of bytes: a write that
    /// says it was done was done, and one that does not was done once or not at all.
    @Test func aWriteWhoseAnswerIsCutAnywhere() async throws {
      let server = try await RedisServer.start()
      let proxy = try FaultyProxy(of: server)
      let sandbox = try Sandbox()
      expectDone(try await sandbox.irminsul("set", "n=0", "--store", server.url))
      var done = 0
      for number in 1...9 {
        proxy.set(.closesAfterReplyBytes(number * number * number * 10))
        let transcript = try await sandbox.irminsul(
          "set", "n=\(number)", "-m", "Write \(number)", "--store", "\(proxy.url)?timeout=1s")
        proxy.cutConnections()
        let log = try await sandbox.irminsul("log", "--oneline", "--store", server.url).lines
        let commits = log.count { $0.hasSuffix(" Write \(number)") }
        if transcript.status == 0 {
          done += 1
          #expect(commits == 1)
        } else {
          expectRefusal(transcript, .unreachable)
          #expect(commits <= 1)
        }
      }
      #expect((1..<9).contains(done), "\(done) of 9 writes were done: the cuts are elsewhere")
      expectDone(try await sandbox.irminsul("verify", "--store", server.url))
      proxy.stop()
    }

    @Test func aServerThatNeverAnswers() async throws {
      let sandbox = try Sandbox()
      let silent = try FaultyServer(.neverAnswers)
      try await expectRefusals(
        "redis://:\(secret)@127.0.0.1:\(silent.port)?connect-timeout=500ms", .unreachable,
        "it took the connection and gave no answer within 0.5 seconds",
        "whether the server is busy or stopped", in: sandbox)
      let server = try await RedisServer.start()
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url))
      let before = try await sandbox.state(of: server.url)
      server.freeze()
      try await expectRefusals(
        "\(server.url)?connect-timeout=500ms", .unreachable, "gave no answer", in: sandbox)
      server.thaw()
      #expect(try await sandbox.state(of: server.url) == before)
    }
  }
#endif
