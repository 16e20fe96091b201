import GitObjects
import Testing

@Suite struct TreeObjectTests {
  static let modes: [FileMode] = [
    .blob, .executable, .groupWritable, .symbolicLink, .tree, .submodule,
  ]

  static func id(_ number: Int, _ algorithm: HashAlgorithm = .sha1) -> ObjectID {
    FramedObject(kind: .blob, content: Array("\(number)".utf8)).id(algorithm)
  }

  static func entry(
    _ name: String, _ mode: FileMode = .blob, _ number: Int = 1
  ) -> TreeEntry {
    TreeEntry(name: name, mode: mode, id: id(number))
  }

  /// The bytes of an entry, as anybody might write them.
  static func raw(
    _ mode: String, _ name: String, _ algorithm: HashAlgorithm = .sha1
  ) -> [UInt8] {
    Array("\(mode) \(name)\0".utf8) + id(1, algorithm).bytes
  }

  @Test func modesPrintAsGitStoresThem() {
    let printed = ["100644", "100755", "100664", "120000", "40000", "160000"]
    #expect(Self.modes.map(\.description) == printed)
    #expect(Self.modes.map(\.objectKind) == [.blob, .blob, .blob, .blob, .tree, .commit])
    #expect(Self.modes.filter(\.isTree) == [.tree])
    #expect(Self.modes.filter(\.isSubmodule) == [.submodule])
    #expect(FileMode(rawValue: 0o100600).canonical == .blob)
    #expect(FileMode(rawValue: 0o100777).canonical == .executable)
  }

  @Test(arguments: HashAlgorithm.allCases)
  func sortsAsMktreeDoes(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    var generator = SeededGenerator(seed: 5)
    // Around "/" (2F), where the order of trees differs from that of their names.
    let letters: [UInt8] = [0x01, 0x20, 0x2D, 0x2E, 0x30, 0x61, 0x62, 0x7F, 0x80, 0xC3, 0xFF]
    var ids: [ObjectID] = []
    var input: [UInt8] = []
    for _ in 0..<150 {
      var names: Set<[UInt8]> = []
      for _ in 0..<generator.below(40) {
        names.insert((0...generator.below(4)).map { _ in letters[generator.below(letters.count)] })
      }
      let entries = names.filter { EntryName.check($0) == nil }.map {
        TreeEntry(
          name: $0, mode: Self.modes[generator.below(Self.modes.count)],
          id: Self.id(generator.below(100), algorithm))
      }.shuffled(using: &generator)
      for entry in entries {
        let kind = entry.mode.objectKind.rawValue
        input += Array("\(entry.mode) \(kind) \(entry.id)\t".utf8) + entry.name + [0]
      }
      input.append(0)
      let tree = try TreeObject(entries: entries)
      ids.append(tree.framed.id(algorithm))
      #expect(try TreeObject(parsing: tree.content, algorithm: algorithm) == tree)
      #expect(entries.allSatisfy { tree.entry(named: $0.name) == $0 })
    }
    let lines = try git.git("mktree", "--batch", "--missing", "-z", input: input).text
    #expect(lines.split(separator: "\n").map { ObjectID(hex: $0) } == ids)
  }

  @Test(arguments: HashAlgorithm.allCases)
  func printsOddTreesAgain(algorithm: HashAlgorithm) throws {
    func raw(_ mode: String, _ name: String) -> [UInt8] { Self.raw(mode, name, algorithm) }
    let odd: [[UInt8]] = [
      [], raw("040000", "padded"), raw("0100644", "padded"), raw("000000040000", "padded"),
      raw("0", "zero"), raw("00", "zeros"), raw("37777777777", "largest"), raw("1", "one"),
      raw("100664", "old"), raw("100644", "b") + raw("100644", "a"),
      raw("100644", "a") + raw("100644", "a"),
      raw("100644", "a") + raw("100644", "a.b") + raw("40000", "a"),
      raw("100644", ".git") + raw("40000", "..") + raw("40000", "a/b"),
    ]
    for content in odd {
      let tree = try TreeObject(parsing: content, algorithm: algorithm)
      #expect(tree.content == content)
      #expect(GitObject.tree(tree).content == content)
      #expect(tree.entries.allSatisfy { tree.entry(named: $0.name)?.name == $0.name })
    }
    let nonUTF8: [UInt8] = Array("100644 ".utf8) + [0xFF, 0xFE, 0] + Self.id(1, algorithm).bytes
    let tree = try TreeObject(parsing: nonUTF8, algorithm: algorithm)
    #expect(tree.content == nonUTF8)
    #expect(tree.entries.first?.nameText == "\u{FFFD}\u{FFFD}")
    #expect(tree.entry(named: [0xFF, 0xFE]) != nil)
  }

  // "!" stands for NUL, which would end up in the tests' log.
  @Test(arguments: [
    ("1", 0), ("100644", 0), ("100648 a!", 5), (" a!", 0), ("100644 !", 7), ("100644 a", 7),
    ("400000000000 a!", 0), ("-1 a!", 0), ("100644 a!", 9), ("100644 a!0123456789012345678", 9),
  ])
  func refusesMalformedTrees(end: String, offset: Int) throws {
    let first = Self.raw("100644", "first")
    let content = first + end.utf8.map { $0 == UInt8(ascii: "!") ? 0 : $0 }
    let error = #expect(throws: GitObjectError.self) {
      try TreeObject(parsing: content, algorithm: .sha1)
    }
    guard case .malformed(.tree, let found, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == first.count + offset)
    #expect(error?.description.contains("tree at byte \(found)") == true)
  }

  @Test func buildsOnlyTreesThatGitAccepts() throws {
    for name in ["", ".", "..", ".git", ".GIT", ".gIt", "a/b", "a\0b", "git~1", ".git "] {
      #expect(throws: GitObjectError.self) { try TreeObject(entries: [Self.entry(name)]) }
      #expect(throws: GitObjectError.self) { try TreeObject.empty.setting(Self.entry(name)) }
    }
    #expect(throws: GitObjectError.duplicateName(name: Array("a".utf8))) {
      try TreeObject(entries: [Self.entry("a"), Self.entry("a.b"), Self.entry("a", .tree)])
    }
    #expect(throws: GitObjectError.duplicateName(name: Array("a".utf8))) {
      try TreeObject(entries: [Self.entry("a"), Self.entry("a", .executable)])
    }
    let other = TreeEntry(name: "b", mode: .blob, id: Self.id(1, .sha256))
    #expect(throws: GitObjectError.mixedAlgorithms(expected: .sha1, found: other.id)) {
      try TreeObject(entries: [Self.entry("a"), other])
    }
    #expect(throws: GitObjectError.mixedAlgorithms(expected: .sha1, found: other.id)) {
      try TreeObject(entries: [Self.entry("a")]).setting(other)
    }
  }

  @Test func editsKeepTheOrder() throws {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<30 {
      var tree = TreeObject.empty
      var model: [String: TreeEntry] = [:]
      for step in 0..<60 {
        let name = ["a", "a-", "a0", "a.", "b", "b.c", "b0", "c"][generator.below(8)]
        if generator.below(3) == 0 {
          tree = tree.removing(name: Array(name.utf8))
          model[name] = nil
        } else {
          let entry = Self.entry(name, Self.modes[generator.below(6)], step)
          tree = try tree.setting(entry)
          model[name] = entry
        }
        #expect(try tree == TreeObject(entries: Array(model.values)))
        #expect(tree.entry(named: name) == model[name])
      }
    }
  }

  @Test func severalEditsEqualOneAfterAnother() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<100 {
      func randomEdit() -> TreeEdit {
        let name = "n\(generator.below(12))"
        return generator.below(3) == 0
          ? .remove(name: Array(name.utf8))
          : .set(Self.entry(name, Self.modes[generator.below(6)], generator.below(100)))
      }
      let start = try TreeObject.empty.applying((0..<10).map { _ in randomEdit() })
      let edits = (0..<generator.below(20)).map { _ in randomEdit() }
      var expected = start
      for edit in edits {
        switch edit {
        case .set(let entry): expected = try expected.setting(entry)
        case .remove(let name): expected = expected.removing(name: name)
        }
      }
      #expect(try start.applying(edits) == expected)
    }
  }

  @Test func editingAMisorderedTreePutsItInOrder() throws {
    let content = Self.raw("100644", "b") + Self.raw("40000", "a") + Self.raw("100644", ".git")
    let tree = try TreeObject(parsing: content, algorithm: .sha1)
    #expect(tree.entries.map(\.nameText) == ["b", "a", ".git"])
    let edited = try tree.setting(Self.entry("a0"))
    #expect(edited.entries.map(\.nameText) == [".git", "a", "a0", "b"])
    #expect(tree.removing(name: Array("b".utf8)).entries.map(\.nameText) == [".git", "a"])
    #expect(tree.removing(name: Array("absent".utf8)) == tree)
  }

  @Test func readsTenThousandEntries() throws {
    let entries = (0..<10_000).map { Self.entry("name-\($0)", $0 % 7 == 0 ? .tree : .blob, $0) }
    let tree = try TreeObject(entries: entries)
    let content = tree.content
    let read = try TreeObject(parsing: content[...], algorithm: .sha1)
    #expect(read == tree)
    #expect(read.content == content)
    #expect(read.entry(named: "name-9999") == entries[9_999])
    #expect(read.problems == [])
  }
}
