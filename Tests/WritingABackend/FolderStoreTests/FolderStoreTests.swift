import FolderStore
import Foundation
import Irminsul
import IrminsulTestKit
import Testing

@Suite struct FolderStoreTests {
  @Test func passesTheSuite() async throws {
    let folders = Folders()
    defer { folders.remove() }
    try await BackendSuite.run(
      again: { try FolderBackend($0.configuration) },
      damaging: { try FolderStoreTests.damage($1, in: $0.configuration.folder) }
    ) {
      try FolderBackend(FolderBackend.Configuration(folder: folders.new()))
    }
  }

  static func damage(_ damage: BackendDamage, in folder: URL) throws {
    let file =
      switch damage {
      case .object(let id): "objects/\(id)"
      case .link(let id): "links/\(id)"
      case .branch(let name): "branches/\(name)"
      }
    try Data("nonsense".utf8).write(to: folder.appending(path: file))
  }

  @Test func isAWholeStore() async throws {
    let folders = Folders()
    defer { folders.remove() }
    let backend = try FolderBackend(FolderBackend.Configuration(folder: folders.new()))

    let greetings = try KV<String>(backend: backend)
    try await greetings.set(["en", "formal"], to: "How do you do?", "Greet formally")
    try await greetings.set(["en", "short"], to: "Hi", "Greet shortly")
    #expect(try await greetings.get(["en", "short"]) == "Hi")
    #expect(try await greetings.list(["en"]).map(\.name) == ["formal", "short"])

    // Everything that a repository can do is there, too.
    let main = greetings.repository.branch()
    #expect(try await main.log().map(\.subject) == ["Greet shortly", "Greet formally"])
    await greetings.close()
  }

  enum Settings: Schema {
    typealias Contents = JSON
    typealias Metadata = FilePermission
    typealias Path = Irminsul.Path
    static var hash: HashAlgorithm { .sha256 }
  }

  @Test func takesTheTypesOfASchema() async throws {
    let folders = Folders()
    defer { folders.remove() }
    var configuration = FolderBackend.Configuration(folder: folders.new())
    configuration.hash = .sha256

    let settings = try Make<Settings>(backend: try FolderBackend(configuration))
    try await settings.set("editor/tabs", to: ["width": 2], "Two spaces")
    #expect(try await settings.get("editor/tabs") == ["width": 2])
    await settings.close()

    configuration.hash = .sha1
    #expect(throws: StoreError.self) { try FolderBackend(configuration) }
  }
}

/// Folders that a test leaves behind.
final class Folders: Sendable {
  private let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

  func new() -> URL { root.appending(path: UUID().uuidString) }
  func remove() { try? FileManager.default.removeItem(at: root) }
}
