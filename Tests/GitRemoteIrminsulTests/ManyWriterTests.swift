import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Clones beside 64 writers that commit all the time.
@Suite struct ManyWriterTests {
  private static let writers = 64
  private static let rounds = 8

  /// What has been acknowledged, and whether the writers go on.
  private actor Ledger {
    private(set) var isOver = false
    private(set) var paths: [String] = []

    func add(_ path: String) { paths.append(path) }
    func end() { isOver = true }
  }

  /// Commits the same on three branches at once, again and again: together some hundred times a second.
  private static func write(
    _ repository: Repository, as number: Int, _ ledger: Ledger
  ) async throws {
    var round = 0
    while await !ledger.isOver {
      let path = "w\(number)/\(round)"
      let edits = [try BranchEdit.set(Path(path), "\(number) \(round)")]
      try await repository.commit(
        ["main", "twin", "side"].map { BranchCommit($0, edits, "Write \(path)") })
      await ledger.add(path)
      round += 1
      try await Task.sleep(for: .milliseconds(Int.random(in: 300...900)))
    }
  }

  @Test func fetchesSeeOneMomentAndPushesLandOrAreRefused() async throws {
    let server = try await RedisServer.start()
    var repositories: [Repository] = []
    for _ in 0..<4 { repositories.append(try await Repository.open(server.url)) }
    let repository = repositories[0]
    try await repository.commit(
      ["main", "twin", "side"].map { BranchCommit($0, [try .set("first", "1")], "First") })
    let sandbox = try GitSandbox()
    let ledger = Ledger()
    let pushed = try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<Self.writers {
        let own = repositories[number % repositories.count]
        group.addTask { try await Self.write(own, as: number, ledger) }
      }
      let pushed = try await Self.useGit(sandbox, server.url)
      await ledger.end()
      try await group.waitForAll()
      return pushed
    }
    let written = await ledger.paths
    #expect(written.count > Self.writers)
    // Nothing that anybody was told of is missing.
    for (branch, paths) in [("main", written), ("twin", written), ("side", written + pushed)] {
      for path in paths {
        let kind = try await repository.branch(branch).kind(Path(path))
        #expect(kind == .blob, "\(branch):\(path)")
      }
    }
    let last = try await sandbox.shell(
      "git fetch -q && git fsck --strict && git rev-parse origin/main origin/side", in: "a")
    let heads = try await repository.heads()
    #expect(last.status == 0, "\(last.text)")
    #expect(
      last.text.hasSuffix("\(try #require(heads["main"]))\n\(try #require(heads["side"]))\n"),
      "\(last.text)")
    let summary = try await repository.verify { Issue.record("\($0)") }
    #expect(summary.faults == 0)
    for repository in repositories { await repository.close() }
    server.stop()
  }

  /// Fetches and pushes; answers the paths whose push was told to have landed.
  private static func useGit(_ sandbox: GitSandbox, _ url: String) async throws -> [String] {
    let cloned = try await sandbox.shell("git clone -q -b side 'irminsul::\(url)' a")
    #expect(cloned.status == 0, "\(cloned.text)")
    var pushed: [String] = []
    var moved = 0
    for round in 0..<rounds {
      let before = try await sandbox.shell("git rev-parse origin/main", in: "a")
      let fetched = try await sandbox.shell(
        "git fetch -q && git rev-parse 'origin/main^{tree}' 'origin/twin^{tree}' && "
          + "git reset -q --hard origin/side && git fsck --strict", in: "a")
      #expect(fetched.status == 0, "\(fetched.text)")
      let trees = fetched.text.split(separator: "\n")
      // The writers change both at once.
      #expect(trees.count >= 2 && trees[0] == trees[1], "\(fetched.text)")
      let after = try await sandbox.shell("git rev-parse origin/main", in: "a")
      if before.text != after.text { moved += 1 }

      // Every other push lets the store do the rebasing, which then lands.
      let isRebased = round.isMultiple(of: 2)
      let push = try await sandbox.shell(
        "for n in 1 2 3; do echo $n > p\(round); echo \(round) > q$n; git add .; git commit -qm \(round)/$n; done; sleep 0.2; "
          + "git push \(isRebased ? "-o rebase=server" : "") origin HEAD:side", in: "a")
      if isRebased { #expect(push.status == 0, "\(push.text)") }
      if push.status == 0 {
        pushed.append("p\(round)")
      } else {
        #expect(
          push.text.contains("(fetch first)") || push.text.contains("(non-fast-forward)")
            || push.text.contains("(remote ref updated since checkout)"), "\(push.text)")
      }
    }
    #expect(moved > 0)
    return pushed
  }
}
