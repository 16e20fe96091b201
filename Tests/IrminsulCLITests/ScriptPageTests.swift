import Foundation
import Testing

/// The page "Run, test and look into your Redis scripts": what it shows is what a reader sees.
@Suite struct ScriptPageTests {
  @Test func everyCommandPrintsWhatThePageSays() async throws {
    let page = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Irminsul/Irminsul.docc/ScriptTool.md"), encoding: .utf8)
    let blocks = page.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }
      .map { $0.element }
    let scripts = blocks.filter { $0.hasPrefix("lua\n") }.map { $0.dropFirst(4) }
    #expect(scripts.count == 2)
    let sandbox = try Sandbox()
    _ = try sandbox.makeFolder("spec")
    try sandbox.write(Array(scripts[0].utf8), to: "reserve.lua")
    try sandbox.write(Array(scripts[1].utf8), to: "spec/reserve_spec.lua")
    try sandbox.write(Array("HSET stock apple 5\n".utf8), to: "stock.txt")
    var commands = 0
    for block in blocks where block.hasPrefix("\n$ ") {
      for part in block.components(separatedBy: "\n$ ").dropFirst() {
        let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let shown = try await sandbox.shell(String(lines[0])).text
        let expected = Self.untimed(lines.count > 1 ? String(lines[1]) : "")
        if let cut = expected.range(of: "…\n") {
          #expect(Self.untimed(shown).hasPrefix(expected[..<cut.lowerBound]), "\(lines[0])")
        } else {
          #expect(
            Self.untimed(shown).trimmingCharacters(in: .newlines)
              == expected.trimmingCharacters(in: .newlines), "\(lines[0])")
        }
        commands += 1
      }
    }
    #expect(commands == 7)
  }

  private static func untimed(_ text: String) -> String {
    text.replacing(#/\d+\.\d µs/#, with: "µs")
  }
}
