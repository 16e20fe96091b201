import Foundation
import Irminsul

/// One of several processes that edit branches and merge them into one another, at random.
struct StormWriter {
  private let repository: Repository
  private let number: Int
  private let count: Int
  private let options: MergeOptions

  init(_ repository: Repository, number: Int, of count: Int) throws {
    self.repository = repository
    self.number = number
    self.count = count
    let rules = try MergeRules(["shared/set": .lineSet])
    options = MergeOptions(rules: rules)
  }

  /// Prints a line.
  static func tell(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  func run(rounds: Int, for duration: Duration) async throws {
    let end = ContinuousClock.now + duration
    let own = repository.branch("b\(number)")
    for round in 0..<rounds {
      if ContinuousClock.now >= end { return }
      switch Int.random(in: 0..<10) {
      case 0...4:
        try await own.commit(
          [
            .set(Path("p\(number)/\(round)"), "\(round)"),
            .insert("shared/set", "\(number) \(round)"),
            .set("shared/hot", "\(number) \(round)"),
          ], "Edit")
        Self.tell("\(number)/\(round)")
      case 5, 6: try await merge(any(), into: own, until: end)
      case 7, 8: try await merge(own, into: repository.branch("main"), until: end)
      default: try await merge(any(), into: any(), until: end)
      }
    }
  }

  private func any() -> Branch {
    let number = Int.random(in: 0...count)
    return repository.branch(number == count ? "main" : "b\(number)")
  }

  /// What cannot be merged stays as it is on the branch that it is merged into.
  private func merge(
    _ source: Branch, into target: Branch, until end: ContinuousClock.Instant
  ) async throws {
    if source.name == target.name { return }
    while ContinuousClock.now < end {
      do {
        var merge = try await target.merging(source, options)
        try await merge.resolve { _ in .ours }
        try await merge.commit("Merge \(source.name) into \(target.name)")
        return
      } catch StoreError.conflict(_, _) {
      } catch StoreError.headMoved(_, _) {
      }
    }
  }
}
