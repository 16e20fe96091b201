/// Finds loops over KEYS, ARGV and replies that begin at 0, or that stop before the last element.
struct CountedLoops {
  private(set) var findings: [(line: Int, message: String)] = []
  private let facts: ScriptFacts

  init(_ facts: ScriptFacts) {
    self.facts = facts
    var loops: [LuaStatement] = []
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      if case .numericFor = statement.kind { loops.append(statement) }
    }
    visitor.visit(facts.chunk.body)
    for loop in loops {
      guard case .numericFor(let name, let bounds, let body) = loop.kind, bounds.count > 1 else {
        continue
      }
      if case .number("0") = bounds[0].kind {
        lookAtStart(loop.line, name, bounds, body)
      } else {
        lookAtEnd(loop.line, name, bounds, body)
      }
    }
  }

  private mutating func lookAtStart(
    _ line: Int, _ name: Int, _ bounds: [LuaExpression], _ body: [LuaStatement]
  ) {
    let step = bounds.count > 2 ? bounds[2] : nil
    if case .unary? = step?.kind { return }
    let uses = Uses(of: name, in: body)
    guard !uses.isCompared else { return }
    if case .unary(let sign, let list) = bounds[1].kind, sign.text == "#",
      uses.tables.contains(where: { Self.isSame($0.table, list) }), !hasElementAtZero(list)
    {
      findings.append((line, "counts from 0 to #: the first element is the one at 1"))
      return
    }
    for (table, at) in uses.tables {
      if let name = listName(table) {
        findings.append((at, "counts from 0: \(name)[0] is nil, the first is \(name)[1]"))
        return
      }
      if let command = facts.commands(of: table).first?.name {
        findings.append(
          (at, "counts from 0: a reply, here that of \(command), has its first element at 1"))
        return
      }
    }
  }

  /// `for i = 1, #ARGV - 1`, where nothing else looks at the last one.
  private mutating func lookAtEnd(
    _ line: Int, _ name: Int, _ bounds: [LuaExpression], _ body: [LuaStatement]
  ) {
    if bounds.count > 2 {
      guard case .number("1") = bounds[2].kind else { return }
    }
    guard case .binary(let length, let sign, let less) = bounds[1].kind, sign.text == "-",
      case .number("1") = less.kind, case .unary(let hash, let list) = length.kind,
      hash.text == "#", let listName = listName(list)
    else { return }
    let uses = Uses(of: name, in: body)
    guard uses.others == 0, !uses.tables.isEmpty,
      uses.tables.allSatisfy({ self.listName($0.table) == listName }),
      !isUsedElsewhere(listName, by: name, within: length.range)
    else { return }
    findings.append((line, "leaves out the last: that is \(listName)[#\(listName)]"))
  }

  private func listName(_ table: LuaExpression) -> String? {
    ["KEYS", "ARGV"].first { facts.isGlobal(table, $0) }
  }

  private static func isSame(_ a: LuaExpression, _ b: LuaExpression) -> Bool {
    switch (a.kind, b.kind) {
    case (.name(let first, local: let one), .name(let second, local: let other)):
      first == second && one == other
    case (.parenthesised(let inner), _): isSame(inner, b)
    case (_, .parenthesised(let inner)): isSame(a, inner)
    default: false
    }
  }

  /// Whether a script may have put something at 0 of a table of its own.
  private func hasElementAtZero(_ table: LuaExpression) -> Bool {
    var hasElement = false
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      guard case .assignment(let targets, _) = statement.kind else { return }
      for target in targets {
        guard case .index(let changed, let key) = target.kind, Self.isSame(changed, table) else {
          continue
        }
        switch key.kind {
        case .number("0"), .name, .binary, .call: hasElement = true
        default: break
        }
      }
    }
    visitor.visit(facts.chunk.body)
    for value in facts.allValues(of: table) ?? [] {
      guard case .table(let fields) = value.kind else { continue }
      if fields.contains(where: { if case .number("0")? = $0.key?.kind { true } else { false } }) {
        hasElement = true
      }
    }
    return hasElement
  }

  /// Whether the script may come to the last element otherwise than by the loop's variable.
  private func isUsedElsewhere(_ name: String, by variable: Int, within length: Range<Int>) -> Bool
  {
    var isUsed = false
    var seen: Set<Range<Int>> = []
    var visitor = LuaVisitor()
    visitor.onExpression = { expression in
      switch expression.kind {
      case .index(let table, let key) where listName(table) == name:
        seen.insert(table.range)
        switch key.kind {
        case .name(_, local: variable), .number("1"): break
        default: isUsed = true
        }
      case .unary(let sign, let list) where sign.text == "#" && listName(list) == name:
        seen.insert(list.range)
        // Of its length something else may be made.
        if expression.range != length { isUsed = true }
      case .name where listName(expression) == name:
        if !seen.contains(expression.range) { isUsed = true }
      default: break
      }
    }
    visitor.visit(facts.chunk.body)
    return isUsed
  }

  /// How a loop's variable is used in its body.
  private struct Uses {
    /// What it is the index of.
    var tables: [(table: LuaExpression, line: Int)] = []
    var others = 0
    var isCompared = false

    init(of variable: Int, in body: [LuaStatement]) {
      var tables: [(table: LuaExpression, line: Int)] = []
      var (count, isCompared) = (0, false)
      func isVariable(_ expression: LuaExpression) -> Bool {
        if case .name(_, local: variable) = expression.kind { true } else { false }
      }
      var visitor = LuaVisitor()
      visitor.onExpression = { expression in
        switch expression.kind {
        case .name(_, local: variable): count += 1
        case .index(let table, let key) where isVariable(key):
          tables.append((table, expression.line))
        case .binary(let left, let sign, let right)
        where ["==", "~=", "<", "<=", ">", ">="].contains(sign.text):
          if isVariable(left) || isVariable(right) { isCompared = true }
        default: break
        }
      }
      visitor.visit(body)
      (self.tables, others, self.isCompared) = (tables, count - tables.count, isCompared)
    }
  }
}
