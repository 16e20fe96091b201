import Foundation
import Irminsul

/// Many tasks that commit to one branch at once, in the usual way and in the store's own, and a watch
/// that sees each of their commits.
struct DemoContention {
  let stage: DemoStage
  private let writers = 16
  private let writes = 25

  /// What came of all writers' writes.
  private struct Tally {
    var commits = 0
    var calls = 0
    var seconds = 0.0
  }

  func run() async throws {
    let repository = try await stage.open()
    do {
      try await contend(on: repository)
    } catch {
      await repository.close()
      throw error
    }
    await repository.close()
  }

  private func contend(on repository: Repository) async throws {
    let racing = repository.branch("racing")
    let usual = try await measure { path, value in
      try await commitOnTheHead(of: racing, path, value)
    }
    try await repository.deleteBranch(racing.name)

    let busy = repository.branch("busy")
    let expected = writers * writes
    let watch = try await busy.watch()
    let watching = Task {
      var seen = 0
      for try await _ in watch {
        seen += 1
        if seen == expected { break }
      }
      return seen
    }
    let own = try await measure { path, value in
      _ = try await busy.set(path, to: value, "Write \(path)")
      return 1
    }
    try StandardOutput.line(
      "  \(writers) writers, each \(writes) values of its own, on one branch:")
    try StandardOutput.line(
      "                                            commits   calls  calls/commit  commits/s")
    try show("test the head, begin again when it moved", usual)
    try show("branch.set: rebased where the data is   ", own)

    let history = try await busy.log()
    // A commit whose first parent is not the one before it would have lost somebody's write.
    let isOneLine = zip(history, history.dropFirst()).allSatisfy { $0.parents == [$1.id] }
    let directories = try await busy.list()
    var values = 0
    for directory in directories {
      values += try await busy.list(Path(steps: [directory.name])).count
    }
    try StandardOutput.line(
      "  history: \(history.count) commits\(isOneLine ? " in one line" : ", NOT in one line"); "
        + "values there: \(values) of \(expected)")
    let seen = try await watching.value
    try StandardOutput.line("  the watch saw \(seen) of \(expected) commits, in order")
    guard values == expected, history.count == expected, isOneLine, usual.commits == expected else {
      throw Failure(.bug, "a write of the demo is missing")
    }
  }

  /// Lets all writers write; `write` answers how many calls a write took.
  private func measure(
    _ write: @escaping @Sendable (Path, String) async throws -> Int
  ) async throws -> Tally {
    let start = ContinuousClock.now
    let calls = try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<writers {
        group.addTask { [writes] in
          var calls = 0
          for number in 0..<writes {
            calls += try await write(Path("writer-\(writer)/\(number)"), "\(number)")
          }
          return calls
        }
      }
      return try await group.reduce(0, +)
    }
    return Tally(
      commits: writers * writes, calls: calls,
      seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// The usual way: a commit on the state that was read, if nobody else has committed meanwhile.
  private func commitOnTheHead(
    of branch: Branch, _ path: Path, _ value: String
  ) async throws -> Int {
    var calls = 0
    while true {
      let root = try await branch.entry(.root)
      calls += 1
      do {
        try await branch.commit([.check(.root, holds: root), .set(path, value)], "Write \(path)")
        return calls
      } catch StoreError.conflict {
        // Somebody was faster.
      }
    }
  }

  private func show(_ way: String, _ tally: Tally) throws {
    func column(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    try StandardOutput.line(
      "  \(way)" + column(NumberText.count(tally.commits), 9)
        + column(NumberText.count(tally.calls), 8)
        + column(String(format: "%.2f", Double(tally.calls) / Double(tally.commits)), 14)
        + column(NumberText.count(Int(Double(tally.commits) / tally.seconds)), 11))
  }
}
