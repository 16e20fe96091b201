import FolderStore
import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// Folders for tests, gone with the last one.
final class Folders: Sendable {
  private let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

  func new() -> URL { root.appending(path: UUID().uuidString) }
  deinit { try? FileManager.default.removeItem(at: root) }
}

@Suite struct SuiteTests {
  let folders = Folders()

  @Test func passesTheSuite() async throws {
    try await BackendSuite.run { try FolderBackend(.init(folder: folders.new())) }
  }

  @Test(arguments: BackendLaw.everything.filter { $0.need != .nothing })
  func passesWhatNeedsMore(_ law: BackendLaw) async throws {
    try await law.check(
      again: { try FolderBackend($0.configuration) },
      damaging: { backend, damage in
        let file =
          switch damage {
          case .object(let id): "objects/\(id)"
          case .link(let id): "links/\(id)"
          case .branch(let name): "branches/\(name)"
          }
        try Data("nonsense".utf8).write(to: backend.configuration.folder.appending(path: file))
      },
      { try FolderBackend(.init(folder: folders.new())) }
    )
  }
}

@Suite struct StoreTests {
  let folders = Folders()

  @Test func keepsGreetings() async throws {
    let backend = try FolderBackend(.init(folder: folders.new()))
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
}

enum Settings: Schema {
  typealias Contents = JSON
  typealias Metadata = FilePermission
  typealias Path = Irminsul.Path
  static var hash: HashAlgorithm { .sha256 }
}

extension StoreTests {
  @Test func keepsSettings() async throws {
    var configuration = FolderBackend.Configuration(folder: folders.new())
    configuration.hash = .sha256
    let settings = try Make<Settings>(backend: FolderBackend(configuration))
    try await settings.set("editor/tabs", to: ["width": 2], "Two spaces")
    #expect(try await settings.get("editor/tabs") == ["width": 2])
    await settings.close()

    configuration.hash = .sha1
    #expect(throws: StoreError.self) { try FolderBackend(configuration) }
  }
}
