import GitObjects
import Irminsul

extension Behaviour {
  /// The corners of writing that are easy to get wrong.
  static let corners: [Behaviour] = [
    Behaviour("edits of one commit are made one after another, by whoever makes it") { repository in
      let main = repository.branch()
      let start: [BranchEdit] = [
        try .set("a", "1"), try .set("b", "1"), try .set("c", "1"), try .set("d", "1"),
      ]
      let edits: [BranchEdit] = [
        try .set("a/x", "2"), .remove("a/x"), try .set("b/x/y", "2"), .remove("b/x"),
        .remove("c/x"), .increment("d/x"), try .set("d/x/y", "2"), .remove("d/x/y"),
      ]
      let many = try (0..<1100).map { try BranchEdit.set(Path("many/\($0)"), "x") }
      for (name, make) in [
        ("one by one", { for edit in edits { try await main.commit([edit], "One") } }),
        ("one commit", { try await main.commit(edits, "All") }),
        ("a large commit", { try await main.commit(edits + many, "All") }),
        (
          "a transaction",
          { try await main.transaction("All") { tx in for edit in edits { try tx.edit(edit) } } }
        ),
      ] as [(String, () async throws -> Void)] {
        try await main.setTree(.root, to: .empty, "Empty")
        try await main.commit(start, "Start")
        try await make()
        try await main.remove("many", "Without")
        try expectEqual("\(name): \(try await main.list().map(\.nameText))", "\(name): [\"c\"]")
      }
    },
    Behaviour("modes and kinds that do not go together are refused") { repository in
      let main = repository.branch()
      let head = try await main.set("d/blob", to: "x", "x").head
      let blob = try await main.entry("d/blob")
      let tree = try await main.entry("d")
      guard let head, let blob, let tree else { throw BehaviourFailure(description: "nothing") }
      let many = try (0..<1100).map { try BranchEdit.set(Path("many/\($0)"), "x") }
      for mode in [FileMode.tree, .submodule, FileMode(rawValue: 0), FileMode(rawValue: 0o777)] {
        _ = try await expectError { try await main.set("f", to: "x", mode: mode, "x") }
        _ = try await expectError { _ = try await Tree.empty.adding("x", at: "f", mode: mode) }
      }
      for entry in [
        Entry(mode: .blob, id: tree.id), Entry(mode: .tree, id: blob.id),
        Entry(mode: .blob, id: head),
        Entry(mode: .tree, id: head), Entry(mode: FileMode(rawValue: 0o200000), id: blob.id),
      ] {
        _ = try await expectError { try await main.commit([.setEntry("f", entry)], "x") }
        _ = try await expectError { try await main.commit([.setEntry("f", entry)] + many, "x") }
      }
      try expectEqual(try await main.head()?.id, head)
      // What comes in the same commit may be referred to.
      let new = Entry(
        mode: .blob,
        id: FramedObject(kind: .blob, content: Bytes("new".utf8)).id(repository.algorithm))
      try await main.commit([.set("one", "new"), .setEntry("two", new)], "Twice")
      try await main.commit([.set("three", "newer"), .setEntry("four", new)] + many, "Again")
      try expectEqual(
        try await main.find("four").map { String(decoding: $0, as: UTF8.self) }, "new")
    },
    Behaviour("a date before 1970 is refused, and a link is no counter") { repository in
      let main = repository.branch()
      _ = try await expectError {
        try await main.set("a", to: "x", Info("x", date: Timestamp(seconds: -1)))
      }
      try await main.set("link", to: "1", mode: .symbolicLink, "x")
      let error = try await expectError { try await main.commit([.increment("link")], "x") }
      guard case .conflict(_, let conflicts) = error else { throw error }
      try expectEqual(conflicts.map(\.reason), [.kind])
    },
    Behaviour("a page after no name is the first one") { repository in
      let main = repository.branch()
      try await main.commit(try (10..<60).map { try .set(Path("d/\($0)"), "x") }, "Fill")
      let page = try await main.list("d", ListRange(after: "", limit: 2))
      try expectEqual(page.map(\.nameText), ["10", "11"])
    },
    Behaviour("a write that changes nothing makes no commit") { repository in
      let main = repository.branch()
      try expectEqual(try await main.remove("none", "Nothing"), .unchanged(head: nil))
      try expectEqual(try await main.head(), nil)
      let head = try await main.set("a", to: "1", "One").head
      try expectEqual(try await main.set("a", to: "1", "Again"), .unchanged(head: head))
      try expectEqual(try await main.remove("b", "Nothing"), .unchanged(head: head))
      try expectEqual(try await main.remove("a/b", "Below a blob"), .unchanged(head: head))
      try expectEqual(try await main.log().count, 1)
      let empty = try await main.commit([], "Empty", emptyCommit: .made)
      try expectEqual(empty.commit?.parents, head.map { [$0] })
      try expectEqual(empty.commit?.tree, try await repository.commit(head ?? empty.head!).tree)
    },
    Behaviour("a blob becomes a directory, and a directory a blob") { repository in
      let main = repository.branch()
      try await main.set("a", to: "blob", "Blob")
      try await main.set("a/b/c", to: "1", "Directory")
      try expectEqual(try await main.kind("a"), .tree)
      try await main.set("a", to: "blob", "Blob again")
      try expectEqual(try await main.get("a", as: String.self), "blob")
      try expectEqual(try await main.entry("a/b"), nil)
    },
    Behaviour("removing the last entry removes the directories above it") { repository in
      let main = repository.branch()
      try await main.commit([.set("a/b/c", "1"), .set("d", "2")], "Two")
      try await main.remove("a/b/c", "Remove")
      try expectEqual(try await main.list().map(\.nameText), ["d"])
      try await main.remove("d", "Remove")
      try expectEqual(try await main.list().count, 0)
      try expect(try await main.head() != nil)
      try expectEqual(try await main.remove("d", "Again").commit, nil)
    },
    Behaviour("the root: a tree replaces everything, contents are an error") { repository in
      let main = repository.branch()
      try await main.commit([.set("a", "1"), .set("b", "2")], "Two")
      let tree = try await Tree.empty.adding("3", at: "c/d")
      try await main.setTree(.root, to: tree, "Replace")
      try expectEqual(try await main.list().map(\.nameText), ["c"])
      let error = try await expectError { try await main.set(.root, to: "x", "Wrong") }
      guard case .rootIsDirectory = error else { throw error }
      try await main.remove(.root, "Everything")
      try expectEqual(try await main.list().count, 0)
    },
    Behaviour("setting an empty tree removes what is there") { repository in
      let main = repository.branch()
      try await main.commit([.set("a/b", "1"), .set("c", "2")], "Two")
      try await main.setTree("a", to: .empty, "Empty")
      try expectEqual(try await main.list().map(\.nameText), ["c"])
    },
    Behaviour("test-and-set compares the value at the path alone, and first") { repository in
      let main = repository.branch()
      try await main.testAndSet("a", test: String?.none, set: "1", "Create")
      try await main.set("other", to: "x", "Another path")
      try await main.testAndSet("a", test: "1", set: "2", "Update")
      for (test, value) in [("1", "3"), ("wrong", "2")] as [(String?, String?)] {
        let error = try await expectError {
          try await main.testAndSet("a", test: test, set: value, "Fails")
        }
        guard case .testFailed(let path, let found) = error else { throw error }
        try expectEqual(path, "a")
        try expectEqual(found?.id, try await main.hash("a"))
      }
      let error = try await expectError {
        try await main.testAndSet("a", test: String?.none, set: "2", "Fails")
      }
      guard case .testFailed = error else { throw error }
      try expectEqual(try await main.get("a", as: String.self), "2")
      try await main.testAndSet("a", test: "2", set: String?.none, "Remove")
      try expectEqual(try await main.mem("a"), false)
      let absent = try await expectError {
        try await main.testAndSet("a", test: "2", set: "3", "Fails")
      }
      guard case .testFailed(_, nil) = absent else { throw absent }
      try await main.set("d/x", to: "1", "A directory")
      let directory = try await expectError {
        try await main.testAndSet("d", test: String?.none, set: "3", "Fails")
      }
      guard case .testFailed(_, .some) = directory else { throw directory }
    },
    Behaviour("test-and-set of an executable file compares its value") { repository in
      let main = repository.branch()
      try await main.set("run", to: "#!/bin/sh", mode: .executable, "Script")
      try await main.testAndSet("run", test: "#!/bin/sh", set: "#!/bin/zsh", "Update")
      try expectEqual(try await main.entry("run")?.mode, .executable)
      try expectEqual(try await main.get("run", as: String.self), "#!/bin/zsh")
    },
    Behaviour("a conflict lists every path that changed, and changes nothing") { repository in
      let main = repository.branch()
      try await main.commit([.set("a", "1"), .set("b", "2"), .set("c", "3")], "Three")
      guard let snapshot = try await main.snapshot() else {
        throw BehaviourFailure(description: "no snapshot")
      }
      let old = try await ["a", "b", "c"].asyncMap { try await snapshot.tree.entry(Path($0)) }
      try await main.commit([.set("a", "9"), .remove("b")], "Meanwhile")
      let before = try await main.head()
      let error = try await expectError {
        try await main.commit(
          [
            .set("a", "x").expecting(old[0]), .set("b", "y").expecting(old[1]),
            .set("c", "z").expecting(old[2]), .check("new", holds: old[0]),
          ], "Conflicts")
      }
      guard case .conflict(let branch, let conflicts) = error else { throw error }
      try expectEqual(branch, "main")
      try expectEqual(Set(conflicts.map(\.path)), ["a", "b", "new"])
      try expectEqual(
        conflicts.first { $0.path == "a" }?.found, try await main.entry("a"))
      try expectEqual(try await main.head(), before)
      try await main.commit([.set("c", "z").expecting(old[2])], "No conflict")
    },
    Behaviour("edits that follow one another are made in their order") { repository in
      let main = repository.branch()
      try await main.set("a/old", to: "0", "Before")
      try await main.commit(
        [.remove("a"), .set("a/x", "1"), .set("b", "2"), .set("b", "3"), .set("b/c", "4")], "Order")
      try expectEqual(try await main.list("a").map(\.nameText), ["x"])
      try expectEqual(try await main.get("b/c", as: String.self), "4")
    },
    Behaviour("bad paths are refused and change nothing") { repository in
      let main = repository.branch()
      try await main.set("a", to: "1", "One")
      let head = try await main.head()
      for text in ["a//b", "./a", "a/..", ".git/config", "x/.GIT", "a/.gIt/b", "n\0ul"] {
        let error = try await expectError { try await main.set(Path(text), to: "x", "Bad") }
        guard case .badPath = error else { throw error }
        // Trees from elsewhere may have a name that Git protects: it can be looked for.
        if text.lowercased().contains(".git") {
          try expectEqual(try await main.find(Path(text)), nil)
          continue
        }
        let reading = try await expectError { _ = try await main.find(Path(text)) }
        guard case .badPath = reading else { throw reading }
      }
      try expectEqual(try await main.head(), head)
    },
    Behaviour("a message or a date that Git does not take is refused") { repository in
      let main = repository.branch()
      for info in [Info("a\0b"), Info("late", date: Timestamp(seconds: .max))] {
        let error = try await expectError { try await main.set("a", to: "1", info) }
        guard case .unencodable = error else { throw error }
      }
      try expectEqual(try await main.head(), nil)
    },
    Behaviour("bad branch names are refused, naming the rule") { repository in
      for name in [
        "", "a b", "a..b", "/a", "a/", "a//b", "a.lock", "a~1", "a^", "a:b", "a?", "a*", "a[",
        "a\\b",
        "@{x}", "-a", ".a", "a.", "HEAD", "a\u{7F}",
      ] {
        let error = try await expectError {
          try await repository.branch(name).set("a", to: "1", "Bad")
        }
        guard case .badBranchName(_, let reason) = error else { throw error }
        try expect(!reason.isEmpty)
      }
      try expectEqual(try await repository.branches(), [])
      // However it comes to be.
      guard let head = try await repository.branch("good").set("a", to: "1", "Good").head else {
        throw BehaviourFailure(description: "no commit was made")
      }
      for name in ["a..b", "-a", "HEAD"] {
        let attempts: [@Sendable () async throws -> Void] = [
          { try await repository.branch(name).setHead(head) },
          { try await repository.branch(name).testAndSetHead(test: nil, set: head) },
          { try await repository.createBranch(name, at: head) },
          { try await repository.cloneBranch("good", to: name) },
          { try await repository.cloneBranch("none", to: name) },
          { try await repository.renameBranch("good", to: name) },
        ]
        for attempt in attempts {
          let error = try await expectError { try await attempt() }
          guard case .badBranchName = error else { throw error }
        }
      }
      try expectEqual(try await repository.branches(), ["good"])
    },
    Behaviour("given parents, author, committer and date are in the commit") { repository in
      let main = repository.branch()
      let first = try await main.set("a", to: "1", "One").head!
      let second = try await main.set("a", to: "2", "Two").head!
      let info = Info(
        "Merge\n\nBody\n", author: Person("Ada", "ada@example.org"),
        committer: Person("Bob <b>", "bob@example.org"),
        date: Timestamp(seconds: 1_234_567_890, offsetMinutes: -210))
      let commit = try await main.commit([try .set("a", "3")], info, parents: [second, first])
        .commit
      try expectEqual(commit?.parents, [second, first])
      try expectEqual(commit?.author?.text, "Ada <ada@example.org> 1234567890 -0330")
      try expectEqual(commit?.committer?.text, "Bob b <bob@example.org> 1234567890 -0330")
      try expectEqual(commit?.message, "Merge\n\nBody\n")
      if let id = commit?.id { try expectEqual(try await repository.object(id)?.kind, .commit) }
    },
  ]
}

extension Array {
  fileprivate func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
    var results: [T] = []
    for element in self { results.append(try await body(element)) }
    return results
  }
}
