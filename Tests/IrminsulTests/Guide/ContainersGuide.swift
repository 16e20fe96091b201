import Irminsul
import Testing

/// The code of the page "Containers".
@Suite struct ContainersGuide {
  private struct Job: Codable, Contents, Hashable {
    var to: String
  }

  private func run(_ job: Job) async throws {
    #expect(job == Job(to: "ada"))
  }

  @Test func countsAndQueues() async throws {
    let repository = try await Repository.open("memory:")
    let head = try #require(try await repository.branch().set("begin", to: "1", "Begin").head)
    let draft = try await repository.createBranch("draft", at: head)
    try await draft.counter(at: "visits").increment()

    let main = repository.branch()
    let visits = main.counter(at: "visits")
    try await visits.increment(by: 2)

    let jobs = main.queue(at: "jobs", of: Job.self)
    try await jobs.enqueue(Job(to: "ada"))
    if let job = try await jobs.dequeue() { try await run(job.value) }

    try await main.merge(draft, nil, MergeOptions(rules: MergeRules(of: visits, jobs)))
    #expect(try await visits.value() == 3)

    let rules = try MergeRules(
      ["stats/**": .tally, "status/*": .register, "log/**": .entries, "jobs/**": .entries])
    #expect(rules.merge(at: "log/a").name == ContentMerge.entries.name)
    await repository.close()
  }
}
