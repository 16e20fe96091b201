import EmbeddedRedis
import EmbeddedRedisServer
import Foundation
import IrminsulTestKit
import RedisScripting
import Testing

/// SELECT and what moves keys between databases, on the embedded host and on a Redis server.
@Suite struct DatabaseParityTests {
  private static func words(_ line: Substring) -> [String] {
    // The text of a script is between bars.
    line.split(separator: "|").enumerated().flatMap { index, part in
      index == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }
  }

  /// Each line begins with the client that says it.
  private static let conversation = """
    0 SELECT 99
    0 SELECT x
    0 SELECT -1
    0 SELECT 3000000000
    0 SELECT
    0 CONFIG GET databases
    0 SET a 0
    0 SET e 1 EX 1000
    0 SELECT 1
    0 GET a
    0 SET a 1
    0 SET b 1
    0 DBSIZE
    1 DBSIZE
    0 INFO keyspace
    0 MOVE a 0
    0 MOVE b 0
    0 MOVE none 0
    0 MOVE b 1
    0 MOVE b 99
    0 MOVE b x
    0 MOVE b -1
    0 SELECT 0
    0 MOVE e 5
    0 TTL e
    0 SELECT 5
    0 TTL e
    0 RPUSH l a b
    0 HSET h f 1
    0 ZADD z 1 a
    0 XADD x 1-1 f v
    0 MOVE l 2
    0 MOVE h 2
    0 MOVE z 2
    0 COPY x x DB 2
    0 COPY e e
    0 COPY e e DB 5
    0 COPY e e DB 6
    0 COPY e e DB 6
    0 COPY e e DB 6 REPLACE
    0 COPY e e DB 99
    0 COPY e e DB x
    0 COPY e e DB
    0 COPY e f DB 5
    0 COPY e e DB 5 REPLACE DB 7
    0 SELECT 2
    0 LRANGE l 0 -1
    0 HGETALL h
    0 ZRANGE z 0 -1
    0 XRANGE x - +
    0 SWAPDB 0 1
    0 SWAPDB 0 99
    0 SWAPDB x 0
    0 SWAPDB 0 x
    0 SWAPDB 0 0
    0 SWAPDB -1 0
    0 SWAPDB 0
    1 EXISTS a b
    0 INFO keyspace
    0 SELECT 0
    0 EVAL |return redis.call('select', 1)| 0
    0 EVAL |redis.call('select', 1) return {redis.call('dbsize'), redis.call('keys', 'a')}| 0
    0 EVAL |redis.call('select', 1) redis.call('set', 'q', 1) redis.call('select', 2) return redis.call('dbsize')| 0
    0 DBSIZE
    0 EVAL |return redis.call('select', 99)| 0
    0 EVAL |return redis.call('select', 'x')| 0
    0 EVAL |return redis.call('move', 'a', 3)| 0
    0 EVAL |return redis.call('swapdb', 3, 4)| 0
    0 EVAL |redis.call('select', 9) return redis.call('move', 'zz', 0)| 0
    0 EVAL |redis.call('swapdb', 0, 2) return redis.call('dbsize')| 0
    0 EVAL_RO |redis.call('select', 1) return redis.call('dbsize')| 0
    0 EVAL_RO |return redis.call('swapdb', 1, 2)| 0
    0 DBSIZE
    0 FLUSHDB
    0 INFO keyspace
    0 MULTI
    0 SELECT 2
    0 SET z 1
    0 SELECT 99
    0 DBSIZE
    0 EVAL |redis.call('select', 3) return redis.call('dbsize')| 0
    0 DBSIZE
    0 SELECT
    0 DISCARD
    0 MULTI
    0 SELECT 2
    0 SET z 1
    0 SELECT 99
    0 EVAL |redis.call('select', 3) return redis.call('dbsize')| 0
    0 DBSIZE
    0 EXEC
    0 DBSIZE
    0 RESET
    0 DBSIZE
    0 FLUSHALL
    0 INFO keyspace
    """

  /// What a client does to the database that another one watches a key in; the first word tells where that key is.
  private static let watched = """
    0: SELECT 1, SET k 2
    0: SELECT 0, SET k 2
    0: SELECT 1, FLUSHDB
    0: SELECT 1, FLUSHALL
    0: SWAPDB 0 1
    0: SWAPDB 1 2
    0: SWAPDB 0 0
    1: SWAPDB 0 1
    1: SWAPDB 0 2
    1: SELECT 1, MOVE k 0
    1: SELECT 1, COPY k k DB 0
    1: SELECT 1, COPY k k DB 3
    0: MOVE k 1
    0: SWAPDB 0 1, SET x 1, SWAPDB 0 1
    2: SWAPDB 0 1, SET k 1
    2: SWAPDB 0 1, SELECT 1, SET k 1
    0: EVAL |redis.call('select', 1) redis.call('set', 'k', 1)| 0
    1: EVAL |redis.call('select', 0) redis.call('set', 'k', 1)| 0
    """

  private static func replies(_ clients: [RawConnection]) throws -> [(String, String)] {
    func say(_ client: Int, _ words: [String]) throws -> String {
      String(decoding: try clients[client].reply(to: words), as: UTF8.self)
        // An average of times, and the length of a text that has one.
        .replacing(/avg_ttl=\d+/, with: "").replacing(/\$\d+\r\n# Key/, with: "# Key")
    }
    var replies: [(String, String)] = []
    for line in conversation.split(separator: "\n") {
      let client = try #require(line.first?.wholeNumberValue)
      replies.append((String(line), try say(client, words(line.dropFirst(2)))))
    }
    for line in watched.split(separator: "\n") {
      for client in [0, 1] { _ = try say(client, ["RESET"]) }
      _ = try say(0, ["FLUSHALL"])
      let parts = line.split(separator: ": ")
      _ = try say(0, ["SELECT", String(parts[0])])
      _ = try say(0, ["SET", "k", "1"])
      _ = try say(0, ["SELECT", "0"])
      _ = try say(0, ["WATCH", "k"])
      for command in String(parts[1]).replacing("', ", with: "',").replacing(", '", with: ",'")
        .replacing(", 1", with: ",1").split(separator: ", ")
      { _ = try say(1, words(command)) }
      // Where the client is by now does not matter.
      _ = try say(0, ["SELECT", "7"])
      _ = try say(0, ["MULTI"])
      replies.append((String(line), try say(0, ["EXEC"])))
    }
    return replies
  }

  @Test func databasesAreTheSame() async throws {
    let redis = try await RedisServer.start()
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    let (expected, found) = try await onThread {
      (
        try Self.replies([
          RawConnection(unixPath: redis.unixSocketPath),
          RawConnection(unixPath: redis.unixSocketPath),
        ]), try Self.replies([RawConnection(port: port), RawConnection(port: port)])
      )
    }
    #expect(found.count > 100)
    for (expected, found) in zip(expected, found) {
      #expect(found.1 == expected.1, "\(found.0)")
    }
    #expect(Set(found.suffix(18).map(\.1)) == ["*-1\r\n", "*0\r\n"])
    await server.stop()
    await host.close()
    redis.stop()
  }

  /// What a script that is stopped did to several databases is undone, their places among it.
  @Test func stoppedScriptsAreUndoneInAllDatabases() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(50)
    let host = try EmbeddedHost.open(configuration)
    func evaluate(_ source: String) async throws -> Reply {
      try await host.run(Command("EVAL", source, "0"))
    }
    _ = try await evaluate(
      "redis.call('set', 'k', 0) redis.call('select', 1) redis.call('set', 'k', 1)")
    await #expect(throws: HostError.self) {
      _ = try await evaluate(
        """
        redis.call('swapdb', 0, 1) redis.call('set', 'k', 2) redis.call('select', 3)
        redis.call('set', 'k', 3) redis.call('swapdb', 3, 4) redis.call('swapdb', 1, 4)
        while true do end
        """)
    }
    let reply = try await evaluate(
      """
      local found = {}
      for number = 0, 4 do
        redis.call('select', number)
        found[number + 1] = redis.call('get', 'k') or 'none'
      end
      return found
      """)
    #expect(reply.array?.compactMap(\.text) == ["0", "1", "none", "none", "none"])
    await host.close()
  }

  #if File
    @Test func filesHaveOneDatabase() async throws {
      let replies = try await FileServer.replies(
        to: ["SET k v", "SELECT 0", "SELECT 1", "MOVE k 1", "SWAPDB 0 1", "COPY k l DB 1"])
      #expect(
        replies == ["+OK\r\n", "+OK\r\n"]
          + [String](repeating: "-ERR DB index is out of range\r\n", count: 4))
    }
  #endif
}
