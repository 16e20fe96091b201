import Testing

/// `branch`: listing, making, deleting and renaming.
@Suite struct BranchTests {
  private func store() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "-m", "One"))
    expectDone(try await sandbox.irminsul("set", "a=2", "-m", "Two"))
    return sandbox
  }

  @Test func theListMarksHead() async throws {
    let sandbox = try await store()
    expectDone(try await sandbox.irminsul("branch", "topic/x"))
    expectDone(try await sandbox.irminsul("branch"), "* main\n  topic/x\n")
    let verbose = try await sandbox.irminsul("branch", "--verbose").lines
    #expect(verbose.count == 2)
    #expect(verbose[0].wholeMatch(of: #/\* main    [0-9a-f]{10} Two/#) != nil)
    #expect(verbose[1].wholeMatch(of: #/  topic/x [0-9a-f]{10} Two/#) != nil)
  }

  @Test func aBranchStartsWhereItIsTold() async throws {
    let sandbox = try await store()
    let made = expectDone(try await sandbox.irminsul("branch", "old", "--from", "main~1"))
    #expect(made.text.wholeMatch(of: #/made branch old at [0-9a-f]{10} One\n/#) != nil)
    expectDone(try await sandbox.irminsul("get", "a", "--branch", "old"), "1")
    let here = expectDone(try await sandbox.irminsul("branch", "new"))
    #expect(here.text.contains("Two"))
    expectDone(try await sandbox.irminsul("get", "a", "--branch", "new"), "2")
  }

  @Test func aDeletedBranchTellsItsHead() async throws {
    let sandbox = try await store()
    expectDone(try await sandbox.irminsul("branch", "old", "--from", "main~1"))
    let head = try #require(
      try await sandbox.irminsul("cat", "--json", "old").object()["id"] as? String)
    let report = expectDone(try await sandbox.irminsul("branch", "--delete", "old"))
    #expect(report.text == "deleted branch old (was at \(head))\n")
    expectDone(try await sandbox.irminsul("branch"), "* main\n")
    // Its commits stay, so that it can come back.
    expectDone(try await sandbox.irminsul("branch", "old", "--from", head))
    expectDone(try await sandbox.irminsul("get", "a", "--branch", "old"), "1")
  }

  @Test func whatHeadNamesIsDeletedByForceOnly() async throws {
    let sandbox = try await store()
    expectRefusal(
      try await sandbox.irminsul("branch", "-d", "main"), .refused, "what HEAD names", "--force")
    expectDone(try await sandbox.irminsul("branch"), "* main\n")
    #expect(
      expectDone(try await sandbox.irminsul("branch", "-d", "-f", "main")).text.hasPrefix(
        "deleted branch main (was at "))
    expectDone(try await sandbox.irminsul("branch"), "")
    expectRefusal(try await sandbox.irminsul("branch", "x", "--force"), .usage, "--delete")
  }

  @Test func aRenamedBranchTakesHeadAlong() async throws {
    let sandbox = try await store()
    expectDone(
      try await sandbox.irminsul("branch", "--move", "main", "trunk"),
      "renamed branch main to trunk\n")
    expectDone(try await sandbox.irminsul("branch"), "* trunk\n")
    expectDone(try await sandbox.irminsul("get", "a"), "2")
    expectDone(try await sandbox.irminsul("set", "a=3"))
    expectDone(try await sandbox.irminsul("branch"), "* trunk\n")
  }

  @Test func whatIsRefusedChangesNothing() async throws {
    let sandbox = try await store()
    expectDone(try await sandbox.irminsul("branch", "topic"))
    let before = try await sandbox.state()
    expectRefusal(
      try await sandbox.irminsul("branch", "topic"), .refused, "\"topic\" exists already",
      "another name")
    expectRefusal(
      try await sandbox.irminsul("branch", "topic/x"), .refused,
      "\"topic/x\" cannot exist beside \"topic\"")
    expectRefusal(
      try await sandbox.irminsul("branch", "--move", "topic", "main"), .refused,
      "\"main\" exists already")
    expectRefusal(
      try await sandbox.irminsul("branch", "--move", "absent", "x"), .refused,
      "no branch \"absent\"", "irminsul branch")
    expectRefusal(
      try await sandbox.irminsul("branch", "--delete", "absent"), .refused, "no branch \"absent\"")
    expectRefusal(
      try await sandbox.irminsul("branch", "new", "--from", "absent"), .refused,
      "no object \"absent\"")
    let value = try #require(
      try await sandbox.irminsul("cat", "--json", "main:a").object()["id"] as? String)
    expectRefusal(
      try await sandbox.irminsul("branch", "new", "--from", value), .refused, "is not a commit")
    #expect(try await sandbox.state() == before)
  }
}
