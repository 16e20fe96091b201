import RedisScripting

/// A word of a Lua text.
package struct LuaToken: Sendable {
  package enum Kind: Sendable, Equatable {
    case name
    case keyword
    case number
    case string(Bytes)
    case symbol
    case end
  }

  package let kind: Kind
  /// As it stands in the text.
  package let text: String
  /// Bytes of the text.
  package let range: Range<Int>
  /// From 1.
  package let line: Int
}

/// A Lua text that is none, or one that this parser does not read.
package struct LuaSyntaxError: Error, CustomStringConvertible {
  package let line: Int
  package let message: String
  package var description: String { "line \(line): \(message)" }
}

/// Something that only some versions of Lua have.
package struct LuaFeature: Sendable, Equatable {
  package let line: Int
  /// Such as `goto`.
  package let name: String
  /// The first version that has it, such as `5.2`.
  package let since: String
}

/// A comment, from its dashes to the end of its last line.
package struct LuaComment: Sendable, Equatable {
  package let line: Int
  package let text: String
}
