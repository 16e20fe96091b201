import Foundation
import Testing

/// `stats` with options, `du`, and `gc --kinds`.
@Suite struct AccountTests {
  private func filled() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=12345", "d/b=123", "d/e/c=1234567"))
    expectDone(try await sandbox.irminsul("set", "d/b=1234", "copy=1234567"))
    expectDone(try await sandbox.irminsul("branch", "side"))
    expectDone(
      try await sandbox.irminsul(
        "set", "only/here=\(String(repeating: "x", count: 2000))", "-b", "side"))
    return sandbox
  }

  private func number(_ value: Any?, _ keys: String...) -> Int? {
    keys.reduce(value) { ($0 as? [String: Any])?[$1] } as? Int
  }

  @Test func kindsRefsAndGrowth() async throws {
    let sandbox = try await filled()
    let facts = try await sandbox.irminsul("stats", "--all", "--json").object()
    let kinds = facts["kinds"]
    // 3 commits; the trees of d/e, and of d and the root twice, of only and the root of side.
    #expect(number(kinds, "commit", "objects") == 3)
    #expect(number(kinds, "tree", "objects") == 7)
    #expect(number(kinds, "blob", "objects") == 5)
    #expect(number(kinds, "blob", "bytes") == 5 + 3 + 7 + 4 + 2000)
    #expect(facts["sample"] == nil)
    let refs = try #require(facts["refs"] as? [[String: Any]])
    #expect(refs.map { $0["branch"] as? String } == ["main", "side"])
    #expect(refs.map { $0["objects"] as? Int } == [0, 4])
    #expect(facts["reached"] as? Int == 15)
    #expect(facts["shared"] as? Int == 11)
    #expect(number(facts["growth"], "objects") == 15)
    let commits = (facts["growth"] as? [String: Any])?["commits"] as? [[String: Any]]
    #expect(commits?.map { $0["objects"] as? Int } == [4, 4, 7])
    let blobs = try #require(facts["blobs"] as? [[String: Any]])
    #expect(blobs.first?["path"] as? String == "only/here")
    #expect(blobs.first?["bytes"] as? Int == 2000)
    let folders = try #require(facts["directoriesByEntries"] as? [[String: Any]])
    #expect(folders.first?["path"] as? String == "")
    #expect(folders.first?["entries"] as? Int == 4)
    #expect(number(facts["garbage"], "removed") == 0)

    let text = expectDone(try await sandbox.irminsul("stats", "--all")).text
    for line in [
      "By kind", "Largest values", "What one ref alone leads to", "What gc would remove",
    ] {
      #expect(text.contains("\n\(line)\n"), "\(text)")
    }
    #expect(text.contains("only/here, in "))
    #expect(text.contains("1 ref with nothing of their own"))
    #expect(!text.contains("estimated"))
    // What walks is asked for.
    let plain = expectDone(try await sandbox.irminsul("stats")).text
    #expect(!plain.contains("By kind"))
    #expect(plain.split(separator: "\n").count == 9)
  }

  @Test func samplesSaySo() async throws {
    let sandbox = try await filled()
    let text = expectDone(
      try await sandbox.irminsul("stats", "--kinds", "--largest", "--sample", "4")
    ).text
    #expect(text.contains("estimated from 4 of 15 objects: all bytes within "), "\(text)")
    #expect(text.contains("among 4 of 15 objects"))
    let facts = try await sandbox.irminsul("stats", "--kinds", "--sample", "4", "--json").object()
    #expect(number(facts["sample"], "objects") == 4)
    #expect(number(facts["sample"], "of") == 15)
    let whole = expectDone(try await sandbox.irminsul("stats", "--kinds", "--sample", "15"))
    #expect(!whole.text.contains("estimated"))
    for bad in [["--sample", "4"], ["--kinds", "--sample", "0"], ["--growth", "--commits", "0"]] {
      let refused = try await sandbox.irminsul(["stats"] + bad)
      #expect(refused.status == 64, "\(bad)")
    }
  }

  @Test func foldersAndValues() async throws {
    let sandbox = try await filled()
    func lines(_ arguments: String...) async throws -> [[String]] {
      let text = expectDone(try await sandbox.irminsul(["du", "--bytes"] + arguments)).text
      return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }
    // A tree's entry has a mode of 6 digits, or 5, its name, a space, NUL and 20 bytes.
    let (e, d) = (29, 29 + 28)
    let root = 29 + 28 + 32
    #expect(
      try await lines() == [
        ["7", "\(7 + e)", "d/e"], ["11", "\(11 + e + d)", "d"],
        ["23", "\(16 + e + d + root)", "."],
      ])
    #expect(try await lines("--depth", "0", "d") == [["11", "\(11 + e + d)", "d"]])
    #expect(try await lines("d", "-d", "0", "--at", "main~1") == [["10", "\(10 + e + d)", "d"]])
    #expect(try await lines("a") == [["5", "5", "a"]])
    let shown = expectDone(try await sandbox.irminsul("du", "only", "-b", "side")).text
    #expect(shown.hasPrefix("   2.0 KiB     2.0 KiB  only"), "\(shown)")
    let facts = try await sandbox.irminsul("du", "d", "--depth", "0", "--json").object()
    #expect(facts["entries"] as? Int == 2)
    #expect(facts["files"] as? Int == 2)
    #expect(facts["objects"] as? Int == 4)
    #expect(facts["bytes"] as? Int == 11)
    let value = try await sandbox.irminsul("du", "a", "--json").object()
    #expect(value["entries"] == nil)
    #expect(value["files"] as? Int == 1)
    let absent = try await sandbox.irminsul("du", "nowhere")
    #expect(absent.status == 1)
    #expect(absent.errors.contains("nowhere"))
    let negative = try await sandbox.irminsul("du", "--depth=-1")
    #expect(negative.status == 64)
  }

  @Test func beforeAndAfterACollection() async throws {
    let sandbox = try await filled()
    expectDone(try await sandbox.irminsul("branch", "--delete", "side", "--force"))
    let now = ["gc", "--grace", "0", "--reflog", "0", "--share", "1"]
    let dry = expectDone(try await sandbox.irminsul(now + ["--dry-run", "--kinds"])).text
    let table = dry.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(table.contains { $0.first == "3" && $0[3] == "2" && $0.last == "commits" }, "\(dry)")
    let estimate = try await sandbox.irminsul(now + ["--dry-run", "--json"]).object()
    #expect(number(estimate["removedKinds"], "blob", "bytes") == 2000)
    let facts = try await sandbox.irminsul(now + ["--kinds", "--json"]).object()
    #expect(number(facts["before"], "commit", "objects") == 3)
    #expect(number(facts["after"], "commit", "objects") == 2)
    #expect(number(facts["before"], "blob", "bytes") == 2019)
    #expect(number(facts["after"], "blob", "bytes") == 19)
    #expect(facts["removed"] as? Int == 4)
    let again = try await sandbox.irminsul(now + ["--json"]).object()
    #expect(again["before"] == nil && again["after"] == nil)
    let said = expectDone(try await sandbox.irminsul(now + ["--kinds"])).text
    #expect(said.contains("kind"))
  }
}
