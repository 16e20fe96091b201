import Irminsul

extension BackendLaw {
  /// Atomic write: everything but watches.
  static let branches: [BackendLaw] = [
    BackendLaw("a branch is set, found and replaced", .atomicWrite) { subject in
      let commits = try await subject.commits(2)
      for commit in [commits[0], commits[1], commits[1], commits[0]] {
        try await subject.branches.set("main", commit)
        try expectEqual(try await subject.branches.find("main"), commit)
        try expect(try await subject.branches.mem("main"), "branches.mem: main is not there")
        try expectEqual(try await subject.branches.list(), ["main"])
      }
      try expectEqual(
        try await subject.branches.find(["none", "main"]), [nil, commits[0]])
    },
    BackendLaw("a branch that is removed is absent, and not listed", .atomicWrite) { subject in
      let commits = try await subject.commits(2)
      try await subject.branches.set("main", commits[0])
      try await subject.branches.set("other", commits[0])
      try await subject.branches.remove("main")
      try expectEqual(try await subject.branches.find("main"), nil)
      try expect(try await !subject.branches.mem("main"), "branches.mem sees a removed branch")
      try expectEqual(try await subject.branches.list(), ["other"])
      // Nothing is there to be removed.
      try await subject.branches.remove("main")
      try await subject.branches.remove("never")
      try await subject.branches.set("main", commits[1])
      try expectEqual(try await subject.branches.find("main"), commits[1])
      _ = try await subject.branches.testAndSet("main", test: commits[1], set: nil)
      try expectEqual(try await subject.branches.list(), ["other"])
    },
    BackendLaw("all branches are listed, whatever their names, once each", .atomicWrite) {
      subject in
      let commits = try await subject.commits(2)
      var names: Set<String> = [
        "feature", "Feature", "a/b", "a/c/d", "ab", "x.y", "x-y", "x_y", "50%", "größe", "名",
        "with+plus", "comma,", String(repeating: "long", count: 30), commits[0].hex,
      ]
      for number in 0..<200 { names.insert("many/\(number)") }
      for name in names { try await subject.branches.set(name, commits[0]) }
      let listed = try await subject.branches.list()
      try expectEqual(listed.count, names.count)
      try expect(
        Set(listed) == names,
        "missing: \(names.subtracting(listed).sorted()), made up: "
          + "\(Set(listed).subtracting(names).sorted())")
      try await subject.branches.set("feature", commits[1])
      try expectEqual(try await subject.branches.find("Feature"), commits[0])
      for name in names where name != "feature" {
        try expectEqual(try await subject.branches.find(name), commits[0])
      }
    },
    BackendLaw("test-and-set changes a branch if the test holds", .atomicWrite) { subject in
      let ids = try await subject.commits(2)
      for present in [nil, ids[0]] {
        for test in [nil, ids[0], ids[1]] {
          for set in [nil, ids[0], ids[1]] {
            if let present {
              try await subject.branches.set("main", present)
            } else {
              try await subject.branches.remove("main")
            }
            let held = try await subject.branches.testAndSet("main", test: test, set: set)
            func words(_ id: ObjectID?) -> String {
              id.map { $0 == ids[0] ? "one" : "two" } ?? "nothing"
            }
            let call = "with \(words(present)), test \(words(test)) and set \(words(set))"
            try expect(held == (test == present), "\(call) answers \(held)")
            let found = try await subject.branches.find("main")
            try expect(
              found == (test == present ? set : present),
              "\(call), \(words(found)) is there afterwards")
          }
        }
      }
    },
    BackendLaw("of many that create a branch at once, one succeeds", .atomicWrite) { subject in
      let ids = try await subject.commits(16)
      for round in 0..<5 {
        let start = StartingLine(ids.count)
        let winners = try await withThrowingTaskGroup(of: ObjectID?.self) { group in
          for id in ids {
            group.addTask {
              await start.wait()
              return try await subject.branches.testAndSet("new/\(round)", test: nil, set: id)
                ? id : nil
            }
          }
          return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
        }
        try expect(winners.count == 1, "\(winners.count) of 16 have created the same branch")
        try expectEqual(try await subject.branches.find("new/\(round)"), winners[0])
      }
    },
    BackendLaw("of many that move a branch on at once, none is lost", .atomicWrite) { subject in
      let steps = try await subject.commits(101)
      try await subject.branches.set("main", steps[0])
      let done = try await subject.race(steps)
      try expect(
        done == 100, "a branch was moved \(done) times over 100 steps: a test was not atomic")
      try expectEqual(try await subject.branches.find("main"), steps[100])
    },
    BackendLaw("a branch that serves as a lock is held by one at a time", .atomicWrite) {
      subject in
      let ids = try await subject.commits(8)
      let holders = Holders()
      let start = StartingLine(ids.count)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for id in ids {
          group.addTask {
            await start.wait()
            for _ in 0..<5 {
              let end = ContinuousClock.now + subject.patience
              while try await !subject.branches.testAndSet("lock", test: nil, set: id) {
                try Task.checkCancellation()
                try expect(ContinuousClock.now < end, "a lock is never given back")
                await Task.yield()
              }
              await holders.enter()
              await Task.yield()
              await holders.leave()
              try expect(
                try await subject.branches.testAndSet("lock", test: id, set: nil),
                "a lock was taken from the one who held it")
            }
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(await holders.most, 1)
    },
    BackendLaw("branches do not disturb each other", .atomicWrite) { subject in
      let ids = try await subject.commits(20)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            var present: ObjectID?
            for id in ids {
              try expect(
                try await subject.branches.testAndSet("of/\(writer)", test: present, set: id),
                "a branch that one task alone writes is not as it was left")
              present = id
            }
          }
        }
        try await group.waitForAll()
      }
      for writer in 0..<8 {
        try expectEqual(try await subject.branches.find("of/\(writer)"), ids[19])
      }
    },
    BackendLaw("clear removes all branches", .atomicWrite) { subject in
      let ids = try await subject.commits(1)
      try await subject.branches.clear()
      for number in 0..<5 { try await subject.branches.set("b/\(number)", ids[0]) }
      try await subject.branches.clear()
      try expectEqual(try await subject.branches.list(), [])
      try expectEqual(try await subject.branches.find("b/0"), nil)
      try expect(try await subject.branches.testAndSet("b/0", test: nil, set: ids[0]))
    },
  ]
}

extension BackendSubject {
  /// Lets eight tasks, half of them of another handle, move `main` from step to step. Each looks where
  /// it is and moves it on by one, so that two of them that are told they did mean a lost test.
  ///
  /// - Returns: How many times one of them was told that it had.
  func race(_ steps: [ObjectID], with other: BackendSubject? = nil) async throws -> Int {
    let numbers = Dictionary(uniqueKeysWithValues: zip(steps, 0...))
    let end = ContinuousClock.now + patience * 3
    let start = StartingLine(8)
    return try await withThrowingTaskGroup(of: Int.self) { group in
      for writer in 0..<8 {
        let branches = (writer.isMultiple(of: 2) ? other : nil)?.branches ?? branches
        group.addTask {
          await start.wait()
          var done = 0
          while true {
            try Task.checkCancellation()
            let found = try await branches.find("main")
            guard let found, let number = numbers[found] else {
              throw BehaviourFailure(description: "main is at a commit that nobody has set")
            }
            if number == steps.count - 1 { return done }
            try expect(
              ContinuousClock.now < end, "main has come to step \(number) of \(steps.count - 1)")
            if try await branches.testAndSet("main", test: found, set: steps[number + 1]) {
              done += 1
            }
          }
        }
      }
      return try await group.reduce(0, +)
    }
  }
}

/// Lets nobody go before all are there, so that none is done before the others have begun.
private actor StartingLine {
  private var missing: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { missing = count }

  func wait() async {
    missing -= 1
    if missing > 0 { return await withCheckedContinuation { waiting.append($0) } }
    for waiter in waiting { waiter.resume() }
  }
}

/// How many hold a lock at once.
private actor Holders {
  private var now = 0
  private(set) var most = 0

  func enter() {
    now += 1
    most = max(most, now)
  }

  func leave() { now -= 1 }
}
