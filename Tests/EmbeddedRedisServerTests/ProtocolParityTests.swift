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
    XDEL x 1-1
    XREADGROUP GROUP g c STREAMS x 0
    XCLAIM x g d 0 1-2 JUSTID
    XCLAIM x g d 0 1-2
    XAUTOCLAIM x g d 0 0
    XACK x g 1-2
    XGROUP DELCONSUMER x g c
    XTRIM x MAXLEN 0
    XSETID x 5-0
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
    CONFIG SET maxmemory 0
    CLIENT GETNAME
    CLIENT SETNAME me
    CLIENT GETNAME
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
    HELLO 4
    HELLO x
    HELLO 3 NOSUCH
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

  /// On a thread of its own: it blocks, and the server needs those of the tasks.
  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
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
      ["MULTI"], ["GET", "a"], ["EXEC"], ["CONFIG", "SET", "maxmemory", "0"],
      ["SET", "a", "8"], ["GET", "a"], ["LRANGE", "l", "0", "-1"],
    ]
    try await expectTheSame([["HELLO", "\(version)"]] + sequence)
  }
}
