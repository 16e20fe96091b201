import Irminsul
import IrminsulTestKit
import Testing

/// How many commands reach the server: its own count of them, not ours.
@Suite struct RoundTripTests {
  private func withRepository(
    _ body: (Repository, () throws -> Int) async throws -> Void
  ) async throws {
    // A server of its own: other tests' commands would be counted as well.
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    try await body(repository) {
      let counts = try server.commandCounts()
      // What a script calls is counted too; these are only ever sent by a client.
      return ["evalsha", "eval", "script|load", "xread"].reduce(0) { $0 + (counts[$1] ?? 0) }
    }
    await repository.close()
    server.stop()
  }

  @Test func aCommitIsOneCommand() async throws {
    try await withRepository { repository, count in
      let main = repository.branch()
      try await main.set("a/b/c", to: "0", "Loads the scripts")
      let before = try count()
      for number in 1...10 { try await main.set("a/b/c", to: "\(number)", "Write") }
      #expect(try count() - before == 10)
      let edits = try (0..<100).map { try BranchEdit.set(Path("x/\($0 % 9)/\($0)"), "\($0)") }
      try await main.commit(edits, "Hundred")
      try await main.remove("x", "Remove")
      try await main.testAndSet("a/b/c", test: "10", set: "11", "Test")
      #expect(try count() - before == 13)
    }
  }

  @Test func aReadAtABranchsHeadIsOneCommand() async throws {
    try await withRepository { repository, count in
      let main = repository.branch()
      try await main.set("a/b/c/d", to: "1", "Write")
      _ = try await main.find("a")
      let before = try count()
      #expect(try await main.get("a/b/c/d", as: String.self) == "1")
      #expect(try count() - before == 1)
      #expect(try await main.list("a/b").count == 1)
      #expect(try count() - before == 2)
      #expect(try await main.mem("a/b/none") == false)
      #expect(try count() - before == 3)
    }
  }

  @Test func aReadInACachedSnapshotIsNone() async throws {
    try await withRepository { repository, count in
      let main = repository.branch()
      try await main.commit([.set("a/b/c", "1"), .set("a/d", "2")], "Write")
      let snapshot = try #require(try await main.snapshot())
      #expect(try await snapshot.get("a/b/c", as: String.self) == "1")
      let before = try count()
      for _ in 0..<10 {
        #expect(try await snapshot.get("a/b/c", as: String.self) == "1")
        #expect(try await snapshot.list("a").count == 2)
        #expect(try await snapshot.tree.mem("a/none") == false)
      }
      #expect(try count() == before)
    }
  }
}
