import RedisScripting

/// A pattern of paths, as in `.gitignore` and `.gitattributes`: `*` and `?` match within a name, `[a-z]` and
/// `[!a-z]` one byte, also `[[:digit:]]` and its like, `**` any number of names, `\` takes the next byte as
/// it is. Without a `/` in it, a pattern matches the last name of a path; with one, the whole path. `d/**` is
/// all that is in `d`, not a file `d`.
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
  /// As it was given; bytes that are not UTF-8 show as U+FFFD.
  public let text: String

  /// What is wrong with a pattern.
  public struct Malformed: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// - Throws: ``Malformed`` for an empty name, a bracket that is not closed, or a range in the wrong order.
  public init(_ text: String) throws(Malformed) {
    try self.init(bytes: Bytes(text.utf8))
  }

  /// As ``init(_:)`` for a pattern that is not UTF-8.
  public init(bytes: Bytes) throws(Malformed) {
    let text = String(decoding: bytes, as: UTF8.self)
    self.text = text
    var names = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
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
        tokens.append(try bracket(name, &at, text))
      case let byte: tokens.append(.byte(byte))
      }
      at += 1
    }
    return tokens
  }

  /// Reads from the byte after `[` up to the `]`.
  private static func bracket(
    _ name: [UInt8], _ at: inout Int, _ text: String
  ) throws(Malformed) -> Token {
    let open = Malformed(description: "the pattern \"\(text)\" has a [ without a ]")
    func byte(_ at: inout Int) throws(Malformed) -> UInt8 {
      if at < name.count, name[at] == UInt8(ascii: "\\") { at += 1 }
      if at >= name.count { throw open }
      return name[at]
    }
    var ranges: [ClosedRange<UInt8>] = []
    at += 1
    let isNegated =
      at < name.count && (name[at] == UInt8(ascii: "!") || name[at] == UInt8(ascii: "^"))
    if isNegated { at += 1 }
    let start = at
    while at < name.count, name[at] != UInt8(ascii: "]") || at == start {
      if name[at...].starts(with: "[:".utf8) {
        guard let end = name[at...].dropFirst(2).firstIndex(of: UInt8(ascii: ":")),
          end + 1 < name.count, name[end + 1] == UInt8(ascii: "]"),
          let named = classes[String(decoding: name[(at + 2)..<end], as: UTF8.self)]
        else {
          throw Malformed(description: "the pattern \"\(text)\" has an unknown [:class:]")
        }
        ranges += named
        at = end + 2
        continue
      }
      let low = try byte(&at)
      guard at + 2 < name.count, name[at + 1] == UInt8(ascii: "-"),
        name[at + 2] != UInt8(ascii: "]")
      else {
        ranges.append(low...low)
        at += 1
        continue
      }
      at += 2
      let high = try byte(&at)
      guard low <= high else {
        throw Malformed(description: "the pattern \"\(text)\" has a range in the wrong order")
      }
      ranges.append(low...high)
      at += 1
    }
    if at >= name.count { throw open }
    return .oneOf(ranges, isNegated: isNegated)
  }

  /// ASCII alone, as in Git.
  private static let classes: [String: [ClosedRange<UInt8>]] = [
    "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A],
    "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0x00...0x1F, 0x7F...0x7F],
    "digit": [0x30...0x39], "graph": [0x21...0x7E], "lower": [0x61...0x7A],
    "print": [0x20...0x7E], "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
    "space": [0x09...0x0D, 0x20...0x20], "upper": [0x41...0x5A],
    "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
  ]

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
        case .anyNames:
          next.insert(at)
          if at == steps.count - 1 { next.insert(at + 1) }
        case .name(let tokens): if Self.matches(tokens[...], name[...]) { next.insert(at + 1) }
        }
      }
      states = Self.closed(next, steps)
    }
    return states.contains(steps.count)
  }

  /// `**` may match no name at all, but at the end, where it is what the directory holds.
  private static func closed(_ states: Set<Int>, _ steps: [Step]) -> Set<Int> {
    var all = states
    for state in states {
      var at = state
      while at < steps.count - 1, steps[at] == .anyNames {
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
