import EmbeddedRedis
import Foundation
import RedisScripting
import Testing

/// Texts that mostly do not compile, beside a Redis server: equal messages.
///
/// `IRMINSUL_FUZZ_TEXTS=1000000 IRMINSUL_FUZZ_SEED=7 tools/test --filter TranslationFuzzTests` looks longer.
@Suite struct TranslationFuzzTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "lua")

  /// Which of two limits a nest comes to first is the compiler's business.
  private static func isTooDeep(_ reply: Reply) -> Bool {
    guard case .error(let error) = reply else { return false }
    return error.message.contains("chunk has too many syntax levels")
      || error.message.contains("function or expression too complex")
  }

  /// Each loop over an iterator has a hidden variable more than in 5.1.
  private static func hasManyLoops(_ text: Bytes, _ found: Reply) -> Bool {
    guard case .error(let error) = found else { return false }
    return error.message.contains("too many local variables")
      && String(decoding: text, as: UTF8.self).split(separator: " in ").count > 40
  }

  @Test func textsAgree() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var mutator = try SourceMutator(seed: FuzzSize.seed, folder: Self.folder)
    let count = FuzzSize.count("TEXTS", or: 3000)
    var differences: [String] = []
    var compiled = 0
    for step in 0..<count {
      let text = mutator.text()
      let command = Command(arguments: [Bytes("SCRIPT".utf8), Bytes("LOAD".utf8), text])
      let expected = try redis.run(command)
      let found = await host.answer(command)
      if case .bytes = expected { compiled += 1 }
      if found != expected, !(Self.isTooDeep(found) && Self.isTooDeep(expected)),
        !Self.hasManyLoops(text, found)
      {
        differences.append(
          "--- \(step) \(String(decoding: text.prefix(2000), as: UTF8.self))\n--- \(found.summary)\n--- not \(expected.summary)"
        )
      }
      guard step % 500 == 499 else { continue }
      _ = try redis.run(Command("SCRIPT", "FLUSH"))
      _ = await host.answer(Command("SCRIPT", "FLUSH"))
    }
    // Neither all nor nothing is a mistake.
    #expect(compiled > count / 20 && compiled < count)
    #expect(
      differences.isEmpty,
      "\(differences.count) of \(count)\n\(differences.prefix(20).joined(separator: "\n").replacing("\0", with: "\\0"))"
    )
  }
}
