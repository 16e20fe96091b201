import Irminsul

struct Job: Codable, Contents, Hashable {
  var queue: String
  var attempts: Int
}

extension Behaviour {
  /// Values, reads and writes at paths.
  static let contents: [Behaviour] = [
    Behaviour("a value that was set is found, and its write answers with the commit") {
      repository in
      let main = repository.branch()
      let result = try await main.set("a/b/c", to: "hello", "First")
      guard let commit = result.commit else { throw BehaviourFailure(description: "no commit") }
      try expectEqual(try await main.get("a/b/c", as: String.self), "hello")
      try expectEqual(try await main.head()?.id, commit.id)
      try expectEqual(commit.parents, [])
      try expectEqual(commit.message, "First\n")
      let second = try await main.set("a/b/d", to: "world", "Second").commit
      try expectEqual(second?.parents, [commit.id])
      try expectEqual(try await main.find("a/b/c"), Bytes("hello".utf8))
    },
    Behaviour("bytes, text, JSON and Codable values come back as they were") { repository in
      let main = repository.branch()
      let bytes = Bytes(0...255) + Bytes(0...255)
      let json: JSON = [
        "a": [1, 2.5, true, nil], "b": ["c": "d\u{1F600}"], "n": -9_007_199_254_740_993,
      ]
      try await main.commit(
        [
          .set("bytes", bytes), .set("empty", Bytes()), .set("text", "a\u{0}b\n"),
          .set("json", json),
          .set("job", Job(queue: "mail", attempts: 3)),
        ], "Values")
      try expectEqual(try await main.get("bytes", as: Bytes.self), bytes)
      try expectEqual(try await main.get("empty", as: Bytes.self), [])
      try expectEqual(try await main.get("text", as: String.self), "a\u{0}b\n")
      try expectEqual(try await main.get("json", as: JSON.self), json)
      try expectEqual(try await main.get("job", as: Job.self), Job(queue: "mail", attempts: 3))
      try expectEqual(
        try await main.get("job", as: String.self), #"{"attempts":3,"queue":"mail"}"#)
    },
    Behaviour("a value that does not decode is an error that names path and commit") { repository in
      let main = repository.branch()
      let head = try await main.set("x/y", to: Bytes([0xFF, 0xFE]), "Bytes").head
      let error = try await expectError { _ = try await main.find("x/y", as: String.self) }
      guard case .undecodable(let path, let commit, let type, _) = error else { throw error }
      try expectEqual(path, "x/y")
      try expectEqual(commit, head)
      try expectEqual(type, "String")
      _ = try await expectError { _ = try await main.get("x/y", as: Job.self) }
    },
    Behaviour("what is not there: nil, empty or a named error") { repository in
      let main = repository.branch()
      for _ in 0..<2 {
        try expectEqual(try await main.find("none"), nil)
        try expectEqual(try await main.entry("none/x"), nil)
        try expectEqual(try await main.mem("none"), false)
        try expectEqual(try await main.memTree("none"), false)
        try expectEqual(try await main.kind("none"), nil)
        try expectEqual(try await main.list("none").count, 0)
        try expect(try await main.findTree("none") == nil)
        let error = try await expectError { _ = try await main.get("none", as: String.self) }
        guard case .notFound(let path, _) = error else { throw error }
        try expectEqual(path, "none")
        try await main.set("file", to: "x", "Now there is a head")
      }
      try expectEqual(try await main.entry("file/below"), nil)
      try expectEqual(try await main.list("file").count, 0)
    },
    Behaviour("mem, memTree, kind, hash and list tell blobs from directories") { repository in
      let main = repository.branch()
      try await main.commit(
        [.set("d/b", "1"), .set("d/a/x", "2"), .set("d/a-", "3"), .set("d/a0", "4")], "Tree")
      try expectEqual(try await main.mem("d"), false)
      try expectEqual(try await main.memTree("d"), true)
      try expectEqual(try await main.mem("d/b"), true)
      try expectEqual(try await main.kind("d"), .tree)
      try expectEqual(try await main.kind("d/b"), .blob)
      try expectEqual(try await main.kind(.root), .tree)
      try expectEqual(try await main.list("d").map(\.nameText), ["a-", "a", "a0", "b"])
      try expectEqual(try await main.list().map(\.nameText), ["d"])
      try expectEqual(
        try await main.hash("d/b"),
        FramedObject(kind: .blob, content: Bytes("1".utf8)).id(repository.algorithm))
      try expectEqual(try await main.find("d"), nil)
    },
    Behaviour("several edits make one commit") { repository in
      let main = repository.branch()
      try await main.commit([.set("a", "1"), .set("b", "2")], "Two")
      try await main.commit([.remove("a"), .set("c", "3"), .set("b", "4")], "Three")
      try expectEqual(try await main.list().map(\.nameText), ["b", "c"])
      try expectEqual(try await main.get("b", as: String.self), "4")
      try expectEqual(try await main.log().count, 2)
    },
    Behaviour("a hundred edits in many directories") { repository in
      let main = repository.branch()
      let edits = try (0..<100).map { try BranchEdit.set(Path("d\($0 % 7)/\($0)"), "\($0)") }
      try await main.commit(edits, "Hundred")
      try expectEqual(try await main.list().count, 7)
      for number in [0, 41, 99] {
        try expectEqual(
          try await main.get(Path("d\(number % 7)/\(number)"), as: String.self), "\(number)")
      }
    },
    Behaviour("more edits than a server rebases at once") { repository in
      let main = repository.branch()
      let edits = try (0..<1500).map { try BranchEdit.set(Path("d\($0 % 50)/\($0)"), "\($0)") }
      try await main.commit(edits, "Many")
      try expectEqual(try await main.list("d7").count, 30)
      try expectEqual(try await main.get("d49/1499", as: String.self), "1499")
    },
    Behaviour("a value of several megabytes") { repository in
      let main = repository.branch()
      var value = Bytes(repeating: 0, count: 3 << 20)
      for at in value.indices { value[at] = UInt8(truncatingIfNeeded: at &* at >> 3) }
      try await main.set("large", to: value, "Large")
      try expectEqual(try await main.get("large", as: Bytes.self), value)
    },
    Behaviour("paths of any bytes that Git takes") { repository in
      let main = repository.branch()
      let odd: [Path] = [
        Path(steps: [[0x01, 0xFF, 0x20], [0x0A]]), "with space/日本", "…/..a", "a\\b/c:d", "-", "~",
        Path(steps: [Bytes(repeating: 0x61, count: 200)]),
      ]
      for path in odd { try await main.set(path, to: "\(path.steps)", "Odd") }
      for path in odd {
        try expectEqual(try await main.get(path, as: String.self), "\(path.steps)")
      }
    },
    Behaviour("a path of a hundred steps") { repository in
      let main = repository.branch()
      let path = Path(steps: (0..<100).map { "s\($0)" })
      try await main.set(path, to: "deep", "Deep")
      try expectEqual(try await main.get(path, as: String.self), "deep")
      try await main.remove(path, "Remove")
      try expectEqual(try await main.list().count, 0)
    },
  ]
}
