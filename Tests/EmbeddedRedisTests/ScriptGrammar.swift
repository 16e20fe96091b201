import RedisScripting

/// Whole scripts made at random: they end, most of them compile, and what they see goes into their reply.
struct ScriptGrammar {
  private var numbers: NumberGrammar
  private var commands: CommandGrammar
  private var generator: RandomParityTests.Generator
  /// Locals in scope, the innermost last.
  private var variables: [String] = []
  private var names = 0
  private var loops = 0
  private var functions = 0

  init(seed: UInt64) {
    numbers = NumberGrammar(seed: seed &* 3)
    commands = CommandGrammar(seed: seed &* 5)
    generator = .init(state: seed &* 7)
  }

  /// What every script begins with: `note` keeps a value in one form, with keys in an order of their own.
  static let prelude = """
    local notes = {}
    local function show(v, d)
      if type(v) == 'string' then return string.format('%q', v) end
      if type(v) == 'number' then return string.format('%.17g', v) .. '/' .. v end
      if type(v) == 'function' or type(v) == 'thread' or type(v) == 'userdata' then return type(v) end
      if type(v) ~= 'table' then return tostring(v) end
      if d > 4 then return 'deep' end
      local parts = {}
      for k, e in pairs(v) do parts[#parts + 1] = show(k, d + 1) .. '=' .. show(e, d + 1) end
      table.sort(parts)
      return '{' .. table.concat(parts, ',') .. '}'
    end
    local function note(...)
      if #notes > 1000 then error('enough') end
      for i = 1, select('#', ...) do notes[#notes + 1] = show((select(i, ...)), 0) end
      return ...
    end
    local zero, up, t, print_ = 0, 12, {x = 1.5, y = '7', 3}, nil

    """

  private mutating func pick(_ choices: [String]) -> String {
    choices[Int.random(in: 0..<choices.count, using: &generator)]
  }

  private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  private mutating func newName() -> String {
    names += 1
    return pick(["v", "item", "_x", "goto", "key", "value", "n"])
      + (below(3) == 0 ? "" : "\(names)")
  }

  private mutating func variable() -> String {
    variables.isEmpty || below(6) == 0
      ? pick(["t", "up", "zero", "t.x", "missing", "t.z"])
      : variables[below(variables.count)]
  }

  /// A string constant of any bytes, in one of the ways to write it.
  private mutating func constant(_ bytes: Bytes) -> String {
    let quote = below(2) == 0 ? "'" : "\""
    let text = bytes.map { byte -> String in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x20, 0x2a, 0x3a:
        below(40) == 0 ? "\\\(byte < 100 ? "0" : "")\(byte)" : String(UnicodeScalar(byte))
      default: "\\\(byte < 10 ? "00" : byte < 100 ? "0" : "")\(byte)"
      }
    }
    return quote + text.joined() + quote
  }

  private static let unordered: Set<String> = [
    "SMEMBERS", "SINTER", "SUNION", "SDIFF", "HKEYS", "HVALS", "HGETALL", "SPOP", "SORT", "SORT_RO",
  ]

  private mutating func command() -> (call: String, isOrdered: Bool) {
    while true {
      let words = commands.command()
      let name = String(decoding: words[0], as: UTF8.self)
      // What depends on the order of a hash table is chance.
      if name.hasPrefix("SORT") { continue }
      var parts = words.map { constant($0) }
      if below(10) == 0 { parts[below(parts.count)] = numbers.expression(1) }
      if below(12) == 0, parts.count > 1 {
        parts[1] = pick(["KEYS[1]", "ARGV[1]", "ARGV[2]", "KEYS[9]"])
      }
      let function = pick(["redis.call", "redis.pcall", "redis.pcall"])
      return ("\(function)(\(parts.joined(separator: ", ")))", !Self.unordered.contains(name))
    }
  }

  private mutating func expression(_ depth: Int = 3) -> String {
    switch below(12) {
    case 0...3: return numbers.expression(depth)
    case 4, 5: return variable()
    case 6 where depth > 0: return "{\(list(depth - 1))}"
    case 7 where depth > 0:
      return "{\(pick(["x", "y", "[1]", "['k']"])) = \(expression(depth - 1))}"
    case 8 where depth > 0:
      return "\(variable())\(pick([".x", "[1]", "[2]", ".y.z", ":len()", ":upper()", "(1)"]))"
    case 9 where depth > 0:
      return
        "(function(...) return \(pick(["...", "select('#', ...)", "(...)", "\(expression(depth - 1))"])) end)(\(list(depth - 1)))"
    case 10 where depth > 0: return library(depth - 1)
    default: return pick(["KEYS[1]", "ARGV[1]", "ARGV[2]", "#ARGV", "nil", "true", "false", "''"])
    }
  }

  private mutating func list(_ depth: Int) -> String {
    (0..<below(4)).map { _ in expression(depth) }.joined(separator: ", ")
  }

  private mutating func library(_ depth: Int) -> String {
    switch below(16) {
    case 0: "cjson.decode(cjson.encode(\(expression(depth))))"
    case 1: "cmsgpack.unpack(cmsgpack.pack(\(list(depth))))"
    case 2:
      "pcall(\(pick(["error", "tostring", "unpack", "ipairs", "string.rep"])), \(expression(depth)))"
    case 3: "select(2, pcall(function() return \(expression(depth)) end))"
    case 4:
      pick([
        "redis.error_reply(\(expression(depth)))", "{err = tostring(\(expression(depth)))}",
        "redis.error_reply('\(pick(["-", "", "My "]))' .. tostring(\(expression(depth))))",
      ])
    case 5: "redis.status_reply(\(expression(depth)))"
    case 6: "redis.sha1hex(\(expression(depth)))"
    case 7:
      "string.gsub(string.sub(tostring(\(expression(depth))), 1, 6), '%d', \(pick(["'#'", "function(d) return d * 2 end", "{['1'] = 'one'}", "'%0%0'", "up"])))"
    case 8: "table.concat({\(list(depth))}, \(pick(["','", "''", "1", "nil"])))"
    case 9:
      "setmetatable({}, {__index = function(_, k) return k end, __call = function(_, a) return a end, __concat = function(a, b) return type(a) .. type(b) end, __add = function(a, b) return type(a) .. type(b) end, __mod = function(a, b) return type(b) end, __unm = function() return 'minus' end, __eq = function() return true end, __lt = function() return true end, __le = function() return false end, __tostring = function() return 'shown' end})\(pick(["", " .. \(expression(depth))", " + \(expression(depth))", " % \(expression(depth))", ".x", "(3)"]))"
    case 10: "tostring(\(expression(depth)))"
    case 11: "type(\(expression(depth)))"
    case 12: "(loadstring or load)(\(constant(Bytes("return \(numbers.expression(2))".utf8))))"
    case 13:
      "coroutine.wrap(function(a) a = coroutine.yield(a) return a, \(expression(depth)) end)(\(expression(depth)))"
    case 14: "next({\(expression(depth))})"
    default: numbers.call(depth)
    }
  }

  private mutating func block(_ depth: Int, _ body: String? = nil) -> String {
    let outer = variables
    defer { variables = outer }
    var lines = (0..<1 + below(3)).map { _ in statement(depth) }
    if let body { lines.append(body) }
    return lines.joined(separator: pick(["\n", "\n", "; ", " "]))
  }

  private mutating func statement(_ depth: Int) -> String {
    switch below(depth > 0 ? 20 : 10) {
    case 0, 1:
      let value = expression()
      let name = newName()
      defer { variables.append(name) }
      return below(8) == 0 ? "local \(name)" : "local \(name) = \(value)"
    case 2:
      return "\(variable()), t.w = \(expression()), \(expression())"
    case 3: return "\(variable()) = \(expression())"
    case 4: return "t[\(expression(1))] = \(expression(2))"
    case 5, 6: return "note(\(expression()))"
    case 7, 8:
      let (call, isOrdered) = command()
      return isOrdered ? "note(\(call))" : call
    case 9: return "note(pcall(function() return \(expression()) end))"
    case 10: return "if \(expression(2)) then \(block(depth - 1)) end"
    case 11: return "if \(expression(2)) then \(block(depth - 1)) else \(block(depth - 1)) end"
    case 12 where loops < 2:
      let name = newName()
      let range = pick([
        "1, 3", "3, 1, -1", "0, 1, 0.5", "1, #t", "'1', 2", "1, zero",
        "1, \(numbers.expression(0)) % 4",
      ])
      loops += 1
      variables.append(name)
      defer {
        variables.removeLast()
        loops -= 1
      }
      return "for \(name) = \(range) do if \(name) > 9 then break end \(block(depth - 1)) end"
    case 13 where loops < 2:
      let name = newName()
      loops += 1
      variables.append(name)
      defer {
        variables.removeLast()
        loops -= 1
      }
      let source = pick([
        "ipairs({\(list(1))})", "ipairs(ARGV)", "ipairs(t)", "pairs({\(expression(1))})",
        "string.gmatch('a1b2', '%d')", "ipairs(\(variable()))",
      ])
      return "for \(name)_, \(name) in \(source) do note(\(name)_) \(block(depth - 1)) end"
    case 14 where loops < 2:
      let name = "w\(names)"
      names += 1
      loops += 1
      defer { loops -= 1 }
      if below(2) == 0 {
        return
          "local \(name) = 0 while \(name) < 3 do \(name) = \(name) + 1 \(block(depth - 1)) end"
      }
      return "local \(name) = 0 repeat \(name) = \(name) + 1 \(block(depth - 1)) until \(name) > 2"
    case 15, 16:
      let name = "f\(names)"
      names += 1
      let parameter = newName()
      let outer = (variables, loops)
      variables.append(parameter)
      loops = 2
      functions += 1
      let body = block(depth - 1, below(3) == 0 ? nil : "return \(list(2))")
      (variables, loops) = outer
      functions -= 1
      let text = pick([
        "local function \(name)(\(parameter)) \(body) end",
        "local \(name) = function(\(parameter), ...) \(body) end",
        "function t.\(name)(\(parameter)) \(body) end note(pcall(t.\(name), \(expression(1)))) local \(name) = t.\(name)",
        "local \(name) function \(name)(\(parameter), ...) note(arg and arg.n) \(body) end",
      ])
      variables.append(name)
      return "\(text) note(pcall(\(name), \(expression(1))))"
    case 17: return "note(pcall(function() \(block(depth - 1)) end))"
    case 18: return "do \(block(depth - 1)) end"
    case 19: return "note(pcall(error, \(expression(1))\(pick(["", ", 0", ", 2"]))))"
    default: return "note(\(variable()))"
    }
  }

  /// The end: a reply of any kind, with what was noted.
  private mutating func ending() -> String {
    switch below(14) {
    case 0: "return \(expression())"
    case 1:
      "return {\(list(2)), {\(list(1))}, {ok = \(expression(1))}, {err = \(expression(1))}, notes}"
    // An error that is a table without a text ends a real server.
    case 2:
      "error(\(pick(["'x'", "'a\\nb', 2", "12", "tostring(\(expression(1)))", "{err = 'CODE x'}", "{err = 12}", "{err = tostring(\(expression(1)))}"])))"
    case 3: "return redis.call(\(list(1)))"
    case 4: "return {double = \(expression(1))}"
    case 5: "return {\(expression(1)), \(expression(1)), nil, 3.9, -3.9, '\\0'}"
    case 6: "undefined_\(below(3)) = \(expression(1))"
    case 7: "return \(variable()).x.y"
    case 8: "return \(pick(["redis.call", "redis.pcall"]))('nosuch', \(expression(1)))"
    default: "return notes"
    }
  }

  mutating func script() -> String {
    variables = []
    loops = 0
    let typed = below(6) == 0 ? "redis.setresp(3)\n" : ""
    var lines = (0..<2 + below(6)).map { _ in statement(2) }
    lines.append(ending())
    return Self.prelude + typed + lines.joined(separator: "\n")
  }

  /// A script in which some words stand where they should not.
  mutating func mistake() -> String {
    let script = String(script().dropFirst(Self.prelude.count))
    var words: [String] = []
    for character in script {
      let isWord = character.isLetter || character.isNumber || character == "_"
      if isWord, let last = words.last?.last, last.isLetter || last.isNumber || last == "_" {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
    }
    for _ in 0...below(2) {
      let at = below(words.count)
      switch below(3) {
      case 0: words.remove(at: at)
      case 1:
        words.insert(
          pick([
            "end", "then", "do", "(", ")", "{", "}", "=", "==", "local", "function", "return", "..",
            "...", "break", "'", "\"", "[[", "]]", "--", "\n", "1e", "0x", "3..2", "~", "~=", "and",
            "not", ";", ",", ":", ".", "nil", "@", "$", "\\", "!", "&", "//", "goto", "::", "[=[",
            "%",
            "#", "until", "elseif", "x", "'\\300'", "'\\x41'", "\0", "\u{1}",
          ]), at: at)
      default: words.swapAt(at, below(words.count))
      }
      if words.isEmpty { break }
    }
    return words.joined(separator: below(10) == 0 ? " " : "")
  }
}
