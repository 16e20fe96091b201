import Testing

/// `rm` and `mv`: one commit, all or nothing.
@Suite struct RemoveAndMoveTests {
  @Test func pathsAreRemovedInOneCommitAndEmptyFoldersGo() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b/c=2", "d=3"))
    let report = expectDone(try await sandbox.irminsul("rm", "a", "b/c", "-m", "Tidy"))
    #expect(report.text.hasSuffix("] Tidy\n"))
    expectDone(try await sandbox.irminsul("ls"), "d\n")
    #expect(try await sandbox.irminsul("log", "--oneline").lines.count == 2)
  }

  @Test func aFolderIsRemovedOnlyWhenAskedTo() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a/b=1", "c=2"))
    let before = try await sandbox.state()
    expectRefusal(
      try await sandbox.irminsul("rm", "c", "a"), .refused, "\"a\" is a folder", "--recursive")
    expectRefusal(try await sandbox.irminsul("rm", "c", "x"), .refused, "nothing at \"x\"")
    #expect(try await sandbox.state() == before)
    expectDone(try await sandbox.irminsul("rm", "-r", "a"))
    expectDone(try await sandbox.irminsul("ls"), "c\n")
  }

  @Test func theLastValueMayGo() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("rm", "a"))
    expectDone(try await sandbox.irminsul("ls"), "")
    #expect(try await sandbox.irminsul("log", "--oneline").lines.count == 2)
  }

  @Test func valuesAndFoldersMove() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b/c=2", "b/d=3"))
    let report = expectDone(try await sandbox.irminsul("mv", "a", "x/y/z"))
    #expect(report.text.hasSuffix("] Move a to x/y/z\n"))
    expectDone(try await sandbox.irminsul("mv", "b", "e", "--branch", "main"))
    expectDone(try await sandbox.irminsul("get", "x/y/z"), "1")
    expectDone(try await sandbox.irminsul("ls", "e"), "c\nd\n")
    expectDone(try await sandbox.irminsul("ls"), "e/\nx/\n")
  }

  @Test func nothingIsOverwrittenUnlessForced() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b=2"))
    let before = try await sandbox.state()
    expectRefusal(
      try await sandbox.irminsul("mv", "a", "b"), .refused, "there is something at \"b\"",
      "mv --force")
    expectRefusal(try await sandbox.irminsul("mv", "x", "y"), .refused, "nothing at \"x\"")
    expectRefusal(try await sandbox.irminsul("mv", "a", "a/b"), .usage, "one lies in the other")
    #expect(try await sandbox.state() == before)
    expectDone(try await sandbox.irminsul("mv", "--force", "a", "b"))
    expectDone(try await sandbox.irminsul("get", "b"), "1")
    expectDone(try await sandbox.irminsul("ls"), "b\n")
  }
}
