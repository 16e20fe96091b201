import Foundation
import Testing

/// `irminsul script trace`, `profile`, `debug`, `serve` and `mutate`.
@Suite struct ScriptLookingTests {
  static let script = """
    -- take.lua: takes the first job.
    -- @include lib/note.lua
    local job = redis.call('LPOP', KEYS[1])
    if job == 'c' then
      redis.call('SET', 'never', 1)
    end
    local count = note(job, 3)
    redis.breakpoint()
    return {job, count}
    """
  static let note = """
    local function note(job, times)
      local count = 0
      for i = 1, times do
        count = count + i
      end
      redis.call('HSET', KEYS[2], job, count)
      return count
    end
    """

  static func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    _ = try sandbox.makeFolder("lib")
    try sandbox.write(Array(Self.script.utf8), to: "take.lua")
    try sandbox.write(Array(Self.note.utf8), to: "lib/note.lua")
    try sandbox.write(Array("RPUSH q a b\n".utf8), to: "seed.txt")
    return sandbox
  }

  static let words = ["take.lua", "q", "t", "--seed-data", "seed.txt"]

  @Test func trace() async throws {
    let sandbox = try Self.sandbox()
    let traced = expectDone(try await sandbox.irminsul(["script", "trace"] + Self.words))
    // Times differ each time.
    let lines = traced.lines.map { $0.replacing(#/  \d+\.\d µs$/#, with: "") }
    #expect(
      lines == [
        "lib/note.lua:8: end",
        "take.lua:3: local job = redis.call('LPOP', KEYS[1])",
        "  1) LPOP q -> \"a\"",
        "take.lua:4: if job == 'c' then",
        "take.lua:7: local count = note(job, 3)",
        "lib/note.lua:2:   local count = 0",
        "lib/note.lua:3:   for i = 1, times do",
        "lib/note.lua:4:     count = count + i",
        "lib/note.lua:3:   for i = 1, times do",
        "lib/note.lua:4:     count = count + i",
        "lib/note.lua:3:   for i = 1, times do",
        "lib/note.lua:4:     count = count + i",
        "lib/note.lua:3:   for i = 1, times do",
        "lib/note.lua:6:   redis.call('HSET', KEYS[2], job, count)",
        "  2) HSET t a 6 -> (integer) 1",
        "lib/note.lua:7:   return count",
        "take.lua:8: redis.breakpoint()",
        "take.lua:9: return {job, count}",
        "1) \"a\"",
        "2) (integer) 6",
      ])
    let calls = try expectDone(
      try await sandbox.irminsul(["script", "trace", "--calls", "--json"] + Self.words)
    ).objects()
    #expect(calls.count == 3)
    #expect(calls[1]["words"] as? [String] == ["HSET", "t", "a", "6"])
    #expect(calls[1]["file"] as? String == "lib/note.lua")
    #expect(calls[1]["number"] as? Int == 6)
    #expect(calls[2]["reply"] as? [AnyHashable] == ["a", 6])
    // The calls before an error are told, too.
    let failed = try await sandbox.irminsul("script", "trace", "--calls", "take.lua", "q")
    #expect(failed.status == ExitCode.refused.rawValue)
    #expect(failed.lines.first?.hasPrefix("  1) take.lua:3: LPOP q -> (nil)") == true)
    #expect(failed.lines.last?.hasPrefix("(error) ERR") == true)
  }

  @Test func profile() async throws {
    let sandbox = try Self.sandbox()
    let lines = try expectDone(
      try await sandbox.irminsul(
        ["script", "profile", "--json", "--runs", "3", "--flame", "f.svg"] + Self.words)
    ).objects()
    func line(_ file: String, _ number: Int) throws -> [String: Any] {
      try #require(
        lines.first { $0["file"] as? String == file && $0["line"] as? Int == number })
    }
    // Three rounds of an addition and a move or two, whatever the version of Lua.
    let inner = try #require(try line("lib/note.lua", 4)["instructions"] as? Int)
    #expect(inner >= 3 && inner % 3 == 0)
    #expect(try line("take.lua", 3)["commandMicroseconds"] as? Double != 0)
    #expect(!lines.contains { $0["file"] as? String == "take.lua" && $0["line"] as? Int == 5 })
    let text = expectDone(try await sandbox.irminsul(["script", "profile"] + Self.words))
    #expect(text.lines.first?.hasPrefix("instructions") == true)
    #expect(text.lines.last?.hasSuffix("100.0%  total") == true)

    let svg = String(decoding: try sandbox.read("f.svg"), as: UTF8.self)
    #expect(svg.contains("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    let titles = svg.matches(of: #/<title>([^:<]+): /#).map { String($0.1) }
    for name in ["take", "note", "call", "LPOP", "HSET"] {
      #expect(titles.contains(name), "\(titles)")
    }
    // The script is around everything.
    let root = try #require(svg.firstMatch(of: #/<title>take: [\d.]+ µs, ([\d.]+)%/#))
    #expect(root.1 == "100.0")
    expectRefusal(
      try await sandbox.irminsul(["script", "profile", "--flame", "none/f.svg"] + Self.words), .io,
      "none/f.svg")
  }

  @Test func endlessScriptsAreStopped() async throws {
    let sandbox = try Self.sandbox()
    try sandbox.write(Array("local n = 0\nwhile true do n = n + 1 end\n".utf8), to: "endless.lua")
    try sandbox.write(
      Array("local function f(n) return 1 + f(n + 1) end\nreturn f(1)\n".utf8), to: "deep.lua")
    let debugged = expectDone(
      try await sandbox.irminsul(
        "script", "debug", "endless.lua", "--time-limit", "0.2",
        input: Array("continue\nprint n\nquit\n".utf8)))
    #expect(
      debugged.text.contains("* Stopped at 2, stop reason = timeout reached, infinite loop?"))
    #expect(debugged.text.contains("<value> "))
    for file in ["endless.lua", "deep.lua"] {
      let profiled = try await sandbox.irminsul(
        "script", "profile", file, "--time-limit", "0.2")
      #expect(profiled.status == ExitCode.refused.rawValue)
      #expect(profiled.text.contains("(error) "), "\(profiled.text)")
    }
  }

  /// What the host has put into a script is nobody's line and no box of the graph.
  @Test func theHostsOwnWorkIsHidden() async throws {
    let sandbox = try Self.sandbox()
    let script = """
      local function join(...)
        local text = ''
        for i = 1, arg.n do text = text .. arg[i] .. i % 2 end
        return text
      end
      return join('a', 'b') .. join('c')
      """
    for comment in ["", "-- A comment.\n"] {
      try sandbox.write(Array((comment + script).utf8), to: "own.lua")
      let lines = try expectDone(
        try await sandbox.irminsul(
          "script", "profile", "--json", "--runs", "3", "--flame", "f.svg", "own.lua")
      ).objects()
      let svg = String(decoding: try sandbox.read("f.svg"), as: UTF8.self)
      #expect(!svg.contains("_ENV"), "\(svg)")
      #expect(svg.contains("<title>join:"))
      let numbers = lines.compactMap { $0["line"] as? Int }
      #expect(numbers.contains(comment.isEmpty ? 3 : 4))
      #expect(comment.isEmpty || !numbers.contains(1), "\(numbers)")
      guard comment.isEmpty else { continue }
      // A function is made, and its table of arguments at each of two calls.
      let first = try #require(lines.first { $0["line"] as? Int == 1 }?["instructions"] as? Int)
      #expect(first < 12, "\(first)")
    }
  }

  private func debug(_ sandbox: Sandbox, _ commands: String) async throws -> Transcript {
    try await sandbox.irminsul(["script", "debug"] + Self.words, input: Array(commands.utf8))
  }

  @Test func debugSteps() async throws {
    let sandbox = try Self.sandbox()
    let steps = expectDone(
      try await debug(
        sandbox, "next\nn\nn\nstep\ns\nwhere\nlocals\nc\nprint nosuch\np KEYS\np count\nc\n"))
    #expect(
      steps.lines == [
        "* Stopped at lib/note.lua:8, stop reason = step over",
        "-> lib/note.lua:8   end",
        "* Stopped at 3, stop reason = step over",
        "-> 3   local job = redis.call('LPOP', KEYS[1])",
        "* Stopped at 4, stop reason = step over",
        "-> 4   if job == 'c' then",
        "* Stopped at 7, stop reason = step over",
        "-> 7   local count = note(job, 3)",
        "* Stopped at lib/note.lua:2, stop reason = step over",
        "-> lib/note.lua:2     local count = 0",
        "* Stopped at lib/note.lua:3, stop reason = step over",
        "-> lib/note.lua:3     for i = 1, times do",
        "In note:",
        "-> lib/note.lua:3     for i = 1, times do",
        "From top level:",
        "   7   local count = note(job, 3)",
        "<value> job = \"a\"",
        "<value> times = 3",
        "<value> count = 0",
        // By redis.breakpoint().
        "* Stopped at 9, stop reason = redis.breakpoint() called",
        "-> 9   return {job, count}",
        "No such variable.",
        "<value> {\"q\", \"t\"}",
        "<value> 6",
        "1) \"a\"",
        "2) (integer) 6",
        "(Lua debugging session ended)",
      ], "\(steps.text)")
  }

  @Test func debugBreakpoints() async throws {
    let sandbox = try Self.sandbox()
    let stops = expectDone(
      try await debug(
        sandbox,
        "break 7\nb note.lua:4\nb\nc\nlist 7 1\nredis LRANGE q 0 -1\neval redis.call('HLEN', 't')\n"
          + "c\np i\nb -7\nb note.lua:-4\nb -2\nb 99\nnonsense\nrestart\nc\nabort\n"))
    #expect(
      stops.lines == [
        "* Stopped at lib/note.lua:8, stop reason = step over",
        "-> lib/note.lua:8   end",
        "  #7   local count = note(job, 3)",
        "  #lib/note.lua:4       count = count + i",
        "  #7   local count = note(job, 3)",
        "  #lib/note.lua:4       count = count + i",
        "* Stopped at 7, stop reason = break point",
        "->#7   local count = note(job, 3)",
        "   6   end",
        "->#7   local count = note(job, 3)",
        "   8   redis.breakpoint()",
        "<redis> LRANGE q 0 -1",
        "<reply> {\"b\"}",
        "<value> 0",
        "* Stopped at lib/note.lua:4, stop reason = break point",
        "->#lib/note.lua:4       count = count + i",
        "<value> 1",
        "Breakpoint removed.",
        "Breakpoint removed.",
        "<error> No breakpoint in this line.",
        "<error> Wrong line number.",
        "<error> Unknown Lua debugger command 'nonsense', or wrong number of arguments. See help.",
        // The keys are as they were.
        "* Stopped at lib/note.lua:8, stop reason = step over",
        "-> lib/note.lua:8   end",
        "* Stopped at 9, stop reason = redis.breakpoint() called",
        "-> 9   return {job, count}",
        "(Lua debugging session ended: the script was aborted)",
      ], "\(stops.text)")
    let ended = expectDone(try await debug(sandbox, ""))
    #expect(ended.lines.last == "(Lua debugging session ended: the script was aborted)")
  }

  #if Redis
    @Test func serves() async throws {
      let sandbox = try Self.sandbox()
      let serving = try sandbox.start(
        "script", "serve", "--port", "0", "--json", "--seed-data", "seed.txt")
      #expect(try await serving.printsLines(1))
      let facts = try JSONSerialization.jsonObject(with: Data((serving.lines.first ?? "").utf8))
      let port = try #require((facts as? [String: Any])?["port"] as? Int)
      let url = "redis://127.0.0.1:\(port)"
      expectDone(
        try await sandbox.irminsul("script", "run", "take.lua", "q", "t", "--store", url),
        "1) \"a\"\n2) (integer) 6\n")
      // Its keys stay for as long as it runs.
      expectDone(
        try await sandbox.irminsul("script", "run", "take.lua", "q", "t", "--store", url),
        "1) \"b\"\n2) (integer) 6\n")
      expectRefusal(
        try await sandbox.irminsul("script", "serve", "--port", "\(port)"), .unreachable,
        "cannot listen at 127.0.0.1:\(port)")
      serving.signal(SIGTERM)
      let end = await serving.end()
      #expect(end.status == 0 && end.errors == "")
    }
  #endif

  @Test func mutate() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      Array(
        """
        -- KEYS  1 count (string)
        -- ARGV  1 most
        local count = tonumber(redis.call('GET', KEYS[1]) or '0')
        if count < tonumber(ARGV[1]) then
          return redis.call('INCRBY', KEYS[1], 1)
        end
        return -1
        """.utf8), to: "limit.lua")
    try sandbox.write(
      Array(
        """
        it('counts', function()
          expect(scripts.limit('3')).equals(1)
          expect(scripts.limit('9')).equals(2)
        end)
        """.utf8), to: "limit_spec.lua")
    let weak = expectDone(try await sandbox.irminsul("script", "mutate", "limit.lua"))
    #expect(
      weak.lines == [
        "survived  limit.lua:4: < -> <=: if count <= tonumber(ARGV[1]) then",
        "survived  limit.lua:7: 1 -> (1 + 1): return -(1 + 1)",
        "9 changes, 7 of them noticed", "77.7",
      ], "\(weak.text)")
    #expect(
      try await sandbox.irminsul("script", "mutate", "limit.lua", "--least", "95").status
        == ExitCode.refused.rawValue)
    try sandbox.write(
      Array(
        """
        it('counts to a limit', function()
          expect(scripts.limit('1')).equals(1)
          expect(scripts.limit('1')).equals(-1)
        end)
        """.utf8), to: "more_spec.lua")
    let strong = try expectDone(
      try await sandbox.irminsul("script", "mutate", "limit.lua", "--least", "100", "--json")
    ).objects()
    #expect(strong.count == 9)
    #expect(strong.allSatisfy { $0["noticed"] != nil })
    #expect(strong.contains { $0["noticed"] as? String == "counts to a limit" })
    try sandbox.write(
      Array("it('fails', function() error('x') end) -- limit".utf8), to: "bad_spec.lua")
    expectRefusal(
      try await sandbox.irminsul("script", "mutate", "limit.lua"), .refused,
      "fail before anything is changed: fails")
  }
}
