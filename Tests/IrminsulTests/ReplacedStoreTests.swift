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
