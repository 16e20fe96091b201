import GitObjects
import Testing

/// `git fsck --strict` is the referee.
@Suite struct TreeProblemTests {
  @Test(arguments: HashAlgorithm.allCases)
  func findsTheNamesThatFsckFinds(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    let blob = try git.store(.blob, Array("path = x\n".utf8))
    var generator = SeededGenerator(seed: 8)
    var names: Set<[UInt8]> = []
    let pieces: [[UInt8]] =
      [
        ".", ".git", ".Git", "GIT", "git", "~1", "~2", "git~1", " ", "\\", ":", "x", "é",
        "\u{200C}",
        "\u{202A}", "\u{206F}", "\u{2010}", "\u{FEFF}", "\u{1F600}", ".gitmodules", ".GITMODULES",
        "gitmod", "gitmod~1", "gitmod~5", "gi7eba~1", "gi7eb~12", "GI7~1234", "~1000000", "modules",
      ].map { Array($0.utf8) } + [
        [0xFF], [0xE2, 0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F],
      ]
    for piece in pieces { names.insert(piece) }
    // After ".git", what is no character ends the name, and what is one does not.
    for end in [
      "C3A9", "C080", "E0A080", "E08080", "EDA080", "EFBFBD", "EFBFBE", "EFBFBF", "F09F9880",
      "F0808080", "F48FBFBF", "F4908080", "F8", "80", "E2", "E280", "F09F98",
    ] {
      let bytes = stride(from: 0, to: end.count, by: 2).compactMap {
        UInt8(end.dropFirst($0).prefix(2), radix: 16)
      }
      names.insert(Array(".git".utf8) + bytes)
    }
    while names.count < 1_500 {
      names.insert((0...generator.below(4)).flatMap { _ in pieces[generator.below(pieces.count)] })
    }
    var trees: [TreeObject] = []
    var input: [UInt8] = []
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      for mode in ["100644", "120000"] {
        let content = Array("\(mode) ".utf8) + name + [0] + blob.bytes
        trees.append(try TreeObject(parsing: content, algorithm: algorithm))
        input += Array("\(mode) blob \(blob)\t".utf8) + name + [0, 0]
      }
    }
    let lines = try git.git("mktree", "--batch", "-z", input: input).text.split(separator: "\n")
    #expect(lines.map { ObjectID(hex: $0) } == trees.map { $0.framed.id(algorithm) })
    let complaints = try git.complaints()
    #expect(complaints.count > 100)
    for tree in trees {
      let found = Set(tree.problems.map(\.fsckID))
      // Mere notices, which no setting of fsck counts as a fault by itself.
      let expected = complaints[tree.framed.id(algorithm), default: []].subtracting([
        "gitattributesSymlink", "gitignoreSymlink", "mailmapSymlink",
      ])
      let name = tree.entries.map(\.name)
      #expect(found == expected, "\(name)")
    }
  }

  @Test(arguments: HashAlgorithm.allCases)
  func findsTheFormsThatFsckFinds(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    let blob = try git.store(.blob, [])
    let tree = try git.store(.tree, [])
    func raw(_ mode: String, _ name: String, zero: Bool = false) -> [UInt8] {
      let id = zero ? ObjectID.zero(algorithm) : mode.hasSuffix("40000") ? tree : blob
      return Array("\(mode) \(name)\0".utf8) + id.bytes
    }
    let contents: [(content: [UInt8], expected: Set<String>)] = [
      (raw("100644", "a") + raw("100755", "b") + raw("120000", "c") + raw("40000", "d"), []),
      (raw("100644", "b") + raw("100644", "a"), ["treeNotSorted"]),
      (raw("40000", "a") + raw("100644", "a.b"), ["treeNotSorted"]),
      (raw("100644", "a") + raw("100644", "a"), ["duplicateEntries"]),
      (raw("100644", "a") + raw("40000", "a"), ["duplicateEntries"]),
      (raw("100644", "a") + raw("100644", "a.b") + raw("40000", "a"), ["duplicateEntries"]),
      (raw("040000", "a"), ["zeroPaddedFilemode"]),
      (raw("0100644", "a"), ["zeroPaddedFilemode"]),
      (raw("100664", "a"), ["badFilemode"]),
      (raw("100600", "a"), ["badFilemode"]),
      (raw("40755", "a"), ["badFilemode"]),
      (raw("100644", "a", zero: true), ["nullSha1"]),
      (raw("100644", "."), ["hasDot"]),
      (raw("100644", ".."), ["hasDotdot"]),
      (raw("100644", "a/b"), ["fullPathname"]),
      (
        raw("100644", ".git") + raw("100644", "..") + raw("0100664", "z"),
        ["hasDotgit", "hasDotdot", "treeNotSorted", "zeroPaddedFilemode", "badFilemode"]
      ),
    ]
    var ids: [ObjectID] = []
    for (content, _) in contents { ids.append(try git.store(.tree, content)) }
    let complaints = try git.complaints()
    for ((content, expected), id) in zip(contents, ids) {
      let problems = try TreeObject(parsing: content, algorithm: algorithm).problems
      #expect(Set(problems.map(\.fsckID)) == expected)
      #expect(complaints[id, default: []] == expected)
      #expect(problems.allSatisfy { !$0.description.isEmpty })
    }
  }

  @Test func namesTheRule() {
    let expected: [(String, EntryName.Problem?)] = [
      ("", .empty), ("a/b", .slash), ("a\0", .nul), (".", .dot), ("..", .dotDot), (".git", .dotGit),
      (".GIT", .dotGit), (".gIt", .dotGit), ("git~1", .dotGitLookalike),
      (".git.", .dotGitLookalike),
      (".g\u{200D}it", .dotGitLookalike), ("a\\.git", .dotGitLookalike), (".gitignore", nil),
      ("git", nil), ("...", nil), ("git~2", nil), ("a\\git", nil), (" ", nil), ("\n", nil),
    ]
    for (name, problem) in expected { #expect(EntryName.check(name) == problem, "\(name)") }
    #expect(EntryName.check([0xFF]) == nil)
    #expect(EntryName.Problem.allCases.allSatisfy { !$0.description.isEmpty })
  }
}
