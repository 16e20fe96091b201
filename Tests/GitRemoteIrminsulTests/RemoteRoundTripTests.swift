import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// How often git waits for the server.
@Suite struct RemoteRoundTripTests {
  @Test func oneCommit() async throws {
    let server = try await RedisServer.start()
    let proxy = try FaultyProxy(of: server)
    let repository = try await Repository.open(server.url)
    let main = repository.branch()
    var edits: [BranchEdit] = []
    for number in 0..<60 {
      edits.append(try .set(Path("one/two/three/four/five/\(number)"), "\(number)"))
      edits.append(try .set(Path("other/\(number % 7)/\(number)"), "\(number)"))
    }
    try await main.commit(edits, "Begin")
    let first = try #require(try await main.head()).id
    for number in 0..<30 {
      try await repository.tag("v\(number)", at: first, Info("Version \(number)"))
      try await repository.createBranch("branch-\(number)", at: first)
    }
    let sandbox = try GitSandbox()
    // Scripts are loaded by whoever uses them first.
    let prepared = try await sandbox.shell(
      "git clone -q 'irminsul::\(proxy.url)' a && cd a && git commit -q --allow-empty -m x && "
        + "git push -q")
    #expect(prepared.status == 0, "\(prepared.text)")
    proxy.delayReplies(by: 0.01)
    func trips(_ lines: String) async throws -> Int {
      proxy.resetCounts()
      let ended = try await sandbox.shell(lines, in: "a")
      #expect(ended.status == 0, "\(ended.text)")
      return proxy.roundTripCount
    }
    let nothing = try await trips("git fetch")
    #expect(nothing <= 4)
    try await main.set("other/first", to: "1", "Has the rest of the scripts loaded")
    _ = try await trips("git fetch -q && git merge -q origin/main && git push -q")
    // Deep down in the tree, several files.
    try await main.commit(
      [
        .set("one/two/three/four/five/7", "new"), .set("one/two/three/four/new/1", "new"),
        .set("other/3/new", "new"),
      ], "Change")
    let fetch = try await trips("git fetch")
    #expect(fetch < 10)
    // With a tag of it, in the same conversation.
    try await main.set("one/two/three/four/five/8", to: "new", "Again")
    try await repository.tag(
      "new", at: try #require(try await main.head()).id, Info("A version"))
    let tagged = try await trips("git fetch")
    #expect(tagged < 10)
    let push = try await trips(
      "git merge -q origin/main && echo 1 > one/two/three/four/five/9 && "
        + "git commit -qam Mine && git push -q")
    #expect(push < 10)
    let checked = try await sandbox.shell(
      "git rev-parse HEAD 'new^{commit}' && git fsck --strict", in: "a")
    let head = try #require(try await main.head())
    let tag = try #require(checked.text.split(separator: "\n").dropFirst().first)
    #expect(checked.text.hasPrefix("\(head.id)\n"), "\(checked.text)")
    #expect(tag.count == head.id.hex.count)
    #expect(checked.status == 0)
    await repository.close()
    proxy.stop()
    server.stop()
  }

  /// A fetch of a long history does not ask for each commit or each level.
  @Test func manyCommits() async throws {
    let server = try await RedisServer.start()
    let proxy = try FaultyProxy(of: server)
    let repository = try await Repository.open(server.url)
    let main = repository.branch()
    try await main.set("a/b/c/d", to: "0", "Begin")
    let sandbox = try GitSandbox()
    let cloned = try await sandbox.shell("git clone -q 'irminsul::\(proxy.url)' a")
    #expect(cloned.status == 0, "\(cloned.text)")
    for number in 0..<500 {
      try await main.set(Path("a/b/c\(number % 9)/d"), to: "\(number)", "Write")
    }
    proxy.resetCounts()
    let ended = try await sandbox.shell(
      "git fetch -q && git rev-list --count origin/main && git fsck --strict", in: "a")
    #expect(ended.status == 0, "\(ended.text)")
    #expect(ended.text.hasPrefix("501\n"), "\(ended.text)")
    #expect(proxy.roundTripCount < 30)
    await repository.close()
    proxy.stop()
    server.stop()
  }
}
