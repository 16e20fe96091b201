import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// Processes that edit branches and merge them into one another and into main, all at once.
///
/// `IRMINSUL_STORM=16,60` makes it 16 processes for 60 seconds.
@Suite struct MergeStormTests {
  @Test func nothingIsLostInAStormOfMerges() async throws {
    let setting = ProcessInfo.processInfo.environment["IRMINSUL_STORM"]
    let numbers = (setting ?? "").split(separator: ",").compactMap { Int($0) }
    let count = numbers.first ?? 6
    let rounds = numbers.count == 2 ? Int.max : 25
    let seconds = numbers.count == 2 ? numbers[1] : 600

    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    let main = repository.branch()
    let head = try #require(
      try await main.commit([.set("shared/hot", "0"), .insert("shared/set", "0")], "Begin").head)
    for number in 0..<count { try await repository.createBranch("b\(number)", at: head) }
    try await withScratchFolder { scratch in
      var processes: [WriterProcess] = []
      for number in 0..<count {
        processes.append(
          try WriterProcess(
            arguments: ["storm", server.url, "\(number)", "\(count)", "\(rounds)", "\(seconds)"],
            scratch: scratch))
      }
      var edits: [String] = []
      for process in processes {
        let end = try process.wait()
        #expect(end.status == 0, "\(end.errors)")
        edits += try process.lines()
      }
      #expect(edits.count > count)

      // The last round: all into main, and main into all.
      let rules = try MergeRules(["shared/set": .lineSet])
      let branches = (0..<count).map { repository.branch("b\($0)") }
      for branch in branches {
        var merge = try await main.merging(branch, MergeOptions(rules: rules))
        try await merge.resolve { _ in .ours }
        try await merge.commit()
      }
      for branch in branches { try await branch.merge(main) }
      let tree = try #require(try await main.head()).tree
      for branch in branches {
        let found = try await branch.head()?.tree
        #expect(found == tree)
      }
      let snapshot = try #require(try await main.snapshot())
      let set = Set(
        try #require(try await snapshot.tree.find("shared/set", as: String.self))
          .split(separator: "\n").map(String.init))
      for edit in edits {
        let parts = edit.split(separator: "/")
        let value = try await snapshot.tree.find(Path("p\(edit)"), as: String.self)
        #expect(value == String(parts[1]), "\(edit)")
        #expect(set.contains("\(parts[0]) \(parts[1])"), "\(edit) is not in the set")
      }
      let faults = Faults()
      _ = try await repository.verify { faults.add($0) }
      #expect(faults.all.isEmpty, "\(faults.all)")
      if setting != nil {
        let merges = try await main.log().count { $0.parents.count > 1 }
        print("storm: \(count) processes, \(edits.count) edits, \(merges) merges")
      }
    }
    await repository.close()
    server.stop()
  }
}
