import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit

/// A random history in a store, and the same in a Git repository.
struct RandomHistory {
  let commits: [ObjectID]
  /// By child.
  let parents: [ObjectID: [ObjectID]]
  let git: GitFixture
  private let owner: GitFixture

  private struct Fault: Error {
    let text: String
  }

  static let paths = ["a", "b", "d/a", "d/b", "d/e/f"]

  /// Commits with random parents among the last few and several roots. Each changes a few paths, takes one of them away,
  /// or nothing; a merge takes each path from one of its parents, or something new.
  ///
  /// - Parameter skew: How far dates may be wrong, in seconds. Commits are 10 seconds apart, no two alike.
  init(_ repository: Repository, _ count: Int, seed: UInt64, skew: Int64 = 0) async throws {
    var generator = RandomWorkload.Generator(state: seed)
    var commits: [ObjectID] = []
    var known: [ObjectID: [ObjectID]] = [:]
    var dates: Set<Int64> = []
    let branch = repository.branch("graph")
    for number in 0..<count {
      var parents: [ObjectID] = []
      if number > 0, Int.random(in: 0..<20, using: &generator) > 0 {
        for _ in 0..<([1, 1, 1, 2, 2, 3].randomElement(using: &generator) ?? 1) {
          let back = Int.random(in: 0..<6, using: &generator)
          let parent = commits[max(0, number - 1 - back)]
          if !parents.contains(parent) { parents.append(parent) }
        }
      }
      var tree = Tree.empty
      if let first = parents.first { tree = try await repository.tree(first) }
      for other in parents.dropFirst() {
        let taken = try await repository.tree(other)
        for path in Self.paths where Bool.random(using: &generator) {
          if let value = try await taken.find(Path(path)) {
            tree = try await tree.adding(value, at: Path(path))
          } else {
            tree = try await tree.removing(Path(path))
          }
        }
      }
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let path = Path(Self.paths.randomElement(using: &generator) ?? "a")
        if Int.random(in: 0..<5, using: &generator) == 0 {
          tree = try await tree.removing(path)
        } else {
          // Values come back now and then.
          let value = Int.random(in: 0..<40, using: &generator)
          tree = try await tree.adding("\(path) \(value)\n", at: path)
        }
      }
      var date = 1_700_000_000 + Int64(number) * 10
      repeat {
        date += skew == 0 ? 0 : Int64.random(in: -skew...skew, using: &generator)
      } while !dates.insert(date).inserted
      let result = try await branch.commit(
        [.setTree(.root, tree)], Info("\(number)", date: Timestamp(seconds: date)),
        parents: parents, emptyCommit: .made)
      guard let head = result.head else { throw Fault(text: "no head") }
      commits.append(head)
      known[head] = parents
      try await repository.createBranch("c\(number)", at: head)
    }
    self.commits = commits
    parents = known
    owner = try GitFixture()
    try await repository.exportGit(to: "\(owner.folder)/out")
    git = GitFixture(at: "\(owner.folder)/out", repository.algorithm)
  }

  /// A commit and everything that it descends from.
  func ancestors(_ start: ObjectID) -> Set<ObjectID> {
    var found: Set<ObjectID> = [start]
    var stack = [start]
    while let id = stack.popLast() {
      for parent in parents[id] ?? [] where found.insert(parent).inserted { stack.append(parent) }
    }
    return found
  }

  /// What git prints, one id a line.
  func ids(_ arguments: String...) throws -> [String] {
    let output = try git.status(of: arguments)
    guard output.status == 0 else { throw Fault(text: output.errors) }
    return output.lines
  }
}
