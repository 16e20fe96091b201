import GitObjects
import Testing

@Suite struct TagObjectTests {
  static func oddities(_ algorithm: HashAlgorithm) -> [[UInt8]] {
    let object = "object \(TreeObjectTests.id(1, algorithm))\n"
    let tagger = "tagger \(CommitObjectTests.author.text)\n"
    let start = object + "type commit\ntag v1\n"
    let signature = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    let texts = [
      start + tagger + "\nmessage\n", start + "\nno tagger\n", start, start + "\n",
      start + tagger + "\nmessage\n" + signature, start + tagger + "\nno newline",
      start + tagger + "gpgsig-sha256 a\n b\n\nheaders\n", start + "tagger nobody\n\nx\n",
      object + "type tree\ntag \n\nempty name\n", object + "type blob\ntag é ü\n\nname\n",
      object + "type tag\ntag v1\n" + tagger + tagger + "\ntwo taggers\n",
      start + tagger + "encoding latin1\n\nx",
    ]
    return texts.map { Array($0.utf8) } + [Array(start.utf8) + [0xFF, 0x0A, 0x0A, 0xFE]]
  }

  @Test(arguments: HashAlgorithm.allCases)
  func buildsWhatGitBuilds(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    let blob = try git.store(.blob, [])
    try git.git("tag", "-a", "-m", "A message", "v1.0", blob.hex)
    let line = try git.git("rev-parse", "refs/tags/v1.0").line
    let tag = TagObject(
      object: blob, kind: .blob, name: "v1.0", tagger: CommitObjectTests.committer,
      message: Array("A message\n".utf8))
    #expect(tag.framed.id(algorithm).hex == line)
    #expect(try git.git("mktag", input: tag.content).line == line)
    #expect(tag.name == "v1.0")
    #expect(tag.messageText == "A message\n")
    #expect(tag.tagger == CommitObjectTests.committer)
    #expect(tag.signature == nil)
    #expect(try TagObject(parsing: tag.content, algorithm: algorithm) == tag)
  }

  @Test(arguments: HashAlgorithm.allCases)
  func printsOddTagsAgain(algorithm: HashAlgorithm) throws {
    for content in Self.oddities(algorithm) {
      let tag = try TagObject(parsing: content, algorithm: algorithm)
      #expect(tag.content == content)
      #expect(tag.object == TreeObjectTests.id(1, algorithm))
      #expect(tag.framed.content.elementsEqual(content))
    }
  }

  @Test func knowsItsSignature() throws {
    let texts = ["PGP SIGNATURE", "SSH SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"]
    for text in texts {
      let signature = Array("-----BEGIN \(text)-----\nabc\n".utf8)
      let tag = TagObject(
        object: .zero(.sha1), kind: .commit, name: "v1", tagger: nil,
        message: Array("message\n x-----BEGIN PGP SIGNATURE-----\n".utf8) + signature)
      #expect(tag.signature == signature)
      #expect(tag.tagger == nil)
    }
  }

  @Test func aNewlineInTheNameCannotAddHeaders() throws {
    let tag = TagObject(
      object: .zero(.sha1), kind: .commit, name: "v1\ntagger x\n\nmessage", tagger: nil, message: []
    )
    let read = try TagObject(parsing: tag.content, algorithm: .sha1)
    #expect(read.headers.map(\.nameText) == ["object", "type", "tag"])
    #expect(read.name == "v1\ntagger x\n\nmessage")
  }

  // "|" stands for a newline, which would garble the tests' log.
  @Test(arguments: [
    ("", 0), ("object T|", 48), ("object T|type commit|", 60),
    ("object T|type commit|tag v", 60),
    ("object 12|type commit|tag v|", 7), ("object T|type comet|tag v|", 53),
    ("type commit|object T|tag v|", 0), ("object T||type commit|tag v|", 48),
    ("object U|type commit|tag v|", 7), ("object T|type |tag v|", 53),
  ])
  func refusesMalformedTags(text: String, offset: Int) {
    let content = text.replacing("|", with: "\n").replacing(
      "T", with: TreeObjectTests.id(1, .sha1).hex
    )
    .replacing("U", with: TreeObjectTests.id(1, .sha256).hex)
    let error = #expect(throws: GitObjectError.self) {
      try TagObject(parsing: Array(content.utf8), algorithm: .sha1)
    }
    guard case .malformed(.tag, let found, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == offset)
  }
}
