import Foundation
import RedisScripting

/// Texts that are hardly Lua: real scripts with words lost, doubled and swapped, bytes of any kind, deep nests and
/// long literals.
struct SourceMutator {
  private var generator: RandomParityTests.Generator
  private let sources: [Bytes]

  private static let words = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
    "nil", "not", "or", "repeat", "return", "then", "true", "until", "while", "goto", "_ENV", "arg",
    "x", "y", "f", "(", ")", "{", "}", "[", "]", "=", "==", "~=", "<=", ">=", "<", ">", "..", "...",
    ".", ":", ";", ",", "+", "-", "*", "/", "%", "^", "#", "1", "0x", "0xg", "1e", "1e+", "3..2",
    "'", "\"", "'a'", "\"\\", "'\\256'", "[[", "]]", "[==[", "]==]", "[=", "--", "--[[", "--[==[",
    "\n", "\r\n", "\r", "\0", "\t", "\u{b}", "@", "$", "!", "&", "|", "~", "//", "<<", ">>", "::",
  ]

  /// - Parameter folder: Where the scripts are that are to be changed.
  init(seed: UInt64, folder: URL) throws {
    generator = .init(state: seed)
    sources = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    )
    .filter { $0.pathExtension == "lua" }
    .sorted { $0.path < $1.path }
    .map { Bytes(try Data(contentsOf: $0)) }
  }

  private mutating func below(_ limit: Int) -> Int {
    limit > 0 ? Int.random(in: 0..<limit, using: &generator) : 0
  }

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[below(choices.count)]
  }

  /// Names and numbers whole, all else byte by byte.
  private static func tokens(_ text: Bytes) -> [Bytes] {
    var tokens: [Bytes] = []
    func isWord(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || byte == 0x5f
    }
    for byte in text {
      if isWord(byte), let last = tokens.last?.last, isWord(last) {
        tokens[tokens.count - 1].append(byte)
      } else {
        tokens.append([byte])
      }
    }
    return tokens
  }

  private mutating func changed() -> Bytes {
    var tokens = Self.tokens(pick(sources))
    if below(2) == 0 {
      // A part of a script, as most mistakes end the reading early.
      let start = below(tokens.count)
      tokens = Array(tokens[start..<min(tokens.count, start + 1 + below(300))])
    }
    for _ in 0..<below(4) where !tokens.isEmpty {
      let at = below(tokens.count)
      switch below(5) {
      case 0: tokens.remove(at: at)
      case 1: tokens.insert(tokens[at], at: at)
      case 2: tokens.swapAt(at, below(tokens.count))
      case 3: tokens.insert(Bytes(pick(Self.words).utf8), at: at)
      default: tokens[at] = [UInt8(below(256))]
      }
    }
    return Bytes(tokens.joined())
  }

  private mutating func soup() -> Bytes {
    Bytes((0..<below(40)).map { _ in pick(Self.words) }.joined(separator: pick(["", " "])).utf8)
  }

  private mutating func noise() -> Bytes { (0..<below(60)).map { _ in UInt8(below(256)) } }

  /// What begins again and again before something, and what ends it as often.
  private static let nests: [(open: String, core: String, close: String)] = [
    ("(", "1", ")"), ("{", "", "}"), ("{{},", "1", "}"), ("f(", "1", ")"), ("f{", "", "}"),
    ("x[", "1", "]"), ("not ", "1", ""), ("- ", "1", ""), ("# ", "x", ""), ("a.", "b", ""),
    ("function() return ", "1", " end"), ("1 ^ ", "1", ""), ("'a' .. ", "'b'", ""),
    ("1 + ", "1", ""),
    ("1 % ", "1", ""), ("(1 % ", "1", ")"), ("('a' .. ", "1", ")"), ("1 < ", "1", ""),
    ("x and ", "x", ""),
    ("1 + (", "1", ")"), ("{a = ", "1", "}"), ("{[", "1", "] = 1}"), ("x:y(", "", ")"),
    ("f()", "()", ""),
  ]

  private static let blocks: [(open: String, core: String, close: String)] = [
    ("do ", "", " end"), ("if x then ", "", " end"), ("while x do ", "break", " end"),
    ("repeat ", "", " until x"), ("for i = 1, 2 do ", "", " end"), ("for k in f do ", "", " end"),
    ("function f() ", "", " end"), ("local function f() ", "", " end"),
    ("if x then else ", "", " end"),
    ("local x = 1 ", "", ""), ("x = 1 ", "", ""), ("f() ", "", ""), ("elseif x then ", "", ""),
    ("local f = function(...) ", "return ...", " end"), ("x, ", "x = 1", ""),
    ("\n", "return x x", ""),
  ]

  private mutating func nest() -> Bytes {
    let isBlock = below(2) == 0
    let nest = pick(isBlock ? Self.blocks : Self.nests)
    // Below the depth that the interpreter's own compiler bears, and beyond 5.1's, which has none for `%`.
    let count = nest.open == "1 % " ? below(50) : pick([below(12), below(50), 201 + below(400)])
    let text =
      String(repeating: nest.open, count: count) + nest.core
      + String(repeating: nest.close, count: below(6) == 0 ? below(count + 1) : count)
    return Bytes(((isBlock ? "" : pick(["return ", "x = ", "local y = "])) + text).utf8)
  }

  private mutating func literal() -> Bytes {
    let length = pick([20, 100, 2000, 70_000]) + below(20)
    let long = String(
      repeating: pick(["a", "1", "0", "\\n", "\\065", "\\", " ", "\n", "é", "%"]), count: length)
    let text = pick([
      "'\(long)'", "\"\(long)\" 1", "[[\(long)]]", "[==[\(long)]=]", "--[[\(long)]]", "--\(long)",
      "\(long)",
      "0x\(long)", "1.\(long)", "1e\(long)", "'\(long)", "a\(long)", ".\(long)", "x.a\(long) = = 1",
      "[\(String(repeating: "=", count: length))[x]]",
    ])
    return Bytes(
      (pick(["return ", "", "x = "]) + text + pick(["", " )", " x", "\nreturn 1"])).utf8)
  }

  mutating func text() -> Bytes {
    switch below(12) {
    case 0...5: changed()
    case 6, 7: soup()
    case 8: noise()
    case 9, 10: nest()
    default: literal()
    }
  }
}
