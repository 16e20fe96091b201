import GitObjects
import Testing

/// A decoder answers any bytes with a value that prints the same bytes, or with an error.
@Suite struct DecoderFuzzTests {
  /// Runs all decoders; a trap ends the process, so getting through is half of the test.
  private func check(_ bytes: [UInt8], _ algorithm: HashAlgorithm) -> Int {
    var decoded = 0
    if let tree = try? TreeObject(parsing: bytes, algorithm: algorithm) {
      decoded += 1
      if tree.content != bytes { Issue.record("a tree prints other bytes: \(bytes)") }
      _ = tree.problems.map(\.description)
      _ = tree.entries.map { tree.entry(named: $0.name)?.nameText }
      _ = try? tree.setting(TreeObjectTests.entry("new"))
      _ = GitObject.tree(tree).links.map(\.place.description)
    }
    if let commit = try? CommitObject(parsing: bytes, algorithm: algorithm) {
      decoded += 1
      if commit.content != bytes { Issue.record("a commit prints other bytes: \(bytes)") }
      for identity in [commit.author, commit.committer] {
        _ = (identity?.name, identity?.email, identity?.seconds, identity?.offsetMinutes)
      }
      _ = (commit.headers, commit.extraHeaders, commit.encoding, commit.subject, commit.message)
    }
    if let tag = try? TagObject(parsing: bytes, algorithm: algorithm) {
      decoded += 1
      if tag.content != bytes { Issue.record("a tag prints other bytes: \(bytes)") }
      _ = (tag.headers, tag.name, tag.tagger?.seconds, tag.messageText, tag.signature)
    }
    if let object = try? FramedObject(framed: bytes) {
      decoded += 1
      if object.bytes != bytes { Issue.record("an object prints other bytes: \(bytes)") }
      if FramedObject(kind: object.kind, content: object.content) != object {
        Issue.record("a header that Git would not write: \(bytes)")
      }
      _ = try? GitObject(object, algorithm: algorithm)
    }
    let identity = Identity(bytes: bytes)
    _ = (
      identity.name, identity.email, identity.seconds, identity.offsetText, identity.offsetMinutes
    )
    _ = (EntryName.check(bytes), RefName.problem(bytes), BranchName.problem(bytes))
    _ = (ObjectID(bytes: bytes), ObjectID(hexDigits: bytes), try? ObjectHeader(parsing: bytes))
    return decoded
  }

  @Test(arguments: HashAlgorithm.allCases)
  func randomBytes(algorithm: HashAlgorithm) {
    var generator = SeededGenerator(seed: 10)
    for _ in 0..<1_500 {
      _ = check(generator.bytes(generator.below(120)), algorithm)
    }
  }

  /// Bytes of which many are telling ones, so that random bytes get far into the decoders.
  @Test(arguments: HashAlgorithm.allCases)
  func randomWords(algorithm: HashAlgorithm) {
    var generator = SeededGenerator(seed: 11)
    let hex = TreeObjectTests.id(1, algorithm).hex
    let words = [
      "tree ", "parent ", "author ", "committer ", "tagger ", "object ", "type ", "tag ", "gpgsig ",
      hex, "\n", "\n ", " ", "\0", "100644 ", "40000 ", "name", "<", ">", "1", "-", "+0100",
      "commit",
      "blob ", "0\0", "99999999999999999999", "-----BEGIN PGP SIGNATURE-----",
    ].map { Array($0.utf8) }
    for _ in 0..<1_500 {
      let parts = (0..<generator.below(14)).flatMap { _ in words[generator.below(words.count)] }
      _ = check(parts, algorithm)
      _ = check(Array("tree \(hex)\n".utf8) + parts, algorithm)
      _ = check(Array("object \(hex)\ntype tag\ntag ".utf8) + parts, algorithm)
    }
  }

  private func samples(_ algorithm: HashAlgorithm) -> [[UInt8]] {
    let trees = [
      TreeObjectTests.raw("100644", "a", algorithm),
      TreeObjectTests.raw("040000", "dir", algorithm)
        + TreeObjectTests.raw("120000", "l", algorithm),
    ]
    let contents =
      trees + CommitObjectTests.oddities(algorithm) + TagObjectTests.oddities(algorithm)
    return contents + contents.map { FramedObject(kind: .commit, content: $0).bytes }
  }

  @Test(arguments: HashAlgorithm.allCases)
  func mutatedObjects(algorithm: HashAlgorithm) {
    var generator = SeededGenerator(seed: 12)
    var decoded = 0
    for sample in samples(algorithm) {
      #expect(check(sample, algorithm) > 0)
      for _ in 0..<40 { decoded += check(generator.mutated(sample), algorithm) }
    }
    #expect(decoded > 100)
  }

  @Test(arguments: HashAlgorithm.allCases)
  func truncatedObjects(algorithm: HashAlgorithm) {
    for sample in samples(algorithm) {
      // Long samples differ from short ones in their middle only.
      for count in sample.indices where count < 130 || count % 7 == 0 {
        _ = check(Array(sample[..<count]), algorithm)
      }
    }
  }

  @Test func sizesAtTheirExtremes() {
    let sizes = [
      "0", "1", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775806",
      "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
      String(repeating: "9", count: 300), String(repeating: "0", count: 300), "-1", "+0", "0x10",
      "",
    ]
    for size in sizes {
      for kind in ObjectKind.allCases {
        for content in ["", "x"] {
          let bytes = Array("\(kind.rawValue) \(size)\0\(content)".utf8)
          let fits = (try? FramedObject(framed: bytes)) != nil
          #expect(fits == (size == "\(content.count)"))
        }
      }
    }
    for mode in ["37777777777", "40000000000", String(repeating: "7", count: 400)] {
      let tree = try? TreeObject(parsing: TreeObjectTests.raw(mode, "n"), algorithm: .sha1)
      #expect((tree != nil) == (mode == "37777777777"))
    }
    let padded = TreeObjectTests.raw(String(repeating: "0", count: 70_000) + "40000", "n")
    #expect((try? TreeObject(parsing: padded, algorithm: .sha1))?.content == padded)
  }
}
