import Irminsul

extension Behaviour {
  /// Transactions.
  static let transactions: [Behaviour] = [
    Behaviour("a transaction sees one moment and its own writes") { repository in
      let main = repository.branch()
      try await main.commit(
        [.set("a", "1"), .set("d/x", "2"), .set("d/y", "3"), .set("n", Counter(1))], "Before")
      var runs = 0
      let result = try await main.transaction("Work") { tx in
        runs += 1
        // Somebody else's commit is not seen, and what was found absent makes the closure run again.
        try await main.set("other", to: "1", "Meanwhile")
        try expectEqual(try await tx.mem("other"), runs > 1)
        try expectEqual(try await tx.get("a", as: String.self), "1")
        try tx.set("a", to: "10")
        try tx.set("d/z/deep", to: "4")
        try tx.remove("d/x")
        try tx.edit(.increment("n", by: 5))
        try expectEqual(try await tx.get("a", as: String.self), "10")
        try expectEqual(try await tx.list("d").map(\.text), ["y", "z"])
        try expectEqual(try await tx.kind("d/z"), .tree)
        try expectEqual(try await tx.find("d/x"), nil)
        try expectEqual(try await tx.get("d/z/deep", as: String.self), "4")
        try expectEqual(try await tx.get("n", as: Counter.self).value, 6)
        try expectEqual(try await tx.findTree("d/z")?.list().map(\.nameText), ["deep"])
        return "done"
      }
      try expectEqual(result.attempts, 2)
      try expectEqual(result.value, "done")
      try expect(result.write.commit != nil)
      try expectEqual(try await main.get("n", as: Counter.self).value, 6)
      try expectEqual(try await main.list("d").map(\.nameText), ["y", "z"])
    },
    Behaviour("what a transaction expects holds also when it writes there again") { repository in
      let main = repository.branch()
      try await main.commit([.set("k", "old"), .set("x", "other"), .set("d/e", "1")], "Before")
      guard let other = try await main.entry("x") else {
        throw BehaviourFailure(description: "no entry")
      }
      for writesFolder in [false, true] {
        let error = try await expectError {
          try await main.transaction("Work") { tx in
            if writesFolder {
              try tx.edit(.remove("d/e").expecting(other))
              try tx.remove("d")
            } else {
              try tx.edit(.set("k", "1").expecting(other))
              try tx.set("k", to: "2")
            }
          }
        }
        guard case .conflict = error else { throw error }
      }
      try expectEqual(try await main.get("k", as: String.self), "old")
      try expectEqual(try await main.get("d/e", as: String.self), "1")
    },
    Behaviour("a transaction whose reads still hold is not run again") { repository in
      let main = repository.branch()
      try await main.commit([.set("d/a", "1"), .set("d/b", "1"), .set("e/c", "1")], "Before")
      var runs = 0
      let result = try await main.transaction("Work") { tx in
        runs += 1
        let value = try await tx.get("d/a", as: String.self)
        let names = try await tx.list("d").map(\.text)
        try expect(try await tx.mem("d/b"))
        try expect(try await tx.memTree("e"))
        // Other paths, a value under a name that was listed, one whose existence was looked at.
        try await main.commit([.set("d/b", "2"), .set("e/c", "2"), .set("f", "2")], "Meanwhile")
        try tx.set("out", to: value + names.joined())
      }
      try expectEqual(runs, 1)
      try expectEqual(result.attempts, 1)
      try expectEqual(try await main.get("out", as: String.self), "1ab")
    },
    Behaviour("each grain of a read conflicts with just what it has seen") { repository in
      let main = repository.branch()
      let cases:
        [(
          read: @Sendable (Transaction) async throws -> Void, harmless: [BranchEdit],
          harmful: [BranchEdit]
        )] = [
          ({ _ = try await $0.find("d/a") }, [try .set("d/b", "9")], [try .set("d/a", "9")]),
          ({ _ = try await $0.find("none") }, [try .set("x", "9")], [try .set("none", "9")]),
          ({ _ = try await $0.mem("d/a") }, [try .set("d/a", "8")], [.remove("d/a")]),
          ({ _ = try await $0.list("d") }, [try .set("d/a", "7")], [try .set("d/new", "1")]),
          ({ _ = try await $0.list("d") }, [try .set("d/b", "7")], [.remove("d/b")]),
          ({ _ = try await $0.memTree("d") }, [try .set("d/new2", "1")], [try .set("d", "blob")]),
          ({ _ = try await $0.findTree("e") }, [try .set("d/c", "1")], [try .set("e/f/g", "1")]),
          ({ _ = try await $0.list() }, [try .set("d/e", "1")], [try .set("top", "1")]),
        ]
      for (number, item) in cases.enumerated() {
        try await main.commit(
          [
            .remove(.root), .set("d/a", "1"), .set("d/b", "1"), .set("e/f/h", "1"),
          ], "Before \(number)")
        for (edits, attempts) in [(item.harmless, 1), (item.harmful, 2)] {
          var runs = 0
          let result = try await main.transaction("Work") { tx in
            runs += 1
            try await item.read(tx)
            if runs == 1 { try await main.commit(edits, "Meanwhile") }
            try tx.set(Path("out/\(number)"), to: "\(edits.count) \(attempts)")
          }
          try expect(
            result.attempts == attempts,
            "case \(number) ran \(result.attempts) times, not \(attempts)")
        }
      }
    },
    Behaviour("isolation says what is checked") { repository in
      let main = repository.branch()
      for (isolation, readChanged, writtenChanged) in [
        (.serializable, 2, 1), (.writtenPaths, 1, 2), (.blind, 1, 1),
      ] as [(Transaction.Isolation, Int, Int)] {
        for (path, attempts) in [("read", readChanged), ("written", writtenChanged)] {
          try await main.commit([.set("read", "0"), .set("written", "0")], "Before")
          var runs = 0
          let result = try await main.transaction("Work", isolation: isolation) { tx in
            runs += 1
            _ = try await tx.find("read")
            if runs == 1 { try await main.set(Path(path), to: "1", "Meanwhile") }
            try tx.set("written", to: "2")
          }
          try expect(
            result.attempts == attempts, "\(isolation), \(path): \(result.attempts) attempts")
          try expectEqual(try await main.get("written", as: String.self), "2")
        }
      }
    },
    Behaviour("a transaction that writes nothing, or throws, makes no commit") { repository in
      let main = repository.branch()
      let head = try await main.set("a", to: "1", "One").head
      let read = try await main.transaction("Read") { tx in
        try await tx.get("a", as: String.self)
      }
      try expectEqual(read.value, "1")
      try expectEqual(read.write, .unchanged(head: head))
      struct Stop: Error {}
      do {
        try await main.transaction("Stop") { tx in
          try tx.set("a", to: "2")
          throw Stop()
        }
        throw BehaviourFailure(description: "the error was lost")
      } catch is Stop {}
      try expectEqual(try await main.head()?.id, head)
      var kept: Transaction?
      try await main.transaction("Keep") { kept = $0 }
      _ = try await expectError { try kept?.set("b", to: "1") }
      _ = try await expectError { _ = try await kept?.find("b") }
    },
    Behaviour("a transaction that always loses gives up at its deadline") { repository in
      let main = repository.branch()
      try await main.set("n", to: "0", "Zero")
      var runs = 0
      let error = try await expectError {
        try await main.transaction("Lose", deadline: .zero) { tx in
          runs += 1
          _ = try await tx.find("n")
          try await main.set("n", to: "\(runs)", "Win")
          try tx.set("x", to: "1")
        }
      }
      guard case .tooManyAttempts(_, let attempts) = error else { throw error }
      try expectEqual(attempts, runs)
      try expectEqual(try await main.mem("x"), false)
    },
    Behaviour("money that transactions move around stays the same in all") { repository in
      let main = repository.branch()
      let accounts = (0..<5).map { Path("accounts/\($0)") }
      try await main.commit(try accounts.map { try .set($0, Counter(100)) }, "Open")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<6 {
          group.addTask {
            for round in 0..<4 {
              let (from, to) = (
                accounts[(worker + round) % 5], accounts[(worker + 2 * round + 1) % 5]
              )
              if from == to { continue }
              try await main.transaction("Move") { tx in
                let one = try await tx.get(from, as: Counter.self)
                let other = try await tx.get(to, as: Counter.self)
                try tx.set(from, to: Counter(one.value - 7))
                try tx.set(to, to: Counter(other.value + 7))
              }
            }
          }
        }
        try await group.waitForAll()
      }
      var sum: Int64 = 0
      for account in accounts { sum += try await main.get(account, as: Counter.self).value }
      try expectEqual(sum, 500)
    },
  ]
}
