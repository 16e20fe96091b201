import Irminsul

extension Behaviour {
  /// Heads and branches.
  static let heads: [Behaviour] = [
    Behaviour("heads are set, tested and removed atomically") { repository in
      let main = repository.branch()
      let one = try await main.set("a", to: "1", "One").head!
      let two = try await main.set("a", to: "2", "Two").head!
      try await main.setHead(one)
      try expectEqual(try await main.get("a", as: String.self), "1")
      try await main.testAndSetHead(test: one, set: two)
      let error = try await expectError { try await main.testAndSetHead(test: one, set: one) }
      guard case .headMoved(_, let found) = error else { throw error }
      try expectEqual(found, two)
      let other = repository.branch("other")
      try await other.testAndSetHead(test: nil, set: one)
      let taken = try await expectError { try await other.testAndSetHead(test: nil, set: two) }
      guard case .headMoved = taken else { throw taken }
      try await other.testAndSetHead(test: one, set: nil)
      try expectEqual(try await other.head(), nil)
    },
    Behaviour("a head only ever points to a stored commit") { repository in
      let main = repository.branch()
      try await main.set("a", to: "1", "One")
      let unknown = ObjectID(bytes: Bytes(repeating: 7, count: repository.algorithm.byteCount))!
      let missing = try await expectError { try await main.setHead(unknown) }
      guard case .missingObject(let id, _) = missing else { throw missing }
      try expectEqual(id, unknown)
      let blob = try await main.hash("a")!
      let wrong = try await expectError { try await main.setHead(blob) }
      guard case .notACommit = wrong else { throw wrong }
    },
    Behaviour("branches are created, listed and deleted") { repository in
      let head = try await repository.branch().set("a", to: "1", "One").head!
      try await repository.createBranch("topic", at: head)
      try expectEqual(try await repository.branches(), ["main", "topic"])
      let exists = try await expectError {
        try await repository.createBranch("topic", at: head)
      }
      guard case .branchExists("topic") = exists else { throw exists }
      try await repository.branch("topic").set("a", to: "2", "Two")
      try expectEqual(try await repository.branch().get("a", as: String.self), "1")
      try await repository.deleteBranch("topic")
      let absent = try await expectError { try await repository.deleteBranch("topic") }
      guard case .noSuchBranch("topic") = absent else { throw absent }
      try expectEqual(try await repository.branches(), ["main"])
    },
    Behaviour("branches are renamed in one step", .scripts) { repository in
      let head = try await repository.branch().set("a", to: "1", "One").head!
      try await repository.createBranch("topic", at: head)
      try await repository.renameBranch("topic", to: "topic/one")
      try expectEqual(try await repository.branches(), ["main", "topic/one"])
      let taken = try await expectError {
        try await repository.renameBranch("topic/one", to: "main")
      }
      guard case .branchExists("main") = taken else { throw taken }
      let absent = try await expectError {
        try await repository.renameBranch("none", to: "other")
      }
      guard case .noSuchBranch("none") = absent else { throw absent }
      try await repository.renameBranch("main", to: "trunk")
      try expectEqual(try await repository.headReference(), "ref: refs/heads/trunk")
    },
    Behaviour("a branch and a folder of branches cannot share a name", .scripts) { repository in
      let head = try await repository.branch("a").set("x", to: "1", "One").head!
      for body in [
        { try await repository.createBranch("a/b", at: head) } as () async throws -> Branch,
        {
          try await repository.branch("a/b/c").set("x", to: "1", "One")
          return repository.branch()
        },
      ] {
        let error = try await expectError { _ = try await body() }
        guard case .branchNameClash(_, let other) = error else { throw error }
        try expectEqual(other, "a")
      }
      try await repository.createBranch("d/e", at: head)
      try await repository.createBranch("d/f", at: head)
      let folder = try await expectError { try await repository.createBranch("d", at: head) }
      guard case .branchNameClash = folder else { throw folder }
      try await repository.deleteBranch("d/e")
      try await repository.deleteBranch("d/f")
      try await repository.createBranch("d", at: head)
      try expectEqual(try await repository.branches(), ["a", "d"])
    },
    Behaviour("cloning a branch copies its head, and its absence") { repository in
      let head = try await repository.branch().set("a", to: "1", "One").head!
      try await repository.cloneBranch("main", to: "copy")
      try expectEqual(try await repository.branch("copy").head()?.id, head)
      try await repository.cloneBranch("empty", to: "copy")
      try expectEqual(try await repository.branches(), ["main"])
    },
    Behaviour("many branches are listed completely") { repository in
      let head = try await repository.branch().set("a", to: "1", "One").head!
      for number in 0..<300 { try await repository.createBranch("b/\(number)", at: head) }
      try expectEqual(try await repository.branches().count, 301)
    },
  ]
}
