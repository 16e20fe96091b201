import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// The merge of texts by lines beside `git merge-file`.
@Suite struct TextMergeTests {
  private struct Case {
    var base: Bytes
    var ours: Bytes
    var theirs: Bytes

    /// A text, and two edited ones, of lines that are often equal.
    init(_ generator: inout RandomWorkload.Generator, kinds: Int) {
      func line() -> String { "line \(Int.random(in: 0..<kinds, using: &generator))" }
      let base = (0..<Int.random(in: 0...30, using: &generator)).map { _ in line() }
      func edited() -> [String] {
        var lines = base
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
          let at = Int.random(in: 0...lines.count, using: &generator)
          let end = min(lines.count, at + Int.random(in: 0...4, using: &generator))
          switch Int.random(in: 0..<5, using: &generator) {
          case 0: lines.insert(line(), at: at)
          case 1: lines.removeSubrange(at..<end)
          case 2: lines.replaceSubrange(at..<end, with: lines[at..<end] + lines[at..<end])
          case 3:
            let block = lines[at..<end]
            lines.removeSubrange(at..<end)
            lines.insert(contentsOf: block, at: Int.random(in: 0...lines.count, using: &generator))
          default: lines.replaceSubrange(at..<end, with: [line()])
          }
        }
        return lines
      }
      let end = Int.random(in: 0..<4, using: &generator) == 0 ? "\r\n" : "\n"
      func bytes(_ lines: [String]) -> Bytes {
        let isEnded = Int.random(in: 0..<5, using: &generator) > 0
        return Bytes((lines.joined(separator: end) + (isEnded && !lines.isEmpty ? end : "")).utf8)
      }
      self.base = bytes(base)
      ours = bytes(edited())
      theirs = bytes(edited())
    }
  }

  private static func git(
    _ git: GitFixture, _ texts: Case, _ options: String...
  ) throws -> GitFixture.Output {
    for (name, text) in [("base", texts.base), ("ours", texts.ours), ("theirs", texts.theirs)] {
      try Data(text).write(to: URL(fileURLWithPath: "\(git.path)/\(name)"))
    }
    let output = try git.status(
      of: ["merge-file", "-p", "-L", "ours", "-L", "base", "-L", "theirs"] + options
        + ["ours", "base", "theirs"])
    try #require(output.status < 128, "\(output.errors)")
    return output
  }

  private static func merged(_ merge: ContentMerge, _ texts: Case) -> Bytes? {
    try? merge.merged(base: texts.base, ours: texts.ours, theirs: texts.theirs)
  }

  @Test(arguments: [3, 6, 12, 1000])
  func asGitMergesIt(_ kinds: Int) throws {
    let git = try GitFixture()
    var generator = RandomWorkload.Generator(state: 11)
    let marked = ContentMerge.text(conflicts: .marked(ConflictMarks()))
    let diff3 = ContentMerge.text(conflicts: .marked(ConflictMarks(.diff3)))
    var (clean, conflicts) = (0, 0)
    var differences: [String] = []
    for number in 0..<300 {
      let texts = Case(&generator, kinds: kinds)
      let output = try Self.git(git, texts)
      let found = Self.merged(.text, texts)
      if output.status == 0 { clean += 1 } else { conflicts += 1 }
      if found != (output.status == 0 ? output.bytes : nil) {
        differences.append("\(number)")
      } else if Self.merged(marked, texts) != output.bytes {
        differences.append(
          """
          \(number) merge
          --- git
          \(output.text)
          --- found
          \(String(decoding: Self.merged(marked, texts) ?? [], as: UTF8.self))
          --- base
          \(String(decoding: texts.base, as: UTF8.self))
          """)
      } else if Self.merged(diff3, texts) != (try Self.git(git, texts, "--diff3")).bytes {
        differences.append("\(number) diff3")
      }
    }
    #expect(clean > 30 && conflicts > 30)
    #expect(differences == [])
  }
}
