import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// What verification finds in a store that somebody has damaged.
@Suite struct VerifyTests {
  /// Damages a store with one HSET or HDEL and answers the faults found.
  private func faults(
    after damage: (Repository, any ScriptHost) async throws -> Void
  ) async throws -> [Fault] {
    let repository = try await Repository.open("memory:")
    let host = try #require(repository.backend).host
    let main = repository.branch()
    for number in 0..<20 {
      try await main.set(Path("d\(number % 3)/\(number)"), to: "\(number)", "x")
    }
    try await damage(repository, host)
    let found = Locked<[Fault]>([])
    let summary = try await repository.verify { fault in found.withLock { $0.append(fault) } }
    let faults = found.withLock { $0 }
    #expect(summary.faults == faults.count)
    await repository.close()
    return faults
  }

  private func hash(_ words: String, _ key: String, _ rest: Bytes...) -> Command {
    Command(arguments: [Bytes(words.utf8), Bytes("{irminsul}:\(key)".utf8)] + rest)
  }

  @Test func aSoundStoreHasNoFaults() async throws {
    #expect(try await faults { _, _ in } == [])
  }

  @Test func aMissingBlob() async throws {
    let found = try await faults { repository, host in
      let id = try #require(try await repository.branch().hash("d1/4"))
      _ = try await host.run(hash("HDEL", "objects", id.bytes))
    }
    #expect(Set(found.map(\.kind)) == ["missing-object"])
  }

  @Test func bytesThatHashToAnotherID() async throws {
    var damaged: ObjectID?
    let found = try await faults { repository, host in
      let id = try #require(try await repository.branch().hash("d1/4"))
      damaged = id
      _ = try await host.run(hash("HSET", "objects", id.bytes, Bytes("blob 1\0X".utf8)))
    }
    #expect(found.map(\.kind) == ["wrong-hash"])
    #expect(found.first?.object == damaged)
  }

  @Test func rubbishAmongTheObjects() async throws {
    let found = try await faults { repository, host in
      _ = try await host.run(hash("HSET", "objects", Bytes("short".utf8), Bytes("x".utf8)))
      let id = try #require(try await repository.branch().hash("d1/4"))
      _ = try await host.run(hash("HSET", "objects", id.bytes, Bytes("rubbish".utf8)))
    }
    #expect(found.map(\.kind).contains("bad-id"))
    #expect(found.map(\.kind).contains("not-an-object"))
  }

  @Test func refsThatLeadNowhere() async throws {
    let found = try await faults { _, host in
      _ = try await host.run(
        hash("HSET", "refs", Bytes("refs/tags/t".utf8), Bytes(repeating: 7, count: 20)))
      _ = try await host.run(
        hash("HSET", "refs", Bytes("refs/heads/x".utf8), Bytes(repeating: 7, count: 40)))
      _ = try await host.run(hash("HSET", "refs", Bytes("refs/heads/y".utf8), [1, 2, 3]))
    }
    #expect(found.map(\.ref).contains("refs/tags/t"))
    #expect(found.map(\.ref).contains("refs/heads/x"))
    #expect(found.map(\.ref).contains("refs/heads/y"))
  }
}
