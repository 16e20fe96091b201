import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// What cannot be: git ends with a clear message and a status, and nothing has changed.
@Suite struct RefusalTests {
  private func withClone(
    _ url: String, _ body: (GitSandbox, Repository) async throws -> Void
  ) async throws {
    let sandbox = try GitSandbox()
    let repository = try await Repository.open(url)
    try await repository.branch().set("a/b", to: "1", "One")
    let cloned = try await sandbox.shell("git clone -q 'irminsul::\(url)' a && cat a/a/b")
    #expect(cloned.text == "1")
    try await body(sandbox, repository)
    await repository.close()
  }

  @Test func wrongPlaces() async throws {
    let sandbox = try GitSandbox()
    for (url, words) in [
      ("file:\(sandbox.root)/none", "there is no store \"irminsul\""),
      ("http://localhost/x", "it begins as no store's URL does"),
      ("redis://127.0.0.1:1", "cannot reach"), ("memory:", "there is no store"),
    ] {
      let ended = try await sandbox.shell("git clone 'irminsul::\(url)' x")
      #expect(ended.status == 128, "\(ended.text)")
      #expect(ended.text.contains(words), "\(ended.text)")
    }
  }

  @Test func settingsAreKeptFromGit() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, repository in
      try await repository.set(.denyNonFastForwards, to: "true")
      try await repository.set(.protected, to: "kept")
      let head = try #require(try await repository.branch().head()).id
      try await repository.createBranch("kept", at: head)
      let ended = try await sandbox.shell(
        "git commit -q --amend -m other; git push --force origin main; git push origin :kept",
        in: "a")
      #expect(ended.status == 1)
      #expect(ended.text.contains("[remote rejected] main -> main"), "\(ended.text)")
      #expect(ended.text.contains("receive.denyNonFastForwards forbids that"), "\(ended.text)")
      #expect(ended.text.contains("receive.protected forbids that"), "\(ended.text)")
      let after = try await repository.heads()
      #expect(after == ["main": head, "kept": head])
    }
  }

  @Test func anotherHash() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal&hash=sha256") { sandbox, _ in
      let ended = try await sandbox.shell(
        "git init -q --object-format=sha1 x; cd x; git commit -q --allow-empty -m x; "
          + "git push 'irminsul::file:\(folder.root)/store' main")
      #expect(ended.status != 0)
      #expect(ended.text.contains("sha256"), "\(ended.text)")
    }
  }

  @Test func wideDirectories() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal&layout=wide") { sandbox, _ in
      let ended = try await sandbox.shell(
        "git commit -q --allow-empty -m x; git push; git fetch", in: "a")
      #expect(ended.status == 0, "the fetch works")
      #expect(ended.text.contains("wide directories"), "\(ended.text)")
    }
  }

  @Test func whatIsNotOffered() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, _ in
      for (option, words) in [("--shallow-since=2020-01-01", "use --depth")] {
        let ended = try await sandbox.shell(
          "git clone \(option) 'irminsul::file:\(folder.root)/store' y")
        #expect(ended.status != 0)
        #expect(ended.text.contains(words), "\(ended.text)")
      }
      let ended = try await sandbox.shell(
        "git commit -q --allow-empty -m x; git push -o nonsense origin main", in: "a")
      #expect(ended.status != 0)
      #expect(ended.text.contains("rebase=server"), "\(ended.text)")
    }
  }

  @Test func aReaderClonesAndDoesNotPush() async throws {
    let server = try await RedisServer.start(
      RedisServer.Options(users: [
        "reader": "on >secret ~* +@read +@connection +info +evalsha +eval +script|load"
      ]))
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("a", to: "1", "One")
    let before = try await repository.refs()
    let sandbox = try GitSandbox()
    let ended = try await sandbox.shell(
      "git clone -q 'irminsul::\(server.url(user: "reader", password: "secret"))' a && cd a && "
        + "git commit -q --allow-empty -m x && git push")
    #expect(ended.status == 1)
    #expect(ended.text.contains("[remote rejected] main -> main"), "\(ended.text)")
    #expect(ended.text.contains("grant it with ACL SETUSER"), "\(ended.text)")
    let after = try await repository.refs()
    #expect(after == before)
    await repository.close()
    server.stop()
  }

  @Test func aFullServer() async throws {
    let server = try await RedisServer.start(RedisServer.Options(maximumMemory: "8mb"))
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("a", to: "1", "One")
    let before = try await repository.refs()
    let sandbox = try GitSandbox()
    let ended = try await sandbox.shell(
      "git clone -q 'irminsul::\(server.url)' a && cd a && head -c 12000000 /dev/urandom > big && "
        + "git add . && git commit -qm big && git push")
    #expect(ended.status == 1)
    #expect(ended.text.contains("[remote rejected] main -> main"), "\(ended.text)")
    let after = try await repository.refs()
    #expect(after == before)
    await repository.close()
    server.stop()
  }
}
