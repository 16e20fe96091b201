import EmbeddedRedis
import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Histories are cut beside everything else, and nothing that anybody needs vanishes.
@Suite struct RetentionTests {
  /// Something that is done while histories are cut.
  struct Operation: Sendable, CustomTestStringConvertible {
    let name: String
    var layout = DirectoryLayout.git
    var algorithm = HashAlgorithm.sha1
    /// Whether what it needs may be cut off before: then it must say so.
    var usesOld = false
    let run: @Sendable (Repository, [ObjectID]) async throws -> Void
    let holds: @Sendable (Repository, [ObjectID]) async throws -> Bool

    var testDescription: String { name }
  }

  static let operations: [Operation] = [
    Operation(
      name: "a commit",
      run: { store, _ in try await store.branch().set("new", to: "new", "New") },
      holds: { store, _ in try await store.branch().find("new", as: String.self) == "new" }),
    Operation(
      name: "a commit in wide directories that the client makes", layout: .wide,
      algorithm: .sha256,
      run: { store, _ in try await store.branch().set("new", to: "new", "New") },
      holds: { store, _ in try await store.branch().find("new", as: String.self) == "new" }),
    Operation(
      name: "a branch at an old commit", usesOld: true,
      run: { store, ids in try await store.createBranch("old", at: ids[1]) },
      holds: { store, ids in try await store.branch("old").log().first?.id == ids[1] }),
    Operation(
      name: "a reset to an old commit", usesOld: true,
      run: { store, ids in try await store.branch().setHead(ids[1]) },
      holds: { store, ids in try await store.branch().log().first?.id == ids[1] }),
    Operation(
      name: "a merge of an old branch into a newer one", usesOld: true,
      run: { store, _ in try await store.branch().merge(store.branch("side"), "Merge") },
      holds: { store, _ in try await store.branch().find("side", as: String.self) == "side" }),
    Operation(
      name: "a commit whose parents are old", usesOld: true,
      run: { store, ids in
        let head = try #require(try await store.branch().head()).id
        try await store.branch().commit(
          [.set("again", "1")], "Again", parents: [head, ids[2]])
      }, holds: { store, _ in try await store.branch().find("again", as: String.self) == "1" }),
    Operation(
      name: "a renamed branch",
      run: { store, _ in try await store.renameBranch("side", to: "renamed") },
      holds: { store, _ in
        try await store.branch("renamed").find("side", as: String.self) == "side"
      }),
    Operation(
      name: "a push of an old branch from a whole copy",
      run: { store, ids in
        let other = try await Repository.open("memory:")
        for number in 0..<8 { try await Self.commit(other.branch(), number) }
        try await other.createBranch("theirs", at: ids[1])
        try await other.branch("theirs").set("theirs", to: "theirs", "Theirs")
        try await other.push("theirs", to: store)
      },
      holds: { store, _ in
        try await store.branch("theirs").find("theirs", as: String.self) == "theirs"
      }),
    Operation(
      name: "a clone",
      run: { store, ids in
        let copy = try await Repository.open("memory:")
        try await copy.clone(from: store)
        let summary = try await copy.verify { Issue.record("\($0)") }
        #expect(summary.incompleteObjects == 0)
        let head = try await copy.branch().head()?.id
        #expect(head == ids[7])
      }, holds: { _, _ in true }),
  ]

  /// The same commits with the same ids, wherever they are made.
  private static func commit(_ branch: Branch, _ number: Int) async throws {
    let date = Timestamp(seconds: 1_700_000_000 + Int64(number) * 60)
    try await branch.commit(
      [.set("f\(number % 3)", "\(number)")],
      Info("\(number)", author: Person("A", "a@example.org"), date: date))
  }

  private func fill(_ host: any ScriptHost, _ operation: Operation) async throws -> [ObjectID] {
    var options = Repository.Options()
    options.cacheSize = 0
    options.layout = operation.layout
    options.hash = operation.algorithm
    let store = try await Repository(host: host, options: options)
    var ids: [ObjectID] = []
    for number in 0..<8 {
      try await Self.commit(store.branch(), number)
      ids.append(try #require(try await store.branch().head()).id)
    }
    try await store.createBranch("side", at: ids[2])
    try await store.branch("side").set("side", to: "side", "Side")
    try await store.set(.retentionCommits, to: "2")
    return ids
  }

  private static func cut(_ host: any ScriptHost) async {
    do {
      let store = try await Repository(host: host)
      // Where an operation holds a lease that is stopped in the middle, the end would never come.
      let task = Task {
        try await store.collectGarbage(options) { report in
          if [.waiting, .held].contains(report.phase) { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      _ = try await task.value
    } catch is CancellationError {
    } catch {
      Issue.record(error)
    }
  }

  private static var options: CollectionOptions {
    var options = CollectionOptions()
    options.grace = .zero
    options.reflog = .zero
    options.step = 20
    options.share = 1
    return options
  }

  private func check(
    _ host: any ScriptHost, _ operation: Operation, _ ids: [ObjectID], isDone: Bool, _ note: String
  ) async throws {
    let store = try await Repository(host: host)
    let faults = Locked<[String]>([])
    let summary = try await store.verify { fault in faults.withLock { $0.append("\(fault)") } }
    #expect(faults.withLock { $0 } == [], "\(operation.name), \(note)")
    #expect(summary.incompleteObjects == 0, "\(operation.name), \(note)")
    let values = try await store.branch("main").find("f1", as: String.self)
    #expect(values == (operation.name.contains("reset") && isDone ? "1" : "7"), "\(note)")
    if isDone {
      let holds = try await operation.holds(store, ids)
      #expect(holds, "\(operation.name), \(note)")
    }
    // A walk ends at a boundary, never in a hole.
    for head in try await store.heads().values {
      for try await commit in store.log(from: head) { _ = commit }
    }
  }

  private func run(
    _ operation: Operation, _ store: Repository, _ ids: [ObjectID], _ note: String
  ) async -> Bool {
    do {
      try await operation.run(store, ids)
      return true
    } catch StoreError.missingObject where operation.usesOld {
    } catch StoreError.historyCut where operation.usesOld {
    } catch {
      Issue.record(error, "\(operation.name), \(note)")
    }
    return false
  }

  /// A whole cut before each call of an operation.
  @Test(arguments: operations)
  func aCutInsideAnOperation(_ operation: Operation) async throws {
    let dry = try EmbeddedHost(storage: .memory)
    let counting = HookedHost(dry)
    let ids = try await fill(dry, operation)
    let plain = try await Repository(host: counting)
    counting.before(nil) {}
    try await operation.run(plain, ids)
    let calls = counting.calls
    await dry.close()
    for place in 0...calls {
      let base = try EmbeddedHost(storage: .memory)
      let host = HookedHost(base)
      let ids = try await fill(base, operation)
      let store = try await Repository(host: host)
      host.before(place) { await Self.cut(base) }
      let note = "a cut before call \(place) of \(calls)"
      let isDone = await run(operation, store, ids, note)
      host.before(nil) {}
      try await check(base, operation, ids, isDone: isDone, note)
      for _ in 0..<2 { await Self.cut(base) }
      try await check(base, operation, ids, isDone: isDone, "\(note), and two more")
      await base.close()
    }
  }

  /// Each operation, and a second cut, before each call of a cut.
  @Test(arguments: operations)
  func anOperationInsideACut(_ operation: Operation) async throws {
    let dry = try EmbeddedHost(storage: .memory)
    let counting = HookedHost(dry)
    _ = try await fill(dry, operation)
    counting.before(nil) {}
    await Self.cut(counting)
    let calls = counting.calls
    await dry.close()
    for place in 0...calls {
      let base = try EmbeddedHost(storage: .memory)
      let host = HookedHost(base)
      let ids = try await fill(base, operation)
      let note = "before call \(place) of \(calls) of a cut"
      let done = Locked(false)
      host.before(place) {
        guard let store = try? await Repository(host: base) else { return }
        let isDone = await run(operation, store, ids, note)
        done.withLock { $0 = isDone }
        if place % 2 == 1 { await Self.cut(base) }
      }
      await Self.cut(host)
      host.before(nil) {}
      let isDone = done.withLock { $0 }
      try await check(base, operation, ids, isDone: isDone, note)
      await Self.cut(base)
      try await check(base, operation, ids, isDone: isDone, "\(note), and one more")
      await base.close()
    }
  }

  private static let plain = Operation(
    name: "nothing", run: { _, _ in }, holds: { _, _ in true })

  @Test func aParentThatIsMissingElsewhereIsDamage() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let ids = try await fill(host, Self.plain)
    await Self.cut(host)
    let store = try await Repository(host: host)
    let boundary = try await store.boundary()
    #expect(boundary.contains(ids[6]))
    var summary = try await store.verify { Issue.record("\($0)") }
    #expect(summary.faults == 0)
    // Without the record of the cut it is a hole.
    _ = try await host.run(
      Command(arguments: [
        Bytes("SREM".utf8), Bytes("{irminsul}:shallow".utf8), ids[6].bytes,
      ]))
    let faults = Locked<[String]>([])
    summary = try await store.verify { fault in faults.withLock { $0.append(fault.kind) } }
    #expect(faults.withLock { $0 } == ["missing-object"])
    await #expect(throws: StoreError.self) { try await store.branch().log() }
    await host.close()
  }

  /// By the server, by the client, and of several branches.
  @Test(arguments: [HashAlgorithm.sha1, .sha256])
  func aCommitThatWasMadeAndIsGoneIsNotMadeAgain(_ algorithm: HashAlgorithm) async throws {
    let host = try EmbeddedHost(storage: .memory)
    var operation = Self.plain
    operation.algorithm = algorithm
    _ = try await fill(host, operation)
    let store = try await Repository(host: host)
    let token = try await store.makeToken()
    let both = try await store.makeToken()
    let made = try await store.branch().commit([.set("once", "1")], "Once", token: token).head
    let commits = try ["main", "side"].map { BranchCommit($0, [try .set("both", "1")], "Both") }
    let second = try await store.commit(commits, token: both)
    for number in 8..<12 { try await Self.commit(store.branch(), number) }
    let heads = try await store.heads()
    await Self.cut(host)
    // Another process, which has none of it at hand.
    let other = try await Repository(host: host)
    do {
      try await other.branch().commit([.set("once", "1")], "Once", token: token)
      Issue.record("it was answered")
    } catch StoreError.commitRemoved(let id, _) {
      #expect(id == made)
    }
    do {
      try await other.commit(commits, token: both)
      Issue.record("it was answered")
    } catch StoreError.commitRemoved(let id, _) {
      #expect(second.map(\.head).contains(id))
    }
    #expect(try await other.heads() == heads)
    await host.close()
  }

  @Test func aWalkThatIsUnderWayIsTold() async throws {
    let host = try EmbeddedHost(storage: .memory)
    var options = Repository.Options()
    options.cacheSize = 0
    let store = try await Repository(host: host, options: options)
    for number in 0..<300 { try await Self.commit(store.branch(), number) }
    try await store.set(.retentionCommits, to: "10")
    let head = try #require(try await store.branch().head())
    var walk = store.log(from: head.id).makeAsyncIterator()
    _ = try await walk.next()
    await Self.cut(host)
    do {
      while try await walk.next() != nil {}
      Issue.record("it did not end")
    } catch StoreError.historyCut(_, let commit, _) {
      let boundary = try await store.boundary()
      #expect(boundary == [commit])
    }
    await host.close()
  }

  /// Random histories: what git keeps of a shallow clone at the same boundary is what the store shows.
  @Test func gitSeesTheSameOfAShallowRepository() async throws {
    var numbers = SeededNumbers(state: 11)
    for round in 0..<6 {
      let store = try await Repository.open(
        round % 2 == 0 ? "memory:" : "memory:?layout=wide")
      for number in 0..<40 {
        let branch = store.branch("b\(Int.random(in: 0..<3, using: &numbers))")
        if number % 5 == 4 {
          let other = store.branch("b\(Int.random(in: 0..<3, using: &numbers))")
          guard let head = try await other.head(), try await branch.head() != nil else { continue }
          let own = try #require(try await branch.head()).id
          try await branch.commit(
            [.set("m\(number)", "\(number)")], Info("m", date: Self.date(number)),
            parents: [own, head.id])
        } else {
          try await branch.commit(
            [.set("f\(number % 7)", "\(number)")], Info("c", date: Self.date(number)))
        }
      }
      let keep = 3 + Int.random(in: 0..<6, using: &numbers)
      try await store.set(.retentionCommits, to: "\(keep)")
      var full: [String: [ObjectID]] = [:]
      for (name, head) in try await store.heads() {
        full[name] = try await store.log(from: head).reduce(into: []) { $0.append($1.id) }
      }
      _ = try await store.collectGarbage(Self.options)
      let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
      defer { try? FileManager.default.removeItem(at: folder) }
      try await store.exportGit(to: folder.path, form: round % 2 == 0 ? .stored : .plain)
      let git = GitFixture(at: folder.path)
      let complaints = try git.run("fsck", "--strict").lines
      #expect(complaints == [])
      for (name, head) in try await store.heads() {
        var shown: [ObjectID] = []
        for try await commit in store.log(from: head) { shown.append(commit.id) }
        let newest = full[name]?.prefix(keep) ?? []
        #expect(Set(newest).isSubset(of: shown), "\(name) lacks some of its newest \(keep)")
        let count = try git.run("rev-list", "--count", name).lines
        #expect(count == ["\(shown.count)"])
        if round % 2 == 0 {
          let theirs = try git.run("rev-list", name).lines.compactMap { ObjectID(hex: $0) }
          #expect(Set(theirs) == Set(shown))
        }
      }
      let summary = try await store.verify { Issue.record("\($0)") }
      #expect(summary.incompleteObjects == 0)
      await store.close()
    }
  }

  private static func date(_ number: Int) -> Timestamp {
    Timestamp(seconds: 1_700_000_000 + Int64(number) * 100)
  }

  @Test func aDamagedArchiveIsNotImported() async throws {
    let store = try await Repository.open("memory:")
    for number in 0..<10 { try await Self.commit(store.branch(), number) }
    try await store.set(.retentionCommits, to: "3")
    let path = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName()).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var options = Self.options
    options.archive = path
    _ = try await store.collectGarbage(options)
    let boundary = try await store.boundary()
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: path))
    await #expect(throws: StoreError.self) { try await store.importSlice(from: path) }
    let after = try await store.boundary()
    #expect(after == boundary)
    let count = try await store.branch().log().count
    #expect(count == 3)
    await store.close()
  }
}
