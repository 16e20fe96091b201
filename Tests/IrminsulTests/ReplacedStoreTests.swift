import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// A store that goes away under a handle, and another one in its place.
@Suite struct ReplacedStoreTests {
  @Test func aWatchOnRedisSaysSo() async throws {
    let server = try await TestServers.shared.plain()
    let name = TestServers.freshName()
    let url = server.url + "?name=\(name)"
    let repository = try await Repository.open(url)
    try await repository.branch().set("a", to: "1", "One")
    let watch = try await repository.watch()
    let watching = Task { try await watch.first { _ in true } }
    try await Repository.deleteStore(named: name, at: url)
    let another = try await Repository.open(url)
    // Further on in its log than the one before.
    for number in 1...3 { try await another.branch().set("b", to: "\(number)", "Another") }
    let error = await #expect(throws: StoreError.self) { try await watching.value }
    #expect(error.map { "\($0)".contains("is another one than before") } == true)
    await another.close()
    await repository.close()
  }

  /// A handle that knows it as a store of the other layout would take parts of folders for folders.
  @Test(arguments: [("git", "wide"), ("wide", "git")])
  func aStoreOfAnotherLayoutIsNeitherReadNorWritten(_ before: String, _ after: String) async throws
  {
    let server = try await TestServers.shared.plain()
    let name = TestServers.freshName()
    let url = server.url + "?name=\(name)"
    let repository = try await Repository.open(url + "&layout=\(before)")
    let main = repository.branch()
    func jobs(_ count: Int) throws -> [BranchEdit] {
      try (0..<count).map { try .set(Path("d/n\($0)"), "\($0)") }
    }
    try await main.commit(try jobs(60), "Fill")
    try await Repository.deleteStore(named: name, at: url)
    let another = try await Repository.open(url + "&layout=\(after)")
    try await another.branch().commit(try jobs(60), "Fill")
    let head = try await another.branch().head()?.id
    for body in [
      { _ = try await main.list("d") }, { _ = try await main.find("d/n5") },
      { _ = try await main.count("d") }, { _ = try await main.snapshot() },
      { try await main.set("d/n5", to: "x", "x") }, { try await main.commit(try jobs(1100), "x") },
      { try await main.setHead(head ?? .zero(.sha1)) },
      { try await main.transaction("x") { tx in try tx.set("tx", to: "x") } },
    ] as [() async throws -> Void] {
      let error = await #expect(throws: StoreError.self) { try await body() }
      guard case .wrongLayout? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    #expect(try await another.branch().head()?.id == head)
    #expect(try await another.branch().count("d") == 60)
    #expect(try await another.verify { _ in }.faults == 0)
    await another.close()
    await repository.close()
  }

  /// What is written to a file that nobody can find any more would be lost.
  @Test func aFileThatIsReplacedIsNotWritten() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = "file:\(folder.path)/store"
    let repository = try await Repository.open(url)
    try await repository.branch().set("a", to: "1", "One")
    let watch = try await repository.watch()
    let watching = Task { try await watch.first { _ in true } }
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      try FileManager.default.removeItem(at: folder.appending(path: file))
    }
    let another = try await Repository.open(url)
    try await another.branch().set("b", to: "2", "Two")
    let write = await #expect(throws: StoreError.self) {
      try await repository.branch().set("a", to: "3", "Lost")
    }
    #expect(write.map { "\($0)".contains("removed or replaced") } == true)
    await #expect(throws: StoreError.self) {
      try await repository.branch().get("a", as: String.self)
    }
    await #expect(throws: StoreError.self) { try await watching.value }
    #expect(try await another.branch().get("b", as: String.self) == "2")
    await repository.close()
    await another.close()
  }
}
