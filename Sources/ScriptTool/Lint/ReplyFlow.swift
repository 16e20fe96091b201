/// Follows the replies of commands through a script's local variables, in the order in which it may run, and finds where
/// one is compared with nil, or looked into at 0.
struct ReplyFlow {
  /// A place where a reply is misused.
  struct Finding {
    enum Kind {
      /// A comparison with nil, which is never or always so.
      case comparison(sign: String, isElement: Bool)
      case zeroIndex
    }

    let kind: Kind
    let line: Int
    let call: ScriptFacts.CommandCall
  }

  /// What a value is that is not nil for sure.
  private enum Origin: Hashable {
    /// The reply of the command that is called there.
    case reply(Range<Int>)
    /// An element of such a reply that has one for each word of the command.
    case element(Range<Int>)
    case constant
  }

  /// All that a value may be; nothing where that is not known.
  private typealias Value = Set<Origin>
  /// What the locals hold; those that it does not have are not known.
  private typealias State = [Int: Value]

  private(set) var findings: [Finding] = []
  private let facts: ScriptFacts
  /// Locals that are assigned after their declaration, and those of them that inner functions assign.
  private var assigned: Set<Int> = []
  private var assignedWithin: Set<Int> = []
  /// nil where the script does not come to.
  private var state: State? = [:]
  private var breaks: [[State?]] = []
  private var returns: [[Value]] = []
  /// What local functions answer.
  private var answers: [Int: Value] = [:]
  private var bounds: [Int: [LuaExpression]] = [:]
  /// Expressions that are compared with false beside what is looked at.
  private var falseTests: Set<String> = []
  /// Rounds of loops that are only to learn what comes back to their beginning.
  private var silent = 0

  private static let mostNested = 5

  init(_ facts: ScriptFacts) {
    self.facts = facts
    noteAssignments()
    run(facts.chunk.body)
  }

  private mutating func noteAssignments() {
    var owners: [Int: Int] = [:]
    var open = [0]
    var count = 0
    var (assigned, within): (Set<Int>, Set<Int>) = ([], [])
    func assign(_ target: LuaExpression) {
      guard case .name(_, let number?) = target.kind else { return }
      assigned.insert(number)
      if owners[number] != open.last { within.insert(number) }
    }
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      switch statement.kind {
      case .local(let names, _), .genericFor(let names, _, _):
        for name in names { owners[name] = open.last }
      case .localFunction(let name, _), .numericFor(let name, _, _): owners[name] = open.last
      case .assignment(let targets, _):
        for target in targets { assign(target) }
      case .function(let target, _): assign(target)
      default: break
      }
    }
    visitor.onFunction = { function in
      count += 1
      open.append(count)
      for parameter in function.parameters { owners[parameter] = count }
    }
    visitor.afterFunction = { _ in open.removeLast() }
    visitor.visit(facts.chunk.body)
    (self.assigned, assignedWithin) = (assigned, within)
  }

  // MARK: States

  private static func joined(_ a: Value, _ b: Value) -> Value {
    a.isEmpty || b.isEmpty ? [] : a.union(b)
  }

  private static func joined(_ a: State?, _ b: State?) -> State? {
    guard let a else { return b }
    guard let b else { return a }
    var both: State = [:]
    for (number, value) in a {
      let value = joined(value, b[number] ?? [])
      if !value.isEmpty { both[number] = value }
    }
    return both
  }

  private mutating func set(_ number: Int, _ value: Value) {
    state?[number] = value.isEmpty || assignedWithin.contains(number) ? nil : value
  }

  /// Takes what a condition tells: a value that is true is no absent one.
  private mutating func refine(_ condition: LuaExpression, _ truth: Bool) {
    switch condition.kind {
    case .parenthesised(let inner): refine(inner, truth)
    case .name(_, let number?): if truth { set(number, []) }
    case .unary(let sign, let operand): if sign.text == "not" { refine(operand, !truth) }
    case .binary(let left, let sign, let right):
      switch sign.text {
      case "and" where truth, "or" where !truth:
        refine(left, truth)
        refine(right, truth)
      case "==" where !truth, "~=" where truth:
        if case .boolean(false) = right.kind { refine(left, true) }
        if case .boolean(false) = left.kind { refine(right, true) }
      default: break
      }
    default: break
    }
  }

  // MARK: Statements

  private mutating func run(_ statements: [LuaStatement]) {
    for statement in statements { run(statement) }
  }

  private mutating func run(_ statement: LuaStatement) {
    switch statement.kind {
    case .local(let names, let list):
      let values = evaluate(list, count: names.count)
      for (name, value) in zip(names, values) { set(name, value) }
      if list.count == 1, case .function = list[0].kind, let name = names.first,
        !assigned.contains(name)
      {
        answers[name] = lastAnswer
      }
    case .localFunction(let name, let function):
      visit(function)
      if !assigned.contains(name) { answers[name] = lastAnswer }
    case .function(_, let function): visit(function)
    case .assignment(let targets, let list):
      let values = evaluate(list, count: targets.count)
      for (target, value) in zip(targets, values) {
        switch target.kind {
        case .name(_, let number?): set(number, value)
        case .index(let table, let key):
          _ = evaluate(table)
          _ = evaluate(key)
          forget(table)
        default: break
        }
      }
    case .call(let call):
      _ = evaluate(call)
      if case .call(let function, _) = call.kind, facts.isGlobal(function, "error") { state = nil }
    case .block(let body): run(body)
    case .while(let condition, let body):
      let isEndless = if case .boolean(true) = condition.kind { true } else { false }
      loop { flow in
        _ = flow.evaluate(condition)
        let before = flow.state
        flow.refine(condition, false)
        let exit = isEndless ? nil : flow.state
        flow.state = before
        flow.refine(condition, true)
        flow.run(body)
        return (flow.state, exit)
      }
    case .repeat(let body, let condition):
      loop { flow in
        flow.run(body)
        _ = flow.evaluate(condition)
        let after = flow.state
        flow.refine(condition, true)
        let exit = flow.state
        flow.state = after
        flow.refine(condition, false)
        return (flow.state, exit)
      }
    case .numericFor(let name, let limits, let body):
      for limit in limits { _ = evaluate(limit) }
      if !assigned.contains(name) { bounds[name] = limits }
      loop { flow in
        let exit = flow.state
        flow.run(body)
        return (flow.state, exit)
      }
    case .genericFor(let names, let list, let body):
      _ = evaluate(list, count: 3)
      var element: Value = []
      if case .call(let function, let arguments)? = list.first?.kind, let table = arguments.first,
        facts.isGlobal(function, "ipairs") || facts.isGlobal(function, "pairs")
      {
        element = elements(of: peek(table)) { _ in true }
      }
      loop { flow in
        let exit = flow.state
        if names.count > 1 { flow.set(names[1], element) }
        flow.run(body)
        return (flow.state, exit)
      }
    case .if(let branches, let otherwise): branch(branches, otherwise)
    case .return(let list):
      let values = evaluate(list, count: 1)
      if state != nil, !returns.isEmpty { returns[returns.count - 1].append(values[0]) }
      state = nil
    case .break:
      if !breaks.isEmpty { breaks[breaks.count - 1].append(state) }
      state = nil
    case .jump: state = nil
    // From where it is come to is not looked at.
    case .label: state = [:]
    }
  }

  private mutating func branch(_ branches: [LuaStatement.Branch], _ otherwise: [LuaStatement]?) {
    var ends: [State?] = []
    for branch in branches {
      _ = evaluate(branch.condition)
      let before = state
      refine(branch.condition, true)
      run(branch.body)
      ends.append(state)
      state = before
      refine(branch.condition, false)
    }
    run(otherwise ?? [])
    for end in ends { state = Self.joined(state, end) }
  }

  /// Runs a loop until what comes back to its beginning is known.
  ///
  /// - Parameter round: Runs a round; the states at its end, and where the loop is left.
  private mutating func loop(_ round: (inout ReplyFlow) -> (end: State?, exit: State?)) {
    // Each round of a loop has all rounds of those within it.
    var head = silent < Self.mostNested ? state : state.map { _ in [:] }
    while silent < Self.mostNested {
      state = head
      silent += 1
      breaks.append([])
      let end = round(&self).end
      breaks.removeLast()
      silent -= 1
      let next = Self.joined(head, end)
      if next == head { break }
      head = next
    }
    state = head
    breaks.append([])
    var (_, exit) = round(&self)
    for state in breaks.removeLast() { exit = Self.joined(exit, state) }
    state = exit
  }

  // MARK: Functions

  private var lastAnswer: Value = []

  /// Looks into a function, which sees of the locals around it those that never change.
  private mutating func visit(_ function: LuaFunction) {
    let (before, outerBreaks) = (state, breaks)
    let assigned = assigned
    state = (state ?? [:]).filter { !assigned.contains($0.key) }
    breaks = []
    returns.append([])
    run(function.body)
    var answers = returns.removeLast()
    if state != nil { answers.append([]) }
    lastAnswer = answers.dropFirst().reduce(answers.first ?? []) { Self.joined($0, $1) }
    (state, breaks) = (before, outerBreaks)
  }

  // MARK: Expressions

  /// The values of a list for so many variables.
  private mutating func evaluate(_ list: [LuaExpression], count: Int) -> [Value] {
    var values: [Value] = []
    for expression in list { values.append(evaluate(expression)) }
    if let last = list.last, case .call(let function, let arguments) = last.kind,
      arguments.count == 1, facts.isGlobal(function, "unpack")
    {
      values.removeLast()
      let table = peek(arguments[0])
      var at = 1
      while values.count < count {
        values.append(elements(of: table) { [at] in $0.hasElement(at) })
        at += 1
      }
    }
    while values.count < count { values.append([]) }
    return values
  }

  /// What an expression is, without looking for mistakes in it again.
  private mutating func peek(_ expression: LuaExpression) -> Value {
    silent += 1
    defer { silent -= 1 }
    return evaluate(expression)
  }

  private mutating func evaluate(_ expression: LuaExpression) -> Value {
    switch expression.kind {
    case .nil, .vararg: return []
    case .boolean, .number, .string: return [.constant]
    case .function(let function):
      visit(function)
      return []
    case .name(_, let number): return number.flatMap { state?[$0] } ?? []
    case .parenthesised(let inner): return evaluate(inner)
    case .unary(_, let operand):
      _ = evaluate(operand)
      return []
    case .table(let fields):
      for field in fields {
        if let key = field.key { _ = evaluate(key) }
        _ = evaluate(field.value)
      }
      return []
    case .method(let object, _, let arguments):
      _ = evaluate(object)
      for argument in arguments {
        _ = evaluate(argument)
        forget(argument)
      }
      return []
    case .call(let function, let arguments): return call(expression, function, arguments)
    case .index(let table, let key): return index(expression, table, key)
    case .binary(let left, let sign, let right):
      switch sign.text {
      case "and", "or": return choice(left, sign.text, right)
      case "==", "~=":
        let (first, second) = (evaluate(left), evaluate(right))
        if case .nil = right.kind { note(expression, left, first, sign.text) }
        if case .nil = left.kind { note(expression, right, second, sign.text) }
        return []
      default:
        _ = evaluate(left)
        _ = evaluate(right)
        return []
      }
    }
  }

  private mutating func call(
    _ expression: LuaExpression, _ function: LuaExpression, _ arguments: [LuaExpression]
  ) -> Value {
    _ = evaluate(function)
    for argument in arguments { _ = evaluate(argument) }
    if facts.command(of: expression) != nil { return [.reply(expression.range)] }
    if !Self.readers.contains(where: { facts.isGlobal(function, $0) }) {
      // It may change a table that it is given.
      for argument in arguments { forget(argument) }
    }
    if case .name(_, let number?) = function.kind { return answers[number] ?? [] }
    return []
  }

  private static let readers = [
    "unpack", "ipairs", "pairs", "next", "tonumber", "tostring", "type", "select", "assert",
  ]

  private mutating func index(
    _ expression: LuaExpression, _ table: LuaExpression, _ key: LuaExpression
  ) -> Value {
    let values = evaluate(table)
    _ = evaluate(key)
    switch key.kind {
    case .number("0"):
      if state != nil, silent == 0, let call = call(of: values), !values.contains(.constant) {
        findings.append(Finding(kind: .zeroIndex, line: expression.line, call: call))
      }
      return []
    case .number(let text):
      guard let number = Int(text) else { return [] }
      return elements(of: values) { $0.hasElement(number) }
    case .name(_, let number?):
      guard let limits = bounds[number], limits.count > 1, case .number("1") = limits[0].kind else {
        return []
      }
      let limit = limits[1]
      if case .number(let text) = limit.kind, let last = Int(text) {
        return elements(of: values) { $0.hasElement(last) }
      }
      guard case .unary(let sign, let list) = limit.kind, sign.text == "#" else { return [] }
      return elements(of: values) { call in
        if Self.name(of: list) != nil, Self.name(of: list) == Self.name(of: table) { return true }
        // HMGET key unpack(list)
        guard case .call(_, let words)? = call.arguments.last?.kind, words.count == 1 else {
          return false
        }
        return Self.name(of: list) != nil && Self.name(of: words[0]) == Self.name(of: list)
      }
    default: return []
    }
  }

  private mutating func choice(
    _ left: LuaExpression, _ sign: String, _ right: LuaExpression
  ) -> Value {
    let outer = falseTests
    falseTests.formUnion(Self.falseTests(in: right))
    let first = evaluate(left)
    falseTests = outer
    let before = state
    refine(left, sign == "and")
    let second = evaluate(right)
    state = before
    guard sign == "or" else { return [] }
    if case .boolean(false) = right.kind { return first }
    return second == [.constant] ? second : Self.joined(first, second)
  }

  /// What is compared with false in a condition.
  private static func falseTests(in condition: LuaExpression) -> Set<String> {
    switch condition.kind {
    case .parenthesised(let inner): return falseTests(in: inner)
    case .unary(let sign, let operand): return sign.text == "not" ? falseTests(in: operand) : []
    case .binary(let left, let sign, let right):
      switch sign.text {
      case "and", "or": return falseTests(in: left).union(falseTests(in: right))
      case "==", "~=":
        if case .boolean(false) = right.kind { return falseTests(in: left) }
        if case .boolean(false) = left.kind { return falseTests(in: right) }
        return []
      default: return []
      }
    default: return name(of: condition).map { [$0] } ?? []
    }
  }

  /// A variable, or an element of one, the same wherever it is written.
  private static func name(of expression: LuaExpression) -> String? {
    switch expression.kind {
    case .name(let name, let number): return number.map { "\($0)" } ?? name
    case .parenthesised(let inner): return name(of: inner)
    case .index(let table, let key):
      let position: String?
      switch key.kind {
      case .number(let text): position = text
      case .string(let bytes): position = ReplyText.quoted(bytes)
      default: position = name(of: key).map { "(\($0))" }
      }
      guard let table = name(of: table), let position else { return nil }
      return "\(table)[\(position)]"
    default: return nil
    }
  }

  /// Holds a table for one that something else may have changed.
  private mutating func forget(_ table: LuaExpression) {
    switch table.kind {
    case .name(_, let number?): set(number, [])
    case .parenthesised(let inner): forget(inner)
    case .index(let outer, _): forget(outer)
    default: break
    }
  }

  /// Elements of replies that have one for each word, false where there is nothing.
  private func elements(
    of values: Value, where isThere: (ScriptFacts.CommandCall) -> Bool
  ) -> Value {
    var elements: Value = []
    for value in values {
      guard case .reply(let place) = value, let call = facts.call(at: place), call.answersEachWord,
        isThere(call)
      else { return [] }
      elements.insert(.element(place))
    }
    return elements
  }

  private func call(of values: Value) -> ScriptFacts.CommandCall? {
    let places = values.compactMap { value -> Range<Int>? in
      switch value {
      case .reply(let place), .element(let place): place
      case .constant: nil
      }
    }
    return places.min { $0.lowerBound < $1.lowerBound }.flatMap { facts.call(at: $0) }
  }

  private mutating func note(
    _ expression: LuaExpression, _ tested: LuaExpression, _ values: Value, _ sign: String
  ) {
    guard state != nil, silent == 0, let call = call(of: values) else { return }
    if let name = Self.name(of: tested), falseTests.contains(name) { return }
    let isElement = values.contains(.element(call.expression.range))
    findings.append(
      Finding(
        kind: .comparison(sign: sign, isElement: isElement), line: expression.line, call: call))
  }
}
