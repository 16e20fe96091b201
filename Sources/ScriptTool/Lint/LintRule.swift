/// What a script is looked at for.
package enum LintRule: String, Sendable, CaseIterable {
  case syntax
  case undeclaredKey = "undeclared-key"
  case command
  case global
  case version
  case loop
  case nondeterministic
  case header
  case zeroIndex = "zero-index"
  case nilReply = "nil-reply"

  /// One line for people.
  package var summary: String {
    switch self {
    case .syntax: "a text that is no Lua"
    case .undeclaredKey: "a key that is not one of KEYS: a cluster refuses it"
    case .command:
      "a command that is not there, that scripts may not run, or with too few or too many arguments"
    case .global: "a global that is set, or read and not there"
    case .version: "what only some versions of Lua have; Redis has 5.1"
    case .loop: "a loop that has no end, or goes over all that a user has stored"
    case .nondeterministic: "an answer that differs each time, before a write"
    case .header: "KEYS or ARGV that the header does not name, or the other way round"
    case .zeroIndex: "an index of 0, or a loop without the last, where Lua counts from 1 to #"
    case .nilReply: "a reply that is compared with nil: one that is absent is false"
    }
  }
}

/// Something about a script that is wrong, or will be.
package struct LintFinding: Sendable, Hashable {
  package let rule: LintRule
  package let line: ScriptLine
  package let message: String
}
