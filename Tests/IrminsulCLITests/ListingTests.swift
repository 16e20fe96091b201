import IrminsulTestKit
import Testing

/// `ls` and `tree`: what is in a folder.
@Suite struct ListingTests {
  private func store() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "c/d/e=22", "c/f=3", "b=4"))
    return sandbox
  }

  @Test func namesInGitsOrder() async throws {
    let sandbox = try await store()
    expectDone(try await sandbox.irminsul("ls"), "a\nb\nc/\n")
    expectDone(try await sandbox.irminsul("ls", "c"), "d/\nf\n")
    expectDone(try await sandbox.irminsul("ls", "/c/d/"), "e\n")
    expectDone(try await sandbox.irminsul("ls", "a"), "a\n")
  }

  @Test func anotherRevisionAndItsFolders() async throws {
    let sandbox = try await store()
    expectDone(try await sandbox.irminsul("rm", "a"))
    expectDone(try await sandbox.irminsul("ls", "--at", "main~1"), "a\nb\nc/\n")
    expectDone(try await sandbox.irminsul("ls", "--at", "main~1:c"), "d/\nf\n")
    expectDone(try await sandbox.irminsul("ls", "d", "--at", "main:c"), "e\n")
    expectRefusal(try await sandbox.irminsul("ls", "--at", "main:b"), .refused, "no folder")
  }

  @Test func theLongFormIsGits() async throws {
    let sandbox = try await store()
    let git = try await exported(sandbox)
    let long = try await sandbox.irminsul("ls", "-l").text
    // git pads the size between the id and a tab; names are the same but for a folder's slash.
    let listed = try git.run("ls-tree", "-l", "main").lines.map { line in
      line.replacing("\t", with: "  ") + (line.contains(" tree ") ? "/" : "")
    }
    #expect(long == listed.map { "\($0)\n" }.joined())
  }

  @Test func aTreeIsDrawn() async throws {
    let sandbox = try await store()
    expectDone(
      try await sandbox.irminsul("tree"),
      """
      .
      ├── a
      ├── b
      └── c/
          ├── d/
          │   └── e
          └── f

      2 folders, 4 values

      """)
    expectDone(
      try await sandbox.irminsul("tree", "c", "--depth", "1"),
      "c/\n├── d/\n└── f\n\n1 folder, 1 value\n")
  }

  @Test func namesThatWouldConfuseAreQuoted() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "two\nlines=1", "ünï=2", "a\"b=3"))
    expectDone(try await sandbox.irminsul("ls"), "\"a\\\"b\"\n\"two\\nlines\"\nünï\n")
  }

  @Test func whatIsNotThere() async throws {
    let sandbox = try await store()
    for command in ["ls", "tree"] {
      let path = try await sandbox.irminsul(command, "c/x")
      expectRefusal(path, .refused, "nothing at \"c/x\" in branch \"main\"", "irminsul ls")
      let branch = try await sandbox.irminsul(command, "--branch", "topic")
      expectRefusal(branch, .refused, "no branch \"topic\"", "There are: main")
      let revision = try await sandbox.irminsul(command, "--at", "topic~2")
      expectRefusal(revision, .refused, "no object \"topic~2\"", "irminsul branch")
    }
  }

  /// The store as a repository of the real git.
  private func exported(_ sandbox: Sandbox) async throws -> GitFixture {
    #expect(try await sandbox.irminsul("export", "copy.git").status == 0)
    return GitFixture(at: "\(sandbox.work)/copy.git")
  }
}
