import EmbeddedRedis
import RedisScripting
import Testing

/// Scripts that want too much memory or time inside of a library function.
@Suite struct ScriptLimitTests {
  private static let hungry = [
    "cjson.encode_sparse_array(false, 0) return cjson.encode({[2147483647] = 1})",
    "return cjson.encode(('\\1'):rep(3000000))",
    "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(20000) end return cjson.encode({t, t})",
    "return #cjson.decode('[' .. ('[],'):rep(1000000) .. '0]')",
    "return #cjson.decode('\"' .. ('\\\\n'):rep(4000000) .. '\"')",
    "return struct.pack(('x'):rep(1000000) .. ('c1000000'):rep(100), ('x'):rep(1000000))",
    "local s = 'x' while true do s = s .. s end",
  ]

  @Test func memoryIsBounded() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptMemoryLimit = 16 << 20
    let host = try EmbeddedHost.open(configuration)
    for _ in 0..<3 {
      for script in Self.hungry {
        let isError = if case .error = await host.answer(.eval(script)) { true } else { false }
        #expect(isError, "\(script)")
        let caught = try await host.run(
          .eval("local ok, e = pcall(function() \(script) end) return {tostring(ok), e}"))
        #expect(caught.array?.first == .bytes(Bytes("false".utf8)), "\(script)")
      }
    }
    // Nothing of all that is held.
    let reply = try await host.run(
      .eval("return #cjson.encode(cjson.decode(cjson.encode(('x'):rep(3000000))))"))
    #expect(reply == .integer(3_000_002))
  }

  @Test(arguments: ["SRANDMEMBER s", "HRANDFIELD h", "ZRANDMEMBER z"])
  func picksAreBounded(_ words: String) async throws {
    let host = try EmbeddedHost(storage: .memory)
    for command in ["SADD s a", "HSET h a 1", "ZADD z 1 a"] {
      _ = try await host.run(
        Command(arguments: command.split(separator: " ").map { Bytes($0.utf8) }))
    }
    let words = words.split(separator: " ").map { Bytes($0.utf8) }
    let refused = await host.answer(
      Command(arguments: words + [Bytes("-1000000000".utf8)]))
    #expect(refused.summary.contains("picks no more than"))
    let some = try await host.run(Command(arguments: words + [Bytes("-3".utf8)]))
    #expect(some.array?.count == 3)
  }

  @Test(arguments: [
    "cjson.encode_sparse_array(false, 0) cjson.encode({[2147483647] = 1})",
    "local t = {} for i = 1, 1e6 do t[i] = {} end while true do cjson.encode(t) end",
    "local s = '[' .. ('1,'):rep(2e7) .. '1]' while true do cjson.decode(s) end",
    "load(collectgarbage)",
    "local t = {} for i = 1, 1e5 do t[i] = {} end local s = ('collect'):rep(1e5) "
      + "s:gsub('collect', collectgarbage)",
    "local t = {} for i = 1, 20 do t = {t, t} end while true do cjson.encode({t, t, t, t}) end",
    // Patterns that take longer than anybody lives.
    "return (('a'):rep(60)):find(('a-'):rep(30) .. 'b')",
    "return (('a'):rep(60)):match(('.-'):rep(30) .. 'b')",
    "return (('a'):rep(60)):gsub(('a*'):rep(30) .. 'b', '')",
    "for x in (('a'):rep(60)):gmatch(('a?'):rep(60) .. ('a'):rep(59) .. 'bb') do end while true do end",
    "local s = ('('):rep(1e6) while true do s:find('%b()') end",
    "local s = ('x'):rep(1e6) while true do s:find('yz', 1, true) end",
    // Calls that are each over soon, and long together.
    "local s = ('x'):rep(1e7) while true do s:find(('x'):rep(5e6) .. 'y', 1, true) end",
    "local s = ('x'):rep(1e7) while true do s:find('^(x*)y?%1z') end",
    "local s = ('x'):rep(1e7) while true do s:upper() end",
    "local s = ('x'):rep(1e7) while true do local t = s .. 'y' end",
    "local s = ('x'):rep(1e7) while true do s:sub(2) end",
    "local s = ('x'):rep(1e7) while true do table.concat({s, 'y'}) end",
    "while true do ('x'):rep(1e7) end",
    "local s = ('\\1'):rep(1e7) while true do cjson.encode(s) end",
    "local s = ('x'):rep(1e7) while true do redis.sha1hex(s) end",
    "local s = ('1'):rep(1e7) while true do tonumber(s) end",
    "local t = {} for i = 1, 1e5 do t[i] = i end "
      + "while true do pcall(table.sort, t, function() return true end) end",
    "local t = {} for i = 1, 1e6 do t[i] = 1 end while true do table.insert(t, 1, 0) end",
    "local f f = function() return f() end f()",
    // Handlers, which run before what has stopped the script has ended.
    "return xpcall(function() error('x') end, function() while true do end end)",
    "return xpcall(function() while true do end end, function() while true do end end)",
    "coroutine.wrap(function() xpcall(error, function() while true do end end) end)()",
    "return tostring(setmetatable({}, {__tostring = function() xpcall(error, function() while true do end end) end}))",
    "return xpcall(function() error('x') end, function() pcall(function() while true do end end) while true do end end)",
    "while true do collectgarbage('step', 1000) end",
    // Few commands, each of which takes long.
    "for i = 1, 40000 do redis.call('rpush', 'l', i) end while true do redis.call('lrem', 'l', 0, 'none') end",
    "for i = 1, 1e9 do redis.call('setrange', 'k', 60000000, 'x') end",
    "local c = coroutine.wrap(function() while true do coroutine.yield(1) end end) "
      + "while true do c() end",
    "while true do coroutine.wrap(function() while true do end end)() end",
    "setmetatable({}, {__index = function(t, k) return t[k .. k] end}).x = 1 "
      + "while true do pcall(error, setmetatable({}, {__tostring = error})) end",
  ])
  func timeIsBounded(_ source: String) async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(200)
    configuration.scriptMemoryLimit = 8 << 30
    let host = try EmbeddedHost.open(configuration)
    for script in [source, "pcall(function() \(source) end) pcall(cjson.encode, {}) return 1"] {
      let start = ContinuousClock.now
      guard case .error(let error) = await host.answer(.eval(script)) else {
        Issue.record("not stopped")
        return
      }
      #expect(error.code == "TIMEOUT")
      #expect(ContinuousClock.now - start < .seconds(3))
    }
    #expect(try await host.run(.eval("return cjson.encode({1})")).text == "[1]")
  }

  /// What makes the reply of an error may be a script's own functions.
  @Test(arguments: ["__index", "__newindex"])
  func errorsThatTakeLongAreStopped(_ event: String) async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(200)
    let host = try EmbeddedHost.open(configuration)
    let reply = await host.answer(
      .eval("error(setmetatable({}, {\(event) = function() while true do end end}))"))
    #expect(reply.summary.contains("TIMEOUT"))
    // Redis ends where such a function raises an error.
    let raised = await host.answer(
      .eval("error(setmetatable({}, {\(event) = function() error('inner') end}))"))
    #expect(raised.summary.contains("inner") || raised.summary.contains("error"))
    #expect(try await host.run(.eval("return 1")) == .integer(1))
  }

  /// A text that is long enough to be read for longer than it may run.
  @Test(arguments: [
    String(repeating: "do local a = {b = 1} end ", count: 300_000),
    "return {" + String(repeating: "1 .. 'a', ", count: 300_000) + "}",
    "return #'" + String(repeating: "a", count: 100_000_000) + "'",
    "--" + String(repeating: "a", count: 200_000_000),
  ])
  func compilingCountsForTheTime(_ source: String) async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(20)
    let host = try EmbeddedHost.open(configuration)
    let load = Command("SCRIPT", "LOAD", source)
    for command in [.eval(source), load] {
      guard case .error(let error) = await host.answer(command) else {
        Issue.record("not stopped")
        return
      }
      #expect(error.code == "TIMEOUT")
    }
    #expect(try await host.run(.eval("return 1")) == .integer(1))
    let failed = await host.answer(.eval("return (1"))
    #expect(failed.summary.contains("Error compiling script"))
  }

  /// What a library's functions keep may fill all memory: then they are loaded anew, and nothing ends the process.
  @Test func functionsThatKeepAllMemoryLoseIt() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptMemoryLimit = 16 << 20
    let host = try EmbeddedHost.open(configuration)
    let library = """
      #!lua name=keeper
      local kept = {}
      redis.register_function('keep', function(keys, args)
        while true do kept[#kept + 1] = ('x'):rep(tonumber(args[1])) .. #kept end
      end)
      redis.register_function('count', function() return #kept end)
      """
    _ = try await host.run(Command("FUNCTION", "LOAD", library))
    for size in ["100000", "1000", "1"] {
      guard case .error = await host.answer(Command("FCALL", "keep", "0", size)) else {
        Issue.record("it has kept everything")
        return
      }
      // Whatever comes of these, there is an answer.
      for number in 0..<5 {
        _ = await host.answer(Command("FCALL", "count", "0"))
        _ = await host.answer(.eval("return '\(number)' .. \(number)"))
      }
      #expect(try await host.run(Command("FCALL", "count", "0")).integer != nil)
      #expect(try await host.run(.eval("return #('x'):rep(1000)")) == .integer(1000))
    }
  }

  #if os(Linux)
    /// Bytes of this process that are in memory.
    private static func residentBytes() throws -> Int {
      let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        .split(separator: " ")
      return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }

    /// What a script has used is the system's again.
    @Test(arguments: [
      "local t = {} for i = 1, 1e9 do t[i] = {i} end",
      "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100) .. i end",
      "local s = 'x' while true do s = s .. s end",
    ])
    func memoryIsGivenBack(_ script: String) async throws {
      var configuration = EmbeddedConfiguration(storage: .memory)
      configuration.scriptMemoryLimit = 400 << 20
      configuration.scriptTimeLimit = .seconds(60)
      let host = try EmbeddedHost.open(configuration)
      #expect(try await host.run(.eval("return 1")) == .integer(1))
      let before = try Self.residentBytes()
      guard case .error = await host.answer(.eval(script)) else {
        Issue.record("not stopped")
        return
      }
      #expect(try Self.residentBytes() - before < 100 << 20)
      #expect(try await host.run(.eval("return 1")) == .integer(1))
      await host.close()
    }
  #endif

  /// Scripts that fill all memory by their number are compiled anew.
  @Test func manyLargeScriptsRun() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptMemoryLimit = 8 << 20
    let host = try EmbeddedHost.open(configuration)
    for number in 0..<40 {
      let text = String(repeating: "x", count: 500_000)
      #expect(try await host.run(.eval("return #'\(text)\(number)'")).integer ?? 0 > 500_000)
    }
    guard
      case .error = await host.answer(.eval("return '\(String(repeating: "x", count: 9 << 20))'"))
    else {
      Issue.record("a script that does not fit has run")
      return
    }
    #expect(try await host.run(.eval("return 1")) == .integer(1))
  }
}
