import RedisScripting

/// A pattern of paths, as in `.gitignore` and `.gitattributes`: `*` and `?` match within a name,
/// `[a-z]` and `[!a-z]` one byte, `**` any number of names, `\` takes the next byte as it is.
/// Without a `/` in it, a pattern matches the last name of a path; with one, the whole path.
///
/// ```swift
/// let counters = try PathPattern("stats/**/*.count")
/// counters.matches("stats/2024/visits.count")  // true
/// ```
///
/// Source: gitignore(5), PATTERN FORMAT.
public struct PathPattern: Sendable, Hashable {
  fileprivate enum Token: Hashable {
    case byte(UInt8)
    case anyByte
    case anyBytes
    case oneOf([ClosedRange<UInt8>], isNegated: Bool)
  }

  private enum Step: Hashable {
    case name([Token])
    case anyNames
  }

  private let steps: [Step]
  private let isWhole: Bool
  /// As it was given.
  public let text: String

  /// What is wrong with a pattern.
  public struct Malformed: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: ``Malformed`` for an empty name, or a bracket that is not closed.
  public init(_ text: String) throws(Malformed) {
    self.text = text
    var names = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    isWhole = names.count > 1
    // A slash at the start only says that the whole path is meant.
    if names.count > 1, names.first?.isEmpty == true { names.removeFirst() }
    var steps: [Step] = []
    for name in names {
      if name.isEmpty { throw Malformed(description: "the pattern \"\(text)\" has an empty name") }
      steps.append(
        name.elementsEqual("**".utf8) ? .anyNames : .name(try Self.tokens(Array(name), text)))
    }
    self.steps = steps
  }

  /// The pattern of one path alone, whatever bytes are in its names.
  public init(exactly path: Path) {
    text = "/\(path)"
    steps = path.steps.map { .name($0.map { .byte($0) }) }
    isWhole = true
  }

  /// The pattern of everything below a path, whatever bytes are in its names.
  public init(below path: Path) {
    text = path.isRoot ? "**" : "/\(path)/**"
    steps = path.steps.map { .name($0.map { .byte($0) }) } + [.anyNames]
    isWhole = true
  }

  private static func tokens(_ name: [UInt8], _ text: String) throws(Malformed) -> [Token] {
    var tokens: [Token] = []
    var at = 0
    while at < name.count {
      switch name[at] {
      case UInt8(ascii: "*"):
        if tokens.last != .anyBytes { tokens.append(.anyBytes) }
      case UInt8(ascii: "?"): tokens.append(.anyByte)
      case UInt8(ascii: "\\"):
        at += 1
        guard at < name.count else {
          throw Malformed(description: "the pattern \"\(text)\" ends with \\")
        }
        tokens.append(.byte(name[at]))
      case UInt8(ascii: "["):
        var ranges: [ClosedRange<UInt8>] = []
        at += 1
        let isNegated =
          at < name.count && (name[at] == UInt8(ascii: "!") || name[at] == UInt8(ascii: "^"))
        if isNegated { at += 1 }
        let start = at
        while at < name.count, name[at] != UInt8(ascii: "]") || at == start {
          let low = name[at]
          if at + 2 < name.count, name[at + 1] == UInt8(ascii: "-"),
            name[at + 2] != UInt8(ascii: "]"), name[at + 2] >= low
          {
            ranges.append(low...name[at + 2])
            at += 3
          } else {
            ranges.append(low...low)
            at += 1
          }
        }
        guard at < name.count else {
          throw Malformed(description: "the pattern \"\(text)\" has a [ without a ]")
        }
        tokens.append(.oneOf(ranges, isNegated: isNegated))
      case let byte: tokens.append(.byte(byte))
      }
      at += 1
    }
    return tokens
  }

  /// Whether a path is one of those that the pattern means.
  public func matches(_ path: Path) -> Bool {
    guard isWhole || steps == [.anyNames] else {
      guard let last = path.steps.last, case .name(let tokens)? = steps.first else { return false }
      return Self.matches(tokens[...], last[...])
    }
    // Which steps may come next, after each name: no backtracking over `**`.
    var states: Set<Int> = Self.closed([0], steps)
    for name in path.steps {
      var next: Set<Int> = []
      for at in states where at < steps.count {
        switch steps[at] {
        case .anyNames: next.insert(at)
        case .name(let tokens): if Self.matches(tokens[...], name[...]) { next.insert(at + 1) }
        }
      }
      states = Self.closed(next, steps)
    }
    return states.contains(steps.count)
  }

  /// `**` may match no name at all.
  private static func closed(_ states: Set<Int>, _ steps: [Step]) -> Set<Int> {
    var all = states
    for state in states {
      var at = state
      while at < steps.count, steps[at] == .anyNames {
        at += 1
        all.insert(at)
      }
    }
    return all
  }

  private static func matches(_ tokens: ArraySlice<Token>, _ name: ArraySlice<UInt8>) -> Bool {
    var (token, at) = (tokens.startIndex, name.startIndex)
    // Where the last `*` is, and what it has taken so far.
    var star: (token: Int, at: Int)?
    while at < name.endIndex {
      if token < tokens.endIndex {
        if tokens[token] == .anyBytes {
          star = (token, at)
          token += 1
          continue
        }
        if tokens[token].matches(name[at]) {
          token += 1
          at += 1
          continue
        }
      }
      guard let last = star else { return false }
      star = (last.token, last.at + 1)
      token = last.token + 1
      at = last.at + 1
    }
    return tokens[token...].allSatisfy { $0 == .anyBytes }
  }
}

extension PathPattern.Token {
  fileprivate func matches(_ byte: UInt8) -> Bool {
    switch self {
    case .byte(let wanted): byte == wanted
    case .anyByte, .anyBytes: true
    case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(byte) } != isNegated
    }
  }
}
