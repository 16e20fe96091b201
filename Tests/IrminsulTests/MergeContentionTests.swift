import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Merges while others write.
@Suite struct MergeContentionTests {
  /// Writers never pause; merges of other branches get through all the same, and nobody loses anything.
  @Test(arguments: StorePlace.allCases)
  func mergesIntoABranchThatIsWrittenAllTheTime(_ place: StorePlace) async throws {
    try await place.withRepository { repository in
      let main = repository.branch()
      try await main.commit(
        (0..<16).map { try .set(Path("w\($0)/n"), "0") } + [.set("side/x", "0")], "Begin")
      let merges = 10
      let written = try await withThrowingTaskGroup(of: Int.self) { group in
        let isDone = Locked(false)
        for writer in 0..<16 {
          group.addTask {
            var count = 0
            while !isDone.withLock({ $0 }) {
              count += 1
              try await main.set(Path("w\(writer)/n"), to: "\(count)", "Write")
            }
            return count
          }
        }
        // Whatever happens, the writers end.
        defer { isDone.withLock { $0 = true } }
        try await self.merge(merges, into: main)
        isDone.withLock { $0 = true }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      let tree = try #require(try await main.findTree())
      #expect(try await tree.list("side").count == merges + 1)
      var found: [Int] = []
      for writer in 0..<16 {
        found.append(
          Int(try #require(try await tree.find(Path("w\(writer)/n"), as: String.self))) ?? -1)
      }
      #expect(found.sorted() == written.sorted())
      #expect(try await repository.verify { _ in }.faults == 0)
    }
  }

  private func merge(_ count: Int, into main: Branch) async throws {
    let repository = main.repository
    for number in 0..<count {
      let head = try #require(try await main.head()?.id)
      let side = try await repository.createBranch("side-\(number)", at: head)
      try await side.set(Path("side/\(number)"), to: "done", "On the side")
      guard case .merged(let commit, _) = try await main.merge(side) else {
        // Nobody wrote in between.
        continue
      }
      #expect(commit.parents.count == 2)
    }
  }

  /// Everybody edits a branch of its own and merges all others into it, at random. After a last round all have
  /// the same, and no edit is missing.
  @Test(arguments: StorePlace.allCases)
  func branchesThatMergeOneAnother(_ place: StorePlace) async throws {
    try await place.withRepository { repository in
      let main = repository.branch()
      let root = try #require(try await main.set("n", to: Counter(0), "Begin").head)
      let names = (0..<6).map { "b\($0)" }
      for name in names { try await repository.createBranch(name, at: root) }
      let rules = try MergeRules(["n": .counter, "log": .lineSet])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (number, name) in names.enumerated() {
          group.addTask {
            var generator = RandomWorkload.Generator(state: UInt64(number))
            let own = repository.branch(name)
            for round in 0..<12 {
              try await own.commit(
                [
                  .increment("n"), try .insert("log", "\(name)-\(round)"),
                  try .set(Path("\(name)/\(round)"), "x"),
                ], "Edit")
              let other = names.randomElement(using: &generator) ?? name
              try await own.merge(repository.branch(other), nil, MergeOptions(rules: rules))
              if round.isMultiple(of: 3) {
                try await main.merge(own, nil, MergeOptions(rules: rules))
              }
            }
          }
        }
        try await group.waitForAll()
      }
      for name in names {
        try await main.merge(repository.branch(name), nil, MergeOptions(rules: rules))
      }
      for name in names {
        let own = repository.branch(name)
        try await own.merge(main, nil, MergeOptions(rules: rules))
        #expect(try await own.entry(.root) == main.entry(.root))
        #expect(try await own.list(Path(name)).count == 12)
      }
      #expect(try await main.get("log", as: LineSet.self).lines.count == 72)
      #expect(try await repository.verify { _ in }.faults == 0)
    }
  }
}
