import Testing

/// `revert`, `cherry-pick`, `restore`, `reset`, `reflog`, `tag` and `status`.
@Suite struct UndoCommandTests {
  @Test func whatWasDoneIsUndone() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b=1"))
    expectDone(try await sandbox.irminsul("set", "a=2"))
    expectDone(try await sandbox.irminsul("set", "b=2"))
    let reverted = expectDone(try await sandbox.irminsul("revert", "main~1"))
    #expect(reverted.text.contains("Revert \"Set a\""))
    expectDone(try await sandbox.irminsul("get", "a"), "1")
    expectDone(try await sandbox.irminsul("get", "b"), "2")
    expectDone(try await sandbox.irminsul("cherry-pick", "main~2"))
    expectDone(try await sandbox.irminsul("get", "a"), "2")
    expectDone(try await sandbox.irminsul("set", "a=3"))
    let conflict = try await sandbox.irminsul("revert", "main~1")
    #expect(conflict.status == 1 && conflict.text.hasPrefix("  a  changed on both sides"))
    #expect(conflict.errors.contains("1 conflict, and main stays as it is"))
    expectRefusal(
      try await sandbox.irminsul("cherry-pick", "main"), .refused, "a revert of main~1",
      "irminsul revert --continue")
    expectDone(
      try await sandbox.irminsul("revert", "--abort"), "the revert on main is given up\n")
    expectDone(try await sandbox.irminsul("restore", "a", "--from", "main~5"))
    expectDone(try await sandbox.irminsul("get", "a"), "1")
    expectDone(try await sandbox.irminsul("restore", "/", "--from", "main~1"))
    expectDone(try await sandbox.irminsul("get", "a"), "3")
    expectDone(try await sandbox.irminsul("reset", "main~2"))
    expectDone(try await sandbox.irminsul("get", "a"), "3")
    let places = expectDone(try await sandbox.irminsul("reflog", "-n", "2")).lines
    #expect(places.count == 2 && places[1].contains("main@{1}: "))
    #expect(places[1].contains("Restore everything from "))
    expectDone(try await sandbox.irminsul("reset", "main@{1}", "--from", "main"))
    #expect(try await sandbox.irminsul("log", "--oneline").lines.count == 8)
    expectRefusal(
      try await sandbox.irminsul("reset", "main~1", "--from", "main~3"), .refused, "not where")
    expectRefusal(try await sandbox.irminsul("revert", "none"), .refused, "none")
  }

  @Test func tags() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("tag", "light"))
    expectDone(try await sandbox.irminsul("tag", "v1", "main", "-m", "The first"))
    expectDone(try await sandbox.irminsul("tag"), "light\nv1  The first\n")
    expectRefusal(try await sandbox.irminsul("tag", "v1"), .refused, "exists already")
    expectDone(try await sandbox.irminsul("set", "a=2"))
    expectDone(try await sandbox.irminsul("tag", "light", "--force"))
    let log = try await sandbox.irminsul("log", "--oneline", "light").lines
    #expect(log.count == 2)
    expectDone(try await sandbox.irminsul("tag", "--delete", "light"))
    expectDone(try await sandbox.irminsul("tag"), "v1  The first\n")
    expectRefusal(try await sandbox.irminsul("tag", "--delete", "light"), .refused, "no tag")
    expectRefusal(try await sandbox.irminsul("tag", "a..b"), .usage, "a..b")
    let status = expectDone(try await sandbox.irminsul("status"))
    #expect(status.text.contains("branch  main at "))
  }

  /// As a merge's: the commits that come after it wait with it.
  @Test func conflictsOfARevertAreDecided() async throws {
    let sandbox = try Sandbox()
    for (path, value) in [("b", "1"), ("a", "1"), ("a", "2"), ("b", "2"), ("a", "3")] {
      expectDone(try await sandbox.irminsul("set", "\(path)=\(value)"))
    }
    let refused = try await sandbox.irminsul("revert", "main~2", "main~1")
    #expect(refused.status == 1 && refused.text.hasPrefix("  a  changed on both sides"))
    #expect(refused.errors.contains("`irminsul revert --continue`"))
    #expect(
      expectDone(try await sandbox.irminsul("status")).text.contains("revert  of main~2 waits"))
    expectRefusal(
      try await sandbox.irminsul("merge", "--continue"), .refused, "irminsul revert --continue")
    let shown = expectDone(try await sandbox.irminsul("conflicts", "a")).text
    #expect(shown.contains("3\n") && shown.contains("1\n"))
    expectDone(try await sandbox.irminsul("resolve", "a", "--value", "13"))
    let done = expectDone(try await sandbox.irminsul("revert", "--continue"))
    #expect(done.lines.count == 2 && done.lines[0].hasSuffix("] Revert \"Set a\""))
    #expect(done.lines[1].hasSuffix("] Revert \"Set b\""))
    expectDone(try await sandbox.irminsul("get", "a"), "13")
    expectDone(try await sandbox.irminsul("get", "b"), "1")
    expectRefusal(
      try await sandbox.irminsul("revert", "--continue"), .refused, "no revert on main waits")
    expectDone(try await sandbox.irminsul("verify"))
  }

  @Test func conflictsOfACherryPickAreDecided() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b=1"))
    expectDone(try await sandbox.irminsul("branch", "side"))
    expectDone(
      try await sandbox.irminsul(
        "set", "-b", "side", "a=2", "-m", "Own words", "--author", "Ann <ann@example.org>"))
    expectDone(try await sandbox.irminsul("set", "a=3"))
    let refused = try await sandbox.irminsul("cherry-pick", "side", "--json")
    #expect(refused.status == 1)
    #expect(try refused.object()["outcome"] as? String == "conflicts")
    expectDone(try await sandbox.irminsul("resolve", "a", "--theirs"))
    expectDone(try await sandbox.irminsul("cherry-pick", "--continue"))
    expectDone(try await sandbox.irminsul("get", "a"), "2")
    let commit = try await sandbox.irminsul("cat", "main").text
    #expect(commit.contains("author Ann <ann@example.org>") && commit.contains("Own words"))
    for words in [
      ["revert"], ["revert", "main", "--abort"], ["cherry-pick", "--continue", "--abort"],
    ] {
      expectRefusal(try await sandbox.irminsul(words), .usage, "give one of REV")
    }
  }

  @Test func aTagThatCannotBeIsCalledATag() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("tag", "v1"))
    expectRefusal(
      try await sandbox.irminsul("tag", "v1/x"), .refused,
      "tag \"v1/x\" cannot exist beside \"v1\"")
  }

  @Test func onlyABranchThatIsThereIsMoved() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    for command in ["reset", "merge"] {
      expectRefusal(
        try await sandbox.irminsul(command, "-b", "new", "main"), .refused, "no branch \"new\"",
        "irminsul branch new --from REV")
    }
    expectDone(try await sandbox.irminsul("branch"), "* main\n")
    // What HEAD names has its first commit in some way.
    expectDone(try await sandbox.irminsul("branch", "copy"))
    expectDone(try await sandbox.irminsul("branch", "--delete", "--force", "main"))
    expectDone(try await sandbox.irminsul("reset", "-b", "main", "copy"))
    expectDone(try await sandbox.irminsul("get", "a"), "1")
  }

  @Test func nothingThatCouldBeRestored() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("set", "b=1"))
    expectRefusal(
      try await sandbox.irminsul("restore", "c", "--from", "main~1"), .refused, "nothing is at c")
    expectDone(try await sandbox.irminsul("restore", "b", "--from", "main~1"))
    expectDone(try await sandbox.irminsul("ls"), "a\n")
  }

  @Test func aRevertIsByWhoeverMakesIt() async throws {
    let sandbox = try Sandbox()
    for value in ["1", "2"] { expectDone(try await sandbox.irminsul("set", "a=\(value)")) }
    expectDone(
      try await sandbox.irminsul("revert", "main", "--author", "Ann <ann@example.org>"))
    let commit = try await sandbox.irminsul("cat", "main").text
    #expect(commit.contains("author Ann <ann@example.org>"))
    #expect(commit.contains("Revert \"Set a\"\n\nThis reverts commit "))
  }

  /// A store's path may be written in several ways: the record of its merge is one.
  @Test func aMergeWaitsBesideARelativePath() async throws {
    let sandbox = try Sandbox()
    for command in [["set", "a=1"], ["branch", "t"], ["set", "a=2"], ["set", "a=3", "-b", "t"]] {
      expectDone(try await sandbox.irminsul(command + ["--store", "file:s"]))
    }
    #expect(try await sandbox.irminsul("merge", "t", "--store", "file:s").status == 1)
    expectDone(
      try await sandbox.irminsul("resolve", "a", "--theirs", "--store", "file:\(sandbox.work)/s"))
    expectDone(try await sandbox.irminsul("merge", "--continue", "--store", "file:./s"))
    expectDone(try await sandbox.irminsul("get", "a", "--store", "file:s"), "3")
  }
}
