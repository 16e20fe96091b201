import Foundation
import IrminsulTestKit
import Testing

/// `show` and `diff --patch`, beside git's own.
@Suite struct ShowTests {
  @Test(arguments: [21, 22] as [UInt64])
  func commitsAreGits(_ seed: UInt64) async throws {
    let history = try RandomGitHistory(30, seed: seed)
    let sandbox = try await history.imported()
    for id in try history.text("rev-list main topic").split(separator: "\n").map(String.init) {
      let git = "show --no-renames --diff-merges=first-parent"
      expectDone(try await sandbox.irminsul("show", "-p", id), try history.text("\(git) \(id)"))
      expectDone(
        try await sandbox.irminsul("show", id),
        try history.text("\(git) --name-status \(id)").replacing("\t", with: " "))
    }
    expectDone(
      try await sandbox.irminsul("show", "-U0"),
      try history.text("show --no-renames --diff-merges=first-parent -U0 main"))
  }

  @Test func whatElseThereIs() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    for object in ["v1", "nested", "main:a", "main:odd", "main^{tree}", "topic:d/0", "light"] {
      let git = try history.git.run(
        "-c", "core.abbrev=10", "-c", "core.quotePath=false", "show", "--no-decorate",
        "--name-status", object)
      expectDone(
        try await sandbox.irminsul("show", object),
        git.text.replacing("D\t", with: "D ").replacing("A\t", with: "A ")
          .replacing("M\t", with: "M ")
          // A name is no reason to take one for two.
          .replacing("tab\tand \"quotes\"", with: "\"tab\\tand \\\"quotes\\\"\""))
    }
    expectRefusal(try await sandbox.irminsul("show", "main:odd/module"), .refused, "submodule")
    expectRefusal(try await sandbox.irminsul("show", "none"), .refused, "no object \"none\"")
    expectRefusal(
      try await sandbox.irminsul("show", "main:none"), .refused, "nothing at \"none\"")
  }

  @Test func facts() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    let value = try await sandbox.irminsul("show", "main:a", "--json").object()
    #expect(value["text"] as? String == "text\n" && value["size"] as? Int == 5)
    #expect(Set(value.keys) == ["id", "kind", "size", "text"])
    let tag = try await sandbox.irminsul("show", "v1", "--json").objects()
    #expect(tag.count == 2)
    #expect(
      Set(tag[0].keys) == [
        "id", "kind", "name", "tagger", "message", "object", "objectKind",
      ])
    #expect(tag[0]["object"] as? String == tag[1]["id"] as? String)
    let entries = try await sandbox.irminsul("show", "main:odd", "--json").objects()
    #expect(entries.contains { $0["path"] as? String == "odd/ünï" })
    let commit = try await sandbox.irminsul("show", "-p", "main", "--json").object()
    let changes = try #require(commit["changes"] as? [[String: Any]])
    #expect(changes.allSatisfy { ($0["patch"] as? String)?.hasPrefix("diff --git ") == true })
    let plain = try await sandbox.irminsul("show", "main", "--json").object()
    #expect((plain["changes"] as? [[String: Any]])?.allSatisfy { $0["patch"] == nil } == true)
  }

  /// Modes, types, names that need quotes, values that are no text, values without a byte.
  @Test func patchesOfAllKinds() async throws {
    let history = try TestHistory()
    let git = history.git
    let values = try ["", "one\ntwo", "one\n\0two", "one\nthree\n"].map {
      try git.store(.blob, $0)
    }
    let elsewhere = String(repeating: "2", count: 40)
    let modes = ["100644", "100755", "120000"]
    func tree(_ shift: Int) throws -> String {
      var lines: [String] = []
      var number = 0
      for left in 0..<4 {
        for right in 0..<4 {
          for (leftMode, rightMode) in [(0, 0), (0, 1), (1, 2), (2, 0)] {
            number += 1
            let value = values[shift == 0 ? left : right]
            let mode = modes[shift == 0 ? leftMode : rightMode]
            lines.append("\(mode) blob \(value)\tn\(number)")
          }
        }
      }
      let value = values[1 + shift * 2]
      lines.append("100644 blob \(value)\twith space")
      lines.append("100644 blob \(value)\ttab\tquote\"")
      lines.append("100644 blob \(value)\tünï")
      lines.append("100644 blob \(value)\tonly\(shift)")
      lines.append("100644 blob \(values[0])\tempty\(shift)")
      lines.append(
        shift == 0 ? "100644 blob \(value)\tkind" : "160000 commit \(elsewhere)\tkind")
      let input = lines.map { "\($0)\0" }.joined()
      return try git.run("mktree", "-z", "--missing", input: Array(input.utf8)).lines[0]
    }
    let (old, new) = (try tree(0), try tree(1))
    for (name, tree) in [("old", old), ("new", new)] {
      let commit = try git.run("commit-tree", tree, "-m", name).lines[0]
      try git.run("update-ref", "refs/heads/\(name)", commit)
    }
    let sandbox = try await history.imported()
    for (from, to) in [("old", "new"), ("new", "old"), ("old", "main"), ("main~2", "topic")] {
      let wanted = try git.run(
        "-c", "core.abbrev=10", "diff", "--no-renames", from, to)
      let found = expectDone(try await sandbox.irminsul("diff", "--patch", from, to))
      #expect(Self.files(found.output) == Self.files(wanted.bytes), "\(from) \(to)")
    }
    // A value of another type counts all its lines, as its patch has them: git compares the two. Of n42, only the
    // mode changes, and it is not read for that.
    var kept: Set<String> = []
    for number in 1...64 where [1, 2].contains(number % 4) && number != 42 {
      kept.insert("n\(number)")
    }
    for (from, to) in [("old", "new"), ("new", "old"), ("old", "main"), ("main~2", "topic")] {
      func counts(_ output: [String]) -> [String] {
        output.filter { line in
          let name = line.split(separator: " ").first.map(String.init) ?? ""
          if from == "main~2" { return true }
          return name.hasPrefix("n")
            ? kept.contains(name) : name != "kind" && !line.contains("changed,")
        }.sorted()
      }
      let wanted = try git.run("diff", "--no-renames", "--stat", from, to)
      let found = expectDone(try await sandbox.irminsul("diff", "--stat", from, to))
      #expect(counts(found.lines) == counts(wanted.lines), "\(from) \(to)")
    }
    expectDone(try await sandbox.irminsul("diff", "-p", "old", "old"), "")
    expectDone(try await sandbox.irminsul("diff", "--stat", "old", "old"), "")
    // The patch is one that git applies, whatever the names.
    try sandbox.write(
      expectDone(try await sandbox.irminsul("diff", "-p", "old", "main")).output, to: "patch")
    let applied = try await sandbox.shell(
      """
      git clone -q -n \(git.path) clone && cd clone && git read-tree origin/old &&
      git apply --cached --exclude='n*' ../patch && git diff --cached --name-only origin/main
      """)
    #expect(applied.status == 0, "\(applied.errors)")
    #expect(!applied.lines.isEmpty && applied.lines.allSatisfy { $0.hasPrefix("n") })
  }

  /// Many lines and long names share eighty columns as git shares them.
  @Test func lineCountsOfManyLines() async throws {
    let history = try TestHistory()
    let git = history.git
    func tree(_ lines: [Int]) throws -> String {
      let names = [
        "a", "folder/with/a/name/that/is/rather/long/indeed/and/goes/on/for/a/while/until/the/end",
        "b", "x/" + String(repeating: "long", count: 20), "middle/of/the/road",
      ]
      for (name, count) in zip(names, lines) {
        let text = (0..<count).map { "line \($0)\n" }.joined()
        let id = try git.store(.blob, text)
        try git.run("update-index", "--add", "--cacheinfo", "100644,\(id),\(name)")
      }
      return try git.run("write-tree").lines[0]
    }
    for (name, lines) in [
      ("old", [0, 3, 70, 1, 900]), ("new", [12, 1, 71, 400, 3]), ("few", [13, 1, 71, 401, 4]),
    ] {
      let commit = try git.run("commit-tree", try tree(lines), "-m", name).lines[0]
      try git.run("update-ref", "refs/heads/\(name)", commit)
    }
    let sandbox = try await history.imported()
    for (from, to) in [("old", "new"), ("new", "old"), ("new", "few"), ("old", "few")] {
      let wanted = try git.run("diff", "--no-renames", "--stat", from, to)
      let found = expectDone(try await sandbox.irminsul("diff", "--stat", from, to))
      #expect(found.lines == wanted.lines, "\(from) \(to)")
    }
    let log = try git.run("log", "--stat", "--no-renames", "--format=%s", "topic")
    let shown = expectDone(try await sandbox.irminsul("log", "--stat", "topic")).lines
    #expect(shown.filter { $0.contains(" | ") } == log.lines.filter { $0.contains(" | ") })
    let facts = try await sandbox.irminsul("diff", "--stat", "--json", "old", "new").objects()
    #expect(facts.first?["insertions"] as? Int == 12)
    #expect(facts.first?["deletions"] as? Int == 0)
  }

  /// The patch of each file, in order of their text: paths with a "/" sort otherwise in git.
  private static func files(_ patch: [UInt8]) -> [String] {
    String(decoding: patch, as: UTF8.self).components(separatedBy: "\ndiff --git ").map {
      $0.hasPrefix("diff --git ") ? String($0.dropFirst("diff --git ".count)) : $0
    }.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }.sorted()
  }

  /// Large folders are no single tree in a store with wide ones.
  @Test func wideFolders() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("init", "--layout", "wide", "--json"))
    let names = (0..<300).map { "f/n\($0)=value \($0)\n" }
    expectDone(try await sandbox.irminsul(["set"] + names))
    let first = try await sandbox.irminsul("log", "--json").object()["id"] as? String
    expectDone(try await sandbox.irminsul("set", "f/n7=other\n"))
    expectDone(try await sandbox.irminsul("rm", "f/n8"))
    let patch = expectDone(try await sandbox.irminsul("diff", "-p", try #require(first))).text
    #expect(patch.components(separatedBy: "diff --git ").count == 3)
    #expect(patch.contains("@@ -1 +1 @@\n-value 7\n+other\n"))
    #expect(patch.contains("+++ /dev/null\n@@ -1 +0,0 @@\n-value 8\n"))
    #expect(try await sandbox.irminsul("show", "main:f").lines.count == 300)
    #expect(expectDone(try await sandbox.irminsul("show")).text.hasSuffix("\n\nD f/n8\n"))
    let entries = try await sandbox.irminsul("blame", "f", "--json").objects()
    #expect(entries.count == 299)
    #expect(entries.filter { $0["commit"] as? String == first }.count == 298)
    #expect(try await sandbox.irminsul("last-modified", "f/n8", "--json").objects().count == 1)
    #expect(try await sandbox.irminsul("log", "--graph", "--", "f/n7").lines.count == 2)
  }

  @Test func wrongWords() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectRefusal(try await sandbox.irminsul("show", "-U=-1"), .usage, "-U")
    expectRefusal(try await sandbox.irminsul("show", "a", "b"), .usage, "Unexpected argument")
    expectRefusal(try await sandbox.irminsul("show", "a"), .refused, "no object \"a\"")
  }
}
