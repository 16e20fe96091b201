import EmbeddedRedis
import RedisScripting
import Testing

/// Commands whose reply must be that of a Redis server.
@Suite struct CommandParityTests {
  /// One command a line, its words parted by spaces; `""` is an empty word.
  static let commands = """
    GET a
    SET a 1
    GET a
    get A
    COMMAND GETKEYS GET a
    COMMAND GETKEYS get a b
    COMMAND GETKEYS nope a
    COMMAND GETKEYS PING
    COMMAND GETKEYS MSET a 1 b 2
    COMMAND GETKEYS ZUNIONSTORE d 2 a b WEIGHTS 1 2
    COMMAND GETKEYS ZUNION 2 a b
    COMMAND GETKEYS ZUNION 0 a b
    COMMAND GETKEYS SORT a BY w GET x
    COMMAND GETKEYS SORT a STORE b
    COMMAND GETKEYS XREAD COUNT 2 STREAMS a b 0 0
    COMMAND GETKEYS EVAL return 1 a
    COMMAND GETKEYS EVAL return 0
    COMMAND GETKEYS OBJECT ENCODING a
    COMMAND GETKEYS OBJECT HELP
    COMMAND GETKEYS XGROUP CREATE s g 0
    COMMAND GETKEYS XINFO STREAM s
    COMMAND GETKEYS MEMORY USAGE a
    COMMAND GETKEYS BLMPOP 0 2 a b LEFT
    COMMAND GETKEYS LCS a b
    COMMAND GETKEYS BITOP AND d a b
    COMMAND GETKEYS GEORADIUS a 1 2 3 m STORE b
    COMMAND GETKEYS
    COMMAND GETKEYS COMMAND
    COMMAND NOPE
    COMMAND LIST COUNT
    COMMAND COUNT 1
    SET a 2 NX
    SET a 2 XX
    SET b 2 XX
    SET b 2 NX GET
    SET a 3 GET
    SET a 3 KEEPTTL
    SET a 3 NX XX
    SET a 3 FOO
    SET a
    SETNX a 1
    SETNX c 1
    GETSET c 2
    GETDEL c
    GETDEL c
    INCR a
    INCRBY a 10
    INCRBY a -20
    INCRBY a x
    DECR a
    DECRBY a 5
    DECRBY a -9223372036854775808
    SET n 9223372036854775807
    INCR n
    SET n 01
    INCR n
    SET n ""
    INCR n
    APPEND a xyz
    APPEND new xyz
    STRLEN a
    STRLEN none
    BITCOUNT a 3 BIT x
    BITCOUNT a 0 x BIT
    BITCOUNT a -2 -7 NOPE
    BITCOUNT a -7 -2 NOPE
    ZADD infinite inf x -inf y 3 z
    ZADD other 1 x 1 y 1 z 1 w
    ZINTER 2 infinite infinite WEIGHTS 0.1 0 WITHSCORES
    ZINTER 2 other infinite WEIGHTS 2 0 WITHSCORES
    ZINTER 2 infinite other WEIGHTS 0 2 AGGREGATE MAX WITHSCORES
    ZUNION 2 infinite other WEIGHTS 0 2 WITHSCORES
    DEL infinite other
    BITPOS a 0 0 x NOPE
    SETRANGE empty 0 ""
    SET empty ""
    BITPOS empty 0
    BITPOS empty 1
    GETRANGE a 0 -1
    GETRANGE a 1 2
    GETRANGE a -3 -1
    GETRANGE a -1 -3
    GETRANGE a 5 100
    GETRANGE a -100 1
    GETRANGE a -100 -90
    GETRANGE a x 1
    MGET a none b
    MSET a 1 b 2
    MSET a 1 b
    EXISTS a a none
    TYPE a
    TYPE none
    HSET h f 1
    HSET h f 2 g 3
    HSET h f
    HSET h f 1 g
    HMSET h f 2 g 3
    HMSET h f 2 g
    HGET h f
    HGET h none
    HGET none f
    HGET h
    HMGET h f none g
    HMGET none f g
    HSETNX h f 9
    HSETNX h i 9
    HEXISTS h f
    HEXISTS h none
    HEXISTS none f
    HLEN h
    HLEN none
    HSTRLEN h f
    HSTRLEN h none
    HKEYS h
    HVALS h
    HGETALL h
    HGETALL none
    HINCRBY h f 5
    HINCRBY h new 5
    HINCRBY h f x
    HSET h text abc
    HINCRBY h text 1
    HSET h big 9223372036854775807
    HINCRBY h big 1
    HSET h empty ""
    HGET h empty
    HSET h "" x
    HGET h ""
    HDEL h "" none
    HDEL h f g i new text big empty
    EXISTS h
    HSCAN h 0
    HSET h a 1 b 2 c 3
    HSCAN h 0
    HSCAN h 0 MATCH b
    HSCAN h 0 MATCH [ab]
    HSCAN h 0 MATCH [^ab] COUNT 100
    HSCAN h 0 COUNT 0
    HSCAN h 0 COUNT x
    HSCAN h 0 COUNT
    HSCAN h x
    HSCAN h 0 FOO 1
    HGET a f
    HSET a f 1
    HLEN a
    HSCAN a 0
    GET h
    INCR h
    APPEND h x
    STRLEN h
    SET h x
    TYPE h
    SADD s a b c
    SADD s a d
    SISMEMBER s a
    SISMEMBER s z
    SCARD s
    SREM s a z
    SCARD none
    SMEMBERS none
    SADD a x
    SREM s b c d
    EXISTS s
    ZADD z 1 a 2 b 3 c
    ZADD z 2 a 2.5 d
    ZADD z NX 9 a 9 e
    ZADD z XX 8 a 8 f
    ZADD z CH 7 a 7 g
    ZADD z NX XX 1 a
    ZADD z x a
    ZADD z nan a
    ZADD z 1
    ZADD z 1 a 2
    ZSCORE z a
    ZSCORE z d
    ZSCORE z none
    ZSCORE none a
    ZCARD z
    ZRANGE z 0 -1
    ZRANGE z 0 -1 WITHSCORES
    ZRANGE z 0 1 REV
    ZRANGE z -2 -1 WITHSCORES
    ZRANGE z 5 1
    ZRANGEBYSCORE z 2 7
    ZRANGEBYSCORE z (2 (7 WITHSCORES
    ZRANGEBYSCORE z -inf +inf LIMIT 1 2
    ZRANGEBYSCORE z -inf +inf LIMIT 0 -1
    ZRANGEBYSCORE z x 7
    ZRANGEBYSCORE none 1 2
    ZADD z inf inf -inf minusinf 1e300 huge 0.1 tenth
    ZRANGE z 0 -1 WITHSCORES
    ZREM z a none
    ZREMRANGEBYSCORE z (2 3
    ZREMRANGEBYRANK z 0 0
    ZRANGE z 0 -1 WITHSCORES
    ZREMRANGEBYRANK z 0 -1
    EXISTS z
    RPUSH l a b c
    LPUSH l z y
    LRANGE l 0 -1
    LRANGE l 1 2
    LRANGE l -2 -1
    LRANGE l 5 2
    LRANGE l -100 100
    LLEN l
    LINDEX l 0
    LINDEX l -1
    LINDEX l 100
    LPOP l
    RPOP l
    LPOP l 2
    LPOP l 0
    LPOP l -1
    LPOP none
    LPOP none 2
    RPOP l 10
    EXISTS l
    LPUSH a x
    XADD n 1 f v
    XADD n 2 f v
    XTRIM n MAXLEN ~ 1
    XTRIM n MAXLEN ~ 0 LIMIT 1
    XTRIM n MINID ~ 2
    XTRIM n MINID ~ 3
    XLEN n
    XADD n 3 f v
    XTRIM n MAXLEN ~ 0
    XLEN n
    DEL n
    XADD n 05-01 f v
    XADD n +6-1 f v
    XADD n 7--0 f v
    XADD n 7--5 f v
    XADD n 7-+3 f v
    XADD n 7--05 f v
    XADD n --1 f v
    XADD n -7 f v
    XADD n 8- f v
    XADD n -8 f v
    XADD n 18446744073709551616 f v
    XRANGE n 05 +
    XRANGE n - 00006
    DEL n
    SCAN 000 MATCH nosuch COUNT 1000
    SCAN "" MATCH nosuch COUNT 1000
    SCAN +0 MATCH nosuch COUNT 1000
    SCAN 0x
    XADD x 1-1 f v
    XADD x 1-1 f v
    XADD x 0-0 f v
    XADD x 1-* f v
    XADD x 2 f v g w
    XADD x 0-* f v
    XADD x 5-* f v
    XADD x bad f v
    XADD x 9-9-9 f v
    XADD x 9 f
    XADD x 9
    XADD ends 18446744073709551615-5 f v
    XADD ends 18446744073709551615-* f v
    XADD ends 18446744073709551614-* f v
    XADD ends 18446744073709551615-18446744073709551615 f v
    XADD ends 18446744073709551615-* f v
    XADD ends 18446744073709551614-* f v
    XADD ends 18446744073709551615-1 f v
    XADD ends * f v
    XADD ends 0-0 f v
    XADD partly 5-18446744073709551615 f v
    XADD partly 4-* f v
    XADD partly 6-* f v
    XADD x NOMKSTREAM 6-0 f v
    XADD none NOMKSTREAM 6-0 f v
    XADD x MAXLEN 3 7-0 f v
    XADD x MAXLEN = 3 8-0 f ""
    XADD x MINID 7 9-0 f v
    XADD x MAXLEN 3 LIMIT 1 10-0 f v
    XADD x MAXLEN x 10-0 f v
    XADD x MAXLEN -1 10-0 f v
    XADD x MAXLEN ~ 1 10-0 f v
    XADD x MAXLEN ~ 1 LIMIT 0 11-0 f v
    XLEN x
    XLEN none
    XRANGE x - +
    XRANGE x 8 9
    XRANGE x (8 +
    XRANGE x 8-0 (10-0
    XRANGE x - + COUNT 2
    XRANGE x - + COUNT 0
    XRANGE x - + COUNT -1
    XRANGE x - + COUNT
    XRANGE x bad +
    XRANGE x (18446744073709551615-18446744073709551615 +
    XRANGE none - +
    XRANGE x + -
    XREVRANGE x + -
    XREVRANGE x + - COUNT 1
    XREVRANGE x 9 7
    XREAD STREAMS x 0
    XREAD COUNT 1 STREAMS x 8
    XREAD COUNT 2 STREAMS x none 8-0 0
    XREAD STREAMS x $
    XREAD STREAMS x 99999-0
    XREAD STREAMS none 0
    XREAD STREAMS x y 0
    XREAD STREAMS x bad
    XREAD COUNT x STREAMS x 0
    XREAD FOO 1 STREAMS x 0
    XREAD STREAMS x >
    XDEL x 8-0 8-1 9
    XDEL x bad
    XDEL none 1
    XRANGE x - +
    XTRIM x MAXLEN 1
    XTRIM x MINID 10
    XTRIM none MAXLEN 1
    XTRIM x FOO 1
    XTRIM x MAXLEN 0
    EXISTS x
    TYPE x
    XADD x 11-0 f v
    XADD x 12-0 f v
    XADD x 18446744073709551615-18446744073709551615 f v
    XADD x * f v
    XADD x 13-0 f v
    XADD a 1-1 f v
    XRANGE a - +
    XLEN a
    GET x
    DBSIZE
    DEL x a none
    UNLINK b b
    KEYS h*
    KEYS *[
    PING
    PING hello
    PING a b
    ECHO hi
    SELECT 0
    SELECT 99
    SELECT x
    FOO bar baz
    FOO
    EVAL
    EVAL x
    EVAL x 2 a
    EVAL x -1 a
    EVAL x x a
    EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
    EVALSHA x 0
    EVAL return{KEYS[1],ARGV[1],#KEYS,#ARGV} 1 k v
    EVAL_RO return(redis.call('set','a','b')) 0
    EVAL_RO return(redis.call('get','a')) 0
    SCRIPT LOAD return(42)
    EVALSHA 5a3db9b24d52d71ed2a0ed01a0a7d1dc30f0a8e3 0
    SCRIPT EXISTS 5a3db9b24d52d71ed2a0ed01a0a7d1dc30f0a8e3 x
    SCRIPT LOAD
    SCRIPT FOO
    SCRIPT
    SCRIPT FLUSH
    FLUSHDB FOO
    FLUSHALL
    DBSIZE
    """

  @Test(arguments: StorageKind.allCases)
  func repliesEqualThoseOfRedis(_ storage: StorageKind) async throws {
    let redis = try RealRedis()
    let folder = try TemporaryFolder()
    let host = try EmbeddedHost(storage: storage.storage(in: folder))
    for line in Self.commands.split(separator: "\n") {
      let command = Command(
        arguments: line.split(separator: " ").map { $0 == "\"\"" ? [] : Bytes($0.utf8) })
      let expected = try redis.run(command)
      let found = await host.answer(command)
      #expect(found == expected, "\(line)")
    }
    await host.close()
  }

  /// The same commands from a script, with Redis' other wordings for some mistakes.
  @Test func repliesInScriptsEqualThoseOfRedis() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    for line in Self.commands.split(separator: "\n") where !line.hasPrefix("XADD x *") {
      let words = line.split(separator: " ").map { $0 == "\"\"" ? Bytes() : Bytes($0.utf8) }
      // SMEMBERS and the like have no order, and errors are told apart by pcall.
      let script = Bytes("return redis.pcall(unpack(ARGV))".utf8)
      let command = Command(arguments: [Bytes("EVAL".utf8), script, Bytes("0".utf8)] + words)
      let expected = try redis.run(command)
      let found = await host.answer(command)
      #expect(found == expected, "\(line)")
    }
  }
}
