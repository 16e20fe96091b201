import Irminsul
import Testing

/// The code of the page "Merging".
@Suite struct MergingGuide {
  private func started() async throws -> (Repository, ObjectID) {
    let repository = try await Repository.open("memory:")
    let head = try await repository.branch().commit(
      [
        .set("title", "A title"), .set("cache/a", "1"), .set("stats/visits", Counter(1)),
        .set("list.json", [["id": 1]] as JSON),
      ], "Begin"
    ).head
    return (repository, try #require(head))
  }

  @Test func mergesABranch() async throws {
    let (repository, head) = try await started()
    let main = repository.branch()
    let draft = try await repository.createBranch("draft", at: head)
    try await draft.set("title", to: "A better title", "Try a title")
    try await main.merge(draft)
    #expect(try await main.get("title", as: String.self) == "A better title")
  }

  @Test func resolvesConflicts() async throws {
    let (repository, head) = try await started()
    let main = repository.branch()
    let draft = try await repository.createBranch("draft", at: head)
    try await draft.commit([.set("title", "theirs"), .set("cache/a", "2")], "Theirs")
    try await main.commit([.set("title", "ours"), .set("cache/a", "3")], "Ours")
    var merge = try await main.merging(draft)
    for conflict in merge.conflicts { print(conflict) }
    try await merge.resolve("title", with: .theirs)
    try await merge.resolve { conflict in conflict.path.starts(with: "cache") ? .removed : nil }
    try await merge.commit("Merge the draft")
    #expect(try await main.get("title", as: String.self) == "theirs")
    #expect(try await main.find("cache/a") == nil)
  }

  @Test func choosesMergesByPath() async throws {
    let (repository, head) = try await started()
    let main = repository.branch()
    let draft = try await repository.createBranch("draft", at: head)
    try await draft.commit([.increment("stats/visits")], "Count")
    try await main.commit([.increment("stats/visits", by: 3)], "Count")
    let rules = try MergeRules(
      ["*.json": .json(arrays: .keyed(by: "id")), "stats/**": .counter, "docs/**": .text])
    try await main.merge(draft, nil, MergeOptions(rules: rules))
    #expect(try await main.get("stats/visits", as: Counter.self).value == 5)
  }
}
