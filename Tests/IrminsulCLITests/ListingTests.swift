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

  @Test(arguments: ["git", "wide"])
  func pagesOfALargeFolder(_ layout: String) async throws {
    let sandbox = try Sandbox()
    #expect(
      try await sandbox.irminsul("init", "--layout", layout).text.contains("wide")
        == (layout == "wide"))
    expectDone(try await sandbox.irminsul(["set"] + (0..<120).map { "d/job-\($0)=\($0)" }))
    func names(_ arguments: String...) async throws -> [String] {
      try await sandbox.irminsul(["ls", "d"] + arguments).text.split(separator: "\n").map(
        String.init)
    }
    let all = try await names()
    #expect(all.count == 120)
    #expect(try await names("--limit", "7") == Array(all.prefix(7)))
    #expect(try await names("--after", all[6], "--limit", "7") == Array(all[7..<14]))
    #expect(try await names("--offset", "100", "--limit", "50") == Array(all[100...]))
    #expect(try await names("--prefix", "job-11") == all.filter { $0.hasPrefix("job-11") })
    #expect(try await names("--after", "zzz") == [])
    expectRefusal(
      try await sandbox.irminsul("ls", "--limit", "0"), .usage, "--limit takes 1 or more")
    expectRefusal(
      try await sandbox.irminsul("ls", "--offset", "-1"), .usage, "--offset takes 0 or more")
    #expect(
      try await sandbox.irminsul("stats", "--json").object()["layout"] as? String == layout)
    expectRefusal(
      try await sandbox.irminsul("init", "--layout", layout == "git" ? "wide" : "git"), .refused,
      "has the layout \(layout)")
  }

  @Test func pagesOfNamesOfAnyBytes() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "b/n!=1", "b/%=2", "b/n\na=3"))
    expectDone(
      try await sandbox.irminsul("ls", "b", "--prefix", "n", "--limit", "1"), "\"n\\na\"\n")
    expectDone(try await sandbox.irminsul("ls", "b", "--after", "n\na"), "n!\n")
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

  @Test func aValueIsNoTree() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectRefusal(
      try await sandbox.irminsul("tree", "a"), .refused, "\"a\" is no folder in branch \"main\"")
  }

  /// Trees from elsewhere may have what no write accepts.
  @Test func namesThatGitProtectsCanBeRead() async throws {
    let git = try GitFixture()
    let blob = try git.store(.blob, "x")
    let id = try git.run(
      "mktree", input: Array("100644 blob \(blob)\tconfig\n".utf8)
    ).lines[0]
    let raw = stride(from: 0, to: id.utf8.count, by: 2).compactMap { at in
      UInt8(id.dropFirst(at).prefix(2), radix: 16)
    }
    let root = try git.run(
      "hash-object", "--literally", "-t", "tree", "-w", "--stdin",
      input: Array("40000 .git\0".utf8) + raw
    ).lines[0]
    let commit = try git.run("commit-tree", root, "-m", "Odd").lines[0]
    try git.run("update-ref", "refs/heads/main", commit)
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("import", git.path))
    expectDone(try await sandbox.irminsul("get", ".git/config"), "x")
    expectDone(
      try await sandbox.irminsul("tree"), ".\n└── .git/\n    └── config\n\n1 folder, 1 value\n")
    expectRefusal(
      try await sandbox.irminsul("set", ".git/config", "y"), .usage, "bad path \".git/config\"")
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
