import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Coming from Git".
@Suite struct ComingFromGitGuide {
  @Test func resolvesRevisions() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("a", to: "1", "One")
    try await main.set("a", to: "2", "Two")
    print(try await repository.resolveCommit("main~1").subject)  // One
    let entry = try await repository.resolveEntry("main~1:a")
    #expect(try await repository.resolveCommit("main~1").subject == "One")
    #expect(entry.id.hex == "56a6051ca2b02b04ef92d5150c9ef600403cb1de")
    await repository.close()
  }

  @Test func modes() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("bin/run", to: "#!/bin/sh\n", mode: .executable, "Add a script")
    print(try await main.entry("bin/run")?.mode == .executable)  // true
    #expect(try await main.entry("bin/run")?.mode == .executable)
    await repository.close()
  }
}
