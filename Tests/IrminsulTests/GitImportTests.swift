import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Real repositories come in and go out unchanged.
@Suite struct GitImportTests {
  @Test(arguments: StorePlace.allCases, HashAlgorithm.allCases)
  func odditiesComeThrough(_ place: StorePlace, _ algorithm: HashAlgorithm) async throws {
    let git = try GitFixture(algorithm)
    try git.makeOddities()
    try await place.withRepository(algorithm) { repository in
      let imported = try await repository.importGit(from: git.path)
      #expect(imported.objects == (try git.reachable().count))
      #expect(imported.newObjects == imported.objects)
      #expect(imported.refs == (try git.refs().count) - 1)
      #expect(imported.changedRefs == imported.refs)
      #expect(try await repository.headReference() == "ref: refs/heads/main")

      let faults = Faults()
      let verified = try await repository.verify { faults.add($0) }
      #expect(faults.all.isEmpty, "\(faults.all)")
      #expect(verified.faults == 0)
      #expect(verified.objects == imported.objects)
      #expect(verified.incompleteObjects == 0)

      let target = "\(git.folder)/exported.git"
      let exported = try await repository.exportGit(to: target)
      #expect(exported.objects == imported.objects)
      #expect(exported.refs == imported.refs)
      let copy = GitFixture(at: target, algorithm)
      #expect(try copy.refs() == git.refs())
      #expect(try copy.reachable() == git.reachable())
      let complaints = try copy.complaints()
      // The one that does not come along is about a symbolic ref that leads nowhere.
      let known = try git.complaints().filter { !$0.contains("refs/heads/nowhere") }
      #expect(complaints == known)
      #expect(try copy.run("count-objects", "-v").lines.contains("packs: 1"))
    }
  }

  /// Every part of an import waits for another one: that one of them fails must end them all.
  @Test func aServerThatRunsOutOfMemoryEndsTheImport() async throws {
    let git = try GitFixture()
    // More ids than a pipe holds, and more bytes than the server.
    var random = SystemRandomNumberGenerator()
    var stream: [UInt8] = []
    for number in 0..<5000 {
      stream += Array(
        "commit refs/heads/main\ncommitter A <a@b> \(number) +0000\ndata 0\n".utf8)
      stream += Array("M 100644 inline \(number % 50)\ndata 2048\n".utf8)
      for _ in 0..<256 { withUnsafeBytes(of: random.next() as UInt64) { stream += $0 } }
      stream.append(UInt8(ascii: "\n"))
    }
    try git.run("fast-import", "--quiet", input: stream)

    let server = try await RedisServer.start(
      RedisServer.Options(maximumMemory: "6mb"))
    let repository = try await Repository.open(server.url)
    let error = await #expect(throws: StoreError.self) {
      try await repository.importGit(from: git.path)
    }
    #expect(error?.description.contains("memory") == true, "\(error?.description ?? "")")
    #expect(try await repository.branches() == [])
    try server.command("CONFIG", "SET", "maxmemory", "0")
    let imported = try await repository.importGit(from: git.path)
    #expect(imported.objects == (try git.reachable().count))
    #expect(try await repository.verify { _ in }.faults == 0)
    await repository.close()
    server.stop()
  }

  @Test func aSecondImportAddsOnlyWhatIsNew() async throws {
    let git = try GitFixture()
    try git.addCommits(300)
    try await StorePlace.redis.withRepository { repository in
      let first = try await repository.importGit(from: git.path)
      let second = try await repository.importGit(from: git.path)
      #expect(second.objects == first.objects)
      #expect(second.newObjects == 0)
      #expect(second.bytes == 0)
      #expect(second.changedRefs == 0)

      let before = try git.reachable()
      try git.addCommits(3, label: "later")
      try git.addCommits(2, on: "side", label: "side")
      let third = try await repository.importGit(from: git.path)
      let after = try git.reachable()
      #expect(third.objects == after.count)
      #expect(third.newObjects == after.subtracting(before).count)
      #expect(third.changedRefs == 2)
      #expect(try await repository.refs().mapValues(\.hex) == refs(of: git))
    }
  }

  @Test func anImportLosesNoCommitOfABranch() async throws {
    let git = try GitFixture()
    try git.addCommits(3)
    try git.addCommits(2, on: "side", label: "side")
    try git.run("tag", "v1", "main")
    try await StorePlace.redis.withRepository { repository in
      try await repository.importGit(from: git.path)
      let own = try await repository.branch("main").set("x", to: "1", "Own")
      let head = try #require(own.commit?.id)
      try git.addCommits(2, on: "side", label: "more")
      try git.run("tag", "-f", "v1", "side")
      try git.run("update-ref", "refs/notes/x", "side")
      try git.run("symbolic-ref", "HEAD", "refs/heads/side")
      let again = try await repository.importGit(from: git.path)
      #expect(again.keptRefs == ["refs/heads/main", "refs/tags/v1"])
      #expect(again.changedRefs == 2)
      #expect(try await repository.branch("main").head()?.id == head)
      let side = try git.run("rev-parse", "side").lines[0]
      #expect(try await repository.branch("side").head()?.id.hex == side)
      #expect(try await repository.headReference() == "ref: refs/heads/main")
      #expect(try await repository.resolve("v1").hex != side)
    }
  }

  @Test func aMirrorMovesRefsAndKeepsWhatOnlyTheStoreHas() async throws {
    let git = try GitFixture()
    try git.addCommits(3)
    try await StorePlace.redis.withRepository { repository in
      try await repository.importGit(from: git.path)
      try await repository.branch("main").set("x", to: "1", "Elsewhere")
      try await repository.branch("own").set("x", to: "2", "Own")
      let again = try await repository.importGit(from: git.path, policy: .mirror)
      #expect(again.changedRefs == 1)
      #expect(again.keptRefs == [])
      let wanted = try git.run("rev-parse", "refs/heads/main").lines[0]
      #expect(try await repository.branch("main").head()?.id.hex == wanted)
      #expect(try await repository.branch("own").head() != nil)
    }
  }

  @Test func headIsKeptWhateverItSays() async throws {
    let git = try GitFixture()
    try git.addCommits(5)
    let main = try git.run("rev-parse", "main").lines[0]
    let lonely = try git.store(
      .commit, "tree \(git.run("rev-parse", "main^{tree}").lines[0])\n\nonly HEAD is here\n")
    try await StorePlace.redis.withRepository { repository in
      for (number, head) in ["refs/heads/unborn", lonely.hex, main, "refs/heads/main"].enumerated()
      {
        if head.hasPrefix("refs/") {
          try git.run("symbolic-ref", "HEAD", head)
        } else {
          try git.run("update-ref", "--no-deref", "HEAD", head)
        }
        try await repository.importGit(from: git.path, policy: .mirror)
        let wanted = head.hasPrefix("refs/") ? "ref: \(head)" : head
        #expect(try await repository.headReference() == wanted)
        let target = "\(git.folder)/\(number).git"
        try await repository.exportGit(to: target)
        #expect(try GitFixture(at: target).refs() == git.refs())
        #expect(try GitFixture(at: target).reachable() == git.reachable())
        #expect(try await repository.verify(fault: { Issue.record("\($0)") }).faults == 0)
        if head == lonely.hex {
          #expect(try await repository.importGit(from: git.path).newObjects == 0)
        }
        // A HEAD on no branch would keep the next one from being set through it.
        try git.run("symbolic-ref", "HEAD", "refs/heads/main")
      }
    }
  }

  @Test func anEmptyRepositoryComesThrough() async throws {
    let git = try GitFixture()
    try await StorePlace.redis.withRepository { repository in
      let imported = try await repository.importGit(from: git.path)
      #expect(imported.objects == 0)
      try await repository.exportGit(to: "\(git.folder)/out")
      #expect(try GitFixture(at: "\(git.folder)/out").refs() == git.refs())
    }
  }

  @Test func everyFormOfRepositoryIsRead() async throws {
    let git = try GitFixture()
    try git.addCommits(20)
    try git.run("clone", "-q", "--shared", git.path, "\(git.folder)/clone")
    let clone = GitFixture(at: "\(git.folder)/clone")
    try clone.run("commit", "-q", "--allow-empty", "-m", "loose, beside an alternate")
    try clone.run("worktree", "add", "-q", "--detach", "\(git.folder)/linked", "HEAD~2")
    // A graft would hide most of the history.
    try FileManager.default.createDirectory(
      atPath: "\(clone.path)/.git/info", withIntermediateDirectories: true)
    try clone.run("rev-parse", "HEAD~1").text.write(
      toFile: "\(clone.path)/.git/info/grafts", atomically: true, encoding: .utf8)
    try await StorePlace.redis.withRepository { repository in
      for path in ["clone", "clone/.git", "linked", "clone/"] {
        let imported = try await repository.importGit(from: "\(git.folder)/\(path)")
        #expect(imported.objects > 60)
        #expect(
          try await repository.verify(fault: { Issue.record("\($0)") }).incompleteObjects == 0)
      }
      let detached = try GitFixture(at: "\(git.folder)/linked").run("rev-parse", "HEAD").lines[0]
      try await repository.importGit(from: "\(git.folder)/linked", policy: .mirror)
      #expect(try await repository.headReference() == detached)
    }
  }

  @Test func tellsHowFarItIs() async throws {
    let git = try GitFixture()
    try git.addCommits(200)
    try await StorePlace.redis.withRepository { repository in
      let steps = Locked<[TransferProgress]>([])
      let imported = try await repository.importGit(from: git.path) { step in
        steps.withLock { $0.append(step) }
      }
      let objects = steps.withLock { $0.filter { $0.phase == "objects" } }
      #expect(objects.last?.done == imported.objects)
      #expect(objects.last?.total == imported.objects)
      #expect(zip(objects, objects.dropFirst()).allSatisfy { $0.done <= $1.done })
      #expect(steps.withLock { $0.contains { $0.phase == "refs" && $0.done == $0.total } })
    }
  }

  private func refs(of git: GitFixture) throws -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: try git.run("for-each-ref", "--format=%(refname) %(objectname)")
        .lines.map { line in
          let words = line.split(separator: " ")
          return (String(words[0]), String(words[1]))
        })
  }
}
