import EmbeddedRedis
import RedisScripting
import Testing

/// Random expressions of numbers and strings beside a Redis server.
///
/// `IRMINSUL_FUZZ_NUMBERS=1000000 IRMINSUL_FUZZ_SEED=7 tools/test --filter NumberParityTests` looks longer.
@Suite struct NumberParityTests {
  @Test func expressionsAgree() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    var grammar = NumberGrammar(seed: FuzzSize.seed)
    let batch = 100
    var differences: [String] = []
    for _ in 0..<(FuzzSize.count("NUMBERS", or: 20_000) / batch) {
      let functions = (0..<batch).map { _ in grammar.function() }
      let script = """
        \(CjsonParityTests.show)local zero, up, t = 0, 12, {x = 1.5, y = '7', 3}
        local r = {}
        for i, f in ipairs({
        \(functions.joined(separator: ",\n"))
        }) do
          local ok, s = pcall(function() return show({pcall(f)}) end)
          r[i] = ok and s or 'cannot be shown'
        end
        return r
        """
      let expected = try redis.run(.eval(script))
      let found = await host.answer(.eval(script))
      guard found != expected else { continue }
      guard let found = found.array, let expected = expected.array else {
        differences.append("\(found.summary), not \(expected.summary)")
        continue
      }
      for (function, (found, expected)) in zip(functions, zip(found, expected)) {
        let (found, expected) = (
          withoutNames(Self.plain(found)), withoutNames(Self.plain(expected))
        )
        if found != expected, !Self.isExplained(function, found, expected) {
          differences.append("\(function): \(found), not \(expected)")
        }
      }
    }
    #expect(
      differences.isEmpty, "\(differences.count)\n\(differences.prefix(40).joined(separator: "\n"))"
    )
  }

  /// What the documentation of scripts says of order and of -0 as a key; and addresses that went through something else.
  private static func isExplained(_ function: String, _ found: String, _ expected: String) -> Bool {
    if function.contains("cjson.encode(t)"), found.utf8.sorted() == expected.utf8.sorted() {
      return true
    }
    if function.contains("next({["), found == expected.replacing("-0", with: "0") { return true }
    let takesAnAddress = function.contains(/tostring\(({}|pcall|t)\)/)
    return takesAnAddress && function.contains(/sha1hex|reverse|#|byte|sub|upper/)
  }

  /// What `show` has made, with the texts that it wrote as digits. Addresses are nobody's business.
  private static func plain(_ reply: Reply) -> String {
    let text = reply.text ?? "?"
    var plain = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "s") {
      plain += rest[..<start]
      let digits = rest[rest.index(after: start)...].prefix { $0.isHexDigit }
      var bytes: [UInt8] = []
      var index = digits.startIndex
      while index < digits.endIndex {
        let next = digits.index(index, offsetBy: 2, limitedBy: digits.endIndex) ?? digits.endIndex
        bytes.append(UInt8(digits[index..<next], radix: 16) ?? 0)
        index = next
      }
      plain += "'\(String(decoding: bytes, as: UTF8.self))'"
      rest = rest[digits.endIndex...]
    }
    plain += rest
    // Of two NaNs the processor keeps one, which one the interpreter's compiler has decided.
    return plain.replacing(/0x[0-9a-f]{6,}/, with: "ADDRESS").replacing("-nan", with: "nan")
  }
}

/// The text without the names of strings that are no numbers: the host knows them only where a line has one
/// operation of the kind, and those of a `..` only where it has no `and` or `or`.
func withoutNames(_ text: String) -> String {
  text.replacing(/(on|concatenate) (?:local|upvalue|global|field) '[^']*' \(a (\w+) value\)/) {
    "\($0.1) a \($0.2) value"
  }
}
