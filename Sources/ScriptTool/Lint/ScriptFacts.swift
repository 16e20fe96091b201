import EmbeddedRedis
import RedisScripting

/// What the rules ask of a script: what its variables hold, and which commands it calls.
struct ScriptFacts {
  /// A `redis.call` or `redis.pcall`.
  struct CommandCall {
    let expression: LuaExpression
    let arguments: [LuaExpression]
    /// nil where the name is not written in the script.
    let name: String?

    var line: Int { expression.line }

    /// The words, nil where they are not written in the script.
    var words: [Bytes?] {
      arguments.map { argument in
        switch argument.kind {
        case .string(let bytes): bytes
        case .number(let text): Bytes(text.utf8)
        case .unary(let sign, let operand):
          if sign.text == "-", case .number(let text) = operand.kind {
            Bytes("-\(text)".utf8)
          } else {
            nil
          }
        default: nil
        }
      }
    }

    /// Whether more words may follow than are written.
    var isOpen: Bool {
      switch arguments.last?.kind {
      case .call, .method, .vararg: true
      default: false
      }
    }

    /// Whether the reply has an element for each of the words after the key or the name: false for what is not there.
    var answersEachWord: Bool { name.map { ["HMGET", "MGET", "ZMSCORE"].contains($0) } ?? false }

    /// Whether such a reply has an element of this number, counted from 1.
    func hasElement(_ number: Int) -> Bool {
      let before = name == "MGET" ? 1 : 2
      // Of the words of an open call one must be there, or the command fails.
      return number >= 1
        && number <= max(arguments.count - before - (isOpen ? 1 : 0), isOpen ? 1 : 0)
    }
  }

  /// Where a value comes from.
  enum Origin: Equatable {
    case keys
    case elsewhere(String)
    case unknown
  }

  let chunk: LuaChunk
  private(set) var calls: [CommandCall] = []
  private var callsByPlace: [Range<Int>: CommandCall] = [:]
  /// All values that a local is given; nil for one that is not known.
  private var values: [Int: [LuaExpression?]] = [:]
  private var parameters: [Int: (function: Int, position: Int)] = [:]
  private var sites: [Int: [[LuaExpression]]] = [:]
  /// Functions that are used as values, whose callers are not known.
  private var escaped: Set<Int> = []
  /// The lines of local functions that the script never comes to, such as some of what it includes.
  private var unreached: [ClosedRange<Int>] = []

  init(_ chunk: LuaChunk) {
    self.chunk = chunk
    var values: [Int: [LuaExpression?]] = [:]
    var parameters: [Int: (function: Int, position: Int)] = [:]
    var sites: [Int: [[LuaExpression]]] = [:]
    var uses: [Int: Int] = [:]
    var called: [Int: Int] = [:]
    var candidates: [(LuaExpression, LuaExpression, [LuaExpression])] = []
    func bind(_ function: LuaFunction, to number: Int) {
      for (at, parameter) in function.parameters.enumerated() {
        parameters[parameter] = (number, at)
      }
    }
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      switch statement.kind {
      case .local(let names, let list):
        for (at, name) in names.enumerated() {
          guard at < list.count else {
            // Of a call with several results the later ones are not known.
            if !list.isEmpty { values[name, default: []].append(nil) }
            continue
          }
          values[name, default: []].append(list[at])
          if case .function(let function) = list[at].kind { bind(function, to: name) }
        }
      case .localFunction(let name, let function):
        values[name, default: []].append(nil)
        bind(function, to: name)
      case .assignment(let targets, let list):
        for (at, target) in targets.enumerated() {
          if case .name(_, let number?) = target.kind {
            values[number, default: []].append(at < list.count ? list[at] : nil)
            uses[number, default: 0] -= 1
          }
        }
      case .numericFor(let name, _, _): values[name, default: []].append(nil)
      case .genericFor(let names, let list, _):
        for (at, name) in names.enumerated() {
          // for _, key in ipairs(KEYS)
          if at == 1, case .call(_, let arguments)? = list.first?.kind, let table = arguments.first
          {
            let element = LuaExpression(
              kind: .index(table, LuaExpression(kind: .nil, range: table.range, line: table.line)),
              range: table.range, line: table.line)
            values[name, default: []].append(element)
          } else {
            values[name, default: []].append(nil)
          }
        }
      default: break
      }
    }
    visitor.onExpression = { expression in
      switch expression.kind {
      case .name(_, let number?): uses[number, default: 0] += 1
      case .call(let function, let arguments):
        candidates.append((expression, function, arguments))
        if case .name(_, let number?) = function.kind {
          sites[number, default: []].append(arguments)
          called[number, default: 0] += 1
        }
      default: break
      }
    }
    visitor.visit(chunk.body)
    self.values = values
    self.parameters = parameters
    self.sites = sites
    escaped = Set(uses.filter { $0.value > called[$0.key, default: 0] }.keys)
    unreached = Self.unreached(in: chunk)
    for (expression, function, arguments) in candidates where isRedisCall(function) {
      var name: String?
      if case .string(let bytes)? = arguments.first?.kind {
        name = String(decoding: bytes, as: UTF8.self).uppercased()
      }
      let call = CommandCall(expression: expression, arguments: arguments, name: name)
      calls.append(call)
      callsByPlace[expression.range] = call
    }
  }

  /// Whether the script may come to a line.
  func isReached(_ line: Int) -> Bool { !unreached.contains { $0.contains(line) } }

  /// Local functions that nothing names which the script comes to.
  private static func unreached(in chunk: LuaChunk) -> [ClosedRange<Int>] {
    var named: [Int: LuaFunction] = [:]
    // Which locals each of them uses; the script itself is none.
    var uses: [Int?: Set<Int>] = [:]
    var open: [(function: LuaFunction, number: Int?)] = []
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      if case .localFunction(let number, let function) = statement.kind { named[number] = function }
    }
    visitor.onExpression = { expression in
      if case .name(_, let number?) = expression.kind {
        uses[open.last { $0.number != nil }?.number, default: []].insert(number)
      }
    }
    visitor.onFunction = { function in
      let number = named.first {
        $0.value.line == function.line && $0.value.endLine == function.endLine
      }
      open.append((function, number?.key))
    }
    visitor.afterFunction = { _ in open.removeLast() }
    visitor.visit(chunk.body)
    var reached = uses[nil] ?? []
    var rest = Array(reached)
    while let number = rest.popLast() {
      for other in uses[number] ?? [] where reached.insert(other).inserted { rest.append(other) }
    }
    return named.filter { !reached.contains($0.key) }.map { $0.value.line...$0.value.endLine }
  }

  /// The only value that a local is ever given.
  func onlyValue(of expression: LuaExpression) -> LuaExpression? {
    guard case .name(_, let number?) = expression.kind, let list = values[number], list.count == 1
    else { return nil }
    return list[0]
  }

  /// All values of a local, where all are known.
  func allValues(of expression: LuaExpression) -> [LuaExpression]? {
    guard case .name(_, let number?) = expression.kind, let list = values[number], !list.isEmpty
    else { return nil }
    let known = list.compactMap { $0 }
    return known.count == list.count ? known : nil
  }

  /// Whether an expression is a global, or a local that is only ever that.
  func isGlobal(_ expression: LuaExpression, _ name: String) -> Bool {
    switch expression.kind {
    case .name(let own, nil): own == name
    case .name: onlyValue(of: expression).map { isGlobal($0, name) } ?? false
    case .parenthesised(let inner): isGlobal(inner, name)
    default: false
    }
  }

  /// `library.name`, or a local that is only ever that.
  func isField(_ expression: LuaExpression, of library: String, _ name: String) -> Bool {
    switch expression.kind {
    case .index(let table, let key):
      if case .string(let bytes) = key.kind {
        isGlobal(table, library) && bytes == Bytes(name.utf8)
      } else {
        false
      }
    case .name: onlyValue(of: expression).map { isField($0, of: library, name) } ?? false
    default: false
    }
  }

  private func isRedisCall(_ function: LuaExpression) -> Bool {
    isField(function, of: "redis", "call") || isField(function, of: "redis", "pcall")
  }

  /// The command that an expression is the reply of.
  func command(of expression: LuaExpression) -> CommandCall? {
    switch expression.kind {
    case .call: callsByPlace[expression.range]
    case .parenthesised(let inner): command(of: inner)
    default: nil
    }
  }

  /// The command that is called at a place of the text.
  func call(at place: Range<Int>) -> CommandCall? { callsByPlace[place] }

  /// The commands that an expression, or every value of a local, is the reply of.
  func commands(of expression: LuaExpression) -> [CommandCall] {
    if let command = command(of: expression) { return [command] }
    guard let values = allValues(of: expression) else { return [] }
    let commands = values.compactMap { command(of: $0) }
    return commands.count == values.count ? commands : []
  }

  /// Where a key comes from.
  func origin(of expression: LuaExpression) -> Origin {
    var seen: Set<Int> = []
    return origin(of: expression, &seen)
  }

  private func origin(of expression: LuaExpression, _ seen: inout Set<Int>) -> Origin {
    switch expression.kind {
    case .string(let bytes):
      return .elsewhere("\(ReplyText.quoted(bytes)) is written in the script")
    case .number(let text): return .elsewhere("\(text) is written in the script")
    case .parenthesised(let inner): return origin(of: inner, &seen)
    case .index(let table, _):
      if isGlobal(table, "KEYS") { return .keys }
      if isGlobal(table, "ARGV") { return .elsewhere("it comes from ARGV") }
      if let call = commands(of: table).first {
        return .elsewhere("it comes from the reply of \(call.name ?? "a command")")
      }
      return .unknown
    case .call(let function, let arguments):
      if let call = command(of: expression) {
        return .elsewhere("it is the reply of \(call.name ?? "a command")")
      }
      if isGlobal(function, "tostring"), let first = arguments.first {
        return origin(of: first, &seen)
      }
      return .unknown
    case .binary(let left, let sign, let right):
      switch sign.text {
      case "..": return .elsewhere("it is put together in the script")
      case "and": return origin(of: right, &seen)
      case "or":
        let (first, second) = (origin(of: left, &seen), origin(of: right, &seen))
        if case .elsewhere = first { return first }
        return second == .keys ? first : second
      default: return .unknown
      }
    case .name(_, let number?):
      guard seen.insert(number).inserted else { return .keys }
      var found: [Origin] = []
      if let (function, position) = parameters[number] {
        guard !escaped.contains(function), let sites = sites[function] else { return .unknown }
        found += sites.map { arguments in
          position < arguments.count ? origin(of: arguments[position], &seen) : .unknown
        }
      }
      found += (values[number] ?? []).map { $0.map { origin(of: $0, &seen) } ?? .unknown }
      if let foreign = found.first(where: { if case .elsewhere = $0 { true } else { false } }) {
        return foreign
      }
      return found.contains(.unknown) || found.isEmpty ? .unknown : .keys
    default: return .unknown
    }
  }
}
