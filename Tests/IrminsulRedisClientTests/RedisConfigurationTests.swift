#if Redis
  import Foundation
  import IrminsulRedisClient
  import RedisScripting
  import Testing

  @Suite struct RedisConfigurationTests {
    static func parse(
      _ url: String, _ environment: [String: String] = [:]
    ) throws(HostError) -> RedisConfiguration {
      try RedisConfiguration(url: url, environment: environment)
    }

    /// The reason why a URL is refused; empty when it is accepted.
    static func refusal(_ url: String, _ environment: [String: String] = [:]) -> String {
      do {
        _ = try parse(url, environment)
        return ""
      } catch {
        return error.description
      }
    }

    @Test func readsEveryPart() throws {
      let configuration = try Self.parse("redis://app:p%40ss%2Fw@db.example:7000/3?name=notes")
      #expect(configuration.endpoint == .tcp(host: "db.example", port: 7000))
      #expect(configuration.user == "app")
      #expect(configuration.password == Secret("p@ss/w"))
      #expect(configuration.database == 3)
      #expect(configuration.storeName == "notes")
      #expect(configuration.tls == nil)
      #expect(configuration.location == "redis://app@db.example:7000/3")
    }

    @Test func hasDefaults() throws {
      let configuration = try Self.parse("redis://localhost")
      #expect(configuration.endpoint == .tcp(host: "localhost", port: 6379))
      #expect(configuration.user == nil)
      #expect(configuration.password == nil)
      #expect(configuration.database == 0)
      #expect(configuration.storeName == "irminsul")
      #expect(configuration.storeOptions == [:])
    }

    @Test func readsIPv6() throws {
      let configuration = try Self.parse("redis://:pw@[::1]:6380/1")
      #expect(configuration.endpoint == .tcp(host: "::1", port: 6380))
      #expect(configuration.location == "redis://[::1]:6380/1")
      #expect(Self.refusal("redis://::1:6380").contains("brackets"))
      #expect(Self.refusal("redis://[::1").contains("]"))
    }

    @Test func readsUnixSockets() throws {
      let configuration = try Self.parse("redis+unix:///run/my%20redis.sock?db=2&name=n")
      #expect(configuration.endpoint == .unixSocket(path: "/run/my redis.sock"))
      #expect(configuration.database == 2)
      #expect(Self.refusal("redis+unix://run/redis.sock").contains("three slashes"))
    }

    @Test func readsTLS() throws {
      let configuration = try Self.parse(
        "rediss://h:1/?cacert=/a%26b.pem&cert=c.pem&key=k.pem&verify=hostname-off")
      #expect(
        configuration.tls
          == RedisConfiguration.TLS(
            authorityFile: "/a&b.pem", certificateFile: "c.pem", keyFile: "k.pem",
            verification: .hostnameOff))
      #expect(Self.refusal("redis://h?cacert=a").contains("rediss://"))
      #expect(Self.refusal("rediss://h?cert=a").contains("key"))
      #expect(Self.refusal("rediss://h?verify=maybe").contains("full, hostname-off, none"))
    }

    @Test func readsTimesAndSizes() throws {
      let configuration = try Self.parse(
        "redis://h?connect-timeout=2s&timeout=500ms&idle-timeout=3m&connections=4"
          + "&queue-commands=10&queue-bytes=8m&backoff-min=10ms&backoff-max=1&client-name=x")
      #expect(configuration.connectTimeout == .seconds(2))
      #expect(configuration.commandTimeout == .milliseconds(500))
      #expect(configuration.idleTimeout == .seconds(180))
      #expect(configuration.connections == 4)
      #expect(configuration.maximumQueuedCommands == 10)
      #expect(configuration.maximumQueuedBytes == 8 << 20)
      #expect(configuration.backoff == .milliseconds(10)...(.seconds(1)))
      #expect(configuration.clientName == "x")
    }

    @Test(arguments: [
      ("connections=0", "connections"), ("timeout=soon", "timeout"), ("timeout=0", "timeout"),
      ("queue-bytes=9999999999999999999", "queue-bytes"), ("client-name=a%20b", "client-name"),
      ("db=-1", "database"), ("colour=red", "colour"), ("name=a&name=b", "name"),
    ])
    func refusesItemsByName(item: String, named: String) {
      #expect(Self.refusal("redis://h?\(item)").contains(named))
    }

    @Test func keepsOptionsOfTheStore() throws {
      let configuration = try Self.parse("redis://h?name=n&hash=sha256&evict=accept")
      #expect(configuration.storeOptions == ["name": "n", "hash": "sha256", "evict": "accept"])
    }

    @Test func takesThePasswordFromElsewhere() throws {
      let file = FileManager.default.temporaryDirectory.appending(path: "pw-\(UUID().uuidString)")
      try "from file\n".write(to: file, atomically: true, encoding: .utf8)
      defer { try? FileManager.default.removeItem(at: file) }
      let variable = RedisConfiguration.passwordVariable
      let fileVariable = RedisConfiguration.passwordFileVariable
      #expect(try Self.parse("redis://h", [variable: "env"]).password == Secret("env"))
      #expect(try Self.parse("redis://:url@h", [variable: "env"]).password == Secret("url"))
      #expect(
        try Self.parse("redis://h?password-file=\(file.path)", [variable: "env"]).password
          == Secret("from file"))
      #expect(
        try Self.parse("redis://h", [fileVariable: file.path]).password == Secret("from file"))
      #expect(Self.refusal("redis://h?password-file=/absent").contains("/absent"))
      #expect(Self.refusal("redis://:a@h?password-file=/absent").contains("leave one"))
      #expect(Self.refusal("redis://app@h").contains(variable))
    }

    @Test func nothingShowsThePassword() throws {
      let configuration = try Self.parse("redis://app:hunter2@h/1")
      var dumped = ""
      dump(configuration, to: &dumped)
      let texts = [
        dumped, "\(configuration)", String(reflecting: configuration), configuration.location,
        "\(configuration.password as Any)", String(reflecting: configuration.password as Any),
      ]
      for text in texts { #expect(!text.contains("hunter2")) }
    }

    /// Passwords that were not percent-encoded take any place in a URL.
    @Test(arguments: [
      "redis://:hunter2/x@h", "redis://:hunter2?x@h", "redis://:hunter2#x@h",
      "redis://:x@hunter2@h", "redis://u:x/hunter2@h:1/2", "redis://u:x?hunter2=1@h", "hunter2",
      "redis://:hunter2%zz@h", "redis://h:hunter2", "redis://h/hunter2", "http://u:hunter2@h",
      "redis://:hunter2@", "redis://:hunter2@h:99999", "redis://:hunter2@h?what=1",
    ])
    func noRefusalShowsThePassword(url: String) {
      let text = Self.refusal(url)
      #expect(!text.isEmpty)
      #expect(!text.contains("hunter2"))
    }

    @Test(arguments: ["", "redis", "redis://", "redis:///", "://", "redis://h:0", "redis://h:x"])
    func refusesWhatIsNoURL(url: String) {
      #expect(!Self.refusal(url).isEmpty)
    }
  }
#endif
