import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Running it in production".
@Suite struct ProductionGuide {
  @Test func statistics() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("a", to: "1", "One")
    let statistics = try await repository.statistics()
    print(statistics.objects, statistics.branches, statistics.position)  // 3 1 1
    #expect(statistics.objects == 3 && statistics.branches == 1 && statistics.position == 1)
    await repository.close()
  }

  @Test func coalescing() async throws {
    let repository = try await Repository.open("memory:")
    let events = repository.branch("events").coalescing(within: .milliseconds(5))
    async let one = events.set("a", to: "1", "Note a")
    async let two = events.set("b", to: "2", "Note b")
    print(try await one.commit?.id == two.commit?.id)  // usually true
    _ = try await (one, two)
    #expect(try await repository.branch("events").list().count == 2)
    await repository.close()
  }

  /// Compiled, not run: its server is elsewhere.
  func passwordsComeFromTheEnvironment() async throws {
    let store = try await Repository.open(
      "rediss://app@db.example.org/0?cacert=/etc/ssl/our-ca.pem",
      environment: ProcessInfo.processInfo.environment)
    await store.close()
  }

  @Test func copies() async throws {
    let repository = try await Repository.open("memory:")
    try await repository.branch().set("a", to: "1", "One")
    let copy = try await Repository.open("memory:")
    try await copy.clone(from: repository)
    try await repository.branch().set("a", to: "2", "Two")
    try await copy.branch().pull(from: repository, .set)
    #expect(try await copy.branch().get("a", as: String.self) == "2")
    let verified = try await copy.verify { _ in }
    #expect(verified.faults == 0)
    await copy.close()
    await repository.close()
  }
}
