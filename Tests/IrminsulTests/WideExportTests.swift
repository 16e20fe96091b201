import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// What git makes of a store with wide directories.
@Suite struct WideExportTests {
  /// A folder of many names beside a small one, in three commits; the last changes one entry.
  private func history(of repository: Repository, person: Person = Person("A", "a@b")) async throws
  {
    let main = repository.branch()
    func info(_ message: String, _ number: Int64) -> Info {
      Info(message, author: person, date: Timestamp(seconds: 1_700_000_000 + number))
    }
    let jobs = try (0..<500).map { try BranchEdit.set(Path("jobs/job-\($0)"), "\($0)\n") }
    try await main.commit(
      jobs + [.set("small/a", "1\n"), .set("jobs/! 1", "x\n")], info("Fill", 1))
    try await main.commit(
      [.set("jobs/folder/a", "1\n"), .remove("jobs/job-7")], info("Change", 2))
    try await main.set("jobs/job-250", to: "changed\n", info("One", 3))
  }

  @Test(arguments: [HashAlgorithm.sha1, .sha256])
  func asItIsStored(_ algorithm: HashAlgorithm) async throws {
    let git = try GitFixture(algorithm)
    let repository = try await Repository.open("memory:?layout=wide&hash=\(algorithm)")
    try await history(of: repository)
    try await repository.exportGit(to: "\(git.folder)/out")
    let copy = GitFixture(at: "\(git.folder)/out", algorithm)
    #expect(try copy.complaints() == [])
    // One small change, though the folder has hundreds of names.
    let log = try copy.run("log", "-1", "-p", "--format=%s", "main").lines
    #expect(log.filter { $0.hasPrefix("diff --git") }.count == 1)
    #expect(log.contains("-250") && log.contains("+changed"))
    // A person finds an entry by its name, and an explanation beside it.
    let files = try copy.run("ls-tree", "-r", "--name-only", "main").lines
    #expect(files.contains { $0.hasSuffix("/job-123") })
    #expect(files.contains("small/a"))
    let mark = try #require(files.first { $0.contains("! 50") })
    #expect(try copy.run("show", "main:\(mark)").text.contains("wide directory"))

    // And back: the same ids, and the folder is one again.
    let again = try await Repository.open("memory:?layout=wide&hash=\(algorithm)")
    try await again.importGit(from: copy.path)
    #expect(try await again.branch().head()?.id == (try await repository.branch().head()?.id))
    #expect(try await again.branch().findTree("jobs")?.count() == 501)
    #expect(try await again.branch().get("jobs/! 1", as: String.self) == "x\n")
    #expect(try await again.verify { _ in }.faults == 0)
    await again.close()
    await repository.close()
  }

  @Test func plain() async throws {
    let git = try GitFixture()
    let wide = try await Repository.open("memory:?layout=wide")
    let ordinary = try await Repository.open("memory:")
    try await history(of: wide)
    try await history(of: ordinary)
    let tip = try #require(try await wide.branch().head()).id
    try await wide.createBranch("side/branch", at: tip)
    try await wide.exportGit(to: "\(git.folder)/out", form: .plain)
    let copy = GitFixture(at: "\(git.folder)/out")
    #expect(try copy.complaints() == [])
    // The very commits that a store with ordinary directories has.
    let expected = try #require(try await ordinary.branch().head()).id
    #expect(try copy.run("rev-parse", "main", "side/branch").lines == [expected.hex, expected.hex])
    #expect(try copy.run("ls-tree", "--name-only", "main:jobs").lines.count == 501)
    await wide.close()
    await ordinary.close()
  }

  /// Signatures do not hold for commits that are made anew; all else stays.
  @Test func plainWithTagsAndSignatures() async throws {
    let git = try GitFixture()
    let store = try await Repository.open("memory:?layout=wide")
    try await history(of: store)
    let head = try #require(try await store.branch().head())
    let signed = CommitObject(
      tree: head.tree, parents: [head.id], author: Identity(bytes: Array("A <a@b> 1 +0000".utf8)),
      committer: Identity(bytes: Array("A <a@b> 1 +0000".utf8)),
      extraHeaders: [
        try HeaderField(
          name: "gpgsig", value: Array("-----BEGIN\nlines\n-----END".utf8)),
        try HeaderField(name: "x-other", value: Array("kept".utf8)),
      ], message: "Signed\n")
    // A store takes it from a repository.
    try await store.exportGit(to: "\(git.folder)/one")
    let one = GitFixture(at: "\(git.folder)/one")
    let id = try one.store(.commit, signed.content)
    try one.run("update-ref", "refs/heads/main", id.hex)
    try one.run("tag", "-a", "-m", "Tag", "v1", id.hex)
    try await store.importGit(from: one.path)
    try await store.exportGit(to: "\(git.folder)/two", form: .plain)
    let two = GitFixture(at: "\(git.folder)/two")
    #expect(try two.complaints() == [])
    let text = try two.run("cat-file", "commit", "v1^{commit}").text
    #expect(!text.contains("BEGIN") && !text.contains("lines"))
    #expect(text.contains("x-other kept") && text.hasSuffix("\nSigned\n"))
    #expect(try two.run("rev-parse", "v1^{commit}").text == (try two.run("rev-parse", "main").text))
    #expect(try two.run("log", "--format=%s", "main").lines == ["Signed", "One", "Change", "Fill"])
    await store.close()
  }

  /// A hand in a clone leaves the mark as it was: verify says so, and nothing is lost.
  @Test func aFolderThatWasEditedByHand() async throws {
    let git = try GitFixture()
    let store = try await Repository.open("memory:?layout=wide")
    try await history(of: store)
    try await store.exportGit(to: "\(git.folder)/out")
    let copy = GitFixture(at: "\(git.folder)/out")
    let files = try copy.run("ls-tree", "-r", "--name-only", "main").lines
    let place = try #require(files.first { $0.hasSuffix("/job-123") }).dropLast(7)
    let environment = ["GIT_INDEX_FILE": "\(git.folder)/index"]
    try copy.run("read-tree", "main", environment: environment)
    for number in 0..<3 {
      let blob = try copy.store(.blob, "by hand \(number)\n")
      try copy.run(
        "update-index", "--add", "--cacheinfo", "100644,\(blob.hex),\(place)job-12\(number)x",
        environment: environment)
    }
    let tree = try copy.run("write-tree", environment: environment).text
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let commit = try copy.run("commit-tree", "-p", "main", "-m", "By hand", tree).text
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try copy.run("update-ref", "refs/heads/main", commit)
    try await store.importGit(from: copy.path)
    let main = store.branch()
    #expect(try await main.get("jobs/job-121x", as: String.self) == "by hand 1\n")
    let faults = Locked<[Fault]>([])
    _ = try await store.verify { fault in faults.withLock { $0.append(fault) } }
    #expect(faults.withLock { $0 }.contains { $0.what == .badDirectory })
    // All that the marks know is removed: the others are not silently gone.
    let names = (0..<500).filter { $0 != 7 }.map { Path("jobs/job-\($0)") }
    let removals =
      names.map { BranchEdit.remove($0) } + [.remove("jobs/folder"), .remove("jobs/! 1")]
    await #expect(throws: StoreError.self) { try await main.commit(removals, "Remove") }
    #expect(try await main.get("jobs/job-121x", as: String.self) == "by hand 1\n")
    await store.close()
  }
}
