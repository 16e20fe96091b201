import Foundation
import IrminsulTestKit
import Testing

/// A history of random commits in a Git repository: branches, merges, roots, texts whose lines change. No two commits
/// have the same date.
struct RandomGitHistory {
  let git: GitFixture
  /// The names of its branches, main first.
  let branches: [String]

  static let paths = ["a", "d/b", "d/e/c"]

  init(_ count: Int, seed: UInt64) throws {
    var generator = SeededNumbers(state: seed)
    var files: [[String: [String]]] = []
    var stream = ""
    for number in 0..<count {
      var parents: [Int] = []
      // The last ones have a history, whatever the seed.
      let isRoot = Int.random(in: 0..<25, using: &generator) == 0 && number < count - 10
      if number > 0, !isRoot {
        for _ in 0..<([1, 1, 1, 2, 2, 3].randomElement(using: &generator) ?? 1) {
          let parent = max(0, number - 1 - Int.random(in: 0..<5, using: &generator))
          if !parents.contains(parent) { parents.append(parent) }
        }
      }
      var own = parents.first.map { files[$0] } ?? [:]
      for other in parents.dropFirst() {
        for path in Self.paths where Bool.random(using: &generator) {
          own[path] = files[other][path]
        }
      }
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let path = Self.paths.randomElement(using: &generator) ?? "a"
        if Int.random(in: 0..<12, using: &generator) == 0 {
          own[path] = nil
        } else {
          own[path] = Self.edited(own[path] ?? [], number, &generator)
        }
      }
      files.append(own)
      let name = ["Ada Lovelace", "Bo", "Ünal"][number % 3]
      let message = "Number \(number)\n\nWith a body.\n"
      // A root, else the commit before it would be its parent.
      if parents.isEmpty, number > 0 { stream += "reset refs/heads/all\n\n" }
      stream += "commit refs/heads/all\nmark :\(number + 1)\n"
      stream += "author \(name) <a@example.com> \(1_600_000_000 + number * 97) +0230\n"
      stream += "committer C <c@example.com> \(1_600_000_000 + number * 100) -0100\n"
      stream += "data \(message.utf8.count)\n\(message)\n"
      for (place, parent) in parents.enumerated() {
        stream += "\(place == 0 ? "from" : "merge") :\(parent + 1)\n"
      }
      stream += "deleteall\n"
      for (path, lines) in own.sorted(by: { $0.key < $1.key }) {
        let text = lines.joined(separator: "\n") + (lines.count % 4 == 1 ? "" : "\n")
        stream += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
      }
    }
    var names: [String] = []
    for (name, back) in [("main", 0), ("topic", 3), ("side", 4), ("old", count / 2)] {
      stream += "reset refs/heads/\(name)\nfrom :\(count - back)\n\n"
      names.append(name)
    }
    branches = names
    git = try GitFixture()
    try git.run("fast-import", "--quiet", "--force", input: Array((stream + "done\n").utf8))
    try git.run("update-ref", "-d", "refs/heads/all")
  }

  /// Some lines more, less or changed; indents and blank lines among them.
  private static func edited(
    _ old: [String], _ number: Int, _ generator: inout SeededNumbers
  ) -> [String] {
    var lines = old
    for step in 0...Int.random(in: 1...4, using: &generator) {
      let at = Int.random(in: 0...lines.count, using: &generator)
      let end = min(lines.count, at + Int.random(in: 0...3, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: lines.removeSubrange(at..<end)
      case 1: lines.replaceSubrange(at..<end, with: lines[at..<end] + lines[at..<end])
      case 2, 3: lines.insert(contentsOf: ["func f\(number)() {", "  go", "}", ""], at: at)
      default: lines.replaceSubrange(at..<end, with: ["line \(number) \(step)"])
      }
    }
    return lines.isEmpty ? ["line \(number)"] : lines
  }

  /// What git prints with ids of ten digits, names of refs left out. Words have spaces between them.
  func text(_ words: String) throws -> String {
    try text(of: words.split(separator: " ").map(String.init))
  }

  func text(of words: [String]) throws -> String {
    let settings = [
      "core.abbrev=10", "core.quotePath=false", "log.decorate=no", "diff.renames=false",
    ]
    let output = try git.status(of: settings.flatMap { ["-c", $0] } + words)
    try #require(output.status == 0, "\(output.errors)")
    return output.text
  }

  /// A sandbox whose store is this history.
  func imported() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("import", git.path))
    return sandbox
  }
}
