import EmbeddedRedis
import RedisScripting
import Testing

/// Scripts whose reply must be that of a Redis server.
@Suite struct ScriptParityTests {
  static let scripts = [
    "return 1", "return 'a'", "return nil", "return false", "return true", "return {}",
    "return 3.99", "return -3.99", "return {1,2,nil,3}", "return 1e18",
    "return {3.99,-3.99,'a',true,false,{double=3.1},{ok='x'},{err='E y'},{1,{2,{3}}}}",
    "return {map={a=1}}", "return {big_number='123'}",
    "return {verbatim_string={string='x',format='txt'}}",
    "return {err='abc\\nd'}", "return {ok='abc\\nd'}",
    "error('boom')", "error('a\\nb')", "error(nil)", "error(12)", "error('ab', 0)",
    "error({err='abc\\nd'})", "error({err='CODE text'})",
    "return redis.call('foo')", "return redis.pcall('foo')", "return redis.call('hget','a')",
    "return redis.pcall('hget','a')", "return redis.call()", "return redis.pcall()",
    "return redis.call({})", "return redis.call('get', true)", "return redis.pcall('get', {})",
    "return redis.call('eval','return 1',0)", "return redis.call('evalsha','x',0)",
    "redis.call('set','str','1') return redis.call('hget','str','a')",
    "redis.call('set','str','1') return redis.pcall('hget','str','a')",
    "\n\nreturn redis.call('foo')",
    "local function f() return redis.call('foo') end\n return f()",
    "return x", "x=1", "string.x=1", "rawset(_G,'x',1)", "rawset(string,'x',1)",
    "setmetatable(_G,{})", "setmetatable(string,{})", "redis.call=nil", "_G.x = 1",
    "return redis.error_reply('abc')", "return redis.error_reply('abc d')",
    "return redis.error_reply('-abc d')", "return redis.error_reply(1)",
    "return redis.error_reply()", "return redis.status_reply('fine')",
    "return redis.status_reply(1)", "return redis.sha1hex()", "return redis.sha1hex(1)",
    "return redis.sha1hex('')", "return redis.sha1hex(string.rep('ab', 1000))",
    "return redis.log()", "return redis.log(9,'a')", "return redis.log('x','a')",
    "return redis.log(redis.LOG_WARNING, 'hello')",
    "return redis.setresp(4)", "return redis.setresp()", "return redis.setresp(2)",
    "return redis.replicate_commands()", "return redis.REDIS_VERSION",
    "return redis.REDIS_VERSION_NUM", "return redis.set_repl(redis.REPL_ALL)",
    "local ok,e=pcall(redis.call,'foo') return {tostring(ok), type(e), e}",
    "local ok,e=pcall(error,'foo') return e", "local ok,e=pcall(error,{1}) return type(e)",
    "return {pcall(function() return 1,2,3 end)}",
    "return tostring(redis.pcall('foo').source)",
    "return {xpcall(function() error('x', 0) end, function(m) return 'handled ' .. m end)}",
    "return #KEYS + #ARGV", "return {type(load), type(loadstring), type(unpack)}",
    "return loadstring('return 1 + 1')()", "return loadstring('x = 1')()",
    "return load(function() return nil end)()", "return tostring(loadstring('\\27Lua'))",
    "local f = getmetatable('').__index return tostring(f == string)",
    "getmetatable('').__index = nil", "return ('abc'):upper()",
    "return tostring(pcall(function() return io end))",
    "return tostring(pcall(function() return os end))",
    "return tostring(pcall(function() return debug end))",
    "return tostring(pcall(function() return require end))",
    "return tostring(pcall(function() return dofile end))",
    "return tostring(pcall(function() return loadfile end))",
    "return tostring(pcall(function() return print end))",
    "return {tostring(1e14), tostring(3.0), tostring(2^53), tostring(10/2), tostring(0.1)}",
    "return string.format('%s %d %5.2f %s', 3.0, 3, 2.5, 10/2)",
    "return _VERSION", "return {table.getn({1,2,3}), table.maxn({1,2,[10]=3})}",
    "local s = 0 table.foreach({1,2,3}, function(k,v) s = s + v end) return s",
    "local s = 0 table.foreachi({1,2,3}, function(k,v) s = s + v end) return s",
    "return {math.pow(2,10), math.log10(1000), math.mod(7,3), math.fmod(-7,3), math.floor(3.7)}",
    "return {math.random(1000), math.random(1000), math.random(5,10), tostring(math.random())}",
    "math.randomseed(42) return {math.random(1000), math.random(1000)}",
    "return tostring(math.cosh(1)) .. tostring(math.atan2(1,2)) .. tostring(math.ldexp(1,4))",
    "local t = {} for w in string.gfind('a b c', '%a') do t[#t+1] = w end return t",
    "local c = coroutine.wrap(function() coroutine.yield(1) return 2 end) return {c(), c()}",
    "return redis.call('ping')", "return redis.call('echo', 3.0)",
    "return redis.call('PING')", "return redis.call('type', 'nothing').ok",
    """
    redis.call('del','h') redis.call('hset','h', 3.0, 1e15, 1e17, 2^53, 'x', 0.1, -0.0, 10/2)
    return redis.call('hgetall', 'h')
    """,
    "return redis.call('xadd','s1','1-1','a', 'b')",
    "redis.call('del','n') return redis.call('incrby','n', 9007199254740993)",
    "return select('#', 1, nil, nil)",
    "local t = {} for k in pairs(redis) do t[#t+1] = k end return #t > 10",
    "return {next({}) == nil, type(next(string))}",
    "return table.concat({1, 'a', 2}, ',')", "return {unpack({1,2,3}, 2)}",
    "return {unpack({1,2,3}, 2, 5)}", "return {unpack({1,2,3}, -1, 1)}",
    "return {unpack({1,2,3}, 1.9, '2')}", "return unpack()", "return unpack({}, 'x')",
    "return select('#', unpack({}, 1, 7997))", "return select('#', unpack({}, 1, 7998))",
    "return select('#', unpack({}, -2147483648, 2147483647))",
    "return select('#', unpack(setmetatable({}, {__index = error}), 1, 3))",
    "return {tostring(2^53), tostring(9007199254740993), tostring(123456789012345)}",
    "return tostring(redis.call('incrby', 'wide', 9007199254740991))",
    "return {tostring(0 * -1.0), tostring(math.fmod(-4, 2))}",
    "return tostring(getmetatable('x') ~= nil)", "return collectgarbage('count') > 0",
    "setmetatable({}, {__gc = function() end}) return 1",
    "local t = setmetatable({}, {__index = function(_, k) return k .. '!' end}) return t.a",
    "return string.rep('x', 3) .. #'abc'",
    "return gcinfo() > 0", "return tostring(rawequal(string, string))",
  ]

  @Test(arguments: StorageKind.allCases)
  func repliesEqualThoseOfRedis(_ storage: StorageKind) async throws {
    let redis = try RealRedis()
    let folder = try TemporaryFolder()
    let host = try EmbeddedHost(storage: storage.storage(in: folder))
    for script in Self.scripts {
      let expected = try redis.run(.eval(script))
      let found = await host.answer(.eval(script))
      #expect(found == expected, "\(script)")
    }
    await host.close()
  }
}
