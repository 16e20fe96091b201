import Irminsul

extension BackendLaw {
  /// Closing, and several handles of one place.
  static let lifetime: [BackendLaw] = [
    BackendLaw("close may be called again, and later calls throw closed", .lifetime) { subject in
      let id = try await subject.commits(1)[0]
      try await subject.branches.set("main", id)
      await subject.close()
      await subject.close()
      let calls: [(String, () async throws -> Void)] = [
        ("objects.mem", { _ = try await subject.objects.mem(id) }),
        ("objects.find", { _ = try await subject.objects.find(id) }),
        ("objects.add", { _ = try await subject.objects.add(subject.blob("late")) }),
        ("links.mem", { _ = try await subject.links.mem(id) }),
        ("links.find", { _ = try await subject.links.find(id) }),
        ("links.add", { try await subject.links.add(id, id) }),
        ("branches.mem", { _ = try await subject.branches.mem("main") }),
        ("branches.find", { _ = try await subject.branches.find("main") }),
        ("branches.list", { _ = try await subject.branches.list() }),
        ("branches.set", { try await subject.branches.set("main", id) }),
        ("branches.remove", { try await subject.branches.remove("main") }),
        (
          "branches.testAndSet",
          { _ = try await subject.branches.testAndSet("main", test: id, set: nil) }
        ),
        ("branches.clear", { try await subject.branches.clear() }),
        ("branches.watch", { _ = try await subject.watch(into: Told()) }),
        ("branches.watchKey", { _ = try await subject.watchKey("main", into: Told()) }),
      ]
      for (name, call) in calls {
        do {
          try await call()
        } catch StoreError.host(.closed) {
          continue
        } catch {
          throw BehaviourFailure(
            description: "\(name) after close throws \(error), not StoreError.host(.closed(…))")
        }
        throw BehaviourFailure(description: "\(name) after close throws no error")
      }
    },
    BackendLaw("a watch may be ended after close", .lifetime) { subject in
      let watch = try await subject.watch(into: Told())
      await subject.close()
      try await watch.unwatch()
    },
    BackendLaw("another handle sees what one has written", .lifetime, .anotherHandle) { subject in
      let other = try await subject.again()
      let commits = try await subject.commits(2)
      try await subject.links.add(commits[0], commits[1])
      try await subject.branches.set("main", commits[0])
      try expectEqual(try await other.objects.find(commits[0])?.kind, .commit)
      try expectEqual(try await other.links.find(commits[0]), commits[1])
      try expectEqual(try await other.branches.find("main"), commits[0])
      try expect(try await other.branches.testAndSet("main", test: commits[0], set: commits[1]))
      try expectEqual(try await subject.branches.find("main"), commits[1])
      try expect(try await !subject.branches.testAndSet("main", test: commits[0], set: nil))
      try expectEqual(try await other.branches.list(), ["main"])
      await other.close()
      // Closing one does not close the other.
      try expectEqual(try await subject.branches.find("main"), commits[1])
    },
    BackendLaw(
      "of two handles that move a branch on at once, none is lost", .lifetime, .anotherHandle
    ) { subject in
      let other = try await subject.again()
      let steps = try await subject.commits(101)
      try await subject.branches.set("main", steps[0])
      let done = try await subject.race(steps, with: other)
      try expect(
        done == 100, "a branch was moved \(done) times over 100 steps: a test was not atomic")
      await other.close()
    },
    BackendLaw("a watch is told what another handle changes", .lifetime, .anotherHandle) {
      subject in
      let other = try await subject.again()
      let ids = try await subject.commits(3)
      try await subject.branches.set("main", ids[0])
      let told = Told()
      let watch = try await subject.watch(into: told)
      let one = Told()
      let oneWatch = try await subject.watchKey("main", into: one)
      // Each is waited for, as changes in quick succession may be told as one.
      let changes: [Told.Change] = [
        .init(key: "main", value: ids[1]), .init(key: "other", value: ids[0]),
        .init(key: "main", value: ids[2]), .init(key: "main", value: nil),
      ]
      for (number, change) in changes.enumerated() {
        if let value = change.value {
          try await other.branches.set(change.key, value)
        } else {
          try await other.branches.remove(change.key)
        }
        try await told.wait(forCount: number + 1, subject.patience)
      }
      try expectEqual(await told.changes, changes)
      try await one.wait(forCount: 3, subject.patience)
      try expectEqual(await one.changes, changes.filter { $0.key == "main" })
      // A handle that is closed is told nothing more.
      await subject.close()
      try await other.branches.set("main", ids[0])
      let late = Told()
      let lateWatch = try await other.watch(into: late)
      try await other.finish(late)
      try expectEqual(await told.count, changes.count)
      try await lateWatch.unwatch()
      try await watch.unwatch()
      try await oneWatch.unwatch()
      await other.close()
    },
    BackendLaw(
      "what was written is there after closing and opening again", .lifetime, .anotherHandle
    ) { subject in
      let commits = try await subject.commits(2)
      try await subject.links.add(commits[0], commits[1])
      try await subject.branches.set("main", commits[1])
      try await subject.branches.set("gone", commits[1])
      try await subject.branches.remove("gone")
      await subject.close()
      let later = try await subject.again()
      try expectEqual(try await later.objects.find(commits[1])?.kind, .commit)
      try expectEqual(try await later.links.find(commits[0]), commits[1])
      try expectEqual(try await later.branches.list(), ["main"])
      try expectEqual(try await later.branches.find("main"), commits[1])
      await later.close()
    },
  ]
}
