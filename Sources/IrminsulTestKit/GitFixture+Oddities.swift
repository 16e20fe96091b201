import GitObjects

extension GitFixture {
  /// Fills the repository with a history of everything that is odd and that git can still walk:
  /// objects that no tool writes any more, names that are no text, refs of every sort.
  ///
  /// - Parameter count: Plain commits that come before, so that there are packs as well.
  public func makeOddities(plainCommits count: Int = 60) throws {
    try addCommits(count)
    try run("repack", "-adq")
    let plain = try run("rev-parse", "refs/heads/main").lines[0]
    let trees = try makeTrees()
    try makeCommits(tree: trees[0], parent: plain)
    for (number, tree) in trees.enumerated() {
      let commit = try store(
        .commit, commitText(tree: tree.hex, parents: [plain], "tree \(number)"))
      try run("update-ref", "refs/heads/trees/\(number)", commit.hex)
    }
    try makeTags(commit: plain, tree: trees[0])
    try makeRefs(plain)
  }

  private static let person = "A U Thor <author@example.com> 1700000000 +0200"

  private func commitText(
    tree: String, parents: [String] = [], _ message: String, headers: String = ""
  ) -> String {
    "tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined()
      + "author \(Self.person)\ncommitter \(Self.person)\n\(headers)\n\(message)"
  }

  private func makeTrees() throws -> [ObjectID] {
    let empty = try store(.blob, "")
    let large = try store(.blob, (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    // As long as one and as two stored blocks of a pack, to the byte.
    let blocks = try [65_535, 65_536, 131_070].map {
      try store(.blob, [UInt8](repeating: 0x0A, count: $0))
    }
    func entry(_ mode: String, _ name: [UInt8], _ id: ObjectID) -> [UInt8] {
      Array("\(mode) ".utf8) + name + [0] + id.bytes
    }
    func entry(_ mode: String, _ name: String, _ id: ObjectID) -> [UInt8] {
      entry(mode, Array(name.utf8), id)
    }
    let emptyTree = try store(.tree, [])
    let inner = try store(.tree, entry("100644", "f", large))
    let elsewhere = ObjectID.zero(algorithm).bytes.map { $0 | 0x5A }
    let submodule = ObjectID(bytes: elsewhere) ?? .zero(algorithm)
    return try [
      entry("100644", "a", empty) + entry("100755", "b", large) + entry("120000", "c", empty)
        + entry("40000", "d", inner) + entry("160000", "e", submodule),
      entry("100664", "old", empty) + entry("040000", "padded", inner),
      entry("100644", [0xFF, 0xFE, 0x20, 0x0A, 0x09, 0xC3], blocks[0])
        + entry("100644", [0xFF, 0xFF], blocks[1]),
      entry("40000", "empty", emptyTree) + entry("100644", "two", blocks[2]),
      // Names in the wrong order, twice, and forbidden ones: fsck complains, git reads them.
      entry("100644", "z", empty) + entry("100644", "a", empty),
      entry("100644", "x", empty) + entry("100644", "x", large),
      entry("100644", "a b", empty) + entry("100644", "a\\b", empty)
        + entry("100644", "b\u{301}", empty) + entry("100644", "\u{e9}", empty),
    ].map { try store(.tree, $0) }
  }

  private func makeCommits(tree: ObjectID, parent: String) throws {
    let tree = tree.hex
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc=\n -----END PGP SIGNATURE-----\n"
    let mergetag =
      "mergetag object \(parent)\n type commit\n tag v1\n tagger \(Self.person)\n \n Tag\n"
    let people = "author \(Self.person)\ncommitter \(Self.person)\n"
    var texts = [
      commitText(tree: tree, "no final newline"), commitText(tree: tree, ""),
      commitText(tree: tree, parents: [parent], "signed\n", headers: signature),
      commitText(
        tree: tree, parents: [parent], "merge\n", headers: mergetag + mergetag + signature),
      commitText(tree: tree, "latin\n", headers: "encoding ISO-8859-1\n"),
      commitText(tree: tree, "headers\n", headers: "HG:extra a\nHG:extra b\nunknown\n"),
      "tree \(tree)\nauthor A <a@b> 99999999999999999999 +9999\ncommitter <> 1 garbage\n\ndates\n",
      "tree \(tree)\n\(people)", "tree \(tree)\nauthor nobody\ncommitter x\n\nbare\n",
      "tree \(tree)\nauthor A <a@b> -1 -0000\ncommitter B <b@c> 4294967297 -1259\n\nodd dates\n",
      commitText(tree: tree, "a\0b\nNUL\n"),
    ].map { Array($0.utf8) }
    texts.append(Array(commitText(tree: tree, "").utf8) + [0xE9, 0x80, 0xFF])
    texts.append(
      Array("tree \(tree)\nauthor ".utf8) + [0xE9, 0x80] + Array(" <a@b> 1 +0000\n".utf8)
        + Array("committer \(Self.person)\n\nname\n".utf8))
    var ids: [String] = []
    for (number, text) in texts.enumerated() {
      let id = try store(.commit, text).hex
      ids.append(id)
      try run("update-ref", "refs/heads/odd/\(number)", id)
    }
    let octopus = try store(.commit, commitText(tree: tree, parents: ids, "octopus\n"))
    try run("update-ref", "refs/heads/octopus", octopus.hex)
  }

  private func makeTags(commit: String, tree: ObjectID) throws {
    let blob = try store(.blob, "only a tag leads here\n")
    let start = "object \(commit)\ntype commit\ntag v\n"
    let first = try store(.tag, "\(start)tagger \(Self.person)\n\nmessage")
    let tags: [(String, ObjectID)] = try [
      ("annotated", first),
      ("nested", store(.tag, "object \(first)\ntype tag\ntag n\n\nnested\n")),
      ("tree", store(.tag, "object \(tree)\ntype tree\ntag t\ntagger \(Self.person)\n\nx\n")),
      ("blob", store(.tag, "object \(blob)\ntype blob\ntag b\ntagger \(Self.person)\n\nx\n")),
      ("no-tagger", store(.tag, start + "\nold\n")),
      ("not-text", store(.tag, Array(start.utf8) + [0x0A, 0xFF, 0xFE])),
      ("light-tree", tree), ("light-blob", store(.blob, "light\n")),
    ]
    for (name, id) in tags { try run("update-ref", "refs/tags/\(name)", id.hex) }
    try run("update-ref", "refs/tags/light", commit)
  }

  private func makeRefs(_ commit: String) throws {
    for name in [
      "refs/heads/-dash", "refs/heads/é", "refs/heads/e\u{301}", "refs/heads/a/b/c/d/e",
      "refs/remotes/origin/main", "refs/pull/1/head", "refs/notes/review", "refs/stash",
      "refs/heads/HEAD", "refs/tags/heads/main", "refs/x'\"$(y);`z`",
    ] { try run("update-ref", name, commit) }
    try run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    try run("symbolic-ref", "refs/heads/nowhere", "refs/heads/not-there")
    try run("notes", "add", "-m", "a note", commit)
    // Taken as it is, the replaced commit keeps its parents.
    let other = try run("rev-parse", "refs/heads/main~3").lines[0]
    let orphan = try store(.commit, commitText(tree: run("rev-parse", "main^{tree}").lines[0], "r"))
    try run("update-ref", "refs/replace/\(other)", orphan.hex)
  }
}
