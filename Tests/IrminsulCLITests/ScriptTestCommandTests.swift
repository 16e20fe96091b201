import Foundation
import IrminsulTestKit
import Testing

/// `irminsul script test` and `coverage`.
@Suite struct ScriptTestCommandTests {
  static let take = """
    -- take.lua: takes the first job.
    -- KEYS  1 queue (list)   2 taken (hash)
    -- ARGV  1 worker
    local job = redis.call('LPOP', KEYS[1])
    if not job then
      return redis.error_reply('EMPTY no job')
    end
    if job == 'never' then
      redis.call('DEL', KEYS[2])
    end
    redis.call('HSET', KEYS[2], job, ARGV[1])
    return {job, redis.call('HLEN', KEYS[2])}
    """
  static let spec = """
    describe('take', function()
      before_each(function() redis.call('RPUSH', keys.queue, 'a', 'b') end)
      it('answers the first job', function()
        expect(scripts.take('w1')).equals({'a', 1})
        expect(redis.call('HGETALL', keys.taken)).equals({'a', 'w1'})
      end)
      it('begins with nothing taken', function()
        expect(redis.call('EXISTS', keys.taken)).equals(0)
        expect(run('take', {keys.queue, 'other'}, {7})[2]).equals(1)
        expect(redis.call('HGET', 'other', 'a')).equals('7')
      end)
      it('tells that there is none', function()
        redis.call('DEL', keys.queue)
        expect(scripts.take('w1')).fails_with('EMPTY')
      end)
      it('refuses what is no list', function()
        redis.call('SET', keys.queue, 'x')
        expect(function() return scripts.take('w1') end).fails_with('WRONGTYPE')
      end)
    end)
    """

  static func sandbox(spec: String = Self.spec) throws -> Sandbox {
    let sandbox = try Sandbox()
    _ = try sandbox.makeFolder("lua/spec")
    try sandbox.write(Array(Self.take.utf8), to: "lua/take.lua")
    try sandbox.write(Array("return 1\n".utf8), to: "lua/other.lua")
    try sandbox.write(Array(spec.utf8), to: "lua/spec/take_spec.lua")
    return sandbox
  }

  @Test func passes() async throws {
    let sandbox = try Self.sandbox()
    // The second one stood in `taken` if the keyspace was not empty; RPUSH to a string fails.
    let spec = Self.spec.replacing(
      "redis.call('SET', keys.queue",
      with: "redis.call('DEL', keys.queue) redis.call('SET', keys.queue")
    try sandbox.write(Array(spec.utf8), to: "lua/spec/take_spec.lua")
    expectDone(
      try await sandbox.irminsul("script", "test"), "4 passed, 0 failed, in 1 file\n")
    expectDone(
      try await sandbox.irminsul("script", "test", "lua/spec/take_spec.lua", "--filter", "none"),
      "1 passed, 0 failed, in 1 file\n")
  }

  static let failing = """
    describe('take', function()
      it('is wrong', function()
        redis.call('RPUSH', keys.queue, 'a')
        expect(scripts.take('w1')).equals({'a', 2})
      end)
      it('breaks < the script', function()
        redis.call('SET', keys.queue, 'x')
        scripts.take('w1')
      end)
      it('sends no string', function() scripts.take(nil, {}) end)
      it('passes', function() expect('abc').contains('b') expect('abc').matches('^a') end)
    end)
    """

  /// A tail call takes the place of the function that makes it.
  @Test func showsTheLineOfACallWhoseReplyIsReturned() async throws {
    let spec = """
      it('fails', function()
        redis.call('SET', keys.queue, 'x')
        scripts.pop()
      end)
      """
    let sandbox = try Self.sandbox(spec: spec)
    try sandbox.write(
      Array(
        "-- pop.lua: pops.\n-- KEYS  1 queue (list)\n\nreturn redis.call('LPOP', KEYS[1])\n".utf8),
      to: "lua/pop.lua")
    let failed = try await sandbox.irminsul("script", "test")
    #expect(failed.text.contains("lua/pop.lua:4: return redis.call('LPOP', KEYS[1])"))
    #expect(failed.text.contains("WRONGTYPE"))
  }

  @Test func showsTheLineThatFailed() async throws {
    let sandbox = try Self.sandbox(spec: Self.failing)
    let failed = try await sandbox.irminsul("script", "test")
    #expect(failed.status == ExitCode.refused.rawValue)
    #expect(failed.errors == "")
    #expect(
      failed.text.hasPrefix(
        """
        not ok  take is wrong
                expected {"a", 1} to equal {"a", 2}
                lua/spec/take_spec.lua:4: expect(scripts.take('w1')).equals({'a', 2})

        not ok  take breaks < the script
                WRONGTYPE Operation against a key holding the wrong kind of value
                lua/take.lua:4: local job = redis.call('LPOP', KEYS[1])

        """), "\(failed.text)")
    #expect(failed.text.hasSuffix("\n1 passed, 3 failed, in 1 file\n"))

    let tap = try await sandbox.irminsul("script", "test", "--format", "tap")
    #expect(tap.status == ExitCode.refused.rawValue)
    #expect(tap.lines.prefix(3) == ["TAP version 13", "1..4", "not ok 1 - take is wrong"])
    #expect(tap.lines.contains("  at: \"lua/spec/take_spec.lua:4\""))
    #expect(tap.lines.last == "ok 4 - take passes")

    let junit = try await sandbox.irminsul("script", "test", "--format", "junit")
    let parser = XMLCheck(junit.output)
    #expect(parser.isWellFormed)
    #expect(parser.names["testcase"] == 4)
    #expect(parser.names["failure"] == 3)
    #expect(junit.text.contains("tests=\"4\" failures=\"3\""))

    let objects = try (try await sandbox.irminsul("script", "test", "--json")).objects()
    #expect(objects.map { $0["passed"] as? Bool } == [false, false, false, true])
    #expect(objects[1]["at"] as? String == "lua/take.lua:4")
    #expect(objects[0]["line"] as? Int == 2)
  }

  @Test func aFileThatCannotRun() async throws {
    let sandbox = try Self.sandbox(spec: "it('x', function() end)\nlocal x = nil + 1\n")
    let failed = try await sandbox.irminsul("script", "test")
    #expect(failed.status == ExitCode.refused.rawValue)
    #expect(failed.text.contains("not ok  take_spec as a whole"))
    #expect(failed.text.contains("lua/spec/take_spec.lua:2: local x = nil + 1"))

    try sandbox.write(
      Array("it('x', function() while true do end end)".utf8), to: "lua/spec/take_spec.lua")
    let endless = try await sandbox.irminsul("script", "test", "--time-limit", "0.2")
    #expect(endless.status == ExitCode.refused.rawValue)
    #expect(endless.text.contains("TIMEOUT"))
    expectRefusal(
      try await sandbox.irminsul("script", "test", "nowhere"), .io, "nowhere")
    _ = try sandbox.makeFolder("empty")
    expectRefusal(
      try await sandbox.irminsul("script", "test", "empty"), .refused, "there are no specs")
  }

  @Test func watchRunsAgainOnSave() async throws {
    let sandbox = try Self.sandbox(
      spec: "it('x', function() expect(scripts.take('w')).fails_with('EMPTY') end)")
    let watching = try sandbox.start("script", "test", "--watch")
    #expect(try await watching.prints { $0.contains("1 passed, 0 failed, in 1 file") })
    try sandbox.write(
      Array(Self.take.replacing("EMPTY no job", with: "NONE no job").utf8), to: "lua/take.lua")
    #expect(try await watching.prints { $0.contains("0 passed, 1 failed, in 1 file") })
    // A script that is no Lua is told of, and does not end it.
    try sandbox.write(Array("return (".utf8), to: "lua/take.lua")
    #expect(try await watching.prints { $0.contains { $0.contains("as a whole") } })
    try sandbox.write(Array(Self.take.utf8), to: "lua/take.lua")
    #expect(
      try await watching.prints { $0.filter { $0 == "1 passed, 0 failed, in 1 file" }.count == 2 })
    watching.signal(SIGINT)
    #expect(await watching.end().status == 0)
  }

  @Test func coverage() async throws {
    let sandbox = try Self.sandbox(
      spec: """
        it('takes', function()
          redis.call('RPUSH', keys.queue, 'a')
          expect(scripts.take('w1')).equals({'a', 1})
        end)
        """)
    let text = expectDone(try await sandbox.irminsul("script", "coverage", "lua/spec"))
    // Seven lines of take.lua have code, two of them have not run; other.lua is named by no spec.
    #expect(text.lines.last == "62.5")
    #expect(text.lines.contains("lua/other.lua:1: never run: return 1"))
    #expect(
      text.lines.contains("lua/take.lua:6: never run: return redis.error_reply('EMPTY no job')"))
    #expect(text.lines.contains("lua/take.lua:5: `not job` was never true"))
    #expect(text.lines.contains("lua/take.lua:8: `job == 'never'` was never true"))

    let lcov = expectDone(try await sandbox.irminsul("script", "coverage", "--format", "lcov"))
    #expect(lcov.lines.contains("SF:lua/take.lua"))
    #expect(lcov.lines.contains("DA:6,0") && lcov.lines.contains("DA:11,1"))
    #expect(lcov.lines.contains("BRDA:5,0,1,0") && lcov.lines.contains("BRDA:5,0,0,1"))
    let html = expectDone(try await sandbox.irminsul("script", "coverage", "--format", "html"))
    #expect(html.text.hasPrefix("<!doctype html>"))
    #expect(html.text.contains("<tr class=\"missed\"><td>6</td>"))
    let objects = try expectDone(try await sandbox.irminsul("script", "coverage", "--json"))
      .objects()
    #expect(objects.map { $0["file"] as? String } == ["lua/other.lua", "lua/take.lua"])
    #expect(objects[1]["missed"] as? [Int] == [6, 9])
  }

  /// A script that makes up a key.
  private static func counting() throws -> Sandbox {
    let sandbox = try Self.sandbox(
      spec: """
        it('counts', function()
          redis.call('SET', 'other', 'x')
          expect(run('other', {keys.queue})).equals(1)
          expect(redis.call('GET', 'other')).equals('x')
        end)
        it('fails by a name of its own', function()
          expect(function() return run('other', {'b', 'c'}) end).fails_with('ERR')
          redis.call('SET', 'a', 'x')
        end)
        it('uses what it has', function() expect(run('other', {'count:queue'})).equals(1) end)
        """)
    try sandbox.write(
      Array(
        """
        local name = string.gsub(KEYS[1], '.*:', '')
        local count = redis.call('INCR', 'count:' .. name)
        return count

        """.utf8), to: "lua/other.lua")
    return sandbox
  }

  private func expectUndeclaredKeys(_ ended: Transcript) {
    #expect(ended.status == ExitCode.refused.rawValue)
    #expect(
      ended.text.hasPrefix(
        """
        not ok  counts
                ERR the script uses the key "count:queue", which is not in KEYS
                lua/other.lua:2: local count = redis.call('INCR', 'count:' .. name)

        2 passed, 1 failed, in 1 file

        """), "\(ended.text)\(ended.errors)")
  }

  @Test func declaredKeys() async throws {
    let sandbox = try Self.counting()
    let plain = try await sandbox.irminsul("script", "test")
    #expect(plain.text.hasSuffix("\n2 passed, 1 failed, in 1 file\n"), "\(plain.text)")
    #expect(plain.text.hasPrefix("not ok  fails by a name of its own\n"), "\(plain.text)")
    expectUndeclaredKeys(try await sandbox.irminsul("script", "test", "--declared-keys"))
  }

  #if Redis
    @Test func declaredKeysOnAServer() async throws {
      let sandbox = try Self.counting()
      let server = try await RedisServer.start()
      for place in [["--store", server.url], ["--both", "--store", server.url]] {
        expectUndeclaredKeys(
          try await sandbox.irminsul(["script", "test", "--declared-keys"] + place))
      }
      server.stop()
    }

    /// A server that tells after 100 ms that it is busy, and takes SCRIPT KILL then.
    private static func impatientServer() async throws -> RedisServer {
      try await RedisServer.start(
        RedisServer.Options(extraLines: ["busy-reply-threshold 100"]))
    }

    @Test(arguments: [[], ["--both"]])
    func endlessCasesAreStoppedOnAServer(_ options: [String]) async throws {
      let sandbox = try Self.sandbox(
        spec: """
          it('reads for ever', function()
            while true do pcall(redis.call, 'GET', 'x') end
          end)
          it('goes on', function()
            redis.call('SET', 'x', 1)
            expect(redis.call('GET', 'x')).equals('1')
          end)
          """)
      let server = try await Self.impatientServer()
      let ended = try await sandbox.irminsul(
        ["script", "test", "--store", server.url, "--time-limit", "0.3"] + options)
      #expect(ended.status == ExitCode.refused.rawValue)
      #expect(
        ended.text.contains(
          "not ok  reads for ever\n        TIMEOUT the script exceeded its time limit and was stopped\n"
        ), "\(ended.text)")
      #expect(ended.text.hasSuffix("\n1 passed, 1 failed, in 1 file\n"), "\(ended.text)")
      #expect(try server.command("DBSIZE").hasPrefix(":0"))
      server.stop()
    }

    @Test(arguments: [[], ["--both"]])
    func whatCannotBeStoppedOnAServerIsTold(_ options: [String]) async throws {
      let sandbox = try Self.sandbox(
        spec: """
          it('writes for ever', function()
            redis.call('SET', 'x', 1)
            while true do end
          end)
          it('goes on', function() expect(1).equals(1) end)
          """)
      let server = try await Self.impatientServer()
      let ended = try await sandbox.irminsul(
        ["script", "test", "--store", server.url, "--time-limit", "0.3"] + options)
      #expect(ended.status == ExitCode.refused.rawValue)
      #expect(ended.text.contains("TIMEOUT the script exceeded its time limit, and "))
      #expect(
        ended.text.contains(" is still busy with it, and refuses SCRIPT KILL as it has written"),
        "\(ended.text)")
      #expect(
        ended.text.contains(
          "\n        `redis-cli -u \(server.url) SHUTDOWN NOSAVE` ends it, and loses what it has not saved. "
            + "No more specs were run.\n"), "\(ended.text)")
      #expect(ended.text.hasSuffix("\n0 passed, 1 failed, in 1 file\n"), "\(ended.text)")
      #expect(try server.command("DBSIZE").contains("BUSY"))
      server.kill()
    }

    @Test func onAServerAndOnBoth() async throws {
      let sandbox = try Self.sandbox(spec: Self.failing)
      let server = try await RedisServer.start()
      let failed = try await sandbox.irminsul("script", "test", "--store", server.url)
      #expect(failed.text.contains("lua/spec/take_spec.lua:4: expect(scripts.take('w1'))"))
      #expect(failed.text.contains("lua/take.lua:4: local job"))
      #expect(failed.text.hasSuffix("\n1 passed, 3 failed, in 1 file\n"))

      // What only one of the two answers: a loop that does not get on is an error in later versions of Lua.
      try sandbox.write(
        Array(
          """
          it('agrees', function()
            redis.call('RPUSH', keys.queue, 'a')
            redis.call('SADD', 's', 'x', 'y', 'z')
            expect(#redis.call('SMEMBERS', 's')).equals(3)
            expect(redis.call('TIME')[1]).equals('1700000000')
            redis.call('XADD', 'stream', '*', 'f', 'v')
            scripts.take('w')
          end)
          it('differs', function()
            redis.call('GET', 'runs')
            redis.call('SET', 'runs', tostring(pcall(function() for i = 1, 2, 0 do end end)))
          end)
          """.utf8), to: "lua/spec/take_spec.lua")
      let both = try await sandbox.irminsul("script", "test", "--both", "--store", server.url)
      #expect(both.status == ExitCode.refused.rawValue)
      #expect(both.text.hasPrefix("not ok  differs\n"), "\(both.text)")
      #expect(both.text.contains("reply 2 differs: embedded SET \"runs\" \"false\""))
      #expect(both.text.contains("server SET \"runs\" \"true\""))
      #expect(
        both.text.contains("lua/spec/take_spec.lua:11: redis.call('SET', 'runs'"), "\(both.text)")
      #expect(both.text.hasSuffix("\n1 passed, 1 failed, in 1 file\n"))

      // A database that somebody uses is none for specs.
      try sandbox.write(Array("return redis.call('SET', KEYS[1], 'precious')".utf8), to: "set.lua")
      expectDone(
        try await sandbox.irminsul("script", "run", "set.lua", "mine", "--store", server.url),
        "OK\n")
      expectRefusal(
        try await sandbox.irminsul("script", "test", "--store", server.url), .refused,
        "holds 1 key")
      try sandbox.write(Array("return redis.call('GET', KEYS[1])".utf8), to: "get.lua")
      expectDone(
        try await sandbox.irminsul("script", "run", "get.lua", "mine", "--store", server.url),
        "\"precious\"\n")
      server.stop()
    }
  #endif
}

/// Whether a text is XML, and how often each element is in it.
private final class XMLCheck {
  let isWellFormed: Bool
  let names: [String: Int]

  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var open: [Substring] = []
    var counts: [String: Int] = [:]
    var isRight = text.hasPrefix("<?xml version=\"1.0\"")
    for match in text.matches(of: #/<(/?)([A-Za-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(/?)>/#) {
      if match.1 == "/" {
        isRight = isRight && open.popLast() == match.2
      } else {
        counts[String(match.2), default: 0] += 1
        if match.4 != "/" { open.append(match.2) }
      }
    }
    // Every other `<` is escaped.
    let tags = text.matches(of: #/<[/A-Za-z?]/#).count
    isRight = isRight && text.filter { $0 == "<" }.count == tags
    (isWellFormed, names) = (isRight && open.isEmpty, counts)
  }
}
