import Foundation
import Testing

/// `irminsul script lint`: each rule on what is wrong, and on what is right beside it.
@Suite struct ScriptLintTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    /// Lines and rules.
    let found: [String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "undeclared keys",
      text: """
        local own, list = KEYS[1], redis.call
        redis.call('GET', own)
        redis.call('GET', 'config')
        redis.call('GET', ARGV[1])
        redis.call('DEL', KEYS[1], KEYS[1] .. ':x')
        local function touch(key) redis.call('TOUCH', key) end
        touch(KEYS[1])
        local function drop(key) list('DEL', key) end
        drop(redis.call('GET', KEYS[1]))
        for _, key in ipairs(KEYS) do redis.call('DEL', key) end
        redis.call('ZUNIONSTORE', KEYS[1], 2, KEYS[2], 'other')
        redis.call('HSET', KEYS[1], 'field', 'value')
        """,
      found: [
        "3 undeclared-key", "4 undeclared-key", "5 undeclared-key", "8 undeclared-key",
        "11 undeclared-key",
      ]),
    Case(
      name: "commands",
      text: """
        redis.call('GETT', KEYS[1])
        redis.call('GET', KEYS[1], 'x')
        redis.call('HSET', KEYS[1], unpack(ARGV))
        redis.call('SET', KEYS[1])
        redis.pcall('BLPOP', KEYS[1], 0)
        """,
      found: ["1 command", "2 command", "4 command", "5 command"]),
    Case(
      name: "globals",
      text: """
        count = 1
        local x = count
        function f() end
        print(x)
        local t = {a = 1}
        t.a = 2
        return os.time() + os.clock() + math.floor(t.a)
        """,
      found: ["1 global", "2 global", "3 global", "4 global", "7 global"]),
    Case(
      name: "versions",
      text: """
        local a = 7 // 2
        local b <const> = a & 1
        goto done
        local s = "\\x41"
        ::done::
        table.unpack({})
        return table.getn({}) + #table.concat({}) .. tostring(a ~= b)
        """,
      found: [
        "1 version", "2 version", "2 version", "3 version", "4 version", "5 version", "6 version",
        "7 version",
      ]),
    Case(
      name: "the arguments as a table",
      text: """
        local function count(...) return arg.n end
        local function both(...)
          local first = ...
          return arg, first
        end
        local function own(arg) return arg end
        local function inner(...) return function() return arg[1] end end
        return count(1), both(), own(1), inner(), arg
        """,
      found: ["1 version", "4 version", "7 version", "8 global"]),
    Case(
      name: "loops",
      text: """
        local all = redis.call('SMEMBERS', KEYS[1])
        for _, one in ipairs(all) do redis.call('SREM', KEYS[1], one) end
        while true do local x = 1 end
        while true do if ARGV[1] then break end end
        while redis.call('LLEN', KEYS[1]) > 0 do redis.call('LPOP', KEYS[1]) end
        local cursor = '0'
        repeat
          cursor = redis.call('SSCAN', KEYS[1], cursor)[1]
        until cursor == '0'
        for i = 1, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
        local few = redis.call('LRANGE', KEYS[1], 0, 9)
        for i = 1, #few do redis.call('SADD', KEYS[1], few[i]) end
        for i = 1, #redis.call('LRANGE', KEYS[1], 0, -1) do redis.call('LPOP', KEYS[1]) end
        redis.call('KEYS', 'x*')
        """,
      found: ["2 loop", "3 loop", "5 loop", "7 loop", "13 loop", "14 loop"]),
    Case(
      name: "answers that differ",
      text: "local t = redis.call('TIME')\nredis.call('SET', KEYS[1], t[1])",
      found: ["1 nondeterministic"]),
    Case(
      name: "answers that differ and are not written",
      text: "return redis.call('TIME')", found: []),
    Case(
      name: "a header",
      text: """
        -- KEYS  1 one (hash)   2 two (set)
        -- ARGV  1 a   2 and 3 b
        redis.call('HGET', KEYS[1], ARGV[3])
        redis.call('HGET', KEYS[3], ARGV[4])
        """,
      found: ["1 header", "4 header", "4 header"]),
    Case(
      name: "a header that is open",
      text: """
        -- KEYS  1.. hashes
        -- ARGV  1 count   2.. fields
        redis.call('HGET', KEYS[3], ARGV[9])
        """, found: []),
    Case(
      name: "a header as BullMQ writes it",
      text: """
        --[[
          Input:
            KEYS[1] 'wait'
            ARGV[1]  a worker
        ]]
        return redis.call('GET', KEYS[2])
        """, found: ["1 header", "6 header"]),
    Case(
      name: "counting from nothing",
      text: """
        local first = ARGV[0]
        for i = 0, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
        for i = 0, 9 do redis.call('SADD', KEYS[1], i) end
        local t = {'a', 'b'}
        for i = 0, #t do redis.call('SADD', KEYS[1], t[i]) end
        """,
      found: ["1 zero-index", "2 zero-index", "5 zero-index"]),
    Case(
      name: "nil replies",
      text: """
        local x = redis.call('GET', KEYS[1])
        if x == nil then return 0 end
        if not x then return 0 end
        if nil ~= redis.call('HGET', KEYS[1], 'f') then return 1 end
        local y
        if y == nil then y = x end
        """,
      found: ["2 nil-reply", "4 nil-reply"]),
    Case(
      name: "nil replies in a variable of several values",
      text: """
        local x = nil
        x = redis.call('GET', KEYS[1])
        if x == nil then return 0 end
        local y
        if ARGV[1] == 'a' then y = redis.call('GET', KEYS[1]) else y = redis.call('HGET', KEYS[2], 'f') end
        if y ~= nil then return 1 end
        local z = redis.call('LPOP', KEYS[3])
        while z ~= nil do
          z = redis.call('LPOP', KEYS[3])
        end
        local w = ARGV[1]
        for i = 1, 3 do
          if w == nil then return 2 end
          w = redis.call('GET', KEYS[1])
          if nil == w then return 3 end
        end
        local v = redis.call('GET', KEYS[1])
        if not v then
          if v == nil then return 4 end
        end
        local all = redis.call('SMEMBERS', KEYS[4])
        if all == nil then return 5 end
        """,
      found: [
        "3 nil-reply", "6 nil-reply", "8 nil-reply", "15 nil-reply", "19 nil-reply", "22 nil-reply",
      ]),
    Case(
      name: "values that may be nil",
      text: """
        local x = redis.call('GET', KEYS[1])
        x = tonumber(x)
        if x == nil then return 0 end
        local y
        if ARGV[1] then y = redis.call('GET', KEYS[1]) end
        if y == nil then return 1 end
        local z = redis.call('GET', KEYS[1])
        if not z then z = nil end
        if z == nil then return 2 end
        local a = redis.call('GET', KEYS[1])
        if a == false or a == nil then return 3 end
        if a == nil or not a then return 4 end
        local b = redis.call('GET', KEYS[1]) or nil
        if b == nil then return 5 end
        local c
        for i = 1, 3 do
          if c == nil then c = redis.call('GET', KEYS[1]) else c = nil end
        end
        local d
        local function forget() d = nil end
        d = redis.call('GET', KEYS[1])
        forget()
        if d == nil then return 6 end
        local e = redis.call('GET', KEYS[1])
        if not e then return 7 end
        if e ~= nil then return e end
        local f
        while true do
          f = redis.call('LPOP', KEYS[1])
          if f then break end
          f = nil
          if ARGV[2] then break end
        end
        return f == nil
        """,
      found: []),
    Case(
      name: "nil replies in lists",
      text: """
        local v = redis.call('HMGET', KEYS[1], 'a', 'b')
        if v[1] == nil or v[2] == nil then return 0 end
        local a, b = unpack(redis.call('MGET', KEYS[1], KEYS[2]))
        if a == nil then return 1 end
        if b ~= nil then return 2 end
        for i = 1, #v do if v[i] == nil then return 3 end end
        for _, one in ipairs(v) do if one == nil then return 4 end end
        local w = redis.call('HMGET', KEYS[1], unpack(ARGV))
        for i = 1, #ARGV do if w[i] == nil then return 5 end end
        local first = v[1]
        if first == nil then return 6 end
        if redis.call('MGET', KEYS[1])[1] == nil then return 7 end
        """,
      found: [
        "2 nil-reply", "4 nil-reply", "5 nil-reply", "6 nil-reply", "7 nil-reply", "9 nil-reply",
        "11 nil-reply", "12 nil-reply",
      ]),
    Case(
      name: "elements that may be nil",
      text: """
        local v = redis.call('HMGET', KEYS[1], 'a', 'b')
        if v[3] == nil then return 0 end
        local i = 1
        while v[i] ~= nil do i = i + 1 end
        local l = redis.call('LRANGE', KEYS[2], 0, 1)
        if l[1] == nil then return 1 end
        local w = redis.call('HMGET', KEYS[1], unpack(ARGV))
        if w[2] == nil then return 2 end
        for at = 1, 9 do if w[at] == nil then return 3 end end
        table.remove(v, 1)
        if v[2] == nil then return 4 end
        local a, b, c = unpack(redis.call('HMGET', KEYS[1], 'a', 'b'))
        if c == nil then return 5 end
        local t = redis.call('HMGET', KEYS[1], 'a')
        t[1] = t[1] or nil
        if t[1] == nil then return 6 end
        """,
      found: []),
    Case(
      name: "nil replies through functions",
      text: """
        local function get(k) return redis.call('GET', k) end
        local fields = function(k) local v = redis.call('HMGET', k, 'a', 'b') return v end
        local function known(k)
          local v = redis.call('GET', k)
          if v then return v end
        end
        local function maybe(k)
          if k == '' then return nil end
          return redis.call('GET', k)
        end
        local function number(k) return tonumber(get(k)) end
        local function both(k)
          if k == '' then return false end
          return get(k)
        end
        if get(KEYS[1]) == nil then return 0 end
        local x = get(KEYS[1])
        if x == nil then return 1 end
        local v = fields(KEYS[2])
        if v[2] == nil then return 2 end
        if known(KEYS[1]) == nil then return 3 end
        if maybe(KEYS[1]) == nil then return 4 end
        if number(KEYS[1]) == nil then return 5 end
        if both(KEYS[1]) == nil then return 6 end
        local function check() return x == nil end
        return check()
        """,
      found: [
        "16 nil-reply", "18 nil-reply", "20 nil-reply", "24 nil-reply", "25 nil-reply",
      ]),
    Case(
      name: "replies of version 3",
      text: """
        redis.setresp(3)
        local x = redis.call('GET', KEYS[1])
        if x == nil then return 0 end
        """, found: []),
    Case(
      name: "loops from 0",
      text: """
        for i = 0, #KEYS - 1 do
          redis.call('DEL', KEYS[i])
        end
        for i = 0, 3 do
          redis.call('SADD', KEYS[1], ARGV[i])
        end
        local l = redis.call('LRANGE', KEYS[1], 0, 9)
        for i = 0, 9 do
          redis.call('SADD', KEYS[1], l[i])
        end
        local first = l[0]
        local cursor = redis.call('HSCAN', KEYS[2], 0)[0]
        local values = redis.call('HMGET', KEYS[2], 'a')
        return values[0]
        """,
      found: [
        "2 zero-index", "5 zero-index", "9 zero-index", "11 zero-index", "12 zero-index",
        "14 zero-index",
      ]),
    Case(
      name: "loops without the last",
      text: """
        for i = 1, #ARGV - 1 do
          redis.call('SADD', KEYS[1], ARGV[i])
        end
        for i = 1, #KEYS - 1, 1 do redis.call('DEL', KEYS[i]) end
        """,
      found: ["1 zero-index", "4 zero-index"]),
    Case(
      name: "loops that are right",
      text: """
        for i = 1, #ARGV - 1, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        for i = 1, #KEYS - 1 do redis.call('SADD', KEYS[#KEYS], KEYS[i]) end
        for i = 0, #ARGV - 1 do redis.call('SADD', KEYS[1], ARGV[i + 1]) end
        for i = 0, 3 do
          if i > 0 then redis.call('SADD', KEYS[1], ARGV[i]) end
        end
        for i = 0, #ARGV[1] do redis.call('SADD', KEYS[1], ARGV[1]:sub(i, i)) end
        local t = {}
        for i = 0, 9 do t[i] = i end
        for i = 0, #t do redis.call('SADD', KEYS[1], t[i]) end
        local u = {[0] = 'a', 'b'}
        for i = 0, #u do redis.call('SADD', KEYS[1], u[i]) end
        local s = redis.call('GET', KEYS[1])
        for i = 0, #s do redis.call('SADD', KEYS[1], s:sub(i, i)) end
        local l = redis.call('LRANGE', KEYS[1], 0, 9)
        l[0] = 'none'
        return l[0]
        """,
      found: []),
    Case(
      name: "a loop before the last",
      text: """
        local last = ARGV[#ARGV]
        for i = 1, #ARGV - 1 do redis.call('HSET', KEYS[1], ARGV[i], last) end
        """,
      found: []),
    Case(
      name: "a loop before the last of two",
      text: """
        for i = 1, #KEYS - 1 do redis.call('SADD', KEYS[3], KEYS[i]) end
        """,
      found: []),
    Case(name: "no Lua", text: "local x = \nreturn (1", found: ["2 syntax"]),
    Case(
      name: "what is meant",
      text: """
        redis.call('GET', 'a') -- lint: allow undeclared-key one server only
        -- lint: allow undeclared-key, nondeterministic
        redis.call('GET', 'b')
        redis.call('GET', 'c')
        """, found: ["4 undeclared-key"]),
  ]

  @Test(arguments: cases)
  func finds(_ test: Case) async throws {
    let sandbox = try Sandbox()
    try sandbox.write(Array(test.text.utf8), to: "s.lua")
    let linted = try await sandbox.irminsul("script", "lint", "--json", "s.lua")
    let found = try linted.objects().map { "\($0["line"] ?? "") \($0["rule"] ?? "")" }
    #expect(found == test.found, "\(linted.text)")
    #expect(linted.status == (test.found.isEmpty ? 0 : ExitCode.refused.rawValue))
    #expect(linted.errors == "")
  }

  @Test func showsTheLineAndCounts() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(Array("local x = 1\n  x = y\n".utf8), to: "a.lua")
    try sandbox.write(Array("return 1\n".utf8), to: "b.lua")
    try sandbox.write(Array("it('x', function() end)\n".utf8), to: "b_spec.lua")
    let linted = try await sandbox.irminsul("script", "lint")
    #expect(linted.status == ExitCode.refused.rawValue)
    #expect(
      linted.text == """
        a.lua:2: global: there is no global y in a script
            x = y
        1 finding in 2 scripts

        """)
    expectDone(
      try await sandbox.irminsul("script", "lint", "--rule", "loop", "a.lua"),
      "0 findings in 1 script\n")
    expectRefusal(try await sandbox.irminsul("script", "lint", "none.lua"), .io, "none.lua")
  }

  @Test func theScriptsOfTheStoreAreClean() async throws {
    let sandbox = try Sandbox()
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../lua").standardizedFileURL.path
    let linted = expectDone(try await sandbox.irminsul("script", "lint", folder))
    #expect(linted.text.hasPrefix("0 findings in "))
  }
}
