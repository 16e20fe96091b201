import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting
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
    let made = try await sandbox.shell(
      "git init -q here && cd here && git commit -q --allow-empty -m x")
    #expect(made.status == 0)
    for (url, words) in [
      ("file:\(sandbox.root)/none", "there is no store \"irminsul\""),
      ("http://localhost/x", "it begins as no store's URL does"),
      ("redis://127.0.0.1:1", "cannot reach"), ("memory:", "there is no store"),
      ("redis+unix://\(sandbox.root)/none", "No such file or directory"),
      ("redis://none.invalid", "cannot reach"),
      ("redis://127.0.0.1:x", "the port of the Redis URL must be a number"),
    ] {
      for command in ["clone U x", "-C here fetch U", "-C here push U main", "ls-remote U"] {
        let ended = try await sandbox.shell(
          "git \(command.replacing("U", with: "'irminsul::\(url)'"))")
        #expect(ended.status == 128, "\(url), \(command): \(ended.text)")
        #expect(ended.text.contains("fatal: "), "\(ended.text)")
        #expect(ended.text.contains(words), "\(url): \(ended.text)")
      }
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.root).sorted()
    #expect(names == ["here", "home", "tmp"])
  }

  @Test func wrongPasswordsAndNoRights() async throws {
    let server = try await RedisServer.start(
      RedisServer.Options(
        password: "right",
        users: ["none": "on >secret ~* +@connection", "other": "on >secret ~other* +@all"]))
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("a", to: "1", "One")
    let before = try await repository.refs()
    let sandbox = try GitSandbox()
    let made = try await sandbox.shell(
      "git init -q here && cd here && git commit -q --allow-empty -m x")
    #expect(made.status == 0)
    for (user, password, words) in [
      (nil, "wrong", "password is wrong"), ("nobody", "secret", "password is wrong"),
      ("none", "secret", "grant it with ACL SETUSER"),
      ("other", "secret", "grant it with ACL SETUSER"), (nil, nil, "NOAUTH"),
    ] as [(String?, String?, String)] {
      let url = server.url(user: user, password: password)
      for command in ["clone U x", "-C here fetch U", "-C here push U main:new"] {
        let ended = try await sandbox.shell(
          "git \(command.replacing("U", with: "'irminsul::\(url)'"))")
        #expect(ended.status == 128, "\(user ?? ""), \(command): \(ended.text)")
        #expect(ended.text.contains(words), "\(user ?? ""): \(ended.text)")
        // git itself shows the URL that it was given on the command line.
        #expect(!ended.text.split(separator: "fatal:").dropFirst().joined().contains("secret@"))
      }
    }
    let after = try await repository.refs()
    #expect(after == before)
    await repository.close()
    server.stop()
  }

  @Test func settingsAreKeptFromGit() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, repository in
      try await repository.set(.denyNonFastForwards, to: "true")
      try await repository.set(.protected, to: "kept")
      let head = try #require(try await repository.branch().head()).id
      try await repository.createBranch("kept", at: head)
      try await repository.createBranch("gone", at: head)
      let ended = try await sandbox.shell(
        "git commit -q --amend -m other; git push --force origin main; git push origin :kept",
        in: "a")
      #expect(ended.status == 1)
      #expect(ended.text.contains("[remote rejected] main -> main"), "\(ended.text)")
      #expect(ended.text.contains("receive.denyNonFastForwards forbids that"), "\(ended.text)")
      #expect(ended.text.contains("receive.protected forbids that"), "\(ended.text)")
      try await repository.set(.denyDeletes, to: "true")
      let deleted = try await sandbox.shell("git push origin :gone", in: "a")
      #expect(deleted.status == 1)
      #expect(deleted.text.contains("[remote rejected] gone"), "\(deleted.text)")
      #expect(deleted.text.contains("receive.denyDeletes forbids that"), "\(deleted.text)")
      let after = try await repository.heads()
      #expect(after == ["main": head, "kept": head, "gone": head])
    }
  }

  @Test func anotherHash() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal&hash=sha256") { sandbox, _ in
      let ended = try await sandbox.shell(
        "git init -q --object-format=sha1 x; cd x; git commit -q --allow-empty -m x; "
          + "git push 'irminsul::file:\(folder.root)/store' main")
      #expect(ended.status != 0)
      #expect(ended.text.contains("irminsul init --hash sha1"), "\(ended.text)")
      for command in ["fetch 'irminsul::file:\(folder.root)/store'", "pull origin main"] {
        let fetched = try await sandbox.shell(
          "git config remote.origin.url 'irminsul::file:\(folder.root)/store'; git \(command)",
          in: "x")
        #expect(fetched.status != 0)
        #expect(fetched.text.contains("git init --object-format=sha256"), "\(fetched.text)")
      }
    }
  }

  @Test func anIdThatTheStoreHasNot() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, _ in
      let id = String(repeating: "1", count: 40)
      for command in ["fetch origin \(id)", "fetch --depth 1 origin \(id) main"] {
        let ended = try await sandbox.shell("git \(command)", in: "a")
        #expect(ended.status == 128)
        #expect(ended.text.contains("fatal: remote error: not our ref \(id)"), "\(ended.text)")
        #expect(!ended.text.contains("damaged"), "\(ended.text)")
      }
      // One that no ref leads to, but that is there, is given.
      let found = try await sandbox.shell(
        "git fetch -q origin $(git rev-parse HEAD:a/b) && git fsck --strict", in: "a")
      #expect(found.status == 0, "\(found.text)")
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
    #expect(ended.text.contains("maxmemory"), "\(ended.text)")
    let after = try await repository.refs()
    #expect(after == before)
    // Full as it is, it can be cloned.
    try server.command("CONFIG", "SET", "maxmemory", "1")
    let cloned = try await sandbox.shell(
      "git clone -q 'irminsul::\(server.url)' b && cat b/a && git -C b fsck --strict")
    #expect(cloned.status == 0, "\(cloned.text)")
    #expect(cloned.text == "1", "\(cloned.text)")
    await repository.close()
    server.stop()
  }

  @Test func aQuota() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, repository in
      try await repository.set(.quotaObjects, to: "6")
      let before = try await repository.refs()
      let ended = try await sandbox.shell(
        "for n in 1 2 3 4 5; do echo $n > $n; done; git add .; git commit -qm x; git push", in: "a")
      #expect(ended.status == 1)
      #expect(ended.text.contains("[remote rejected] main -> main"), "\(ended.text)")
      #expect(ended.text.contains("quota.objects"), "\(ended.text)")
      let after = try await repository.refs()
      #expect(after == before)
    }
  }

  // MARK: Damage

  /// Runs a script with an id, given in hexadecimal, in `id`, and the store's keys in `objects` and `refs`.
  private func tamper(_ server: RedisServer, _ lines: String, _ hex: String = "") throws {
    let answer = try server.command(
      "EVAL",
      """
      local id = string.gsub(ARGV[1], '..', function(two) return string.char(tonumber(two, 16)) end)
      local objects, refs = KEYS[1], KEYS[2]
      \(lines)
      """, "2", "{irminsul}:objects", "{irminsul}:refs", hex)
    #expect(!answer.hasPrefix("-"), "\(answer)")
  }

  @Test(arguments: ["HEAD", "HEAD^{tree}", "HEAD:f"], ["gone", "other", "junk"])
  func aDamagedStore(_ object: String, _ damage: String) async throws {
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("f", to: "1", "One")
    let sandbox = try GitSandbox()
    let made = try await sandbox.shell(
      "git clone -q 'irminsul::\(server.url)' old && git clone -q 'irminsul::\(server.url)' new && "
        + "cd new && echo 2 > f && git commit -qam Two && git push -q && git rev-parse '\(object)'")
    let hex = made.text.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(made.status == 0, "\(made.text)")
    switch damage {
    case "gone": try tamper(server, "redis.call('HDEL', objects, id)", hex)
    case "other": try tamper(server, "redis.call('HSET', objects, id, 'blob 1\\0x')", hex)
    default: try tamper(server, "redis.call('HSET', objects, id, 'junk')", hex)
    }
    for (command, folder) in [
      ("git clone 'irminsul::\(server.url)' c", ""), ("git fetch", "old"), ("git pull", "old"),
    ] {
      let ended = try await sandbox.shell(command, in: folder)
      #expect(ended.status != 0, "\(command): \(ended.text)")
      #expect(ended.text.contains("fatal: "), "\(ended.text)")
      #expect(ended.text.contains(hex), "\(command): \(ended.text)")
      #expect(ended.text.contains("verify"), "\(command): \(ended.text)")
    }
    let kept = try await sandbox.shell(
      "[ ! -d c ] && git -C old rev-parse HEAD origin/main && git -C old fsck --strict")
    #expect(kept.status == 0, "\(kept.text)")
    let lines = kept.text.split(separator: "\n")
    #expect(lines.count == 2 && lines[0] == lines[1], "\(kept.text)")
    await repository.close()
    server.stop()
  }

  @Test(arguments: [
    "rm -f $F", "chmod +w $F; echo junk > $F",
    "git repack -qad; P=$(echo .git/objects/pack/*.pack); chmod +w $P; "
      + "printf 'junkjunkjunk' | dd of=$P bs=1 seek=200 conv=notrunc 2>/dev/null",
  ])
  func aDamagedRepository(_ damage: String) async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, repository in
      let before = try await repository.refs()
      let ended = try await sandbox.shell(
        """
        head -c 2000 /dev/urandom > f; git add .; git commit -qm Two
        ID=$(git rev-parse HEAD:f); F=.git/objects/$(echo $ID | sed 's|^..|&/|')
        \(damage)
        git push
        """, in: "a")
      #expect(ended.status != 0, "\(ended.text)")
      // git itself looks into the pack first.
      let isRefused = ended.text.contains("[remote rejected] main -> main")
      let isNamed = ended.text.contains("git fsck") || ended.text.contains("is corrupt")
      #expect(isRefused || damage.contains("pack"), "\(ended.text)")
      #expect(isNamed, "\(ended.text)")
      let after = try await repository.refs()
      #expect(after == before)
      let summary = try await repository.verify { Issue.record("\($0)") }
      #expect(summary.faults == 0)
    }
  }

  @Test(arguments: ["foo..bar", "x.lock", "a@{b", "two words", "line\nend", "a~1"])
  func namesThatGitForbids(_ name: String) async throws {
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("f", to: "1", "One")
    let sandbox = try GitSandbox()
    let cloned = try await sandbox.shell("git clone -q 'irminsul::\(server.url)' old")
    #expect(cloned.status == 0, "\(cloned.text)")
    try tamper(
      server,
      """
      redis.call('HSET', refs, 'refs/heads/' .. id, redis.call('HGET', refs, 'refs/heads/main'))
      redis.call('HINCRBY', refs, 'refs/heads/', 1)
      """, name.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
    for (command, folder) in [
      ("git clone 'irminsul::\(server.url)' c", ""), ("git fetch", "old"),
      ("git commit -q --allow-empty -m x; git push", "old"),
    ] {
      let ended = try await sandbox.shell(command, in: folder)
      #expect(ended.status == 128, "\(command): \(ended.text)")
      #expect(ended.text.contains("fatal: ref \"refs/heads/\(name.prefix(4))"), "\(ended.text)")
      #expect(ended.text.contains("says git; Remove it: irminsul branch --delete"), "\(ended.text)")
    }
    // The remedy helps.
    try await repository.deleteBranch(name)
    let ended = try await sandbox.shell("git push -q && git fetch && git fsck --strict", in: "old")
    #expect(ended.status == 0, "\(ended.text)")
    let summary = try await repository.verify { Issue.record("\($0)") }
    #expect(summary.faults == 0)
    await repository.close()
    server.stop()
  }

  /// Names of refs are bytes to git; the store wants UTF-8, and the others are pushed nevertheless.
  @Test func namesThatAreNotText() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, repository in
      let made = try await sandbox.shell(
        "git branch good; git update-ref \"$(printf 'refs/heads/b\\377d')\" HEAD; "
          + "git push --atomic origin 'refs/heads/*:refs/heads/*'", in: "a")
      #expect(made.status == 1, "\(made.text)")
      #expect(try await repository.branches() == ["main"])
      for words in ["", "-n", "--mirror"] {
        let refs = words == "--mirror" ? "" : "'refs/heads/*:refs/heads/*'"
        let ended = try await sandbox.shell("git push \(words) origin \(refs)", in: "a")
        #expect(ended.status == 1)
        #expect(
          ended.text.contains(
            "[remote rejected] b\u{FFFD}d -> b\u{FFFD}d (a ref's name must be UTF-8 here)"),
          "\(ended.text)")
        let isNew = words.isEmpty
        #expect(ended.text.contains("[new branch]      good -> good") == isNew, "\(ended.text)")
        let names = try await repository.branches()
        #expect(names == ["good", "main"])
      }
      let named = try await sandbox.shell(
        "git push origin \"$(printf 'refs/heads/b\\377d')\":refs/heads/bad HEAD:refs/heads/other",
        in: "a")
      #expect(named.status == 1)
      #expect(try await repository.branches() == ["good", "main", "other"], "\(named.text)")
    }
  }

  /// What another program has left among the refs is named, and is in nobody's way.
  @Test func whatIsNoRef() async throws {
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("f", to: "1", "One")
    let sandbox = try GitSandbox()
    let cloned = try await sandbox.shell("git clone -q 'irminsul::\(server.url)' old")
    #expect(cloned.status == 0, "\(cloned.text)")
    try tamper(
      server,
      """
      local main = redis.call('HGET', refs, 'refs/heads/main')
      redis.call('HSET', refs, 'note', 'hello', 'refs/heads/b\\255', main, 'other/ref',
        string.sub(main, 1, 20))
      """)
    let warnings = [
      "warning: ignoring broken ref note: it holds no id",
      "warning: ignoring broken ref refs/heads/b\u{FFFD}: it has a name that is not UTF-8",
      "warning: ignoring broken ref other/ref: it does not start with \"refs/\"",
    ]
    for (command, folder) in [
      ("git clone 'irminsul::\(server.url)' c && cat c/f", ""), ("git fetch --prune", "old"),
      ("git commit -q --allow-empty -m x; git push", "old"),
    ] {
      let ended = try await sandbox.shell(command, in: folder)
      #expect(ended.status == 0, "\(command): \(ended.text)")
      for warning in warnings { #expect(ended.text.contains(warning), "\(ended.text)") }
    }
    let faults = Locked<[Fault]>([])
    _ = try await repository.verify { fault in faults.withLock { $0.append(fault) } }
    let named = faults.withLock { $0.filter { $0.what == .badRef }.compactMap(\.ref).sorted() }
    #expect(named == ["note", "other/ref", "refs/heads/b\u{FFFD}"])
    try tamper(
      server,
      "redis.call('HDEL', refs, 'note', 'refs/heads/b\\255', 'other/ref')")
    let ended = try await sandbox.shell("git fetch && git fsck --strict", in: "old")
    #expect(!ended.text.contains("warning"), "\(ended.text)")
    let summary = try await repository.verify { Issue.record("\($0)") }
    #expect(summary.faults == 0)
    await repository.close()
    server.stop()
  }

  /// A fetch that prunes would take it for deleted.
  @Test func aRefThatHasLostItsID() async throws {
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    try await repository.branch().set("f", to: "1", "One")
    let sandbox = try GitSandbox()
    let cloned = try await sandbox.shell("git clone -q 'irminsul::\(server.url)' a")
    #expect(cloned.status == 0, "\(cloned.text)")
    let made = try await sandbox.shell(
      "git push origin HEAD:odd && git rev-parse refs/remotes/origin/odd", in: "a")
    #expect(made.status == 0, "\(made.text)")
    try tamper(server, "redis.call('HSET', refs, 'refs/heads/odd', 'junk')")
    for command in [
      "git fetch --prune", "git fetch origin main",
      "git clone -q $(git remote get-url origin) ../b",
    ] {
      let ended = try await sandbox.shell(command, in: "a")
      #expect(ended.status != 0, "\(command): \(ended.text)")
      #expect(ended.text.contains("refs/heads/odd\" holds no id"), "\(ended.text)")
    }
    let kept = try await sandbox.shell("git rev-parse refs/remotes/origin/odd", in: "a")
    #expect(kept.status == 0, "\(kept.text)")
    // Others can be pushed meanwhile, and it goes as the message says.
    let pushed = try await sandbox.shell("git push origin HEAD:other", in: "a")
    #expect(pushed.status == 0, "\(pushed.text)")
    #expect(pushed.text.contains("warning: ignoring broken ref refs/heads/odd: it holds no id"))
    for value in ["'junk'", "''"] {
      try tamper(server, "redis.call('HSET', refs, 'refs/heads/odd', \(value))")
      let removed = try await sandbox.shell("git push --delete origin refs/heads/odd", in: "a")
      #expect(removed.status == 0, "\(removed.text)")
      #expect(try await repository.branches() == ["main", "other"])
      let inFolder = try await sandbox.shell("git push origin HEAD:d/odd", in: "a")
      #expect(inFolder.status == 0, "\(inFolder.text)")
      try tamper(server, "redis.call('HSET', refs, 'refs/heads/d/odd', \(value))")
      try await repository.deleteBranch("d/odd")
      #expect(try await repository.branches() == ["main", "other"])
      let made = try await sandbox.shell("git push -q origin HEAD:odd HEAD:d/e", in: "a")
      #expect(made.status == 0, "\(made.text)")
      try tamper(server, "redis.call('HSET', refs, 'refs/heads/d/e', \(value))")
      let mended = try await sandbox.shell("git push origin HEAD:d/e && git fetch --prune", in: "a")
      #expect(mended.status == 0, "\(mended.text)")
      let gone = try await sandbox.shell(
        "git push origin :d/e && git push origin HEAD:d && git push origin :d", in: "a")
      #expect(gone.status == 0, "\(gone.text)")
      let summary = try await repository.verify { Issue.record("\($0)") }
      #expect(summary.faults == 0)
    }
    await #expect(throws: StoreError.self) { try await repository.deleteBranch("nothing") }
    await repository.close()
    server.stop()
  }

  /// While garbage is collected an object is in one of two places, and moves from one to the other.
  @Test func aCloneOfWhatACollectionHasMoved() async throws {
    let server = try await RedisServer.start()
    let repository = try await Repository.open(server.url)
    let sandbox = try GitSandbox()
    let made = try await sandbox.shell(
      """
      git init -q a; cd a; seq 1500 | split -l 1 -a 4 - f; head -c 3000000 /dev/zero > large
      git add .; git commit -qm One; git push -q 'irminsul::\(server.url)' HEAD:main; git rev-parse HEAD:faaaa
      """)
    #expect(made.status == 0, "\(made.text)")
    try tamper(
      server,
      """
      for at, id in ipairs(redis.call('HKEYS', objects)) do
        if at % 3 > 0 then redis.call('HSET', '{irminsul}:survivors', id, redis.call('HGET', objects, id)) end
        if at % 3 == 1 then redis.call('HSET', objects, id, '') end
        if at % 3 == 2 then redis.call('HDEL', objects, id) end
      end
      """)
    let cloned = try await sandbox.shell(
      "git clone -q 'irminsul::\(server.url)' b && cd b && git fsck --strict --full && diff -r -x .git . ../a && ls | wc -l"
    )
    #expect(cloned.status == 0, "\(cloned.text)")
    #expect(cloned.text.contains("1501"), "\(cloned.text)")
    let hex = made.text.trimmingCharacters(in: .whitespacesAndNewlines)
    try tamper(
      server, "redis.call('HDEL', objects, id) redis.call('HDEL', '{irminsul}:survivors', id)", hex)
    let refused = try await sandbox.shell("git clone -q 'irminsul::\(server.url)' c")
    #expect(refused.status == 128, "\(refused.text)")
    #expect(refused.text.contains(hex), "\(refused.text)")
    await repository.close()
    server.stop()
  }

  @Test func aPushToANameThatGitForbids() async throws {
    let folder = try GitSandbox()
    try await withClone("file:\(folder.root)/store?durability=normal") { sandbox, repository in
      let before = try await repository.refs()
      for name in ["refs/heads/foo..bar", "refs/heads/x.lock", "refs/heads/a@{b", "main/x"] {
        let ended = try await sandbox.shell("git push origin 'HEAD:\(name)'", in: "a")
        #expect(ended.status != 0, "\(ended.text)")
      }
      let clash = try await sandbox.shell("git push origin HEAD:refs/heads/main/x", in: "a")
      #expect(clash.status == 1)
      #expect(clash.text.contains("[remote rejected] HEAD -> main/x"), "\(clash.text)")
      let after = try await repository.refs()
      #expect(after == before)
    }
  }
}
