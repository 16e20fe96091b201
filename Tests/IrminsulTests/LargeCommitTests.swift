import GitObjects
import Irminsul
import RedisScripting
import Testing

/// Commits that the client makes because they are too large for the server, beside others who commit
/// all the time.
@Suite struct LargeCommitTests {
  /// Runs a body with a branch whose every write of objects is followed by a commit of somebody else.
  private func withDisturbedStore(
    at folder: String, rounds: Int, _ body: (Branch, _ others: Branch) async throws -> Void
  ) async throws {
    let host = try FaultyHost()
    let others = try await Repository(host: host.memory)
    let repository = try await Repository(host: host)
    try await others.branch().set("begin", to: "0", "Begin")
    for round in 0..<rounds {
      host.add(.answerLost, to: "put_objects") {
        try await others.branch().set(Path("\(folder)/other\(round)"), to: "x", "Other")
      }
    }
    try await body(repository.branch(), others.branch())
    await repository.close()
  }

  private static func many(_ folder: String) throws -> [BranchEdit] {
    try (0..<1500).map { try .set(Path("\(folder)/\($0)"), "\($0)") }
  }

  @Test func othersElsewhereDoNotDisturbIt() async throws {
    // One write of objects, so one attempt: a second one would be disturbed again, and the commit come
    // after the second of the others.
    try await withDisturbedStore(at: "elsewhere", rounds: 2) { main, others in
      try await main.commit(try Self.many("bulk"), "Bulk")
      #expect(try await main.log().map(\.subject) == ["Bulk", "Other", "Other", "Begin"])
      #expect(try await main.list("bulk").count == 1500)
      #expect(try await main.get("elsewhere/other0", as: String.self) == "x")
    }
  }

  @Test func othersInTheSameFolderAreNotLost() async throws {
    try await withDisturbedStore(at: "bulk", rounds: 3) { main, others in
      try await main.commit(try Self.many("bulk"), "Bulk")
      #expect(try await main.list("bulk").count == 1503)
      #expect(try await main.log().first?.subject == "Bulk")
    }
  }

  /// One entry of a folder too large for the server.
  @Test func anEntryOfAHugeFolder() async throws {
    let memory = try FaultyHost()
    let repository = try await Repository(host: memory)
    let main = repository.branch()
    let name = String(repeating: "n", count: 200)
    try await main.commit(
      try (0..<6000).map { try .set(Path("a/b/\(name)\($0)"), "x") }, "Fill")
    try await main.commit([try .set("a/b/new", "y"), try .set("a/c", "z")], "One")
    #expect(try await main.list("a/b").count == 6001)
    #expect(try await main.get("a/c", as: String.self) == "z")
    try await main.commit([.remove("a/b/new"), .increment("n")], "Two")
    #expect(try await main.list("a/b").count == 6000)
    #expect(try await repository.verify { _ in }.faults == 0)
    await repository.close()
  }
}
