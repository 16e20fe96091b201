import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// What the page "Running it in production" says of replicas and users.
@Suite struct ProductionServerTests {
  @Test func aReplicaIsRefused() async throws {
    let master = try await RedisServer.start()
    let writer = try await Repository.open(master.url)
    let replica = try await RedisServer.start(
      RedisServer.Options(replicaOfPort: master.port))
    let error = await #expect(throws: StoreError.self) {
      _ = try await Repository.open(replica.url)
    }
    #expect(try "\(#require(error))".contains("it is a replica, which takes no writes"))
    await writer.close()
    master.stop()
    replica.stop()
  }

  @Test func theReaderOfThePageReadsAndNoMore() async throws {
    let page = try PagesTests.text(of: "Production")
    let start = try #require(page.range(of: "ACL SETUSER reader "))
    let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
    let rules = page[start.upperBound..<end.lowerBound]
      .replacing(">PASSWORD", with: ">secret").split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    let server = try await RedisServer.start(RedisServer.Options(users: ["reader": rules]))
    let owner = try await Repository.open(server.url)
    let main = owner.branch()
    try await main.commit([.set("d/a", "1"), .set("d/b", "1")], "One")
    try await main.set("d/a", to: "2", "Two")
    let reader = try await Repository.open(server.url(user: "reader", password: "secret"))
    let seen = reader.branch()
    var watch = try await seen.watch("d", after: 1).makeAsyncIterator()
    #expect(try await watch.next()?.changes.count == 1)
    #expect(try await seen.get("d/a", as: String.self) == "2")
    #expect(try await seen.list("d").count == 2)
    #expect(try await seen.log().count == 2)
    #expect(try await reader.branches() == ["main"])
    #expect(try await reader.refLog().count == 2)
    #expect(try await reader.statistics().branches == 1)
    #expect(try await reader.verify { _ in }.faults == 0)
    let copy = try await Repository.open("memory:")
    try await copy.clone(from: reader)
    for write in [
      { try await seen.set("d/a", to: "3", "Three") } as () async throws -> Any,
      { try await seen.testAndSetHead(test: nil, set: nil) },
      { try await reader.createBranch("other", at: main.head()?.id ?? .zero(.sha1)) },
    ] {
      await #expect(throws: StoreError.self) { _ = try await write() }
    }
    #expect(try await main.log().count == 2)
    await copy.close()
    await reader.close()
    await owner.close()
    server.stop()
  }
}
