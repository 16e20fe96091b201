import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Concepts".
@Suite struct ConceptsGuide {
  @Test func sharesWhatHasNotChanged() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.commit([.set("config/theme", "light"), .set("docs/readme", "…")], "Begin")
    let before = try await main.hash("docs")
    try await main.set("config/theme", to: "dark", "Go dark")
    let after = try await main.hash("docs")
    print(before == after)  // true
    #expect(before != nil && before == after)
    let objects = try await repository.statistics().objects
    #expect(objects == 6 + 4)
    await repository.close()
  }

  @Test func aSnapshotStays() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("config/theme", to: "dark", "Go dark")
    guard let snapshot = try await main.snapshot() else { return }
    try await main.set("config/theme", to: "light", "Go light")
    print(try await snapshot.get("config/theme", as: String.self))  // dark
    #expect(try await snapshot.get("config/theme", as: String.self) == "dark")
    await repository.close()
  }
}
