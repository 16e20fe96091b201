import EmbeddedRedis
import RedisScripting
import Testing

/// Long random sequences of commands, in plain form and in scripts, against a Redis server.
@Suite struct RandomParityTests {
  /// A small generator, so that a failure can be repeated from its seed.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
      return word ^ word >> 31
    }
  }

  private static func bytes(_ generator: inout Generator) -> Bytes {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: Bytes(String(Int.random(in: -20...20, using: &generator)).utf8)
    case 1: []
    default:
      (0..<Int.random(in: 1...40, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
    }
  }

  private static func command(_ generator: inout Generator) -> [Bytes] {
    let key = Bytes("key\(Int.random(in: 0..<6, using: &generator))".utf8)
    let field = Bytes("f\(Int.random(in: 0..<30, using: &generator))".utf8)
    let number = Bytes(String(Int.random(in: -30...30, using: &generator)).utf8)
    let other = Bytes(String(Int.random(in: -30...30, using: &generator)).utf8)
    let id = Bytes(
      "\(Int.random(in: 0..<50, using: &generator))-\(Int.random(in: 0..<3, using: &generator))"
        .utf8)
    let value = bytes(&generator)
    let forms: [(String, [Bytes])] = [
      ("HSET", [key, field, value]), ("HSET", [key, field, value, bytes(&generator), value]),
      ("HSET", [key, bytes(&generator), number]), ("HGET", [key, field]),
      ("HSETNX", [key, field, value]), ("HDEL", [key, field]), ("HDEL", [key, field, value]),
      ("HEXISTS", [key, field]), ("HLEN", [key]), ("HMGET", [key, field, value]),
      ("HSTRLEN", [key, field]), ("HINCRBY", [key, field, number]), ("HGETALL", [key]),
      ("SET", [key, value]), ("GET", [key]), ("APPEND", [key, value]), ("STRLEN", [key]),
      ("GETRANGE", [key, number, other]), ("INCRBY", [key, number]), ("MGET", [key, field]),
      ("DEL", [key]), ("UNLINK", [key]), ("EXISTS", [key]), ("TYPE", [key]), ("DBSIZE", []),
      ("XADD", [key, id, field, value]), ("XADD", [key, Bytes("7-*".utf8), field, value]),
      ("XADD", [key, Bytes("MAXLEN".utf8), Bytes("5".utf8), id, field, value]),
      ("XLEN", [key]), ("XRANGE", [key, Bytes("-".utf8), id]),
      ("XREVRANGE", [key, Bytes("+".utf8), id]), ("XDEL", [key, id]),
      ("XREAD", [Bytes("STREAMS".utf8), key, id]),
      ("XTRIM", [key, Bytes("MINID".utf8), id]),
      ("SADD", [key, field]), ("SREM", [key, field]), ("SISMEMBER", [key, field]),
      ("SCARD", [key]),
      ("ZADD", [key, number, field]), ("ZREM", [key, field]), ("ZSCORE", [key, field]),
      ("ZRANGE", [key, number, other]), ("ZRANGEBYSCORE", [key, number, other]),
      ("ZREMRANGEBYRANK", [key, number, Bytes("1".utf8)]),
      ("RPUSH", [key, value]), ("LPUSH", [key, value]), ("LPOP", [key]), ("RPOP", [key]),
      ("LRANGE", [key, number, other]), ("LLEN", [key]),
    ]
    let (name, words) = forms[Int.random(in: 0..<forms.count, using: &generator)]
    return [Bytes(name.utf8)] + words
  }

  /// The reply with pairs of HGETALL in one order, as hashes have none.
  private static func ordered(_ reply: Reply, _ command: [Bytes]) -> Reply {
    guard String(decoding: command[0], as: UTF8.self) == "HGETALL", let pairs = reply.array else {
      return reply
    }
    let sorted = stride(from: 0, to: pairs.count, by: 2).map { [pairs[$0], pairs[$0 + 1]] }
      .sorted { ($0[0].bytes ?? []).lexicographicallyPrecedes($1[0].bytes ?? []) }
    return .array(sorted.flatMap { $0 })
  }

  @Test(arguments: StorageKind.allCases, [1, 2, 3] as [UInt64])
  func sequencesAgree(_ storage: StorageKind, seed: UInt64) async throws {
    let redis = try RealRedis()
    let folder = try TemporaryFolder()
    var configuration = EmbeddedConfiguration(storage: storage.storage(in: folder))
    configuration.durability = .normal
    let host = try EmbeddedHost.open(configuration)
    var generator = Generator(state: seed)
    let script = Bytes("return redis.pcall(unpack(ARGV))".utf8)
    for step in 0..<4000 {
      let words = Self.command(&generator)
      let command =
        Bool.random(using: &generator)
        ? Command(arguments: words)
        : Command(arguments: [Bytes("EVAL".utf8), script, Bytes("0".utf8)] + words)
      let expected = Self.ordered(try redis.run(command), words)
      let found = Self.ordered(await host.answer(command), words)
      let shown = words.map { String(decoding: $0, as: UTF8.self) }
      try #require(found == expected, "step \(step): \(shown)")
    }
    await host.close()
  }

  @Test(arguments: StorageKind.allCases)
  func aScanSeesWhatStaysExactlyOnce(_ storage: StorageKind) async throws {
    let folder = try TemporaryFolder()
    var configuration = EmbeddedConfiguration(storage: storage.storage(in: folder))
    configuration.durability = .normal
    let host = try EmbeddedHost.open(configuration)
    _ = try await host.run(
      .eval("for i = 1, 3000 do redis.call('hset', 'h', 'stay' .. i, i, 'go' .. i, i) end"))
    var seen: [String: Int] = [:]
    var cursor = "0"
    var steps = 0
    repeat {
      let reply = try await host.run(Command("HSCAN", "h", cursor, "COUNT", "50"))
      cursor = try #require(reply.array?[0].text)
      let pairs = try #require(reply.array?[1].array)
      for index in stride(from: 0, to: pairs.count, by: 2) {
        seen[pairs[index].text ?? "", default: 0] += 1
      }
      steps += 1
      _ = try await host.run(
        .eval(
          """
          local n = tonumber(ARGV[1])
          for i = n * 40, n * 40 + 39 do redis.call('hdel', 'h', 'go' .. i) end
          redis.call('hset', 'h', 'new' .. n, 'x', 'stay' .. n, 'changed')
          """, String(steps)))
    } while cursor != "0" && steps < 1000
    #expect(cursor == "0")
    for index in 1...3000 { #expect(seen["stay\(index)"] == 1) }
    await host.close()
  }
}
