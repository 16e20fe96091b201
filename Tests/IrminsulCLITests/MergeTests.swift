import Foundation
import IrminsulTestKit
import Testing

/// `merge`, `conflicts`, `resolve` and `diff`.
@Suite struct MergeTests {
  /// Two branches that have changed a file each, and one both.
  private func diverged() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "title=Old", "a=0", "b=0", "list=1\n2\n3\n"))
    expectDone(try await sandbox.irminsul("branch", "draft"))
    expectDone(
      try await sandbox.irminsul("set", "-b", "draft", "title=Draft", "a=1", "list=1\n2\n3\n4\n"))
    expectDone(try await sandbox.irminsul("set", "title=Main", "b=1", "list=0\n1\n2\n3\n"))
    return sandbox
  }

  @Test func aMergeWithAConflictToItsEnd() async throws {
    let sandbox = try await diverged()
    let planned = try await sandbox.irminsul("merge", "draft", "--dry-run")
    #expect(planned.status == 1)
    #expect(planned.text.contains("would change 2 paths\n  a\n  list\n1 conflict\n  title"))
    let refused = try await sandbox.irminsul("merge", "draft")
    #expect(refused.status == 1)
    #expect(refused.text == "  title  changed on both sides (the same lines)\n")
    #expect(refused.errors.contains("1 conflict, and main stays as it is"))
    expectDone(try await sandbox.irminsul("get", "a"), "0")
    #expect(try await sandbox.irminsul("merge", "draft").errors.contains("waits for its conflicts"))
    let shown = expectDone(try await sandbox.irminsul("conflicts", "title"))
    #expect(shown.text.contains("Main\n||||||| base\nOld\n=======\nDraft\n"))
    let facts = try await sandbox.irminsul("conflicts", "--json").object()
    #expect(facts["path"] as? String == "title")
    #expect(try await sandbox.irminsul("merge", "--continue").status == 1)
    #expect(try await sandbox.irminsul("resolve", "a", "--ours").status == 1)
    expectDone(try await sandbox.irminsul("resolve", "title", "--value", "Both"))
    #expect(
      expectDone(try await sandbox.irminsul("conflicts")).text.contains(
        "all conflicts are resolved"))
    let done = expectDone(try await sandbox.irminsul("merge", "--continue"))
    #expect(done.text.contains("Merge branch 'draft' into main"))
    for (path, value) in [("title", "Both"), ("a", "1"), ("b", "1"), ("list", "0\n1\n2\n3\n4\n")] {
      expectDone(try await sandbox.irminsul("get", path), value)
    }
    #expect(try await sandbox.irminsul("merge", "--continue").status == 1)
    expectDone(try await sandbox.irminsul("merge", "draft"))
  }

  @Test func aDecisionHoldsAsLongAsItsVersionsDo() async throws {
    let sandbox = try await diverged()
    #expect(try await sandbox.irminsul("merge", "draft").status == 1)
    expectDone(try await sandbox.irminsul("resolve", "--all", "--theirs"))
    expectDone(try await sandbox.irminsul("set", "b=2"))
    expectDone(try await sandbox.irminsul("set", "title=Another"))
    #expect(try await sandbox.irminsul("merge", "--continue").status == 1)
    expectDone(try await sandbox.irminsul("resolve", "title", "--ours"))
    expectDone(try await sandbox.irminsul("merge", "--continue"))
    expectDone(try await sandbox.irminsul("get", "title"), "Another")
    expectDone(try await sandbox.irminsul("get", "b"), "2")
    expectDone(try await sandbox.irminsul("get", "a"), "1")
  }

  @Test func aDecidedPathIsDecidedAnew() async throws {
    let sandbox = try await diverged()
    expectDone(try await sandbox.irminsul("set", "other=Main"))
    expectDone(try await sandbox.irminsul("set", "-b", "draft", "other=Draft"))
    #expect(try await sandbox.irminsul("merge", "draft").status == 1)
    expectDone(
      try await sandbox.irminsul("resolve", "title", "--ours"),
      "1 conflict left: see `irminsul conflicts`\n")
    expectDone(try await sandbox.irminsul("resolve", "title", "--theirs"))
    #expect(
      expectDone(try await sandbox.irminsul("conflicts", "title")).text.contains("Draft"))
    #expect(try await sandbox.irminsul("conflicts").lines.count == 1)
    // All that are left, not those that are decided.
    let all = try await sandbox.irminsul("resolve", "--all", "--ours", "--json").object()
    #expect(all["resolved"] as? [String] == ["other"] && all["left"] as? Int == 0)
    expectDone(try await sandbox.irminsul("merge", "--continue"))
    expectDone(try await sandbox.irminsul("get", "title"), "Draft")
    expectDone(try await sandbox.irminsul("get", "other"), "Main")
  }

  @Test func aMergeIsGivenUp() async throws {
    let sandbox = try await diverged()
    let head = expectDone(try await sandbox.irminsul("log", "-n", "1", "--json")).text
    #expect(try await sandbox.irminsul("merge", "draft").status == 1)
    expectDone(try await sandbox.irminsul("merge", "--abort"))
    #expect(expectDone(try await sandbox.irminsul("log", "-n", "1", "--json")).text == head)
    #expect(try await sandbox.irminsul("conflicts").status == 1)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(sandbox.work)/.irminsul").allSatisfy {
        !$0.contains("merge")
      })
  }

  @Test func rulesSayHowValuesAreMerged() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "n=5\n", #"c.json={"a":1,"b":1}"#))
    expectDone(try await sandbox.irminsul("branch", "side"))
    expectDone(try await sandbox.irminsul("set", "-b", "side", "n=7\n", #"c.json={"a":2,"b":1}"#))
    expectDone(try await sandbox.irminsul("set", "n=4\n", #"c.json={"a":1,"b":2}"#))
    let report = try await sandbox.irminsul(
      "merge", "side", "--rule", "n=counter", "--rule", "*.json=json", "--json"
    ).object()
    #expect(report["outcome"] as? String == "merged")
    expectDone(try await sandbox.irminsul("get", "n"), "6\n")
    expectDone(try await sandbox.irminsul("get", "c.json"), #"{"a":2,"b":2}"#)
  }

  @Test func movesOnAndNothingToDo() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("branch", "side"))
    expectDone(try await sandbox.irminsul("set", "-b", "side", "a=2"))
    #expect(
      try await sandbox.irminsul("merge", "main", "-b", "side").text.hasPrefix("nothing to merge"))
    #expect(
      expectDone(try await sandbox.irminsul("merge", "side", "--ff-only")).text.contains(
        "moved on to"))
    expectDone(try await sandbox.irminsul("set", "-b", "side", "a=3"))
    let made = try await sandbox.irminsul("merge", "side", "--no-ff", "--json").object()
    #expect(made["outcome"] as? String == "merged")
    expectDone(try await sandbox.irminsul("set", "-b", "side", "b=1"))
    expectDone(try await sandbox.irminsul("set", "c=1"))
    let refused = try await sandbox.irminsul("merge", "side", "--ff-only")
    #expect(refused.status == 1 && refused.errors.contains("Merge instead"))
  }

  private static let wrong: [(words: String, status: Int32)] = [
    ("merge", 64), ("merge draft --continue", 64), ("merge none", 1),
    ("merge draft --no-ff --ff-only", 64), ("merge draft --rule a", 64),
    ("merge draft --rule a=none", 64), ("merge draft --rule [a=json", 64), ("merge --abort", 1),
    ("merge --continue", 1), ("conflicts", 1), ("resolve a --ours", 1), ("resolve a", 64),
    ("resolve --ours", 64), ("resolve a b --value 1", 64), ("resolve --all a --ours", 64),
    ("merge --dry-run --abort", 64), ("diff", 64), ("diff none", 1), ("diff main:title", 1),
  ]

  @Test func wrongWords() async throws {
    let sandbox = try await diverged()
    for (words, status) in Self.wrong {
      let output = try await sandbox.irminsul(words.split(separator: " ").map(String.init))
      #expect(output.status == status, "\(words): \(output.errors)")
      #expect(!output.errors.isEmpty)
    }
  }

  @Test func unrelatedHistoriesNeedAWord() async throws {
    let sandbox = try Sandbox()
    let git = try GitFixture()
    try git.addCommits(1, on: "other")
    expectDone(try await sandbox.irminsul("set", "own=1"))
    #expect(try await sandbox.irminsul("import", git.path).status >= 0)
    let refused = try await sandbox.irminsul("merge", "other")
    #expect(refused.status == 1 && refused.errors.contains("--allow-unrelated-histories"))
    expectDone(try await sandbox.irminsul("merge", "other", "--allow-unrelated-histories"))
    expectDone(try await sandbox.irminsul("get", "own"), "1")
  }

  @Test func commonAncestors() async throws {
    let sandbox = try await diverged()
    let base = try await sandbox.irminsul("lca", "main", "draft", "--json").object()
    #expect(base["subject"] as? String == "Set 4 paths")
    let id = try #require(base["commit"] as? String)
    #expect(
      expectDone(try await sandbox.irminsul("merge-base", "main", "draft")).text.hasPrefix(id))
    expectDone(try await sandbox.irminsul("lca", "--is-ancestor", id, "draft"))
    #expect(try await sandbox.irminsul("lca", "--is-ancestor", "draft", "main").status == 1)
    #expect(try await sandbox.irminsul("lca", "main").status == 64)
    #expect(try await sandbox.irminsul("lca", "main", "none").status == 1)
  }

  @Test func differences() async throws {
    let sandbox = try await diverged()
    expectDone(try await sandbox.irminsul("rm", "b"))
    expectDone(try await sandbox.irminsul("set", "new=1"))
    #expect(
      expectDone(try await sandbox.irminsul("diff", "main~3")).text
        == "D b\nM list\nA new\nM title\n")
    let one = try await sandbox.irminsul("diff", "main~1", "main", "--json", "--exit-code")
    #expect(one.status == 1)
    #expect(try one.object()["change"] as? String == "added")
    expectDone(try await sandbox.irminsul("diff", "main", "main"), "")
  }
}
