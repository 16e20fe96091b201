import Foundation
import IrminsulTestKit
import Testing

/// `init`, `stats`, `delete-store` and `demo`.
@Suite struct WholeStoreTests {
  @Test func makingAStore() async throws {
    let sandbox = try Sandbox()
    expectDone(
      try await sandbox.irminsul("init"),
      "Made a store: file:\(sandbox.work)/.irminsul/store (sha1 ids)\n")
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(
      try await sandbox.irminsul("init"),
      "There is a store already: file:\(sandbox.work)/.irminsul/store (sha1 ids)\n")
    expectDone(try await sandbox.irminsul("get", "a"), "1")
    expectRefusal(
      try await sandbox.irminsul("init", "--hash", "sha256"), .refused,
      "has sha1 ids, not sha256")
  }

  @Test func aStoreWithLongIDs() async throws {
    let sandbox = try Sandbox()
    let facts = try await sandbox.irminsul("init", "--hash", "sha256", "--json").object()
    #expect(facts["hash"] as? String == "sha256")
    #expect(facts["created"] as? Bool == true)
    expectDone(try await sandbox.irminsul("set", "a=1"))
    let commit = try await sandbox.irminsul("cat", "--json", "main").object()
    #expect((commit["id"] as? String)?.count == 64)
    expectDone(try await sandbox.irminsul("verify"))
  }

  @Test func countsOfAStore() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    let facts = try await sandbox.irminsul("stats", "--json").object()
    #expect(facts["branches"] as? Int == 2)
    #expect(facts["otherRefs"] as? Int == 4)
    #expect(facts["objects"] as? Int == (try history.git.reachable().count))
    #expect(facts["position"] as? Int == 6)
    let text = expectDone(try await sandbox.irminsul("stats")).lines
    #expect(text.contains("branches      2"))
    #expect(text.contains("ids           sha1"))
  }

  @Test func aStoreIsDeletedByItsNameAndForce() async throws {
    let sandbox = try Sandbox()
    let url = "file:s?name=mine"
    expectDone(try await sandbox.irminsul("set", "a=1", "--store", url))
    expectDone(try await sandbox.irminsul("set", "a=1", "--store", "file:s?name=other"))
    let before = try await sandbox.state(of: url)
    expectRefusal(
      try await sandbox.irminsul("delete-store", "mine", "--store", url), .refused,
      "not deleted: store \"mine\" in file:s, which holds 3 objects and 1 branch", "--force")
    expectRefusal(
      try await sandbox.irminsul("delete-store", "other", "--force", "--store", url), .usage,
      "the store in file:s is named \"mine\"")
    #expect(try await sandbox.state(of: url) == before)
    expectDone(
      try await sandbox.irminsul("delete-store", "mine", "--force", "--store", url),
      "deleted store \"mine\" in file:s: 3 objects and 1 branch\n")
    expectRefusal(
      try await sandbox.irminsul("get", "a", "--store", url), .refused, "there is no store \"mine\""
    )
    expectDone(try await sandbox.irminsul("get", "a", "--store", "file:s?name=other"), "1")
    // The name is free again.
    expectDone(try await sandbox.irminsul("set", "a=2", "--store", url))
    #expect(try await sandbox.irminsul("log", "--oneline", "--store", url).lines.count == 1)
  }

  @Test func theDemoShowsWhatItSays() async throws {
    let sandbox = try Sandbox()
    let demo = expectDone(try await sandbox.irminsul("demo")).text
    #expect(demo.contains("$ irminsul import "))
    let own = try #require(demo.firstMatch(of: #/branch\.set: [a-z ]+ 400 +400 +1\.00 /#))
    let usual = try #require(demo.firstMatch(of: #/test the head, [a-z ]+ 400 +[0-9,]+ +[0-9.]+ /#))
    #expect(usual.range.lowerBound < own.range.lowerBound)
    #expect(demo.contains("history: 400 commits in one line; values there: 400 of 400"))
    #expect(demo.contains("the watch saw 400 of 400 commits, in order"))
    #expect(demo.contains("and 3 refs: no faults"))
    #expect(demo.contains("What to try next"))
    // It works in a folder of its own, which is left for who wants to go on with it.
    #expect(try sandbox.names() == [])
    let folders = try sandbox.names(in: "../tmp")
    let folder = try #require(folders.first)
    #expect(folders.count == 1)
    expectDone(
      try await sandbox.irminsul(
        "get", "config/theme", "--branch", "settings", in: "\(sandbox.root)/tmp/\(folder)"),
      "light")
  }

  #if Redis
    @Test func theDemoOnAServerLeavesNothing() async throws {
      let server = try await RedisServer.start(RedisServer.Options(password: secret))
      let sandbox = try Sandbox()
      let demo = expectDone(try await sandbox.irminsul("demo", "--store", server.url)).text
      #expect(demo.contains("the watch saw 400 of 400 commits, in order"))
      #expect(!demo.contains(secret))
      #expect(try server.command("DBSIZE") == ":0\r\n")
      #expect(try sandbox.names(in: "../tmp") == [])
    }
  #endif
}
