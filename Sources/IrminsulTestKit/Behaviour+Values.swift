import Irminsul

extension Behaviour {
  /// Values that many writers change at once, several branches at once, requests made again.
  static let values: [Behaviour] = [
    Behaviour("a counter adds up what everybody adds") { repository in
      let main = repository.branch()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for amount in 1...8 as ClosedRange<Int64> {
          group.addTask {
            for _ in 0..<5 { try await main.commit([.increment("d/n", by: amount)], "Count") }
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(try await main.get("d/n", as: Counter.self), Counter(180))
      try expectEqual(try await main.get("d/n", as: String.self), "180\n")
      try expectEqual(try await main.log().count, 40)
      try await main.commit([.increment("d/n", by: -200)], "Below nothing")
      try expectEqual(try await main.get("d/n", as: Counter.self).value, -20)
      guard case .unchanged = try await main.commit([.increment("d/n", by: 0)], "Nothing") else {
        throw BehaviourFailure(description: "adding nothing made a commit")
      }
    },
    Behaviour("a counter refuses to leave 64 bits, and a value of another kind") { repository in
      let main = repository.branch()
      try await main.set("n", to: Counter(.max), "Most")
      try await main.commit([.set("text", "ten"), .set("d/x", "1")], "Other kinds")
      let head = try await main.head()
      for (path, reason) in [
        ("n", .overflow), ("text", .kind), ("d", .kind),
      ] as [(Path, PathConflict.Reason)] {
        let error = try await expectError { try await main.commit([.increment(path)], "Count") }
        guard case .conflict(_, let conflicts) = error else { throw error }
        try expectEqual(
          conflicts, [PathConflict(path: path, found: try await main.entry(path), reason: reason)])
      }
      try expectEqual(try await main.head(), head)
    },
    Behaviour("a set of lines holds what was inserted and not discarded") { repository in
      let main = repository.branch()
      for line in ["m", "a", "z", "é", "ab", "a"] {
        try await main.commit([.insert("s", line)], "Insert")
      }
      try await main.commit([.discard("s", "z"), .discard("s", "none")], "Discard")
      try expectEqual(
        try await main.get("s", as: LineSet.self), try LineSet(["m", "a", "é", "ab"]))
      try expectEqual(try await main.get("s", as: String.self), "a\nab\nm\né\n")
      for bad in ["", "a\nb", "a\0"] {
        let error = try await expectError { _ = try BranchEdit.insert("s", bad) }
        guard case .unencodable = error else { throw error }
      }
    },
    Behaviour("a log keeps lines in their order") { repository in
      let main = repository.branch()
      try await main.commit([.append("log", "one"), .append("log", "two")], "Append")
      try await main.commit([.append("log", "one")], "Append")
      try expectEqual(try await main.get("log", as: LineLog.self).lines, ["one", "two", "one"])
    },
    Behaviour("a register keeps the latest value, whatever the order of the writes") { repository in
      let main = repository.branch()
      for (time, value) in [(20, "b"), (10, "z"), (20, "a"), (30, "a"), (30, "c"), (30, "b")] {
        try await main.commit(
          [.assign("r", to: value, milliseconds: Int64(time))], "Assign")
      }
      let register = try await main.get("r", as: Register.self)
      try expectEqual(register.milliseconds, 30)
      try expectEqual(try register.value(as: String.self), "c")
      try await main.commit([.assign("r", to: "now")], "By the clock")
      try expectEqual(
        try await main.get("r", as: Register.self).value(as: String.self), "now")
    },
    Behaviour("edits of one path in one commit are made in their order") { repository in
      let main = repository.branch()
      try await main.commit(
        [
          .set("n", Counter(5)), .increment("n"), .increment("n", by: 3), .set("x", "1"),
          .remove("x"),
        ], "Order")
      try expectEqual(try await main.get("n", as: Counter.self).value, 9)
      try expectEqual(try await main.mem("x"), false)
    },
    Behaviour("several branches change at one moment or not at all", .scripts) { repository in
      let inbox = repository.branch("inbox")
      let job = try await inbox.set("42", to: "job", "Arrive")
      let results = try await repository.commit([
        BranchCommit("inbox", [.remove("42")], "Take"),
        BranchCommit("work", [.set("42", "job")], "Take"),
        BranchCommit("idle", [.remove("none")], "Nothing"),
      ])
      try expect(results[0].commit != nil && results[1].commit != nil && results[2].commit == nil)
      try expectEqual(try await inbox.list().count, 0)
      try expectEqual(try await repository.branch("work").get("42", as: String.self), "job")
      try expectEqual(try await repository.branches(), ["inbox", "work"])
      let log = try await repository.refLog()
      try expectEqual(log.prefix(2).compactMap(\.branch), ["work", "inbox"])
      if case .committed(let commit, let position) = results[0] {
        try expectEqual(log.first { $0.new == commit.id }?.position, position)
      }
      let heads = try await repository.heads()
      let entry = try await repository.branch("work").entry("42")
      let error = try await expectError {
        try await repository.commit([
          BranchCommit("inbox", [.set("43", "job")], "Put"),
          BranchCommit("work", [try .set("42", "other").expecting(nil)], "Put"),
          BranchCommit("main", [.check("a", holds: entry), .check("b", holds: nil)], "Check"),
        ])
      }
      guard case .conflict("work", let conflicts) = error else { throw error }
      try expectEqual(conflicts.map(\.path), ["42", "a"])
      try expectEqual(conflicts.map(\.branch), ["work", "main"])
      try expectEqual(try await repository.heads(), heads)
      let twice = try await expectError {
        try await repository.commit([
          BranchCommit("work", [.set("1", "a")], "One"),
          BranchCommit("work", [.set("2", "b")], "Two"),
        ])
      }
      guard case .unsupported = twice else { throw twice }
      try expectEqual(try await repository.heads(), heads)
      try expect(job.commit != nil)
    },
    Behaviour("a request that is made again is not made twice", .scripts) { repository in
      let main = repository.branch()
      let token = try await repository.makeToken()
      let first = try await main.commit([.increment("n")], "Count", token: token)
      try await main.commit([.increment("n")], "Count")
      let again = try await main.commit([.increment("n")], "Count", token: token)
      try expectEqual(again, first)
      try expectEqual(try await main.get("n", as: Counter.self).value, 2)
      try expectEqual(try await main.log().count, 2)
      let both = try await repository.makeToken()
      let commits = [
        BranchCommit("main", [.increment("n")], "Both"),
        BranchCommit("side", [.increment("n")], "Both"),
        BranchCommit("main2", [.remove("x")], "None"),
      ]
      let one = try await repository.commit(commits, token: both)
      let two = try await repository.commit(commits, token: both)
      try expectEqual(one.map(\.commit), two.map(\.commit))
      try expectEqual(try await main.get("n", as: Counter.self).value, 3)
      // What it has done itself is no conflict, and not nothing.
      let setting = try await repository.makeToken()
      let edits = [try BranchEdit.set("v", "1").expecting(nil)]
      let set = try await main.commit(edits, "Set", token: setting)
      try expectEqual(try await main.commit(edits, "Set", token: setting), set)
    },
    Behaviour("an impossible edit among gathered ones fails its caller alone") { repository in
      let gathering = repository.branch().coalescing(within: .milliseconds(50))
      let nowhere = ObjectID(hashing: "nowhere".utf8, algorithm: repository.algorithm)
      let impossible = Task {
        try await gathering.commit(
          [.setEntry("ghost", Entry(mode: .tree, id: nowhere))], "Impossible")
      }
      let possible = Task { try await gathering.commit([try .set("a", "1")], "Possible") }
      _ = try await possible.value
      let error = try await expectError { _ = try await impossible.value }
      guard case .missingObject(nowhere, _) = error else { throw error }
      try expectEqual(try await repository.branch().get("a", as: String.self), "1")
      try expectEqual(try await repository.branch().mem("ghost"), false)
      // The same among so many edits that the client makes the commit.
      let many = try (0..<1100).map { try BranchEdit.set(Path("many/\($0)"), "x") }
      let ghost = BranchEdit.setEntry("many/ghost", Entry(mode: .blob, id: nowhere))
      let other = try await expectError {
        try await repository.branch().commit(many + [ghost], "Many")
      }
      guard case .missingObject(nowhere, _) = other else { throw other }
    },
    Behaviour("a token stands for one request and its one answer", .scripts) { repository in
      let main = repository.branch()
      let made = try await repository.makeToken()
      try await main.commit([.set("a", "1"), .increment("n")], "Set", token: made)
      let others: [[BranchEdit]] = [
        [try .set("a", "2"), .increment("n")], [.increment("n"), try .set("b", "1")],
        [.increment("n")], [.remove("a")],
      ]
      for edits in others {
        let error = try await expectError { try await main.commit(edits, "Other", token: made) }
        guard case .tokenReused("main") = error else { throw error }
      }
      let elsewhere = try await expectError {
        try await repository.commit(
          [BranchCommit("main", [], "None"), BranchCommit("side", [], "None")], token: made)
      }
      guard case .tokenReused("main, side") = elsewhere else { throw elsewhere }
      // The message and the date may be others.
      let edits = [try BranchEdit.set("a", "1"), .increment("n")]
      try expect(try await main.commit(edits, "Again", token: made).commit?.subject == "Set")

      let refused = try await repository.makeToken()
      let exchange = [try BranchEdit.set("a", "2").expecting(nil)]
      let first = try await expectError { try await main.commit(exchange, "Put", token: refused) }
      guard case .conflict(_, let conflicts) = first, conflicts.count == 1 else { throw first }
      try await main.remove("a", "Remove")
      let again = try await expectError { try await main.commit(exchange, "Put", token: refused) }
      guard case .conflict(_, []) = again else { throw again }

      let idle = try await repository.makeToken()
      try expect(try await main.commit([.remove("a")], "None", token: idle).commit == nil)
      try await main.set("a", to: "3", "Set")
      try expect(try await main.commit([.remove("a")], "None", token: idle).commit == nil)
      try expectEqual(try await main.get("a", as: String.self), "3")
    },
    Behaviour("a commit of many edits keeps its token, its tests and its values", .scripts) {
      repository in
      let main = repository.branch()
      try await main.set("flag", to: "off", "Begin")
      let off = try await main.entry("flag")
      let token = try await repository.makeToken()
      let edits =
        try (0..<3000).map { try BranchEdit.set(Path("many/\($0 % 50)/\($0)"), "\($0)") }
        + [.increment("count"), .check("flag", holds: off), .check("many/7/7", holds: nil)]
      let first = try await main.commit(edits, "Many", token: token)
      try expect(first.commit != nil)
      try expectEqual(try await main.commit(edits, "Many", token: token), first)
      try expectEqual(try await main.list("many/7").count, 60)
      try expectEqual(try await main.get("count", as: Counter.self).value, 1)
      // The same once more is a conflict: of a test above what is written, and of one inside.
      try await main.set("flag", to: "on", "Change")
      let refused = try await repository.makeToken()
      for _ in 0..<2 {
        let error = try await expectError {
          try await main.commit(edits, "Again", token: refused)
        }
        guard case .conflict(_, let conflicts) = error else { throw error }
        if !conflicts.isEmpty { try expectEqual(conflicts.map(\.path), ["flag", "many/7/7"]) }
      }
      try expectEqual(try await main.log().count, 3)
      try expectEqual(try await main.get("count", as: Counter.self).value, 1)
    },
    Behaviour("gathered commits are one, and a conflict fails its caller alone") { repository in
      let main = repository.branch()
      try await main.set("taken", to: "1", "Before")
      let gathering = main.coalescing(within: .milliseconds(50))
      let outcomes = await withTaskGroup(of: (Int, Result<WriteResult, any Error>).self) { group in
        for number in 0..<20 {
          group.addTask {
            do {
              let edit =
                number == 7
                ? try BranchEdit.set("taken", "2").expecting(nil)
                : number.isMultiple(of: 2)
                  ? .increment("count") : try BranchEdit.set(Path("p/\(number)"), "\(number)")
              return (number, .success(try await gathering.commit([edit], "Number \(number)")))
            } catch { return (number, .failure(error)) }
          }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      var heads: Set<ObjectID> = []
      for (number, outcome) in outcomes {
        switch outcome {
        case .success(let result):
          try expect(number != 7)
          if let head = result.commit?.id { heads.insert(head) }
        case .failure(let error):
          guard number == 7, case StoreError.conflict = error else { throw error }
        }
      }
      try expectEqual(try await main.get("count", as: Counter.self).value, 10)
      try expectEqual(try await main.list("p").count, 9)
      try expectEqual(try await main.get("taken", as: String.self), "1")
      // A slow machine may need more than one window; it never needs one for each.
      try expect(heads.count < 19, "\(heads.count) commits for 20 callers")
      try expectEqual(try await main.log().count, heads.count + 1)
    },
  ]
}
