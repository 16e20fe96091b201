import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The suite for backends: what is right passes, and each thing that is wrong is found by name.
@Suite struct BackendSuiteTests {
  @Test(arguments: BackendLaw.all.filter { $0.layer != .store })
  func dictionaries(_ law: BackendLaw) async throws {
    try await law.check { DictionaryBackend() }
    try await law.check { DictionaryBackend(algorithm: .sha256) }
  }

  @Test(arguments: HashAlgorithm.allCases)
  func theWholeSuiteOnWideDictionaries(_ hash: HashAlgorithm) async throws {
    try await BackendSuite.run { DictionaryBackend(algorithm: hash, layout: .wide) }
  }

  @Test(arguments: BackendLaw.everything.filter { $0.layer != .store && $0.need != .damage })
  func ourLayersOnRedis(_ law: BackendLaw) async throws {
    let server = try await TestServers.shared.plain()
    try await law.check(
      again: { try await backend(at: server.url, named: $0.storeName) },
      { try await backend(at: server.url, named: TestServers.freshName()) })
  }

  @Test(arguments: BackendLaw.everything.filter { $0.layer != .store && $0.need != .damage })
  func ourLayersInAFile(_ law: BackendLaw) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = "file:\(folder.path)/store?durability=normal"
    try await law.check(
      again: { try await backend(at: url, named: $0.storeName) },
      { try await backend(at: url, named: TestServers.freshName()) })
  }

  @Test(arguments: BackendLaw.all.filter { $0.layer != .store })
  func ourLayersInMemory(_ law: BackendLaw) async throws {
    try await law.check {
      try #require(try await Repository.open("memory:?hash=sha256").backend)
    }
  }

  private func backend(at url: String, named name: String) async throws -> ScriptedBackend {
    let separator = url.contains("?") ? "&" : "?"
    return try #require(try await Repository.open("\(url)\(separator)name=\(name)").backend)
  }

  @Test(arguments: Flaw.allCases)
  func aFlawIsFoundByName(_ flaw: Flaw) async throws {
    let failure = try await #require(throws: BackendSuiteFailure.self) {
      try await BackendSuite.run(
        damaging: { try await $0.damage($1) }, patience: .milliseconds(500),
        { FlawedBackend(flaw) })
    }
    let expected = flaw.foundBy
    #expect(
      failure.broken.contains { $0.law.name == expected.law && $0.law.layer == expected.layer },
      "\(failure)")
    // What is below the flaw is not blamed.
    let layers = BackendLaw.Layer.allCases
    let lowest = try #require(layers.firstIndex(of: failure.broken[0].law.layer))
    #expect(layers[lowest] == expected.layer, "\(failure)")
    #expect(failure.unchecked > 50)
    #expect("\(failure)".contains("mend the \(expected.layer.rawValue) layer first"))
    #expect("\(failure)".contains("\(expected.layer.rawValue): \(expected.law): "))
  }

  /// As the page "Write a storage backend" shows it.
  @Test func theMessageIsThePages() async throws {
    let failure = try await #require(throws: BackendSuiteFailure.self) {
      try await BackendSuite.run { FlawedBackend(.losesTheLastByte) }
    }
    let lines = "\(failure)".split(separator: "\n").prefix(2)
    let page = try PagesTests.text(of: "WritingABackend")
    #expect(page.contains("\n\(lines[0])\n"), "\(failure)")
    let law = "  append-only: what is added is found, byte for byte: "
    #expect(lines[1].hasPrefix(law) && page.contains(law), "\(failure)")
  }

  @Test func aLawThatNeedsMoreSaysSo() async throws {
    for law in BackendLaw.everything where law.need != .nothing {
      let failure = try await #require(throws: BehaviourFailure.self) {
        try await law.check { DictionaryBackend() }
      }
      #expect("\(failure)".contains("this law needs"))
    }
  }

  /// What the store itself needs of the layers is told apart from what the layers promise.
  @Test func aWatchEndsWhenItsBackendIsClosed() async throws {
    let repository = Repository(backend: DictionaryBackend())
    let watch = try await repository.branch().watch()
    try await repository.branch().set("a", to: "1", "One")
    let task = Task {
      var kinds: [BranchChange.Kind] = []
      do {
        for try await change in watch {
          kinds.append(change.kind)
          await repository.close()
        }
      } catch StoreError.host(.closed) {
        return kinds
      }
      return []
    }
    #expect(try await task.value.count == 1)
  }
}
