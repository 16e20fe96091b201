import GitObjects
import Testing

@Suite struct CommitObjectTests {
  static let author = Identity(
    name: "A U Thor", email: "author@example.com", seconds: 1_700_000_000, offsetMinutes: 120)
  static let committer = Identity(
    name: "C O Mitter", email: "committer@example.com", seconds: 1_700_000_100, offsetMinutes: -210)

  static func id(_ number: Int, _ algorithm: HashAlgorithm) -> ObjectID {
    TreeObjectTests.id(number, algorithm)
  }

  /// Commits as they are found in the wild, and some that nobody should have written.
  static func oddities(_ algorithm: HashAlgorithm) -> [[UInt8]] {
    let tree = "tree \(id(1, algorithm))\n"
    let parent = "parent \(id(2, algorithm))\n"
    let people = "author \(author.text)\ncommitter \(committer.text)\n"
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc=\n -----END PGP SIGNATURE-----\n"
    let mergetag =
      "mergetag object \(id(3, algorithm))\n type commit\n tag v1\n tagger \(author.text)\n \n Tag\n"
    let texts = [
      tree + people + "\nmessage\n", tree + people + "\nno final newline", tree + people + "\n",
      tree + people, tree + people.dropLast(), tree, tree + "\n", tree + "\nmessage",
      tree + parent + people + "\nmessage\n",
      tree + parent + parent + parent + people + "\noctopus\n",
      tree + people + signature + "\nsigned\n", tree + people + signature + signature + "\ntwice\n",
      tree + parent + people + mergetag + mergetag + signature + "\nmerge\n",
      tree + people + "gpgsig-sha256 a\n b\n" + signature + "\nboth\n",
      tree + people + "encoding ISO-8859-1\n\nlatin\n", tree + people + "encoding \n\nempty\n",
      tree + people + "unknown\n\nno value\n", tree + people + "unknown\n continued\n\nno value\n",
      tree + people + "HG:extra a\nHG:extra b\nHG:rename x:y\n\nrepeated\n",
      tree + people + " continued\n\nafter the committer\n", tree + people + "x  y \n\nspaces\n",
      tree + "committer \(committer.text)\nauthor \(author.text)\n\nswapped\n",
      tree + people + parent + "\nlate parent\n", tree + "author nobody\ncommitter\n\nbare\n",
      tree + "author A <a@b> 99999999999999999999 +9999999\ncommitter <> -1 garbage\n\ndates\n",
      tree + people + people + "\ntwo authors\n", tree + people + "\n\n\nblank lines first\n",
      tree + people + "a\0b c\0d\n\nNUL\0in the message\n",
      tree.uppercased().replacing("TREE", with: "tree")
        + people + "\nupper case id\n",
      tree + people + signature.dropLast() + "\n \n \n\nblank continuation lines\n",
    ]
    let notUTF8: [UInt8] = [0xE9, 0x80, 0xFF]
    return texts.map { Array($0.utf8) } + [
      Array((tree + "author ").utf8) + notUTF8 + Array(" <a@b> 1 +0000\n\n".utf8) + notUTF8,
      Array((tree + people + "encoding ISO-8859-1\n\n").utf8) + notUTF8,
      Array(tree.utf8) + notUTF8 + Array("\n\n".utf8) + notUTF8,
    ]
  }

  @Test(arguments: HashAlgorithm.allCases)
  func buildsWhatCommitTreeBuilds(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    let tree = try git.store(.tree, [])
    let messages = ["message\n", "no newline", "\n", "\n\nfirst\n\nsecond\n", "é\n", " leading"]
    var parents: [ObjectID] = []
    for message in messages {
      let options = parents.flatMap { ["-p", $0.hex] }
      let output = try git.run(["commit-tree", tree.hex] + options, input: Array(message.utf8))
      let commit = CommitObject(
        tree: tree, parents: parents, author: Self.author, committer: Self.committer,
        message: message)
      let id = commit.framed.id(algorithm)
      #expect(output.line == id.hex, "\(output.errors)")
      #expect(commit.messageText == message)
      #expect(try CommitObject(parsing: commit.content, algorithm: algorithm) == commit)
      parents.append(id)
    }
  }

  @Test(arguments: HashAlgorithm.allCases)
  func printsOddCommitsAgain(algorithm: HashAlgorithm) throws {
    for content in Self.oddities(algorithm) {
      let commit = try CommitObject(parsing: content, algorithm: algorithm)
      #expect(commit.content == content)
      #expect(commit.framed.content.elementsEqual(content))
      #expect(commit.tree == Self.id(1, algorithm))
      #expect(try CommitObject(parsing: ([0] + content)[1...], algorithm: algorithm) == commit)
    }
  }

  /// What Git reads from the odd commits is what the accessors say.
  @Test func readsOddCommitsAsGitDoes() throws {
    let git = try GitSandbox()
    for content in Self.oddities(.sha1) {
      let commit = try CommitObject(parsing: content, algorithm: .sha1)
      let id = try git.store(.commit, content)
      // Git calls a commit of nothing but a tree bogus.
      if content.count <= "tree \n".count + 40 { continue }
      let format = "%T%n%P%n%an%n%ae"
      let output = try git.git(
        "-c", "i18n.logOutputEncoding=none", "log", "-1", "--no-walk", "--format=\(format)", id.hex)
      let lines = output.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      #expect(lines[0].elementsEqual(commit.tree.hex.utf8))
      #expect(lines[1].elementsEqual(commit.parents.map(\.hex).joined(separator: " ").utf8))
      if let author = commit.author, let email = author.emailBytes, commit.encoding == nil {
        #expect(lines[2].elementsEqual(author.nameBytes), "\(author)")
        #expect(lines[3].elementsEqual(email), "\(author)")
      }
    }
  }

  @Test func knowsItsHeaders() throws {
    let signature = Array("-----BEGIN-----\n\nabc\n-----END-----\n".utf8)
    let headers = [
      try HeaderField(name: "mergetag", value: Array("object 1\ntype commit\n\nx".utf8)),
      try HeaderField(name: "gpgsig", value: signature),
      try HeaderField(name: "x", value: []), try HeaderField(name: "x", value: Array(" y ".utf8)),
    ]
    let tree = Self.id(1, .sha1)
    let commit = CommitObject(
      tree: tree, parents: [Self.id(2, .sha1)], author: Self.author, committer: Self.committer,
      encoding: "latin1", extraHeaders: headers, message: [0xE9])
    let read = try CommitObject(parsing: commit.content, algorithm: .sha1)
    #expect(read == commit)
    #expect(read.extraHeaders == headers)
    #expect(
      read.headers.map(\.nameText) == [
        "tree", "parent", "author", "committer", "encoding", "mergetag", "gpgsig", "x", "x",
      ])
    #expect(read.header("gpgsig") == signature)
    #expect(read.header("absent") == nil)
    #expect(read.author == Self.author)
    #expect(read.committer == Self.committer)
    #expect(read.encoding == "latin1")
    #expect(read.message == [0xE9])
    #expect(read.messageText == "é")
    for name in ["", "a b", "a\nb", "a\0"] {
      #expect(throws: GitObjectError.invalidHeaderName(name: Array(name.utf8))) {
        try HeaderField(name: name, value: [])
      }
    }
  }

  @Test func aNewlineInALineCannotAddHeaders() throws {
    let author = Identity(bytes: Array("a <b> 1 +0000\nparent x\n\nmessage".utf8))
    let commit = CommitObject(
      tree: Self.id(1, .sha1), parents: [], author: author, committer: Self.committer, message: "m")
    let read = try CommitObject(parsing: commit.content, algorithm: .sha1)
    #expect(read.headers.map(\.nameText) == ["tree", "author", "committer"])
    #expect(read.author == author)
    #expect(read.messageText == "m")
  }

  // "|" stands for a newline, which would garble the tests' log.
  @Test(arguments: [
    ("", 0), ("tree", 0), ("tree ", 0), ("tree |", 5), ("tree 123|", 5), ("parent x|", 0),
    ("|", 0), ("author a|", 0), ("Tree T|", 0), ("tree T", 0), ("tree T |", 5),
    ("tree T| x|", 5),
    ("tree T|parent |", 53), ("tree T|parent 123|", 53), ("tree T|parent T", 53),
    ("tree T|parent T|parent Tx|", 101), ("tree U|", 5), ("tree T|parent U||", 53),
  ])
  func refusesMalformedCommits(text: String, offset: Int) {
    let content = text.replacing("|", with: "\n").replacing("T", with: Self.id(1, .sha1).hex)
      .replacing("U", with: Self.id(1, .sha256).hex)
    let error = #expect(throws: GitObjectError.self) {
      try CommitObject(parsing: Array(content.utf8), algorithm: .sha1)
    }
    guard case .malformed(.commit, let found, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == offset)
  }

  @Test(arguments: [
    ("one\n", "one"), ("one\ntwo\n\nthree\n", "one two"), ("\n\n one \n two\n", " one  two"),
    ("", ""),
    ("one  \n  \nx", "one"),
  ])
  func subjectIsTheFirstParagraph(message: String, subject: String) throws {
    let commit = CommitObject(
      tree: Self.id(1, .sha1), parents: [], author: Self.author, committer: Self.committer,
      message: message)
    #expect(commit.subject == subject)
    let git = try GitSandbox()
    let id = try git.store(.commit, commit.content)
    let line = try git.git("log", "-1", "--no-walk", "--format=%s", id.hex).text.dropLast()
    #expect(line == subject)
  }

  @Test func refusesOtherKinds() {
    let blob = FramedObject(kind: .blob, content: [])
    #expect(throws: GitObjectError.unexpectedKind(expected: .commit, found: .blob)) {
      try CommitObject(blob, algorithm: .sha1)
    }
    #expect(throws: GitObjectError.unexpectedKind(expected: .tree, found: .blob)) {
      try TreeObject(blob, algorithm: .sha1)
    }
    #expect(throws: GitObjectError.unexpectedKind(expected: .tag, found: .blob)) {
      try TagObject(blob, algorithm: .sha1)
    }
  }
}
