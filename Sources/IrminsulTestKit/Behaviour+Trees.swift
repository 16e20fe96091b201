import Irminsul

extension Behaviour {
  /// Trees and snapshots.
  static let trees: [Behaviour] = [
    Behaviour("a snapshot stays what it is while the branch moves on") { repository in
      let main = repository.branch()
      try expect(try await main.snapshot() == nil)
      try await main.commit([.set("a/b", "1"), .set("c", "2")], "One")
      guard let snapshot = try await main.snapshot() else {
        throw BehaviourFailure(description: "no snapshot")
      }
      try await main.commit([.set("a/b", "9"), .remove("c"), .set("d", "3")], "Two")
      try expectEqual(try await snapshot.get("a/b", as: String.self), "1")
      try expectEqual(try await snapshot.list().map(\.nameText), ["a", "c"])
      try expectEqual(try await main.get("a/b", as: String.self), "9")
    },
    Behaviour("trees are edited, hashed and compared without being stored") { repository in
      let main = repository.branch()
      let edits = try ["x", "d/y", "d/e/z", "d-", "d.txt"].map { try BranchEdit.set(Path($0), $0) }
      let commit = try await main.commit(edits, "Tree").commit!
      var tree = Tree.empty
      for name in ["d/e/z", "d.txt", "x", "d-", "d/y"] {
        tree = try await tree.adding(name, at: Path(name))
      }
      try expectEqual(try await tree.hash(repository.algorithm), commit.tree)
      tree = try await tree.adding("new", at: "d/new").removing("d/new")
      try expectEqual(try await tree.hash(repository.algorithm), commit.tree)
      let stored = try await repository.tree(commit.id)
      let other: HashAlgorithm = repository.algorithm == .sha1 ? .sha256 : .sha1
      guard case .wrongHash = try await expectError({ _ = try await stored.hash(other) }) else {
        throw BehaviourFailure(description: "an id of another kind was made")
      }
      try expectEqual(try await tree.removing("none/of/it").hash(repository.algorithm), commit.tree)
      try expectEqual(try await tree.removing("x/below").hash(repository.algorithm), commit.tree)
      let smaller = try await tree.removing("d")
      try expectEqual(try await smaller.list().map(\.nameText), ["d-", "d.txt", "x"])
      try expectEqual(try await tree.find("d/e/z", as: String.self), "d/e/z")
      try expectEqual(try await tree.find("d/e"), nil)
      try expectEqual(try await tree.mem("d/e"), false)
    },
    Behaviour("a stored tree is edited and put at another place") { repository in
      let main = repository.branch()
      try await main.commit([.set("a/x", "1"), .set("a/y", "2")], "One")
      guard let tree = try await main.findTree("a") else {
        throw BehaviourFailure(description: "no tree")
      }
      let edited = try await tree.adding("3", at: "deep/z").removing("x")
      try await main.setTree("b/c", to: edited, "Copy")
      try expectEqual(try await main.list("b/c").map(\.nameText), ["deep", "y"])
      try expectEqual(try await main.list("a").map(\.nameText), ["x", "y"])
      let nested = try await Tree.empty.addingTree(tree, at: "inside/here")
      try await main.setTree("n", to: nested, "Nested")
      try expectEqual(try await main.get("n/inside/here/y", as: String.self), "2")
    },
    Behaviour("a difference lists the blobs that differ") { repository in
      let main = repository.branch()
      let one = try await main.commit(
        [.set("a", "1"), .set("d/x", "2"), .set("d/y", "3"), .set("e/f/g", "4")], "One"
      ).head!
      let two = try await main.commit(
        [.set("a", "9"), .remove("d/x"), .set("d/z", "5"), .set("e/f", "now a blob")], "Two"
      ).head!
      let changes = try await repository.tree(one).diff(to: try await repository.tree(two))
      let kinds = changes.map { change in
        switch change {
        case .added: "+\(change.path)"
        case .removed: "-\(change.path)"
        case .updated: "~\(change.path)"
        }
      }
      try expectEqual(Set(kinds), ["~a", "-d/x", "+d/z", "+e/f", "-e/f/g"])
      let back = try await repository.tree(two).diff(to: try await repository.tree(one))
      try expectEqual(back.count, changes.count)
      try expectEqual(
        try await repository.tree(one).diff(to: try await repository.tree(one)).count, 0)
    },
  ]
}
