import Irminsul
import Testing

/// Objects that somebody has damaged or taken away: each command that meets one says which, and no
/// command makes it worse.
@Suite struct DamagedStoreTests {
  /// A store with the file `a` and the folder `d`, one of whose objects is then replaced, or removed
  /// for nil.
  private func store(
    replacing revision: String, by bytes: String?
  ) async throws -> (sandbox: Sandbox, id: String) {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "d/b=2", "d/c=3"))
    let repository = try await Repository.open("file:\(sandbox.work)/.irminsul/store")
    let host = try #require(repository.backend).host
    let id = try await repository.resolveEntry(revision).id
    let key = Bytes("{irminsul}:objects".utf8)
    let command =
      if let bytes {
        [Bytes("HSET".utf8), key, id.bytes, Bytes(bytes.utf8)]
      } else {
        [Bytes("HDEL".utf8), key, id.bytes]
      }
    _ = try await host.run(Command(arguments: command))
    await repository.close()
    return (sandbox, id.hex)
  }

  @Test func aMissingValue() async throws {
    let (sandbox, id) = try await store(replacing: "main:d/b", by: nil)
    let before = try await sandbox.state()
    for command in [["get", "d/b"], ["cat", "main:d/b"], ["export", "copy.git"]] {
      expectRefusal(
        try await sandbox.irminsul(command), .io, "object \(id) is missing", "run verify")
    }
    expectRefusal(try await sandbox.irminsul("cat", id), .refused, "no object \"\(id)\"")
    let verified = try await sandbox.irminsul("verify")
    #expect(verified.status == ExitCode.refused.rawValue)
    #expect(verified.errors == "")
    #expect(
      verified.lines.first?.hasPrefix("fault: object \(id): a blob that is not stored") == true)
    #expect(verified.lines.last?.hasSuffix("1 ref: 1 fault") == true)
    let facts = try await sandbox.irminsul("verify", "--json").objects()
    #expect(facts.map { $0["fault"] as? String } == ["missing-object", nil])
    #expect(facts.last?["faults"] as? Int == 1)
    #expect(try sandbox.names() == [".irminsul"])
    #expect(try await sandbox.state() == before)
    // The rest is there, and the value can be put again.
    expectDone(try await sandbox.irminsul("get", "d/c"), "3")
    expectDone(try await sandbox.irminsul("set", "again=2"))
    expectDone(try await sandbox.irminsul("verify"))
  }

  @Test func aMissingFolder() async throws {
    let (sandbox, id) = try await store(replacing: "main:d", by: nil)
    let before = try await sandbox.state()
    let commands = [
      ["get", "d/b"], ["ls", "d"], ["tree", "d"], ["cat", "main:d"], ["set", "d/b=9"],
      ["rm", "d/b"], ["mv", "d/b", "e"], ["export", "copy.git"],
    ]
    for command in commands {
      expectRefusal(try await sandbox.irminsul(command), .io, id, "verify")
    }
    #expect(try await sandbox.irminsul("verify").status == ExitCode.refused.rawValue)
    #expect(try await sandbox.state() == before)
    #expect(try sandbox.names() == [".irminsul"])
  }

  @Test func aMissingCommit() async throws {
    let (sandbox, id) = try await store(replacing: "main", by: nil)
    for command in [["log"], ["cat", "main"], ["branch", "--verbose"], ["export", "copy.git"]] {
      expectRefusal(try await sandbox.irminsul(command), .io, id, "verify")
    }
    #expect(try await sandbox.irminsul("verify").status == ExitCode.refused.rawValue)
  }

  @Test func bytesThatAreNoObject() async throws {
    let (sandbox, id) = try await store(replacing: "main:d", by: "rubbish")
    let before = try await sandbox.state()
    for command in [["get", "d/b"], ["ls", "d"], ["cat", "main:d"], ["export", "copy.git"]] {
      expectRefusal(
        try await sandbox.irminsul(command), .io, "object \(id) is damaged", "verify")
    }
    expectRefusal(try await sandbox.irminsul("set", "d/b=9"), .io, id)
    let verified = try await sandbox.irminsul("verify")
    #expect(verified.status == ExitCode.refused.rawValue)
    #expect(verified.lines.first?.contains("object \(id): malformed object") == true)
    #expect(try await sandbox.state() == before)
  }

  @Test func bytesOfAnotherObject() async throws {
    let (sandbox, id) = try await store(replacing: "main:d/b", by: "blob 1\0X")
    let verified = try await sandbox.irminsul("verify")
    #expect(verified.status == ExitCode.refused.rawValue)
    #expect(
      verified.lines.first?.hasPrefix("fault: object \(id): the bytes of this blob hash to") == true
    )
    expectRefusal(
      try await sandbox.irminsul("export", "copy.git"), .io, "object \(id) is damaged",
      "its bytes hash to")
    #expect(try sandbox.names() == [".irminsul"])
  }
}
