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
    "table.insert(redis, 1)", "table.insert(redis, 1, 2)", "table.insert(redis, 1, 2, 3)",
    "table.insert({}, 1, 2, 3)", "table.insert(redis)", "table.insert(redis, 'x', 2)",
    "table.insert(_G, 1)", "table.insert(string, 1)", "return {pcall(table.insert, redis, 1)}",
    "return {table.remove(redis)}", "return {table.remove(redis, 1)}", "table.remove(redis, {})",
    "error(setmetatable({}, {__index = {err = 'X y'}}))",
    "error(setmetatable({}, {__index = function() return 'X y' end}))",
    "error(setmetatable({}, {__index = function(_, k) return k end}))",
    "error(setmetatable({err = 'A b'}, {__index = function(_, k) return 'I' .. k end}))",
    "error(setmetatable({}, {__newindex = function(t, k) rawset(t, 'err', 'NEW ' .. k) end}))",
    "error(setmetatable({err = 'Q q'}, {__newindex = {}}))",
    "return {pcall(error, setmetatable({}, {__index = {err = 'X y'}}))}",
    "local n = 0 while not collectgarbage('step') do n = n + 1 end return n > 1",
    "return {collectgarbage('step', 1000000), collectgarbage('step', -1)}",
    "collectgarbage('setpause', 150) return {collectgarbage('setpause', 200)}",
    "collectgarbage('setstepmul', 150) return {collectgarbage('setstepmul', 200)}",
    "return redis.set_repl()", "return redis.set_repl(55)", "return redis.set_repl(1, 2)",
    "return redis.acl_check_cmd()", "return redis.acl_check_cmd({})",
    "return {err='My Err'}", "return {err='noitem'}", "return {err=''}", "return {err='-a'}",
    "return {err=' a'}",
    "return {err='-ERR a'}", "return {err='\\255'}", "return {err='a\\0b'}",
    "return {{err='My Err'}, {err=''}}",
    "return redis.error_reply('noitem x')", "return redis.error_reply('My Err')",
    "return redis.error_reply('')",
    "return redis.error_reply('-')", "return redis.error_reply('-My Err')",
    "return redis.error_reply('- a')",
    "return redis.error_reply('--a b')", "return redis.error_reply('a\\r\\nb')",
    "return redis.error_reply('\\255 a')",
    "error({err='a'})", "error({err='My Err'})", "error({err=''})", "error({err='-a b'})",
    "error({err='\\254'})",
    "error(redis.error_reply('noitem x'))", "error({err='a', line='1'})",
    "error({err='a', source='b', line='1'})",
    "local ok, e = pcall(error, {err='a'}) return {ok, e, e.err}",
    "return {pcall(redis.error_reply, 'a')}",
    "local e = redis.error_reply('My Err') return e.err",
    "local e = redis.error_reply('-My Err') return e.err",
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
    // Messages of 5.1.
    "return {pcall(function() local x; return x.y end)}",
    "return {pcall(function() local t = {} t.x.y.z = 1 end)}",
    "return {pcall(function() local t = {} t:foo() end)}",
    "return {pcall(function() return #nil end)}", "local x x()", "local t = {} t.f()",
    "return {pcall(function() local x return x + 1 end)}",
    "return {pcall(function() return {} < {} end)}",
    "return {pcall(function() return 1 < 'x' end)}",
    "return {pcall(function() return assert(false, 'x') end)}",
    "return {pcall(function() return assert(nil) end)}", "return {assert(1, 2, 3)}",
    "return {pcall(ipairs)}", "return {pcall(string.format, '%d', 'x')}",
    "return {pcall(function() string.rep() end)}", "return {pcall(string.rep)}",
    "return {xpcall(function() local t t.x = 1 end, function(m) return 'h ' .. m end)}",
    // Strings and patterns.
    "return {('a,b,,c'):gsub(',', ';'), ('abc'):gsub('', '-'), ('abc'):gsub('%w', '%0%0')}",
    "return {('hello world'):find('o w'), ('hello'):find('l+'), ('a.b'):find('.', 1, true)}",
    "return {('key=val'):match('(%w+)=(%w+)'), ('x'):match('()'), ('[[x]]'):match('%[%[(.-)%]%]')}",
    "return {('THE (quick) fox'):find('%((%a+)%)')}", "return {('a'):rep(-1), ('ab'):rep(3.9)}",
    "return {('abc'):gsub('b', {b = 1.5}), ('abc'):gsub('b', function() return 3 / 1 end)}",
    "return {pcall(string.gsub, 'abc', '(', '')}", "return {pcall(string.find, 'abc', '[a')}",
    "return {pcall(string.gsub, 'abc', 'b', '%2')}", "return {pcall(string.find, 'a', '%')}",
    "return {('%d %5.1f %s %q %x %c %i'):format(3.99, 2.25, 10 / 2, 'a\\n\\\\', 255, 65, -1.5)}",
    "return {(5 / 1 .. ''):len()} and {string.len(10 / 2), string.sub(12 / 1, 1, 1)}",
    "return {string.byte('abc', 1, -1), string.byte('abc', 10)}",
    "return {string.char(72, 105), pcall(string.char, 256)}",
    "return {('abc'):sub(-2), ('x'):sub(2)}",
    "return {('%5s|%-5s|%.2s'):format('a', 'b', 'cde'), ('%%'):format()}",
    "return {('frontier THE'):gsub('%f[%u]%u+', 'x')}", "return {('a\\0b'):gsub('%z', '0')}",
    // Numbers.
    "return {tonumber('0x10'), tonumber(' 12 '), tonumber('1e2'), tonumber('z', 36)}",
    "return {tostring(tonumber('9007199254740993')), tostring(tonumber('abc'))}",
    "return {tostring(tonumber('')), tostring(tonumber('10', 2)), pcall(tonumber, '1', 40)}",
    // Tables.
    "local t = {1, 2, 3} table.insert(t, 2, 'x') table.insert(t, 9) return t",
    "local t = {1, 2, 3} return {table.remove(t, 1), table.remove(t), table.remove(t, 9), #t}",
    "local t = {5, 2, 8, 1} table.sort(t) return t",
    "local t = {5, 2, 8, 1} table.sort(t, function(a, b) return a > b end) return t",
    "return {pcall(table.concat, {1, {}, 3})}", "return table.concat({1.5, 10 / 2, 'x'}, '-')",
    "local t = {} for i = 1, 300 do t[i] = {i % 7, i} end table.sort(t, function(a, b) return "
      + "a[1] < b[1] end) local r = {} for i, v in ipairs(t) do r[i] = v[2] end return r",
    "local t = setmetatable({}, {__index = function() return 1 end}) local n = 0 "
      + "for _ in ipairs(t) do n = n + 1 end return n",
    // cmsgpack.
    "local function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end "
      + "return {hex(cmsgpack.pack(1, -1, 127, 128, -33, 65536, 2^32, -2^31, 1.5, 0.1)), "
      + "hex(cmsgpack.pack('a', ('x'):rep(40), true, false, nil, {1, 2, {}}, {a = 1}, {[5] = 1}))}",
    "return {cmsgpack.unpack(cmsgpack.pack(1, 'x', {1, 2, {3}}, 70000, -5, 2.5))}",
    "local t = cmsgpack.unpack(cmsgpack.pack({a = {b = {1, 2}}})) return t.a.b",
    "return {pcall(cmsgpack.unpack, '\\146\\1')}", "return {pcall(cmsgpack.unpack, '\\193')}",
    "return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3))}",
    "return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2)}", "return {pcall(cmsgpack.pack)}",
    "return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), 2)}",
    // Tables in tables, and more values than the stack of 5.1 has room for.
    "return cmsgpack.unpack(('\\145'):rep(100000))",
    "return cmsgpack.unpack(('\\145'):rep(3998) .. '\\1') ~= nil",
    "return cmsgpack.unpack(('\\145'):rep(3999) .. '\\1') ~= nil",
    "return cmsgpack.unpack(('\\145'):rep(4000) .. '\\1') ~= nil",
    "return cmsgpack.unpack('\\1', ('\\145'):rep(3999) .. '\\1')",
    "return cmsgpack.unpack(('\\129\\1'):rep(100000))",
    "return cmsgpack.unpack(('\\129'):rep(100000))",
    "return cmsgpack.unpack(('\\129\\1'):rep(3999) .. '\\1') ~= nil",
    "return cmsgpack.unpack(('\\220\\0\\1'):rep(100000))",
    "local t = cmsgpack.unpack(('\\145'):rep(40) .. '\\129\\161x\\146\\1\\144') local n = 0 "
      + "while t[1] do t = t[1] n = n + 1 end return {n, t.x[1], #t.x[2]}",
    "return #{cmsgpack.unpack(('\\1'):rep(5000))}", "return #{cmsgpack.unpack(('\\1'):rep(10000))}",
    "return #{cmsgpack.unpack(('\\1'):rep(5000) .. ('\\145'):rep(30) .. '\\1')}",
    "return #{cmsgpack.unpack_limit(('\\1'):rep(10000), 8000)}",
    "return {cmsgpack.unpack_limit(('\\145'):rep(30) .. '\\1\\2\\3', 2)}",
    "local t = {} for i = 1, 7000 do t[i] = i end return pcall(cmsgpack.pack, unpack(t))",
    "local t = {} for i = 1, 4000 do t[i] = 1 end return #cmsgpack.pack(unpack(t))",
    "local t = {} for i = 1, 4001 do t[i] = 1 end return select(2, pcall(cmsgpack.pack, unpack(t)))",
    // Shebangs.
    "#!lua\nreturn 1", "#!lua\n\nerror('x')",
    "#!lua flags=no-writes\nreturn redis.call('set', 'a', 1)",
    "#!not-lua\nreturn 1", "#!lua unknown\nreturn 1", "#!lua flags=nosuch\nreturn 1", "#!lua",
    "return redis.call('blpop', 'nolist', 0)",
    "return redis.pcall('xread', 'block', 0, 'streams', 's', '$')",
    "local g = getmetatable(_G) g.__index = {}",
    "redis.call('sadd', 'sorted', 'b', 'aa', 'a') return redis.call('sort', 'sorted', 'by', '_')",
    // RESP3.
    "redis.setresp(3) redis.call('hset', 'h3', 'a', 1) return redis.call('hgetall', 'h3').map.a",
    "redis.setresp(3) redis.call('sadd', 's3', 'm') return tostring(redis.call('smembers','s3').set.m)",
    "redis.setresp(3) redis.call('zadd', 'z3', 1.5, 'm') "
      + "return tostring(redis.call('zscore', 'z3', 'm').double)",
    "redis.setresp(3) return tostring(redis.call('get', 'nokey3'))",
    "return redis.acl_check_cmd('set', 'a', 'b')", "return redis.acl_check_cmd('nosuch')",
    "return gcinfo() > 0", "return tostring(rawequal(string, string))",
    // A position that was captured is no text.
    "return {('ab'):find('()%1')}", "return {('aab'):match('()a%1')}",
    "return {('abc'):gsub('()b', '%1')}", "return {('abc'):gsub('()', '%1,')}",
    // A script's own messages stay as they are, whatever they look like.
    "return {pcall(error, \"attempt to index a nil value (local')\", 0)}",
    "return {pcall(error, \"attempt to call a nil value (global 'f')\")}",
    "error(\"attempt to call a nil value (global 'f')\")",
    "return {pcall(assert, nil, \"attempt to index a nil value (local 'x')\")}",
    "return {pcall(error, \"bad 'for' limit (number expected, got nil)\")}",
    // Coroutines.
    "return {coroutine.resume(coroutine.create(function() local x return x.y end))}",
    "return {coroutine.resume(coroutine.create(function() for i = 1, nil do end end))}",
    "return {coroutine.resume(coroutine.create(function(...) coroutine.yield(1, ...) end), 'a', 'b')}",
    "local c = coroutine.create(function() end) coroutine.resume(c) return {coroutine.resume(c)}",
    "local c c = coroutine.create(function() return coroutine.resume(c) end) return {coroutine.resume(c)}",
    "return {pcall(coroutine.wrap(function() local x return x.y end))}",
    "return {pcall(coroutine.wrap(function() error({err = 'X y'}) end))}",
    "return {pcall(coroutine.yield)}", "return {pcall(coroutine.resume, 1)}",
    "return {pcall(coroutine.create, 1)}", "return {pcall(coroutine.status)}",
    "return {coroutine.wrap(function() return pcall(coroutine.yield, 1) end)()}",
    "local c = coroutine.create(function() return redis.call('nosuch') end) "
      + "local ok, e = coroutine.resume(c) return {tostring(ok), type(e), e}",
    "local c = coroutine.wrap(function() return redis.call('set', 'co', '1') end) return c()",
    "return {coroutine.status(coroutine.create(function() end)), tostring(coroutine.running())}",
    "return {pcall(coroutine.wrap, 'x'), pcall(coroutine.create, pcall)}",
    "return coroutine.wrap(string.rep)",
    "local c c = coroutine.wrap(function() return coroutine.status(coroutine.create(c)) end) return {pcall(c)}",
    "local c = coroutine.wrap(function() error('x', 0) end) pcall(c) return {pcall(c)}",
    "local c c = coroutine.create(function() local d = coroutine.create(function() "
      + "return {coroutine.resume(c)}, coroutine.status(c) end) return coroutine.resume(d) end) "
      + "local _, _, r, s = coroutine.resume(c) return {r, s}",
    "return {coroutine.resume(coroutine.create(function() return unpack({}, 1, 100) end))}",
    "return [[a [[ b ]]", "--[[ a [[ b ]] return 1", "return #[[\r\na\r\n\n\rb]]",
    "[[\r\na\r\n\n\rb]]", "[==[\n\na]==]", "[==a",
    // Constants: which of two operands has a name is decided before the script runs.
    "return {pcall(function() local x return (1 and x).y end)}",
    "return {pcall(function() local x return (-1 and x).y end)}",
    "return {pcall(function() local x return (2 * 3 and x).y end)}",
    "return {pcall(function() local x return (1 / 0 and x).y end)}",
    "return {pcall(function() local x return (-'1' and x).y end)}",
    "for i = 1 and 'x', 2 do end", "for i = 1 .. '', 2 do end", "for i = 0 / 0, 2 do return i end",
    "for i = 2 * 3 .. '', 2 do end",
    "redis.call('set', 'shared', 9999) redis.call('set', 'own', 10000) redis.call('set', 'text', 'x') "
      + "local function count(k) return redis.call('object', 'refcount', k) end "
      + "return {count('shared'), count('own'), count('text')}",
  ]

  private static func variables(_ count: Int, _ separator: String = ",") -> String {
    (1...count).map { "v\($0)" }.joined(separator: separator)
  }

  /// What is within the limits of 5.1's compiler, and what is not.
  private static func limits() -> [String] {
    let locals = "local " + variables(61) + " "
    let long = String(repeating: "b", count: 2000)
    return [
      "\(locals) return (function() return \(variables(60)) end)()",
      "\(locals) \n return (function() return \(variables(61, ",\n")) end)()",
      "\(locals) \n return (function()\nreturn function() return \(variables(61)) \n end end)()",
      "local \(variables(200)) return 1", "local \(variables(201, ",\n"))", "return 'a\(long)' x",
    ]
  }

  @Test(arguments: StorageKind.allCases)
  func repliesEqualThoseOfRedis(_ storage: StorageKind) async throws {
    let redis = try RealRedis()
    let folder = try TemporaryFolder()
    let host = try EmbeddedHost(storage: storage.storage(in: folder))
    for script in Self.scripts + Self.limits() {
      let expected = try redis.run(.eval(script))
      let found = await host.answer(.eval(script))
      #expect(found == expected, "\(script)")
    }
    await host.close()
  }
}
