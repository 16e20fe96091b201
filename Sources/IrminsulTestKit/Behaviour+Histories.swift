import Irminsul

extension Behaviour {
  /// Histories and revisions.
  static let histories: [Behaviour] = [
    Behaviour("the log gives every commit once, newest first, in pages") { repository in
      let main = repository.branch()
      for number in 0..<25 {
        try await main.set(
          "n", to: "\(number)",
          Info("\(number)", date: Timestamp(seconds: 1_700_000_000 + Int64(number))))
      }
      let log = try await main.log()
      try expectEqual(log.map(\.subject), (0..<25).reversed().map { "\($0)" })
      try expectEqual(try await main.log(limit: 10), Array(log.prefix(10)))
      try expectEqual(try await repository.branch("none").log(), [])
    },
    Behaviour("the log of a merge gives both sides once") { repository in
      let main = repository.branch()
      func at(_ second: Int64, _ text: String) -> Info {
        Info(text, date: Timestamp(seconds: 1_700_000_000 + second))
      }
      let base = try await main.set("a", to: "0", at(0, "base")).head!
      try await repository.createBranch("side", at: base)
      let left = try await main.set("a", to: "1", at(1, "left")).head!
      let right = try await repository.branch("side").set("b", to: "1", at(2, "right")).head!
      try await main.commit([try .set("b", "1")], at(3, "merge"), parents: [left, right])
      try expectEqual(
        try await main.log().map(\.subject), ["merge", "right", "left", "base"])
    },
    Behaviour("revisions name commits, trees and blobs as Git's do", .scripts) { repository in
      let main = repository.branch()
      var ids: [ObjectID] = []
      for number in 0..<4 { ids.append(try await main.set("d/n", to: "\(number)", "x").head!) }
      try expectEqual(try await repository.resolve("main"), ids[3])
      try expectEqual(try await repository.resolve("HEAD"), ids[3])
      try expectEqual(try await repository.resolve("HEAD~2"), ids[1])
      try expectEqual(try await repository.resolve("main^^~1"), ids[0])
      try expectEqual(try await repository.resolve(ids[2].hex), ids[2])
      try expectEqual(try await repository.resolve(String(ids[2].hex.prefix(16))), ids[2])
      try expectEqual(
        try await repository.resolve("main^{tree}"), try await repository.commit(ids[3]).tree)
      try expectEqual(
        try await repository.resolveEntry("main~1:d/n").id,
        try await repository.tree(ids[2]).entry("d/n")?.id)
      for bad in ["none", "main~4", "main^2", "deadbeef", "main^{", "~1", "abc"] {
        _ = try await expectError { _ = try await repository.resolve(bad) }
      }
    },
  ]
}
