import Foundation
import Testing

/// `--json`: one object a line, with the keys that each command's help names.
@Suite struct JSONTests {
  private struct Expectation {
    let command: [String]
    let required: Set<String>
    var optional: Set<String> = []
    var count = 1

    init(
      _ command: String..., required: Set<String>, optional: Set<String> = [], count: Int = 1
    ) {
      self.command = command
      self.required = required
      self.optional = optional
      self.count = count
    }
  }

  private static let write: Set<String> = ["branch", "changed", "commit", "position", "subject"]
  private static let branch: Set<String> = ["branch", "commit", "subject"]
  private static let entry: Set<String> = ["path", "name", "kind", "mode", "id"]

  private static let expectations = [
    Expectation("init", required: ["store", "hash", "layout", "created"]),
    Expectation("set", "a=1", "b/c=2", required: write),
    Expectation("set", "a=1", required: ["branch", "changed", "commit"]),
    Expectation("mv", "a", "d", required: write),
    Expectation("set", "e=1", required: write),
    Expectation("rm", "e", required: write),
    Expectation("get", "d", required: ["path", "mode", "id", "size", "value"]),
    Expectation(
      "prove", "d", "--output", "../proof",
      required: ["root", "path", "found", "mode", "id", "size", "objects", "output"]),
    Expectation(
      "check-proof", "../proof",
      required: ["root", "path", "found", "mode", "id", "value", "size", "objects"]),
    Expectation("ls", required: entry, count: 2),
    Expectation("ls", "--long", "b", required: entry.union(["size"])),
    Expectation("tree", required: entry, count: 3),
    Expectation(
      "log", required: ["id", "tree", "parents", "author", "committer", "subject", "message"],
      count: 4),
    Expectation(
      "show",
      required: [
        "id", "tree", "parents", "author", "committer", "subject", "message", "changes",
      ]),
    Expectation("show", "main:d", required: ["id", "kind", "size", "text"]),
    Expectation("show", "main:b", required: entry),
    Expectation(
      "last-modified", "d",
      required: ["id", "tree", "parents", "author", "committer", "subject", "message"]),
    Expectation(
      "blame", "d",
      required: ["line", "originalLine", "text", "commit", "author", "subject"]),
    Expectation("blame", "", required: entry.union(["commit", "author", "subject"]), count: 2),
    Expectation(
      "history", required: ["commit", "parents", "children", "seconds", "cut"], count: 4),
    Expectation(
      "graph", required: ["id", "parents", "subject", "author", "seconds", "labels"], count: 4),
    Expectation("ahead-behind", "main", required: ["first", "second", "ahead", "behind"]),
    Expectation("diff", "main~1", required: ["path", "change", "old"]),
    Expectation("diff", "--patch", "main~1", required: ["path", "change", "old", "patch"]),
    Expectation("branch", "topic", required: branch),
    Expectation("branch", required: branch.union(["head"]), count: 2),
    Expectation("branch", "--move", "topic", "t", required: ["branch", "commit", "renamedFrom"]),
    Expectation("branch", "--delete", "t", required: ["branch", "commit", "deleted"]),
    Expectation("cat", "main", required: ["id", "kind", "size"]),
    Expectation("export", "copy.git", required: ["objects", "bytes", "refs"]),
    Expectation(
      "import", "copy.git",
      required: [
        "objects", "newObjects", "bytes", "refs", "changedRefs", "symbolicRefs", "keptRefs",
      ]),
    Expectation("verify", required: ["objects", "bytes", "refs", "faults", "incompleteObjects"]),
    Expectation(
      "stats",
      required: [
        "store", "hash", "layout", "objects", "branches", "otherRefs", "logEntries", "position",
        "tokens",
      ]),
    Expectation(
      "stats", "--all", "--sample", "3",
      required: [
        "store", "hash", "layout", "objects", "branches", "otherRefs", "logEntries", "position",
        "tokens", "kinds", "sample", "refs", "reached", "shared", "growth",
        "directoriesByEntries", "directoriesByBytes", "blobs", "garbage",
      ]),
    Expectation(
      "du", required: ["path", "entries", "files", "bytes", "objects", "storedBytes"], count: 2),
    Expectation(
      "watch", "--since", "0", "-n", "4",
      required: ["position", "time", "branch", "change", "new", "subject", "changes"],
      optional: ["old"], count: 4),
    Expectation(
      "delete-store", "irminsul", "--force", required: ["store", "deleted", "objects"]),
  ]

  @Test func everyCommandThatPrintsFacts() async throws {
    let sandbox = try Sandbox()
    var helps: [String: String] = [:]
    for expected in Self.expectations {
      let transcript = expectDone(try await sandbox.irminsul(expected.command + ["--json"]))
      let objects = try transcript.objects()
      #expect(objects.count == expected.count, "\(expected.command)")
      let name = expected.command[0]
      if helps[name] == nil { helps[name] = try await sandbox.irminsul(name, "--help").text }
      let help = try #require(helps[name])
      for object in objects {
        let keys = Set(object.keys)
        #expect(expected.required.subtracting(keys) == [], "\(expected.command)")
        #expect(
          keys.subtracting(expected.required).subtracting(expected.optional) == [],
          "\(expected.command)")
        for key in keys { #expect(help.contains(key), "\(expected.command): \(key)") }
      }
    }
  }

  @Test func bytesThatAreNotText() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "bytes", "-", input: [255, 0, 1]))
    let facts = try await sandbox.irminsul("get", "bytes", "--json").object()
    #expect(facts["value"] == nil)
    #expect(facts["base64"] as? String == Data([255, 0, 1]).base64EncodedString())
    #expect(facts["size"] as? Int == 3)
  }

  @Test func theFactsOfACommit() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "--author", "Ada <ada@example.org>"))
    let report = try await sandbox.irminsul("set", "a=\"\u{1}\nü", "-m", "Tab\there", "--json")
    let made = try report.object()
    let log = try await sandbox.irminsul("log", "--json").objects()
    #expect(log.count == 2)
    #expect(log[0]["id"] as? String == made["commit"] as? String)
    let parent = try #require(log[1]["id"] as? String)
    #expect(log[0]["parents"] as? [String] == [parent])
    #expect(log[0]["message"] as? String == "Tab\there\n")
    let author = try #require(log[1]["author"] as? [String: Any])
    #expect(author["name"] as? String == "Ada")
    #expect(author["email"] as? String == "ada@example.org")
    #expect(author["zone"] as? String == "+0000")
    let value = try await sandbox.irminsul("get", "a", "--json").object()
    #expect(value["value"] as? String == "\"\u{1}\nü")
  }
}
