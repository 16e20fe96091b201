import Irminsul

extension Behaviour {
  /// What two sides make of a path, and what their merge is.
  private struct Case {
    let name: String
    let base: [String: String]
    let ours: [String: String]
    let theirs: [String: String]
    /// nil: a conflict at ``path``.
    let merged: [String: String]?
    var path = ""
  }

  private static let cases = [
    Case(
      name: "equal additions", base: [:], ours: ["a": "1"], theirs: ["a": "1"], merged: ["a": "1"]),
    Case(
      name: "different additions", base: [:], ours: ["a": "1"], theirs: ["a": "2"], merged: nil,
      path: "a"),
    Case(
      name: "an addition on one side", base: ["x": "0"], ours: ["x": "0", "a": "1"],
      theirs: ["x": "0", "b": "2"], merged: ["x": "0", "a": "1", "b": "2"]),
    Case(
      name: "equal changes", base: ["a": "0"], ours: ["a": "1"], theirs: ["a": "1"],
      merged: ["a": "1"]),
    Case(
      name: "different changes", base: ["a": "0"], ours: ["a": "1"], theirs: ["a": "2"],
      merged: nil, path: "a"),
    Case(
      name: "a change and a removal", base: ["a": "0", "x": "0"], ours: ["a": "1", "x": "0"],
      theirs: ["x": "0"], merged: nil, path: "a"),
    Case(
      name: "a removal on one side", base: ["a": "0", "x": "0"], ours: ["x": "0"],
      theirs: ["a": "0", "x": "1"], merged: ["x": "1"]),
    Case(
      name: "removals on both sides", base: ["a": "0", "x": "0"], ours: ["x": "0"],
      theirs: ["x": "0"], merged: ["x": "0"]),
    Case(
      name: "a file against a folder, both new", base: ["x": "0"], ours: ["x": "0", "a": "1"],
      theirs: ["x": "0", "a/b": "1"], merged: nil, path: "a"),
    Case(
      name: "a changed file against a folder", base: ["a": "0"], ours: ["a": "1"],
      theirs: ["a/b": "1"], merged: nil, path: "a"),
    Case(
      name: "an unchanged file that becomes a folder", base: ["a": "0"],
      ours: ["a": "0", "x": "1"],
      theirs: ["a/b": "1"], merged: ["a/b": "1", "x": "1"]),
    Case(
      name: "a removed file that becomes a folder", base: ["a": "0", "x": "0"], ours: ["x": "0"],
      theirs: ["a/b": "1", "x": "0"], merged: ["a/b": "1", "x": "0"]),
    Case(
      name: "a change in a removed folder", base: ["d/f": "0", "x": "0"],
      ours: ["d/f": "1", "x": "0"], theirs: ["x": "0"], merged: nil, path: "d/f"),
    Case(
      name: "an addition to a removed folder", base: ["d/f": "0", "x": "0"],
      ours: ["d/f": "0", "d/n": "1", "x": "0"], theirs: ["x": "0"],
      merged: ["d/n": "1", "x": "0"]),
    Case(
      name: "the last two files of a folder", base: ["d/x": "0", "d/y": "0", "x": "0"],
      ours: ["d/y": "0", "x": "0"], theirs: ["d/x": "0", "x": "0"], merged: ["x": "0"]),
    Case(
      name: "a folder that becomes a file, and a change in it", base: ["d/f": "0"],
      ours: ["d": "1"], theirs: ["d/f": "1"], merged: nil, path: "d"),
    Case(
      name: "a folder that becomes a file, and a removal in it", base: ["d/f": "0", "d/g": "0"],
      ours: ["d": "1"], theirs: ["d/f": "0"], merged: ["d": "1"]),
    Case(
      name: "changes deep in different folders", base: ["a/b/c": "0", "a/d/e": "0"],
      ours: ["a/b/c": "1", "a/d/e": "0"], theirs: ["a/b/c": "0", "a/d/e": "1"],
      merged: ["a/b/c": "1", "a/d/e": "1"]),
  ]

  private static func tree(_ files: [String: String]) async throws -> Tree {
    var tree = Tree.empty
    for (path, text) in files { tree = try await tree.adding(text, at: Path(path)) }
    return tree
  }

  private static func files(_ tree: Tree?) async throws -> [String: String] {
    var files: [String: String] = [:]
    for change in try await Tree.empty.diff(to: tree ?? .empty) {
      files[change.path.description] = try await tree?.find(change.path, as: String.self)
    }
    return files
  }

  /// A commit that holds these files and nothing else.
  private static func commit(
    _ branch: Branch, _ files: [String: String], _ message: String
  ) async throws -> ObjectID {
    let result = try await branch.commit(
      [.setTree(.root, try await tree(files))], Info(message), emptyCommit: .made)
    guard let head = result.head else { throw BehaviourFailure(description: "no head") }
    return head
  }

  /// Merges of branches.
  static let merging: [Behaviour] =
    cases.flatMap { each in
      [("", each.ours, each.theirs), (", the other way round", each.theirs, each.ours)].map {
        suffix, ours, theirs in
        Behaviour("merge: \(each.name)\(suffix)") { repository in
          let main = repository.branch()
          let base = try await commit(main, each.base, "base")
          let side = try await repository.createBranch("side", at: base)
          let mine = try await commit(main, ours, "ours")
          let other = try await commit(side, theirs, "theirs")
          guard let merged = each.merged else {
            let error = try await expectError { try await main.merge(side) }
            guard case .mergeConflicts(let conflicts) = error else { throw error }
            try expectEqual(conflicts.map(\.path.description), [each.path])
            try expectEqual(try await main.head()?.id, mine)
            return
          }
          let result = try await main.merge(side)
          guard case .merged(let commit, _) = result else {
            throw BehaviourFailure(description: "\(result)")
          }
          try expectEqual(commit.parents, [mine, other])
          try expectEqual(try await files(try await main.findTree()), merged)
        }
      }
    } + [
      Behaviour(
        "merge moves a branch on where that is enough, and does nothing where nothing is new"
      ) { repository in
        let main = repository.branch()
        let side = repository.branch("side")
        guard case .unchanged(nil) = try await main.merge(side) else {
          throw BehaviourFailure(description: "a branch without a commit has nothing to merge")
        }
        let first = try await commit(side, ["a": "1"], "one")
        guard case .fastForwarded(nil, first) = try await main.merge(side) else {
          throw BehaviourFailure(description: "an empty branch moves")
        }
        let second = try await commit(side, ["a": "2"], "two")
        guard case .fastForwarded(first, second) = try await main.merge(side) else {
          throw BehaviourFailure(description: "a branch that is behind moves")
        }
        guard case .unchanged(second) = try await main.merge(side) else {
          throw BehaviourFailure(description: "equal")
        }
        let third = try await commit(main, ["a": "3"], "three")
        guard case .unchanged(third) = try await main.merge(side) else {
          throw BehaviourFailure(description: "ahead")
        }
        guard case .unchanged(third) = try await main.merge(main) else {
          throw BehaviourFailure(description: "a branch with itself")
        }
        var options = MergeOptions()
        options.fastForward = .never
        guard case .merged(let merge, _) = try await side.merge(third, nil, options) else {
          throw BehaviourFailure(description: "--no-ff")
        }
        try expectEqual(merge.parents, [second, third])
        options.fastForward = .only
        _ = try await commit(main, ["a": "4"], "four")
        let error = try await expectError { try await main.merge(side, nil, options) }
        guard case .notFastForward("main", _) = error else { throw error }
      },
      Behaviour("a branch is moved on to what has all of it, and to nothing else") { repository in
        let main = repository.branch()
        let side = repository.branch("side")
        let first = try await commit(side, ["a": "1"], "one")
        try expectEqual(try await main.fastForward(to: first), .moved(from: nil))
        let second = try await commit(side, ["a": "2"], "two")
        try expectEqual(try await main.fastForward(to: second), .moved(from: first))
        try expectEqual(try await main.fastForward(to: second), .unchanged)
        try expectEqual(try await main.fastForward(to: first), .rejected(.ahead))
        _ = try await commit(main, ["a": "3"], "three")
        let other = try await commit(side, ["a": "4"], "four")
        try expectEqual(try await main.fastForward(to: other), .rejected(.diverged))
        let root = try await commit(repository.branch("root"), ["b": "1"], "five")
        try expectEqual(try await main.fastForward(to: root), .rejected(.unrelated))
      },
      Behaviour("unrelated histories are merged only when asked") { repository in
        let main = repository.branch()
        let other = repository.branch("other")
        _ = try await commit(main, ["a": "1"], "one")
        _ = try await commit(other, ["b": "1"], "two")
        let error = try await expectError { try await main.merge(other) }
        guard case .unrelatedHistories = error else { throw error }
        var options = MergeOptions()
        options.unrelatedHistories = .merged
        try await main.merge(other, nil, options)
        try expectEqual(try await files(try await main.findTree()), ["a": "1", "b": "1"])
      },
      Behaviour("conflicts are all listed, looked at, resolved and committed") { repository in
        let main = repository.branch()
        let base = try await commit(main, ["a": "0", "d/b": "0", "c": "0", "e": "0"], "base")
        let side = try await repository.createBranch("side", at: base)
        let mine = try await commit(main, ["a": "1", "d/b": "1", "c": "1", "e": "0"], "ours")
        let other = try await commit(side, ["a": "2", "d/b": "2", "e": "2"], "theirs")
        var merge = try await main.merging(side)
        try expectEqual(merge.bases, [base])
        try expectEqual(merge.conflicts.map(\.path.description), ["a", "c", "d/b"])
        try expectEqual(merge.changedPaths.map(\.description), ["e"])
        let refused = merge
        _ = try await expectError { try await refused.commit() }
        try expectEqual(try await main.head()?.id, mine)
        try expectEqual(
          try await merge.content(of: merge.conflicts[0].theirs).map {
            String(decoding: $0, as: UTF8.self)
          },
          "2")
        try await merge.resolve("a", with: .theirs)
        try await merge.resolve("c", with: .removed)
        _ = try await expectError { try await merge.resolve("a", with: .ours) }
        _ = try await expectError {
          try await merge.resolve("d/b", with: .value([], mode: .tree))
        }
        // A decision for ours is one for what ours has now.
        var kept = merge
        try await kept.resolve { _ in .ours }
        try await main.set("d/b", to: "later", "Meanwhile")
        let late = kept
        let error = try await expectError { try await late.commit() }
        guard case .conflict = error else { throw error }
        let again = try await main.set("d/b", to: "1", "Back").head
        try await merge.resolve { _ in .value(Bytes("both".utf8), mode: .blob) }
        guard case .merged(let made, _) = try await merge.commit("Settled") else {
          throw BehaviourFailure(description: "no commit")
        }
        try expectEqual(made.parents, [again, other])
        try expectEqual(
          try await files(try await main.findTree()), ["a": "2", "d/b": "both", "e": "2"])
      },
      Behaviour("a merge fits a branch that has moved on elsewhere, and no other") { repository in
        let main = repository.branch()
        let base = try await commit(main, ["a/x": "0", "b": "0"], "base")
        let side = try await repository.createBranch("side", at: base)
        _ = try await commit(main, ["a/x": "0", "b": "0", "c": "1"], "ours")
        _ = try await commit(side, ["a/x": "1", "b": "0"], "theirs")
        let merge = try await main.merging(side)
        let late = try await main.set("b", to: "1", "Elsewhere").head
        guard case .merged(let made, _) = try await merge.commit() else {
          throw BehaviourFailure(description: "no commit")
        }
        try expectEqual(made.parents.first, late)
        try expectEqual(
          try await files(try await main.findTree()), ["a/x": "1", "b": "1", "c": "1"])
        try await side.set("a/x", to: "2", "Again")
        let stale = try await main.merging(side)
        try await main.set("a", to: "a file", "In the way")
        let error = try await expectError { try await stale.commit() }
        guard case .conflict = error else { throw error }
      },
      Behaviour("a merge of two trees needs no store") { repository in
        let base = try await tree(["a": "0", "d/b": "0"])
        let merge = try await Tree.merge(
          base: base, ours: try await base.adding("1", at: "a"),
          theirs: try await base.adding("2", at: "d/c"))
        try expectEqual(
          try await files(try await merge.tree()), ["a": "1", "d/b": "0", "d/c": "2"])
        let head = try await commit(repository.branch(), ["a": "0", "d/b": "0"], "base")
        let stored = try await repository.tree(head)
        let mixed = try await Tree.merge(
          base: stored, ours: try await stored.removing("d/b"),
          theirs: try await stored.adding("1", at: "a"))
        try expectEqual(try await files(try await mixed.tree()), ["a": "1"])
      },
      Behaviour("withTree: set, test-and-set and merge when somebody else writes meanwhile") {
        repository in
        let main = repository.branch()
        _ = try await commit(main, ["d/a": "0"], "base")
        for (strategy, wanted, runs) in [
          (Branch.TreeStrategy.set, ["d/a": "1"], 1),
          (.testAndSet, ["d/a": "1", "d/b": "x"], 2),
          (.merge(MergeRules()), ["d/a": "1", "d/b": "x"], 1),
        ] {
          try await main.setTree(.root, to: try await tree(["d/a": "0"]), "Again")
          var count = 0
          try await main.withTree("d", "Change", strategy: strategy) { seen in
            count += 1
            if count == 1 { try await main.set("d/b", to: "x", "Meanwhile") }
            return try await seen.adding("1", at: "a")
          }
          try expectEqual(try await files(try await main.findTree()), wanted)
          try expectEqual(count, runs)
        }
      },
      Behaviour("a value is merged at its path with what is there by then") { repository in
        let main = repository.branch()
        let sum = Merge<Counter> { base, ours, theirs throws(MergeRefusal) in
          Counter(ours.value + theirs.value - (base?.value ?? 0))
        }
        try await main.set("n", to: Counter(5), "Five")
        try await main.merge("n", base: Counter(3), value: Counter(4), sum, "Add one to three")
        try expectEqual(try await main.get("n", as: Counter.self).value, 6)
        try await main.merge("new", base: nil, value: Counter(1), sum, "New")
        let error = try await expectError {
          try await main.merge("n", base: Counter(3), value: nil, sum, "Remove what has changed")
        }
        guard case .mergeConflicts(let conflicts) = error else { throw error }
        try expectEqual(conflicts.map(\.reason), [.removedByTheirs])
        try await main.merge("n", base: Counter(6), value: nil, sum, "Remove")
        try expectEqual(try await main.mem("n"), false)
      },
      Behaviour("bases that cross are merged with each other, and never stored") { repository in
        let main = repository.branch()
        let base = try await commit(main, ["a": "0", "b": "0", "c": "0"], "base")
        let side = try await repository.createBranch("side", at: base)
        let left = try await commit(main, ["a": "1", "b": "0", "c": "0"], "left")
        let right = try await commit(side, ["a": "0", "b": "1", "c": "0"], "right")
        try await main.merge(right)
        try await side.merge(left)
        try await main.set("c", to: "1", "c")
        try await side.remove("a", "No a")
        let merge = try await main.merging(side)
        try expectEqual(Set(merge.bases), [left, right])
        let result = try await merge.commit()
        try expectEqual(try await files(try await main.findTree()), ["b": "1", "c": "1"])
        try expectEqual(try await repository.commit(result.head ?? base).parents.count, 2)
      },
    ]
}
