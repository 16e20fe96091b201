import Foundation
import Irminsul

/// Many tasks that commit to one branch at once, and a watch that sees each of their commits.
struct DemoContention {
  let stage: DemoStage
  private let writers = 16
  private let writes = 25

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
    try StandardOutput.line(
      Style.output(
        .faint,
        "  try await branch.set(\"writer-W/N\", to: …, \"…\")  // in \(writers) tasks, "
          + "\(writes) times each"))
    let start = ContinuousClock.now
    let results = try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<writers {
        group.addTask {
          var commits = 0
          for number in 0..<writes {
            let result = try await busy.set(
              Path("writer-\(writer)/\(number)"), to: "\(number)", "Write \(writer)/\(number)")
            if result.commit != nil { commits += 1 }
          }
          return commits
        }
      }
      return try await group.reduce(0, +)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let history = try await busy.log()
    // A commit whose first parent is not the one before it would have lost somebody's write.
    let isOneLine = zip(history, history.dropFirst()).allSatisfy { $0.parents == [$1.id] }
    let directories = try await busy.list()
    var values = 0
    for directory in directories {
      values += try await busy.list(Path(steps: [directory.name])).count
    }
    try StandardOutput.line(
      "  \(writers) writers made \(results) commits with \(results) calls in "
        + "\(String(format: "%.2f", seconds)) s: \(Int(Double(results) / seconds)) commits/s, "
        + "no call retried")
    try StandardOutput.line(
      "  history: \(history.count) commits\(isOneLine ? " in one line" : ", NOT in one line"); "
        + "values there: \(values) of \(expected)")
    let seen = try await watching.value
    try StandardOutput.line("  the watch saw \(seen) of \(expected) commits, in order")
    guard values == expected, history.count == expected, isOneLine else {
      throw Failure(.bug, "a write of the demo is missing")
    }
  }
}
