#if Redis
  import Foundation
  import IrminsulTestKit
  import Testing

  /// A password that is given in a URL, in the environment or in a file shows up nowhere: in no
  /// output, in no complaint, in no log.
  @Suite struct SecretTests {
    private static let commands = [
      ["init"], ["set", "a=1", "b/c=2"], ["get", "a"], ["ls", "-l"], ["tree"], ["log"],
      ["branch", "topic"], ["branch", "-v"], ["cat", "main"], ["stats"], ["verify"],
      ["watch", "--since", "0", "-n", "1"], ["export", "copy.git"], ["import", "copy.git"],
      ["mv", "a", "d"], ["rm", "d"], ["delete-store", "irminsul"],
      ["delete-store", "other", "--force"], ["get", "absent"], ["cat", "absent"],
      ["branch", "--delete", "absent"], ["log", "--branch", "absent"],
      ["set", "a=1", "--test", "0"],
      ["delete-store", "irminsul", "--force"], ["stats"],
    ]

    private func expectSilence(
      _ url: String, _ environment: [String: String], _ server: RedisServer, json: Bool
    ) async throws {
      let sandbox = try Sandbox()
      for command in Self.commands {
        let transcript = try await sandbox.irminsul(
          command + (json ? ["--json"] : []) + ["--store", url], environment: environment)
        #expect([0, 1, 64].contains(transcript.status), "\(command): \(transcript.errors)")
        #expect(!transcript.text.contains(secret), "\(command)")
        #expect(!transcript.errors.contains(secret), "\(command)")
      }
      #expect(!server.log.contains(secret))
      #expect(try !server.command("ACL", "LOG").contains(secret))
      #expect(try !server.command("SLOWLOG", "GET", "128").contains(secret))
    }

    @Test func aPasswordInTheURL() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(listening: .tls(), password: secret))
      try await expectSilence(server.url, [:], server, json: false)
    }

    @Test func aPasswordInTheEnvironment() async throws {
      let server = try await RedisServer.start(RedisServer.Options(password: secret))
      let url = server.url(user: nil, password: nil)
      let environment = ["IRMINSUL_REDIS_PASSWORD": secret]
      try await expectSilence(url, environment, server, json: true)
      // A server that has forgotten it, and a place where none is.
      try server.command("CONFIG", "SET", "requirepass", "another")
      let sandbox = try Sandbox()
      let wrong = try await sandbox.irminsul(
        "get", "a", "--store", url, environment: environment)
      expectRefusal(wrong, .refused, "WRONGPASS")
      server.stop()
      let gone = try await sandbox.irminsul("get", "a", "--store", url, environment: environment)
      expectRefusal(gone, .unreachable, "Connection refused")
    }
  }
#endif
