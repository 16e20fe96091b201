import IrminsulTestKit
import Testing

/// Revisions and `cat`: the same objects, and the same bytes, as the real git prints.
@Suite struct RevisionTests {
  static let revisions = [
    "main", "HEAD", "heads/main", "refs/heads/topic", "main~1", "main~", "main^", "main^1",
    "main^2", "main^2~1", "main~2^0", "main^^", "v1", "light", "tags/v1", "refs/tags/nested",
    "refs/notes/x", "nested^{}", "nested^{commit}", "v1^{tree}", "v1~1", "light^{tree}", "main:",
    "main:odd", "main:odd/run", "main:odd/link", "main:a", "main~1:d/1", "v1:c/f1",
    "topic:t/f0", "HEAD:odd/ünï",
  ]

  @Test func everyFormOfARevision() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    for revision in Self.revisions {
      let bytes = try history.git.run("cat-file", "-p", revision).bytes
      #expect(try await sandbox.irminsul("cat", revision).output == bytes, "\(revision)")
    }
  }

  @Test func idsAndUniquePrefixes() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    let id = try history.git.run("rev-parse", "main").lines[0]
    for length in [7, 40] {
      for text in [String(id.prefix(length)), id.prefix(length).uppercased()] {
        let parent = try await sandbox.irminsul("cat", "\(text)~1")
        #expect(parent.output == (try history.git.run("cat-file", "-p", "main~1").bytes))
      }
    }
    expectRefusal(
      try await sandbox.irminsul("cat", String(id.prefix(3))), .refused, "no object")
  }

  @Test func aSubmodule() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    expectRefusal(
      try await sandbox.irminsul("cat", "main:odd/module"), .refused,
      "\"odd/module\" is commit 1111", "of another repository")
  }

  @Test func aPrefixThatIsTooShort() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectRefusal(
      try await sandbox.irminsul("cat", "abc"), .refused, "no object \"abc\"",
      "The start of an id has four digits or more")
    expectRefusal(
      try await sandbox.irminsul("log", "main:a"), .refused, "no object \"main:a\"",
      "A REV is asked for")
  }

  @Test func anAmbiguousPrefix() async throws {
    let sandbox = try Sandbox()
    // The ids of these two blobs begin with the same four digits.
    expectDone(try await sandbox.irminsul("set", "a=\(Self.twins.0)", "b=\(Self.twins.1)"))
    expectRefusal(
      try await sandbox.irminsul("cat", Self.twins.prefix), .refused,
      "\"\(Self.twins.prefix)\" is ambiguous", "more digits")
  }

  static let twins = ("80", "816", prefix: "e3f1")

  @Test func kindAndSize() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    for revision in ["main", "v1", "main:odd", "main:a"] {
      expectDone(
        try await sandbox.irminsul("cat", "--type", revision),
        try history.git.run("cat-file", "-t", revision).text)
      expectDone(
        try await sandbox.irminsul("cat", "--size", revision),
        try history.git.run("cat-file", "-s", revision).text)
      let facts = try await sandbox.irminsul("cat", "--json", revision).object()
      #expect(facts["id"] as? String == (try history.git.run("rev-parse", revision).lines[0]))
    }
  }

  @Test func aMissingHead() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("init"))
    for revision in ["HEAD", ":a", "main"] {
      #expect(try await sandbox.irminsul("cat", revision).status == 1)
    }
  }

  private static let names = [
    "", "absent", "main~99", "main^3", "main^{blob}", "main^{", "main^{odd}", "main~x", "main^x",
    "heads/", "refs/heads/", "tags/", "refs/", "/", "~", "^", "main~99999999999999999999",
    "v1:c/f1~1", "ffffffff", "heads/folder/", "folder",
  ]

  @Test func whatNamesNothing() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    // A branch in a folder: the store counts them under a name that ends with a slash.
    expectDone(try await sandbox.irminsul("branch", "folder/topic"))
    for name in Self.names {
      let transcript = try await sandbox.irminsul("cat", name)
      expectRefusal(transcript, .refused, "no")
      #expect(!transcript.errors.contains("script"), "\(name): \(transcript.errors)")
    }
  }

  @Test func aPathThatIsNotThere() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    expectRefusal(
      try await sandbox.irminsul("cat", "main~1:x/y"), .refused, "nothing at \"x/y\" in main~1")
    expectRefusal(
      try await sandbox.irminsul("cat", "absent:a"), .refused, "no object \"absent\"")
  }
}
