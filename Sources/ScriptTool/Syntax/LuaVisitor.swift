/// Goes through a chunk in the order of its text and tells of each statement and expression before what is inside it.
struct LuaVisitor {
  var onStatement: (LuaStatement) -> Void = { _ in }
  var onExpression: (LuaExpression) -> Void = { _ in }
  /// Told before and after a function's body.
  var onFunction: (LuaFunction) -> Void = { _ in }
  var afterFunction: (LuaFunction) -> Void = { _ in }

  func visit(_ statements: [LuaStatement]) {
    for statement in statements { visit(statement) }
  }

  func visit(_ statement: LuaStatement) {
    onStatement(statement)
    switch statement.kind {
    case .local(_, let values), .return(let values): visit(values)
    case .localFunction(_, let function): visit(function)
    case .function(let target, let function):
      visit(target)
      visit(function)
    case .assignment(let targets, let values):
      visit(targets)
      visit(values)
    case .call(let call): visit(call)
    case .block(let body): visit(body)
    case .while(let condition, let body):
      visit(condition)
      visit(body)
    case .repeat(let body, let condition):
      visit(body)
      visit(condition)
    case .if(let branches, let otherwise):
      for branch in branches {
        visit(branch.condition)
        visit(branch.body)
      }
      visit(otherwise ?? [])
    case .numericFor(_, let values, let body), .genericFor(_, let values, let body):
      visit(values)
      visit(body)
    case .break, .jump, .label: break
    }
  }

  func visit(_ expressions: [LuaExpression]) {
    for expression in expressions { visit(expression) }
  }

  func visit(_ expression: LuaExpression) {
    onExpression(expression)
    switch expression.kind {
    case .nil, .boolean, .number, .string, .vararg, .name: break
    case .function(let function): visit(function)
    case .index(let table, let key):
      visit(table)
      visit(key)
    case .call(let function, let arguments):
      visit(function)
      visit(arguments)
    case .method(let object, _, let arguments):
      visit(object)
      visit(arguments)
    case .binary(let left, _, let right):
      visit(left)
      visit(right)
    case .unary(_, let operand), .parenthesised(let operand): visit(operand)
    case .table(let fields):
      for field in fields {
        if let key = field.key { visit(key) }
        visit(field.value)
      }
    }
  }

  private func visit(_ function: LuaFunction) {
    onFunction(function)
    visit(function.body)
    afterFunction(function)
  }
}
