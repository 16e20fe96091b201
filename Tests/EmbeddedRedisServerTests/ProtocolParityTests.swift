import EmbeddedRedis
import EmbeddedRedisServer
import Foundation
import IrminsulTestKit
import Testing

/// The same commands over the wire, to the embedded host and to a Redis server: the same bytes.
@Suite struct ProtocolParityTests {
  private static func parts(_ line: String) -> [String] {
    var parts: [String] = []
    var rest = line[...]
    while let start = rest.firstIndex(where: { $0 != " " }) {
      let quote = rest[start]
      if quote == "\"" || quote == "`" {
        let content = rest[rest.index(after: start)...]
        let end = content.firstIndex(of: quote) ?? content.endIndex
        parts.append(String(content[..<end]))
        rest = end < content.endIndex ? content[content.index(after: end)...] : ""
      } else {
        let end = rest[start...].firstIndex(of: " ") ?? rest.endIndex
        parts.append(String(rest[start..<end]))
        rest = rest[end...]
      }
    }
    return parts
  }

  /// What has one order only: collections of several members without one are left out.
  private static let commands = #"""
    PING
    PING hello
    ECHO hello
    SET s 10
    SET s 11 GET
    SET none 1 XX
    SET s 12 NX GET
    GET s
    GET nothing
    GETDEL nothing
    GETEX nothing
    GETSET nothing2 x
    MGET s nothing
    MSETNX s 1
    INCRBYFLOAT s 1.5
    STRLEN s
    GETRANGE s 0 0
    SETRANGE s 1 9
    APPEND s 9
    SETBIT bits 7 1
    GETBIT bits 7
    BITCOUNT bits
    BITPOS bits 1
    BITOP NOT bits2 bits
    TYPE s
    TYPE nothing
    EXISTS s nothing
    TTL s
    PTTL nothing
    EXPIRE s 100
    PERSIST s
    EXPIRETIME s
    OBJECT ENCODING nothing
    OBJECT REFCOUNT s
    RENAME nothing x
    COPY s s2
    DBSIZE
    HSET h f v
    HGET h f
    HGET h nothing
    HMGET h f nothing
    HGETALL h
    HGETALL nothing
    HKEYS h
    HVALS h
    HLEN h
    HINCRBY h n 1
    HDEL h n
    HINCRBYFLOAT h n 1.5
    HDEL h n
    HRANDFIELD h
    HRANDFIELD nothing
    HRANDFIELD h 1
    HRANDFIELD h 1 WITHVALUES
    HRANDFIELD h -2 WITHVALUES
    HSCAN h 0
    HSTRLEN h f
    HEXISTS h f
    SADD t m
    SMEMBERS t
    SMEMBERS nothing
    SISMEMBER t m
    SMISMEMBER t m n
    SINTER t t
    SUNION t nothing
    SDIFF t nothing
    SINTERCARD 1 t
    SRANDMEMBER t
    SRANDMEMBER t 1
    SRANDMEMBER nothing 2
    SPOP nothing
    SPOP nothing 1
    SPOP t 1
    SPOP t 1
    SADD t m
    SSCAN t 0
    SORT t ALPHA
    SORT t BY nosort GET # GET nothing_*
    SORT t ALPHA STORE sorted
    ZADD z 1 a 2.5 b
    ZADD z INCR 1.5 a
    ZADD z NX INCR 1 a
    ZADD z inf c
    ZADD z -inf d
    ZSCORE z a
    ZSCORE z c
    ZSCORE z nothing
    ZMSCORE z a nothing d
    ZINCRBY z 1 a
    ZCARD z
    ZRANK z a
    ZRANK z nothing
    ZREVRANK z a
    ZCOUNT z -inf inf
    ZLEXCOUNT z - +
    ZRANGE z 0 -1
    ZRANGE z 0 -1 WITHSCORES
    ZRANGE z 0 0 REV WITHSCORES
    ZRANGE z -inf inf BYSCORE WITHSCORES LIMIT 0 2
    ZREVRANGE z 0 -1 WITHSCORES
    ZRANGEBYSCORE z 1 4 WITHSCORES
    ZREVRANGEBYSCORE z 4 1 WITHSCORES
    ZRANGE nothing 0 -1 WITHSCORES
    ZRANDMEMBER nothing
    ZRANDMEMBER nothing 2
    ZADD one 5 x
    ZRANDMEMBER one
    ZRANDMEMBER one 1
    ZRANDMEMBER one 1 WITHSCORES
    ZSCAN one 0
    ZUNION 2 one nothing WITHSCORES
    ZINTER 1 one
    ZDIFF 1 one WITHSCORES
    ZUNIONSTORE two 2 one z
    ZRANGESTORE three z 0 0
    ZINTERCARD 1 one
    ZPOPMIN z
    ZPOPMIN z 2
    ZPOPMAX z 0
    ZPOPMIN nothing
    ZPOPMIN nothing 2
    ZMPOP 1 nothing MIN
    ZMPOP 1 z MIN COUNT 5
    BZPOPMIN one 1
    BZPOPMIN one 0.01
    BZMPOP 0.01 1 nothing MAX
    BZPOPMAX two 1
    RPUSH l a b c
    LRANGE l 0 -1
    LRANGE nothing 0 -1
    LINDEX l 0
    LINDEX l 9
    LPOS l b
    LPOS l nothing
    LPOS l b COUNT 0
    LPOP l
    LPOP l 1
    LPOP nothing
    LPOP nothing 1
    RPOP l 0
    LMPOP 1 nothing LEFT
    LMPOP 1 l LEFT COUNT 2
    BLPOP nothing 0.01
    BLMPOP 0.01 1 nothing LEFT
    RPUSH l a b
    BLPOP l 1
    LMOVE l l2 LEFT LEFT
    LMOVE nothing l2 LEFT LEFT
    BLMOVE nothing l2 LEFT LEFT 0.01
    RPOPLPUSH l2 l3
    BRPOPLPUSH nothing l3 0.01
    LINSERT l3 BEFORE a x
    LREM l3 0 x
    LLEN l3
    XADD x 1-1 f v
    XADD x NOMKSTREAM 1-2 f v
    XADD nothing NOMKSTREAM 1-2 f v
    XLEN x
    XRANGE x - +
    XRANGE x - + COUNT 0
    XRANGE nothing - +
    XREVRANGE x + - COUNT 1
    XREAD STREAMS x 0
    XREAD STREAMS x nothing 0 0
    XREAD STREAMS x $
    XREAD BLOCK 10 STREAMS x $
    XGROUP CREATE x g 0
    XGROUP CREATE x g 0
    XPENDING x g
    XREADGROUP GROUP g c STREAMS x >
    XREADGROUP GROUP g c COUNT 1 STREAMS x 0
    XREADGROUP GROUP g c STREAMS x >
    XPENDING x g
    XINFO GROUPS x
    XINFO STREAM x
    XDEL x 1-1
    XINFO STREAM x
    XINFO GROUPS x
    XREADGROUP GROUP g c STREAMS x 0
    XCLAIM x g d 0 1-2 JUSTID
    XCLAIM x g d 0 1-2
    XAUTOCLAIM x g d 0 0
    XACK x g 1-2
    XGROUP DELCONSUMER x g c
    XTRIM x MAXLEN 0
    XINFO STREAM x
    XSETID x 5-0
    XSETID x 6-0 ENTRIESADDED 9 MAXDELETEDID 3-0
    XSETID x 6-0 MAXDELETEDID 7-0
    XSETID x 6-0 ENTRIESADDED -1
    XSETID x 6-0 ENTRIESADDED
    XADD x 8-0 f v
    XSETID x 8-0 ENTRIESADDED 0
    XINFO STREAM x
    XINFO STREAM x FULL COUNT
    XINFO STREAM x COUNT 1
    XADD y 1-0 f v
    XADD y 2-0 g v
    XGROUP CREATE y g 1-0
    XINFO STREAM y FULL
    XINFO STREAM y FULL COUNT 1
    XINFO STREAM y FULL COUNT 0
    XINFO STREAM nothing
    XINFO GROUPS x
    SCAN 0 MATCH l3 COUNT 1000
    KEYS l3
    COMMAND COUNT EXTRA
    COMMAND INFO nothing
    COMMAND GETKEYS SET k v
    CONFIG GET maxmemory
    CONFIG GET nothing
    CONFIG SET maxmemory 100mb
    CONFIG GET maxmemory
    CONFIG SET maxmemory x
    CONFIG SET maxmemory ""
    CONFIG GET maxmemory
    CONFIG GET MAXMEMORY
    CONFIG GET MAX*Memory
    CONFIG GET maxmemory maxmemory
    CONFIG GET stream-node-max-b*
    CONFIG GET lua-time-limit
    CONFIG SET lua-time-limit 100
    CONFIG GET busy-reply-threshold
    CONFIG SET busy-reply-threshold 0
    CONFIG GET *time-limit
    CONFIG GET b[a-u]*-thre[s]hold nothing
    CONFIG SET lua-time-limit -1
    CONFIG SET lua-time-limit x
    CONFIG SET lua-time-limit 05
    CONFIG SET lua-time-limit 1 busy-reply-threshold 2
    CONFIG SET lua-time-limit 5 lua-time-limit 6
    CONFIG SET maxmemory x lua-time-limit 7
    CONFIG GET lua-time-limit
    CONFIG SET databases 5
    CONFIG SET maxmemory 1 save
    CONFIG SET maxmemory
    CONFIG GET
    CONFIG
    CONFIG NOSUCH
    CLIENT
    CLIENT NOSUCH
    CLIENT ID x
    CLIENT GETNAME
    CLIENT SETNAME me
    CLIENT GETNAME
    CLIENT SETNAME "a b"
    CLIENT GETNAME
    CLIENT SETNAME ""
    CLIENT GETNAME
    CLIENT NO-EVICT x
    SELECT 0
    SELECT 999
    NOSUCH a b
    GET
    LPUSH s a
    SCRIPT EXISTS 0000000000000000000000000000000000000000
    SCRIPT LOAD "return 1"
    SCRIPT LOAD "return +"
    EVALSHA 0000000000000000000000000000000000000000 0
    EVAL "return {1, 'a', {}, true, false, 1}" 0
    EVAL "return false" 0
    EVAL "return nil" 0
    EVAL "return true" 0
    EVAL "redis.setresp(3) return true" 0
    EVAL "redis.setresp(3) return false" 0
    EVAL "redis.setresp(3) return {true, false, nil}" 0
    EVAL "return {double = 3.5}" 0
    EVAL "return {double = 1/0}" 0
    EVAL "return {map = {a = 1}}" 0
    EVAL "return {map = {[1] = {map = {x = false}}}}" 0
    EVAL "return {set = {a = true}}" 0
    EVAL "return {big_number = '12345678901234567890'}" 0
    EVAL "return {big_number = '1' .. string.char(13, 10) .. '2'}" 0
    EVAL "return {verbatim_string = {format = 'txt', string = 'some text'}}" 0
    EVAL "return {verbatim_string = {format = 'a', string = ''}}" 0
    EVAL "return {verbatim_string = {format = 'long', string = 'x'}}" 0
    EVAL "return {verbatim_string = {string = 'x'}}" 0
    EVAL "return {ok = 'fine'}" 0
    EVAL "return {err = 'E text'}" 0
    EVAL "return {{err = 'E text'}, {ok = 'fine'}}" 0
    SCRIPT FLUSH bogus
    SCRIPT FLUSH ASYNC
    SCRIPT FLUSH SYNC x
    EVAL "return {err = 'My Err'}" 0
    EVAL "return {err = ''}" 0
    EVAL "return {err = '-a'}" 0
    EVAL "return {err = string.char(255)}" 0
    EVAL "return redis.error_reply('noitem x')" 0
    EVAL "error({err = 'a'})" 0
    EVAL "return function() end" 0
    EVAL "error('x')" 0
    EVAL "return redis.call('hgetall', KEYS[1])" 1 h
    EVAL "redis.setresp(3) return redis.call('hgetall', KEYS[1])" 1 h
    EVAL "redis.setresp(3) return redis.call('smembers', KEYS[1])" 1 t
    EVAL "redis.setresp(3) return redis.call('zrange', KEYS[1], 0, -1, 'withscores')" 1 three
    EVAL "redis.setresp(3) return redis.call('zscore', KEYS[1], 'd')" 1 three
    EVAL "redis.setresp(3) return redis.call('get', 'nothing')" 0
    EVAL "redis.setresp(3) return redis.call('mget', 'nothing', KEYS[1])" 1 s
    EVAL "redis.setresp(3) local r = redis.call('xread', 'streams', KEYS[1], 0) return r.map[KEYS[1]]" 1 x2
    EVAL "redis.setresp(3) return redis.call('lpop', 'nothing', 1)" 0
    EVAL "return redis.call('nosuch')" 0
    EVAL "return redis.pcall('lpush', KEYS[1], 1)" 1 s
    FUNCTION LOAD "#!lua name=lib\nredis.register_function{function_name = 'f', callback = function() redis.setresp(3) return true end, flags = {'no-writes'}}"
    FUNCTION LOAD "#!lua name=raises\nredis.register_function('raises', function() return {err = 'My Err'} end)"
    FCALL raises 0
    FUNCTION DELETE raises
    FUNCTION LIST
    FUNCTION LIST WITHCODE
    FUNCTION LIST LIBRARYNAME nothing
    FUNCTION STATS
    FCALL f 0
    FCALL nothing 0
    FUNCTION DELETE lib
    MULTI
    SET s 1
    HGETALL h
    ZRANGE three 0 -1 WITHSCORES
    GET nothing
    HGET s f
    EVAL "return {double = 1.5}" 0
    EVAL "return {err = 'My Err'}" 0
    EXEC
    MULTI
    NOSUCH
    EXEC
    MULTI
    DISCARD
    EXEC
    EXEC x
    MULTI
    EXEC x
    EXEC
    MULTI
    EVALSHA 0000000000000000000000000000000000000000 0
    MULTI x
    EXEC
    MULTI
    EVALSHA 0000000000000000000000000000000000000000 0
    FCALL nothing 0
    EVAL "return 1" x
    EXEC
    MULTI
    CLIENT SETNAME inside
    CLIENT GETNAME
    CLIENT SETNAME "a b"
    HELLO 3
    CONFIG GET maxmemory
    HGETALL h
    HELLO 2
    HELLO 9
    CONFIG SET maxmemory x
    CONFIG SET nosuch 1
    SCRIPT LOAD "return 7"
    EVALSHA 1fa00e76656cc152ad327c13fe365858fd7be306 0
    SCRIPT FLUSH
    EVALSHA 1fa00e76656cc152ad327c13fe365858fd7be306 0
    SCRIPT LOAD "return +"
    SCRIPT EXISTS 1fa00e76656cc152ad327c13fe365858fd7be306
    FUNCTION LOAD "#!lua name=inside\nredis.register_function('in', function() return 8 end)"
    FCALL in 0
    FUNCTION LIST
    FUNCTION DELETE inside
    FCALL in 0
    FUNCTION LOAD x
    AUTH x
    CLIENT GETREDIR
    CLIENT TRACKINGINFO
    EXEC
    MULTI
    CLIENT NOSUCH
    CONFIG SET maxmemory
    SCRIPT LOAD
    EXEC
    HELLO
    AUTH x
    AUTH default x
    AUTH a b
    AUTH a b c
    AUTH
    CONFIG SET nosuch 1
    CONFIG SET maxmemory 0 NoSuch 1
    SCRIPT KILL
    SCRIPT KILL x
    SCRIPT DEBUG x
    SCRIPT DEBUG NO
    COMMAND LIST FILTERBY
    COMMAND LIST FILTERBY MODULE x
    COMMAND LIST FILTERBY PATTERN xrev*
    COMMAND LIST FILTERBY PATTERN XGROUP|S*
    COMMAND LIST FILTERBY FOO x
    CLIENT LIST TYPE x
    CLIENT LIST TYPE
    CLIENT LIST TYPE pubsub
    CLIENT LIST ID 99999
    CLIENT LIST ID x
    CLIENT LIST FOO
    CLIENT GETREDIR
    CLIENT TRACKINGINFO
    CLIENT TRACKING off
    CLIENT TRACKING x
    CLIENT CACHING yes
    CLIENT PAUSE 1
    CLIENT PAUSE x
    CLIENT PAUSE -1
    CLIENT PAUSE 1 FOO
    CLIENT PAUSE 1 WRITE
    SET s 1
    CLIENT UNPAUSE
    CLIENT UNBLOCK 99999
    CLIENT UNBLOCK x
    CLIENT UNBLOCK 99999 FOO
    CLIENT KILL 1.1.1.1:1
    CLIENT KILL ID x
    CLIENT KILL ID 0
    CLIENT KILL ID 99999
    CLIENT KILL ADDR 1.1.1.1:1
    CLIENT KILL LADDR 1.1.1.1:1 SKIPME yes
    CLIENT KILL TYPE x
    CLIENT KILL TYPE pubsub SKIPME no
    CLIENT KILL SKIPME x
    CLIENT KILL USER nobody
    CLIENT KILL ID 1 x
    CLIENT KILL FOO x
    CLIENT KILL
    CLIENT REPLY x
    CLIENT REPLY ON
    HELLO 4
    HELLO x
    HELLO 3 NOSUCH
    HELLO 3 SETNAME "a b"
    HELLO 3 SETNAME
    HELLO 3 AUTH default
    HELLO 3 AUTH nobody x
    HELLO 2 AUTH default x SETNAME other
    CLIENT GETNAME
    """#

  private static func texts() -> [[String]] {
    commands.split(separator: "\n").map { parts(String($0).replacing("\\n", with: "\n")) }
  }

  /// A map or set with one member has one order; this replaces what numbers the connection.
  private static func plain(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).replacing(/\$2\r\nid\r\n:\d+/, with: "ID")
  }

  @Test(arguments: [2, 3])
  func bytesAreTheSame(version: Int) async throws {
    try await expectTheSame([["HELLO", "\(version)"], ["HELLO"]] + Self.texts())
  }

  /// Sends commands to both.
  private func expectTheSame(_ commands: [[String]]) async throws {
    let redis = try await RedisServer.start()
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    let differences = try await onThread {
      let real = try RawConnection(unixPath: redis.unixSocketPath)
      let embedded = try RawConnection(port: port)
      var differences: [String] = []
      for words in commands {
        let expected = Self.plain(try real.reply(to: words))
        let found = Self.plain(try embedded.reply(to: words))
        if found != expected {
          differences.append(
            "\(words): \(found.debugDescription), not \(expected.debugDescription)")
        }
      }
      return differences
    }
    #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    await server.stop()
    await host.close()
    redis.stop()
  }

  /// The lines of INFO's sections that have counts, without times.
  private static func counts(_ bytes: [UInt8]) -> Set<String> {
    Set(
      // Codes may have any bytes.
      String(decoding: bytes.flatMap { $0 < 128 ? [$0] : Array("%\($0)".utf8) }, as: UTF8.self)
        .split(whereSeparator: \.isNewline).map(String.init)
        .filter { line in
          ["cmdstat_", "errorstat_", "total_error", "unexpected_error"].contains {
            line.hasPrefix($0)
          }
        }
        .map { $0.replacing(/usec=\d+,usec_per_call=[\d.]+,/, with: "") })
  }

  private static let counted: [[[String]]] = [
    [["SET", "a", "b"], ["lpush", "a", "x"], ["GET"], ["NOSUCH", "x"], ["GET", "none"]],
    [["CONFIG"], ["CONFIG", "NOSUCH"], ["CONFIG", "GET"], ["CONFIG", "SET", "maxmemory", "x"]],
    [
      ["CLIENT", "SETNAME", "a b"], ["CLIENT", "ID"], ["HELLO", "9"],
      ["HELLO", "3", "SETNAME", "a b"],
    ],
    [["EVAL", "return redis.call('lpush', 'a', 1)", "0"]],
    [["EVAL", "return redis.pcall('lpush', 'a', 1)", "0"]],
    [["EVAL", "redis.pcall('lpush', 'a', 1) pcall(redis.call, 'lpush', 'a', 1) return 1", "0"]],
    [["EVAL", "return redis.pcall('nosuch')", "0"], ["EVAL", "return redis.call('get')", "0"]],
    [
      ["EVAL", "return redis.call('eval', 'x', 0)", "0"],
      ["EVAL", "return redis.call('eval')", "0"],
    ],
    [["EVAL", "return redis.call('xgroup', 'x', 0)", "0"], ["EVAL", "return redis.call()", "0"]],
    [
      ["EVAL", "return redis.call({})", "0"], ["EVAL_RO", "return redis.call('set', 'a', 0)", "0"],
    ],
    [["EVAL", "error('x')", "0"], ["EVAL", "return {err = 'MY text'}", "0"]],
    [["EVAL", "return redis.error_reply('MY text')", "0"]],
    [["EVAL", "error(redis.error_reply('MY text'))", "0"]],
    [["EVAL", "local e = redis.pcall('lpush', 'a', 1) e.err = 'NEW ' .. e.err return e", "0"]],
    [["EVAL", "local ok, e = pcall(redis.call, 'lpush', 'a', 1) error(e)", "0"]],
    [["EVAL", "return {redis.pcall('lpush', 'a', 1), redis.error_reply('A b')}", "0"]],
    [["EVAL", "return {err = 'MY x', ignore_error_stats_update = true}", "0"]],
    [["EVAL", "return (", "0"], ["EVAL", "#!js\nreturn 1", "0"], ["EVAL", "return 1", "x"]],
    [
      ["EVALSHA", "0000000000000000000000000000000000000000", "0"], ["SCRIPT", "LOAD", "return ("],
    ],
    [
      ["SCRIPT", "NOSUCH"], ["SCRIPT", "LOAD", "return 1"], ["FUNCTION", "LOAD", "x"],
      ["FCALL", "x", "0"],
    ],
    [["MULTI"], ["SET", "a", "b"], ["LPUSH", "a", "1"], ["EXEC"]],
    [["MULTI"], ["NOSUCH"], ["EXEC"], ["MULTI"], ["MULTI"], ["GET"], ["EXEC"]],
    [["EXEC"], ["DISCARD"], ["EXEC", "x"], ["MULTI"], ["SET", "a", "c"], ["DISCARD"]],
    [
      ["MULTI"], ["EVALSHA", "0000000000000000000000000000000000000000", "0"],
      ["EVAL", "return redis.call('get', 'a')", "0"], ["EXEC"],
    ],
    [
      ["CONFIG", "SET", "maxmemory", "1"], ["SET", "a", "b"],
      ["EVAL", "return redis.call('set', 'a', 'b')", "0"],
      ["EVAL", "#!lua\nreturn redis.call('set', 'a', 'b')", "0"],
      ["FUNCTION", "LOAD", "x"], ["CONFIG", "SET", "maxmemory", "0"],
    ],
    [["SELECT", "999"], ["OBJECT", "NOSUCH", "x"], ["XGROUP", "CREATE", "a", "b", "c"]],
    [
      [
        "FUNCTION", "LOAD",
        "#!lua name=counted\nredis.register_function('cf', function() return redis.call('lpush', 'a', 1) end)",
      ],
      ["FCALL", "cf", "0"], ["FCALL_RO", "cf", "0"], ["FUNCTION", "FLUSH"],
    ],
    [
      ["WATCH", "a"], ["SET", "a", "x"], ["MULTI"], ["SET", "a", "y"], ["EXEC"], ["UNWATCH"],
      ["WATCH"], ["MULTI"], ["WATCH", "a"], ["UNWATCH"], ["EXEC"],
    ],
    [
      ["MULTI"], ["CLIENT", "SETNAME", "a b"], ["CONFIG", "SET", "maxmemory", "x"],
      ["SCRIPT", "LOAD", "return ("], ["SCRIPT", "EXISTS", "x"], ["HELLO", "9"], ["AUTH", "x"],
      ["EXEC"],
    ],
    [["MULTI"], ["CLIENT", "NOSUCH"], ["SCRIPT", "LOAD"], ["EXEC"]],
    [
      ["EVAL", "return redis.error_reply(string.char(255, 128) .. ':b#c text')", "0"],
      ["EVAL", "return redis.error_reply('b text')", "0"],
    ],
    [["BLPOP", "none", "0.05"], ["RESET"]],
  ]

  /// Commands and errors as INFO counts them, also those of scripts.
  @Test func infoCountsTheSame() async throws {
    let redis = try await RedisServer.start()
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    let differences = try await onThread {
      let clients = [
        try RawConnection(unixPath: redis.unixSocketPath), try RawConnection(port: port),
      ]
      var differences: [String] = []
      for sequence in Self.counted {
        let counts = try clients.map { client in
          _ = try client.reply(to: ["CONFIG", "RESETSTAT"])
          for words in sequence { _ = try client.reply(to: words) }
          let sections = ["stats", "errorstats", "commandstats"]
          return try sections.map { Self.counts(try client.reply(to: ["INFO", $0])) }
            .reduce(Set()) { $0.union($1) }
        }
        if counts[0] != counts[1] {
          differences.append(
            "\(sequence): \(counts[1].subtracting(counts[0]).sorted()), "
              + "not \(counts[0].subtracting(counts[1]).sorted())")
        }
      }
      // Only those who ask for it see it.
      let shown = String(decoding: try clients[1].reply(to: ["INFO"]), as: UTF8.self)
      if shown.contains("cmdstat_") || !shown.contains("total_error_replies:0") {
        differences.append(shown)
      }
      return differences
    }
    #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    await server.stop()
    await host.close()
    redis.stop()
  }

  /// Each connection has a number of its own, which HELLO tells as CLIENT ID does.
  @Test func connectionsAreNumbered() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    let replies = try await onThread {
      try (0..<3).map { _ in
        let client = try RawConnection(port: port)
        return [
          String(decoding: try client.reply(to: ["CLIENT", "ID"]), as: UTF8.self),
          String(decoding: try client.reply(to: ["HELLO"]), as: UTF8.self),
        ]
      }
    }
    let numbers = replies.compactMap { Int($0[0].filter(\.isNumber)) }
    #expect(numbers.count == 3)
    #expect(numbers == numbers.sorted() && Set(numbers).count == 3, "\(numbers)")
    for (number, reply) in zip(numbers, replies) {
      #expect(reply[1].contains("$2\r\nid\r\n:\(number)\r\n"), "\(reply)")
    }
    await server.stop()
    await host.close()
  }

  /// What a full server refuses, and in which words.
  @Test(arguments: [2, 3])
  func aFullServerRefusesTheSame(version: Int) async throws {
    let library = """
      #!lua name=full
      redis.register_function('plain', function() return 1 end)
      redis.register_function{function_name = 'reads', callback = function() return 2 end, flags = {'no-writes'}}
      redis.register_function{function_name = 'grows', flags = {'allow-oom'},
        callback = function() return redis.call('set', 'g', 1) end}
      """
    let sequence: [[String]] = [
      ["SET", "a", "1"], ["LPUSH", "l", "x"], ["FUNCTION", "LOAD", library],
      ["XADD", "x", "1-1", "f", "v"], ["XGROUP", "CREATE", "x", "g", "0"],
      ["CONFIG", "SET", "maxmemory", "1"], ["SET", "a", "2"], ["GET", "a"], ["DEL", "none"],
      ["INCR", "a"], ["LPUSH", "l", "y"], ["LPOP", "l"], ["EXPIRE", "a", "100"], ["SET", "a"],
      ["EVAL", "return redis.call('set', KEYS[1], 3)", "1", "a"],
      ["EVAL", "return redis.pcall('set', KEYS[1], 3)", "1", "a"],
      ["EVAL", "return redis.call('get', KEYS[1])", "1", "a"],
      ["EVAL", "redis.call('del', 'b') return redis.call('set', KEYS[1], 3)", "1", "a"],
      [
        "EVAL",
        "return {redis.pcall('set', 'a', 4), redis.call('del', 'a'), redis.call('set', 'a', 5)}",
        "0",
      ],
      ["EVAL", "#!lua\nreturn 1", "0"], ["EVAL", "#!lua flags=no-writes\nreturn 1", "0"],
      ["EVAL", "#!lua flags=allow-oom\nreturn redis.call('set', 'a', 6)", "0"],
      ["EVAL_RO", "return redis.call('get', 'a')", "0"], ["EVAL_RO", "#!lua\nreturn 1", "0"],
      ["FCALL", "plain", "0"], ["FCALL", "reads", "0"], ["FCALL_RO", "reads", "0"],
      ["FCALL", "grows", "0"], ["MULTI"], ["SET", "a", "7"], ["EXEC"],
      ["MULTI"], ["GET", "a"], ["EXEC"],
      ["FUNCTION", "LOAD", library], ["FUNCTION", "LOAD", "REPLACE", library],
      ["FUNCTION", "LOAD", "x"], ["FUNCTION", "LOAD"], ["FUNCTION", "RESTORE", "x"],
      ["FUNCTION", "RESTORE", "x", "FLUSH"], ["FUNCTION", "RESTORE"],
      ["FUNCTION", "NOSUCH", "x"], ["SCRIPT", "LOAD", "return 5"],
      ["XGROUP", "CREATE", "x", "h", "0"], ["XGROUP", "CREATECONSUMER", "x", "g", "c"],
      ["XGROUP", "SETID", "x", "g", "0"], ["XGROUP", "NOSUCH", "x"], ["XGROUP", "CREATE", "x"],
      ["EVAL", "return redis.call('xgroup', 'create', 'x', 'h', 0)", "0"],
      ["EVAL", "return redis.call('xgroup', 'destroy', 'x', 'none')", "0"],
      ["EVAL_RO", "return redis.call('xgroup', 'nosuch', 'x', 'h', 0)", "0"],
      ["EVAL_RO", "return redis.call('xgroup', 'create', 'x', 'h', 0)", "0"],
      ["FUNCTION", "DELETE", "full"], ["FUNCTION", "FLUSH"],
      ["CONFIG", "SET", "maxmemory", "0"],
      ["SET", "a", "8"], ["GET", "a"], ["LRANGE", "l", "0", "-1"],
      // What counts for a transaction is how much there is when it begins. Redis looks only if there is a limit.
      ["CONFIG", "SET", "maxmemory", "100gb"], ["PING"],
      ["MULTI"], ["CONFIG", "SET", "maxmemory", "1"], ["SET", "a", "9"],
      ["EVAL", "return redis.call('append', 'a', '10')", "0"],
      ["EVAL", "#!lua\nreturn redis.call('append', 'a', '11')", "0"],
      ["FUNCTION", "LOAD", library], ["FCALL", "plain", "0"], ["EXEC"], ["SET", "a", "12"],
      ["MULTI"], ["EVAL", "#!lua\nreturn 1", "0"],
      ["EVAL", "return redis.call('set', 'a', 1)", "0"],
      ["FCALL", "plain", "0"], ["CONFIG", "SET", "maxmemory", "0"],
      ["EVAL", "return redis.call('set', 'a', 1)", "0"], ["EXEC"],
      ["CONFIG", "SET", "maxmemory", "0"],
      ["GET", "a"], ["FUNCTION", "FLUSH"],
    ]
    try await expectTheSame([["HELLO", "\(version)"]] + sequence)
  }
}
