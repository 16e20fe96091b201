import EmbeddedRedis
import Foundation
import RedisScripting
import ScriptTool
import Testing

/// The parser takes what Lua takes, and nothing else but what later versions have: Redis' Lua is the referee.
@Suite struct LuaParserTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lua").standardizedFileURL.path

  private static func texts() throws -> [Bytes] {
    var texts: [Bytes] = []
    for folder in [Self.folder, "\(Self.folder)/lib", "\(Self.folder)/spec"] {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      where name.hasSuffix(".lua") {
        texts.append(Bytes(try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
      }
    }
    return texts
  }

  /// Whether Lua compiles a text; its message if it does not.
  private static func refusal(of text: Bytes, _ host: EmbeddedHost) async throws -> String? {
    do {
      _ = try await host.run(
        Command(arguments: [Bytes("SCRIPT".utf8), Bytes("LOAD".utf8), text]))
      return nil
    } catch HostError.refused(_, _, let error) {
      return error.message
    }
  }

  /// Whether the parser takes a text, and as one of 5.1.
  private static func isParsed(_ text: Bytes) -> Bool {
    guard let chunk = try? LuaChunk(text) else { return false }
    return chunk.features.isEmpty
  }

  @Test func takesWhatIsThere() throws {
    let texts = try Self.texts()
    #expect(texts.count > 40)
    for text in texts { _ = try LuaChunk(text) }
  }

  /// What Lua finds when the words stand in the right order, and a parser alone does not.
  private static let otherRules = [
    "outside a loop", "no visible label", "already defined", "outside a vararg", "too many",
    "attempt to assign to const", "unknown attribute", "jumps into the scope", "malformed number",
    "upvalues", "registers", "control structure too long", "invalid escape", "hexadecimal digit",
    "decimal escape", "missing '{' in", "UTF-8 value", "multiple to-be-closed", "no loop to break",
    // Where 5.1 is stricter than what came later.
    "ambiguous syntax", "near ';'",
  ]

  @Test func agreesWithLuaOnTextsWithAMistake() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let texts = try Self.texts().filter { $0.count < 12_000 }
    let words = [
      "end", "(", ")", "{", "}", "=", ",", "local", "function", "return", "if", "then", "do", "..",
      "not", "x", "1", "'s'", "...", ":", ".", "[", "]", "and", "::", "~=", "~", "<", ";",
      "elseif", "else", "until", "repeat", "for", "in", "nil", "//", "--[[", "]]", "\"",
    ]
    var random = Seeded(state: 20_261_126)
    var refused = 0
    for round in 0..<1500 {
      let text = texts[round % texts.count]
      let tokens = try LuaChunk(text).tokens.dropLast()
      let token = tokens[Int.random(in: 0..<tokens.count, using: &random)]
      let word = Bytes((words.randomElement(using: &random) ?? "").utf8)
      let space: Bytes = [0x20]
      var changed = Bytes(text[..<token.range.lowerBound])
      switch Int.random(in: 0..<3, using: &random) {
      case 0: break
      case 1: changed += space + word + space
      default: changed += space + word + space + text[token.range]
      }
      changed += text[token.range.upperBound...]
      let refusal = try await Self.refusal(of: changed, host)
      if let refusal, Self.otherRules.contains(where: refusal.contains) { continue }
      if refusal != nil { refused += 1 }
      #expect(
        Self.isParsed(changed) == (refusal == nil),
        "\(refusal ?? "Lua takes it"), at \(token.line): \(String(decoding: word, as: UTF8.self))")
    }
    // Both sides of the question were asked.
    #expect(refused > 500 && refused < 1450)
    await host.close()
  }

  @Test func saysWhere() throws {
    for (text, line) in [
      ("return (1", 1), ("x = \n\n= 2", 3), ("if x then\nlocal y = 1\n", 3), ("local s = 'a\n'", 1),
      ("--[[ never closed\n\n", 1), ("a.b:c = 1", 1), ("local 1 = 2", 1),
    ] {
      #expect(throws: LuaSyntaxError.self) { try LuaChunk(Bytes(text.utf8)) }
      do throws(LuaSyntaxError) {
        _ = try LuaChunk(Bytes(text.utf8))
      } catch {
        #expect(error.line == line, "\(text): \(error)")
      }
    }
    // Nesting has an end before the stack has.
    let deep = String(repeating: "(", count: 100_000)
    #expect(throws: LuaSyntaxError.self) { try LuaChunk(Bytes("return \(deep)".utf8)) }
    let negated = String(repeating: "not ", count: 100_000)
    #expect(throws: LuaSyntaxError.self) { try LuaChunk(Bytes("return \(negated)x".utf8)) }
  }

  @Test func readsStringsAsLuaDoes() async throws {
    let host = try EmbeddedHost(storage: .memory)
    for literal in [
      #"'a\tb\n\\\'"'"#, #""\65\066\0x""#, "[[\nline\n]]", "[==[ ]] ]==]", "'\\\nx'",
      "''",
    ] {
      let text = Bytes("return \(literal)".utf8)
      let reply = try await host.run(
        Command(arguments: [Bytes("EVAL".utf8), text, Bytes("0".utf8)]))
      var found: Bytes?
      if case .return(let values) = try LuaChunk(text).body[0].kind,
        case .string(let bytes) = values[0].kind
      {
        found = bytes
      }
      #expect(reply == .bytes(found ?? [0xff]), "\(literal)")
    }
    await host.close()
  }

  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }
}
