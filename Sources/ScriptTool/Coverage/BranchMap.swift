import RedisScripting

/// A place where a script goes one of two ways: a condition of `if`, `while` or `until`, or what stands before `and` or
/// `or`.
package struct ScriptBranch: Sendable, Hashable {
  package let line: ScriptLine
  /// Bytes before it on its line.
  package let column: Int
  /// What is decided: `if`, `while`, `until`, `and`, `or`.
  package let word: String
  /// The condition as it stands in the text, its first line.
  package let text: String
}

/// The branches of a script, and its text with a call at each that notes which way was gone.
///
/// What `return redis.call(…)` calls stands between parentheses in that text: in a spec it is a function of Lua, which as
/// a tail call would take the place of the script, and no failure would have its line.
struct BranchMap {
  private(set) var branches: [ScriptBranch] = []
  private(set) var text = ""

  /// - Parameters:
  ///   - function: The name of what is called with a branch's number and its value, which it returns; nil for no
  ///     branches.
  ///   - first: The number of the first branch.
  init(_ lines: [ScriptLine], chunk: LuaChunk, function: String?, first: Int) {
    let source = Bytes(lines.map(\.text).joined(separator: "\n").utf8)
    var starts: [Int] = [0]
    for (at, byte) in source.enumerated() where byte == 0x0a { starts.append(at + 1) }
    var found: [ScriptBranch] = []
    var opening: [Int: String] = [:]
    var closing: [Int: Int] = [:]
    func add(_ condition: LuaExpression, _ word: String) {
      guard let function else { return }
      switch condition.kind {
      case .nil, .boolean, .number, .string: return
      default: break
      }
      let (start, end) = (condition.range.lowerBound, condition.range.upperBound)
      let line = (starts.firstIndex { $0 > start } ?? starts.count) - 1
      let text = String(decoding: source[start..<end], as: UTF8.self)
      found.append(
        ScriptBranch(
          line: lines[line], column: start - starts[line], word: word,
          text: text.split(separator: "\n").first.map(String.init) ?? ""))
      // Told from the outside in: an outer one opens first and closes last.
      opening[start, default: ""] += "\(function)(\(first + found.count - 1), "
      closing[end, default: 0] += 1
    }
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      switch statement.kind {
      case .if(let branches, _): for branch in branches { add(branch.condition, "if") }
      case .while(let condition, _): add(condition, "while")
      case .repeat(_, let condition): add(condition, "until")
      case .return(let values):
        guard values.count == 1, let value = values.first, Self.callsRedis(value) else { return }
        opening[value.range.lowerBound, default: ""] += "("
        closing[value.range.upperBound, default: 0] += 1
      default: break
      }
    }
    visitor.onExpression = { expression in
      if case .binary(let left, let sign, _) = expression.kind, ["and", "or"].contains(sign.text) {
        add(left, sign.text)
      }
    }
    visitor.visit(chunk.body)
    branches = found
    var marked: Bytes = []
    for at in 0...source.count {
      if let count = closing[at] { marked += Bytes(repeating: UInt8(ascii: ")"), count: count) }
      if let text = opening[at] { marked += Bytes(text.utf8) }
      if at < source.count { marked.append(source[at]) }
    }
    text = String(decoding: marked, as: UTF8.self)
  }

  private static func callsRedis(_ expression: LuaExpression) -> Bool {
    guard case .call(let function, _) = expression.kind,
      case .index(let table, _) = function.kind, case .name("redis", _) = table.kind
    else { return false }
    return true
  }
}
