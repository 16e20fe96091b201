import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Two stores that exchange what they have.
@Suite struct SyncTests {
  private func memory(_ items: String = "") async throws -> Repository {
    try await Repository.open("memory:\(items)")
  }

  private func commit(_ branch: Branch, _ path: String, _ value: String) async throws -> ObjectID {
    try #require(try await branch.set(Path(path), to: value, "Set \(path)").head)
  }

  private func refs(_ repository: Repository) async throws -> [String: ObjectID] {
    try await repository.refs()
  }

  @Test(arguments: StorePlace.allCases, ["", "layout=wide", "hash=sha256"])
  func aCloneHasEverything(_ place: StorePlace, _ kind: String) async throws {
    let source = try await memory(kind.isEmpty ? "" : "?\(kind)")
    let history = try await RandomHistory(source, 60, seed: 3)
    let head = try #require(history.commits.last)
    try await source.createBranch("main", at: head)
    let url: String
    switch place {
    case .memory: url = "memory:?\(kind)"
    case .redis:
      url = try await TestServers.shared.plain().url + "?name=\(TestServers.freshName())&\(kind)"
    }
    let copy = try await Repository.open(url)
    let result = try await copy.clone(from: source)
    #expect(result.refs.count == 62 && result.objects > 100)
    #expect(try await refs(copy) == refs(source))
    #expect(try await copy.verify { _ in }.faults == 0)
    let again = await #expect(throws: StoreError.self) { try await copy.clone(from: source) }
    guard case .branchExists? = again else {
      Issue.record("\(String(describing: again))")
      return
    }
    // Nothing is sent twice.
    let branch = source.branch("main")
    _ = try await commit(branch, "d/e/new", "x")
    let push = try await source.push("main", to: copy)
    // A blob, the trees above it and the commit.
    #expect(push.objects == 5 && push.refs.map(\.change) == [.fastForward])
    #expect(try await source.push("main", to: copy).objects == 0)
    await copy.close()
    await source.close()
  }

  @Test func oneNewCommitOnALongHistory() async throws {
    let (source, target) = (try await memory(), try await memory())
    let main = source.branch()
    for number in 0..<5000 {
      try await main.set(Path("d\(number % 10)/f\(number % 100)"), to: "\(number)", "Count")
    }
    #expect(try await source.push(to: target).objects == 20_000)
    let new = try await commit(main, "d3/f3", "new")
    let sent = try await source.push(to: target)
    #expect(sent.objects == 4)
    var bytes = 0
    for try await visit in source.walk(
      from: [new],
      cut: { visit in
        // What the new commit has and the one before it has not.
        try await self.isNew(visit.id, in: source) ? .none : .here
      })
    { bytes += try #require(try await source.object(visit.id)).bytes.count }
    #expect(sent.bytes == bytes)
    await source.close()
    await target.close()
  }

  private func isNew(_ id: ObjectID, in repository: Repository) async throws -> Bool {
    guard let object = try await repository.object(id) else { return false }
    if object.kind == .commit {
      return try await repository.commit(id).subject == "Set d3/f3"
    }
    var old: Set<ObjectID> = []
    let head = try #require(try await repository.branch().head())
    for try await visit in repository.walk(from: [try await repository.commit(head.parents[0]).tree]
    ) {
      old.insert(visit.id)
    }
    return !old.contains(id)
  }

  @Test func storesThatHaveMovedApart() async throws {
    let (one, two) = (try await memory(), try await memory())
    _ = try await commit(one.branch(), "a", "0")
    for number in 0..<50 { _ = try await commit(one.branch(), "n", "\(number)") }
    try await two.clone(from: one)
    let left = try await commit(one.branch(), "left", "1")
    for number in 0..<30 { _ = try await commit(two.branch(), "right", "\(number)") }
    // It would lose what only the other one has.
    let refused = await #expect(throws: StoreError.self) { try await one.push(to: two) }
    guard case .notFastForward("main", left)? = refused else {
      Issue.record("\(String(describing: refused))")
      return
    }
    let heads = try await one.fetch(from: two, tracking: "two")
    #expect(try await refs(one)["refs/remotes/two/main"] == heads["main"])
    #expect(try await one.branch().head()?.id == left)
    guard case .merged(let merge, _) = try await one.branch().pull(from: two) else {
      Issue.record("no merge")
      return
    }
    #expect(merge.parents == [left, heads["main"]])
    let pushed = try await one.push(to: two)
    #expect(pushed.refs.map(\.change) == [.fastForward])
    // The tree of both and the merge: the refused push has sent the rest.
    #expect(pushed.objects == 2)
    #expect(try await two.branch().head()?.id == merge.id)

    // The other store can merge, too.
    _ = try await commit(one.branch(), "left", "2")
    _ = try await commit(two.branch(), "right", "last")
    let merged = try await one.push("main", to: two, .merge)
    #expect(merged.refs.map(\.change) == [.merged])
    #expect(try await two.branch().get("left", as: String.self) == "2")
    #expect(try await two.branch().get("right", as: String.self) == "last")
    #expect(try await one.branch().pull(from: two).head == two.branch().head()?.id)

    // As if the local branch were a copy only.
    _ = try await commit(one.branch(), "left", "lost")
    _ = try await one.branch().pull(from: two, .set)
    #expect(try await one.branch().get("left", as: String.self) == "2")
    for repository in [one, two] {
      #expect(try await repository.verify { _ in }.faults == 0)
      await repository.close()
    }
  }

  @Test func rulesOfAPush() async throws {
    let (one, two) = (try await memory(), try await memory())
    let first = try await commit(one.branch(), "a", "1")
    let second = try await commit(one.branch(), "a", "2")
    try await one.createBranch("draft", at: first)
    let sent = try await one.push([Push("main"), Push("draft", as: "shared/draft")], to: two)
    #expect(sent.refs.map(\.name) == ["refs/heads/main", "refs/heads/shared/draft"])
    #expect(sent.refs.map(\.change) == [.created, .created])
    // Only what they lead to has been sent.
    let secret = try await commit(one.branch("secret"), "d", "of nobody else")
    try await one.push("main", to: two)
    #expect(try await two.object(secret) == nil)
    // One of several that is refused keeps all where they are.
    let other = try await commit(two.branch(), "b", "theirs")
    _ = try await commit(one.branch("draft"), "c", "3")
    let before = try await refs(two)
    await #expect(throws: StoreError.self) {
      try await one.push([Push("draft", as: "shared/draft"), Push("main")], to: two)
    }
    #expect(try await refs(two) == before)
    // A lease that does not hold.
    await #expect(throws: StoreError.self) {
      try await one.push("main", to: two, .forceWithLease(second))
    }
    #expect(try await refs(two) == before)
    let forced = try await one.push("main", to: two, .forceWithLease(other))
    #expect(forced.refs.map(\.change) == [.forced] && forced.refs.map(\.old) == [other])
    #expect(try await two.branch().head()?.id == second)
    await #expect(throws: StoreError.self) {
      try await one.push([.removal(of: "shared/draft", at: second)], to: two)
    }
    let removed = try await one.push([.removal(of: "shared/draft", at: first)], to: two)
    #expect(removed.refs.map(\.change) == [.removed])
    #expect(try await two.branches() == ["main"])
    for body: () async throws -> Void in [
      { try await one.push("none", to: two) }, { try await one.push("a..b", to: two) },
      { try await one.fetch(["none"], from: two) },
    ] {
      await #expect(throws: StoreError.self) { try await body() }
    }
    await one.close()
    await two.close()
  }

  @Test func storesOfOtherKindsAreRefused() async throws {
    let one = try await memory()
    _ = try await commit(one.branch(), "a", "1")
    let other = try await memory("?hash=sha256")
    let hash = await #expect(throws: StoreError.self) { try await one.push(to: other) }
    guard case .wrongHash? = hash else {
      Issue.record("\(String(describing: hash))")
      return
    }
    let wide = try await memory("?layout=wide")
    let layout = await #expect(throws: StoreError.self) { try await wide.fetch(from: one) }
    guard case .wrongLayout? = layout else {
      Issue.record("\(String(describing: layout))")
      return
    }
    for repository in [one, other, wide] { await repository.close() }
  }

  /// A backend of layers is a store as any other.
  @Test func aBackendOfItsOwn() async throws {
    let one = try await memory()
    let history = try await RandomHistory(one, 40, seed: 5)
    let copy = Repository(backend: DictionaryBackend())
    let head = try #require(history.commits.last)
    try await one.createBranch("main", at: head)
    try await one.push(to: copy)
    #expect(try await copy.branch().head()?.id == head)
    _ = try await commit(copy.branch(), "back", "1")
    guard case .fastForwarded = try await one.branch().pull(from: copy) else {
      Issue.record("no fast-forward")
      return
    }
    #expect(try await one.branch().get("back", as: String.self) == "1")
    await one.close()
  }

  /// Cut at every write: no ref has moved, what is there is complete, and it can be run again.
  @Test func anInterruptedTransferMovesNothing() async throws {
    let source = try await memory()
    let history = try await RandomHistory(source, 600, seed: 6)
    let refsOfAll = history.commits.count + 1
    #expect(try await refs(source).count == refsOfAll)
    var cuts = 0
    var isCut = true
    while isCut {
      let host = try FaultyHost()
      let target = try await Repository(host: host)
      for _ in 0..<cuts { host.add(.none, to: "put_objects") }
      host.add(.notSent, to: "put_objects")
      do {
        try await target.clone(from: source)
        isCut = false
      } catch is StoreError {
        cuts += 1
        #expect(try await refs(target).isEmpty)
        let faults = Faults()
        _ = try await target.verify { faults.add($0) }
        #expect(faults.all.isEmpty, "\(faults.all)")
        try await target.clone(from: source)
      }
      #expect(try await refs(target) == refs(source))
      #expect(try await target.verify { _ in }.faults == 0)
      await target.close()
    }
    #expect(cuts > 3)
    await source.close()
  }

  @Test func whatTheSourceLacksIsSaid() async throws {
    let host = try FaultyHost()
    let damaged = try await Repository(host: host)
    _ = try await commit(damaged.branch(), "a/b", "1")
    let blob = try #require(try await damaged.branch().entry("a/b")).id
    _ = try await host.memory.run(
      Command(arguments: ["HDEL", "{irminsul}:objects"].map { Bytes($0.utf8) } + [blob.bytes]))
    let target = try await memory()
    let error = await #expect(throws: StoreError.self) { try await damaged.push(to: target) }
    guard case .missingObject(blob, in: damaged.location)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try await refs(target).isEmpty)
    for repository in [damaged, target] { await repository.close() }
  }

  /// Both ends are written to all the time; afterwards nothing that was acknowledged is missing.
  @Test func besideManyWriters() async throws {
    let servers = [try await RedisServer.start(), try await RedisServer.start()]
    var stores: [Repository] = []
    for server in servers { stores.append(try await Repository.open(server.url)) }
    let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try await Repository.open("file:\(folder.path)/store?durability=normal")
    let (one, two) = (stores[0], stores[1])
    _ = try await commit(one.branch(), "begin", "1")
    try await two.clone(from: one)
    try await file.clone(from: one)

    let isDone = Locked(false)
    let syncs = try await withThrowingTaskGroup(of: Int.self) { group in
      for (name, store) in [("one", one), ("two", two)] {
        group.addTask {
          try await withThrowingTaskGroup(of: Void.self) { writers in
            for writer in 0..<64 {
              writers.addTask {
                for number in 0..<20 {
                  try await store.branch().set(
                    Path("\(name)/\(writer)/\(number)"), to: "\(number)", "Write")
                }
              }
            }
            try await writers.waitForAll()
          }
          return 0
        }
      }
      group.addTask {
        var count = 0
        while !isDone.withLock({ $0 }) {
          try await one.branch().pull(from: two)
          try await file.branch().pull(from: one)
          try await file.push("main", to: two, .merge)
          count += 1
        }
        return count
      }
      var ended = 0
      var syncs = 0
      while let count = try await group.next() {
        ended += 1
        syncs += count
        if ended == 2 { isDone.withLock { $0 = true } }
      }
      return syncs
    }
    #expect(syncs > 0)
    try await one.branch().pull(from: two)
    try await file.branch().pull(from: one)
    try await two.branch().pull(from: file)
    try await one.branch().pull(from: two)
    let heads = [
      try await one.branch().head()?.id, try await two.branch().head()?.id,
      try await file.branch().head()?.id,
    ]
    #expect(Set(heads).count == 1 && heads[0] != nil)
    for store in [one, two, file] {
      for name in ["one", "two"] {
        for writer in 0..<64 {
          let tree = try #require(try await store.branch().findTree(Path("\(name)/\(writer)")))
          #expect(try await tree.list().count == 20)
        }
      }
      #expect(try await store.verify { _ in }.faults == 0)
      await store.close()
    }
    for server in servers { server.stop() }
  }

  /// Of two large directories that differ in little, little is read and sent.
  @Test func largeDirectoriesThatDifferInLittle() async throws {
    let host = try FaultyHost()
    var options = Repository.Options()
    options.layout = .wide
    let source = try await Repository(host: host, options: options)
    let count = 100_000
    for start in stride(from: 0, to: count, by: 10_000) {
      try await source.branch().commit(
        (start..<start + 10_000).map { try .set(Path("d/name-\($0)"), "\($0 % 10)") }, "Fill")
    }
    let target = try await memory("?layout=wide")
    try await source.push(to: target)
    let base = try #require(try await source.branch().head()?.id)
    try await source.createBranch("side", at: base)
    try await source.branch("side").commit(
      (0..<10).map { try .set(Path("d/name-\($0 * 9973)"), "side") }, "Ten on the side")
    try await source.branch().commit(
      (0..<10).map { try .set(Path("d/name-\($0 * 9967 + 5)"), "main") }, "Ten")
    // Some four digits of 16 lead to a bucket.
    let most = 10 * 8
    /// How many objects are asked for, with nothing cached.
    func reading(_ body: (Repository) async throws -> Void) async throws -> Int {
      func count() -> Int {
        ["read_objects", "walk_commits", "trail", "find"].reduce(0) {
          $0 + host.arguments(of: $1)
        }
      }
      let before = count()
      try await body(Repository(host: host))
      return count() - before
    }
    var sent = 0
    let read = try await reading { sent = try await $0.push(to: target).objects }
    #expect(sent < most && sent > 20, "sent \(sent)")
    #expect(read < 4 * most, "read \(read)")
    let compared = try await reading {
      let head = try #require(try await $0.branch().head()?.id)
      #expect(try await $0.differences(at: .root, from: base, to: head).count == 10)
    }
    #expect(compared < 3 * most, "read \(compared)")
    let merged = try await reading { try await $0.branch().merge($0.branch("side")) }
    #expect(merged < 8 * most, "read \(merged)")
    #expect(try await source.branch().get("d/name-9973", as: String.self) == "side")
    #expect(try await source.branch().get("d/name-9972", as: String.self) == "main")
    await source.close()
    await target.close()
  }
}
