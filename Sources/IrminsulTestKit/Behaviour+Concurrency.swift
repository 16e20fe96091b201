import Irminsul

extension Behaviour {
  /// Many tasks at once.
  static let concurrency: [Behaviour] = [
    Behaviour("writers of different paths lose nothing") { repository in
      let main = repository.branch()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            for number in 0..<10 {
              try await main.set(Path("w\(writer)/\(number)"), to: "\(number)", "Write")
            }
          }
        }
        try await group.waitForAll()
      }
      for writer in 0..<8 { try expectEqual(try await main.list(Path("w\(writer)")).count, 10) }
      try expectEqual(try await main.log().count, 80)
    },
    Behaviour("of writers that create one path, one wins") { repository in
      let main = repository.branch()
      let wins = await withTaskGroup(of: Bool.self) { group in
        for writer in 0..<8 {
          group.addTask {
            do {
              try await main.testAndSet("x", test: String?.none, set: "\(writer)", "Create")
              return true
            } catch { return false }
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      try expectEqual(wins, 1)
    },
    Behaviour("a counter under test-and-set counts every increment") { repository in
      let main = repository.branch()
      try await main.set("n", to: "0", "Zero")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<5 {
              while true {
                let old = try await main.get("n", as: String.self)
                do {
                  try await main.testAndSet("n", test: old, set: "\(Int(old)! + 1)", "Count")
                  break
                } catch StoreError.testFailed { continue }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(try await main.get("n", as: String.self), "20")
    },
    Behaviour("close may be called again, and later calls throw closed") { repository in
      let main = repository.branch()
      try await main.set("a", to: "1", "One")
      await repository.close()
      await repository.close()
      for body in [
        { _ = try await main.find("a") }, { try await main.set("a", to: "2", "Two") },
        { _ = try await repository.branches() }, { _ = try await main.watch() },
      ] as [() async throws -> Void] {
        let error = try await expectError { try await body() }
        guard case .host(.closed) = error else { throw error }
      }
    },
  ]
}
