import Irminsul

extension BackendLaw {
  /// Atomic write: `watch`, `watchKey` and `unwatch`.
  static let watches: [BackendLaw] = [
    BackendLaw("a watch is told each change once, in order, with what is there then", .watch) {
      subject in
      let ids = try await subject.commits(4)
      let told = Told()
      let watch = try await subject.watch(into: told)
      try await subject.branches.set("main", ids[0])
      try await subject.branches.set("main", ids[1])
      try await subject.branches.set("other", ids[0])
      try expect(try await subject.branches.testAndSet("main", test: ids[1], set: ids[2]))
      try await subject.branches.remove("main")
      try expect(try await subject.branches.testAndSet("main", test: nil, set: ids[3]))
      try expect(try await subject.branches.testAndSet("main", test: ids[3], set: nil))
      try await subject.finish(told)
      try expectEqual(
        await told.changes,
        [
          .init(key: "main", value: ids[0]), .init(key: "main", value: ids[1]),
          .init(key: "other", value: ids[0]), .init(key: "main", value: ids[2]),
          .init(key: "main", value: nil), .init(key: "main", value: ids[3]),
          .init(key: "main", value: nil), .init(key: "end", value: ids[0]),
        ])
      try await watch.unwatch()
    },
    BackendLaw("a watch is told nothing where nothing has changed", .watch) { subject in
      let ids = try await subject.commits(2)
      try await subject.branches.set("main", ids[0])
      let told = Told()
      let watch = try await subject.watch(into: told)
      _ = try await subject.branches.testAndSet("main", test: ids[1], set: ids[0])
      _ = try await subject.branches.testAndSet("main", test: nil, set: ids[1])
      try await subject.branches.remove("never")
      try await subject.objects.add(subject.blob("no branch"))
      try await subject.finish(told)
      try expectEqual(await told.changes, [.init(key: "end", value: ids[0])])
      try await watch.unwatch()
    },
    BackendLaw("a watch is told first what differs from what its caller knows", .watch) {
      subject in
      let ids = try await subject.commits(3)
      try await subject.branches.set("same", ids[0])
      try await subject.branches.set("moved", ids[1])
      try await subject.branches.set("new", ids[1])
      let told = Told()
      let watch = try await subject.watch(
        ["same": ids[0], "moved": ids[0], "removed": ids[0]], into: told)
      try await subject.branches.set("same", ids[2])
      try await subject.finish(told)
      let changes = await told.changes
      try expectEqual(
        Set(changes.prefix(3).map(\.description)),
        Set(
          [
            Told.Change(key: "moved", value: ids[1]), .init(key: "new", value: ids[1]),
            .init(key: "removed", value: nil),
          ].map(\.description)))
      try expectEqual(
        Array(changes.dropFirst(3)),
        [.init(key: "same", value: ids[2]), .init(key: "end", value: ids[0])])
      try await watch.unwatch()
    },
    BackendLaw("a watch of one branch is told of that one alone", .watch) { subject in
      let ids = try await subject.commits(3)
      try await subject.branches.set("other", ids[0])
      let told = Told()
      let watch = try await subject.watchKey("main", into: told)
      let every = Told()
      let all = try await subject.watch(into: every)
      try await subject.branches.set("main", ids[0])
      try await subject.branches.set("other", ids[1])
      try await subject.branches.set("mainly", ids[1])
      try await subject.branches.remove("mainly")
      try await subject.branches.remove("main")
      try await subject.branches.set("main", ids[2])
      try await told.wait(for: .init(key: "main", value: ids[2]), subject.patience)
      try await every.wait(for: .init(key: "main", value: ids[2]), subject.patience)
      try expectEqual(
        await told.changes,
        [
          .init(key: "main", value: ids[0]), .init(key: "main", value: nil),
          .init(key: "main", value: ids[2]),
        ])
      try await watch.unwatch()
      try await all.unwatch()
    },
    BackendLaw("a watch of one branch is told first if it differs", .watch) { subject in
      let ids = try await subject.commits(3)
      try await subject.branches.set("main", ids[1])
      try await subject.branches.set("other", ids[1])
      let differs = Told()
      let same = Told()
      let gone = Told()
      let watches = [
        try await subject.watchKey("main", ids[0], into: differs),
        try await subject.watchKey("main", ids[1], into: same),
        try await subject.watchKey("none", ids[1], into: gone),
      ]
      try await gone.wait(for: .init(key: "none", value: nil), subject.patience)
      try await subject.branches.set("main", ids[2])
      for told in [differs, same] {
        try await told.wait(for: .init(key: "main", value: ids[2]), subject.patience)
      }
      try expectEqual(
        await differs.changes,
        [.init(key: "main", value: ids[1]), .init(key: "main", value: ids[2])])
      try expectEqual(await same.changes, [.init(key: "main", value: ids[2])])
      for watch in watches { try await watch.unwatch() }
    },
    BackendLaw("changes that many make at once are told in the order they were made", .watch) {
      subject in
      let steps = try await subject.commits(61)
      try await subject.branches.set("main", steps[0])
      let told = Told()
      let watch = try await subject.watch(into: told)
      _ = try await subject.race(steps)
      try await told.wait(forCount: 60, subject.patience)
      try expectEqual(
        await told.changes, steps.dropFirst().map { .init(key: "main", value: $0) })
      try await watch.unwatch()
    },
    BackendLaw("a slow watch holds up neither writers nor other watches", .watch) { subject in
      let ids = try await subject.commits(6)
      let gate = Gate()
      let slow = Told()
      let slowWatch = try await subject.watch { key, value in
        await gate.pass()
        await slow.put(key, value)
      }
      let quick = Told()
      let quickWatch = try await subject.watch(into: quick)
      let writing = Task {
        for id in ids { try await subject.branches.set("main", id) }
      }
      do {
        try await quick.wait(forCount: 6, subject.patience)
      } catch {
        // Else the writer waits for the watch, and this law for the writer.
        await gate.open()
        try await writing.value
        throw error
      }
      try await writing.value
      try expectEqual(await slow.count, 0)
      await gate.open()
      try await slow.wait(forCount: 6, subject.patience)
      try expectEqual(await slow.changes, await quick.changes)
      try await slowWatch.unwatch()
      try await quickWatch.unwatch()
    },
    BackendLaw("after unwatch no callback begins, though changes are waiting", .watch) {
      subject in
      let steps = try await subject.commits(51)
      let ended = Told()
      let watch = try await subject.watch { key, value in
        await ended.put(key, value)
        try? await Task.sleep(for: .milliseconds(10))
      }
      let other = Told()
      let otherWatch = try await subject.watch(into: other)
      for step in steps { try await subject.branches.set("main", step) }
      try await ended.wait(forCount: 1, subject.patience)
      try await watch.unwatch()
      let count = await ended.count
      // The other one goes on.
      try await subject.branches.set("main", steps[0])
      try await other.wait(forCount: 52, subject.patience)
      for _ in 0..<10 {
        try await Task.sleep(for: .milliseconds(10))
        let late = await ended.count - count
        try expect(late == 0, "\(late) callbacks began after unwatch had returned")
      }
      try await otherWatch.unwatch()
    },
    BackendLaw("a watch may be ended from its own callback", .watch) { subject in
      let ids = try await subject.commits(2)
      let holder = WatchHolder()
      let told = Told()
      let watch = try await subject.watch { key, value in
        await told.put(key, value)
        await holder.end()
        await told.put("ended", nil)
      }
      await holder.hold(watch)
      try await subject.branches.set("main", ids[0])
      try await told.wait(for: .init(key: "ended", value: nil), subject.patience)
      let other = Told()
      let otherWatch = try await subject.watch(into: other)
      try await subject.branches.set("main", ids[1])
      try await other.wait(forCount: 1, subject.patience)
      try expectEqual(
        await told.changes, [.init(key: "main", value: ids[0]), .init(key: "ended", value: nil)])
      try await otherWatch.unwatch()
    },
    BackendLaw("clear tells the watches", .watch) { subject in
      let ids = try await subject.commits(1)
      try await subject.branches.set("a", ids[0])
      try await subject.branches.set("b", ids[0])
      let told = Told()
      let watch = try await subject.watch(into: told)
      try await subject.branches.clear()
      try await subject.finish(told)
      let changes = await told.changes
      try expectEqual(Set(changes.prefix(2).map(\.key)), ["a", "b"])
      try expectEqual(changes.prefix(2).map(\.value), [nil, nil])
      try expectEqual(changes.count, 3)
      try await watch.unwatch()
    },
  ]
}

extension BackendSubject {
  /// Makes one more change and waits until a watch of all branches was told of it.
  func finish(_ told: Told) async throws {
    let commit = try await commits(1)[0]
    try await branches.set("end", commit)
    try await told.wait(for: .init(key: "end", value: commit), patience)
  }
}

/// Lets nobody through before it is opened.
private actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    if isOpen { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  func open() {
    isOpen = true
    for waiter in waiting { waiter.resume() }
    waiting = []
  }
}

/// A watch for its own callback to end, which may come before it is held.
private actor WatchHolder {
  private var watch: RunningWatch?

  func hold(_ watch: RunningWatch) { self.watch = watch }

  func end() async {
    while watch == nil { await Task.yield() }
    try? await watch?.unwatch()
  }
}
