import Foundation
import IrminsulTestKit
import Testing

/// Paths and branch names that no store takes, names of what is not there, and values that are too
/// large: refused with the reason, before anything is changed.
@Suite struct BadNameTests {
  private func store() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "d/b=2"))
    return sandbox
  }

  private static let paths = [
    ("a//b", "a name in it is empty"), ("a/./b", "\".\" means the directory itself"),
    ("../a", "\"..\" means the directory above"), ("x/.git/config", "\".git\" is kept for Git"),
    (".GIT", "\".git\" is kept for Git"), ("git~1/x", "take it for \".git\""),
  ]

  @Test func badPaths() async throws {
    let sandbox = try await store()
    let before = try await sandbox.state()
    for (path, reason) in Self.paths {
      let transcript = try await sandbox.irminsul("set", "ok=1", "\(path)=1")
      expectRefusal(transcript, .usage, "bad path \"\(path)\"", reason, "config/theme")
    }
    for command in [
      ["set", "a//b", "1"], ["get", "a//b"], ["rm", "a", "a//b"], ["mv", "a", "a//b"],
      ["ls", "a//b"], ["tree", "a//b"], ["watch", "a//b"],
    ] {
      expectRefusal(try await sandbox.irminsul(command), .usage, "bad path \"a//b\"")
    }
    for command in [["set", "", "1"], ["set", "/=1"], ["rm", "/"], ["mv", "a", ""]] {
      let transcript = try await sandbox.irminsul(command)
      expectRefusal(transcript, .usage, "the root itself cannot be", "config/theme")
    }
    #expect(try await sandbox.state() == before)
  }

  private static let branches = [
    ("", "may not be empty"), ("a b", "a space"), ("a..b", "\"..\""), ("/a", "start with \"/\""),
    ("a/", "end with \"/\""), ("a.lock", "\".lock\""), ("a~1", "\"~\""), ("a:b", "\":\""),
    ("@{", "@{"), ("HEAD", "may not be \"HEAD\""), ("a/.b", "starts with \".\""),
    ("a\u{1}", "a control character"), ("a.", "end with \".\""),
  ]

  @Test func badBranchNames() async throws {
    let sandbox = try await store()
    let before = try await sandbox.state()
    for (name, reason) in Self.branches {
      let transcript = try await sandbox.irminsul("branch", name)
      expectRefusal(
        transcript, .usage, "bad branch name \"\(name)\"", reason, "git check-ref-format")
    }
    for command in [
      ["set", "a=2", "--branch", "a b"], ["get", "a", "--branch", "a b"],
      ["branch", "--move", "main", "a b"], ["branch", "--delete", "a b"], ["log", "-b", "a b"],
      ["watch", "-b", "a b"],
    ] {
      expectRefusal(try await sandbox.irminsul(command), .usage, "bad branch name \"a b\"")
    }
    #expect(try await sandbox.state() == before)
  }

  @Test func absentPathsAndBranches() async throws {
    let sandbox = try await store()
    let before = try await sandbox.state()
    for command in [
      ["get", "x/y"], ["ls", "x/y"], ["tree", "x/y"], ["rm", "x/y"], ["mv", "x/y", "z"],
    ] {
      expectRefusal(
        try await sandbox.irminsul(command), .refused, "nothing at \"x/y\" in branch \"main\"",
        "See what is there with `irminsul ls`")
      expectRefusal(
        try await sandbox.irminsul(command + ["--branch", "topic"]), .refused,
        "no branch \"topic\"", "There are: main")
    }
    expectRefusal(
      try await sandbox.irminsul("get", "a/b"), .refused, "nothing at \"a/b\"")
    #expect(try await sandbox.state() == before)
  }

  @Test func aStoreWithNoBranchYet() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("init"))
    for command in [["get", "a"], ["ls"], ["tree"], ["log"], ["rm", "a"], ["branch", "new"]] {
      expectRefusal(
        try await sandbox.irminsul(command), .refused, "no branch \"main\"",
        "Make the first commit with `irminsul set PATH VALUE`")
    }
    expectDone(try await sandbox.irminsul("branch"), "")
    expectDone(try await sandbox.irminsul("verify"))
  }

  // MARK: Values

  /// Each way in takes it piece by piece; of one that is zeros all chunks are the same.
  @Test func aValueOf70Megabytes() async throws {
    let sandbox = try await store()
    try sandbox.makeHollowFile("large", size: 70 << 20)
    let id = expectDone(try await sandbox.shell("git hash-object large")).text.prefix(40)
    for line in [
      "irminsul set a --file large", "irminsul set b - <large", "cat large | irminsul set c -",
    ] {
      expectDone(try await sandbox.shell(line))
    }
    for path in ["a", "b", "c"] {
      let facts = try await sandbox.irminsul("ls", "-l", "--json").objects().first {
        $0["path"] as? String == path || $0["name"] as? String == path
      }
      #expect(facts?["id"] as? String == String(id), "\(path)")
    }
    expectDone(try await sandbox.shell("irminsul get b | cmp - large"), "")
    expectDone(try await sandbox.irminsul("cat", "main:c", "--size"), "\(70 << 20)\n")
    expectDone(try await sandbox.shell("irminsul cat main:c | cmp - large"), "")
    let again = try await sandbox.irminsul("set", "a", "--file", "large", "--expect-absent")
    expectRefusal(again, .refused, "there is something already")
    let files = try sandbox.names(in: ".irminsul")
    let size = try files.reduce(0) { try $0 + sandbox.read(".irminsul/\($1)").count }
    #expect(!files.isEmpty && size < 16 << 20)
    #expect(try sandbox.names(in: "../tmp").filter { $0.hasPrefix("irminsul-value") } == [])
  }

  #if Redis
    /// One that the command line takes for possible, but not the server.
    @Test func aValueLargerThanTheServerTakes() async throws {
      let server = try await RedisServer.start(
        RedisServer.Options(extraLines: ["proto-max-bulk-len 1mb"]))
      let sandbox = try Sandbox()
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url))
      let before = try await sandbox.state(of: server.url)
      try sandbox.makeHollowFile("large", size: 2 << 20)
      let transcript = try await sandbox.irminsul(
        "set", "large", "--file", "large", "--store", server.url)
      expectRefusal(transcript, .refused, "invalid bulk length", "proto-max-bulk-len")
      #expect(try await sandbox.state(of: server.url) == before)
    }
  #endif
}
