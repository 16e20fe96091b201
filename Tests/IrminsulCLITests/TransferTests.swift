import Foundation
import IrminsulTestKit
import Testing

/// `import`, `export` and `verify`: whole histories in, checked, and out again.
@Suite struct TransferTests {
  @Test func aRepositoryComesBackTheSame() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    let verified = expectDone(try await sandbox.irminsul("verify"))
    #expect(verified.text.contains("and 6 refs: no faults"))
    let exported = expectDone(try await sandbox.irminsul("export", "copy.git"))
    #expect(exported.text.hasPrefix("exported "))
    #expect(exported.text.hasSuffix(" and 6 refs to copy.git\n"))
    let copy = GitFixture(at: "\(sandbox.work)/copy.git")
    #expect(try copy.refs() == history.git.refs())
    #expect(try copy.reachable() == history.git.reachable())
    #expect(try copy.complaints() == history.git.complaints())
  }

  @Test func aSecondImportAddsOnlyWhatIsNew() async throws {
    let git = try GitFixture()
    try git.addCommits(3)
    let sandbox = try Sandbox()
    let first = try await sandbox.irminsul("import", git.path, "--json").object()
    let count = try git.reachable().count
    #expect(first["objects"] as? Int == count)
    #expect(first["newObjects"] as? Int == count)
    #expect(first["changedRefs"] as? Int == 1)
    let again = expectDone(try await sandbox.irminsul("import", git.path))
    #expect(again.text.contains("0 of them new (0 B)"))
    #expect(again.text.contains("0 of them changed"))
    try git.addCommits(1, label: "more")
    let more = try await sandbox.irminsul("import", git.path, "--json").object()
    #expect(more["objects"] as? Int == (try git.reachable().count))
    #expect(more["newObjects"] as? Int == (try git.reachable().count - count))
    #expect(more["changedRefs"] as? Int == 1)
    expectDone(try await sandbox.irminsul("verify"))
  }

  @Test func aWorkTreeIsARepositoryToo() async throws {
    let sandbox = try Sandbox()
    let git = GitFixture(at: try sandbox.makeFolder("project"))
    try git.run("init", "-q", "-b", "trunk")
    try sandbox.write("hello\n".utf8, to: "project/file")
    try git.run("add", "file")
    try git.run("commit", "-q", "-m", "First")
    expectDone(try await sandbox.irminsul("import", "project"))
    // HEAD is kept, so that its branch is the default.
    expectDone(try await sandbox.irminsul("get", "file"), "hello\n")
    expectDone(try await sandbox.irminsul("branch"), "* trunk\n")
  }

  @Test func aStoreMadeForARepositoryHasItsIDs() async throws {
    let git = try GitFixture(.sha256)
    try git.addCommits(2)
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("import", git.path))
    #expect(try await sandbox.irminsul("stats", "--json").object()["hash"] as? String == "sha256")
    expectDone(try await sandbox.irminsul("verify"))
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("export", "copy.git"))
    #expect(try GitFixture(at: "\(sandbox.work)/copy.git", .sha256).complaints() == [])
  }

  @Test func aStoreWithOtherIDsIsLeftAlone() async throws {
    let git = try GitFixture(.sha256)
    try git.addCommits(1)
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    let before = try await sandbox.state()
    expectRefusal(
      try await sandbox.irminsul("import", git.path), .refused,
      "has sha256 ids and the store has sha1 ids")
    #expect(try await sandbox.state() == before)
  }

  @Test func whatIsNoRepositoryIsRefused() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    let before = try await sandbox.state()
    try sandbox.write("text".utf8, to: "file")
    _ = try sandbox.makeFolder("empty")
    for path in ["file", "empty", "."] {
      expectRefusal(
        try await sandbox.irminsul("import", path), .refused,
        "\"\(path)\" is not a Git repository", "Give the folder of one")
    }
    expectRefusal(try await sandbox.irminsul("import", "no"), .refused, "there is no folder \"no\"")
    #expect(try await sandbox.state() == before)
  }

  @Test func aShallowRepositoryIsRefused() async throws {
    let git = try GitFixture()
    try git.addCommits(3)
    let sandbox = try Sandbox()
    try git.run(
      "clone", "-q", "--bare", "--depth", "1", "file://\(git.path)", "\(sandbox.work)/cut.git")
    expectRefusal(
      try await sandbox.irminsul("import", "cut.git"), .refused, "shallow", "--unshallow")
    #expect(try sandbox.names() == ["cut.git"])
  }

  @Test func aPartialCloneIsRefused() async throws {
    let git = try GitFixture()
    try git.addCommits(3)
    try git.run("config", "uploadpack.allowFilter", "true")
    let sandbox = try Sandbox()
    try git.run(
      "clone", "-q", "--bare", "--filter=blob:none", "file://\(git.path)",
      "\(sandbox.work)/part.git")
    expectRefusal(
      try await sandbox.irminsul("import", "part.git"), .refused, "is a partial clone",
      "git clone --mirror")
    #expect(try sandbox.names() == ["part.git"])
  }

  @Test func aRepositoryThatLacksObjects() async throws {
    let git = try GitFixture()
    try git.addCommits(3)
    let name = try git.run("ls-tree", "--name-only", "main").lines[0]
    let blob = try git.run("rev-parse", "main:\(name)").lines[0]
    try FileManager.default.removeItem(
      atPath: "\(git.path)/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
    let sandbox = try Sandbox()
    expectRefusal(
      try await sandbox.irminsul("import", git.path), .io, "git cannot read all that the refs of",
      "Look at it with git fsck")
  }

  @Test func refsThatNameOtherRefs() async throws {
    let git = try GitFixture()
    try git.addCommits(2)
    try git.run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main")
    let sandbox = try Sandbox()
    let report = expectDone(try await sandbox.irminsul("import", git.path))
    #expect(report.text.contains("1 ref that named another ref"))
    expectDone(try await sandbox.irminsul("cat", "refs/remotes/origin/HEAD", "--type"), "commit\n")
  }

  @Test func aRepositoryWithNothingInIt() async throws {
    let git = try GitFixture()
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("import", git.path))
    expectDone(try await sandbox.irminsul("export", "copy.git"))
    #expect(try GitFixture(at: "\(sandbox.work)/copy.git").refs() == git.refs())
  }

  @Test func anExportGoesToANewPlaceOnly() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    _ = try sandbox.makeFolder("empty")
    expectDone(try await sandbox.irminsul("export", "empty"))
    #expect(try sandbox.names(in: "empty").contains("HEAD"))
    let names = try sandbox.names(in: "empty")
    expectRefusal(
      try await sandbox.irminsul("export", "empty"), .refused, "exists and is not empty",
      "new folder")
    try sandbox.write("text".utf8, to: "file")
    expectRefusal(try await sandbox.irminsul("export", "file"), .refused, "exists")
    expectRefusal(
      try await sandbox.irminsul("export", "absent/copy"), .io, "cannot write",
      "No such file or directory")
    #expect(try sandbox.names(in: "empty") == names)
    #expect(try sandbox.names() == [".irminsul", "empty", "file"])
  }

  @Test func withoutGit() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    _ = try sandbox.makeFolder("folder")
    for command in [["import", "folder"], ["export", "copy.git"]] {
      let transcript = try await sandbox.irminsul(command, environment: ["PATH": "/nonexistent"])
      expectRefusal(transcript, .unreachable, "cannot run git", "Install git")
    }
    // Only these two need it; the author then comes from elsewhere.
    expectDone(try await sandbox.irminsul("set", "a=2", environment: ["PATH": "/nonexistent"]))
  }
}
