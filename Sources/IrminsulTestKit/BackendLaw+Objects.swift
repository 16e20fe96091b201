import Irminsul

extension BackendLaw {
  /// Read-only and append-only: `mem`, `find` and `add` of objects.
  static let objects: [BackendLaw] = [
    BackendLaw("what was never stored is absent", .readOnly) { subject in
      let id = subject.blob("never stored").id(subject.algorithm)
      try expect(try await !subject.objects.mem(id), "objects.mem finds what is not there")
      try expect(try await subject.objects.find(id) == nil, "objects.find finds what is not there")
      try expectEqual(try await subject.objects.mem([id, id]), [false, false])
      try expectEqual(try await subject.objects.find([id, id]), [nil, nil])
      try expect(try await !subject.links.mem(id), "links.mem finds what is not there")
      try expect(try await subject.links.find(id) == nil, "links.find finds what is not there")
      try expect(try await !subject.branches.mem("main"), "branches.mem finds what is not there")
      try expectEqual(try await subject.branches.find("main"), nil)
      try expectEqual(try await subject.branches.list(), [])
    },
    BackendLaw("a value that cannot be decoded is an error, not absent", .readOnly, .damage) {
      subject in
      let id = try await subject.objects.add(subject.blob("to be damaged"))
      let commit = try await subject.commits(1)[0]
      try await subject.links.add(id, commit)
      try await subject.branches.set("main", commit)
      try await subject.damage(.object(id))
      try await subject.damage(.link(id))
      try await subject.damage(.branch("main"))
      try await expectThrows("objects.find of a damaged object") {
        _ = try await subject.objects.find(id)
      }
      try await expectThrows("links.find of a damaged link") {
        _ = try await subject.links.find(id)
      }
      try await expectThrows("branches.find of a damaged branch") {
        _ = try await subject.branches.find("main")
      }
      // Else the next writer would begin a new history.
      let taken = try? await subject.branches.testAndSet("main", test: nil, set: commit)
      try expect(taken != true, "test-and-set takes a damaged branch for an absent one")
    },
    BackendLaw("the key of an object is the id that git gives it", .appendOnly) { subject in
      let hello = try await subject.objects.add(subject.blob("hello"))
      let empty = try await subject.objects.add(FramedObject(kind: .tree, content: []))
      switch subject.algorithm {
      case .sha1:
        try expectEqual(hello.hex, "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0")
        try expectEqual(empty.hex, "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
      case .sha256:
        try expectEqual(
          empty.hex, "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321")
        try expectEqual(hello, subject.blob("hello").id(.sha256))
      }
    },
    BackendLaw("what is added is found, byte for byte", .appendOnly) { subject in
      let everyByte = (0...255).map { UInt8($0) }
      var contents: [[UInt8]] = [
        [], [0], everyByte, Array("a\r\nb\n\n".utf8), Array("blob 5\0hello".utf8),
        Array("\u{FEFF}bom".utf8), [0xFF, 0xFE, 0xFD],
      ]
      contents.append((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
      var values = contents.map { FramedObject(kind: .blob, content: $0) }
      values.append(FramedObject(kind: .tree, content: []))
      for value in values {
        let id = try await subject.objects.add(value)
        try expectEqual(id, value.id(subject.algorithm))
        try expect(try await subject.objects.mem(id), "objects.mem: \(id) is not there")
        let found = try await subject.objects.find(id)
        try expect(
          found == value,
          "a \(value.kind) of \(value.contentSize) bytes comes back as "
            + (found.map { "\($0.contentSize) other bytes" } ?? "nothing"))
      }
      let commit = try await subject.commits(1)[0]
      try expectEqual(try await subject.objects.find(commit)?.kind, .commit)
    },
    BackendLaw("adding an object again changes nothing", .appendOnly) { subject in
      let value = subject.blob("twice")
      let id = try await subject.objects.add(value)
      try expectEqual(try await subject.objects.add(value), id)
      try expectEqual(try await subject.objects.add([value, value]), [id, id])
      try expectEqual(try await subject.objects.find(id), value)
    },
    BackendLaw("several objects are added and found in order", .appendOnly) { subject in
      let values = (0..<20).map { subject.blob("value \($0)") }
      let ids = try await subject.objects.add(values)
      try expectEqual(ids, values.map { $0.id(subject.algorithm) })
      let absent = subject.blob("absent").id(subject.algorithm)
      let asked = [ids[7], absent, ids[0], ids[7], ids[19]]
      try expectEqual(
        try await subject.objects.find(asked), [values[7], nil, values[0], values[7], values[19]])
      try expectEqual(try await subject.objects.mem(asked), [true, false, true, true, true])
      try expectEqual(try await subject.objects.add([FramedObject]()), [])
      try expectEqual(try await subject.objects.find([ObjectID]()), [])
    },
    BackendLaw("objects that many tasks add at once are all there", .appendOnly) { subject in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<16 {
          group.addTask {
            for number in 0..<10 {
              try await subject.objects.add(subject.blob("of \(writer): \(number)"))
              try await subject.objects.add(subject.blob("of all: \(number)"))
            }
          }
        }
        try await group.waitForAll()
      }
      for number in 0..<10 {
        for value in ["of all: \(number)"] + (0..<16).map({ "of \($0): \(number)" }) {
          let blob = subject.blob(value)
          try expectEqual(try await subject.objects.find(blob.id(subject.algorithm)), blob)
        }
      }
    },
    BackendLaw("objects, links and branches do not see each other's keys", .appendOnly) { subject in
      let commits = try await subject.commits(3)
      try expect(try await !subject.links.mem(commits[0]), "links.mem sees an object")
      try expect(try await subject.links.find(commits[0]) == nil, "links.find sees an object")
      let index = subject.blob("an index").id(subject.algorithm)
      try await subject.links.add(index, commits[0])
      try expect(try await !subject.objects.mem(index), "objects.mem sees a link")
      try expect(try await subject.objects.find(index) == nil, "objects.find sees a link")
      try await subject.branches.set("main", commits[1])
      try await subject.branches.set(commits[0].hex, commits[2])
      try expect(
        try await subject.objects.find(commits[0])?.kind == .commit,
        "a branch named as an object replaces it")
      try expectEqual(
        Set(try await subject.branches.list()), ["main", commits[0].hex])
      try await subject.branches.clear()
      try expect(try await subject.objects.mem(commits[0]), "branches.clear removes objects")
      try expectEqual(try await subject.links.find(index), commits[0])
    },
  ]

  /// Links: `add`, `mem` and `find`.
  static let links: [BackendLaw] = [
    BackendLaw("a link leads from its index to its key", .link) { subject in
      let ids = (0..<3).map { subject.blob("id \($0)").id(subject.algorithm) }
      try await subject.links.add(ids[0], ids[1])
      try await subject.links.add(ids[1], ids[2])
      try expectEqual(try await subject.links.find(ids[0]), ids[1])
      try expectEqual(try await subject.links.find(ids[1]), ids[2])
      try expectEqual(try await subject.links.find(ids[2]), nil)
      try expectEqual(try await subject.links.mem(ids[0]), true)
      try expectEqual(try await subject.links.mem(ids[2]), false)
      try expectEqual(try await subject.links.find([ids[2], ids[0]]), [nil, ids[1]])
    },
    BackendLaw("a link that is added again leads to the new key", .link) { subject in
      let ids = (0..<3).map { subject.blob("id \($0)").id(subject.algorithm) }
      for key in [ids[1], ids[1], ids[2], ids[0]] {
        try await subject.links.add(ids[0], key)
        try expectEqual(try await subject.links.find(ids[0]), key)
      }
    },
    BackendLaw("links that many tasks add at once are all there", .link) { subject in
      let ids = (0..<160).map { subject.blob("id \($0)").id(subject.algorithm) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<16 {
          group.addTask {
            for number in 0..<10 {
              let at = writer * 10 + number
              try await subject.links.add(ids[at], ids[159 - at])
            }
          }
        }
        try await group.waitForAll()
      }
      for at in 0..<160 { try expectEqual(try await subject.links.find(ids[at]), ids[159 - at]) }
    },
  ]
}

/// Runs a body that must throw, whatever it throws.
func expectThrows(
  _ what: String, file: StaticString = #fileID, line: UInt = #line,
  _ body: () async throws -> Void
) async throws {
  do {
    try await body()
  } catch {
    return
  }
  throw BehaviourFailure(description: "\(file):\(line): \(what) throws no error")
}
