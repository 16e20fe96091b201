import Irminsul

extension Behaviour {
  /// Watches.
  static let watches: [Behaviour] = [
    Behaviour("a watch gives each change of its branch once and in order") { repository in
      let main = repository.branch()
      let first = try await main.set("a", to: "0", "Before").head!
      var watch = try await main.watch().makeAsyncIterator()
      var heads = [first]
      for number in 1...5 {
        heads.append(try await main.set("a", to: "\(number)", "Change").head!)
        try await repository.branch("other").set("a", to: "\(number)", "Elsewhere")
      }
      for number in 1...5 {
        let change = try await watch.next()
        try expectEqual(change?.kind, .updated(from: heads[number - 1], to: heads[number]))
      }
      try await main.testAndSetHead(test: heads[5], set: nil)
      try expectEqual(try await watch.next()?.kind, .removed(heads[5]))
      let again = try await main.set("a", to: "again", "Again").head!
      try expectEqual(try await watch.next()?.kind, .added(again))
    },
    Behaviour("a watch of a path is silent when nothing there changes") { repository in
      let main = repository.branch()
      try await main.commit([.set("d/a", "1"), .set("e", "1")], "Before")
      var watch = try await main.watch("d").makeAsyncIterator()
      try await main.set("e", to: "2", "Not there")
      try await main.commit([.set("d/a", "2"), .set("d/b", "1"), .set("e", "3")], "There")
      let change = try await watch.next()
      try expectEqual(change?.changes.map(\.path), ["d/a", "d/b"])
      try await main.remove("d", "Gone")
      try expectEqual(try await watch.next()?.changes.count, 2)
    },
    Behaviour("a watch resumes from a position and misses nothing", .scripts) { repository in
      let main = repository.branch()
      var positions: [Int64] = []
      for number in 0..<10 {
        guard case .committed(_, let position) = try await main.set("a", to: "\(number)", "x")
        else { throw BehaviourFailure(description: "no commit") }
        positions.append(position)
      }
      try expectEqual(positions, Array(1...10))
      var watch = try await repository.watch(after: 4).makeAsyncIterator()
      for position in 5...10 {
        try expectEqual(try await watch.next()?.position, Int64(position))
      }
      try expectEqual(try await repository.refLog(limit: 3).map(\.position), [10, 9, 8])
      try expectEqual(try await repository.refLog(before: 3).map(\.position), [2, 1])
    },
    Behaviour("a watch that waits is woken, and ends when its task is cancelled") { repository in
      let main = repository.branch()
      let watch = try await main.watch()
      let task = Task {
        var kinds = 0
        for try await _ in watch { kinds += 1 }
        return kinds
      }
      try await main.set("a", to: "1", "One")
      var second = try await main.watch().makeAsyncIterator()
      async let woken = second.next()
      try await main.set("a", to: "2", "Two")
      try expect(try await woken != nil)
      task.cancel()
      try expect(try await task.value <= 2)
    },
  ]
}
