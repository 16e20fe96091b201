import EmbeddedRedis
import RedisScripting
import Testing

/// Random scripts beside a Redis server: equal replies, errors and keyspaces.
///
/// `IRMINSUL_FUZZ_SCRIPTS=100000 IRMINSUL_FUZZ_SEED=7 tools/test --filter RandomScriptTests` looks longer.
@Suite struct RandomScriptTests {
  private static func eval(_ script: String) -> Command {
    Command(
      arguments: ["EVAL", script, "2", "k1", "k2", "7", "a\0b", "-3.5"].map { Bytes($0.utf8) })
  }

  /// The reply as text; where a table or a function lies in memory is nobody's business.
  private static func plain(_ reply: Reply) -> String {
    withoutNames("\(reply.shown)".replacing(/0[xX][0-9a-fA-F]{6,}/, with: "ADDRESS"))
      // Of two NaNs the processor keeps one, which one the interpreter's compiler has decided.
      .replacing("-nan", with: "nan")
  }

  @Test func scriptsAgree() async throws {
    let redis = try RealRedis()
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.replyLimit = 64 << 20
    let host = try EmbeddedHost.open(configuration)
    var grammar = ScriptGrammar(seed: FuzzSize.seed)
    var differences: [String] = []
    let count = FuzzSize.count("SCRIPTS", or: 2000)
    for step in 0..<count {
      let script = grammar.script()
      guard step >= FuzzSize.first else { continue }
      guard let reply = try? redis.run(Self.eval(script)) else {
        Issue.record("Redis has ended\n\(script)")
        return
      }
      let expected = Self.plain(reply)
      let found = Self.plain(await host.answer(Self.eval(script)))
      if found != expected {
        let shown = script.dropFirst(ScriptGrammar.prelude.count)
        differences.append("--- \(step)\n\(shown)\n--- \(found)\n--- not \(expected)")
      }
      guard step % 10 == 9 || found != expected else { continue }
      for number in 0..<5 where found == expected {
        let key = "k\(number)"
        let type = try redis.run(Command("TYPE", key)).text ?? ""
        let content = CommandFuzzTests.content(key, type) ?? Command("TYPE", key)
        let expected = CommandFuzzTests.normalized(try redis.run(content), content.arguments)
        let found = CommandFuzzTests.normalized(await host.answer(content), content.arguments)
        if found != expected {
          differences.append("--- \(step): \(key) is \(found.summary), not \(expected.summary)")
        }
      }
      for command in [Command("FLUSHALL"), Command("SCRIPT", "FLUSH")] {
        _ = try redis.run(command)
        _ = await host.answer(command)
      }
    }
    #expect(
      differences.isEmpty,
      "\(differences.count) of \(count)\n\(differences.prefix(20).joined(separator: "\n").replacing("\0", with: "\\0"))"
    )
  }

  /// Scripts that mostly do not compile: equal messages.
  @Test func mistakesAgree() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var grammar = ScriptGrammar(seed: FuzzSize.seed &+ 1)
    var differences: [String] = []
    let batch = 50
    let count = FuzzSize.count("SCRIPTS", or: 5000)
    let script = """
      local r = {}
      for i = 1, #ARGV do
        local f, message = loadstring(ARGV[i], '@text')
        r[i] = f and 'fine' or message
      end
      return r
      """
    for _ in 0..<max(1, count / batch) {
      let texts = (0..<batch).map { _ in grammar.mistake() }
      let command = Command(arguments: (["EVAL", script, "0"] + texts).map { Bytes($0.utf8) })
      let expected = try redis.run(command)
      let found = await host.answer(command)
      guard let found = found.array, let expected = expected.array else {
        differences.append("\(found.summary), not \(expected.summary)")
        continue
      }
      for (text, (found, expected)) in zip(texts, zip(found, expected)) where found != expected {
        differences.append(
          "--- \(String(reflecting: text))\n--- \(found.summary)\n--- not \(expected.summary)")
      }
    }
    #expect(
      differences.isEmpty,
      "\(differences.count) of \(count)\n\(differences.prefix(20).joined(separator: "\n"))")
  }
}

extension Reply {
  /// The whole reply as text.
  fileprivate var shown: String {
    switch self {
    case .bytes(let bytes): "\"\(String(decoding: bytes, as: UTF8.self))\""
    case .array(let elements): "[\(elements.map(\.shown).joined(separator: ", "))]"
    default: "\(self)"
    }
  }
}
