import RedisScripting

/// A local variable, by its number in ``LuaChunk/locals``.
package struct LuaLocal: Sendable {
  package enum Origin: Sendable {
    case local, parameter, loop
    /// The table `arg` that 5.1 gives to functions with `...`.
    case implicit
  }

  package let name: String
  package let line: Int
  package let origin: Origin
}

/// An expression and where it stands.
package struct LuaExpression: Sendable {
  package indirect enum Kind: Sendable {
    case `nil`
    case boolean(Bool)
    case number(String)
    case string(Bytes)
    case vararg
    case function(LuaFunction)
    /// A local by its number, or a global.
    case name(String, local: Int?)
    /// `a[b]`, and `a.b` with a string.
    case index(LuaExpression, LuaExpression)
    case call(LuaExpression, [LuaExpression])
    case method(LuaExpression, String, [LuaExpression])
    case binary(LuaExpression, LuaToken, LuaExpression)
    case unary(LuaToken, LuaExpression)
    /// Keys are nil for elements of the list.
    case table([Field])
    case parenthesised(LuaExpression)
  }

  package struct Field: Sendable {
    package let key: LuaExpression?
    package let value: LuaExpression
  }

  package let kind: Kind
  package let range: Range<Int>
  package let line: Int
}

/// A function's parameters and body.
package struct LuaFunction: Sendable {
  /// For messages; empty for one that has no name.
  package let name: String
  package let parameters: [Int]
  package let isVariadic: Bool
  /// The local `arg` of a variadic function, and whether it has the arguments: not when the function has `...` in it.
  package let arg: (local: Int, isFilled: Bool)?
  package let body: [LuaStatement]
  package let line: Int
  package let endLine: Int
}

/// A statement and the line on which it begins.
package struct LuaStatement: Sendable {
  package indirect enum Kind: Sendable {
    case local([Int], [LuaExpression])
    case localFunction(Int, LuaFunction)
    case function(LuaExpression, LuaFunction)
    case assignment([LuaExpression], [LuaExpression])
    case call(LuaExpression)
    case block([LuaStatement])
    case `while`(LuaExpression, [LuaStatement])
    case `repeat`([LuaStatement], LuaExpression)
    case `if`([Branch], [LuaStatement]?)
    case numericFor(Int, [LuaExpression], [LuaStatement])
    case genericFor([Int], [LuaExpression], [LuaStatement])
    case `return`([LuaExpression])
    case `break`
    case jump(String)
    case label(String)
  }

  package struct Branch: Sendable {
    package let condition: LuaExpression
    package let body: [LuaStatement]
  }

  package let kind: Kind
  package let line: Int
}

/// A parsed Lua text.
package struct LuaChunk: Sendable {
  package let body: [LuaStatement]
  package let locals: [LuaLocal]
  package let tokens: [LuaToken]
  package let comments: [LuaComment]
  package let features: [LuaFeature]

  /// - Throws: Where and why the text is no Lua.
  package init(_ source: Bytes) throws(LuaSyntaxError) {
    let lexer = try LuaLexer(source)
    var parser = LuaParser(lexer.tokens)
    body = try parser.chunk()
    locals = parser.locals
    tokens = lexer.tokens
    comments = lexer.comments
    features = (lexer.features + parser.features).sorted { $0.line < $1.line }
  }
}
