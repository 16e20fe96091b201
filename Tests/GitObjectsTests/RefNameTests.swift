import GitObjects
import Testing

/// `git check-ref-format` is the referee.
@Suite struct RefNameTests {
  static let names: [String] = {
    var names = [
      "main", "a/b", "HEAD", "@", "a@", "@a", "@/a", "a@{b", "a@b{", "-a", "a/-b", ".a", "a/.b",
      "a.",
      "a./b", "a..b", "a.b", "a.lock", "a.lock/b", "a/b.lock", ".lock", "lock", "/a", "a/", "a//b",
      "a b", "a~", "a^b", "a:b", "a?", "a*b", "a[", "a]", "a\\b", "a\u{7F}", "a\tb", "ä", "日本",
      "refs/heads/main", "refs/heads/@", "refs/heads/HEAD", "refs/tags/v1.0", "heads/..", "a/HEAD",
      "", "/", ".", "..", "a{b}", "a.lockb", "{", "@{", "a.LOCK",
    ]
    var generator = SeededGenerator(seed: 9)
    let pieces = [
      "a", "b", "/", ".", "@", "{", "lock", ".lock", "-", "HEAD", "~", " ", "é", "refs/",
    ]
    for _ in 0..<120 {
      names.append(
        (0...generator.below(5)).map { _ in pieces[generator.below(pieces.count)] }.joined())
    }
    return names
  }()

  @Test func agreesWithGitOnRefs() throws {
    let git = try GitSandbox()
    for name in Self.names {
      let status = try git.run(["check-ref-format", name]).status
      #expect((RefName.problem(name) == nil) == (status == 0), "\(name)")
    }
  }

  @Test func agreesWithGitOnBranches() throws {
    let git = try GitSandbox()
    for name in Self.names {
      let status = try git.run(["check-ref-format", "--branch", name]).status
      #expect((BranchName.problem(name) == nil) == (status == 0), "\(name)")
    }
  }

  @Test func namesTheRule() {
    #expect(BranchName.problem("") == "may not be empty")
    #expect(BranchName.problem("a..b") == "may not have \"..\"")
    #expect(BranchName.problem("a.lock/b") == "may not have a part that ends with \".lock\"")
    #expect(BranchName.problem("-a") == "may not start with \"-\"")
    #expect(BranchName.problem("HEAD") == "may not be \"HEAD\"")
    #expect(BranchName.problem("a*") == "may not have a \"*\"")
    #expect(RefName.problem("main") == "must have a \"/\", as in \"refs/heads/main\"")
    #expect(RefName.problem([UInt8(ascii: "a"), UInt8(ascii: "/"), 0]) != nil)
    #expect(BranchName.problem([0xFF, 0xFE]) == nil)
  }
}
