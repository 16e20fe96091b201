import EmbeddedRedis
import Foundation
import RedisScripting

/// Looks at scripts without running them.
///
/// A comment `-- lint: allow RULE reason` on a line, or alone on the line before, says that the finding there is meant.
package struct ScriptLinter {
  private let text: ScriptText
  private let facts: ScriptFacts
  private var findings: [LintFinding] = []

  /// The findings in a script and in what it includes, in the order of its text.
  package static func findings(in text: ScriptText) -> [LintFinding] {
    let chunk: LuaChunk
    do throws(LuaSyntaxError) {
      chunk = try LuaChunk(Bytes(text.source.utf8))
    } catch {
      let line = text.lines[max(0, min(error.line, text.lines.count) - 1)]
      return [LintFinding(rule: .syntax, line: line, message: error.message)]
    }
    var linter = ScriptLinter(text: text, facts: ScriptFacts(chunk))
    linter.look()
    let allowed = allowances(in: chunk, text)
    var seen: Set<LintFinding> = []
    return linter.findings.enumerated()
      .filter {
        !(allowed[$1.line]?.contains($1.rule.rawValue) ?? false) && seen.insert($1).inserted
      }
      .sorted {
        ($0.element.line.file, $0.element.line.number, $0.offset) < (
          $1.element.line.file, $1.element.line.number, $1.offset
        )
      }
      .map(\.element)
  }

  /// The scripts at some places: files as they are, of folders each `*.lua` in them that is no spec.
  package static func scripts(_ places: [String]) throws(ScriptToolError) -> [String] {
    var paths: [String] = []
    var isFolder: ObjCBool = false
    for place in places {
      guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
        throw .unreadable(path: place, reason: "there is no such file")
      }
      guard isFolder.boolValue else {
        paths.append(place)
        continue
      }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
      paths += names.filter { $0.hasSuffix(".lua") && !$0.hasSuffix("_spec.lua") }.sorted()
        .map { ScriptText.join(place, $0) }
    }
    return paths
  }

  private init(text: ScriptText, facts: ScriptFacts) {
    self.text = text
    self.facts = facts
  }

  private static func allowances(
    in chunk: LuaChunk, _ text: ScriptText
  ) -> [ScriptLine: Set<String>] {
    var allowed: [ScriptLine: Set<String>] = [:]
    for comment in chunk.comments {
      guard comment.text.contains("lint: allow "),
        let match = comment.text.firstMatch(of: #/^--+\s*lint: allow ([a-z, -]+)/#)
      else {
        continue
      }
      let rules = Set(match.1.split { ", ".contains($0) }.map(String.init))
      let isAlone = text.lines[comment.line - 1].text.drop { $0 == " " || $0 == "\t" }.hasPrefix(
        "--")
      let target = isAlone ? comment.line : comment.line - 1
      if text.lines.indices.contains(target) {
        allowed[text.lines[target], default: []].formUnion(rules)
      }
    }
    return allowed
  }

  private mutating func add(_ rule: LintRule, _ line: Int, _ message: String) {
    guard text.lines.indices.contains(line - 1) else { return }
    findings.append(LintFinding(rule: rule, line: text.lines[line - 1], message: message))
  }

  private mutating func look() {
    lookAtCommands()
    lookAtGlobals()
    lookAtVersions()
    lookAtLoops()
    lookAtHeader()
    lookAtReplies()
  }

  // MARK: Commands

  private mutating func lookAtCommands() {
    let replicates = facts.chunk.tokens.contains { $0.text == "replicate_commands" }
    let writes = facts.calls.contains { $0.name.flatMap { CommandFacts($0) }?.writes == true }
    for call in facts.calls {
      guard let name = call.name else { continue }
      guard let command = CommandFacts(name) else {
        add(.command, call.line, "Redis has no command \(name)")
        continue
      }
      if command.isBarred { add(.command, call.line, "scripts may not run \(name)") }
      let count = call.arguments.count
      // The last argument of an open call may be any number of words.
      let isRight = call.isOpen ? command.acceptsAtLeast(count - 1) : command.accepts(count)
      if !isRight {
        add(
          .command, call.line, "\(name) does not take \(count - 1) argument\(count == 2 ? "" : "s")"
        )
      }
      if Self.changing.contains(name), writes, !replicates {
        add(
          .nondeterministic, call.line,
          "\(name) answers something else each time, and the script writes: a server before Redis 5 "
            + "repeats the script on its replicas")
      }
      lookAtKeys(call, command)
    }
  }

  private static let changing: Set = [
    "TIME", "RANDOMKEY", "SRANDMEMBER", "SPOP", "HRANDFIELD", "ZRANDMEMBER", "LASTSAVE",
  ]

  private mutating func lookAtKeys(_ call: ScriptFacts.CommandCall, _ command: CommandFacts) {
    var words = call.words
    // What an open call has besides is none of these.
    let known = call.isOpen ? words.count - 1 : words.count
    if call.isOpen { words.append(nil) }
    for position in command.keyPositions(in: words) where position < known {
      if case .elsewhere(let reason) = facts.origin(of: call.arguments[position]) {
        add(
          .undeclaredKey, call.arguments[position].line,
          "the key of \(call.name ?? "a command") is not one of KEYS: \(reason)")
      }
    }
  }

  // MARK: Globals and versions

  private static let globals: Set = [
    "KEYS", "ARGV", "redis", "cjson", "cmsgpack", "bit", "struct", "string", "table", "math",
    "coroutine", "os", "type", "tostring", "tonumber", "pairs", "ipairs", "next", "select",
    "unpack",
    "error", "assert", "pcall", "xpcall", "rawget", "rawset", "rawequal", "setmetatable",
    "getmetatable", "load", "loadstring", "collectgarbage", "_G", "_VERSION", "setfenv", "getfenv",
    "newproxy", "gcinfo", "server",
  ]

  private mutating func lookAtGlobals() {
    var found: [(Int, String)] = []
    var targets: Set<Range<Int>> = []
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      var set: [LuaExpression] = []
      if case .assignment(let list, _) = statement.kind { set = list }
      if case .function(let target, _) = statement.kind { set = [target] }
      for target in set {
        if case .name(let name, nil) = target.kind {
          targets.insert(target.range)
          found.append((target.line, "sets the global \(name): write `local`"))
        } else if case .index(let table, _) = target.kind, case .name(let name, nil) = table.kind,
          Self.libraries.contains(name)
        {
          found.append((target.line, "changes \(name), which is the server's and read-only"))
        }
      }
    }
    visitor.onExpression = { expression in
      switch expression.kind {
      case .name(let name, nil):
        if !Self.globals.contains(name), !targets.contains(expression.range) {
          found.append((expression.line, "there is no global \(name) in a script"))
        }
      case .index(let table, let key):
        if case .name("os", nil) = table.kind, case .string(let bytes) = key.kind,
          bytes != Bytes("clock".utf8)
        {
          let name = String(decoding: bytes, as: UTF8.self)
          found.append((expression.line, "there is no os.\(name) in a script, only os.clock"))
        }
      default: break
      }
    }
    visitor.visit(facts.chunk.body)
    for (line, message) in found { add(.global, line, message) }
  }

  private static let libraries: Set = [
    "redis", "cjson", "cmsgpack", "bit", "struct", "string", "table", "math", "coroutine", "os",
  ]

  private static let newFunctions: [String: String] = [
    "table.pack": "5.2", "table.unpack": "5.2", "table.move": "5.3", "string.pack": "5.3",
    "string.unpack": "5.3", "string.packsize": "5.3", "math.tointeger": "5.3", "math.type": "5.3",
    "math.ult": "5.3", "math.maxinteger": "5.3", "math.mininteger": "5.3",
    "coroutine.isyieldable": "5.3", "coroutine.close": "5.4",
  ]
  private static let oldFunctions: Set = [
    "table.getn", "table.setn", "table.foreach", "table.foreachi", "string.gfind", "math.mod",
  ]
  private static let oldGlobals: Set = ["setfenv", "getfenv", "newproxy", "gcinfo"]
  private static let newGlobals = ["utf8": "5.3", "rawlen": "5.2", "warn": "5.4", "_ENV": "5.2"]

  private mutating func lookAtVersions() {
    for feature in facts.chunk.features {
      add(.version, feature.line, "\(feature.name) is Lua \(feature.since): Redis has 5.1")
    }
    var found: [(Int, String)] = []
    var filled: [Int: Bool] = [:]
    var visitor = LuaVisitor()
    visitor.onFunction = { function in
      if let arg = function.arg { filled[arg.local] = arg.isFilled }
    }
    visitor.onExpression = { expression in
      switch expression.kind {
      case .name("arg", let number?):
        guard let isFilled = filled[number] else { return }
        found.append(
          (
            expression.line,
            isFilled
              ? "the table arg of functions with ... is gone from Lua since 5.2"
              : "arg is nil in a function that has ... in it, and gone from Lua since 5.2"
          ))
      case .index(let table, let key):
        guard case .name(let library, nil) = table.kind, case .string(let bytes) = key.kind else {
          return
        }
        let name = "\(library).\(String(decoding: bytes, as: UTF8.self))"
        if let version = Self.newFunctions[name] {
          found.append((expression.line, "\(name) is Lua \(version): Redis has 5.1"))
        } else if Self.oldFunctions.contains(name) {
          found.append((expression.line, "\(name) is gone from Lua since 5.1"))
        }
      case .name(let name, nil):
        if let version = Self.newGlobals[name] {
          found.append((expression.line, "\(name) is Lua \(version): Redis has 5.1"))
        } else if Self.oldGlobals.contains(name) {
          found.append((expression.line, "\(name) is gone from Lua since 5.2"))
        }
      default: break
      }
    }
    visitor.visit(facts.chunk.body)
    for (line, message) in found { add(.version, line, message) }
  }

  // MARK: Loops

  private mutating func lookAtLoops() {
    for call in facts.calls where call.name == "KEYS" {
      add(
        .loop, call.line,
        "KEYS walks over every key of the server: use SCAN from the client, or a set of names")
    }
    var found: [(Int, String)] = []
    let facts = facts
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      switch statement.kind {
      case .while(let condition, let body):
        if case .boolean(true) = condition.kind, !Self.leaves(body) {
          found.append((statement.line, "a loop with no way out: it has no break, return or error"))
        } else if let name = Self.commands(in: [condition], facts).first {
          found.append((statement.line, "goes on for as long as \(name) answers: count the rounds"))
        } else if case .boolean(true) = condition.kind, let name = Self.scan(in: body, facts) {
          found.append(
            (statement.line, "goes on to the end of \(name): let the client take its steps"))
        }
      case .repeat(let body, let condition):
        if case .boolean(false) = condition.kind, !Self.leaves(body) {
          found.append((statement.line, "a loop with no way out: it has no break, return or error"))
        } else if let name = Self.scan(in: body, facts) {
          found.append(
            (statement.line, "goes on to the end of \(name): let the client take its steps"))
        }
      case .genericFor(_, let values, _):
        for value in values {
          if case .call(_, let arguments) = value.kind, let table = arguments.first,
            let name = Self.unbounded(table, facts)
          {
            found.append(
              (statement.line, "goes over all that \(name) answers, however much that is"))
          }
        }
      case .numericFor(_, let bounds, _):
        if bounds.count > 1, case .unary(let sign, let table) = bounds[1].kind, sign.text == "#",
          let name = Self.unbounded(table, facts)
        {
          found.append((statement.line, "goes over all that \(name) answers, however much that is"))
        }
      default: break
      }
    }
    visitor.visit(facts.chunk.body)
    for (line, message) in found { add(.loop, line, message) }
  }

  /// Whether a loop's body may leave it.
  private static func leaves(_ body: [LuaStatement]) -> Bool {
    var leaves = false
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      switch statement.kind {
      case .break, .return, .jump: leaves = true
      default: break
      }
    }
    visitor.onExpression = { expression in
      if case .call(let function, _) = expression.kind, case .name("error", nil) = function.kind {
        leaves = true
      }
    }
    visitor.visit(body)
    return leaves
  }

  private static func commands(in expressions: [LuaExpression], _ facts: ScriptFacts) -> [String] {
    var names: [String] = []
    var visitor = LuaVisitor()
    visitor.onExpression = { expression in
      if let call = facts.command(of: expression) { names.append(call.name ?? "a command") }
    }
    visitor.visit(expressions)
    return names
  }

  private static func scan(in body: [LuaStatement], _ facts: ScriptFacts) -> String? {
    var found: String?
    var visitor = LuaVisitor()
    visitor.onExpression = { expression in
      if let name = facts.command(of: expression)?.name,
        ["SCAN", "HSCAN", "SSCAN", "ZSCAN"].contains(name)
      {
        found = found ?? name
      }
    }
    visitor.visit(body)
    return found
  }

  /// The command whose reply a table is, where that may have any size.
  private static func unbounded(_ table: LuaExpression, _ facts: ScriptFacts) -> String? {
    for call in facts.commands(of: table) {
      guard let name = call.name else { continue }
      let words = call.words.dropFirst().map { $0.map { String(decoding: $0, as: UTF8.self) } }
      switch name {
      case "SMEMBERS", "HGETALL", "HKEYS", "HVALS", "SUNION", "SINTER", "SDIFF": return name
      case "LRANGE", "ZRANGE", "ZREVRANGE":
        if words.count >= 3, words[1] == "0", words[2] == "-1" { return name }
      case "XRANGE", "XREVRANGE": if !call.isOpen, words.count <= 3 { return name }
      default: break
      }
    }
    return nil
  }

  // MARK: KEYS, ARGV and replies

  private mutating func lookAtHeader() {
    let (header, path) = (text.header, text.path)
    var used: Set<Int> = []
    var usesAll = false
    var found: [(LintRule, Int, String)] = []
    let facts = facts
    var lists: Set<Range<Int>> = []
    var visitor = LuaVisitor()
    visitor.onExpression = { expression in
      switch expression.kind {
      case .unary(let sign, let operand) where sign.text == "#": lists.insert(operand.range)
      case .index(let table, let key):
        for name in ["KEYS", "ARGV"] where facts.isGlobal(table, name) {
          if case .name(_, nil) = table.kind { lists.insert(table.range) }
          guard case .number(let digits) = key.kind, let number = Int(digits) else {
            if name == "KEYS" { usesAll = true }
            continue
          }
          if number == 0 {
            found.append(
              (.zeroIndex, expression.line, "\(name)[0] is nil: the first is \(name)[1]"))
          } else if name == "KEYS" {
            used.insert(number)
            if header.namesKeys, !header.hasMoreKeys, number > header.keys.count,
              facts.isReached(expression.line)
            {
              found.append(
                (
                  .header, expression.line,
                  "KEYS[\(number)], and the header of \(path) names \(header.keys.count)"
                ))
            }
          } else if header.namesArguments, !header.hasMoreArguments, number > header.argumentCount,
            facts.isReached(expression.line)
          {
            found.append(
              (
                .header, expression.line,
                "ARGV[\(number)], and the header of \(path) names \(header.argumentCount)"
              ))
          }
        }
      case .name("KEYS", nil):
        if !lists.contains(expression.range) { usesAll = true }
      default: break
      }
    }
    visitor.visit(facts.chunk.body)
    for (rule, line, message) in found { add(rule, line, message) }
    for (line, message) in CountedLoops(facts).findings { add(.zeroIndex, line, message) }
    if header.namesKeys, !usesAll {
      for number in 1...max(1, header.keys.count)
      where number <= header.keys.count && !used.contains(number) {
        add(
          .header, 1,
          "the header names KEYS[\(number)] (\(header.keys[number - 1])), which is not used")
      }
    }
  }

  private mutating func lookAtReplies() {
    let flow = ReplyFlow(facts)
    // In version 3 of the protocol what is absent is nil.
    let isTyped = facts.chunk.tokens.contains { $0.text == "setresp" }
    for finding in flow.findings {
      let name = finding.call.name ?? "a command"
      switch finding.kind {
      case .comparison(let sign, let isElement):
        guard !isTyped else { continue }
        let always = sign == "==" ? "never" : "always"
        let fact =
          isElement
          ? "an element of the reply of \(name) is false where there is nothing"
          : Self.lists.contains(name)
            ? "the reply of \(name) is a table, empty where there is nothing"
            : "the reply of \(name) is false where there is nothing"
        add(.nilReply, finding.line, "\(fact): this is \(always) so")
      case .zeroIndex:
        add(.zeroIndex, finding.line, "the reply of \(name) has its first element at 1")
      }
    }
  }

  /// Commands that answer a list whatever there is.
  private static let lists: Set = [
    "LRANGE", "SMEMBERS", "HGETALL", "HKEYS", "HVALS", "HMGET", "MGET", "SUNION", "SINTER", "SDIFF",
    "ZRANGE", "ZREVRANGE", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "ZRANGEBYLEX", "ZREVRANGEBYLEX",
    "ZMSCORE", "ZPOPMIN", "ZPOPMAX", "XRANGE", "XREVRANGE", "KEYS", "SCAN", "HSCAN", "SSCAN",
    "ZSCAN", "TIME", "SORT", "SMISMEMBER",
  ]
}
