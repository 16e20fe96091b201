import RedisScripting

/// Commands made at random from their grammar, over a few keys, so that they meet each other.
struct CommandGrammar {
  var generator: RandomParityTests.Generator

  init(seed: UInt64) { generator = .init(state: seed) }

  /// For each command the words after its name; of words in angle brackets, see ``word(_:)``. Parts in
  /// square brackets may be left out.
  private static let forms: [String] = """
    SET <k> <v> [NX] [XX] [GET] [KEEPTTL] [EX <t>] [PX <t>]
    SETNX <k> <v>|SETEX <k> <t> <v>|PSETEX <k> 100000 <v>|GET <k>|GETDEL <k>|GETSET <k> <v>
    GETEX <k> [EX 100000] [PERSIST]|APPEND <k> <v>|STRLEN <k>|GETRANGE <k> <n> <n>|SUBSTR <k> <n> <n>
    SETRANGE <k> <n> <v>|MGET <k> <k>|MSET <k> <v> <k> <v>|MSETNX <k> <v> <k> <v>|INCR <k>|DECR <k>
    INCRBY <k> <n>|DECRBY <k> <n>|INCRBYFLOAT <k> <f>|SETBIT <k> <n> <b>|GETBIT <k> <n>
    BITCOUNT <k> [<n>] [<n>] [BIT]|BITPOS <k> <b> [<n>] [<n>] [BIT]|BITOP <op> <k> <k> [<k>]
    BITCOUNT <k> <n> <n> BIT|BITPOS <k> <b> <n>|BITPOS <k> <b> <n> <n>|BITPOS <k> <b> <n> <n> BIT
    DEL <k> [<k>]|UNLINK <k>|EXISTS <k> <k>|TYPE <k>|TOUCH <k>|RENAME <k> <k>|RENAMENX <k> <k>
    COPY <k> <k> [REPLACE]|EXPIRE <k> <t> [NX] [XX] [GT] [LT]|PEXPIREAT <k> 99999999999999 [GT] [LT]
    EXPIREAT <k> 99999999999 [NX]|TTL none|PERSIST <k>|EXPIRETIME <k>|DBSIZE|OBJECT REFCOUNT none
    HSET <k> <m> <v> [<m> <v>]|HSETNX <k> <m> <v>|HMSET <k> <m> <v>|HGET <k> <m>|HMGET <k> <m> <m>
    HDEL <k> <m> [<m>]|HEXISTS <k> <m>|HLEN <k>|HSTRLEN <k> <m>|HINCRBY <k> <m> <n>
    HINCRBYFLOAT <k> <m> <f>|HGETALL <k>|HKEYS <k>|HVALS <k>|HRANDFIELD <k> 0
    LPUSH <k> <m> [<m>]|RPUSH <k> <m> [<m>]|LPUSHX <k> <m>|RPUSHX <k> <m>|LPOP <k> [<c>]|RPOP <k> [<c>]
    LLEN <k>|LRANGE <k> <n> <n>|LINDEX <k> <n>|LSET <k> <n> <m>|LINSERT <k> <side> <m> <m>
    LREM <k> <n> <m>|LTRIM <k> <n> <n>|LPOS <k> <m> [RANK <n>] [COUNT <c>] [MAXLEN <c>]
    RPOPLPUSH <k> <k>|LMOVE <k> <k> <end> <end>|LMPOP 2 <k> <k> <end> [COUNT <c>]
    SADD <k> <m> [<m>]|SREM <k> <m>|SISMEMBER <k> <m>|SMISMEMBER <k> <m> <m>|SCARD <k>|SMEMBERS <k>
    SMOVE <k> <k> <m>|SINTER <k> <k>|SUNION <k> <k>|SDIFF <k> <k>|SINTERSTORE <k> <k> <k>
    SUNIONSTORE <k> <k> <k>|SDIFFSTORE <k> <k> <k>|SINTERCARD 2 <k> <k> [LIMIT <c>]|SPOP <k> 1000
    SRANDMEMBER <k> 0
    ZADD <k> [NX] [XX] [GT] [LT] [CH] [INCR] <f> <m>|ZADD <k> <f> <m> <f> <m>|ZINCRBY <k> <f> <m>
    ZREM <k> <m>|ZSCORE <k> <m>|ZMSCORE <k> <m> <m>|ZCARD <k>|ZCOUNT <k> <sb> <sb>
    ZLEXCOUNT <k> <lb> <lb>|ZRANK <k> <m>|ZREVRANK <k> <m>|ZRANGE <k> <n> <n> [REV] [WITHSCORES]
    ZRANGE <k> <sb> <sb> BYSCORE [REV] [LIMIT <n> <n>] [WITHSCORES]
    ZRANGE <k> <lb> <lb> BYLEX [REV] [LIMIT <n> <n>]|ZREVRANGE <k> <n> <n> [WITHSCORES]
    ZRANGEBYSCORE <k> <sb> <sb> [WITHSCORES] [LIMIT <n> <n>]|ZREVRANGEBYSCORE <k> <sb> <sb>
    ZRANGEBYLEX <k> <lb> <lb> [LIMIT <n> <n>]|ZREVRANGEBYLEX <k> <lb> <lb>
    ZRANGESTORE <k> <k> <n> <n> [REV]|ZREMRANGEBYSCORE <k> <sb> <sb>|ZREMRANGEBYRANK <k> <n> <n>
    ZREMRANGEBYLEX <k> <lb> <lb>|ZPOPMIN <k> [<c>]|ZPOPMAX <k> [<c>]|ZMPOP 2 <k> <k> <mm> [COUNT <c>]
    ZUNION 2 <k> <k> [WEIGHTS <f> <f>] [AGGREGATE <agg>] [WITHSCORES]
    ZINTER 2 <k> <k> [WEIGHTS <f> <f>] [AGGREGATE <agg>] [WITHSCORES]|ZDIFF 2 <k> <k> [WITHSCORES]
    ZUNIONSTORE <k> 2 <k> <k> [AGGREGATE <agg>]|ZINTERSTORE <k> 2 <k> <k>|ZDIFFSTORE <k> 2 <k> <k>
    ZINTERCARD 2 <k> <k> [LIMIT <c>]|ZRANDMEMBER <k> 0
    XADD <k> [NOMKSTREAM] [MAXLEN <c>] <id> f <v>|XADD <k> 7-* f <v>|XLEN <k>|XRANGE <k> - <id>
    XREVRANGE <k> + <id> [COUNT <c>]|XDEL <k> <id>|XTRIM <k> MAXLEN <c>|XREAD COUNT 3 STREAMS <k> <id>
    XGROUP CREATE <k> g <id> [MKSTREAM]|XGROUP CREATE <k> g 0 MKSTREAM|XGROUP SETID <k> g <id>
    XGROUP DESTROY <k> g|XGROUP CREATECONSUMER <k> g <con>|XGROUP DELCONSUMER <k> g <con>
    XREADGROUP GROUP g <con> COUNT 2 [NOACK] STREAMS <k> >|XREADGROUP GROUP g <con> STREAMS <k> <id>
    XACK <k> g <id> <id>|XPENDING <k> g|XCLAIM <k> g <con> 0 <id> <id> [FORCE] [JUSTID]
    XAUTOCLAIM <k> g <con> 0 <id> [COUNT 2] [JUSTID]|XSETID <k> <id>
    SORT <k> [BY nosort] [LIMIT <n> <n>] [DESC] [ALPHA]|SORT <k> ALPHA [DESC]
    SORT <k> GET # GET w* ALPHA|SORT <k> STORE <k>|SORT_RO <k> ALPHA LIMIT 0 2
    """.split { $0 == "|" || $0 == "\n" }.map { $0.trimmingPrefix(while: \.isWhitespace) }
    .map(String.init)

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  mutating func command() -> [Bytes] {
    let form = pick(Self.forms)
    var words: [Bytes] = []
    var isSkipping = false
    for part in form.split(separator: " ") {
      var part = part
      if part.first == "[" {
        isSkipping = Int.random(in: 0..<3, using: &generator) > 0
        part = part.dropFirst()
      }
      let ends = part.last == "]"
      if ends { part = part.dropLast() }
      if !isSkipping { words.append(word(part)) }
      if ends { isSkipping = false }
    }
    // Now and then a word too many, too few, or one that makes no sense.
    if form.contains("RAND") { return words }
    switch Int.random(in: 0..<60, using: &generator) {
    case 0: words.append(Bytes("x".utf8))
    case 1: if words.count > 1 { words.removeLast() }
    case 2:
      let at = Int.random(in: 0..<words.count, using: &generator)
      if at > 0 { words[at] = pick([Bytes("x".utf8), [], Bytes("-1".utf8), Bytes("1e400".utf8)]) }
    default: break
    }
    return words
  }

  private mutating func word(_ part: Substring) -> Bytes {
    let text: String
    switch part {
    case "<k>": text = "k\(Int.random(in: 0..<5, using: &generator))"
    case "<m>": text = pick(["a", "b", "c", "d", "1", "2", "10", "-3", ""])
    case "<n>": text = String(pick([0, 1, 2, 3, 5, -1, -2, -7, 100]))
    case "<c>": text = String(pick([0, 1, 2, 3, 100]))
    case "<t>": text = pick(["0", "-1", "1000000", "2000000", "9223372036854775807"])
    case "<b>": text = pick(["0", "1"])
    case "<f>": text = pick(["0", "1", "-2", "0.5", "1.25", "3e2", "0.1", "inf", "1e17"])
    case "<sb>": text = pick(["-inf", "+inf", "0", "(1", "1", "(300", "5"])
    case "<lb>": text = pick(["-", "+", "[a", "(b", "[c", "[", "[1"])
    case "<id>":
      text = pick(["0", "1", "2-1", "3-3", "5", "6-0", "9"])
    case "<op>": text = pick(["AND", "OR", "XOR", "NOT"])
    case "<side>": text = pick(["BEFORE", "AFTER"])
    case "<end>": text = pick(["LEFT", "RIGHT"])
    case "<mm>": text = pick(["MIN", "MAX"])
    case "<agg>": text = pick(["SUM", "MIN", "MAX"])
    case "<con>": text = pick(["alice", "bob"])
    case "<v>":
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: text = String(Int.random(in: -20...20, using: &generator))
      case 1: text = pick(["", "1.5", "3.0", "9223372036854775807", "abc", "10"])
      default:
        return (0..<Int.random(in: 1...12, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
      }
    default: text = String(part)
    }
    return Bytes(text.utf8)
  }
}
