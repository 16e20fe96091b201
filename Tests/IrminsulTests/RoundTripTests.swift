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

  /// A fresh handle of a store, whose cache is empty.
  private func cold(_ repository: Repository, _ head: ObjectID) async throws -> Tree {
    let location = repository.location
    var options = Repository.Options()
    options.creation = .never
    return try await Repository.open(location, options: options).tree(head)
  }

  @Test func aWalkIsOneCommandALevel() async throws {
    try await withRepository { repository, count in
      let edits = try (0..<400).map {
        try BranchEdit.set(Path("\($0 % 10)/\($0 % 40)/\($0 % 200)/\($0)"), "\($0)")
      }
      let head = try #require(try await repository.branch().commit(edits, "Fill").head)
      let tree = try await cold(repository, head)
      let before = try count()
      #expect(try await tree.stats().blobs == 400)
      // The root is there. 10, 40 and 200 directories below it.
      #expect(try count() - before == 3)
      let whole = try await cold(repository, head)
      let start = try count()
      #expect(try await whole.concrete() == tree.concrete())
      // The values come along in batches of 16, 32, 64 and so on.
      #expect(try count() - start <= 12)
    }
  }

  @Test func aDifferenceIsOneCommandALevel() async throws {
    try await withRepository { repository, count in
      let main = repository.branch()
      func edits(_ value: String) throws -> [BranchEdit] {
        try (0..<300).map { try .set(Path("\($0 % 10)/\($0 % 50)/\($0)"), value) }
      }
      let old = try #require(try await main.commit(try edits("old"), "Old").head)
      let new = try #require(try await main.commit(try edits("new"), "New").head)
      let one = try await cold(repository, old)
      let two = try await repository.tree(new)
      let before = try count()
      #expect(try await one.diff(to: two).count == 300)
      // Of another handle: each side reads for itself, the new one what it does not have.
      #expect(try count() - before <= 6)
      let other = try await Repository.open(repository.location)
      let (left, right) = (try await other.tree(old), try await other.tree(new))
      let start = try count()
      #expect(try await left.diff(to: right).count == 300)
      #expect(try count() - start == 2)
      await other.close()
    }
  }

  @Test func aProofIsOneCommandADirectory() async throws {
    let server = try await RedisServer.start()
    for layout in ["git", "wide"] {
      let repository = try await Repository.open(server.url + "?name=\(layout)&layout=\(layout)")
      let edits = try (0..<900).map { try BranchEdit.set(Path("a/b/job-\($0)"), "\($0)") }
      let head = try #require(try await repository.branch().commit(edits, "Fill").head)
      let other = try await Repository.open(server.url + "?name=\(layout)")
      func count() throws -> Int {
        let counts = try server.commandCounts()
        return ["evalsha", "eval", "script|load"].reduce(0) { $0 + (counts[$1] ?? 0) }
      }
      // Loads the scripts.
      let more = try (0..<900).map { try BranchEdit.set(Path("other/\($0)"), "\($0)") }
      let side = try #require(try await repository.branch("side").commit(more, "Other").head)
      _ = try await other.proof(of: "other/7", in: side)
      let before = try count()
      let proof = try await other.proof(of: "a/b/job-333", in: head)
      // The commit, its tree, a, b, the way into b in a wide one, and the value.
      let commands = try count() - before
      #expect(commands == (layout == "git" ? 5 : 6))
      #expect(proof.finding != .absent)
      await other.close()
      await repository.close()
    }
    server.stop()
  }
}
