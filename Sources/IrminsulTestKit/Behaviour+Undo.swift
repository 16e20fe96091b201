import GitObjects
import Irminsul

extension Behaviour {
  /// Reverts, restores, tags, the reflog, handles without a branch.
  static let undo: [Behaviour] = [
    Behaviour("a revert undoes one commit and nothing else") { repository in
      let main = repository.branch()
      try await main.commit([.set("a", "1"), .set("b/c", "1"), .set("d", "1")], "Begin")
      guard
        let change = try await main.commit(
          [.set("a", "2"), .remove("b/c"), .set("e", "new")], "Change"
        ).head
      else { return try expect(false, "no head") }
      try await main.set("d", to: "2", "Afterwards")
      guard case .merged(let commit, _) = try await main.revert(change) else {
        return try expect(false, "nothing was reverted")
      }
      try expectEqual(commit.parents.count, 1)
      try expectEqual(commit.subject, "Revert \"Change\"")
      try expect(commit.message.contains("This reverts commit \(change)."), commit.message)
      try expectEqual(try await main.get("a", as: String.self), "1")
      try expectEqual(try await main.get("b/c", as: String.self), "1")
      try expectEqual(try await main.get("d", as: String.self), "2")
      try expect(try await !main.mem("e"))
      // What is undone stays undone.
      guard case .unchanged = try await main.revert(change) else {
        return try expect(false, "reverted twice")
      }
      // A revert of the revert.
      try await main.revert(commit.id)
      try expectEqual(try await main.get("a", as: String.self), "2")
      try expect(try await !main.mem("b/c"))
    },
    Behaviour("a revert of what was changed again is a conflict, and changes nothing") {
      repository in
      let main = repository.branch()
      try await main.set("a", to: "1", "One")
      guard let change = try await main.set("a", to: "2", "Two").head else {
        return try expect(false, "no head")
      }
      try await main.set("a", to: "3", "Three")
      let head = try await main.head()
      let error = try await expectError { try await main.revert(change) }
      guard case .mergeConflicts(let conflicts) = error else { throw error }
      try expectEqual(conflicts.map(\.path), ["a"])
      try expectEqual(try await main.head(), head)
      var merge = try await main.reverting(change)
      try await merge.resolve("a", with: .theirs)
      try await merge.commit()
      try expectEqual(try await main.get("a", as: String.self), "1")
    },
    Behaviour("a first commit and a merge can be reverted") { repository in
      let main = repository.branch()
      guard let first = try await main.set("a", to: "1", "One").head else {
        return try expect(false, "no head")
      }
      let side = repository.branch("side")
      try await side.setHead(first)
      try await side.set("b", to: "2", "Side")
      try await main.set("c", to: "3", "Main")
      guard case .merged(let merge, _) = try await main.merge(side) else {
        return try expect(false, "no merge")
      }
      for wrong in [nil, 0, 3] as [Int?] {
        let error = try await expectError { try await main.revert(merge.id, mainline: wrong) }
        guard case .mergeWithoutMainline(merge.id, 2) = error else { throw error }
      }
      try await main.revert(merge.id, mainline: 1)
      try expect(try await !main.mem("b"))
      try expectEqual(try await main.get("c", as: String.self), "3")
      try await main.revert(first)
      try expect(try await !main.mem("a"))
      try expectEqual(try await main.get("c", as: String.self), "3")
    },
    Behaviour("a cherry-pick does a commit's change elsewhere") { repository in
      let main = repository.branch()
      guard let first = try await main.commit([.set("a", "1"), .set("b", "1")], "One").head else {
        return try expect(false, "no head")
      }
      let side = repository.branch("side")
      try await side.setHead(first)
      try await side.set("a", to: "2", "Other")
      guard
        let pick = try await side.set(
          "b", to: "2", Info("Pick me\n\nBody.", author: Person("Ada", "ada@example.org"))
        ).head
      else { return try expect(false, "no head") }
      guard case .merged(let commit, _) = try await main.cherryPick(pick) else {
        return try expect(false, "nothing was picked")
      }
      try expectEqual(commit.subject, "Pick me")
      try expectEqual(commit.author?.name, "Ada")
      try expectEqual(try await main.get("a", as: String.self), "1")
      try expectEqual(try await main.get("b", as: String.self), "2")
    },
    Behaviour("what a commit had is restored, and what it had not is removed") { repository in
      let main = repository.branch()
      guard
        let old = try await main.commit(
          [.set("d/a", "1"), .set("d/b", "1"), .set("x", "1")], "Old"
        )
        .head
      else { return try expect(false, "no head") }
      try await main.commit([.set("d/a", "2"), .remove("d/b"), .set("new", "2")], "New")
      try await main.restore("d", from: old)
      try expectEqual(try await main.get("d/a", as: String.self), "1")
      try expectEqual(try await main.get("d/b", as: String.self), "1")
      try expect(try await main.mem("new"))
      try await main.restore("new", from: old)
      try expect(try await !main.mem("new"))
      try await main.set("x", to: "3", "Change")
      try await main.restore(.root, from: old)
      let (found, wanted) = (
        try await main.head()?.tree, try await repository.commit(old).tree
      )
      try expectEqual(found, wanted)
      guard case .unchanged = try await main.restore("x", from: old) else {
        return try expect(false, "restored what is there")
      }
    },
    Behaviour("a detached handle is a branch that nobody else has") { repository in
      let main = repository.branch()
      guard let head = try await main.set("a", to: "1", "One").head else {
        return try expect(false, "no head")
      }
      try expectEqual(try await main.status(), .branch("main"))
      let trial = repository.detached(at: head)
      try expectEqual(try await trial.status(), .commit(head))
      try await trial.set("b", to: "2", "Try")
      try expectEqual(try await trial.get("a", as: String.self), "1")
      try await trial.testAndSet("b", test: "2", set: "3", "Test")
      let conflict = try await expectError {
        try await trial.commit([BranchEdit.set("b", "4").expecting(nil)], "No")
      }
      guard case .conflict = conflict else { throw conflict }
      try await main.set("c", to: "main", "Main goes on")
      guard
        case .merged(let merge, _) = try await trial.merge(
          main.head()?.id ?? head)
      else { return try expect(false, "no merge") }
      try expectEqual(try await trial.status(), .commit(merge.id))
      try expectEqual(try await trial.log().count, 5)
      try expect(try await !main.mem("b"))
      try expectEqual(try await repository.branches(), ["main"])
      try await repository.branch("kept").setHead(merge.id)
      try expectEqual(try await repository.branch("kept").get("b", as: String.self), "3")
      let empty = repository.detached()
      try expectEqual(try await empty.status(), .empty)
      try await empty.set("x", to: "1", "First")
      try expectEqual(try await empty.head()?.parents, [])
      guard case .commit = try await empty.status() else {
        return try expect(false, "no commit")
      }
    },
    Behaviour("tags name objects, with a message or without", .scripts) { repository in
      let main = repository.branch()
      guard let head = try await main.set("a", to: "1", "One").head else {
        return try expect(false, "no head")
      }
      try await repository.tag("light", at: head)
      let id = try await repository.tag(
        "v1", at: head, Info("First release\n\nWith notes.", author: Person("Ada", "a@example.org"))
      )
      try expectEqual(try await repository.tags(), ["light": head, "v1": id])
      try expect(try await repository.tag("light") == nil)
      guard let tag = try await repository.tag("v1") else { return try expect(false, "no tag") }
      try expectEqual(tag.object, head)
      try expectEqual(tag.kind, .commit)
      try expectEqual(tag.messageText, "First release\n\nWith notes.\n")
      try expectEqual(tag.tagger?.name, "Ada")
      try expectEqual(try await repository.resolveCommit("v1").id, head)
      let second = try await main.set("a", to: "2", "Two").head ?? head
      let error = try await expectError { try await repository.tag("light", at: second) }
      guard case .tagExists("light") = error else { throw error }
      try await repository.tag("light", at: second, isReplacing: true)
      try expectEqual(try await repository.tags()["light"], second)
      try expectEqual(try await repository.deleteTag("light"), second)
      let gone = try await expectError { try await repository.deleteTag("light") }
      guard case .noSuchTag("light") = gone else { throw gone }
      let bad = try await expectError { try await repository.tag("a..b", at: head) }
      guard case .badTagName("a..b", _) = bad else { throw bad }
      let missing = try await expectError {
        try await repository.tag("none", at: ObjectID.zero(repository.algorithm))
      }
      guard case .missingObject = missing else { throw missing }
    },
    Behaviour("the reflog tells where a branch has been", .scripts) { repository in
      let main = repository.branch()
      var heads: [ObjectID] = []
      for number in 0..<4 {
        if let head = try await main.set("n", to: "\(number)", "Count").head { heads.append(head) }
        try await repository.branch("other").set("n", to: "\(number)", "Count")
      }
      try await main.setHead(heads[1])
      var entries: [ReflogEntry] = []
      for try await entry in main.reflog() { entries.append(entry) }
      try expectEqual(
        entries.map(\.new), [heads[1], heads[3], heads[2], heads[1], heads[0]])
      try expectEqual(entries.map(\.old), [heads[3], heads[2], heads[1], heads[0], nil])
      try expectEqual(entries.map(\.index), [0, 1, 2, 3, 4])
      try expectEqual(try await repository.resolve("main@{0}"), heads[1])
      try expectEqual(try await repository.resolve("main@{1}"), heads[3])
      try expectEqual(try await repository.resolve("@{4}"), heads[0])
      try expectEqual(try await repository.resolve("main@{1}~1"), heads[2])
      for wrong in ["main@{5}", "main@{9}", "none@{0}", "main@{x}", "main@{-1}"] {
        _ = try await expectError { _ = try await repository.resolve(wrong) }
      }
      // Lost by a reset, and found again.
      try await main.setHead(try await repository.resolve("main@{1}"))
      try expectEqual(try await main.head()?.id, heads[3])
    },
    Behaviour("a watch goes on from a commit that was seen", .scripts) { repository in
      let main = repository.branch()
      var heads: [ObjectID] = []
      for number in 0..<3 {
        if let head = try await main.set("d/n", to: "\(number)", "Count").head {
          heads.append(head)
        }
      }
      let watch = try await main.watch("d", since: heads[0])
      let quiet = try await main.watch(since: heads[2])
      let fresh = try await main.watch(since: nil)
      guard let last = try await main.set("d/n", to: "last", "Last").head else {
        return try expect(false, "no head")
      }
      var found: [BranchChange] = []
      for try await change in watch {
        found.append(change)
        if found.count == 2 { break }
      }
      try expectEqual(
        found.map(\.kind),
        [.updated(from: heads[0], to: heads[2]), .updated(from: heads[2], to: last)])
      try expectEqual(found[0].changes.map(\.path), ["d/n"])
      for try await change in quiet {
        try expectEqual(change.kind, .updated(from: heads[2], to: last))
        break
      }
      for try await change in fresh {
        try expectEqual(change.kind, .added(heads[2]))
        break
      }
      // All branches, at one path only.
      let all = try await repository.watch("d")
      try await repository.branch("b").set("x", to: "1", "Elsewhere")
      try await repository.branch("b").set("d/n", to: "1", "There")
      for try await change in all {
        try expectEqual(change.branch, "b")
        try expectEqual(change.changes.map(\.path), ["d/n"])
        break
      }
    },
  ]
}
