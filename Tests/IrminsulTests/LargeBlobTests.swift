import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Blobs in chunks on their way between stores, repositories and files; git is the referee.
@Suite struct LargeBlobTests {
  private static let sizes = [0, 5, 2 << 20, (2 << 20) + 1, (6 << 20) + 77]

  private func bytes(_ count: Int) -> Bytes {
    var numbers = SeededNumbers(state: UInt64(count + 1))
    var bytes = Bytes()
    bytes.reserveCapacity(count + 8)
    while bytes.count < count { withUnsafeBytes(of: numbers.next()) { bytes += $0 } }
    return Bytes(bytes.prefix(count))
  }

  /// A repository with a file of each size.
  private func repository(_ algorithm: HashAlgorithm = .sha1) throws -> GitFixture {
    let git = try GitFixture(algorithm)
    var stream = Bytes("commit refs/heads/main\ncommitter A <a@b> 1 +0000\ndata 0\n".utf8)
    for size in Self.sizes {
      stream += Bytes("M 100644 inline films/\(size)\ndata \(size)\n".utf8) + bytes(size)
      stream.append(UInt8(ascii: "\n"))
    }
    try git.run("fast-import", "--quiet", input: stream)
    return git
  }

  private func expectSound(_ store: Repository) async throws {
    let summary = try await store.verify { Issue.record("\($0)") }
    #expect(summary.faults == 0)
    for size in Self.sizes {
      let value = try await store.branch().get(Path("films/\(size)"), as: Bytes.self)
      #expect(value == bytes(size), "\(size) bytes")
    }
  }

  @Test(arguments: StorePlace.allCases, HashAlgorithm.allCases)
  func fromGitAndBack(_ place: StorePlace, _ algorithm: HashAlgorithm) async throws {
    let git = try repository(algorithm)
    try await place.withRepository(algorithm) { store in
      let imported = try await store.importGit(from: git.path)
      let reachable = try git.reachable()
      #expect(imported.objects == reachable.count && imported.newObjects == reachable.count)
      try await expectSound(store)
      let exported = try await store.exportGit(to: "\(git.folder)/back.git")
      #expect(exported.objects == reachable.count)
      let copy = GitFixture(at: "\(git.folder)/back.git", algorithm)
      #expect(try copy.reachable() == reachable)
      #expect(try copy.refs() == git.refs())
      #expect(try copy.complaints() == [])
      let again = try await store.importGit(from: git.path)
      #expect(again.newObjects == 0)
    }
  }

  @Test(arguments: ["", "?hash=sha256", "?layout=wide"])
  func betweenStoresAndThroughSlices(_ kind: String) async throws {
    let git = try repository(kind.contains("sha256") ? .sha256 : .sha1)
    let source = try await Repository.open("memory:\(kind)")
    for size in Self.sizes {
      try await source.branch().set(Path("films/\(size)"), to: bytes(size), "Set")
    }
    let fetched = try await Repository.open("memory:\(kind)")
    _ = try await fetched.fetch(["main"], from: source)
    _ = try await fetched.branch().setHead(try #require(try await source.branch().head()).id)
    try await expectSound(fetched)
    let file = "\(git.folder)/all.slice"
    let written = try await source.exportSlice(to: file)
    let read = try await Repository.open("memory:\(kind)")
    let imported = try await read.importSlice(from: file)
    #expect(imported.objects == written.objects && imported.newObjects == written.objects)
    try await expectSound(read)
    if kind.contains("wide") {
      // As git would have it: trees are made anew, and the films are the same.
      _ = try await source.exportGit(to: "\(git.folder)/plain.git")
      let copy = GitFixture(at: "\(git.folder)/plain.git")
      #expect(try copy.complaints() == [])
      for size in Self.sizes {
        let found = try copy.run("rev-parse", "main:films/\(size)").lines.first
        #expect(found == FramedObject(kind: .blob, content: bytes(size)).id(.sha1).hex)
      }
    }
    // A byte that is another one, anywhere in the content of a film, is noticed, and no ref moves.
    var damaged = Bytes(try Data(contentsOf: URL(filePath: file)))
    damaged[damaged.count - (2 << 20)] ^= 1
    try Data(damaged).write(to: URL(filePath: file))
    let refusing = try await Repository.open("memory:\(kind)")
    await #expect(throws: StoreError.self) { _ = try await refusing.importSlice(from: file) }
    #expect(try await refusing.branches().isEmpty)
    for cut in [damaged.count / 2, damaged.count - 100] {
      try Data(damaged.prefix(cut)).write(to: URL(filePath: file))
      await #expect(throws: StoreError.self) { _ = try await refusing.importSlice(from: file) }
    }
    #expect(try await refusing.branches().isEmpty)
  }

  /// What somebody has done to the chunks of a film: reading it fails, and `verify` names it.
  @Test func damagedChunks() async throws {
    let value = bytes(5 << 20)
    for damage in ["gone", "other", "size", "order", "rubbish", "none"] {
      let url = try await TestServers.shared.plain().url + "?name=\(TestServers.freshName())"
      let store = try await Repository.open(url)
      let host = try #require(store.backend).host
      try await store.branch().set("film", to: value, "Film")
      let id = try #require(try await store.branch().entry("film")).id
      func run(_ words: String, _ rest: Bytes...) async throws -> Bytes? {
        let key = Bytes("{\(store.name)}:objects".utf8)
        return try await host.run(Command(arguments: [Bytes(words.utf8), key] + rest)).bytes
      }
      let record = try #require(try await run("HGET", id.bytes))
      let start = try #require(record.firstIndex(of: 0)) + 1
      let (first, second) = (
        Bytes(record[start..<start + 20]), Bytes(record[start + 20..<start + 40])
      )
      switch damage {
      case "gone": _ = try await run("HDEL", first)
      case "other": _ = try await run("HSET", first, Bytes("blob 1\0x".utf8))
      case "size": _ = try await run("HSET", id.bytes, Bytes("large 77 5\0".utf8) + first)
      case "order":
        _ = try await run(
          "HSET", id.bytes, record[..<start] + second + first + record[(start + 40)...])
      case "rubbish": _ = try await run("HSET", id.bytes, Bytes("large x\0".utf8))
      default: break
      }
      // Nothing of it is in the cache of another handle.
      let fresh = try await Repository.open(url)
      let faults = Faults()
      _ = try await fresh.verify { faults.add($0) }
      if damage == "none" {
        #expect(faults.all.isEmpty, "\(faults.all)")
        #expect(try await fresh.branch().get("film", as: Bytes.self) == value)
        continue
      }
      #expect(!faults.all.isEmpty, "\(damage)")
      #expect(
        faults.all.contains { ["missing-object", "wrong-hash"].contains($0.kind) }, "\(faults.all)")
      await #expect(throws: StoreError.self, "\(damage)") {
        _ = try await fresh.branch().get("film", as: Bytes.self)
      }
      await #expect(throws: StoreError.self, "\(damage)") {
        let tree = try #require(try await fresh.branch().snapshot()).tree
        let content = try #require(try await tree.content("film"))
        for try await _ in content {}
      }
    }
  }

  /// A push and a fetch cut in the middle leave chunks that nothing refers to, and are simply made again.
  @Test func anUploadThatEndsEarly() async throws {
    let store = try await Repository.open("memory:")
    try await store.branch().set("a", to: "1", "One")
    let before = try await store.branch().head()
    struct Broken: Error {}
    await #expect(throws: Broken.self) {
      let pieces = AsyncThrowingStream<Bytes, any Error> { continuation in
        continuation.yield(bytes(3 << 20))
        continuation.finish(throwing: Broken())
      }
      _ = try await store.withBlob(size: 6 << 20, of: pieces) { $0 }
    }
    #expect(try await store.branch().head() == before)
    var options = CollectionOptions()
    options.grace = .zero
    let report = try await store.collectGarbage(options)
    #expect(report.removed == 6)
    #expect(try await store.verify { Issue.record("\($0)") }.faults == 0)
  }
}
