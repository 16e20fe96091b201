import IrminsulTestKit
import Testing

/// `log` with its orders, ranges and paths, `last-modified`, `history` and `ahead-behind`, each beside git.
@Suite struct HistoryCommandTests {
  private static let logs = [
    "", "--topo-order", "--date-order", "--first-parent", "-n 7", "-n 5 --skip 3",
    "--first-parent -- d", "-- a", "-- d", "-- d/e/c", "--topo-order -- d/b", "-n 2 -- a",
    "old..main", "main..old", "topic..side", "^old main", "side topic", "old...topic",
    "--left-right topic...side", "--topo-order old..main -- d", "main -- a", "-- none",
    "-p -n 12", "-p -- d", "-U1 --first-parent -n 12",
    "--graph", "--graph -n 9", "--graph --skip 4 -n 20", "--graph --date-order",
    "--graph --first-parent", "--graph old..main", "--graph topic side", "--graph -- a",
    "--graph -- d/e", "--graph --date-order -- d/b", "--graph old..main -- d",
  ]

  @Test(arguments: [1, 2, 3] as [UInt64])
  func logsAreGits(_ seed: UInt64) async throws {
    let history = try RandomGitHistory(60, seed: seed)
    let sandbox = try await history.imported()
    for words in Self.logs {
      let arguments = words.split(separator: " ").map(String.init)
      let git = try history.text("log --oneline \(words)")
      let found = expectDone(try await sandbox.irminsul(["log", "--oneline"] + arguments)).text
      #expect(Self.trimmed(found) == Self.trimmed(git), "\(words)")
    }
    expectDone(
      try await sandbox.irminsul("log", "old..main", "--", "d"),
      try history.text("log old..main -- d"))
    expectDone(try await sandbox.irminsul("log", "-p"), try history.text("log -p"))
    let facts = try await sandbox.irminsul("log", "-p", "--json", "--", "a").objects()
    #expect(facts.contains { ($0["changes"] as? [[String: Any]])?.isEmpty == false })
  }

  /// Spaces at ends of lines are no part of a drawing.
  private static func trimmed(_ text: String) -> [String] {
    text.split(separator: "\n").map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  @Test func wordsForTheSame() async throws {
    let history = try RandomGitHistory(40, seed: 7)
    let sandbox = try await history.imported()
    for (words, same) in [
      ("--order topo", "--topo-order"), ("--order date-topo", "--date-order"), ("--order date", ""),
      ("--path d/b", "-- d/b"), ("main --not old", "old..main"), ("--not old", "old..main"),
      ("--branch topic", "topic"), ("HEAD", ""), ("old..", "old..main"),
    ] {
      func log(_ words: String) async throws -> String {
        let words = words.split(separator: " ").map(String.init)
        return expectDone(try await sandbox.irminsul(["log", "--oneline"] + words)).text
      }
      #expect(try await log(words) == (try await log(same)), "\(words)")
    }
    for branch in history.branches {
      let near = try await sandbox.irminsul("log", "--oneline", "--depth", "1", branch).lines
      let parents = try history.text("log -1 --format=%P \(branch)").split { " \n".contains($0) }
      #expect(near.count == 1 + parents.count)
    }
    let side = try await sandbox.irminsul("log", "--left-right", "topic...side", "--json").objects()
    let left = side.filter { $0["side"] as? String == "left" }.count
    let counts = try history.text("rev-list --left-right --count topic...side")
    #expect("\(left)\t\(side.count - left)\n" == counts)
    // What merges have not taken is in the full history as well.
    let short = Set(try await sandbox.irminsul("log", "--oneline", "--", "a").lines)
    let full = Set(
      try await sandbox.irminsul("log", "--oneline", "--full-history", "--", "a").lines)
    #expect(full.isSuperset(of: short))
  }

  @Test func aPathThatIsTakenForARevision() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "config/theme=dark"))
    expectDone(try await sandbox.irminsul("set", "other=1"))
    expectRefusal(
      try await sandbox.irminsul("log", "config"), .refused, "no object \"config\"",
      "irminsul log -- config")
    let lines = expectDone(try await sandbox.irminsul("log", "--oneline", "--", "config")).lines
    #expect(lines.count == 1)
    // Any bytes are a path, as the shell gives them.
    expectDone(try await sandbox.shell("irminsul set \"$(printf 'x\\377')\" 1"))
    let odd = try await sandbox.shell("irminsul log --oneline -- \"$(printf 'x\\377')\"")
    #expect(expectDone(odd).lines.count == 1)
  }

  @Test(arguments: [4, 5] as [UInt64])
  func lastChangesAreGits(_ seed: UInt64) async throws {
    let history = try RandomGitHistory(50, seed: seed)
    let sandbox = try await history.imported()
    for path in RandomGitHistory.paths + ["d"] {
      for branch in ["main", "side", "old"] {
        let git = try history.text("log --topo-order -n 1 --format=%H \(branch) -- \(path)")
        let found = try await sandbox.irminsul("last-modified", path, branch, "--json")
        if git.isEmpty {
          #expect(found.status == ExitCode.refused.rawValue)
          continue
        }
        #expect(
          try found.object()["id"] as? String == git.split(separator: "\n").first.map(String.init))
        let many = try await sandbox.irminsul("last-modified", path, branch, "-n", "4")
        let wanted = try history.text(of: [
          "log", "--date-order", "-n", "4", "--date=iso", "--format=%h %ad %an  %s", branch, "--",
          path,
        ])
        expectDone(many, wanted)
      }
    }
    expectRefusal(
      try await sandbox.irminsul("last-modified", "none"), .refused,
      "no commit has changed \"none\"")
  }

  @Test func edgesAreGits() async throws {
    let history = try RandomGitHistory(50, seed: 6)
    let sandbox = try await history.imported()
    for revisions in ["main", "topic side", "old"] {
      let words = revisions.split(separator: " ").map(String.init)
      expectDone(
        try await sandbox.irminsul(["history"] + words),
        try history.text("rev-list --date-order --parents \(revisions)"))
    }
    let all = try await sandbox.irminsul("history", "--json").objects()
    #expect(all.allSatisfy { $0["cut"] as? Bool == false })
    let near = try await sandbox.irminsul("history", "--depth", "1", "--json").objects()
    #expect(near.count < all.count && near.count > 1)
    #expect(near[0]["cut"] as? Bool == false)
    #expect(near[0]["parents"] as? [String] == all[0]["parents"] as? [String])
    let end = try #require((all[0]["parents"] as? [String])?.first)
    let ended = try await sandbox.irminsul("history", "--min", end, "--json").objects()
    #expect(ended.contains { $0["commit"] as? String == end })
  }

  @Test func distancesAreGits() async throws {
    let history = try RandomGitHistory(60, seed: 8)
    let sandbox = try await history.imported()
    for first in history.branches {
      for second in history.branches {
        let git = try history.text("rev-list --left-right --count \(first)...\(second)")
          .split { "\t\n".contains($0) }
        let found = expectDone(try await sandbox.irminsul("ahead-behind", first, second)).text
        #expect(found == "\(git[0]) ahead, \(git[1]) behind\n", "\(first) \(second)")
      }
    }
    let facts = try await sandbox.irminsul("ahead-behind", "topic", "--json").object()
    #expect(Set(facts.keys) == ["first", "second", "ahead", "behind"])
  }

  private static let wrong: [(words: String, code: ExitCode, part: String)] = [
    ("log -- a b", .usage, "give one path"), ("log --path a -- b", .usage, "give one path"),
    ("log --full-history", .usage, "goes with a path"),
    ("log --left-right main", .usage, "goes with A...B"),
    ("log --graph --json", .usage, "not both"), ("log --graph -p", .usage, "not both"),
    ("log --depth=-1", .usage, "--depth"),
    ("log --order none", .usage, "none"), ("log --topo-order --date-order", .usage, "one order"),
    ("log none..main", .refused, "no object \"none\""),
    ("log --not none", .refused, "no object \"none\""), ("log -- a//b", .usage, "bad path"),
    ("last-modified", .usage, "<path>"), ("last-modified a -n 0", .usage, "-n must be 1"),
    ("last-modified a none", .refused, "no object \"none\""),
    ("last-modified a main -b main", .usage, "not both"),
    ("history none", .refused, "no object \"none\""), ("history --depth=-1", .usage, "--depth"),
    ("history --min none", .refused, "no object \"none\""),
    ("ahead-behind", .usage, "<first>"), ("ahead-behind main none", .refused, "no object"),
    ("ahead-behind none", .refused, "no object"),
  ]

  @Test func wrongWords() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    for (words, code, part) in Self.wrong {
      let arguments = words.split(separator: " ").map(String.init)
      expectRefusal(try await sandbox.irminsul(arguments), code, part)
    }
  }
}
