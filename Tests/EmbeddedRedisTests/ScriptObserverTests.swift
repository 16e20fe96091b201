import EmbeddedRedis
import RedisScripting
import Testing

/// What those who watch scripts are told.
@Suite struct ScriptObserverTests {
  @Test func callsAreObserved() async throws {
    let calls = Locked<[ObservedCall]>([])
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.observer = { call in calls.withLock { $0.append(call) } }
    let host = try EmbeddedHost.open(configuration)
    _ = await host.answer(
      .eval(
        """
        redis.call('set', 'k', 1.5)
        local function f() return redis.pcall('incr', 'k') end
        f()
        redis.call('get', 'k')
        """))
    let seen = calls.withLock { $0 }
    #expect(
      seen.map { $0.arguments.map { String(decoding: $0, as: UTF8.self) } }
        == [["set", "k", "1.5"], ["incr", "k"], ["get", "k"]])
    #expect(seen.map(\.line) == [1, 2, 4])
    #expect(seen.map(\.reply.text) == ["OK", nil, "1.5"])
    guard case .error(let error) = seen[1].reply else {
      Issue.record("\(seen[1].reply)")
      return
    }
    #expect(error.message == "value is not an integer or out of range")
    #expect(seen.allSatisfy { $0.duration > .zero })
  }

  @Test func linesAndLocalsAreSeen() async throws {
    let lines = Locked<[Int]>([])
    let locals = Locked<[ScriptPause.Variable]>([])
    let values = Locked<[String]>([])
    let stack = Locked<[ScriptPause.Frame]>([])
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.hook = ScriptHook(events: .lines) { pause in
      let line = pause.frame()?.line ?? 0
      lines.withLock { $0.append(line) }
      guard line == 5 else { return .goOn }
      locals.withLock { $0 = pause.locals() }
      stack.withLock { $0 = pause.stack }
      for expression in ["a + 1", "t.x, #t", "outer", "redis.call('get', 'k')", "nosuch", "1 +"] {
        do throws(ScriptEvaluationError) {
          let found = try pause.evaluate(expression)
          values.withLock { $0.append(found.map(\.literal).joined(separator: " ")) }
        } catch {
          values.withLock { $0.append("error") }
        }
      }
      return .goOn
    }
    let host = try EmbeddedHost.open(configuration)
    let reply = try await host.run(
      .eval(
        """
        redis.call('set', 'k', 'v')
        local outer = 'o'
        local function f(a)
          local t = {1, 'z', x = {true}}
          return a .. outer
        end
        return (f(3))
        """))
    #expect(reply.text == "3o")
    #expect(lines.withLock { $0 } == [1, 2, 6, 7, 4, 5])
    #expect(
      locals.withLock { $0 }.map { "\($0.name) = \($0.value.literal)" }
        == ["a = 3", "t = {1, \"z\", x = {true}}"])
    #expect(
      values.withLock { $0 } == ["4", "{true} 2", "\"o\"", "\"v\"", "error", "error"])
    let frames = stack.withLock { $0 }
    #expect(frames.first?.firstLine == 3)
    #expect(frames.filter { !$0.isNative }.map(\.line) == [5, 7])
  }

  @Test func aHookCountsAndStops() async throws {
    let count = Locked(0)
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.hook = ScriptHook(events: .instructions, interval: 100) { _ in
      count.withLock { count in
        count += 1
        return count < 50 ? .goOn : .stop
      }
    }
    let host = try EmbeddedHost.open(configuration)
    guard
      case .error(let error) = await host.answer(
        .eval("pcall(function() while true do end end) return 1"))
    else {
      Issue.record("not stopped")
      return
    }
    #expect(error.code == "STOPPED")
    #expect(count.withLock { $0 } == 50)
    count.withLock { $0 = 0 }
    #expect(try await host.run(.eval("return 1")) == .integer(1))
  }

  @Test func theTimeLimitHoldsBesideAHook() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(100)
    configuration.hook = ScriptHook(
      events: [.lines, .calls, .returns, .instructions], interval: 1
    ) { _ in .goOn }
    let host = try EmbeddedHost.open(configuration)
    guard case .error(let error) = await host.answer(.eval("while true do end")) else {
      Issue.record("not stopped")
      return
    }
    #expect(error.code == "TIMEOUT")
  }
}
