import EmbeddedRedis
import RedisScripting
import Testing

/// Random calls of `bit` and `struct`, valid and not, against a Redis server.
@Suite struct RandomLibraryTests {
  private typealias Generator = RandomParityTests.Generator

  private static func pick<Element>(_ choices: [Element], _ generator: inout Generator) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  private static let numbers = [
    "0", "1", "-1", "0.5", "-0.5", "1.5", "2.5", "127", "128", "255", "256", "-128", "-129",
    "65535",
    "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296", "2^51",
    "2^52", "2^53", "-2^53", "2^53+2", "2^62", "2^63", "-2^63", "2^64", "-2^64", "1e300", "-1e300",
    "1/0", "-1/0", "0/0", "'12'", "'0x10'", "1e-300", "3.4e38", "3.5e38", "1e-45", "0.1",
    "16777217",
    "9007199254740993", "123456789012345678",
  ]

  private static func value(_ generator: inout Generator) -> String {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: pick(["nil", "true", "{}", "'abc'", "''", "'x y'", "pcall", "cjson.null"], &generator)
    case 1: "\(Int.random(in: -10...40, using: &generator))"
    case 2: "\(Int.random(in: -(1 << 53)...(1 << 53), using: &generator))"
    case 3: "\(Double.random(in: -1e10...1e10, using: &generator))"
    default: pick(numbers, &generator)
    }
  }

  /// Runs all `calls` as one script on both and compares call by call.
  private func compare(_ calls: [String], _ redis: RealRedis, _ host: EmbeddedHost) async throws {
    let functions = calls.map { "function() return \($0) end" }.joined(separator: ",\n")
    let script = """
      \(CjsonParityTests.show)local r = {}
      for i, f in ipairs({\(functions)}) do r[i] = show({pcall(f)}) end
      return r
      """
    let expected = try #require(try redis.run(.eval(script)).array)
    let found = try #require(try await host.run(.eval(script)).array)
    for (call, (found, expected)) in zip(calls, zip(found, expected)) {
      #expect(found.text == expected.text, "\(call)")
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func bitOperationsAgree(seed: UInt64) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var generator = Generator(state: seed)
    let names = [
      "tobit", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap",
      "tohex",
    ]
    for _ in 0..<50 {
      let calls = (0..<100).map { _ in
        let name = Self.pick(names, &generator)
        let values = (0..<Self.pick([0, 1, 2, 2, 2, 3], &generator)).map { _ in
          Self.value(&generator)
        }
        return "bit.\(name)(\(values.joined(separator: ", ")))"
      }
      try await compare(calls, redis, host)
    }
  }

  private static func format(_ generator: inout Generator) -> String {
    (0..<Int.random(in: 0...5, using: &generator)).map { _ in
      switch Int.random(in: 0..<10, using: &generator) {
      case 0: pick(["<", ">", "=", " ", "!", "!1", "!2", "!4", "!16", "!3", "!0"], &generator)
      case 1: pick(["i", "I"], &generator) + "\(Int.random(in: 0...33, using: &generator))"
      case 2: "c\(Int.random(in: 0...6, using: &generator))"
      case 3: pick(["i99999999999", "c2147483647", "c2147483648", "!1073741824"], &generator)
      case 4: pick(["z", "?", "9", "\\200", "%", "c", "x", "i", "I"], &generator)
      default:
        pick(["b", "B", "h", "H", "l", "L", "T", "f", "d", "s", "x", "i", "I", "c"], &generator)
      }
    }.joined()
  }

  @Test(arguments: [3, 4] as [UInt64])
  func packedStructuresAgree(seed: UInt64) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var generator = Generator(state: seed)
    for _ in 0..<80 {
      let calls = (0..<100).map { _ in
        let format = Self.format(&generator)
        let values = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
          Self.value(&generator)
        }
        return "struct.pack(\((["'\(format)'"] + values).joined(separator: ", ")))"
      }
      try await compare(calls, redis, host)
    }
  }

  @Test(arguments: [5, 6] as [UInt64])
  func unpackedStructuresAgree(seed: UInt64) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var generator = Generator(state: seed)
    for _ in 0..<80 {
      let calls = (0..<100).map { step in
        let format = Self.format(&generator)
        if step % 8 == 0 { return "struct.size('\(format)')" }
        let data = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
          "\\\(Self.pick([0, 1, 2, 3, 5, 127, 128, 255, 51], &generator))"
        }
        let start = step % 3 == 0 ? ", \(Self.value(&generator))" : ""
        return "struct.unpack('\(format)', '\(data.joined())'\(start))"
      }
      try await compare(calls, redis, host)
    }
  }

  /// Sequences of what fits together come back as they went in.
  @Test func structuresComeBack() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    let calls = [
      "struct.unpack('d', struct.pack('d', 0 * -1.0))",
      "struct.unpack('>f', struct.pack('>f', 0.1))",
      "struct.unpack('bc0', struct.pack('bc0', 3, 'abc'))", "struct.unpack('sc0', '2\\0abc')",
      "struct.unpack('dc0', struct.pack('d', -0.5) .. 'abc')",
      "struct.unpack('dc0', struct.pack('d', 0/0) .. 'abc')",
      "struct.unpack('bc0', '\\255abc')", "struct.unpack('c0', 'abc')", "struct.pack('s', 3.0)",
      "struct.pack('s', 10/2)", "struct.pack(3.0)", "struct.pack()", "struct.unpack('b')",
      "struct.unpack()", "struct.size()", "struct.size('b', 1)", "struct.pack('s', 'a\\0b')",
      "struct.unpack(string.rep('b', 7000), string.rep('a', 7000)) + 0",
      "select('#', struct.unpack(string.rep('b', 7996), string.rep('a', 8000)))",
      "select('#', struct.unpack(string.rep('b', 7997), string.rep('a', 8000)))",
      "select('#', struct.unpack(string.rep('b', 9000), string.rep('a', 9000)))",
      "struct:size('b')", "struct:pack('b')", "struct.unpack('b', {})", "struct.unpack({}, 'b')",
    ]
    try await compare(calls, redis, host)
  }
}
