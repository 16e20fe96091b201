import CIrminsulLuaBridge
import RedisScripting

/// What Redis 7.0.15 says of its commands, also of those that this host does not have.
struct CatalogueEntry: Sendable {
  let name: String
  /// The exact number of words with the name; the least when negative.
  let arity: Int
  let writes: Bool
  /// Not allowed in scripts.
  let isBarred: Bool
  /// Refused when there is no memory left.
  let grows: Bool
  /// Whether its keys stand elsewhere, after a number of keys or a word.
  let hasMovableKeys: Bool
  /// The position of the first key; 0 when there is none. That of the last one, from the end when it is
  /// negative. And the distance between two.
  let firstKey: Int
  let lastKey: Int
  let keyStep: Int
}

/// All commands of Redis 7.0.15, as its COMMAND answers.
enum CommandCatalogue {
  /// Whether scripts may not call a subcommand of one of the containers, of which COMMAND says nothing.
  static func isBarred(_ container: String, _ subcommand: String) -> Bool {
    switch container {
    case "acl", "client", "config", "latency", "module": true
    case "cluster":
      ![
        "countkeysinslot", "getkeysinslot", "help", "info", "keyslot", "links", "myid", "nodes",
        "shards", "slots",
      ].contains(subcommand.lowercased())
    default: false
    }
  }

  static let entries: [String: CatalogueEntry] = {
    var entries: [String: CatalogueEntry] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 6 else { continue }
      let numbers = words[3...].compactMap { Int($0) }
      guard let arity = Int(words[1]), numbers.count == 3 else { continue }
      let name = String(words[0])
      entries[name] = CatalogueEntry(
        name: name, arity: arity, writes: words[2].contains("w"),
        isBarred: words[2].contains("n"), grows: words[2].contains("m"),
        hasMovableKeys: words[2].contains("k"), firstKey: numbers[0], lastKey: numbers[1],
        keyStep: numbers[2])
    }
    return entries
  }()

  // Name, arity, w(rites) n(ot in scripts) m(emory) k(eys elsewhere), first and last key, step.
  private static let table = """
    acl -2 - 0 0 0
    append 3 wm 1 1 1
    asking 1 - 0 0 0
    auth -2 n 0 0 0
    bgrewriteaof 1 n 0 0 0
    bgsave -1 n 0 0 0
    bitcount -2 - 1 1 1
    bitfield -2 wm 1 1 1
    bitfield_ro -2 - 1 1 1
    bitop -4 wm 2 -1 1
    bitpos -3 - 1 1 1
    blmove 6 wnm 1 2 1
    blmpop -5 wk 0 0 0
    blpop -3 wn 1 -2 1
    brpop -3 wn 1 -2 1
    brpoplpush 4 wnm 1 2 1
    bzmpop -5 wk 0 0 0
    bzpopmax -3 wn 1 -2 1
    bzpopmin -3 wn 1 -2 1
    client -2 - 0 0 0
    cluster -2 - 0 0 0
    command -1 - 0 0 0
    config -2 - 0 0 0
    copy -3 wm 1 2 1
    dbsize 1 - 0 0 0
    debug -2 n 0 0 0
    decr 2 wm 1 1 1
    decrby 3 wm 1 1 1
    del -2 w 1 -1 1
    discard 1 n 0 0 0
    dump 2 - 1 1 1
    echo 2 - 0 0 0
    eval -3 nk 0 0 0
    eval_ro -3 nk 0 0 0
    evalsha -3 nk 0 0 0
    evalsha_ro -3 nk 0 0 0
    exec 1 n 0 0 0
    exists -2 - 1 -1 1
    expire -3 w 1 1 1
    expireat -3 w 1 1 1
    expiretime 2 - 1 1 1
    failover -1 n 0 0 0
    fcall -3 nk 0 0 0
    fcall_ro -3 nk 0 0 0
    flushall -1 w 0 0 0
    flushdb -1 w 0 0 0
    function -2 - 0 0 0
    geoadd -5 wm 1 1 1
    geodist -4 - 1 1 1
    geohash -2 - 1 1 1
    geopos -2 - 1 1 1
    georadius -6 wmk 1 1 1
    georadius_ro -6 - 1 1 1
    georadiusbymember -5 wmk 1 1 1
    georadiusbymember_ro -5 - 1 1 1
    geosearch -7 - 1 1 1
    geosearchstore -8 wm 1 2 1
    get 2 - 1 1 1
    getbit 3 - 1 1 1
    getdel 2 w 1 1 1
    getex -2 w 1 1 1
    getrange 4 - 1 1 1
    getset 3 wm 1 1 1
    hdel -3 w 1 1 1
    hello -1 n 0 0 0
    hexists 3 - 1 1 1
    hget 3 - 1 1 1
    hgetall 2 - 1 1 1
    hincrby 4 wm 1 1 1
    hincrbyfloat 4 wm 1 1 1
    hkeys 2 - 1 1 1
    hlen 2 - 1 1 1
    hmget -3 - 1 1 1
    hmset -4 wm 1 1 1
    hrandfield -2 - 1 1 1
    hscan -3 - 1 1 1
    hset -4 wm 1 1 1
    hsetnx 4 wm 1 1 1
    hstrlen 3 - 1 1 1
    hvals 2 - 1 1 1
    incr 2 wm 1 1 1
    incrby 3 wm 1 1 1
    incrbyfloat 3 wm 1 1 1
    info -1 - 0 0 0
    keys 2 - 0 0 0
    lastsave 1 - 0 0 0
    latency -2 - 0 0 0
    lcs -3 - 1 2 1
    lindex 3 - 1 1 1
    linsert 5 wm 1 1 1
    llen 2 - 1 1 1
    lmove 5 wm 1 2 1
    lmpop -4 wk 0 0 0
    lolwut -1 - 0 0 0
    lpop -2 w 1 1 1
    lpos -3 - 1 1 1
    lpush -3 wm 1 1 1
    lpushx -3 wm 1 1 1
    lrange 4 - 1 1 1
    lrem 4 w 1 1 1
    lset 4 wm 1 1 1
    ltrim 4 w 1 1 1
    memory -2 - 0 0 0
    mget -2 - 1 -1 1
    migrate -6 wk 3 3 1
    module -2 - 0 0 0
    monitor 1 n 0 0 0
    move 3 w 1 1 1
    mset -3 wm 1 -1 2
    msetnx -3 wm 1 -1 2
    multi 1 n 0 0 0
    object -2 - 0 0 0
    persist 2 w 1 1 1
    pexpire -3 w 1 1 1
    pexpireat -3 w 1 1 1
    pexpiretime 2 - 1 1 1
    pfadd -2 wm 1 1 1
    pfcount -2 - 1 -1 1
    pfdebug 3 wm 2 2 1
    pfmerge -2 wm 1 -1 1
    pfselftest 1 - 0 0 0
    ping -1 - 0 0 0
    psetex 4 wm 1 1 1
    psubscribe -2 n 0 0 0
    psync -3 n 0 0 0
    pttl 2 - 1 1 1
    publish 3 - 0 0 0
    pubsub -2 - 0 0 0
    punsubscribe -1 n 0 0 0
    quit -1 n 0 0 0
    randomkey 1 - 0 0 0
    readonly 1 - 0 0 0
    readwrite 1 - 0 0 0
    rename 3 w 1 2 1
    renamenx 3 w 1 2 1
    replconf -1 n 0 0 0
    replicaof 3 n 0 0 0
    reset 1 n 0 0 0
    restore -4 wm 1 1 1
    restore-asking -4 wm 1 1 1
    role 1 n 0 0 0
    rpop -2 w 1 1 1
    rpoplpush 3 wm 1 2 1
    rpush -3 wm 1 1 1
    rpushx -3 wm 1 1 1
    sadd -3 wm 1 1 1
    save 1 n 0 0 0
    scan -2 - 0 0 0
    scard 2 - 1 1 1
    script -2 - 0 0 0
    sdiff -2 - 1 -1 1
    sdiffstore -3 wm 1 -1 1
    select 2 - 0 0 0
    set -3 wm 1 1 1
    setbit 4 wm 1 1 1
    setex 4 wm 1 1 1
    setnx 3 wm 1 1 1
    setrange 4 wm 1 1 1
    shutdown -1 n 0 0 0
    sinter -2 - 1 -1 1
    sintercard -3 k 0 0 0
    sinterstore -3 wm 1 -1 1
    sismember 3 - 1 1 1
    slaveof 3 n 0 0 0
    slowlog -2 - 0 0 0
    smembers 2 - 1 1 1
    smismember -3 - 1 1 1
    smove 4 w 1 2 1
    sort -2 wmk 1 1 1
    sort_ro -2 k 1 1 1
    spop -2 w 1 1 1
    spublish 3 - 1 1 1
    srandmember -2 - 1 1 1
    srem -3 w 1 1 1
    sscan -3 - 1 1 1
    ssubscribe -2 n 1 -1 1
    strlen 2 - 1 1 1
    subscribe -2 n 0 0 0
    substr 4 - 1 1 1
    sunion -2 - 1 -1 1
    sunionstore -3 wm 1 -1 1
    sunsubscribe -1 n 1 -1 1
    swapdb 3 w 0 0 0
    sync 1 n 0 0 0
    time 1 - 0 0 0
    touch -2 - 1 -1 1
    ttl 2 - 1 1 1
    type 2 - 1 1 1
    unlink -2 w 1 -1 1
    unsubscribe -1 n 0 0 0
    unwatch 1 n 0 0 0
    wait 3 n 0 0 0
    watch -2 n 1 -1 1
    xack -4 w 1 1 1
    xadd -5 wm 1 1 1
    xautoclaim -6 w 1 1 1
    xclaim -6 w 1 1 1
    xdel -3 w 1 1 1
    xgroup -2 - 0 0 0
    xinfo -2 - 0 0 0
    xlen 2 - 1 1 1
    xpending -3 - 1 1 1
    xrange -4 - 1 1 1
    xread -4 k 0 0 0
    xreadgroup -7 wk 0 0 0
    xrevrange -4 - 1 1 1
    xsetid -3 wm 1 1 1
    xtrim -4 w 1 1 1
    zadd -4 wm 1 1 1
    zcard 2 - 1 1 1
    zcount 4 - 1 1 1
    zdiff -3 k 0 0 0
    zdiffstore -4 wmk 1 1 1
    zincrby 4 wm 1 1 1
    zinter -3 k 0 0 0
    zintercard -3 k 0 0 0
    zinterstore -4 wmk 1 1 1
    zlexcount 4 - 1 1 1
    zmpop -4 wk 0 0 0
    zmscore -3 - 1 1 1
    zpopmax -2 w 1 1 1
    zpopmin -2 w 1 1 1
    zrandmember -2 - 1 1 1
    zrange -4 - 1 1 1
    zrangebylex -4 - 1 1 1
    zrangebyscore -4 - 1 1 1
    zrangestore -5 wm 1 2 1
    zrank 3 - 1 1 1
    zrem -3 w 1 1 1
    zremrangebylex 4 w 1 1 1
    zremrangebyrank 4 w 1 1 1
    zremrangebyscore 4 w 1 1 1
    zrevrange -4 - 1 1 1
    zrevrangebylex -4 - 1 1 1
    zrevrangebyscore -4 - 1 1 1
    zrevrank 3 - 1 1 1
    zscan -3 - 1 1 1
    zscore 3 - 1 1 1
    zunion -3 k 0 0 0
    zunionstore -4 wmk 1 1 1
    """
}
