import Foundation
import Testing

/// `clone`, `fetch`, `pull`, `push`, `snapshot` and `slice`.
@Suite struct SyncCommandTests {
  @Test func twoStoresExchangeWhatTheyHave() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("tag", "v1", "-m", "First"))
    let other = "file:\(sandbox.root)/other"
    let clone = expectDone(
      try await sandbox.irminsul("clone", "file:.irminsul/store", "--store", other))
    #expect(clone.text.hasPrefix("cloned 2 refs: 4 objects"))
    expectRefusal(
      try await sandbox.irminsul("clone", "file:.irminsul/store", "--store", other), .refused,
      "has refs already")
    expectDone(try await sandbox.irminsul("set", "b=theirs", "--store", other))
    expectDone(try await sandbox.irminsul("set", "c=ours"))
    // A push would lose what the other has.
    expectRefusal(try await sandbox.irminsul("push", other), .refused, "has commits that")
    let fetched = expectDone(try await sandbox.irminsul("fetch", other, "--json"))
    #expect(fetched.text.contains("\"ref\":\"refs/remotes/origin/main\""))
    let status = expectDone(try await sandbox.irminsul("status"))
    #expect(status.text.contains("refs/remotes/origin/main: 1 ahead, 1 behind"))
    let pulled = expectDone(try await sandbox.irminsul("pull", other, "--json"))
    #expect(pulled.text.contains("\"change\":\"merged\""))
    expectDone(try await sandbox.irminsul("get", "b"), "theirs")
    let pushed = expectDone(try await sandbox.irminsul("push", other))
    #expect(pushed.text.contains("refs/heads/main moved on"))
    expectDone(try await sandbox.irminsul("get", "c", "--store", other), "ours")
    // A new store, a new name there, a removal.
    let third = "file:\(sandbox.root)/third"
    expectRefusal(try await sandbox.irminsul("push", third), .refused, "no store")
    expectDone(
      try await sandbox.irminsul("push", third, "main:copy", "refs/tags/v1", "--create"))
    expectDone(try await sandbox.irminsul("branch", "--store", third), "  copy\n")
    expectDone(
      try await sandbox.irminsul("push", third, ":copy", "--force-with-lease", "main"))
    expectDone(try await sandbox.irminsul("branch", "--store", third), "")
    expectRefusal(
      try await sandbox.irminsul("push", third, ":copy"), .usage, "--force-with-lease")
    expectDone(try await sandbox.irminsul("verify", "--store", other))
  }

  @Test func conflictsOfAPullAreDecidedAsThoseOfAMerge() async throws {
    let sandbox = try Sandbox()
    let other = "file:\(sandbox.root)/other"
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("clone", "file:.irminsul/store", "--store", other))
    expectDone(try await sandbox.irminsul("set", "a=ours"))
    expectDone(try await sandbox.irminsul("set", "a=theirs", "--store", other))
    let pulled = try await sandbox.irminsul("pull", other)
    #expect(pulled.status == 1 && pulled.text == "  a  changed on both sides (the same lines)\n")
    #expect(pulled.errors.contains("irminsul merge refs/remotes/origin/main"))
    expectDone(try await sandbox.irminsul("get", "a"), "ours")
    _ = try await sandbox.irminsul("merge", "refs/remotes/origin/main")
    expectDone(try await sandbox.irminsul("resolve", "a", "--theirs"))
    expectDone(try await sandbox.irminsul("merge", "--continue"))
    expectDone(try await sandbox.irminsul("get", "a"), "theirs")
    expectDone(try await sandbox.irminsul("set", "a=lost"))
    expectDone(try await sandbox.irminsul("pull", other, "--reset"))
    expectDone(try await sandbox.irminsul("get", "a"), "theirs")
  }

  @Test func slicesAndSnapshots() async throws {
    let sandbox = try Sandbox()
    for number in 1...3 { expectDone(try await sandbox.irminsul("set", "n=\(number)")) }
    let all = expectDone(try await sandbox.irminsul("slice", "export", "all.slice"))
    #expect(all.text.hasPrefix("wrote 9 objects and 1 ref to all.slice"))
    let copy = "file:\(sandbox.root)/copy"
    expectDone(try await sandbox.irminsul("slice", "import", "all.slice", "--store", copy))
    let (one, two) = (
      try await sandbox.irminsul("log", "--json"),
      try await sandbox.irminsul("log", "--json", "--store", copy)
    )
    #expect(one.text == two.text)
    expectDone(try await sandbox.irminsul("set", "n=4"))
    let next = expectDone(
      try await sandbox.irminsul("slice", "export", "next.slice", "--since", "main~1", "--json"))
    #expect(next.text.contains("\"objects\":3"))
    expectDone(try await sandbox.irminsul("slice", "import", "next.slice", "--store", copy))
    expectDone(try await sandbox.irminsul("get", "n", "--store", copy), "4")
    expectRefusal(
      try await sandbox.irminsul(
        "slice", "import", "next.slice", "--store", "file:\(sandbox.root)/empty"), .refused,
      "does not have")
    expectDone(try await sandbox.irminsul("snapshot", "one.slice", "--at", "main~1"))
    let single = "file:\(sandbox.root)/single"
    expectDone(try await sandbox.irminsul("slice", "import", "one.slice", "--store", single))
    expectDone(try await sandbox.irminsul("get", "n", "--store", single), "3")
    #expect(try await sandbox.irminsul("log", "--oneline", "--store", single).lines.count == 1)
    try Data("not a slice".utf8).write(to: URL(filePath: "\(sandbox.work)/bad.slice"))
    expectRefusal(
      try await sandbox.irminsul("slice", "import", "bad.slice"), .io, "is not a slice")
    expectRefusal(
      try await sandbox.irminsul("slice", "export", "all.slice"), .io, "all.slice")
  }

  @Test func aTagIsPushedByItsShortName() async throws {
    let sandbox = try Sandbox()
    let other = "file:\(sandbox.root)/other"
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("tag", "v1"))
    expectDone(try await sandbox.irminsul("push", other, "v1", "v1:first", "--create"))
    expectDone(try await sandbox.irminsul("tag", "--store", other), "first\nv1\n")
    expectDone(try await sandbox.irminsul("branch", "--store", other), "")
    // A branch of that name is meant first, and the tag has its full name.
    expectDone(try await sandbox.irminsul("branch", "v1"))
    expectDone(try await sandbox.irminsul("push", other, "v1"))
    expectDone(try await sandbox.irminsul("branch", "--store", other), "  v1\n")
  }

  @Test(arguments: [["--layout", "wide"], ["--hash", "sha256"]])
  func storesOfDifferentKindsAreBothNamed(_ kind: [String]) async throws {
    let sandbox = try Sandbox()
    let other = "file:\(sandbox.root)/other"
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul(["init", "--store", other] + kind))
    expectDone(try await sandbox.irminsul("set", "a=1", "--store", other))
    for command in ["pull", "push", "fetch"] {
      expectRefusal(
        try await sandbox.irminsul(command, other), .refused, "\(sandbox.root)/other",
        "\(sandbox.work)/.irminsul/store", kind[1], "irminsul init --store URL \(kind[0])")
    }
    expectDone(try await sandbox.irminsul("slice", "export", "other.slice", "--store", other))
    expectRefusal(
      try await sandbox.irminsul("slice", "import", "other.slice"), .refused,
      "the slice \"other.slice\"", "\(sandbox.work)/.irminsul/store", kind[1])
    let piped = try await sandbox.shell("irminsul slice import - < other.slice")
    expectRefusal(
      piped, .refused, "the slice \"-\"", "\(sandbox.work)/.irminsul/store", kind[1])
  }

  @Test func whatFailsLeavesNoEmptyStore() async throws {
    let sandbox = try Sandbox()
    let source = "file:\(sandbox.root)/source"
    for number in 1...3 {
      expectDone(try await sandbox.irminsul("set", "n=\(number)", "--store", source))
    }
    expectDone(
      try await sandbox.irminsul(
        "slice", "export", "next.slice", "--since", "main~1", "--store", source))
    expectDone(try await sandbox.irminsul("slice", "export", "cut.slice", "--store", source))
    let whole = try sandbox.read("cut.slice")
    try sandbox.write(whole.dropLast(5), to: "cut.slice")
    let before = try sandbox.names()
    expectRefusal(
      try await sandbox.irminsul("slice", "import", "next.slice"), .refused, "does not have")
    expectRefusal(try await sandbox.irminsul("slice", "import", "cut.slice"), .io, "cut")
    let piped = try await sandbox.shell("irminsul slice import - < cut.slice")
    #expect(piped.status != 0)
    expectRefusal(
      try await sandbox.irminsul("slice", "import", "cut.slice", "--store", "file:there.db"), .io,
      "cut")
    expectRefusal(
      try await sandbox.irminsul("pull", source, "absent"), .refused, "absent")
    #expect(try sandbox.names() == before)
    // In a file that holds another store that one stays; so does a store that was there before.
    expectDone(try await sandbox.irminsul("init", "--store", "file:two.db?name=one"))
    expectRefusal(
      try await sandbox.irminsul(
        "slice", "import", "cut.slice", "--store", "file:two.db?name=two"), .io, "cut")
    expectRefusal(
      try await sandbox.irminsul("stats", "--store", "file:two.db?name=two"), .refused, "no store")
    expectDone(
      try await sandbox.irminsul("stats", "--store", "file:two.db?name=one", "--json"))
    expectRefusal(
      try await sandbox.irminsul(
        "slice", "import", "cut.slice", "--store", "file:two.db?name=one"), .io, "cut")
    #expect(
      try await sandbox.irminsul("stats", "--store", "file:two.db?name=one").status == 0)
  }

  @Test func slicesGoThroughPipes() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    let copy = "file:\(sandbox.root)/copy"
    expectDone(
      try await sandbox.shell(
        "irminsul slice export - | irminsul slice import - --store \(copy) >/dev/null"), "")
    expectDone(try await sandbox.irminsul("get", "a", "--store", copy), "1")
    expectDone(
      try await sandbox.shell(
        "irminsul slice export - | irminsul slice import /dev/stdin --store \(copy)2 >/dev/null"),
      "")
    expectDone(try await sandbox.irminsul("get", "a", "--store", "\(copy)2"), "1")
  }

  /// By the same rules as `merge`, and in the name of whoever pushes.
  @Test func theOtherStoreMergesTextByLines() async throws {
    let sandbox = try Sandbox()
    let other = "file:\(sandbox.root)/other"
    expectDone(try await sandbox.irminsul("set", "t=1\n2\n3\n4\n5\n"))
    expectDone(try await sandbox.irminsul("clone", "file:.irminsul/store", "--store", other))
    expectDone(try await sandbox.irminsul("set", "t=1a\n2\n3\n4\n5\n"))
    expectDone(try await sandbox.irminsul("set", "t=1\n2\n3\n4\n5b\n", "--store", other))
    expectDone(
      try await sandbox.irminsul("push", other, "--merge", "--author", "Ann <ann@example.org>"))
    expectDone(try await sandbox.irminsul("get", "t", "--store", other), "1a\n2\n3\n4\n5b\n")
    let commit = try await sandbox.irminsul("cat", "main", "--store", other).text
    #expect(commit.contains("author Ann <ann@example.org>"))
  }

  @Test func unrelatedHistoriesArePulledOnlyByTwoCommands() async throws {
    let sandbox = try Sandbox()
    let other = "file:\(sandbox.root)/other"
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("set", "b=2", "--store", other))
    expectRefusal(
      try await sandbox.irminsul("pull", other), .refused, "--allow-unrelated-histories")
    expectDone(
      try await sandbox.irminsul(
        "merge", "refs/remotes/origin/main", "--allow-unrelated-histories"))
    expectDone(try await sandbox.irminsul("get", "b"), "2")
  }
}
