import EmbeddedRedis
import Foundation
import RedisScripting
import Testing

/// Scripts and inputs made at random: whatever they do, the process and the host live on.
///
/// `IRMINSUL_FUZZ_ROUNDS=100 tools/test --sanitize address --filter ScriptFuzzTests` looks longer.
@Suite struct ScriptFuzzTests {
  private typealias Generator = RandomParityTests.Generator

  private static let rounds =
    UInt64(ProcessInfo.processInfo.environment["IRMINSUL_FUZZ_ROUNDS"] ?? "") ?? 1

  private static func host() throws -> EmbeddedHost {
    var configuration = EmbeddedConfiguration(storage: .memory)
    configuration.scriptTimeLimit = .milliseconds(100)
    configuration.scriptMemoryLimit = 32 << 20
    return try EmbeddedHost.open(configuration)
  }

  private static func pick<Element>(_ choices: [Element], _ generator: inout Generator) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  private static func bytes(_ limit: Int, _ generator: inout Generator) -> Bytes {
    (0..<Int.random(in: 0...limit, using: &generator)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
  }

  private static func eval(_ source: Bytes, _ arguments: Bytes...) -> Command {
    Command(arguments: [Bytes("EVAL".utf8), source, Bytes("0".utf8)] + arguments)
  }

  private func expectAlive(_ host: EmbeddedHost) async throws {
    let script = "return cjson.encode({struct.unpack('>I2', struct.pack('>I2', 258))})"
    #expect(try await host.run(.eval(script)).text == "[258,3]")
  }

  @Test func randomBytesAsScripts() async throws {
    var generator = Generator(state: 1)
    for _ in 0..<Self.rounds {
      let host = try Self.host()
      for _ in 0..<2000 {
        var source = Self.bytes(200, &generator)
        // Lua's byte code begins so.
        if Bool.random(using: &generator) { source = Bytes("\u{1b}LuaT\0".utf8) + source }
        _ = await host.answer(Self.eval(source))
        _ = await host.answer(
          Self.eval(Bytes("return {pcall(load(ARGV[1]) or tostring, ARGV[1])}".utf8), source))
      }
      try await expectAlive(host)
    }
  }

  private static let functions = [
    "cjson.encode", "cjson.decode", "cjson.new", "cjson.encode_sparse_array",
    "cjson.encode_max_depth", "cjson.decode_max_depth", "cjson.encode_number_precision",
    "cjson.encode_keep_buffer", "cjson.encode_invalid_numbers", "cjson.decode_invalid_numbers",
    "struct.pack", "struct.unpack", "struct.size", "bit.tohex", "bit.rol", "bit.band", "unpack",
    "pcall", "xpcall", "error", "tostring", "tonumber", "select", "next", "pairs", "rawset",
    "rawget",
    "setmetatable", "getmetatable", "load", "type", "redis.call", "redis.pcall", "redis.sha1hex",
    "redis.error_reply", "redis.status_reply", "redis.log", "redis.setresp", "string.rep",
    "string.format", "string.gsub", "string.find", "string.byte", "string.char", "string.sub",
    "table.concat", "table.insert", "table.remove", "table.sort", "table.foreach", "table.maxn",
    "math.random", "math.floor", "math.fmod", "math.frexp", "math.ldexp", "coroutine.wrap",
    "coroutine.create", "coroutine.resume", "coroutine.yield", "collectgarbage",
    "(function(...) return ... end)",
    "(function(f) return coroutine.wrap(f) end)",
  ]

  private static func literal(_ generator: inout Generator) -> String {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: "\(Int.random(in: -3...300, using: &generator))"
    case 1:
      pick(["1/0", "0/0", "2^31", "-2^63", "2^53", "1e300", "0.5", "nil", "true"], &generator)
    case 2: "'\(bytes(12, &generator).map { "\\\($0)\($0 < 100 ? " " : "")" }.joined())'"
    case 3:
      pick(
        [
          "'[1,{\"a\":[null]}]'", "'{\"a\":\"\\\\ud83d\\\\ude00\"}'", "'>I4c0!8dsi16'", "'%s%d%q'",
          "'(.-)%f[%w]%b()'", "'hset'", "'get'", "'k'", "'*'", "'off'", "'null'", "cjson.null",
        ], &generator)
    case 4: pick(functions, &generator)
    default:
      pick(["{}", "ARGV", "KEYS", "t", "s", "t.x", "string", "_G", "cjson", "redis"], &generator)
    }
  }

  private static func expression(_ generator: inout Generator, depth: Int) -> String {
    guard depth > 0 else { return literal(&generator) }
    switch Int.random(in: 0..<8, using: &generator) {
    case 0, 1, 2, 3:
      let arguments = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        expression(&generator, depth: depth - 1)
      }
      return "\(pick(functions, &generator))(\(arguments.joined(separator: ", ")))"
    case 4:
      let elements = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        expression(&generator, depth: depth - 1)
      }
      return "{\(elements.joined(separator: ", "))}"
    case 5:
      return "{[\(expression(&generator, depth: depth - 1))] = "
        + "\(expression(&generator, depth: depth - 1))}"
    case 6: return "function(...) return \(expression(&generator, depth: depth - 1)), ... end"
    default: return literal(&generator)
    }
  }

  @Test func randomCalls() async throws {
    var generator = Generator(state: 2)
    for _ in 0..<Self.rounds {
      let host = try Self.host()
      for _ in 0..<2000 {
        let lines = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
          let value = Self.expression(&generator, depth: 4)
          return switch Int.random(in: 0..<4, using: &generator) {
          case 0: "t[#t + 1] = \(value)"
          case 1: "pcall(function() t.x = \(value) end)"
          case 2: "pcall(function() s = tostring(\(value)) end)"
          default: "t[#t + 1] = {pcall(function() return \(value) end)}"
          }
        }
        let source = "local t, s = {}, ''\n\(lines.joined(separator: "\n"))\nreturn {t, s}"
        _ = await host.answer(Self.eval(Bytes(source.utf8), Bytes("a".utf8)))
      }
      try await expectAlive(host)
    }
  }

  @Test func randomInputs() async throws {
    var generator = Generator(state: 3)
    let json = Bytes("{}[],:\"\\0123u.eE+-intfalsdr \0\u{1}/".utf8)
    let format = Bytes("<>=! bBhHlLTfdsxiIc0123456789".utf8)
    for _ in 0..<Self.rounds {
      let host = try Self.host()
      for _ in 0..<4000 {
        let text = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
          Self.pick(json, &generator)
        }
        let form = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
          Self.pick(format, &generator)
        }
        let script = """
          local text, form, data = unpack(ARGV)
          pcall(cjson.decode, text)
          pcall(cjson.decode, data)
          pcall(cjson.decode, '"' .. text .. '"')
          pcall(cjson.decode, '["' .. data .. '"]')
          local ok, value = pcall(cjson.decode, '[' .. text .. ']')
          if ok then cjson.encode_invalid_numbers(true) cjson.encode(value) end
          cjson.encode({[text] = data, form})
          pcall(struct.size, form)
          pcall(struct.unpack, form, data)
          pcall(struct.unpack, form, data, #text)
          pcall(struct.pack, form, #text, text, #data, data, form, 1, 2)
          """
        _ = try await host.run(
          Self.eval(Bytes(script.utf8), text, form, Self.bytes(80, &generator)))
      }
      try await expectAlive(host)
    }
  }
}
