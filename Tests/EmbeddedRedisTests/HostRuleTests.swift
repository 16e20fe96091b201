import EmbeddedRedis
import RedisScripting
import Testing

/// The clock, the seed and the rules that a test may set.
@Suite struct HostRuleTests {
  private func code(_ host: EmbeddedHost, _ command: Command) async -> String? {
    if case .error(let error) = await host.answer(command) { error.code } else { nil }
  }

  @Test func timeMovesWhenTheTestSaysSo() async throws {
    let clock = EmbeddedClock(milliseconds: 1_700_000_000_000)
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.clock = clock
    let host = try EmbeddedHost.open(configuration)
    _ = try await host.run(Command("SET", "k", "v", "EX", "60"))
    #expect(try await host.run(.eval("return redis.call('time')[1]")).text == "1700000000")
    #expect(try await host.run(Command("XADD", "x", "*", "f", "v")).text == "1700000000000-0")
    clock.advance(by: .milliseconds(59_999))
    #expect(try await host.run(Command("PTTL", "k")) == .integer(1))
    #expect(try await host.run(Command("GET", "k")).text == "v")
    clock.advance(by: .milliseconds(1))
    #expect(try await host.run(Command("GET", "k")) == .null)
    #expect(try await host.run(Command("DBSIZE")) == .integer(1))
  }

  @Test func aSeedDecidesWhatIsChosen() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.randomSeed = 7
    var runs: [Reply] = []
    for _ in 0..<2 {
      let host = try EmbeddedHost.open(configuration)
      _ = try await host.run(Command("SADD", "s", "a", "b", "c", "d", "e", "f", "g"))
      runs.append(try await host.run(Command("SRANDMEMBER", "s", "-50")))
    }
    #expect(runs[0] == runs[1])
    #expect(Set(runs[0].array ?? []).count > 3)
  }

  @Test func aStoppedScriptLeavesNothing() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(50)
    let host = try EmbeddedHost.open(configuration)
    let setUp = """
      redis.call('set', 's', 'old', 'ex', 1000) redis.call('hset', 'h', 'a', 1, 'b', 2)
      redis.call('rpush', 'l', 'x', 'y', 'z') redis.call('zadd', 'z', 1, 'm', 2, 'n')
      redis.call('sadd', 't', 'p') redis.call('xadd', 'x', '1-1', 'f', 'v')
      redis.call('xgroup', 'create', 'x', 'g', 0)
      """
    let look = """
      return {redis.call('get', 's'), redis.call('ttl', 's') > 0, redis.call('hgetall', 'h'),
        redis.call('lrange', 'l', 0, -1), redis.call('zrange', 'z', 0, -1, 'withscores'),
        redis.call('smembers', 't'), redis.call('xrange', 'x', '-', '+'), redis.call('dbsize'),
        redis.call('xpending', 'x', 'g')}
      """
    _ = try await host.run(.eval(setUp))
    let before = try await host.run(.eval(look))
    let changes = """
      redis.call('append', 's', 'new') redis.call('persist', 's') redis.call('hset', 'h', 'a', 9, 'c', 3)
      redis.call('hdel', 'h', 'b') redis.call('lpop', 'l') redis.call('rpush', 'l', 'w')
      redis.call('lset', 'l', 0, 'changed') redis.call('zadd', 'z', 9, 'm', 3, 'o')
      redis.call('zrem', 'z', 'n') redis.call('srem', 't', 'p') redis.call('sadd', 'u', 'q')
      redis.call('xreadgroup', 'group', 'g', 'c', 'streams', 'x', '>')
      redis.call('xadd', 'x', '2-1', 'f', 'w') redis.call('xdel', 'x', '1-1')
      redis.call('xtrim', 'x', 'maxlen', 0) redis.call('rename', 'h', 'i')
      """
    for script in [changes, changes + " redis.call('flushall') redis.call('set', 'h', 1)"] {
      #expect(await code(host, .eval(script + " while true do end")) == "TIMEOUT")
      let after = try await host.run(.eval(look))
      // A hash that was removed and put back has its fields in another order.
      #expect(sorted(after) == sorted(before))
    }
  }

  private func sorted(_ reply: Reply) -> [String] {
    (reply.array ?? []).map { part in
      (part.array ?? [part]).map { "\($0)" }.sorted().joined(separator: " ")
    }
  }

  @Test func keysMustBeDeclaredWhereTheRuleSaysSo() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.keyRule = .declared
    let host = try EmbeddedHost.open(configuration)
    func eval(_ script: String, _ keys: String...) -> Command {
      Command(arguments: (["EVAL", script, "\(keys.count)"] + keys).map { Bytes($0.utf8) })
    }
    #expect(await code(host, eval("return redis.call('set', KEYS[1], 1)", "a")) == nil)
    for call in [
      "'get', 'b'", "'mget', KEYS[1], 'b'", "'zunionstore', KEYS[1], 2, KEYS[1], 'b'",
      "'xread', 'streams', KEYS[1], 'b', 0, 0", "'sort', KEYS[1], 'store', 'b'",
      "'lmpop', 1, 'b', 'left'", "'zrangestore', KEYS[1], 'b', 0, 1", "'rename', KEYS[1], 'b'",
    ] {
      guard case .error(let error) = await host.answer(eval("return redis.call(\(call))", "a"))
      else {
        Issue.record("\(call)")
        continue
      }
      #expect(
        error.message.hasPrefix("the script uses the key 'b', which is not in KEYS"), "\(call)")
    }
    configuration.keyRule = .declaredInOneSlot
    let cluster = try EmbeddedHost.open(configuration)
    #expect(await code(cluster, eval("return 1", "{x}a", "{x}b")) == nil)
    #expect(await code(cluster, eval("return 1", "foo", "bar")) == "CROSSSLOT")
  }

  @Test func repliesAreBounded() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.replyLimit = 1 << 20
    let host = try EmbeddedHost.open(configuration)
    #expect(await code(host, .eval("return ('x'):rep(1000000)")) == nil)
    #expect(await code(host, .eval("return ('x'):rep(2000000)")) == "ERR")
    #expect(
      await code(host, .eval("local t = {} for i = 1, 1e6 do t[i] = i end return t")) == "ERR")
    #expect(try await host.run(.eval("return 1")) == .integer(1))
  }
}
