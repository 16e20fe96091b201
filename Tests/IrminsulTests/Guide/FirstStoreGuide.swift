import Foundation
import Irminsul
import IrminsulTestKit
import Testing

struct Job: Codable, Contents, Equatable {
  var queue: String
  var attempts = 0
}

/// The code of the page "A first store in five minutes".
@Suite struct FirstStoreGuide {
  @Test func writesAndReads() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch("main")

    try await main.set("config/theme", to: "dark", "Go dark")
    let theme = try await main.get("config/theme", as: String.self)
    print(theme)  // dark
    #expect(theme == "dark")
    try await main.set("jobs/17", to: Job(queue: "mail"), "Enqueue")
    var job = try await main.get("jobs/17", as: Job.self)
    let missing = try await main.find("jobs/18", as: Job.self)  // nil
    let names = try await main.list("jobs").map(\.nameText)  // ["17"]
    #expect(missing == nil)
    #expect(names == ["17"])
    try await main.commit(
      [
        .set("jobs/18", Job(queue: "mail")),
        .remove("config/theme"),
        .increment("stats/enqueued", by: 2),
      ], "Enqueue another one")
    let before = job
    job.attempts += 1
    try await main.testAndSet("jobs/17", test: before, set: job, "Try again")
    for commit in try await main.log() {
      print(commit.subject)
    }
    // Try again
    // Enqueue another one
    // Enqueue
    // Go dark
    #expect(
      try await main.log().map(\.subject)
        == ["Try again", "Enqueue another one", "Enqueue", "Go dark"])
    if let first = try await main.log().last {
      let tree = try await repository.tree(first.id)
      print(try await tree.find("config/theme", as: String.self) ?? "nothing")  // dark
    }
    await repository.close()
  }
}
