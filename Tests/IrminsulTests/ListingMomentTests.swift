import EmbeddedRedis
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Listings of more refs than come in one step are of one moment.
@Suite struct ListingMomentTests {
  private static let count = 10_000

  /// Before each step in turn, and after the last one, others change refs that were listed already and some that come
  /// later.
  @Test(arguments: 1...3)
  func whatOthersChangeMeanwhileIsInIt(_ step: Int) async throws {
    let base = try EmbeddedHost(storage: .memory)
    let writer = try await Repository(host: base)
    let main = writer.branch()
    try await main.set("a", to: "1", "One")
    let one = try #require(try await main.head()).id
    try await main.set("a", to: "2", "Two")
    let two = try #require(try await main.head()).id
    for number in 0..<Self.count { try await writer.tag("t\(number)", at: one) }
    let hooked = HookedHost(base)
    let reader = try await Repository(host: hooked)
    let problem = Locked<(any Error)?>(nil)
    hooked.before(step - 1) {
      do {
        for number in stride(from: 0, to: Self.count, by: 200) {
          try await writer.tag("t\(number)", at: two, isReplacing: true)
        }
        for number in stride(from: 1, to: Self.count, by: 200) {
          try await writer.deleteTag("t\(number)")
          try await writer.tag("new\(number)", at: one)
        }
        // Away and back.
        try await writer.deleteTag("t2")
        try await writer.tag("t2", at: two)
        try await main.set("a", to: "3", "Three")
      } catch {
        problem.withLock { $0 = error }
      }
    }
    let listed = try await reader.refs()
    #expect(problem.withLock { $0 } == nil)
    #expect(hooked.calls >= 3)
    hooked.before(nil) {}
    let now = try await writer.refs()
    #expect(now.count == Self.count + 1)
    #expect(listed == now)
    await reader.close()
    await writer.close()
  }

  /// Nothing is read twice where nobody writes.
  @Test func itCostsAStepForTwoThousand() async throws {
    let base = try EmbeddedHost(storage: .memory)
    let hooked = HookedHost(base)
    let repository = try await Repository(host: hooked)
    try await repository.branch().set("a", to: "1", "One")
    let head = try #require(try await repository.branch().head()).id
    for number in 0..<3000 { try await repository.tag("t\(number)", at: head) }
    hooked.before(nil) {}
    let count = try await repository.refs().count
    #expect(count == 3001)
    #expect(hooked.calls == 2)
    await repository.close()
  }
}
