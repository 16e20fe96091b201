import EmbeddedRedis
import RedisScripting
import Testing

/// What scripts do with `cjson`, which must come out as on a Redis server.
@Suite struct CjsonParityTests {
  /// Objects have one key, or are decoded again: the order of several is not the same.
  static let encodings = #"""
    return cjson.encode(nil)
    return cjson.encode(true) .. cjson.encode(false)
    return cjson.encode(cjson.null)
    return cjson.encode('')
    return cjson.encode('plain text')
    return cjson.encode({})
    return cjson.encode({{}})
    return cjson.encode({1, 2, 3})
    return cjson.encode({1, 'a', true, false, cjson.null, {}, {1}, {a = 1}})
    return cjson.encode({a = {b = {c = {1, {d = 2}}}}})
    return cjson.encode({1, 2, nil, 4})
    return cjson.encode({[1] = 1, [3] = 3})
    return cjson.encode({['1'] = 1})
    return cjson.encode({[0] = 1})
    return cjson.encode({[-1] = 1})
    return cjson.encode({[1.5] = 1})
    return cjson.encode({[1e15] = 1})
    return cjson.encode({[1e300] = 1})
    return cjson.encode({[2^31 - 1] = 1})
    return cjson.encode({[2^31] = 1})
    return cjson.encode({[2^32 + 1] = 1})
    return cjson.encode({[2^53] = 1})
    return cjson.encode({[1/0] = 1})
    return cjson.encode({[true] = 1})
    return cjson.encode({[{}] = 1})
    return cjson.encode({[cjson.null] = 1})
    return cjson.encode({[print or pcall] = 1})
    return cjson.decode(cjson.encode({1, 2, a = 3})).a
    return cjson.decode(cjson.encode({1, 2, a = 3}))['2']
    return cjson.decode(cjson.encode({[1] = 1, [2] = 2, [2.5] = 3}))['2.5']
    return cjson.encode({[10] = 1})
    return cjson.encode({[11] = 1})
    return cjson.encode({1, 2, 3, 4, 5, [12] = 1})
    return cjson.encode({1, 2, 3, 4, 5, [13] = 1})
    return cjson.encode({a = {[11] = 1}})
    cjson.encode_sparse_array(true) return cjson.encode({[11] = 1})
    cjson.encode_sparse_array(false, 0) return cjson.encode({[100] = 1})
    cjson.encode_sparse_array(false, 1, 0) return tostring(pcall(cjson.encode, {1, [3] = 1}))
    cjson.encode_sparse_array(false, 1, 0) return cjson.encode({1, 2, 3})
    cjson.encode_sparse_array(false, 20, 0) return #cjson.encode({[20] = 1})
    cjson.encode_sparse_array(false, 20, 0) return select(2, pcall(cjson.encode, {[21] = 1}))
    cjson.encode_sparse_array(false, 2147483647) return #cjson.encode({1, [60] = 1})
    return cjson.encode({0, -1, 1.5, -1.5, 1e14, 1e15, 123456789012345, 1e-5, 0.1, 1/3, 1e300, 1e-300})
    return cjson.encode({2^53, 2^53 + 1, 2^63, -2^63, 2^64, 99999999999999, 100000000000000, 3.0, 10/2})
    return cjson.encode(0 * -1.0)
    return cjson.encode(0/0)
    return cjson.encode(1/0)
    return cjson.encode({-1/0})
    cjson.encode_invalid_numbers(true) return cjson.encode({0/0, 1/0, -1/0})
    cjson.encode_invalid_numbers('on') return cjson.encode({[1/0] = 0/0})
    cjson.encode_invalid_numbers('null') return cjson.encode({0/0, 1/0, -1/0, {[1/0] = 1}})
    cjson.encode_number_precision(3) return cjson.encode({math.pi, 12345, 0.00012345, [4] = 1})
    cjson.encode_number_precision(1) return cjson.encode({math.pi, 12345, [3] = 1})
    return cjson.encode('"\\/\b\f\n\r\t')
    local t = {} for i = 0, 255 do t[#t + 1] = string.char(i) end return cjson.encode(table.concat(t))
    return cjson.encode({['a"\0\n'] = '\0'})
    return cjson.encode('gr\195\188n \255\254')
    return cjson.encode(('x'):rep(100000))
    return #cjson.encode(('\1'):rep(100000))
    local t = {} for i = 1, 20000 do t[i] = i end return cjson.encode(t)
    local t = {} for i = 1, 1000 do t[i] = {k = 'v' .. i, } end return cjson.encode(t)
    return cjson.encode(function() end)
    return cjson.encode({pcall})
    return cjson.encode({a = coroutine.create(function() end)})
    return cjson.encode(setmetatable({1, 2}, {__index = function() return 3 end}))
    return cjson.encode(setmetatable({}, {__pairs = error, __len = error, __tostring = error}))
    return tostring(pcall(cjson.encode, string))
    return cjson.encode(bit)
    return cjson.encode()
    return cjson.encode(1, 2)
    return cjson:encode(1)
    return pcall(cjson.encode)
    return select(2, pcall(cjson.encode))
    return select(2, pcall(cjson.encode, pcall))
    return select(2, pcall(function() return cjson.encode(pcall) end))
    return select(2, pcall(function() local x = cjson.encode(pcall) return x end))
    local e = cjson.encode return e(1, 2)
    local t = {} local u = t for i = 1, 999 do u[1] = {} u = u[1] end return cjson.encode(t)
    local t = {} local u = t for i = 1, 1000 do u[1] = {} u = u[1] end return cjson.encode(t)
    local t = {} local u = t for i = 1, 1000 do u.a = {} u = u.a end return cjson.encode(t)
    local t = {} t[1] = t return cjson.encode(t)
    local t = {} t.a = t return cjson.encode(t)
    cjson.encode_max_depth(2) local a = {pcall(cjson.encode, {{1}})} local b = {pcall(cjson.encode, {{{1}}})} return {a[2], b[2]}
    cjson.encode_max_depth(2) local a = {pcall(cjson.encode, {a = {b = 1}})} local b = {pcall(cjson.encode, {a = {b = {}}})} return {a[2], b[2]}
    cjson.encode_max_depth(1e9) local t = {} t[1] = t return select(2, pcall(cjson.encode, t))
    cjson.encode_max_depth(1e9) local t = {} t.a = t return select(2, pcall(cjson.encode, t))
    cjson.encode_max_depth(1e9) local t = {} t.a = {t} return select(2, pcall(cjson.encode, t))
    cjson.encode_max_depth(1e9) local t = {} local u = t for i = 1, 7000 do u[1] = {} u = u[1] end return cjson.encode(t)
    """#

  /// Each is decoded, and the value or the error compared.
  static let texts = [
    "", " ", "null", "true", "false", "0", "-0", "1", "-1", "12345678901234567890", "1.5", "1.0",
    "-1.25e3", "1e2", "1E+2", "1e-2", "1e400", "-1e400", "1e-400", "5e-324", "0.1",
    "99999999999999", "100000000000000", "9007199254740993", "1e15", "01", "-01", "00", "1.", ".5",
    "-.5", "-", "+1", "+", "--1", "1e", "1e+", "1-", "1 2", "0x10", "0X1p3", "-0x1F", "0x", "inf",
    "-inf", "Infinity", "-infinity", "INF", "infin", "nan", "NaN", "-nan", "nan(12)", "i", "I",
    "n", "N", "nul", "nulll", "null1", "tru", "True", "TRUE", "truefalse", "fals", "f", "undefined",
    "[]", "{}", "[ ]", "{ }", " [1 , 2 ] ", "[1,2,3]", "[1,[2,[3]]]", "[null,null]", "[[],{}]",
    "{\"a\":1}", "{\"a\":null}", "{\"a\":1,\"a\":2}", "{\"\":1}", "{\"1\":1}",
    "{\"a\":{\"b\":[{}]}}",
    "[", "]", "{", "}", ",", ":", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[}", "{]", "{1:2}",
    "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{'a':1}",
    "{\"a\":1 \"b\":2}", "{\"a\":1]", "{,}", "{null:1}", "{\"a\"::1}", "{\"a\":]", "[:]", "[tru]",
    "[1] x", "[1]]", "{}{}", "1,", "\"\"", "\"abc\"", "\"abc", "\"", "\"a\\", "\"a\\\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\a\"", "\"\\x41\"", "\"\\'\"", "\"\\U0041\"",
    "\"\\u0041\"",
    "\"\\u00e9\\u20AC\"", "\"\\u0000\"", "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00x\"",
    "\"\\uD83D\"", "\"\\uD83Dx\"", "\"\\uD83D\\n\"", "\"\\uD83D\\u0041\"", "\"\\uDE00\"",
    "\"\\uDE00\\uD83D\"", "\"\\uD83D\\uD83D\"", "\"\\uD83D\\u\"", "\"\\uD83D\\uDE0\"",
    "\"\\uD83D\\", "\"\\uD83D", "\"\\u", "\"\\u12", "\"\\u12\"", "\"\\u123g\"", "\"\\uffff\"",
    "\"\\uFFFE\"", "\"\\u007f\\u0080\\u07ff\\u0800\"", "\"\\uDBFF\\uDFFF\\uD800\\uDC00\"",
    "\"line\nbreak\ttab\"", "\"\u{1}\u{7f}\"", "\"grün 漢字 😀\"", "\u{feff}1", "[\"a\" \"b\"]",
    "{\"a\" \"b\\q\"}", "{\"a\":\"b\\q\"}", "{\"a\\q\":1}", "/**/1", "1//", "#", "\t\r\n 1 \t\r\n",
    "\u{b}1", "\u{c}1", "\u{a0}1", "\"a\" \"b\"", "[\"\\ud800\\", "\0", "1\0", "\01", "12\0",
    "[1\0,2]",
    "\"a\0b\"", "\"ab\\\0\"", "[1,2]\0garbage", "{\"a\0\":1}", "12 \0 x", "tr\0e",
  ]

  static let options = #"""
    return cjson._NAME .. cjson._VERSION .. type(cjson.null) .. tostring(cjson.null)
    return cjson.null
    return {1, cjson.null, 2}
    return {tostring(cjson.null == cjson.null), tostring(cjson.null == nil), tostring(not cjson.null)}
    return tostring(cjson.decode('null') == cjson.null)
    return tostring(cjson.decode('[null]')[1] == cjson.null)
    return cjson.encode(cjson.decode('{"a":[null,{"b":null}]}'))
    return cjson.nothing
    cjson.null = 1
    cjson.encode = nil
    rawset(cjson, 'x', 1)
    setmetatable(cjson, {})
    local t = {} for k, v in pairs(cjson) do t[#t + 1] = k .. '=' .. type(v) end table.sort(t) return t
    return cjson.encode_max_depth()
    return cjson.encode_max_depth(nil)
    return {cjson.encode_max_depth(5), cjson.encode_max_depth(), cjson.encode_max_depth(1000)}
    return {cjson.encode_max_depth(3.7), cjson.encode_max_depth('7'), cjson.encode_max_depth(1000)}
    return {cjson.encode_max_depth(' 0x10 '), cjson.encode_max_depth(1000)}
    return {cjson.encode_max_depth(2147483647), cjson.encode_max_depth(1000)}
    return cjson.encode_max_depth(0)
    return cjson.encode_max_depth(-1)
    return cjson.encode_max_depth(2147483648)
    return cjson.encode_max_depth(4294967297), cjson.encode_max_depth(1000)
    return cjson.encode_max_depth(1e300)
    return cjson.encode_max_depth(0/0)
    return cjson.encode_max_depth('x')
    return cjson.encode_max_depth({})
    return cjson.encode_max_depth(cjson.null)
    return cjson.encode_max_depth(true)
    return cjson.encode_max_depth(1, 2)
    return cjson.decode_max_depth(1, nil)
    return cjson.decode_max_depth()
    return cjson.decode_max_depth(0)
    return cjson.decode_max_depth('')
    return {cjson.decode_max_depth(2), cjson.decode_max_depth(1000)}
    return cjson.encode_number_precision()
    return cjson.encode_number_precision(0)
    return cjson.encode_number_precision(15)
    return cjson.encode_number_precision(16)
    return {cjson.encode_number_precision(1), cjson.encode_number_precision(14)}
    return cjson.encode_number_precision(1, 2, 3)
    return {cjson.encode_sparse_array()}
    return {tostring(cjson.encode_sparse_array()), select(2, cjson.encode_sparse_array())}
    return {tostring(cjson.encode_sparse_array(true, 3, 4)), tostring(cjson.encode_sparse_array(false, 2, 10))}
    return {tostring(cjson.encode_sparse_array('on')), tostring(cjson.encode_sparse_array('off'))}
    return cjson.encode_sparse_array('yes')
    return cjson.encode_sparse_array(1)
    return cjson.encode_sparse_array(1.5)
    return cjson.encode_sparse_array(3.0)
    return cjson.encode_sparse_array({})
    return cjson.encode_sparse_array(cjson.null)
    return cjson.encode_sparse_array(false, -1)
    return cjson.encode_sparse_array(false, 'x')
    return cjson.encode_sparse_array(false, 2, -1)
    return cjson.encode_sparse_array(false, 2, {})
    return cjson.encode_sparse_array(false, 2, 10, 1)
    pcall(cjson.encode_sparse_array, true, -1) return tostring(cjson.encode_sparse_array())
    return tostring(cjson.encode_keep_buffer())
    return {tostring(cjson.encode_keep_buffer(false)), cjson.encode({1}), tostring(cjson.encode_keep_buffer(true)), cjson.encode({2})}
    return {tostring(cjson.encode_keep_buffer('off')), tostring(cjson.encode_keep_buffer('on'))}
    return cjson.encode_keep_buffer('null')
    return cjson.encode_keep_buffer(0)
    return cjson.encode_keep_buffer(true, true)
    return tostring(cjson.encode_invalid_numbers())
    return {tostring(cjson.encode_invalid_numbers('null')), tostring(cjson.encode_invalid_numbers()), tostring(cjson.encode_invalid_numbers(false))}
    return {tostring(cjson.encode_invalid_numbers('on')), tostring(cjson.encode_invalid_numbers('off'))}
    return cjson.encode_invalid_numbers('nul')
    return cjson.encode_invalid_numbers(2)
    return cjson.encode_invalid_numbers('null', 1)
    return tostring(cjson.decode_invalid_numbers())
    return {tostring(cjson.decode_invalid_numbers('off')), tostring(cjson.decode_invalid_numbers('on'))}
    return cjson.decode_invalid_numbers('null')
    return cjson.decode_invalid_numbers(coroutine.create(function() end))
    return cjson:encode_max_depth()
    return cjson:encode_sparse_array()
    return cjson.decode()
    return cjson.decode(nil)
    return cjson.decode('1', '2')
    return cjson.decode({})
    return cjson.decode(true)
    return cjson.decode(cjson.null)
    return cjson.decode(12)
    return tostring(cjson.decode(1.5)) .. tostring(cjson.decode(1/0)) .. tostring(cjson.decode(1e20))
    return select(2, pcall(cjson.decode))
    return select(2, pcall(cjson.decode, '['))
    return select(2, pcall(function() return cjson.decode('[') end))
    return select(2, pcall(function() local x = cjson.decode('[') return x end))
    return #cjson.decode(('['):rep(1000) .. (']'):rep(1000))
    return #cjson.decode(('['):rep(1001) .. (']'):rep(1001))
    return cjson.decode(('{"a":'):rep(999) .. '{}' .. ('}'):rep(999)).a ~= nil
    return cjson.decode(('{"a":'):rep(1000) .. '{}' .. ('}'):rep(1000)).a ~= nil
    return cjson.decode(('['):rep(1000))
    return cjson.decode(('['):rep(100000))
    cjson.decode_max_depth(2) local a = {pcall(cjson.decode, '[[1]]')} local b = {pcall(cjson.decode, '[[[1]]]')} return {tostring(a[1]), b[2]}
    cjson.decode_max_depth(2) local a = {pcall(cjson.decode, '[{}, {}]')} local b = {pcall(cjson.decode, '{"a": [ {}]}')} return {tostring(a[1]), b[2]}
    cjson.decode_max_depth(1e9) local a = {pcall(cjson.decode, ('['):rep(20000))} local b = {pcall(cjson.decode, ('{"a":'):rep(20000))} local c = {pcall(cjson.decode, ('[{"a":'):rep(20000))} return {a[2], b[2], c[2]}
    cjson.decode_max_depth(1e9) cjson.encode_max_depth(1e9) local t = ('['):rep(7000) .. ('[]'):rep(1) .. (']'):rep(7000) return cjson.encode(cjson.decode(t))
    return cjson.decode('"' .. ('x'):rep(1000000) .. '"')
    return cjson.decode('"' .. ('\\u20ac\\n'):rep(100000) .. '"')
    return #cjson.decode('[' .. ('1,'):rep(100000) .. '1]')
    local c = cjson.new() return {c._NAME, c._VERSION, c.encode({1}), tostring(c.null == cjson.null)}
    local c = cjson.new() c.encode_max_depth(1) return {c.encode({1}), cjson.encode({{1}}), cjson.encode_max_depth()}
    local c = cjson.new() c.encode_max_depth(1) return c.encode({{1}})
    local c = cjson.new().new() c.encode_number_precision(2) return {c.encode(1.25), cjson.encode(1.25)}
    cjson.encode_number_precision(3) local c = cjson.new() return c.encode(1/3)
    local c = cjson.new(1, 2, 3) c.x = 1 c.encode = nil return c.x
    local c = cjson.new() c.decode_invalid_numbers(false) return c.decode('[nan]')
    return tostring(cjson.new() == cjson.new()) .. tostring(cjson.safe) .. type(cjson.new)
    """#

  /// Shows any value in one way, with its keys in an order of their own.
  static let show = """
    local function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end
    local function show(v)
      if type(v) == 'string' then return 's' .. hex(v) end
      if type(v) ~= 'table' then return type(v) .. tostring(v) end
      local parts = {}
      for k, e in pairs(v) do parts[#parts + 1] = show(k) .. '=' .. show(e) end
      table.sort(parts)
      return '{' .. table.concat(parts, ',') .. '}'
    end

    """

  private let redis: RealRedis
  private let host: EmbeddedHost

  init() throws {
    redis = try RealRedis()
    host = try EmbeddedHost(storage: .memory)
  }

  /// Compares in an interpreter of Redis whose settings no earlier script has changed.
  private func expectSame(_ command: Command, _ note: String) async throws {
    _ = try redis.run(Command("SCRIPT", "FLUSH"))
    let expected = try redis.run(command)
    let isSame = await host.answer(command) == expected
    #expect(isSame, "\(note), which is on Redis: \(expected.summary)")
  }

  @Test func encodingsAgree() async throws {
    for script in Self.encodings.split(separator: "\n") {
      try await expectSame(.eval(String(script)), String(script))
    }
  }

  @Test func optionsAgree() async throws {
    for script in Self.options.split(separator: "\n") {
      try await expectSame(.eval(String(script)), String(script))
    }
  }

  @Test(arguments: ["on", "off"]) func decodedTextsAgree(invalidNumbers: String) async throws {
    let script = """
      \(Self.show)cjson.decode_invalid_numbers(ARGV[2])
      local result = {pcall(function() return cjson.decode(ARGV[1]) end)}
      return show(result)
      """
    for text in Self.texts {
      try await expectSame(.eval(script, text, invalidNumbers), text)
    }
  }

  /// Unlike on Redis, where the next script meets what an earlier one has set.
  @Test func settingsEndWithTheScript() async throws {
    _ = await host.answer(
      .eval("cjson.encode_max_depth(1) cjson.encode_sparse_array(true, 7, 7) error('end')"))
    let reply = try await host.run(
      .eval("return {cjson.encode_max_depth(), select(2, cjson.encode_sparse_array())}"))
    #expect(reply == .array([.integer(1000), .integer(2), .integer(10)]))
  }
}
