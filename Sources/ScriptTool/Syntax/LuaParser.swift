/// Reads the words of a Lua text of any version from 5.1 to 5.4 as statements.
struct LuaParser {
  private(set) var locals: [LuaLocal] = []
  private(set) var features: [LuaFeature] = []

  private let tokens: [LuaToken]
  private var at = 0
  private var scopes: [[String: Int]] = [[:]]
  /// Of the functions around the next word, whether each has `...` in it so far.
  private var usesDots = [false]
  private var depth = 0
  /// As Lua's own limit of nested constructs.
  private static let mostDepth = 190

  init(_ tokens: [LuaToken]) { self.tokens = tokens }

  mutating func chunk() throws(LuaSyntaxError) -> [LuaStatement] {
    let body = try block()
    guard token.kind == .end else { throw unexpected() }
    return body
  }

  // MARK: Words

  private var token: LuaToken { tokens[at] }

  private func isNext(_ text: String) -> Bool {
    (token.kind == .symbol || token.kind == .keyword) && token.text == text
  }

  private mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    at += 1
    return true
  }

  private mutating func expect(_ text: String, opened line: Int? = nil) throws(LuaSyntaxError) {
    guard !take(text) else { return }
    if let line, line != token.line {
      throw LuaSyntaxError(
        line: token.line,
        message: "'\(text)' expected (to close what begins at line \(line)) near \(shown)")
    }
    throw LuaSyntaxError(line: token.line, message: "'\(text)' expected near \(shown)")
  }

  private mutating func name() throws(LuaSyntaxError) -> String {
    guard token.kind == .name else {
      throw LuaSyntaxError(line: token.line, message: "<name> expected near \(shown)")
    }
    at += 1
    return tokens[at - 1].text
  }

  private var shown: String { token.kind == .end ? "<eof>" : "'\(token.text)'" }

  private func unexpected() -> LuaSyntaxError {
    LuaSyntaxError(line: token.line, message: "unexpected symbol near \(shown)")
  }

  private mutating func note(_ name: String, since version: String, line: Int) {
    features.append(LuaFeature(line: line, name: name, since: version))
  }

  /// The end of the word before.
  private var end: Int { at > 0 ? tokens[at - 1].range.upperBound : 0 }

  // MARK: Scopes

  private mutating func declare(_ name: String, _ origin: LuaLocal.Origin, line: Int) -> Int {
    locals.append(LuaLocal(name: name, line: line, origin: origin))
    scopes[scopes.count - 1][name] = locals.count - 1
    return locals.count - 1
  }

  private func local(_ name: String) -> Int? {
    for scope in scopes.reversed() {
      if let number = scope[name] { return number }
    }
    return nil
  }

  private mutating func nested<Result>(
    _ body: (inout LuaParser) throws(LuaSyntaxError) -> Result
  ) throws(LuaSyntaxError) -> Result {
    depth += 1
    guard depth < Self.mostDepth else {
      throw LuaSyntaxError(line: token.line, message: "too many levels of nesting")
    }
    scopes.append([:])
    defer {
      scopes.removeLast()
      depth -= 1
    }
    return try body(&self)
  }

  // MARK: Statements

  private mutating func scopedBlock() throws(LuaSyntaxError) -> [LuaStatement] {
    try nested { (parser) throws(LuaSyntaxError) in try parser.block() }
  }

  private mutating func block() throws(LuaSyntaxError) -> [LuaStatement] {
    var statements: [LuaStatement] = []
    while true {
      while take(";") {}
      if token.kind == .end || ["end", "else", "elseif", "until"].contains(where: isNext) {
        return statements
      }
      let line = token.line
      if take("return") {
        var values: [LuaExpression] = []
        let isOver =
          token.kind == .end || [";", "end", "else", "elseif", "until"].contains(where: isNext)
        if !isOver { values = try expressions() }
        _ = take(";")
        statements.append(LuaStatement(kind: .return(values), line: line))
        return statements
      }
      statements.append(LuaStatement(kind: try statement(line), line: line))
    }
  }

  private mutating func statement(_ line: Int) throws(LuaSyntaxError) -> LuaStatement.Kind {
    if take("if") { return try branches(line) }
    if take("while") {
      let condition = try expression()
      try expect("do")
      let body = try scopedBlock()
      try expect("end", opened: line)
      return .while(condition, body)
    }
    if take("do") {
      let body = try scopedBlock()
      try expect("end", opened: line)
      return .block(body)
    }
    if take("for") { return try loop(line) }
    if take("repeat") {
      return try nested { (parser) throws(LuaSyntaxError) in
        let body = try parser.block()
        try parser.expect("until", opened: line)
        return .repeat(body, try parser.expression())
      }
    }
    if take("function") { return try namedFunction(line) }
    if take("local") {
      if take("function") {
        let name = try name()
        let number = declare(name, .local, line: line)
        return .localFunction(number, try function(named: name, line, hasSelf: false))
      }
      return try localVariables(line)
    }
    if take("break") { return .break }
    if isNext("goto") {
      at += 1
      note("goto", since: "5.2", line: line)
      return .jump(try name())
    }
    if take("::") {
      note("labels", since: "5.2", line: line)
      let name = try name()
      try expect("::")
      return .label(name)
    }
    return try assignmentOrCall()
  }

  private mutating func branches(_ line: Int) throws(LuaSyntaxError) -> LuaStatement.Kind {
    var branches: [LuaStatement.Branch] = []
    repeat {
      let condition = try expression()
      try expect("then")
      branches.append(LuaStatement.Branch(condition: condition, body: try scopedBlock()))
    } while take("elseif")
    var otherwise: [LuaStatement]?
    if take("else") { otherwise = try scopedBlock() }
    try expect("end", opened: line)
    return .if(branches, otherwise)
  }

  private mutating func loop(_ line: Int) throws(LuaSyntaxError) -> LuaStatement.Kind {
    var names = [try name()]
    if take("=") {
      var bounds = [try expression()]
      try expect(",")
      bounds.append(try expression())
      if take(",") { bounds.append(try expression()) }
      try expect("do")
      let (number, body) = try nested { (parser) throws(LuaSyntaxError) in
        let number = parser.declare(names[0], .loop, line: line)
        return (number, try parser.block())
      }
      try expect("end", opened: line)
      return .numericFor(number, bounds, body)
    }
    while take(",") { names.append(try name()) }
    try expect("in")
    let values = try expressions()
    try expect("do")
    let (numbers, body) = try nested { (parser) throws(LuaSyntaxError) in
      let numbers = names.map { parser.declare($0, .loop, line: line) }
      return (numbers, try parser.block())
    }
    try expect("end", opened: line)
    return .genericFor(numbers, values, body)
  }

  private mutating func namedFunction(_ line: Int) throws(LuaSyntaxError) -> LuaStatement.Kind {
    let start = token.range.lowerBound
    var text = try name()
    var target = LuaExpression(
      kind: .name(text, local: local(text)), range: start..<end, line: line)
    var isMethod = false
    while !isMethod, isNext(".") || isNext(":") {
      isMethod = isNext(":")
      at += 1
      let field = try name()
      text += (isMethod ? ":" : ".") + field
      let key = LuaExpression(
        kind: .string(Array(field.utf8)), range: tokens[at - 1].range, line: line)
      target = LuaExpression(kind: .index(target, key), range: start..<end, line: line)
    }
    return .function(target, try function(named: text, line, hasSelf: isMethod))
  }

  private mutating func localVariables(_ line: Int) throws(LuaSyntaxError) -> LuaStatement.Kind {
    var names: [String] = []
    repeat {
      names.append(try name())
      if take("<") {
        note("<\(token.text)> of a local", since: "5.4", line: line)
        _ = try name()
        try expect(">")
      }
    } while take(",")
    let values = take("=") ? try expressions() : []
    return .local(names.map { declare($0, .local, line: line) }, values)
  }

  private mutating func assignmentOrCall() throws(LuaSyntaxError) -> LuaStatement.Kind {
    let first = try suffixed()
    if isNext("=") || isNext(",") {
      var targets = [first]
      while take(",") { targets.append(try suffixed()) }
      try expect("=")
      for target in targets {
        switch target.kind {
        case .name, .index: continue
        default: throw LuaSyntaxError(line: target.line, message: "cannot assign to this")
        }
      }
      return .assignment(targets, try expressions())
    }
    switch first.kind {
    case .call, .method: return .call(first)
    default: throw LuaSyntaxError(line: first.line, message: "syntax error near \(shown)")
    }
  }

  private mutating func function(
    named name: String, _ line: Int, hasSelf: Bool
  ) throws(LuaSyntaxError) -> LuaFunction {
    try nested { (parser) throws(LuaSyntaxError) in
      var parameters: [Int] = []
      if hasSelf { parameters.append(parser.declare("self", .parameter, line: line)) }
      var isVariadic = false
      var arg: Int?
      parser.usesDots.append(false)
      try parser.expect("(")
      if !parser.isNext(")") {
        repeat {
          if parser.take("...") {
            isVariadic = true
            arg = parser.declare("arg", .implicit, line: line)
            break
          }
          let parameter = try parser.name()
          parameters.append(parser.declare(parameter, .parameter, line: line))
        } while parser.take(",")
      }
      try parser.expect(")")
      let body = try parser.block()
      let endLine = parser.token.line
      try parser.expect("end", opened: line)
      let isFilled = !parser.usesDots.removeLast()
      return LuaFunction(
        name: name, parameters: parameters, isVariadic: isVariadic,
        arg: arg.map { ($0, isFilled) }, body: body, line: line, endLine: endLine)
    }
  }

  // MARK: Expressions

  private mutating func expressions() throws(LuaSyntaxError) -> [LuaExpression] {
    var list = [try expression()]
    while take(",") { list.append(try expression()) }
    return list
  }

  /// How strongly an operator binds what is on its left and on its right.
  private static let priorities: [String: (left: Int, right: Int)] = [
    "or": (1, 1), "and": (2, 2), "<": (3, 3), ">": (3, 3), "<=": (3, 3), ">=": (3, 3),
    "~=": (3, 3), "==": (3, 3), "|": (4, 4), "~": (5, 5), "&": (6, 6), "<<": (7, 7),
    ">>": (7, 7), "..": (9, 8), "+": (10, 10), "-": (10, 10), "*": (11, 11), "/": (11, 11),
    "//": (11, 11), "%": (11, 11), "^": (14, 13),
  ]
  private static let newOperators: Set = ["|", "~", "&", "<<", ">>", "//"]

  private mutating func expression(above limit: Int = 0) throws(LuaSyntaxError) -> LuaExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.mostDepth else {
      throw LuaSyntaxError(line: token.line, message: "too many levels of nesting")
    }
    let (start, line) = (token.range.lowerBound, token.line)
    var left: LuaExpression
    if ["not", "-", "#", "~"].contains(where: isNext) {
      let sign = token
      if sign.text == "~" { note("the operator ~", since: "5.3", line: line) }
      at += 1
      let operand = try expression(above: 12)
      left = LuaExpression(kind: .unary(sign, operand), range: start..<end, line: line)
    } else {
      left = try simple()
    }
    while token.kind == .symbol || token.kind == .keyword,
      let priority = Self.priorities[token.text], priority.left > limit
    {
      let sign = token
      if Self.newOperators.contains(sign.text) {
        note("the operator \(sign.text)", since: "5.3", line: sign.line)
      }
      at += 1
      let right = try expression(above: priority.right)
      left = LuaExpression(kind: .binary(left, sign, right), range: start..<end, line: line)
    }
    return left
  }

  private mutating func simple() throws(LuaSyntaxError) -> LuaExpression {
    let word = token
    let kind: LuaExpression.Kind
    switch (word.kind, word.text) {
    case (.number, let text): kind = .number(text)
    case (.string(let bytes), _): kind = .string(bytes)
    case (.keyword, "nil"): kind = .nil
    case (.keyword, "true"): kind = .boolean(true)
    case (.keyword, "false"): kind = .boolean(false)
    case (.symbol, "..."):
      kind = .vararg
      usesDots[usesDots.count - 1] = true
    case (.symbol, "{"): return try table()
    case (.keyword, "function"):
      at += 1
      let function = try function(named: "", word.line, hasSelf: false)
      return LuaExpression(
        kind: .function(function), range: word.range.lowerBound..<end, line: word.line)
    default: return try suffixed()
    }
    at += 1
    return LuaExpression(kind: kind, range: word.range, line: word.line)
  }

  private mutating func suffixed() throws(LuaSyntaxError) -> LuaExpression {
    let (start, line) = (token.range.lowerBound, token.line)
    var result: LuaExpression
    if take("(") {
      let inner = try expression()
      try expect(")", opened: line)
      result = LuaExpression(kind: .parenthesised(inner), range: start..<end, line: line)
    } else if token.kind == .name {
      let name = try name()
      result = LuaExpression(
        kind: .name(name, local: local(name)), range: start..<end, line: line)
    } else {
      throw unexpected()
    }
    while true {
      let here = token.line
      let kind: LuaExpression.Kind
      if take(".") {
        let field = try name()
        let key = LuaExpression(
          kind: .string(Array(field.utf8)), range: tokens[at - 1].range, line: here)
        kind = .index(result, key)
      } else if take("[") {
        let key = try expression()
        try expect("]", opened: here)
        kind = .index(result, key)
      } else if take(":") {
        let method = try name()
        kind = .method(result, method, try arguments())
      } else if isNext("(") || isNext("{") || isString {
        kind = .call(result, try arguments())
      } else {
        return result
      }
      result = LuaExpression(kind: kind, range: start..<end, line: here)
    }
  }

  private var isString: Bool {
    if case .string = token.kind { true } else { false }
  }

  private mutating func arguments() throws(LuaSyntaxError) -> [LuaExpression] {
    if isString { return [try simple()] }
    if isNext("{") { return [try table()] }
    let line = token.line
    try expect("(")
    if take(")") { return [] }
    let list = try expressions()
    try expect(")", opened: line)
    return list
  }

  private mutating func table() throws(LuaSyntaxError) -> LuaExpression {
    let (start, line) = (token.range.lowerBound, token.line)
    try expect("{")
    var fields: [LuaExpression.Field] = []
    while !isNext("}") {
      if take("[") {
        let key = try expression()
        try expect("]")
        try expect("=")
        fields.append(LuaExpression.Field(key: key, value: try expression()))
      } else if token.kind == .name, tokens[at + 1].kind == .symbol, tokens[at + 1].text == "=" {
        let key = LuaExpression(
          kind: .string(Array(token.text.utf8)), range: token.range, line: token.line)
        at += 2
        fields.append(LuaExpression.Field(key: key, value: try expression()))
      } else {
        fields.append(LuaExpression.Field(key: nil, value: try expression()))
      }
      guard take(",") || take(";") else { break }
    }
    try expect("}", opened: line)
    return LuaExpression(kind: .table(fields), range: start..<end, line: line)
  }
}
