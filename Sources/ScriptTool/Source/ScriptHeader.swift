/// What the comment at the top of a script says of its keys and arguments.
///
/// Two forms are read, which may go on over several lines:
///
///     -- KEYS  1 objects (hash)   2 refs (hash)
///     -- ARGV  1 branch           2.. path steps
///
///     --[[ Input:
///       KEYS[1] 'wait'
///       ARGV[1] timestamp
package struct ScriptHeader: Sendable, Equatable {
  /// The names of the keys, by position; empty texts for those without a name.
  package private(set) var keys: [String] = []
  /// Whether it says anything of keys, and of arguments.
  package private(set) var namesKeys = false
  package private(set) var namesArguments = false
  /// Whether any number of keys or arguments may follow those that are numbered.
  package private(set) var hasMoreKeys = false
  package private(set) var hasMoreArguments = false
  package private(set) var argumentCount = 0
  /// Whether it says "reads only".
  package private(set) var isReadOnly = false

  private enum Part { case keys, arguments, other }

  init(_ lines: some Sequence<Substring>) {
    var part = Part.other
    for line in Self.comment(lines.drop { $0.hasPrefix("#!") }) {
      if line.contains("reads only") || line.contains("read-only") { isReadOnly = true }
      if readIndexed(line) { continue }
      if line.hasPrefix("-- KEYS") {
        (part, namesKeys) = (.keys, true)
      } else if line.hasPrefix("-- ARGV") {
        (part, namesArguments) = (.arguments, true)
      } else if !line.hasPrefix("--      ") {
        part = .other
      }
      read(line, part)
    }
  }

  /// The lines of the first comment: those that begin with dashes, or those of a long one.
  private static func comment(_ lines: some Sequence<Substring>) -> [Substring] {
    var comment: [Substring] = []
    var isLong = false
    for line in lines {
      if comment.isEmpty { isLong = line.hasPrefix("--[[") }
      guard isLong || line.hasPrefix("--") else { break }
      comment.append(line)
      if isLong, line.contains("]]") { break }
    }
    return comment
  }

  private mutating func read(_ line: Substring, _ part: Part) {
    let isOpen = line.contains("..") || line.contains("then") || line.contains("each")
    guard part != .other else { return }
    let text = line.dropFirst(line.hasPrefix("-- KEYS") || line.hasPrefix("-- ARGV") ? 7 : 2)
    switch part {
    case .keys:
      hasMoreKeys = hasMoreKeys || isOpen
      for match in text.matches(of: #/(?:^|\s)(\d+) +([A-Za-z_][A-Za-z_0-9]*)/#) {
        if let number = Int(match.1) { add(key: String(match.2), at: number) }
      }
    case .arguments:
      hasMoreArguments = hasMoreArguments || isOpen
      for match in text.matches(of: #/(?:^|\s\s)(\d+)(?: and (\d+))?(?=[ .])/#) {
        for number in [match.1, match.2 ?? ""] {
          argumentCount = max(argumentCount, Int(number) ?? 0)
        }
      }
    case .other: break
    }
  }

  private mutating func readIndexed(_ line: Substring) -> Bool {
    guard line.contains("[") else { return false }
    guard
      let match = line.firstMatch(
        of: #/^(?:--)?\s*(KEYS|ARGV)\[(\d+)(\.\.\.?)?\]?\s*'?"?([A-Za-z_]*)/#)
    else { return false }
    guard let number = Int(match.2) else { return false }
    let isOpen = match.3 != nil || line.contains("...")
    if match.1 == "KEYS" {
      namesKeys = true
      hasMoreKeys = hasMoreKeys || isOpen
      add(key: String(match.4), at: number)
    } else {
      namesArguments = true
      hasMoreArguments = hasMoreArguments || isOpen
      argumentCount = max(argumentCount, number)
    }
    return true
  }

  private mutating func add(key name: String, at number: Int) {
    // A number that is no position, such as one of a sentence, is none of a key.
    guard (1...1000).contains(number), number <= keys.count + 20 else { return }
    while keys.count < number { keys.append("") }
    if keys[number - 1].isEmpty { keys[number - 1] = name }
  }
}
