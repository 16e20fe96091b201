import EmbeddedRedis
import RedisScripting
import Testing

/// Streams in the nodes that Redis lays them out in: what `~` trims, and what XINFO tells of the tree.
@Suite struct StreamNodeTests {
  private struct Author {
    var random: RandomParityTests.Generator
    /// What each stream was given last, and its ids.
    var milliseconds: [Int: UInt64] = [:]
    var ids: [Int: [String]] = [:]
    var step = 0

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func one<Element>(of choices: [Element]) -> Element {
      choices[number(0..<choices.count)]
    }

    /// Numbers and texts around the lengths at which Redis writes them in another way.
    mutating func value() -> String {
      switch number(0..<9) {
      case 0, 1:
        one(of: [
          "0", "127", "128", "-1", "4095", "4096", "-4096", "-4097", "32767", "32768", "8388607",
          "8388608", "2147483647", "2147483648", "-2147483649", "9223372036854775807",
          "9223372036854775808", "01", "-0", "+1",
        ])
      case 2...5: String(repeating: "x", count: number(0..<80))
      case 6: String(repeating: "y", count: one(of: [62, 63, 64, 65, 125, 126, 127, 128, 200]))
      case 7: String(repeating: "z", count: number(0..<1200))
      default:
        number(0..<5) == 0
          ? String(repeating: "w", count: one(of: [4090, 4095, 4096, 5000, 16380, 16383])) : "v"
      }
    }

    mutating func add(_ stream: Int) -> [String] {
      let last = milliseconds[stream] ?? one(of: [1, 1000, 1 << 40])
      let next =
        Bool.random(using: &random) ? last : last + one(of: [0, 1, 1, 5, 300, 70000, 1 << 33])
      milliseconds[stream] = next
      let id = "\(next)-\(step)"
      ids[stream, default: []].append(id)
      var words = ["XADD", "s\(stream)"]
      switch number(0..<100) {
      case 0...2: words += ["MAXLEN", "~", "\(number(0..<300))"]
      case 3: words += ["MAXLEN", "\(number(0..<300))"]
      case 4: words += ["MINID", "~", known(stream)]
      default: break
      }
      words.append(id)
      let names = one(of: [
        ["a"], ["a", "b"], ["a", "b"], ["f\(number(0..<3))"], ["1", "2"],
        [String(repeating: "long", count: 20), "c"],
      ])
      for name in names { words += [name, value()] }
      return words
    }

    mutating func known(_ stream: Int) -> String {
      let latest = (ids[stream] ?? []).suffix(300)
      return latest.isEmpty ? "0" : one(of: Array(latest))
    }

    mutating func limit() -> [String] {
      number(0..<5) < 2 ? ["LIMIT", one(of: ["0", "50", "100", "150", "300"])] : []
    }

    mutating func next(removals: Int) -> [String] {
      step += 1
      let stream = number(0..<4)
      let key = "s\(stream)"
      guard number(0..<100) < removals else { return add(stream) }
      switch number(0..<20) {
      case 0: return ["XTRIM", key, "MAXLEN", "~", "\(number(0..<400))"] + limit()
      case 1: return ["XTRIM", key, "MAXLEN", "\(number(0..<500))"]
      case 2: return ["XTRIM", key, "MINID", "~", known(stream)] + limit()
      case 3: return ["XTRIM", key, "MINID", known(stream)]
      case 4:
        let target = number(0..<4)
        (ids[target], milliseconds[target]) = (ids[stream], milliseconds[stream])
        return ["COPY", key, "s\(target)", "REPLACE"]
      default: return ["XDEL", key] + (0..<one(of: [1, 2, 30])).map { _ in known(stream) }
      }
    }
  }

  @Test(arguments: [(1, 25), (2, 25), (3, 3), (4, 1)])
  func nodesEqualThoseOfRedis(seed: UInt64, removals: Int) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var author = Author(random: RandomParityTests.Generator(state: seed))
    for _ in 0..<6000 {
      let words = author.next(removals: removals)
      for command in [words, ["XINFO", "STREAM", words[1]]] {
        let command = Command(arguments: command.map { Bytes($0.utf8) })
        let expected = try redis.run(command)
        let found = await host.answer(command)
        guard found == expected else {
          Issue.record("\(words) \(command.name): \(found.summary), not \(expected.summary)")
          return
        }
      }
    }
    await host.close()
  }

  /// A stopped script leaves the nodes as they were.
  @Test func aStoppedScriptLeavesTheNodes() async throws {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(50)
    let host = try EmbeddedHost.open(configuration)
    _ = try await host.run(
      .eval("for i = 1, 250 do redis.call('xadd', 'x', i .. '-0', 'f', ('v'):rep(i)) end"))
    let before = try await host.run(Command("XINFO", "STREAM", "x"))
    #expect(before.array?.dropFirst(3).first != .integer(1))
    let code = await host.answer(
      .eval(
        """
        for i = 251, 500 do redis.call('xadd', 'x', i .. '-0', 'f', ('v'):rep(i)) end
        redis.call('xdel', 'x', '1-0', '120-0') redis.call('xtrim', 'x', 'maxlen', 300)
        redis.call('xtrim', 'x', 'minid', '333') redis.call('xadd', 'x', 'maxlen', '~', 5, '501-0', 'g', 1)
        while true do end
        """))
    guard case .error(let error) = code else {
      Issue.record("not stopped")
      return
    }
    #expect(error.code == "TIMEOUT")
    #expect(try await host.run(Command("XINFO", "STREAM", "x")) == before)
    await host.close()
  }
}
