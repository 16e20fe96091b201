import EmbeddedRedis
import RedisScripting
import Testing

/// Random values and texts through `cjson`, against a Redis server.
@Suite struct RandomCjsonTests {
  private typealias Generator = RandomParityTests.Generator

  private static func pick<Element>(_ choices: [Element], _ generator: inout Generator) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  private static func number(_ generator: inout Generator) -> String {
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: "\(Int.random(in: -3...100, using: &generator))"
    case 1: "\(Int.random(in: -(1 << 53)...(1 << 53), using: &generator))"
    case 2:
      "\(Int.random(in: -1_000_000...1_000_000, using: &generator))e\(Int.random(in: -30...30, using: &generator))"
    case 3: "\(Double.random(in: -1000...1000, using: &generator))"
    case 4:
      pick(["1e308", "1e-308", "5e-324", "99999999999999.5", "1e14", "1e15", "0.1"], &generator)
    case 5: "\(Int.random(in: 0...100_000, using: &generator)).0"
    default: "\(Float.random(in: 0...1, using: &generator))"
    }
  }

  private static func bytes(_ generator: inout Generator) -> Bytes {
    let special = Bytes("\"\\/\u{8}\u{c}\n\r\t\0\u{7f}u{}[]".utf8)
    return (0..<Int.random(in: 0...12, using: &generator)).map { _ in
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: pick(special, &generator)
      case 1: UInt8.random(in: 0...255, using: &generator)
      default: UInt8.random(in: 0x61...0x7a, using: &generator)
      }
    }
  }

  // MARK: values as Lua writes them

  private static func luaString(_ generator: inout Generator) -> String {
    let escaped = bytes(&generator).map { byte in
      let digits = String(byte)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
    return "'\(escaped.joined())'"
  }

  /// A table constructor. An object has one key, so that its text does not depend on an order, unless
  /// `manyKeys`.
  private static func luaValue(
    _ generator: inout Generator, depth: Int, manyKeys: Bool
  ) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &generator) {
    case 0: return pick(["true", "false", "cjson.null"], &generator)
    case 1, 2: return number(&generator)
    case 3, 4: return luaString(&generator)
    case 5, 6:
      let elements = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        Int.random(in: 0..<8, using: &generator) == 0
          ? "nil" : luaValue(&generator, depth: depth - 1, manyKeys: manyKeys)
      }
      return "{\(elements.joined(separator: ","))}"
    default:
      let pairs = (0..<(manyKeys ? Int.random(in: 1...5, using: &generator) : 1)).map { _ in
        let key =
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: manyKeys ? "\(Double.random(in: -9...99, using: &generator))" : number(&generator)
          case 1: "\(Int.random(in: 1...14, using: &generator))"
          default: luaString(&generator)
          }
        return "[\(key)]=\(luaValue(&generator, depth: depth - 1, manyKeys: manyKeys))"
      }
      return "{\(pairs.joined(separator: ","))}"
    }
  }

  /// Puts one thing that cannot be written in the place of some element.
  private static func spoilt(_ value: String, _ generator: inout Generator) -> String {
    let places = value.indices.filter { value[$0] == "{" }
    guard !places.isEmpty else { return pick(["1/0", "0/0", "pcall"], &generator) }
    let place = pick(places, &generator)
    let poison = pick(
      ["1/0", "-1/0", "0/0", "pcall", "[true]=1", "[{}]=1", "[1/0]=1", "[99]=1", "[-1/0]=1"],
      &generator)
    return value[...place] + poison + "," + value[value.index(after: place)...]
  }

  private static let settings = """
    cjson.encode_sparse_array(ARGV[2], ARGV[3], ARGV[4])
    cjson.encode_invalid_numbers(ARGV[5])
    cjson.encode_number_precision(ARGV[6])
    cjson.encode_max_depth(ARGV[7])
    cjson.encode_keep_buffer(ARGV[8])
    cjson.decode_invalid_numbers(ARGV[9])
    cjson.decode_max_depth(ARGV[10])

    """

  private static func randomSettings(_ generator: inout Generator) -> [String] {
    [
      pick(["on", "off", "off"], &generator), pick(["0", "1", "2", "2", "5"], &generator),
      pick(["0", "3", "10"], &generator), pick(["off", "off", "on", "null"], &generator),
      "\(Int.random(in: 1...14, using: &generator))", pick(["2", "4", "1000"], &generator),
      pick(["on", "off"], &generator), pick(["on", "off"], &generator),
      pick(["2", "4", "1000"], &generator),
    ]
  }

  private func compare(
    _ source: String, _ subject: Bytes, _ settings: [String], _ redis: RealRedis,
    _ host: EmbeddedHost, _ note: String
  ) async throws {
    let command = Command(
      arguments: [Bytes("EVAL".utf8), Bytes(source.utf8), Bytes("0".utf8), subject]
        + settings.map { Bytes($0.utf8) })
    let expected = try redis.run(command)
    let isSame = await host.answer(command) == expected
    try #require(isSame, "\(note), which is on Redis: \(expected.summary)")
  }

  @Test(arguments: [1, 2] as [UInt64])
  func encodedTextsAgree(seed: UInt64) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var generator = Generator(state: seed)
    let script = """
      \(Self.settings)local value = assert(loadstring('return ' .. ARGV[1]))()
      local _, text = pcall(function() return cjson.encode(value) end)
      return text
      """
    for step in 0..<3000 {
      var value = Self.luaValue(&generator, depth: 5, manyKeys: false)
      if step % 5 == 0 { value = Self.spoilt(value, &generator) }
      // A spoilt object has two keys.
      if step % 5 == 0 && value.contains("[") && value.contains("]=") { continue }
      try await compare(
        script, Bytes(value.utf8), Self.randomSettings(&generator), redis, host,
        "seed \(seed), step \(step): \(value)")
    }
  }

  @Test(arguments: [3, 4] as [UInt64])
  func decodedEncodingsAgree(seed: UInt64) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var generator = Generator(state: seed)
    let script = """
      \(CjsonParityTests.show)\(Self.settings)
      local value = assert(loadstring('return ' .. ARGV[1]))()
      return show({pcall(function() return cjson.decode(cjson.encode(value)) end)})
      """
    for step in 0..<3000 {
      let value = Self.luaValue(&generator, depth: 5, manyKeys: true)
      var settings = Self.randomSettings(&generator)
      // The order of keys decides which of those that round to the same one stays, and which of
      // several failures comes first.
      settings[4] = "14"
      settings[5] = "1000"
      settings[8] = "1000"
      try await compare(
        script, Bytes(value.utf8), settings, redis, host, "seed \(seed), step \(step): \(value)")
    }
  }

  // MARK: texts

  private static func jsonString(_ generator: inout Generator) -> Bytes {
    var text = Bytes("\"".utf8)
    for byte in bytes(&generator) {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0:
        text += Bytes(pick(["\\n", "\\\"", "\\/", "\\\\", "\\b", "\\u00e4"], &generator).utf8)
      case 1:
        text += Bytes(pick(["\\ud83d\\ude00", "\\uD800", "\\udc00", "\\u12"], &generator).utf8)
      default: text.append(byte == 0x22 || byte == 0x5c || byte == 0 ? 0x2e : byte)
      }
    }
    return text + Bytes("\"".utf8)
  }

  private static func json(_ generator: inout Generator, depth: Int) -> Bytes {
    let space = pick(["", "", " ", "\n\t"], &generator)
    switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &generator) {
    case 0:
      return Bytes(
        pick(["true", "false", "null", "nan", "-inf", "0x1f", "1e999"], &generator).utf8)
    case 1: return Bytes((space + number(&generator)).utf8)
    case 2, 3: return jsonString(&generator)
    case 4, 5:
      let elements = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        json(&generator, depth: depth - 1)
      }
      return Bytes("[\(space)".utf8) + elements.joined(separator: Bytes(",".utf8))
        + Bytes("\(space)]".utf8)
    default:
      let pairs = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        jsonString(&generator) + Bytes("\(space):".utf8) + json(&generator, depth: depth - 1)
      }
      return Bytes("{".utf8) + pairs.joined(separator: Bytes(",\(space)".utf8))
        + Bytes("}\(space)".utf8)
    }
  }

  private static func mutated(_ text: Bytes, _ generator: inout Generator) -> Bytes {
    var text = text
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !text.isEmpty {
      let place = Int.random(in: 0..<text.count, using: &generator)
      let byte =
        Bool.random(using: &generator)
        ? pick(Bytes("{}[],:\"\\0-+.eEinftu \0".utf8), &generator)
        : UInt8.random(in: 0...255, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: text.remove(at: place)
      case 1: text.insert(byte, at: place)
      case 2: text[place] = byte
      default: text.removeSubrange(place...)
      }
    }
    return text
  }

  @Test(arguments: [5, 6] as [UInt64])
  func decodedTextsAgree(seed: UInt64) async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var generator = Generator(state: seed)
    let script = """
      \(CjsonParityTests.show)\(Self.settings)
      return show({pcall(function() return cjson.decode(ARGV[1]) end)})
      """
    for step in 0..<6000 {
      var text = Self.json(&generator, depth: 5)
      if step % 3 != 0 { text = Self.mutated(text, &generator) }
      try await compare(
        script, text, Self.randomSettings(&generator), redis, host,
        "seed \(seed), step \(step): \(text)")
    }
  }
}
