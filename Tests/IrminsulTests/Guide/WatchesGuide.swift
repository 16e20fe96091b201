import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Watches".
@Suite struct WatchesGuide {
  @Test func watchesAPath() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("config/theme", to: "dark", "Go dark")

    let watch = try await main.watch("config")
    try await main.set("jobs/1", to: "mail", "Not in config")
    try await main.set("config/theme", to: "light", "Go light")

    for try await change in watch {
      print(change.branch, change.changes.map(\.path))  // main [config/theme]
      break
    }
    var iterator = watch.makeAsyncIterator()
    let first = try await iterator.next()
    #expect(first?.changes.map(\.path) == ["config/theme"])
    for try await change in try await repository.watch(after: 0) {
      switch change.kind {
      case .added(let head): print("\(change.branch) is new, at \(head)")
      case .updated(let old, let new): print("\(change.branch) moved from \(old) to \(new)")
      case .removed(let head): print("\(change.branch) is gone, it was at \(head)")
      }
      if change.position == 3 { break }
    }
    let task = Task {
      for try await change in try await main.watch() {
        print(change.position)
      }
    }
    task.cancel()
    try await task.value
  }

  @Test func resumes() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    for number in 1...5 { try await main.set("n", to: "\(number)", "Set \(number)") }
    var position: Int64 = 2  // as it was kept
    for try await change in try await main.watch(after: position) {
      position = change.position
      if position == 5 { break }
    }
    #expect(position == 5)
    await repository.close()
  }
}
