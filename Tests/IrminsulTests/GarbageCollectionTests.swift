import EmbeddedRedis
import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Nothing that anybody needs vanishes, whatever happens between two steps of a collection.
@Suite struct GarbageCollectionTests {
  /// Something that is done to a store while garbage is collected.
  struct Operation: Sendable, CustomTestStringConvertible {
    let name: String
    var algorithm = HashAlgorithm.sha1
    var layout = DirectoryLayout.git
    /// Whether it uses what is garbage before: then it may find it gone, and must say so.
    var usesGarbage = false
    /// Whether it takes so long that fewer places are looked at.
    var isLarge = false
    let run: @Sendable (Repository, Lost) async throws -> Void
    let holds: @Sendable (Repository) async throws -> Bool

    var testDescription: String { name }
  }

  /// What a branch had that is removed when an operation begins.
  struct Lost: Sendable {
    let commit: ObjectID
    let folder: Entry
  }

  private static func text(_ repository: Repository, _ branch: String, _ path: Path) async throws
    -> String?
  {
    try await repository.branch(branch).find(path, as: String.self)
  }

  static let operations: [Operation] = [
    Operation(
      name: "a commit",
      run: { store, _ in
        try await store.branch("main").set("a/new", to: "new", "New")
      }, holds: { try await text($0, "main", "a/new") == "new" }),
    Operation(
      name: "a commit in wide directories", layout: .wide,
      run: { store, _ in
        try await store.branch("main").set("a/new", to: "new", "New")
      }, holds: { try await text($0, "main", "a/new") == "new" }),
    Operation(
      name: "a commit that the client makes", algorithm: .sha256,
      run: { store, _ in
        try await store.branch("main").set("a/new", to: "new", "New")
      }, holds: { try await text($0, "main", "a/new") == "new" }),
    Operation(
      name: "a large commit", isLarge: true,
      run: { store, _ in
        let edits = try (0..<1100).map { try BranchEdit.set("large/f\($0)", "value \($0)") }
        try await store.branch("main").commit(edits, "Large")
      }, holds: { try await text($0, "main", "large/f1099") == "value 1099" }),
    Operation(
      name: "a removed folder that is used again", usesGarbage: true,
      run: { store, lost in
        try await store.branch("main").commit([.setEntry("back", lost.folder)], "Back")
      }, holds: { try await text($0, "main", "back/deep/lost") == "lost" }),
    Operation(
      name: "a removed folder that the client uses again", algorithm: .sha256, usesGarbage: true,
      run: { store, lost in
        try await store.branch("main").commit([.setEntry("back", lost.folder)], "Back")
      }, holds: { try await text($0, "main", "back/deep/lost") == "lost" }),
    Operation(
      name: "a removed branch that comes back", usesGarbage: true,
      run: { store, lost in
        try await store.branch("back").setHead(lost.commit)
      }, holds: { try await text($0, "back", "folder/deep/lost") == "lost" }),
    Operation(
      name: "a tag of a removed branch", usesGarbage: true,
      run: { store, lost in
        try await store.tag("v1", at: lost.commit, Info("Version 1"))
      }, holds: { try await $0.tags().keys.sorted() == ["v1"] }),
    Operation(
      name: "a merge",
      run: { store, _ in
        try await store.branch("main").merge(store.branch("side"), "Merge")
      }, holds: { try await text($0, "main", "side") == "side" }),
    Operation(
      name: "a branch that goes and another that comes",
      run: { store, _ in
        let side = try await store.branch("side").head()
        try await store.branch("copy").setHead(try #require(side).id)
        try await store.deleteBranch("side")
      }, holds: { try await text($0, "copy", "side") == "side" }),
    Operation(
      name: "a fetch and a pull",
      run: { store, _ in
        let other = try await Repository.open("memory:")
        try await other.branch("main").set("folder/deep/lost", to: "lost", "The same")
        try await other.branch("main").set("theirs", to: "theirs", "Theirs")
        let head = try #require(try await other.branch("main").head())
        _ = try await store.fetch(from: other, tracking: "other")
        try await store.branch("pulled").pull("main", from: other, .set)
        #expect(try await store.branch("pulled").head()?.id == head.id)
      },
      holds: {
        let mine = try await text($0, "pulled", "folder/deep/lost")
        return mine == "lost"
      }),
    Operation(
      name: "a push",
      run: { store, _ in
        let other = try await Repository.open("memory:")
        try await other.branch("theirs").set("folder/deep/lost", to: "lost", "The same")
        try await other.push("theirs", to: store)
      }, holds: { try await text($0, "theirs", "folder/deep/lost") == "lost" }),
    Operation(
      name: "a value that is large", isLarge: true,
      run: { store, _ in
        let large = String(repeating: "large ", count: 500_000)
        try await store.branch("main").set("large", to: large, "Large")
      }, holds: { try await text($0, "main", "large")?.utf8.count == 3_000_000 }),
  ]

  /// A store with garbage of all kinds.
  private func fill(_ host: any ScriptHost, _ operation: Operation) async throws -> Lost {
    var options = Repository.Options()
    options.hash = operation.algorithm
    options.layout = operation.layout
    // What is cached would hide what is gone.
    options.cacheSize = 0
    let store = try await Repository(host: host, options: options)
    let main = store.branch("main")
    try await main.set("a/b/c", to: "1", "One")
    try await main.set("a/b/c", to: "2", "Two")
    try await store.branch("side").setHead(try #require(try await main.head()).id)
    try await store.branch("side").set("side", to: "side", "Side")
    try await main.set("d", to: "3", "Three")
    let gone = store.branch("gone")
    try await gone.set("folder/deep/lost", to: "lost", "Lost")
    let snapshot = try #require(try await gone.snapshot())
    let lost = Lost(
      commit: snapshot.head, folder: try #require(try await snapshot.tree.entry("folder")))
    try await store.deleteBranch("gone")
    return lost
  }

  /// Takes some steps of a collection; none is begun when the number is nil.
  private static func collect(_ host: any ScriptHost, steps: Int?) async {
    guard let steps else { return }
    do {
      let store = try await Repository(host: host)
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      options.step = 4
      options.share = 1
      let task = Task { [options] in
        try await store.collectGarbage(options) { report in
          // While the operation is stopped in the middle, its lease will not end.
          if report.steps >= steps || [.waiting, .held].contains(report.phase) {
            withUnsafeCurrentTask { $0?.cancel() }
          }
        }
      }
      _ = try await task.value
    } catch is CancellationError {
    } catch {
      Issue.record(error)
    }
  }

  /// Checks that the store is whole: not one object lacks what it leads to.
  private func check(_ host: any ScriptHost, _ operation: Operation, isDone: Bool, _ note: String)
    async throws
  {
    let store = try await Repository(host: host)
    let faults = Locked<[String]>([])
    let summary = try await store.verify { fault in faults.withLock { $0.append("\(fault)") } }
    #expect(faults.withLock { $0 } == [], "\(operation.name), \(note)")
    #expect(summary.incompleteObjects == 0, "\(operation.name), \(note)")
    let one = try await Self.text(store, "main", "a/b/c")
    let two = try await Self.text(store, "main", "d")
    #expect([one, two] == ["2", "3"], "\(operation.name), \(note)")
    if isDone {
      let holds = try await operation.holds(store)
      #expect(holds, "\(operation.name), \(note)")
    }
  }

  /// Every step of two collections before, between the calls of, and after each operation.
  @Test(arguments: operations)
  func anyInterleaving(_ operation: Operation) async throws {
    // How many calls it makes, and how many steps there are.
    let dry = try EmbeddedHost(storage: .memory)
    let counting = HookedHost(dry)
    let lost = try await fill(counting, operation)
    let plain = try await Repository(host: counting)
    counting.before(nil) {}
    try await operation.run(plain, lost)
    let calls = counting.calls
    await dry.close()

    // All of them when IRMINSUL_INTERLEAVINGS is set, which takes long.
    let isExhaustive = ProcessInfo.processInfo.environment["IRMINSUL_INTERLEAVINGS"] != nil
    var choices: [Int?] = operation.isLarge ? [nil, 3, 1000] : [nil, 1, 5, 1000]
    var places = Array(0...calls)
    if isExhaustive {
      // Fewer steps of those that each take their time: they grow as Fibonacci's numbers.
      let steps = operation.isLarge ? [1, 2, 3, 5, 8, 13, 21, 34, 55] : Array(1...30)
      choices = [nil] + steps + [1000]
    } else if calls > 6 {
      places = [0, 1, 2, 3, calls / 2, calls - 1, calls]
    }
    for first in choices {
      for place in places {
        for then in choices where then != nil || first != nil {
          let base = try EmbeddedHost(storage: .memory)
          let host = HookedHost(base)
          let lost = try await fill(base, operation)
          let store = try await Repository(host: host)
          await Self.collect(base, steps: first)
          host.before(place) { await Self.collect(base, steps: then) }
          let note =
            "\(first.map { "\($0)" } ?? "no") steps, \(then.map { "\($0)" } ?? "none") "
            + "before call \(place) of \(calls)"
          var isDone = false
          do {
            try await operation.run(store, lost)
            isDone = true
          } catch StoreError.missingObject where operation.usesGarbage {
          } catch {
            Issue.record(error, "\(operation.name), \(note)")
          }
          host.before(nil) {}
          try await check(base, operation, isDone: isDone, note)
          await Self.collect(base, steps: 1000)
          await Self.collect(base, steps: 1000)
          try await check(base, operation, isDone: isDone, "\(note), and two more collections")
          await base.close()
        }
      }
    }
  }
}
