import EmbeddedRedis
import EmbeddedRedisServer
import Foundation
import IrminsulTestKit
import Testing

/// WATCH and what a transaction does then, on the embedded host and on a Redis server.
@Suite struct WatchParityTests {
  /// What both servers answer to the same clients must be the same.
  private func expectTheSame(
    clients count: Int,
    _ body: @escaping @Sendable ([RawConnection]) throws -> [(String, String)]
  ) async throws {
    let redis = try await RedisServer.start()
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    let differences = try await onThread {
      let expected = try body(
        try (0..<count).map { _ in try RawConnection(unixPath: redis.unixSocketPath) })
      let found = try body(try (0..<count).map { _ in try RawConnection(port: port) })
      return zip(expected, found).compactMap { (expected, found) -> String? in
        guard expected != found else { return nil }
        return "\(found.0): \(found.1.debugDescription), not \(expected.1.debugDescription)"
      }
    }
    #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    await server.stop()
    await host.close()
    redis.stop()
  }

  private static func words(_ line: Substring) -> [String] {
    // The text of a script is between bars.
    line.split(separator: "|").enumerated().flatMap { index, part in
      index == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }

  private static let data = """
    SET s abc
    SET n 5
    SET f 1.5
    RPUSH l a b c
    RPUSH l1 a
    HSET h f 1 g 2
    SADD t a b
    SADD t1 a
    ZADD z 1 a 2 b
    XADD x 1-1 f v
    XADD x 2-1 f v
    XGROUP CREATE x g 0
    SET e v EX 100
    SET bits a
    """
  private static let keys = [
    "s", "n", "f", "l", "l1", "h", "t", "t1", "z", "x", "e", "bits", "none", "other",
  ]
  private static let commands = """
    SET s abc
    SET s x NX
    SET none x XX
    SET s y KEEPTTL
    SETNX s 1
    GETDEL none
    GETDEL s
    GETEX s
    GETEX s EX 10
    GETEX e PERSIST
    GETEX s PERSIST
    SETRANGE s 0 abc
    SETBIT bits 0 0
    SETBIT bits 0 1
    SETBIT bits 100 0
    BITOP AND s none none
    BITOP AND other none none
    INCRBY n 0
    INCRBYFLOAT f 0
    MSETNX s 1 none 2
    MSETNX other 1 none 2
    LPUSHX none a
    LPOP l 0
    LPOP l1
    LSET l 0 a
    LREM l 0 zz
    LTRIM l 0 -1
    LTRIM none 0 1
    LTRIM l 5 6
    LTRIM l 1 1
    LINSERT l BEFORE zz y
    LMOVE l l LEFT LEFT
    LMPOP 2 none l LEFT
    HSET h f 1
    HSETNX h f 1
    HDEL h zz
    HDEL h f g
    HINCRBY h f 0
    SADD t a
    SADD t c
    SREM t zz
    SPOP t 0
    SPOP t 5
    SMOVE t t1 a
    SMOVE t t a
    SMOVE t t1 zz
    SUNIONSTORE other none
    SUNIONSTORE t none
    SUNIONSTORE t t
    ZADD z 1 a
    ZADD z NX 5 a
    ZADD z INCR 0 a
    ZADD z 3 c
    ZREM z zz
    ZPOPMIN z 0
    ZMPOP 1 z MIN
    ZRANGESTORE other none 0 -1
    ZRANGESTORE z none 0 -1
    ZUNIONSTORE s 1 none
    SORT l ALPHA STORE other
    SORT none STORE s
    XADD none NOMKSTREAM * f v
    XDEL x 9-9
    XDEL x 1-1
    XTRIM x MAXLEN 5
    XTRIM x MAXLEN 1
    XSETID x 9-9
    XGROUP CREATE x g2 0
    XGROUP CREATE none g 0 MKSTREAM
    XGROUP DESTROY x g
    XREADGROUP GROUP g c STREAMS x >
    XACK x g 1-1
    EXPIRE s 100
    EXPIRE s 100 XX
    EXPIRE s -1
    PERSIST s
    PERSIST e
    RENAME s s
    RENAME s n
    RENAME s none
    RENAMENX s n
    COPY s none
    COPY s n
    COPY none other
    DEL none
    DEL s none
    TOUCH s
    FLUSHALL
    FLUSHDB
    GET s
    LPUSH s 1
    EVAL |redis.call('set', 'none', 1) redis.call('del', 'none')| 0
    EVAL |redis.call('rename', 's', 'q') redis.call('rename', 'q', 'other')| 0
    EVAL |redis.call('set', 's', 1) error('x')| 0
    EVAL |return redis.pcall('lpush', 's', 1)| 0
    EVAL |return redis.call('get', 's')| 0
    """

  /// Of each key a client of its own sees whether a command has touched it.
  @Test func commandsTouchTheSameKeys() async throws {
    try await expectTheSame(clients: Self.keys.count + 1) { clients in
      try Self.commands.split(separator: "\n").map { line in
        let writer = clients[Self.keys.count]
        _ = try writer.reply(to: ["FLUSHALL"])
        for line in Self.data.split(separator: "\n") { _ = try writer.reply(to: Self.words(line)) }
        for (key, client) in zip(Self.keys, clients) { _ = try client.reply(to: ["WATCH", key]) }
        _ = try writer.reply(to: Self.words(line))
        let touched = try zip(Self.keys, clients).filter { _, client in
          _ = try client.reply(to: ["MULTI"])
          return try client.reply(to: ["EXEC"]) == Array("*-1\r\n".utf8)
        }
        return (String(line), "\(touched.map(\.0))")
      }
    }
  }

  /// Each line begins with the client that says it.
  private static let conversation = """
    0 SET n 1
    0 WATCH n
    0 GET n
    1 INCR n
    0 MULTI
    0 SET n 10
    0 EXEC
    0 GET n
    0 WATCH n
    0 MULTI
    0 SET n 10
    0 EXEC
    0 GET n
    0 MULTI
    0 GET n
    0 EXEC
    0 WATCH n other
    0 SET other 1
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 SET n 1
    0 UNWATCH
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 SET n 1
    0 MULTI
    0 DISCARD
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 SET n 1
    0 EXEC
    0 MULTI
    0 NOSUCH
    0 EXEC
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 SET n 1
    0 EXEC x
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 EVAL |return redis.call('incr', KEYS[1])| 1 n
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 MULTI
    1 INCR n
    1 EXEC
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 FLUSHALL
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    1 FLUSHALL
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH
    0 MULTI
    0 WATCH n
    0 UNWATCH
    0 UNWATCH x
    0 EXEC
    0 MULTI
    0 WATCH n
    0 UNWATCH
    0 MULTI
    0 EXEC
    0 MULTI
    0 WATCH
    0 EXEC
    0 WATCH n
    1 WATCH n
    0 SET n 3
    0 MULTI
    0 PING
    0 EXEC
    1 MULTI
    1 PING
    1 EXEC
    0 WATCH n
    1 SET n 1
    0 RESET
    0 MULTI
    0 PING
    0 EXEC
    0 WATCH n
    0 WATCH n
    1 SET n 1
    0 WATCH n
    0 MULTI
    0 CLIENT SETNAME me
    0 EXEC
    0 CLIENT GETNAME
    """

  @Test(arguments: ["2", "3"])
  func competingClientsSeeTheSame(version: String) async throws {
    try await expectTheSame(clients: 2) { clients in
      for client in clients { _ = try client.reply(to: ["HELLO", version]) }
      return try Self.conversation.split(separator: "\n").map { line in
        let client = try #require(line.first?.wholeNumberValue)
        let reply = try clients[client].reply(to: Self.words(line.dropFirst(2)))
        return (String(line), String(decoding: reply, as: UTF8.self))
      }
    }
  }

  /// A key that expires while it is watched has changed; one that had expired before has not.
  @Test func keysThatExpireHaveChanged() async throws {
    try await expectTheSame(clients: 1) { clients in
      var replies: [(String, String)] = []
      func say(_ words: String...) throws {
        let reply = try clients[0].reply(to: words)
        replies.append((words.joined(separator: " "), String(decoding: reply, as: UTF8.self)))
      }
      for watches in ["before", "after"] {
        try say("SET", "k", "v", "PX", "50")
        if watches == "before" { try say("WATCH", "k") }
        Thread.sleep(forTimeInterval: 0.2)
        if watches == "after" { try say("WATCH", "k") }
        try say("MULTI")
        try say("PING")
        try say("EXEC")
      }
      return replies
    }
  }

  /// What client libraries do: read, and write only if nobody else has, else again.
  @Test func aTransactionOfALibraryLosesNothing() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await onThread {
            let client = try RawConnection(port: port)
            for _ in 0..<50 {
              var isDone = false
              while !isDone {
                _ = try client.reply(to: ["WATCH", "count"])
                let lines = String(decoding: try client.reply(to: ["GET", "count"]), as: UTF8.self)
                  .split(separator: "\r\n")
                let count = lines.count > 1 ? Int(lines[1]) ?? 0 : 0
                _ = try client.reply(to: ["MULTI"])
                _ = try client.reply(to: ["SET", "count", "\(count + 1)"])
                isDone = try client.reply(to: ["EXEC"]) != Array("*-1\r\n".utf8)
              }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let count = try await onThread {
      String(decoding: try RawConnection(port: port).reply(to: ["GET", "count"]), as: UTF8.self)
    }
    #expect(count == "$3\r\n200\r\n")
    await server.stop()
    await host.close()
  }

  #if File
    @Test func keysOfAFileAreNotWatched() async throws {
      let replies = try await FileServer.replies(
        to: ["WATCH k", "MULTI", "SET k v", "SCRIPT EXISTS x", "EXEC"])
      #expect(
        replies == [
          "-ERR WATCH is not supported by file: stores\r\n", "+OK\r\n", "+QUEUED\r\n",
          "+QUEUED\r\n", "*2\r\n+OK\r\n*1\r\n:0\r\n",
        ])
    }
  #endif
}
