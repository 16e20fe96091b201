/// Expressions of numbers and strings made at random, valid and not: what 5.1 and 5.4 see differently.
struct NumberGrammar {
  var generator: RandomParityTests.Generator

  init(seed: UInt64) { generator = .init(state: seed) }

  /// `zero` is a variable, as 5.1 takes the constants 0 and -0 of one function for the same.
  private static let numbers = [
    "zero", "1", "2", "3", "7", "10", "16", "100", "255", "256", "1000", "0.5", "1.5", "2.5", "0.1",
    ".5", "5.", "3.0", "1e2", "1E+2", "1e-2", "1e13", "1e14", "1e15", "1e16", "1e17", "1e100",
    "1e308", "1e-7", "5e-324", "99999999999999", "100000000000000", "123456789012345",
    "9007199254740992", "9007199254740993", "9223372036854775807", "18446744073709551616",
    "2147483647", "2147483648", "4294967295", "4294967296", "0x10", "0xff", "0xFFFFFFFF",
    "0xffffffffffffffff", "(1/zero)", "(-1/zero)", "(zero/zero)", "(2^53)", "(2^53+1)", "(2^63)",
    "(-2^63)", "(zero*-1)", "math.pi", "math.huge", "#'abc'", "#{1,2}", "-#''",
  ]
  private static let strings = [
    "'10'", "'0x10'", "' 5 '", "'1e2'", "''", "'abc'", "'5x'", "'inf'", "'nan'", "'-0'", "'0x'",
    "'1e'", "'.'", "'0x1p4'", "'1 2'", "'7\\0'", "'1e400'", "'-5'", "'+5'", "'- 5'", "'\\n3\\t'",
    "'ff'", "'zz'", "'1010'", "'a b c'", "'%d'", "'x=1, y=2'", "'\\255\\1'",
  ]
  private static let odd = ["nil", "true", "false", "{}", "print_", "t", "pcall", "cjson.null"]
  private static let binary = [
    "+", "-", "*", "/", "%", "%", "^", "..", "..", "==", "<", "<=", "~=", "and", "or",
  ]
  private static let variables = ["a", "b", "c", "t.x", "t.y", "t[1]", "t[2]", "t['x']", "up"]

  private mutating func pick(_ choices: [String]) -> String {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  private mutating func chance(_ one: Int) -> Bool {
    Int.random(in: 0..<one, using: &generator) == 0
  }

  private mutating func number() -> String {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: "\(Int.random(in: 1...100, using: &generator))"
    case 1: "\(Int.random(in: 1...(1 << 60), using: &generator))"
    case 2: "\(Double.random(in: 0...1000, using: &generator))"
    case 3: pick(Self.strings)
    default: pick(Self.numbers)
    }
  }

  private mutating func atom() -> String {
    switch Int.random(in: 0..<12, using: &generator) {
    case 0...1: pick(Self.variables)
    case 2: pick(Self.strings)
    case 3: chance(3) ? pick(Self.odd) : pick(Self.numbers)
    default: number()
    }
  }

  mutating func expression(_ depth: Int) -> String {
    guard depth > 0 else { return atom() }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0...4:
      return "\(operand(depth)) \(pick(Self.binary)) \(operand(depth))"
    case 5: return "- \(operand(depth))"
    case 6: return "(\(expression(depth - 1)))"
    case 7: return "tostring(\(expression(depth - 1)))"
    case 8: return call(depth - 1)
    default: return atom()
    }
  }

  private mutating func operand(_ depth: Int) -> String {
    let text = expression(depth - 1)
    return chance(2) || text.contains(" ") && chance(2) ? "(\(text))" : text
  }

  private mutating func list(_ counts: ClosedRange<Int>, _ depth: Int) -> String {
    (0..<Int.random(in: counts, using: &generator)).map { _ in expression(depth) }
      .joined(separator: ", ")
  }

  private static let unary = [
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "deg", "exp", "floor", "frexp", "log",
    "log10", "modf", "rad", "sin", "sinh", "sqrt", "tan", "tanh",
  ]
  private static let binaryFunctions = ["atan2", "fmod", "ldexp", "pow", "mod", "max", "min"]
  private static let bits = [
    "tobit", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap",
    "tohex",
  ]
  private static let text = [
    "rep", "sub", "byte", "find", "gsub", "match", "len", "upper", "reverse", "char",
  ]
  private static let patterns = [
    "'.'", "'%d+'", "'(%w)(%s*)'", "'()'", "'^a'", "'c$'", "'[^%s]-'", "'%b()'", "'%f[%w]'", "'('",
    "'%'", "'[a'", "'(.)%1'", "''", "'%z'", "'.-'", "'%x*'",
  ]

  /// One item of a format, with flags, width and precision.
  private mutating func item() -> String {
    var item = "%"
    for _ in 0..<Int.random(in: 0...2, using: &generator) {
      item += pick(["-", "+", " ", "#", "0"])
    }
    if chance(2) { item += pick(["1", "5", "10", "20", "99", "100"]) }
    if chance(3) { item += "." + pick(["", "0", "1", "3", "10", "99", "100"]) }
    return item
      + pick([
        "d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "g", "G", "q", "s", "s", "d", "g", "z",
        "%",
        "a",
      ])
  }

  mutating func call(_ depth: Int) -> String {
    switch Int.random(in: 0..<14, using: &generator) {
    case 0: return "tonumber(\(list(1...1, depth)))"
    case 1:
      return
        "tonumber(\(expression(depth)), \(pick(["2", "8", "10", "16", "36", "1", "37", "2.9"])))"
    case 2: return "math.\(pick(Self.unary))(\(list(0...1, depth)))"
    case 3: return "math.\(pick(Self.unary))(\(number()))"
    case 4: return "math.\(pick(Self.binaryFunctions))(\(list(0...3, depth)))"
    case 5: return "math.\(pick(Self.binaryFunctions))(\(number()), \(number()))"
    case 6: return "bit.\(pick(Self.bits))(\(number()), \(number()))"
    case 7, 8:
      let items = (0..<Int.random(in: 1...3, using: &generator)).map { _ in item() }
      return "string.format('\(items.joined(separator: "|"))', \(list(1...3, depth)))"
    case 9:
      let name = pick(Self.text)
      if ["find", "gsub", "match"].contains(name) {
        let more = name == "gsub" || chance(3) ? ", \(expression(depth))" : ""
        return "string.\(name)(\(expression(depth)), \(pick(Self.patterns))\(more))"
      }
      if name == "rep" {
        return "string.rep(\(atom()), \(pick(["0", "1", "3", "2.9", "-1", "'2'"])))"
      }
      return "string.\(name)(\(list(0...3, depth)))"
    case 10: return "cjson.encode(\(expression(depth)))"
    case 11:
      return "cjson.decode(\(pick(["'[1,2.0,1e2,-0]'", "'12345678901234567890'", "'0.1'"])))[1]"
    case 12: return "cmsgpack.unpack(cmsgpack.pack(\(expression(depth))))"
    default:
      return pick([
        "select('#', \(list(0...3, depth)))", "select(\(list(1...4, depth)))",
        "table.concat({\(list(0...3, depth))}, \(atom()))", "unpack({\(list(0...3, depth))})",
        "table.maxn({\(list(0...3, depth))})", "next({[\(number())] = 1})",
        "#{\(list(0...3, depth))}", "math.max(\(list(1...4, depth)))",
        "struct.unpack('d', struct.pack('d', \(expression(depth))))",
        "redis.sha1hex(\(expression(depth)))", "({[\(number())] = 'v'})[\(number())]",
      ])
    }
  }

  /// A function of no arguments, on one line.
  mutating func function() -> String {
    let values = (0..<3).map { _ in chance(4) ? atom() : number() }.joined(separator: ", ")
    if chance(12) {
      let bounds = [pick(["1", "zero", "0.5", "'1'", "-2"]), pick(["3", "2.9", "'3'", "zero"])]
      let step = chance(2) ? ", \(pick(["1", "0.5", "-1", "2", "'1'", "0.1"]))" : ""
      return "function() local r = '' for i = \(bounds.joined(separator: ", "))\(step) do "
        + "r = r .. i .. ',' .. i * \(number()) end return r end"
    }
    return "function() local a, b, c = \(values) return \(expression(4)) end"
  }
}
