import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Common ancestors, beside `git merge-base`.
@Suite struct MergeBaseTests {
  /// Commits with random parents among the last few, several roots, and dates that say little.
  private func graph(
    _ repository: Repository, _ count: Int, seed: UInt64
  ) async throws -> [ObjectID] {
    var generator = RandomWorkload.Generator(state: seed)
    var commits: [ObjectID] = []
    let branch = repository.branch("graph")
    for number in 0..<count {
      var parents: [ObjectID] = []
      if number > 0, Int.random(in: 0..<12, using: &generator) > 0 {
        for _ in 0..<[1, 1, 2, 2, 2, 3].randomElement(using: &generator)! {
          let parent = commits[max(0, number - 1 - Int.random(in: 0..<8, using: &generator))]
          if !parents.contains(parent) { parents.append(parent) }
        }
      }
      let skew = Int64.random(in: -20...20, using: &generator)
      let result = try await branch.commit(
        [.set("n", "\(number)")],
        Info("\(number)", date: Timestamp(seconds: 1_700_000_000 + Int64(number) + skew)),
        parents: parents, emptyCommit: .made)
      commits.append(try #require(result.head))
      try await repository.createBranch("c\(number)", at: commits[number])
    }
    return commits
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func asGitFindsThem(_ seed: UInt64) async throws {
    let repository = try await Repository.open("memory:")
    let commits = try await graph(repository, 60, seed: seed)
    let git = try GitFixture()
    try await repository.exportGit(to: "\(git.folder)/out")
    let copy = GitFixture(at: "\(git.folder)/out")
    var generator = RandomWorkload.Generator(state: seed + 100)
    var several = 0
    var unrelated = 0
    for _ in 0..<40 {
      let picked = (0..<Int.random(in: 2...4, using: &generator)).map { _ in
        commits.randomElement(using: &generator) ?? commits[0]
      }
      let output = try copy.status(of: ["merge-base", "--all"] + picked.map(\.hex))
      let wanted = Set(output.text.split(separator: "\n").map(String.init))
      let found = try await repository.mergeBases(picked[0], merged: Array(picked.dropFirst()))
      #expect(Set(found.map(\.hex)) == wanted && found.count == wanted.count, "\(picked)")
      if found.count > 1 { several += 1 }
      if found.isEmpty { unrelated += 1 }
      if picked.count == 2 {
        // The order of the two does not matter.
        #expect(try await repository.mergeBases(picked[1], picked[0]) == found)
      }
      let status = try copy.status(of: [
        "merge-base", "--is-ancestor", picked[0].hex, picked[1].hex,
      ]).status
      #expect(try await repository.isAncestor(picked[0], of: picked[1]) == (status == 0))
    }
    #expect(several > 1 && unrelated > 0)
    await repository.close()
  }

  /// Each merge doubles the ways through a history of diamonds, not the work.
  @Test(arguments: StorePlace.allCases)
  func diamondsAreWalkedOnce(_ place: StorePlace) async throws {
    try await place.withRepository { repository in
      let branch = repository.branch()
      let root = try #require(try await branch.set("n", to: "root", "root").head)
      var head = root
      for number in 0..<200 {
        func commit(_ text: String, _ parents: [ObjectID]) async throws -> ObjectID {
          try #require(
            try await branch.commit(
              [.set("n", "\(text) \(number)")], Info(text), parents: parents, emptyCommit: .made
            ).head)
        }
        let left = try await commit("left", [head])
        let right = try await commit("right", [head])
        head = try await commit("merge", [left, right])
      }
      let side = try #require(
        try await branch.commit([.set("n", "side")], "side", parents: [root]).head)
      #expect(try await repository.mergeBases(head, side) == [root])
      #expect(try await repository.isAncestor(root, of: head))
      let error = await #expect(throws: StoreError.self) {
        _ = try await repository.mergeBases(head, side, limit: HistoryLimit(commits: 50))
      }
      guard case .historyLimit? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func aMissingCommitIsAnError() async throws {
    try await StorePlace.memory.withRepository { repository in
      let head = try #require(try await repository.branch().set("a", to: "1", "One").head)
      let none = try #require(ObjectID(hex: String(repeating: "1", count: 40)))
      await #expect(throws: StoreError.self) { try await repository.mergeBases(head, none) }
    }
  }
}
