import Foundation
import Irminsul
import Testing

/// The README's example, word for word, and that it is.
@Suite struct ReadmeTests {
  @Test func theExampleRuns() async throws {
    // README
    let repository = try await Repository.open("memory:")
    let main = repository.branch("main")

    // One commit each, in one round trip, rebased by the server on whatever the head is by then.
    try await main.set("config/theme", to: "dark", "Go dark")
    try await main.commit(
      [.set("users/ada/email", "ada@example.org"), .remove("config/theme")], "Two edits, one commit"
    )

    // Values: bytes, String, JSON, any Codable type.
    struct Job: Codable, Contents { var queue: String }
    try await main.set("jobs/1", to: Job(queue: "mail"), "Enqueue")
    let job = try await main.get("jobs/1", as: Job.self)

    // Test-and-set looks at one path only; another writer's other paths don't matter.
    try await main.testAndSet("jobs/1", test: job, set: Job(queue: "slow"), "Move the job")

    // A counter that everybody increments: the server adds, nobody tries again.
    try await main.commit([.increment("visits")], "Count")

    // A transaction sees one moment and runs again only if what it has read has changed.
    try await main.transaction("Close the queue") { tx in
      guard try await tx.list("jobs").count == 1 else { return }
      try tx.set("queue/state", to: "closed")
    }

    // A snapshot stays what it is while the branch moves on.
    let snapshot = try await main.snapshot()

    // Watches come from a log: they cross processes, resume from a position, and miss nothing.
    let watch = try await main.watch("jobs")
    try await main.set("jobs/2", to: Job(queue: "mail"), "Enqueue")
    for try await change in watch {
      print(change.position, change.changes.map(\.path))  // 7 [jobs/2]
      break
    }
    await repository.close()
    // END
    #expect(snapshot != nil)
  }

  @Test func theExampleIsTheReadmes() throws {
    let here = URL(filePath: #filePath)
    let readme = try String(
      contentsOf: here.deletingLastPathComponent().appending(path: "../../README.md")
        .standardizedFileURL, encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let body = source.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0 != "    // README" }.dropFirst().prefix { $0 != "    // END" }
    // The formatter breaks lines where it likes.
    func words(_ text: String) -> String { String(text.filter { !$0.isWhitespace }) }
    #expect(!body.isEmpty)
    #expect(words(readme).contains(words(body.joined(separator: "\n"))))
  }
}
