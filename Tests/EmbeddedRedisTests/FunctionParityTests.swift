import EmbeddedRedis
import RedisScripting
import Testing

/// Libraries of functions, as a Redis server has them.
@Suite struct FunctionParityTests {
  /// Each is a list of commands, whose words bars part.
  private static let sequences: [[[String]]] = [
    [
      [
        "FUNCTION", "LOAD",
        "#!lua name=a\nredis.register_function('f', function(k, v) return {k, v} end)",
      ],
      ["FCALL", "f", "1", "k", "x", "y"], ["FCALL", "f", "0"], ["FCALL", "f", "2", "k"],
      ["FCALL", "f", "-1"], ["FCALL", "f", "x"], ["FCALL", "F", "0"], ["FCALL", "f"],
      ["FCALL_RO", "f", "0"],
      ["FUNCTION", "LIST"], ["FUNCTION", "LIST", "WITHCODE"], ["FUNCTION", "STATS"],
      ["FUNCTION", "LIST", "LIBRARYNAME", "A*"], ["FUNCTION", "LIST", "LIBRARYNAME", "b"],
      ["FUNCTION", "LIST", "LIBRARYNAME"], ["FUNCTION", "LIST", "x"],
      ["FUNCTION", "LOAD", "#!lua name=a\nredis.register_function('f', function() return 1 end)"],
      ["FUNCTION", "LOAD", "#!lua name=b\nredis.register_function('f', function() return 1 end)"],
      [
        "FUNCTION", "LOAD", "REPLACE",
        "#!lua name=a\nredis.register_function('g', function() return 2 end)",
      ],
      ["FCALL", "f", "0"], ["FCALL", "g", "0"], ["FUNCTION", "DELETE", "a"],
      ["FUNCTION", "DELETE", "a"],
      ["FCALL", "g", "0"], ["FUNCTION", "LIST"],
    ],
    // Named arguments and flags.
    [
      [
        "FUNCTION", "LOAD",
        """
        #!lua name=flags
        redis.register_function{function_name = 'r', description = 'reads', flags = {'no-writes', 'allow-oom'},
          callback = function(keys, args) return redis.call('get', keys[1]) end}
        redis.register_function{function_name = 'w', callback = function(keys) return redis.call('set', keys[1], 'v') end,
          flags = {'allow-stale', 'no-cluster', 'allow-cross-slot-keys'}}
        redis.register_function{function_name = 'bad', flags = {'no-writes'},
          callback = function(keys) return redis.call('set', keys[1], 'v') end}
        """,
      ],
      ["FCALL", "w", "1", "k"], ["FCALL", "r", "1", "k"], ["FCALL_RO", "r", "1", "k"],
      ["FCALL_RO", "w", "1", "k"],
      ["FCALL", "bad", "1", "k"], ["FCALL_RO", "bad", "1", "k"], ["fcall", "r", "1", "none"],
    ],
    // State of a library, and what it may see.
    [
      [
        "FUNCTION", "LOAD",
        """
        #!lua name=state
        local count = 0
        redis.register_function('count', function() count = count + 1 return count end)
        redis.register_function('fails', function() local x return x.y end)
        redis.register_function('raises', function() error({err = 'CODE text'}) end)
        redis.register_function('unknown', function() return redis.call('nosuch') end)
        redis.register_function('keys', function() return KEYS end)
        redis.register_function('global', function() a = 1 end)
        redis.register_function('library', function() redis.call = nil end)
        redis.register_function('set', function() rawset(_G, 'x', 1) end)
        redis.register_function('env', function() return type(getfenv(1)) end)
        redis.register_function('again', function() redis.register_function('z', function() end) end)
        redis.register_function('three', function() redis.setresp(3) return redis.call('hgetall', 'h').map end)
        redis.register_function('math', function() return {math.floor(3.7), string.rep('x', 3), #cjson.encode({1})} end)
        """,
      ],
      ["FCALL", "count", "0"], ["FCALL", "count", "0"], ["FCALL", "fails", "0"],
      ["FCALL", "raises", "0"],
      ["FCALL", "unknown", "0"], ["FCALL", "keys", "0"], ["FCALL", "global", "0"],
      ["FCALL", "library", "0"],
      ["FCALL", "set", "0"], ["FCALL", "env", "0"], ["FCALL", "again", "0"],
      ["FCALL", "three", "0"],
      ["FCALL", "math", "0"], ["EVAL", "return redis.call('fcall', 'count', 0)", "0"],
      ["EVAL", "return redis.pcall('function', 'list')", "0"],
      ["EVAL", "return redis.pcall('function', 'x')", "0"],
      ["EVAL", "return redis.register_function('a', function() end)", "0"],
      ["FCALL", "count", "0"],
      ["FUNCTION", "FLUSH", "SYNC"], ["FCALL", "count", "0"], ["FUNCTION", "FLUSH", "x"],
      ["FUNCTION", "FLUSH", "SYNC", "y"], ["FUNCTION", "KILL"], ["FUNCTION", "NOSUCH"],
      ["FUNCTION"],
      ["FUNCTION", "DELETE"], ["FUNCTION", "LOAD"], ["FUNCTION", "LOAD", "x", "y"],
      ["FUNCTION", "STATS", "x"],
      ["FUNCTION", "STATS"],
    ],
    // What is refused at loading.
    [
      "", "x", "#!lua", "#!lua name=a", "#!lua\nreturn 1", "#!lua name=\nreturn 1",
      "#!lua name=a-b\nreturn 1",
      "#!js name=a\nreturn 1", "#!lua name=a name=b\nreturn 1", "#!lua foo=bar name=a\nreturn 1",
      "#!lua name=a\nreturn 1", "#!lua name=a\nreturn (", "#!lua name=a\nerror('x')",
      "#!lua name=a\nerror({err='x y'})",
      "#!lua name=a\nx = 1", "#!lua name=a\nreturn x", "#!lua name=a\nreturn redis.call('ping')",
      "#!lua name=a\nreturn redis.nosuch", "#!lua name=a\nreturn math.random()",
      "#!lua name=a\nredis.x = 1",
      "#!lua name=a\nredis.register_function()", "#!lua name=a\nredis.register_function(1)",
      "#!lua name=a\nredis.register_function('f')", "#!lua name=a\nredis.register_function('f', 1)",
      "#!lua name=a\nredis.register_function(1, function() end)",
      "#!lua name=a\nredis.register_function('f', 1, 2)",
      "#!lua name=a\nredis.register_function('a b', function() end)",
      "#!lua name=a\nredis.register_function('', function() end)",
      "#!lua name=a\nredis.register_function('f', function() end) redis.register_function('f', function() end)",
      "#!lua name=a\nredis.register_function{function_name = 'f'}",
      "#!lua name=a\nredis.register_function{callback = function() end}",
      "#!lua name=a\nredis.register_function{function_name = 1, callback = function() end}",
      "#!lua name=a\nredis.register_function{function_name = 'f', callback = 1}",
      "#!lua name=a\nredis.register_function{function_name = 'f', callback = function() end, description = 1}",
      "#!lua name=a\nredis.register_function{function_name = 'f', callback = function() end, flags = 1}",
      "#!lua name=a\nredis.register_function{function_name = 'f', callback = function() end, flags = {'x'}}",
      "#!lua name=a\nredis.register_function{function_name = 'f', callback = function() end, x = 1}",
      "#!lua name=a\nredis.register_function{'f'}",
      "#!lua name=a\nredis.log(redis.LOG_NOTICE, redis.REDIS_VERSION) redis.setresp(3)",
      "#!LUA NAME=a\nredis.register_function('f', function() end)",
      // Quotes, as `sdssplitargs` reads them.
      "#!lua name=\"a\"\nredis.register_function('f', function() end)",
      "#!lua \"name=a\"\nredis.register_function('f', function() end)",
      "#!lua name='a'\nredis.register_function('f', function() end)",
      "#!lua name=\"\\x61\"\nredis.register_function('f', function() end)",
      "#!\"lua\" name=a\t\r\nredis.register_function('f', function() end)",
      "#!lua name=a\"\nreturn 1", "#!lua name='a\nreturn 1", "#!lua name='a'x\nreturn 1",
      "#!lua name=\"a\"x\nreturn 1", "#!lua name=a foo=\"b c\"\nreturn 1",
      "#!lua name=\"a\\n\"\nreturn 1", "#! name=test\nreturn 1", "#!\nreturn 1", "#! \nreturn 1",
      "#!\"\nreturn 1", "#!lua name=a\0\nreturn 1",
    ].flatMap { [["FUNCTION", "LOAD", $0], ["FUNCTION", "FLUSH"]] },
    [
      ["EVAL_RO", "#!lua\nreturn 1", "0"], ["EVAL_RO", "#!lua flags=no-writes\nreturn 1", "0"],
      ["EVAL_RO", "return 1", "0"],
    ],
    [
      "#!lua flags=\"no-writes\"\nreturn redis.call('set', 'a', 'b')",
      "#!lua \"flags=no-writes\"\nreturn redis.call('set', 'a', 'b')",
      "#!lua flags='no-writes,allow-oom'\nreturn 1", "#!\"lua\"\nreturn 1",
      "#!lua flags=\nreturn 1",
      "#!lua flags=\"no-writes\nreturn 1", "#!lua flags=\"no-writes\"x\nreturn 1", "#!\nreturn 1",
      "#!lua flags=,\nreturn 1", "#!lua flags=no-writes,\nreturn 1", "#! lua\nreturn 1",
      "#!lua flags=\"no-writes, allow-oom\"\nreturn 1", "#!lua\tflags=no-writes\r\nreturn 1",
      "#!lua foo=\"a b\"\nreturn 1", "#!lua \"", "#!lua\0\nreturn 1",
    ].flatMap { [["EVAL", $0, "0"], ["SCRIPT", "LOAD", $0]] },
  ]

  @Test(arguments: StorageKind.allCases)
  func repliesEqualThoseOfRedis(_ storage: StorageKind) async throws {
    let redis = try RealRedis()
    let folder = try TemporaryFolder()
    let host = try EmbeddedHost(storage: storage.storage(in: folder))
    for sequence in Self.sequences {
      for words in sequence {
        let command = Command(arguments: words.map { Bytes($0.utf8) })
        let expected = try redis.run(command)
        let found = await host.answer(command)
        #expect(found == expected, "\(words)")
      }
      _ = try redis.run(Command("FUNCTION", "FLUSH"))
      _ = await host.answer(Command("FUNCTION", "FLUSH"))
    }
    await host.close()
  }

  @Test func aLibraryThatLoadsForEverIsStopped() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let reply = await host.answer(Command("FUNCTION", "LOAD", "#!lua name=a\nwhile true do end"))
    guard case .error(let error) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(error.message == "Error registering functions: ERR FUNCTION LOAD timeout")
    #expect(try await host.run(.eval("return 1")) == .integer(1))
  }
}
