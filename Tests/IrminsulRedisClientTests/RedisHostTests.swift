import IrminsulRedisClient
import IrminsulTestKit
import RedisScripting
import Testing

@Suite struct RedisHostTests {
  @Test func runsCommandsAndScripts() async throws {
    let server = try await RedisServer.start()
    let host = try await RedisHost.connect(RedisConfiguration(url: server.url, environment: [:]))
    #expect(try await host.run(Command("SET", "a", "1")) == .status("OK"))
    #expect(try await host.run(Command("GET", "a")) == .bytes(Bytes("1".utf8)))
    let script = Script(
      name: "echo", keys: ["k"], access: .read, source: "return {KEYS[1], ARGV[1], 7}")
    let reply = try await host.run(
      script, keys: [Bytes("k".utf8)], arguments: [Bytes([0, 13, 10, 255])])
    #expect(reply == .array([.bytes(Bytes("k".utf8)), .bytes([0, 13, 10, 255]), .integer(7)]))
    await host.close()
    await host.close()
    await #expect(throws: HostError.closed(location: host.location)) {
      try await host.run(Command("PING"))
    }
  }
}
