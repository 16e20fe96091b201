import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Several stores in one place, and what a store is.
@Suite struct StoreNameTests {
  @Test func storesOnOneServerAreSeparate() async throws {
    let server = try await TestServers.shared.plain()
    let name = TestServers.freshName()
    // A name that would match the other as a pattern.
    let one = try await Repository.open(server.url + "?name=\(name)")
    let other = try await Repository.open(server.url + "?name=\(name.dropLast())*")
    var watch = try await one.branch().watch().makeAsyncIterator()
    try await other.branch().set("a", to: "other", "Elsewhere")
    try await other.branch("second").set("a", to: "other", "Elsewhere")
    #expect(try await one.branches() == [])
    #expect(try await one.branch().find("a") == nil)
    let head = try await one.branch().set("a", to: "one", "Here").head
    #expect(try await watch.next()?.kind == head.map { .added($0) })
    #expect(try await other.branches() == ["main", "second"])
    await one.close()
    await other.close()
  }

  @Test func keysHaveOneHashTag() async throws {
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url + "?name=tagged")
    try await repository.branch().set("a", to: "1", "One")
    let keys = try server.command("KEYS", "*").split(whereSeparator: \.isNewline)
    #expect(keys.count >= 11)
    // RESP's own lines start with a type's sign.
    let names = keys.filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }
    for name in names { #expect(name.hasPrefix("{tagged}:"), "\(name)") }
    await repository.close()
    server.stop()
  }

  @Test func badStoreNamesAreRefused() async throws {
    for name in ["", "a b", "a{b", "a}b", "a\nb", String(repeating: "x", count: 201)] {
      await #expect(throws: StoreError.self) {
        let host = try await Repository.open("memory:")
        await host.close()
        _ = try await Repository(
          host: try #require(host.backend).host, name: name)
      }
    }
  }

  @Test func aStoreOfAnotherHashOrFormatIsRefused() async throws {
    let server = try await RedisServer.start()
    let first = try await Repository.open(server.url)
    try await first.branch().set("a", to: "1", "One")
    let wrong = await #expect(throws: StoreError.self) {
      _ = try await Repository.open(server.url + "?hash=sha256")
    }
    #expect("\(try #require(wrong))".contains("sha1"))
    #expect("\(try #require(wrong))".contains("sha256"))
    _ = try server.command("HSET", "{irminsul}:meta", "format", "7")
    let newer = await #expect(throws: StoreError.self) {
      _ = try await Repository.open(server.url)
    }
    guard case .unknownFormat(_, ["1", "2"], _)? = newer else {
      Issue.record("\(String(describing: newer))")
      return
    }
    // Also for a repository that is open already.
    await #expect(throws: StoreError.self) {
      try await first.branch().set("a", to: "2", "Two")
    }
    await first.close()
    server.stop()
  }

  @Test func aStoreIsDeletedByNameAlone() async throws {
    let server = try await RedisServer.start()
    let one = try await Repository.open(server.url + "?name=one")
    let two = try await Repository.open(server.url + "?name=two")
    for repository in [one, two] {
      try await repository.branch().commit(
        try (0..<50).map { try .set(Path("d/\($0)"), "\($0)") }, "Fifty")
    }
    try await Repository.deleteStore(named: "one", at: server.url + "?name=one")
    await #expect(throws: StoreError.self) {
      try await one.branch().set("a", to: "1", "Gone")
    }
    #expect(try await two.branch().list("d").count == 50)
    let keys = try server.command("KEYS", "*").split(whereSeparator: \.isNewline)
    #expect(!keys.contains { $0.hasPrefix("{one}") })
    await one.close()
    await two.close()
    server.stop()
  }
}
