import EmbeddedRedis
import EmbeddedRedisServer
import Foundation
import IrminsulTestKit
import RedisScripting
import Testing

/// The embedded host as redis-cli sees it.
@Suite struct EmbeddedRedisServerTests {
  private func redisCLI(_ port: Int, _ arguments: [String], input: String = "") async throws
    -> String
  {
    // On a thread of its own: it blocks, and the server needs those of the tasks.
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try Self.run(port, arguments, input) })
      }
    }
  }

  private static func run(_ port: Int, _ arguments: [String], _ input: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["redis-cli", "-p", String(port)] + arguments
    let output = Pipe()
    let feed = Pipe()
    process.standardOutput = output
    process.standardInput = feed
    try process.run()
    feed.fileHandleForWriting.write(Data(input.utf8))
    try feed.fileHandleForWriting.close()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  @Test func aClientRunsCommandsAndScripts() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let answers = try await redisCLI(
      server.port, [],
      input: """
        SET k 1 EX 100
        INCRBY k 41
        TTL k
        EVAL "return {KEYS[1], redis.call('get', KEYS[1]), {ok='fine'}}" 1 k
        EVAL "return redis.call('nosuch')" 0
        NOSUCH a
        GEOADD g 1 2 x
        MULTI
        SET a 1
        INCR a
        HGET a f
        EXEC
        BLPOP nothing 0.05
        CLIENT SETNAME me
        CLIENT GETNAME
        LRANGE none 0 -1
        """)
    #expect(
      answers == """
        OK
        42
        100
        k
        42
        fine
        ERR Unknown Redis command called from script script: \
        206396248e12c6e742fd7296250433c8d7343b74, on @user_script:1.

        ERR unknown command 'NOSUCH', with args beginning with: 'a' 

        ERR the embedded host does not have the command 'geoadd'

        OK
        QUEUED
        QUEUED
        QUEUED
        OK
        2
        WRONGTYPE Operation against a key holding the wrong kind of value


        OK
        me


        """)
    await server.stop()
    await host.close()
  }

  @Test func aBlockedClientIsServedByAnother() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    async let popped = redisCLI(server.port, ["BLPOP", "queue", "20"])
    _ = try await redisCLI(server.port, ["RPUSH", "queue", "job"])
    #expect(try await popped == "queue\njob\n")
    await server.stop()
    await host.close()
  }

  @Test func aBlockedClientThatHasGoneTakesNothing() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    for _ in 0..<20 {
      var gone: PlainSocket? = try PlainSocket(host: "127.0.0.1", port: server.port)
      #expect(gone?.write("BLPOP queue 0\r\n".utf8) == true)
      try await Task.sleep(for: .milliseconds(5))
      gone = nil
    }
    // Longer than it takes a server to see an end that has come.
    try await Task.sleep(for: .milliseconds(200))
    _ = try await redisCLI(server.port, ["RPUSH", "queue", "job"])
    try await Task.sleep(for: .milliseconds(100))
    #expect(try await redisCLI(server.port, ["LLEN", "queue"]) == "1\n")
    await server.stop()
    await host.close()
  }

  @Test func theServerStopsAndItsPortIsFree() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let first = try await EmbeddedRedisServer.start(host)
    await #expect(throws: EmbeddedRedisServer.StartError.self) {
      _ = try await EmbeddedRedisServer.start(host, port: first.port)
    }
    await first.stop()
    let second = try await EmbeddedRedisServer.start(host, port: first.port)
    #expect(try await redisCLI(second.port, ["PING"]) == "PONG\n")
    await second.stop()
    await host.close()
  }
}
