import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Parts of stores in files.
@Suite struct SliceTests {
  /// A folder that goes with the value.
  private final class Folder: Sendable {
    let path: String

    init() throws {
      path = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName()).path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
  }

  private func memory(_ items: String = "") async throws -> Repository {
    try await Repository.open("memory:\(items)")
  }

  private func contents(_ path: String) throws -> Bytes {
    Bytes(try Data(contentsOf: URL(filePath: path)))
  }

  private func sliceError(
    _ body: () async throws -> Void, _ location: SourceLocation = #_sourceLocation
  ) async -> SliceError? {
    do {
      try await body()
    } catch StoreError.slice(let error) {
      return error
    } catch {
      Issue.record("\(error)", sourceLocation: location)
      return nil
    }
    Issue.record("nothing was thrown", sourceLocation: location)
    return nil
  }

  @Test(arguments: StorePlace.allCases, ["", "layout=wide", "hash=sha256"])
  func aWholeStoreComesBack(_ place: StorePlace, _ kind: String) async throws {
    let folder = try Folder()
    let source = try await memory(kind.isEmpty ? "" : "?\(kind)")
    let history = try await RandomHistory(source, 60, seed: 4)
    try await source.createBranch("main", at: try #require(history.commits.last))
    try await source.branch().commit(
      (0..<50).map { try .set(Path("wide/\($0)"), "\($0)") }, "A folder of many")
    let exported = try await source.exportSlice(to: folder.file("all"))
    #expect(exported.refs == 62 && exported.needed == 0)
    #expect(exported.bytes == (try contents(folder.file("all"))).count)
    // The file has its name once it is whole; one that is there stays as it is.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["all"])
    let refusal = await #expect(throws: StoreError.self) {
      try await source.exportSlice(to: folder.file("all"))
    }
    #expect(refusal?.description.contains("File exists") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["all"])
    let url: String
    switch place {
    case .memory: url = "memory:?\(kind)"
    case .redis:
      url = try await TestServers.shared.plain().url + "?name=\(TestServers.freshName())&\(kind)"
    }
    let copy = try await Repository.open(url)
    let imported = try await copy.importSlice(from: folder.file("all"))
    #expect(imported.objects == exported.objects && imported.bytes == exported.bytes)
    // A store of wide directories is made with the text that explains them.
    #expect(imported.newObjects >= exported.objects - 1)
    #expect(imported.changedRefs == 62)
    let (old, new) = (try await source.refs(), try await copy.refs())
    #expect(old == new)
    #expect(try await copy.verify { _ in }.faults == 0)
    // Once more brings nothing.
    let again = try await copy.importSlice(from: folder.file("all"))
    #expect(again.newObjects == 0 && again.changedRefs == 0)
    // Two exports of one state are the same file.
    try await copy.exportSlice(to: folder.file("again"))
    let (one, two) = (try contents(folder.file("all")), try contents(folder.file("again")))
    #expect(one == two)
    await copy.close()
    await source.close()
  }

  @Test func whatCameSinceTheLastOne() async throws {
    let folder = try Folder()
    let source = try await memory()
    for number in 0..<20 { try await source.branch().set("a/n", to: "\(number)", "Count") }
    let first = try #require(try await source.branch().head()?.id)
    try await source.exportSlice(to: folder.file("first"))
    try await source.branch().set("b", to: "new", "New")
    var options = SliceOptions()
    options.since = [first]
    let second = try await source.exportSlice(to: folder.file("second"), options)
    #expect(second.objects == 3 && second.needed == 1)

    let copy = try await memory()
    let error = await sliceError { try await copy.importSlice(from: folder.file("second")) }
    #expect(error == .needs(path: folder.file("second"), first))
    #expect(try await copy.refs().isEmpty)
    try await copy.importSlice(from: folder.file("first"))
    let imported = try await copy.importSlice(from: folder.file("second"))
    #expect(imported.newObjects == 3 && imported.changedRefs == 1)
    #expect(try await copy.branch().get("b", as: String.self) == "new")
    #expect(try await copy.verify { _ in }.faults == 0)

    // A branch that has moved elsewhere stays, unless forced.
    try await copy.branch().setHead(first)
    try await copy.branch().set("c", to: "own", "Own")
    let own = try await copy.branch().head()?.id
    await #expect(throws: StoreError.self) {
      try await copy.importSlice(from: folder.file("second"))
    }
    #expect(try await copy.branch().head()?.id == own)
    try await copy.importSlice(from: folder.file("second"), refs: .forced)
    #expect(try await copy.branch().mem("c") == false)
    await source.close()
    await copy.close()
  }

  @Test func partsOfAHistory() async throws {
    let folder = try Folder()
    let source = try await memory()
    for number in 0..<6 { try await source.branch().set("n", to: "\(number)", "\(number)") }
    let commits = try await source.branch().log()
    func count(_ name: String, _ change: (inout SliceOptions) -> Void) async throws -> SliceSummary
    {
      var options = SliceOptions()
      change(&options)
      return try await source.exportSlice(to: folder.file(name), options)
    }
    // The head alone: a commit, a tree and a blob.
    #expect(try await count("head") { $0.depth = 0 }.objects == 3)
    #expect(try await count("two") { $0.depth = 1 }.objects == 6)
    let part = try await count("part") { $0.min = [commits[2].id] }
    #expect(part.objects == 9 && part.needed == 1)
    let bare = try await count("bare") { $0.isFull = false }
    #expect(bare.objects == 6 && bare.needed == 0)
    let old = try await count("old") { $0.max = [commits[4].id] }
    #expect(old.objects == 6 && old.refs == 0)
    await #expect(throws: StoreError.self) { try await count("x") { $0.refs = ["none"] } }
    #expect(!FileManager.default.fileExists(atPath: folder.file("x")))

    let copy = try await memory()
    // Objects without a ref may be a part of anything.
    let imported = try await copy.importSlice(from: folder.file("part"), refs: .ignored)
    #expect(imported.newObjects == 9 && imported.changedRefs == 0)
    #expect(try await copy.refs().isEmpty)
    #expect(try await copy.commit(commits[0].id).subject == "5")
    let error = await sliceError { try await copy.importSlice(from: folder.file("part")) }
    #expect(error == .needs(path: folder.file("part"), commits[3].id))
    let other = try await memory()
    let incomplete = await sliceError { try await other.importSlice(from: folder.file("bare")) }
    guard case .incomplete? = incomplete else {
      Issue.record("\(String(describing: incomplete))")
      return
    }
    #expect(try await other.refs().isEmpty)
    for repository in [source, copy, other] { await repository.close() }
  }

  @Test(arguments: ["", "?layout=wide&hash=sha256"])
  func oneCommitAlone(_ items: String) async throws {
    let folder = try Folder()
    let source = try await memory(items)
    try await source.branch().commit(
      (0..<60).map { try .set(Path("d/\($0)"), "\($0)") }, "Fill\n\nWith a body.")
    try await source.branch().set("d/x", to: "x", "Then this")
    let head = try #require(try await source.branch().head())
    let (single, summary) = try await source.exportSnapshot(
      of: head.id, to: folder.file("one"), as: "copy")
    #expect(summary.refs == 1)
    let copy = try await memory(items)
    try await copy.importSlice(from: folder.file("one"))
    let found = try #require(try await copy.branch("copy").head())
    #expect(found.id == single && found.parents.isEmpty && found.tree == head.tree)
    #expect(found.message == "Then this\n\nSnapshot-of: \(head.id)\n")
    #expect(found.author == head.author)
    #expect(try await copy.headReference() == "ref: refs/heads/copy")
    #expect(try await copy.verify { _ in }.faults == 0)
    await source.close()
    await copy.close()
  }

  /// No byte can be another one, be missing or be too much.
  @Test func damagedFilesChangeNothing() async throws {
    let folder = try Folder()
    let source = try await memory()
    try await source.branch().commit([.set("a", "1"), .set("b/c", "2")], "One")
    try await source.branch().set("a", to: "3", "Two")
    try await source.exportSlice(to: folder.file("good"))
    let good = try contents(folder.file("good"))
    let bad = folder.file("bad")
    let victim = try await memory()
    func refused(_ bytes: Bytes, _ what: String) async throws {
      try Data(bytes).write(to: URL(filePath: bad))
      do {
        try await victim.importSlice(from: bad)
        Issue.record("\(what) was accepted")
      } catch is StoreError {}
      #expect(try await victim.refs().isEmpty, "\(what)")
    }
    for at in good.indices {
      for bit in [0x01, 0x80] as [UInt8] {
        var bytes = good
        bytes[at] ^= bit
        try await refused(bytes, "byte \(at) xor \(bit)")
      }
      try await refused(Bytes(good[..<at]), "\(at) bytes")
    }
    try await refused(good + [0], "a byte too much")
    try await refused(good + good, "two")
    // A length that no file has.
    var forged = Bytes(good[..<12])
    forged += [UInt8(ascii: "b"), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    try await refused(forged, "a forged length")
    await victim.close()
    for (bytes, wanted) in [
      (Bytes("PACK".utf8), SliceError.notASlice(path: bad)),
      (
        Bytes("IRMSLICE\u{7}\u{1}\u{1}\u{0}".utf8),
        .unknownVersion(path: bad, found: 7, supported: 2)
      ),
      (Bytes(good.dropLast(3)), .truncated(path: bad, bytes: good.count - 3)),
    ] {
      try Data(bytes).write(to: URL(filePath: bad))
      let copy = try await memory()
      #expect(await sliceError { try await copy.importSlice(from: bad) } == wanted)
      await copy.close()
    }
    let copy = try await memory("?hash=sha256")
    let kind = await #expect(throws: StoreError.self) {
      try await copy.importSlice(from: folder.file("good"))
    }
    guard case .wrongHash? = kind else {
      Issue.record("\(String(describing: kind))")
      return
    }
    let there = await sliceError { try await source.exportSlice(to: folder.file("good")) }
    guard case .file? = there else {
      Issue.record("\(String(describing: there))")
      return
    }
    #expect(try contents(folder.file("good")) == good)
    guard case .file? = await sliceError({ try await copy.importSlice(from: folder.file("none")) })
    else { return }
    await copy.close()
    await source.close()
  }
}
