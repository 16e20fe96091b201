import Irminsul

extension Behaviour {
  /// A branch with some hundred random paths, at the corners of what names can be.
  private static func fill(_ main: Branch, seed: UInt64) async throws -> (Commit, [Path]) {
    var names = SampleNames(seed: seed)
    var paths: [Path] = []
    for _ in 0..<700 { paths.append(names.path()) }
    // Later ones take the place of earlier ones that are in their way.
    let edits = try paths.enumerated().map { try BranchEdit.set($1, "value \($0)") }
    guard let commit = try await main.commit(edits, "Fill").commit else {
      throw BehaviourFailure(description: "no commit")
    }
    for _ in 0..<100 { paths.append(names.path()) }
    return (commit, paths)
  }

  /// Proofs of paths and of computations.
  static let proofs: [Behaviour] = [
    Behaviour("a proof of a path holds without the store, also that nothing is there") {
      repository in
      let main = repository.branch()
      let commit = try await main.commit(
        [.set("a/b/c", "value"), .set("a/d", "other"), .set("e", "top")], "Tree"
      ).commit!
      for root in [commit.id, commit.tree] {
        for path in ["a/b/c", "a/b", "a", "", "e", "none", "a/none", "a/b/c/below", "e/x"] as [Path]
        {
          let tree = try await repository.tree(root)
          let proof = try await repository.proof(of: path, in: root)
          let again = try PathProof(decoding: proof.encoded())
          try expectEqual(again, proof)
          let finding = try again.verify(root: root, path: path)
          guard let entry = try await tree.entry(path) else {
            try expectEqual(finding, .absent, "\(path)")
            continue
          }
          try expectEqual(finding, .present(entry, value: try await tree.find(path)), "\(path)")
          let short = try await repository.proof(of: path, in: root, value: .omitted)
          try expectEqual(
            try short.verify(root: root, path: path), .present(entry, value: nil), "\(path)")
        }
      }
      let proof = try await main.proof(of: "a/d")
      try expectEqual(proof.root, commit.id)
      try expectEqual(proof.objects.count, 4)
      let wrongs: [(ObjectID, Path)] = [(commit.tree, "a/d"), (commit.id, "a/e"), (commit.id, "a")]
      for (root, path) in wrongs {
        let error = try await expectError { _ = try proof.verify(root: root, path: path) }
        guard case .badProof = error else { throw error }
      }
    },
    Behaviour("proofs of random paths say what the tree has") { repository in
      let (commit, paths) = try await fill(repository.branch(), seed: 7)
      let tree = try await repository.tree(commit.id)
      var present = 0
      for (number, path) in paths.enumerated() where number % 5 == 0 || number > 690 {
        let root = number % 2 == 0 ? commit.id : commit.tree
        let proof = try await repository.proof(of: path, in: root)
        let finding = try PathProof(decoding: proof.encoded()).verify(root: root, path: path)
        let entry = try await tree.entry(path)
        present += entry == nil ? 0 : 1
        let value = entry == nil ? nil : try await tree.find(path)
        try expectEqual(
          finding, entry.map { .present($0, value: value) } ?? .absent, "\(path.steps)")
      }
      try expect(present > 50)
    },
    Behaviour("a computation is proved and verified on its proof alone") { repository in
      let (commit, paths) = try await fill(repository.branch(), seed: 8)
      @Sendable func compute(_ tree: inout Tree) async throws -> [String] {
        var found: [String] = []
        for path in paths.prefix(20) {
          found.append("\(try await tree.entry(path)?.id.hex ?? "-")")
        }
        found.append("\(try await tree.find(paths[1])?.count ?? -1)")
        found.append("\(try await tree.count("d0"))")
        for (number, path) in paths.suffix(20).enumerated() {
          tree =
            number % 3 == 0
            ? try await tree.removing(path) : try await tree.adding("new \(number)", at: path)
        }
        tree = try await tree.removing(paths[2])
        found += try await tree.list("d1", ListRange(limit: 5)).map(\.nameText)
        return found
      }
      let proved = try await repository.prove(commit.id) { try await compute(&$0) }
      var tree = try await repository.tree(commit.id)
      try expectEqual(try await compute(&tree), proved.result)
      try expectEqual(try await tree.hash(repository.algorithm), proved.proof.after)
      let proof = try Proof(decoding: proved.proof.encoded())
      try expectEqual(proof, proved.proof)
      try expectEqual(proof.before, commit.tree)
      let result = try await proof.verify(root: commit.id) { try await compute(&$0) }
      try expectEqual(result, proved.result)
      // What it makes is what the store makes of the same.
      let write = try await repository.branch().setTree(.root, to: tree, "Computed")
      try expectEqual(write.commit?.tree, proof.after)

      let outside = try await expectError {
        try await proof.verify(root: commit.id) { _ = try await $0.find(paths[0]) }
      }
      guard case .notInProof = outside else { throw outside }
      let other = try await expectError {
        try await proof.verify(root: commit.id) {
          _ = try await compute(&$0)
          $0 = try await $0.adding("more", at: paths[1])
        }
      }
      guard case .badProof = other else { throw other }
      let elsewhere = try await expectError {
        _ = try await proof.verify(root: commit.tree) { try await compute(&$0) }
      }
      guard case .badProof = elsewhere else { throw elsewhere }
      try expect(try await proof.tree.count() > 0)
    },
    Behaviour("a proof has what was read and nothing else") { repository in
      let main = repository.branch()
      let edits = try (0..<40).flatMap { folder in
        try (0..<4).map { try BranchEdit.set(Path("\(folder % 8)/\(folder)/\($0)"), "\($0)") }
      }
      let commit = try await main.commit(edits, "Fill").commit!
      // Warm: what the cache has is in the proof as well.
      _ = try await repository.tree(commit.tree).stats()
      let reading = try await repository.prove(commit.tree) { try await $0.find("3/11/2") }
      try expectEqual(reading.result, Bytes("2".utf8))
      try expectEqual(reading.proof.objects.map(\.kind).filter { $0 == .tree }.count, 3)
      try expectEqual(reading.proof.objects.count, 4)
      try expectEqual(reading.proof.after, commit.tree)
      let naming = try await repository.prove(commit.tree) { try await $0.mem("3/11/2") }
      try expectEqual(naming.proof.objects.count, 3)
      let nothing = try await repository.prove(commit.id) { _ in }
      try expectEqual(Set(nothing.proof.objects.map(\.kind)), [.commit, .tree])
      try await nothing.proof.verify(root: commit.id) { _ in }
      let blob = try await main.entry("3/11/2")!.id
      let error = try await expectError { _ = try await repository.proof(of: "x", in: blob) }
      guard case .notACommit(blob) = error else { throw error }
    },
  ]
}
