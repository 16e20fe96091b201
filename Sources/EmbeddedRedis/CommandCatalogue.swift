import CIrminsulLuaBridge
import RedisScripting

/// What Redis 7.0.15 says of its commands, also of those that this host does not have.
struct CatalogueEntry: Sendable {
  /// In lower case; of a subcommand with its container and a bar before it.
  let name: String
  /// Its place in ``CommandCatalogue/all``.
  let number: Int
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

  /// Whether it takes so many words, its name among them.
  func accepts(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -arity }
}

/// All commands of Redis 7.0.15, as its COMMAND answers.
enum CommandCatalogue {
  /// Those of both tables; an entry's number is its place.
  static let all: [CatalogueEntry] = {
    var all: [CatalogueEntry] = []
    for line in table.split(separator: "\n") + subcommandTable.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 6 else { continue }
      let numbers = words[3...].compactMap { Int($0) }
      guard let arity = Int(words[1]), numbers.count == 3 else { continue }
      all.append(
        CatalogueEntry(
          name: String(words[0]), number: all.count, arity: arity, writes: words[2].contains("w"),
          isBarred: words[2].contains("n"), grows: words[2].contains("m"),
          hasMovableKeys: words[2].contains("k"), firstKey: numbers[0], lastKey: numbers[1],
          keyStep: numbers[2]))
    }
    return all
  }()

  static let entries = Dictionary(
    uniqueKeysWithValues: all.filter { !$0.name.contains("|") }.map { ($0.name, $0) })

  /// By the name of the container, and by their own.
  static let subcommands: [String: [String: CatalogueEntry]] = all.reduce(into: [:]) {
    let names = $1.name.split(separator: "|").map(String.init)
    if names.count == 2 { $0[names[0], default: [:]][names[1]] = $1 }
  }

  /// What a command's words call, as far as there is such a thing.
  static func entry(_ words: [Bytes]) -> CatalogueEntry? {
    func name(_ index: Int) -> String { String(decoding: words[index], as: UTF8.self).lowercased() }
    guard !words.isEmpty, let entry = entries[name(0)] else { return nil }
    guard words.count > 1, let subcommands = subcommands[entry.name] else { return entry }
    return subcommands[name(1)]
  }

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

  // The same of what follows the name of a container.
  private static let subcommandTable = """
    acl|cat -2 n 0 0 0
    acl|deluser -3 n 0 0 0
    acl|dryrun -4 n 0 0 0
    acl|genpass -2 n 0 0 0
    acl|getuser 3 n 0 0 0
    acl|help 2 - 0 0 0
    acl|list 2 n 0 0 0
    acl|load 2 n 0 0 0
    acl|log -2 n 0 0 0
    acl|save 2 n 0 0 0
    acl|setuser -3 n 0 0 0
    acl|users 2 n 0 0 0
    acl|whoami 2 n 0 0 0
    client|caching 3 n 0 0 0
    client|getname 2 n 0 0 0
    client|getredir 2 n 0 0 0
    client|help 2 - 0 0 0
    client|id 2 n 0 0 0
    client|info 2 n 0 0 0
    client|kill -3 n 0 0 0
    client|list -2 n 0 0 0
    client|no-evict 3 n 0 0 0
    client|pause -3 n 0 0 0
    client|reply 3 n 0 0 0
    client|setname 3 n 0 0 0
    client|tracking -3 n 0 0 0
    client|trackinginfo 2 n 0 0 0
    client|unblock -3 n 0 0 0
    client|unpause 2 n 0 0 0
    cluster|addslots -3 - 0 0 0
    cluster|addslotsrange -4 - 0 0 0
    cluster|bumpepoch 2 - 0 0 0
    cluster|count-failure-reports 3 - 0 0 0
    cluster|countkeysinslot 3 - 0 0 0
    cluster|delslots -3 - 0 0 0
    cluster|delslotsrange -4 - 0 0 0
    cluster|failover -2 - 0 0 0
    cluster|flushslots 2 - 0 0 0
    cluster|forget 3 - 0 0 0
    cluster|getkeysinslot 4 - 0 0 0
    cluster|help 2 - 0 0 0
    cluster|info 2 - 0 0 0
    cluster|keyslot 3 - 0 0 0
    cluster|links 2 - 0 0 0
    cluster|meet -4 - 0 0 0
    cluster|myid 2 - 0 0 0
    cluster|nodes 2 - 0 0 0
    cluster|replicas 3 - 0 0 0
    cluster|replicate 3 - 0 0 0
    cluster|reset -2 n 0 0 0
    cluster|saveconfig 2 - 0 0 0
    cluster|set-config-epoch 3 - 0 0 0
    cluster|setslot -4 - 0 0 0
    cluster|shards 2 - 0 0 0
    cluster|slaves 3 - 0 0 0
    cluster|slots 2 - 0 0 0
    command|count 2 - 0 0 0
    command|docs -2 - 0 0 0
    command|getkeys -4 - 0 0 0
    command|getkeysandflags -4 - 0 0 0
    command|help 2 - 0 0 0
    command|info -2 - 0 0 0
    command|list -2 - 0 0 0
    config|get -3 n 0 0 0
    config|help 2 - 0 0 0
    config|resetstat 2 n 0 0 0
    config|rewrite 2 n 0 0 0
    config|set -4 n 0 0 0
    function|delete 3 wn 0 0 0
    function|dump 2 n 0 0 0
    function|flush -2 wn 0 0 0
    function|help 2 - 0 0 0
    function|kill 2 n 0 0 0
    function|list -2 n 0 0 0
    function|load -3 wnm 0 0 0
    function|restore -3 wnm 0 0 0
    function|stats 2 n 0 0 0
    latency|doctor 2 n 0 0 0
    latency|graph 3 n 0 0 0
    latency|help 2 - 0 0 0
    latency|histogram -2 n 0 0 0
    latency|history 3 n 0 0 0
    latency|latest 2 n 0 0 0
    latency|reset -2 n 0 0 0
    memory|doctor 2 - 0 0 0
    memory|help 2 - 0 0 0
    memory|malloc-stats 2 - 0 0 0
    memory|purge 2 - 0 0 0
    memory|stats 2 - 0 0 0
    memory|usage -3 - 2 2 1
    module|help 2 - 0 0 0
    module|list 2 n 0 0 0
    module|load -3 n 0 0 0
    module|loadex -3 n 0 0 0
    module|unload 3 n 0 0 0
    object|encoding 3 - 2 2 1
    object|freq 3 - 2 2 1
    object|help 2 - 0 0 0
    object|idletime 3 - 2 2 1
    object|refcount 3 - 2 2 1
    pubsub|channels -2 - 0 0 0
    pubsub|help 2 - 0 0 0
    pubsub|numpat 2 - 0 0 0
    pubsub|numsub -2 - 0 0 0
    pubsub|shardchannels -2 - 0 0 0
    pubsub|shardnumsub -2 - 0 0 0
    script|debug 3 n 0 0 0
    script|exists -3 n 0 0 0
    script|flush -2 n 0 0 0
    script|help 2 - 0 0 0
    script|kill 2 n 0 0 0
    script|load 3 n 0 0 0
    slowlog|get -2 - 0 0 0
    slowlog|help 2 - 0 0 0
    slowlog|len 2 - 0 0 0
    slowlog|reset 2 - 0 0 0
    xgroup|create -5 wm 2 2 1
    xgroup|createconsumer 5 wm 2 2 1
    xgroup|delconsumer 5 w 2 2 1
    xgroup|destroy 4 w 2 2 1
    xgroup|help 2 - 0 0 0
    xgroup|setid -5 w 2 2 1
    xinfo|consumers 4 - 2 2 1
    xinfo|groups 3 - 2 2 1
    xinfo|help 2 - 0 0 0
    xinfo|stream -3 - 2 2 1
    """
}
