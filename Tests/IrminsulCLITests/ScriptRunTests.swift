import Testing

/// `irminsul script run`: replies as redis-cli draws them.
@Suite struct ScriptRunTests {
  @Test func drawsEveryKindOfReply() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      Array(
        """
        return {1, 'a"b\\n', false, {ok = 'FINE'}, {}, {2, {3, 4}}, {err = 'WRONG x'}, ARGV[1] .. KEYS[1]}
        """.utf8), to: "all.lua")
    expectDone(
      try await sandbox.irminsul("script", "run", "all.lua", "k", "--", "v"),
      """
      1) (integer) 1
      2) "a\\"b\\n"
      3) (nil)
      4) FINE
      5) (empty array)
      6) 1) (integer) 2
         2) 1) (integer) 3
            2) (integer) 4
      7) (error) WRONG x
      8) "vk"

      """)
    let json = try expectDone(
      try await sandbox.irminsul("script", "run", "all.lua", "--json", "k", "--", "v")
    ).object()
    let reply = try #require(json["reply"] as? [Any])
    #expect(reply[0] as? Int == 1)
    #expect((reply[6] as? [String: String]) == ["error": "WRONG x"])
    #expect(reply[7] as? String == "vk")
  }

  @Test func seedsAndIncludes() async throws {
    let sandbox = try Sandbox()
    _ = try sandbox.makeFolder("lua/lib")
    try sandbox.write(
      Array("local function twice(x)\n  return 2 * x\nend\n".utf8), to: "lua/lib/twice.lua")
    try sandbox.write(
      Array("-- @include lib/twice.lua\nreturn twice(redis.call('GET', KEYS[1]))\n".utf8),
      to: "lua/double.lua")
    try sandbox.write(
      Array("# what is there\n\nSET 'the key' \"2\\x31\"\n".utf8), to: "seed.txt")
    expectDone(
      try await sandbox.irminsul(
        "script", "run", "lua/double.lua", "the key", "--seed-data", "seed.txt"), "(integer) 42\n")

    // As BullMQ writes it, and from beside the file that includes.
    try sandbox.write(
      Array("--- @include \"twice\"\nlocal function four(x)\n  return twice(twice(x))\nend\n".utf8),
      to: "lua/lib/four.lua")
    try sandbox.write(
      Array("--- @include \"lib/four\"\n--- @include \"lib/twice\"\nreturn four(ARGV[1])\n".utf8),
      to: "lua/four.lua")
    expectDone(
      try await sandbox.irminsul("script", "run", "lua/four.lua", "--", "3"), "(integer) 12\n")

    try sandbox.write(Array("SET a 1\nLPUSH a 2\n".utf8), to: "bad.txt")
    expectRefusal(
      try await sandbox.irminsul("script", "run", "lua/double.lua", "a", "--seed-data", "bad.txt"),
      .refused, "bad.txt:2: WRONGTYPE")
    try sandbox.write(Array("-- @include lib/none.lua\nreturn 1\n".utf8), to: "lua/lost.lua")
    expectRefusal(
      try await sandbox.irminsul("script", "run", "lua/lost.lua"), .refused, "lua/lost.lua:1",
      "lua/lib/none.lua")
    expectRefusal(
      try await sandbox.irminsul("script", "run", "none.lua"), .io, "none.lua",
      "there is no such file")
  }

  @Test func errorsNameTheLineOfTheFile() async throws {
    let sandbox = try Sandbox()
    _ = try sandbox.makeFolder("lib")
    try sandbox.write(
      Array("local function look(x)\n  return x.y\nend\n".utf8), to: "lib/look.lua")
    try sandbox.write(
      Array("-- a script\n-- @include lib/look.lua\nreturn look(nil)\n".utf8), to: "s.lua")
    let failed = try await sandbox.irminsul("script", "run", "s.lua")
    #expect(failed.status == ExitCode.refused.rawValue)
    #expect(failed.errors == "")
    #expect(failed.text.contains("lib/look.lua:2: attempt to index local 'x' (a nil value)"))
  }

  @Test func undeclaredKeysAndTime() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      Array("redis.call('SET', ARGV[1], 1)\nreturn redis.call('GET', KEYS[1])".utf8), to: "s.lua")
    expectDone(try await sandbox.irminsul("script", "run", "s.lua", "a", "--", "b"), "(nil)\n")
    let refused = try await sandbox.irminsul(
      "script", "run", "s.lua", "--declared-keys", "a", "--", "b")
    #expect(refused.status == ExitCode.refused.rawValue)
    #expect(refused.text.contains("uses the key 'b', which is not in KEYS"))
    try sandbox.write(Array("while true do end".utf8), to: "endless.lua")
    let endless = try await sandbox.irminsul(
      "script", "run", "endless.lua", "--time-limit", "0.2")
    #expect(endless.status == ExitCode.refused.rawValue)
    #expect(endless.text.contains("TIMEOUT"))
  }

  @Test func memoryIsBounded() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      Array(
        """
        local s = ('x'):rep(ARGV[1])
        if ARGV[2] then redis.call('SET', KEYS[1], s) end
        return s
        """.utf8), to: "s.lua")
    func run(_ words: String...) async throws -> Transcript {
      try await sandbox.irminsul(["script", "run", "s.lua", "k"] + words)
    }
    let full = try await run("--maxmemory", "1", "--", "9", "write")
    #expect(full.status == ExitCode.refused.rawValue)
    #expect(full.text.contains("OOM command not allowed when used memory > 'maxmemory'."))
    expectDone(try await run("--maxmemory", "100GB", "--", "1", "write"), "\"x\"\n")
    // What is seeded is there before.
    try sandbox.write(Array("SET k seeded\n".utf8), to: "seed.txt")
    expectDone(
      try await run("--seed-data", "seed.txt", "--maxmemory", "1", "--", "1"), "\"x\"\n")
    let hungry = try await run("--script-memory-limit", "16mb", "--", "20000000")
    #expect(hungry.status == ExitCode.refused.rawValue)
    #expect(hungry.text.contains("not enough memory"))
    let long = try await run("--reply-limit", "1k", "--", "2000")
    #expect(long.status == ExitCode.refused.rawValue)
    expectDone(try await run("--reply-limit", "1k", "--", "3"), "\"xxx\"\n")
    expectRefusal(try await run("--maxmemory", "much"), .usage, "--maxmemory")
    expectRefusal(
      try await run("--reply-limit", "1k", "--store", "memory:"), .usage, "without --store")
    try sandbox.write(
      Array("it('writes', function() redis.call('SET', 'a', 1) end)".utf8), to: "s_spec.lua")
    expectDone(try await sandbox.irminsul("script", "test", "s_spec.lua"))
    let tested = try await sandbox.irminsul("script", "test", "s_spec.lua", "--maxmemory", "1")
    #expect(tested.text.contains("OOM command not allowed"), "\(tested.text)")
    try sandbox.write(Array(repeating: UInt8(ascii: "\n"), count: 9 << 20), to: "large.lua")
    expectRefusal(
      try await sandbox.irminsul("script", "run", "large.lua"), .io, "more than 8 MiB")
  }

  @Test func namesTheKeysThatAreMissing() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      Array(
        """
        -- KEYS  1 stock (hash)   2 reserved (list)
        -- ARGV  1 item   2 how many   3.. who gets one
        redis.call('HGET', KEYS[1], 'a')
        return redis.call('LLEN', KEYS[2])
        """.utf8), to: "reserve.lua")
    let one = try await sandbox.irminsul("script", "run", "reserve.lua", "stock")
    #expect(one.status == ExitCode.refused.rawValue)
    #expect(one.text.contains("(reserve.lua:4)"))
    #expect(
      one.errors == """
        irminsul: KEYS[2] (reserved) is missing: the header of reserve.lua names 2 keys, 1 was given
        Usage: irminsul script run reserve.lua <stock> <reserved> -- <ARGV[1]> <ARGV[2]> <ARGV[3]> …

        """)
    let none = try await sandbox.irminsul("script", "trace", "reserve.lua")
    #expect(
      none.errors.contains(
        "KEYS[1] (stock), KEYS[2] (reserved) are missing: the header of reserve.lua names 2 keys, 0 were"
      ))
    expectDone(
      try await sandbox.irminsul("script", "run", "reserve.lua", "stock", "reserved"),
      "(integer) 0\n")
  }

  #if Redis
    @Test func runsOnAServer() async throws {
      let sandbox = try Sandbox()
      let url = try await TestServers.shared.plain().url
      try sandbox.write(
        Array("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])".utf8),
        to: "s.lua")
      expectDone(
        try await sandbox.irminsul(
          "script", "run", "s.lua", "script-run", "--store", url, "--", "x"),
        "\"x\"\n")
      // It is there afterwards.
      try sandbox.write(Array("return redis.call('DEL', KEYS[1])".utf8), to: "d.lua")
      expectDone(
        try await sandbox.irminsul("script", "run", "d.lua", "script-run", "--store", url),
        "(integer) 1\n")
    }
  #endif
}
