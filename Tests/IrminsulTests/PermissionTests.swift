import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// Users who may run some of a script's commands and not others.
@Suite struct PermissionTests {
  @Test(arguments: ["xadd", "time", "evalsha", "hmget"])
  func aRefusedCommitLeavesTheBranchWhereItWas(_ command: String) async throws {
    let server = try await RedisServer.start(
      RedisServer.Options(users: ["limited": "on >pass ~* +@all -\(command)"]))
    let owner = try await Repository.open(server.url)
    let main = owner.branch()
    try await main.set("a", to: "1", "One")
    let head = try await main.head()
    let url = server.url(user: "limited", password: "pass")
    await #expect(throws: StoreError.self) {
      let limited = try await Repository.open(url)
      defer { Task { await limited.close() } }
      try await limited.branch().set("a", to: "2", "Two")
    }
    #expect(try await main.head() == head)
    #expect(try await owner.verify { _ in }.faults == 0)
    // What was refused does not stand in the way of others.
    try await main.set("a", to: "3", "Three")
    #expect(try await owner.refLog().count == 2)
    await owner.close()
    server.stop()
  }

  @Test(arguments: ["xadd", "hset", "hdel"])
  func aRefusedChangeOfRefsLeavesThemAndTheirLogAsTheyWere(_ command: String) async throws {
    let server = try await RedisServer.start(
      RedisServer.Options(users: ["limited": "on >pass ~* +@all -\(command)"]))
    let owner = try await Repository.open(server.url)
    let main = owner.branch()
    try await main.set("a", to: "1", "One")
    let head = try #require(try await main.head())
    _ = try await owner.createBranch("old", at: head.id)
    let branches = try await owner.branches()
    let changes = try await owner.refLog().count
    let limited = try await Repository.open(server.url(user: "limited", password: "pass"))
    await #expect(throws: StoreError.self) {
      try await limited.renameBranch("old", to: "new")
    }
    #expect(try await owner.branches() == branches)
    #expect(try await owner.refLog().count == changes)
    await limited.close()
    await owner.close()
    server.stop()
  }

  /// The user of the README may do all that the library does.
  @Test func theUserOfTheReadmeMayDoEverything() async throws {
    let readme = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../README.md"), encoding: .utf8)
    let start = try #require(readme.range(of: "ACL SETUSER app "))
    let end = try #require(readme.range(of: "```", range: start.upperBound..<readme.endIndex))
    let rules = readme[start.upperBound..<end.lowerBound]
      .replacing(">PASSWORD", with: ">secret").split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    let server = try await RedisServer.start(RedisServer.Options(users: ["app": rules]))
    for behaviour in Behaviour.all {
      let repository = try await Repository.open(server.url(user: "app", password: "secret"))
      do {
        try await behaviour.check(on: repository)
      } catch {
        Issue.record("\(behaviour): \(error)")
      }
      await repository.close()
      try await Repository.deleteStore(
        named: "irminsul", at: server.url(user: "app", password: "secret"))
    }
    server.stop()
  }
}
