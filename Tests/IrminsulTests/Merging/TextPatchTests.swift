import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Patches of texts beside `git diff`.
@Suite struct TextPatchTests {
  private static func pair(
    _ generator: inout RandomWorkload.Generator, of lines: [String], most: Int
  ) -> (old: Bytes, new: Bytes) {
    func line() -> String { lines.randomElement(using: &generator) ?? "" }
    let old = (0..<Int.random(in: 0...most, using: &generator)).map { _ in line() }
    var new = old
    for _ in 0..<Int.random(in: 0...6, using: &generator) {
      let at = Int.random(in: 0...new.count, using: &generator)
      let end = min(new.count, at + Int.random(in: 0...8, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: new.removeSubrange(at..<end)
      case 1: new.replaceSubrange(at..<end, with: new[at..<end] + new[at..<end])
      case 2:
        let block = new[at..<end]
        new.removeSubrange(at..<end)
        new.insert(contentsOf: block, at: Int.random(in: 0...new.count, using: &generator))
      case 3:
        // Lines that only one text has, around such that both have.
        new.replaceSubrange(at..<end, with: new[at..<end].flatMap { [$0, "only \(at)", line()] })
      case 4:
        // Much that is new, between empty lines that have stayed.
        let end = min(new.count, at + 40)
        new.replaceSubrange(
          at..<end,
          with: new[at..<end].flatMap { line in
            let only = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
              "only \(Int.random(in: 0..<1_000_000, using: &generator))"
            }
            return line.isEmpty ? only + [line] : only
          })
      default: new.replaceSubrange(at..<end, with: [line(), line()])
      }
    }
    func bytes(_ lines: [String]) -> Bytes {
      let end = Int.random(in: 0..<4, using: &generator) > 0 ? "\n" : ""
      return Bytes((lines.joined(separator: "\n") + (lines.isEmpty ? "" : end)).utf8)
    }
    return (bytes(old), bytes(new))
  }

  private static let kinds: [[String]] = [
    ["a", "b", "c"],
    (0..<30).map { "line \($0)" },
    ["", "}", "  }", "{", "  if x {", "    go()", "\tgo()", "func f() {", "$x", "_y ", "  "],
    ["", "", "", "func f() {", "  body", "}", "class C {", "\u{E4}h", " \r", "# \u{1F600}"],
    (0..<400).map { "\(String(repeating: " ", count: $0 % 7))word \($0)" } + ["", ""],
    (0..<400).map { "word \($0)" } + Array(repeating: "", count: 60),
  ]

  @Test(arguments: 0..<6, [(20, 3), (160, 3), (40, 0), (60, 1)])
  func asGitPrintsThem(_ kind: Int, _ form: (most: Int, context: Int)) throws {
    let git = try GitFixture()
    var generator = RandomWorkload.Generator(state: UInt64(kind * 1000 + form.most))
    let pairs = (0..<40).map { _ in
      Self.pair(&generator, of: Self.kinds[kind], most: form.most)
    }
    for side in ["x", "y"] {
      try FileManager.default.createDirectory(
        atPath: "\(git.path)/\(side)", withIntermediateDirectories: true)
    }
    for (number, pair) in pairs.enumerated() {
      try Data(pair.old).write(to: URL(filePath: "\(git.path)/x/\(number)"))
      try Data(pair.new).write(to: URL(filePath: "\(git.path)/y/\(number)"))
    }
    let output = try git.status(
      of: ["diff", "--no-index", "-U\(form.context)", "--no-prefix", "x", "y"])
    try #require(output.status < 128, "\(output.errors)")
    var wanted: [Int: Bytes] = [:]
    var number = -1
    for line in output.bytes.split(separator: 10, omittingEmptySubsequences: false) {
      let text = String(decoding: line, as: UTF8.self)
      if text.hasPrefix("diff --git x/") {
        number = Int(text.dropFirst("diff --git x/".count).prefix { $0.isNumber }) ?? -1
      } else if wanted[number] != nil || text.hasPrefix("@@ ") {
        wanted[number, default: []] += line + [10]
      }
    }
    // What stands behind the end of the last line.
    wanted[number]?.removeLast()
    var differences: [Int] = []
    for (number, pair) in pairs.enumerated() {
      let patch = TextPatch(from: pair.old, to: pair.new, context: form.context)
      #expect(patch.isEmpty == (pair.old == pair.new))
      if patch.bytes != wanted[number] ?? [] {
        differences.append(number)
      }
    }
    #expect(wanted.count > 20)
    #expect(differences == [])
  }

  /// Every hunk says where it stands, and all of them together make the new text of the old one.
  @Test func hunksMakeTheNewText() {
    var generator = RandomWorkload.Generator(state: 5)
    for kind in Self.kinds {
      for _ in 0..<100 {
        let (old, new) = Self.pair(&generator, of: kind, most: 60)
        let lines = Self.lines(old)
        var made: [Bytes] = []
        var place = 0
        for hunk in TextPatch(from: old, to: new).hunks {
          made += lines[place..<hunk.old.lowerBound]
          #expect(made.count == hunk.new.lowerBound)
          #expect(hunk.lines.filter { $0.kind != .added }.map(\.bytes) == Array(lines[hunk.old]))
          made += hunk.lines.filter { $0.kind != .removed }.map(\.bytes)
          #expect(made.count == hunk.new.upperBound)
          place = hunk.old.upperBound
        }
        made += lines[place...]
        #expect(made.flatMap { $0 } == new)
      }
    }
  }

  private static func lines(_ bytes: Bytes) -> [Bytes] {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      .map { Bytes($0) + [10] }
    // What is behind the last end of a line is a line without one, or none.
    lines[lines.count - 1].removeLast()
    return lines.last == [] ? lines.dropLast() : lines
  }

  @Test func whatIsNoText() {
    #expect(!TextPatch.isBinary(Bytes("a\n".utf8)))
    #expect(TextPatch.isBinary([1, 0]))
    #expect(!TextPatch.isBinary(Bytes(repeating: 1, count: 8000) + [0]))
    #expect(TextPatch(from: [], to: []).isEmpty)
    #expect(
      TextPatch(from: [], to: [97]).bytes
        == Bytes("@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n".utf8))
  }
}
