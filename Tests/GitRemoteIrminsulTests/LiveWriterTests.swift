import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Clones beside programs that commit.
@Suite struct LiveWriterTests {
  @Test func aPushIsMadeAnewOnWhatAProgramHasWritten() async throws {
    let sandbox = try GitSandbox()
    let url = "file:\(sandbox.root)/store?durability=normal"
    let repository = try await Repository.open(url)
    let main = repository.branch()
    try await main.set("a", to: "1", "One")
    try await main.set("b", to: "1", "Two")
    _ = try await sandbox.shell("git clone -q 'irminsul::\(url)' x")
    try await main.set("b", to: "program", "A program")
    let pushed = try await sandbox.shell(
      "echo mine > a; git commit -qam Mine; git push -q; git push -o rebase=server; echo \"-> $?\"; "
        + "git rev-parse origin/main; git diff --stat HEAD origin/main; git fsck --strict",
      in: "x")
    let head = try #require(try await main.head())
    #expect(pushed.text.contains("fetch first"), "\(pushed.text)")
    #expect(pushed.text.contains("-> 0\n\(head.id)\n b | 2 +-"), "\(pushed.text)")
    #expect(pushed.text.contains("refs/heads/main had moved"), "\(pushed.text)")
    #expect(head.subject == "Mine")
    let (mine, theirs) = (
      try await main.get("a", as: String.self), try await main.get("b", as: String.self)
    )
    #expect(mine == "mine\n")
    #expect(theirs == "program")
    // It is the pusher's commit still.
    #expect(head.author?.text == "A U Thor <author@example.org> 1700000000 +0000")
    #expect(head.committer?.name == "A U Thor")
    #expect(try #require(head.committer?.seconds) > 1_700_000_000)
    // Where both have changed the same, nothing is made.
    try await main.set("a", to: "program", "Again")
    let conflict = try await sandbox.shell(
      "git reset -q --hard origin/main; echo 2 > a; git commit -qam Mine2; "
        + "git push -o rebase=server",
      in: "x")
    #expect(conflict.status == 1)
    #expect(conflict.text.contains("what you changed has changed there, too: "), "\(conflict.text)")
    let after = try await main.get("a", as: String.self)
    #expect(after == "program")
    await repository.close()
  }

  /// Some commits come as they are, one after the other, also those that change no file, that move one or that put a folder
  /// in the place of a file; and all of them or none.
  @Test func severalCommitsAreMadeAnew() async throws {
    let sandbox = try GitSandbox()
    let url = "file:\(sandbox.root)/store?durability=normal"
    let repository = try await Repository.open(url)
    let main = repository.branch()
    try await main.commit([.set("a", "1"), .set("d/x", "1"), .set("e", "1")], "One")
    _ = try await sandbox.shell("git clone -q 'irminsul::\(url)' x")
    try await main.set("other", to: "program", "A program")
    let pushed = try await sandbox.shell(
      """
      echo 2 > a; git commit -qam two
      git commit -qm empty --allow-empty
      git mv d/x d/y; chmod +x d/y; git commit -qam moved
      echo 3 > a; ln -s a l; git add .; git commit -qm 'three

      with a body'
      git push -q -o rebase=server; echo "-> $?"
      git log --format=%s origin/main; git log -1 --format=%b origin/main; git ls-tree -r origin/main | cut -f1,4- | cut -c1-6
      git diff --stat HEAD origin/main; git fsck --strict
      """, in: "x")
    #expect(
      pushed.text.contains(
        "-> 0\nthree\nmoved\nempty\ntwo\nA program\nOne\nwith a body\n\n100644\n100755\n100644\n120000\n100644\n other | 1 +\n"
      ),
      "\(pushed.text)")
    // The last of two meets what has changed.
    try await main.set("e", to: "program", "Again")
    let before = try await main.head()
    let refused = try await sandbox.shell(
      "git reset -q --hard origin/main; echo 5 > n; git add .; git commit -qm five; "
        + "echo 6 > e; git commit -qam six; git push -o rebase=server", in: "x")
    #expect(refused.status == 1)
    #expect(refused.text.contains("what you changed has changed there, too: "), "\(refused.text)")
    #expect(try await main.head() == before)
    // What has come where a folder is to be is not lost.
    try await main.set("new", to: "precious", "A file")
    let inTheWay = try await sandbox.shell(
      "git reset -q --hard origin/main; mkdir new; echo 8 > new/x; git add .; git commit -qm eight; "
        + "git push -o rebase=server", in: "x")
    #expect(inTheWay.status == 1)
    #expect(
      inTheWay.text.contains("what you changed has changed there, too: new"), "\(inTheWay.text)")
    #expect(try await main.get("new", as: String.self) == "precious")
    // A folder for a file takes the longer way.
    let folder = try await sandbox.shell(
      "git reset -q --hard origin/main; rm a; mkdir a; echo 7 > a/b; git add .; git commit -qam seven; "
        + "git push -q -o rebase=server && git fsck --strict", in: "x")
    #expect(folder.status == 0, "\(folder.text)")
    let found = try await main.get("a/b", as: String.self)
    #expect(found == "7\n")
    #expect(try await main.head()?.committer?.name == "A U Thor")
    await repository.close()
  }

  /// A dry run says what would become of each branch, and changes nothing; of an atomic push no branch is made anew.
  @Test func aDryRunSaysWhatWouldBeMadeAnew() async throws {
    let sandbox = try GitSandbox()
    let url = "file:\(sandbox.root)/store?durability=normal"
    let repository = try await Repository.open(url)
    let main = repository.branch()
    try await main.commit([.set("a", "1"), .set("b", "1")], "One")
    let head = try #require(try await main.head()).id
    let side = try await repository.createBranch("side", at: head)
    let cloned = try await sandbox.shell(
      "git clone -q 'irminsul::\(url)' x && cd x && git checkout -q side && echo 2 > b && git commit -qam Side && "
        + "git checkout -q main && echo 2 > a && git commit -qam Mine && git rev-parse main side")
    let ids = cloned.text.split(separator: "\n").compactMap { ObjectID(hex: $0) }
    #expect(ids.count == 2, "\(cloned.text)")
    try await main.set("b", to: "program", "A program")
    try await side.set("b", to: "program", "A program")
    let before = try await repository.refs()
    let ended = try await sandbox.shell("git push -n -o rebase=server origin main side", in: "x")
    #expect(ended.status == 1)
    let there = try #require(try await main.head()).id.hex.prefix(10)
    #expect(
      ended.text.contains(
        "refs/heads/main has moved: the store would make your commits anew on \(there)."),
      "\(ended.text)")
    #expect(ended.text.contains("main -> main\n"), "\(ended.text)")
    #expect(
      ended.text.contains(
        "[remote rejected] side -> side (fetch first: what you changed has changed there, too: b)"),
      "\(ended.text)")
    for words in ["-n --atomic", "--atomic"] {
      let atomic = try await sandbox.shell(
        "git push \(words) -o rebase=server origin main side", in: "x")
      #expect(atomic.status == 1)
      #expect(!atomic.text.contains("anew"), "\(atomic.text)")
    }
    let after = try await repository.refs()
    #expect(after == before)
    // What the pushes would have brought is not there.
    for id in ids {
      await #expect(throws: StoreError.self) { try await repository.commit(id) }
    }
    let real = try await sandbox.shell("git push --atomic -o rebase=server origin main", in: "x")
    #expect(real.status == 0, "\(real.text)")
    #expect(try await main.get("a", as: String.self) == "2\n")
    await repository.close()
  }

  /// The network is cut within a reply and stays so, after ever more bytes, in pushes and in clones: no ref is at what is
  /// not there, and the same command succeeds afterwards.
  @Test func cutAnywhere() async throws {
    let server = try await RedisServer.start()
    let proxy = try FaultyProxy(of: server)
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("a", to: "1", "One")
    let sandbox = try GitSandbox()
    _ = try await sandbox.shell("git clone -q 'irminsul::\(proxy.url)' x")
    var failures = 0
    for bytes in stride(from: 100, to: 3000, by: 700) {
      let before = try #require(try await repository.branch().head()).id
      proxy.set(.closesAfterReplyBytes(bytes))
      let push = try await sandbox.shell(
        "echo \(bytes) > f\(bytes); git add .; git commit -qm \(bytes); timeout 20 git push -q",
        in: "x")
      proxy.set(.none)
      if push.status != 0 { failures += 1 }
      let after = try #require(try await repository.branch().head()).id
      let pushed = try await sandbox.shell("git rev-parse HEAD", in: "x")
      #expect(after == before || after.hex + "\n" == pushed.text)
      let again = try await sandbox.shell("git push -q", in: "x")
      #expect(again.status == 0, "\(again.text)")
      proxy.set(.closesAfterReplyBytes(bytes))
      let clone = try await sandbox.shell(
        "timeout 20 git clone -q 'irminsul::\(proxy.url)' y\(bytes)")
      proxy.set(.none)
      if clone.status != 0 { failures += 1 }
      let whole = try await sandbox.shell(
        "[ -d y\(bytes) ] || git clone -q 'irminsul::\(proxy.url)' y\(bytes); git -C y\(bytes) fsck --strict"
      )
      #expect(whole.status == 0, "\(whole.text)")
    }
    #expect(failures > 2)
    let verification = try await repository.verify { _ in }
    #expect(verification.faults == 0)
    await repository.close()
    proxy.stop()
    server.stop()
  }
}
