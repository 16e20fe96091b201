import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Containers: what their operations cost when they are large, lost answers, and random work on
/// many branches beside a model of it.
@Suite struct ContainerTests {
  private static func open(
    _ host: FaultyHost, _ layout: DirectoryLayout = .git
  ) async throws -> Repository {
    var options = Repository.Options()
    options.layout = layout
    return try await Repository(host: host, options: options)
  }

  /// Calls of the scripts that read and write.
  private static func calls(_ host: FaultyHost) -> (commits: Int, reads: Int) {
    (
      host.calls(of: "commit"),
      ["find", "read_objects", "trail"].reduce(0) { $0 + host.calls(of: $1) }
    )
  }

  /// How many objects a store gets by what `body` does.
  private static func added(
    to repository: Repository, _ body: () async throws -> Void
  ) async throws -> Int64 {
    let before = try await repository.statistics().objects
    try await body()
    return try await repository.statistics().objects - before
  }

  /// The bytes of the objects from a commit down to the changed chunk: all that the commit has
  /// written.
  private static func bytesWritten(by commit: Commit, in repository: Repository) async throws -> Int
  {
    let parent = try #require(commit.parents.first)
    let before = try await repository.tree(try await repository.commit(parent).tree)
    let after = try await repository.tree(commit.tree)
    var bytes = try await repository.object(commit.id)?.content.count ?? 0
    for change in try await before.diff(to: after) {
      for depth in 0...change.path.steps.count {
        let path = Path(steps: Array(change.path.steps.prefix(depth)))
        if let entry = try await after.entry(path) {
          bytes += try await repository.object(entry.id)?.content.count ?? 0
        }
      }
    }
    return bytes
  }

  // MARK: Large ones

  @Test(arguments: [DirectoryLayout.git, .wide])
  func aLogOfAHundredThousandEntries(_ layout: DirectoryLayout) async throws {
    let host = try FaultyHost()
    let repository = try await Self.open(host, layout)
    let log = repository.branch().log(at: "log", of: String.self)
    for start in stride(from: 0, to: 100_000, by: 1000) {
      try await log.append(contentsOf: (start..<start + 1000).map { "entry number \($0)" })
    }
    // A commit, three directories and a chunk, in one call.
    for number in 100_000..<100_020 {
      let before = Self.calls(host)
      let result = try await log.append("entry number \(number)")
      let after = Self.calls(host)
      #expect(after.commits - before.commits <= 2)
      #expect(after.reads == before.reads)
      let commit = try #require(result.commit)
      #expect(try await Self.bytesWritten(by: commit, in: repository) < 24_000)
    }
    let written = try await Self.added(to: repository) {
      try await log.append("entry number 100020")
    }
    // A wide directory of some chunks may be several objects.
    #expect(layout == .git ? written == 5 : written <= 8)

    let reader = try await Self.open(host, layout)
    let newest = reader.branch().log(at: "log", of: String.self)
    let before = Self.calls(host)
    var page = try await newest.newest(20)
    #expect(page.values == (100_001...100_020).reversed().map { "entry number \($0)" })
    // The log, a folder, and one or two chunks; a wide folder may have a level more.
    #expect(Self.calls(host).reads - before.reads <= 6)
    var read = page.values
    while let cursor = page.next {
      page = try await newest.page(7000, after: cursor)
      read += page.values
    }
    #expect(read == (0...100_020).reversed().map { "entry number \($0)" })
    // Some 800 chunks, up to 64 at once within a folder.
    #expect(Self.calls(host).reads - before.reads < 250)
    await reader.close()
    await repository.close()
  }

  @Test(arguments: [DirectoryLayout.git, .wide])
  func aQueueOfAHundredThousandEntries(_ layout: DirectoryLayout) async throws {
    let host = try FaultyHost()
    let repository = try await Self.open(host, layout)
    let queue = repository.branch().queue(at: "queue", of: String.self)
    for start in stride(from: 0, to: 100_000, by: 1000) {
      try await queue.enqueue(contentsOf: (start..<start + 1000).map { "entry number \($0)" })
    }
    #expect(try await queue.count() == 100_000)
    #expect(try await queue.peek(2).map(\.value) == ["entry number 0", "entry number 1"])
    #expect(try await queue.dequeue()?.value == "entry number 0")
    for number in 1..<20 {
      let before = Self.calls(host)
      #expect(try await queue.dequeue()?.value == "entry number \(number)")
      let after = Self.calls(host)
      #expect(after.commits - before.commits == 1)
      #expect(after.reads - before.reads <= 1)
      let commit = try #require(try await repository.branch().head())
      #expect(try await Self.bytesWritten(by: commit, in: repository) < 24_000)
    }
    let written = try await Self.added(to: repository) { _ = try await queue.dequeue() }
    #expect(layout == .git ? written == 5 : written <= 8)
    var taken: [String] = []
    while case let some = try await queue.dequeue(upTo: 1000), !some.isEmpty {
      taken += some.map(\.value)
    }
    #expect(taken == (21..<100_000).map { "entry number \($0)" })
    #expect(try await queue.count() == 0)
    #expect(try await repository.branch().list("queue").count == 1)
    await repository.close()
  }

  // MARK: Round trips

  @Test func whatOperationsCost() async throws {
    let host = try FaultyHost()
    let repository = try await Self.open(host)
    let main = repository.branch()
    func cost(_ body: () async throws -> Void) async throws -> [Int] {
      let before = Self.calls(host)
      try await body()
      let after = Self.calls(host)
      return [after.commits - before.commits, after.reads - before.reads]
    }
    #expect(try await cost { try await main.counter(at: "n").increment() } == [1, 0])
    #expect(try await cost { _ = try await main.counter(at: "n").value() } == [0, 1])
    let register = main.register(at: "r", of: String.self)
    #expect(try await cost { try await register.write("x") } == [1, 0])
    #expect(try await cost { _ = try await register.read() } == [0, 1])
    let set = main.set(at: "s", of: String.self)
    #expect(try await cost { try await set.insert("x", "y") } == [1, 0])
    #expect(try await cost { _ = try await set.contains("x") } == [0, 1])
    #expect(try await cost { try await set.remove("x") } == [1, 0])
    let map = main.map(at: "m", of: String.self)
    #expect(try await cost { try await map.set("x", for: "k") } == [1, 0])
    #expect(try await cost { _ = try await map.value(for: "k") } == [0, 1])
    #expect(try await cost { try await map.update("k") { $0 = "z" } } == [1, 1])
    let log = main.log(at: "l", of: String.self)
    #expect(try await cost { try await log.append("x") } == [1, 1])
    #expect(try await cost { try await log.append("x") } == [1, 0])
    let other = main.log(at: "l", of: String.self)
    #expect(try await cost { try await other.append("x") } == [1, 1])
    #expect(try await cost { try await other.append("x") } == [1, 0])
    let queue = main.queue(at: "q", of: String.self)
    try await queue.enqueue(contentsOf: ["x", "y"])
    #expect(try await cost { try await queue.enqueue("x") } == [1, 0])
    _ = try await queue.dequeue()
    #expect(try await cost { _ = try await queue.dequeue() } == [1, 1])
    let linked = main.linkedLog(at: "k", of: String.self)
    #expect(try await cost { try await linked.append("x") } == [1, 1])
    await repository.close()
  }

  /// Where others append all the time, an append is still one attempt, but for those where a chunk
  /// is full.
  @Test func appendsOfManyWritersAreOneAttemptEach() async throws {
    let host = try FaultyHost()
    let repository = try await Self.open(host)
    let main = repository.branch()
    try await main.log(at: "log", of: String.self).append("first")
    let logs = (0..<16).map { _ in main.log(at: "log", of: String.self) }
    for log in logs { try await log.append("known") }
    let before = Self.calls(host)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (writer, log) in logs.enumerated() {
        group.addTask { for number in 0..<20 { try await log.append("\(writer) \(number)") } }
      }
      try await group.waitForAll()
    }
    // 337 entries of some 38 bytes: one more chunk is opened, which each writer may have to hear
    // of.
    let after = Self.calls(host)
    #expect(after.commits - before.commits <= 320 + 2 * 3 * 16)
    #expect(try await logs[0].all().count == 337)
    await repository.close()
  }

  // MARK: Lost answers

  @Test(arguments: [HashAlgorithm.sha1, .sha256])
  func aLostAnswerTakesNothingMore(_ algorithm: HashAlgorithm) async throws {
    let host = try FaultyHost()
    var options = Repository.Options()
    options.hash = algorithm
    let repository = try await Repository(host: host, options: options)
    let main = repository.branch()
    let queue = main.queue(at: "queue", of: String.self)
    try await queue.enqueue(contentsOf: (0..<10).map { "\($0)" })
    let script = algorithm == .sha1 ? "commit" : "set_refs"
    for number in 0..<10 {
      host.add(number.isMultiple(of: 2) ? .answerLost : .late, to: script)
      #expect(try await queue.dequeue()?.value == "\(number)")
      try await host.deliver()
      #expect(try await queue.count() == 9 - number)
    }
    let log = main.log(at: "log", of: String.self)
    let counter = main.counter(at: "n")
    for number in 0..<4 {
      host.add(number.isMultiple(of: 2) ? .answerLost : .late, to: script)
      try await log.append("\(number)")
      try await host.deliver()
      host.add(number.isMultiple(of: 2) ? .late : .answerLost, to: script)
      try await counter.increment()
      try await host.deliver()
    }
    #expect(try await log.all().map(\.value) == ["0", "1", "2", "3"])
    #expect(try await counter.value() == 4)
    await repository.close()
  }

  /// More than the server changes by itself: the client does, and begins again when others were
  /// faster.
  @Test func entriesThatAreLarge() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let log = main.log(at: "log", of: String.self)
    let queue = main.queue(at: "queue", of: String.self)
    let texts = (0..<8).map { number in
      String(repeating: "\(number)", count: number.isMultiple(of: 2) ? 300_000 : 3)
    }
    for text in texts {
      try await log.append(text)
      try await queue.enqueue(text)
    }
    #expect(try await log.newest(9).values == texts.reversed())
    #expect(try await queue.peek(9).map(\.value) == texts)
    let taken = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<8 { group.addTask { try await queue.dequeue()?.value } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(taken) == Set(texts))
    #expect(try await queue.isEmpty())
    await repository.close()
  }

  @Test func aMergeWithoutRulesIsAConflictNotALoss() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    func change(_ branch: Branch) async throws {
      try await branch.counter(at: "n").increment()
      try await branch.register(at: "r", of: String.self).write(branch.name)
      try await branch.log(at: "log", of: String.self).append(branch.name)
      try await branch.queue(at: "queue", of: String.self).enqueue(branch.name)
    }
    try await change(main)
    let draft = try await repository.createBranch("draft", at: try #require(main.head()).id)
    try await change(main)
    try await change(draft)
    let merge = try await main.merging(draft)
    #expect(merge.conflicts.count == 4)
    #expect(Set(merge.conflicts.compactMap(\.path.steps.first)).count == 4)
    let rules = MergeRules(
      of: main.counter(at: "n"), main.register(at: "r", of: String.self),
      main.log(at: "log", of: String.self), main.queue(at: "queue", of: String.self))
    #expect(try await main.merging(draft, MergeOptions(rules: rules)).conflicts.isEmpty)
    await repository.close()
  }

  // MARK: Coalesced commits

  @Test func aBranchThatGathersCommits() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch().coalescing(within: .milliseconds(2))
    let queue = main.queue(at: "queue", of: String.self)
    let log = main.log(at: "log", of: String.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<60 {
        group.addTask {
          try await queue.enqueue("\(number)")
          try await log.append("\(number) " + String(repeating: "x", count: 300))
          try await main.counter(at: "n").increment()
        }
      }
      try await group.waitForAll()
    }
    #expect(try await log.all().count == 60)
    #expect(try await main.counter(at: "n").value() == 60)
    let taken = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<60 { group.addTask { try await queue.dequeue()?.value } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(taken.compactMap { $0 }).count == 60)
    await repository.close()
  }

  // MARK: Random work

  /// What each branch should hold: all that the commits in its history have done.
  private struct Model {
    var added: Set<String> = []
    var taken: Set<String> = []
    var logged: Set<String> = []
    var increments: [Int: Int64] = [:]
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func branchesThatMergeAtRandom(_ seed: UInt64) async throws {
    var random = RandomWorkload.Generator(state: seed)
    let repository = try await Repository.open(
      seed.isMultiple(of: 2) ? "memory:?layout=wide" : "memory:")
    let main = repository.branch()
    try await main.set("readme", to: "x", "Begin")
    let start = try #require(try await main.head())
    let names = ["a", "b", "c", "d"]
    for name in names { try await repository.createBranch(name, at: start.id) }
    var models = [String: Model]()
    for name in names { models[name] = Model() }
    let rules = try MergeRules(["log/**": .entries, "queue/**": .entries, "n": .tally])
    for step in 0..<100 {
      let name = try #require(names.randomElement(using: &random))
      let branch = repository.branch(name)
      let text = "\(step)" + String(repeating: ".", count: Int.random(in: 0...3000, using: &random))
      var model = try #require(models[name])
      switch Int.random(in: 0..<9, using: &random) {
      case 0, 1:
        try await branch.log(at: "log", of: String.self).append(text)
        model.logged.insert(text)
      case 2, 3:
        try await branch.queue(at: "queue", of: String.self).enqueue(text)
        model.added.insert(text)
      case 4, 5:
        // Two branches that do the same in the same second would make the same commit.
        let found = try await branch.queue(at: "queue", of: String.self)
          .dequeue("Step \(step)")?.value
        #expect((found == nil) == model.added.subtracting(model.taken).isEmpty, "step \(step)")
        if let found {
          #expect(model.added.contains(found) && !model.taken.contains(found), "step \(step)")
          model.taken.insert(found)
        }
      case 6:
        try await branch.counter(at: "n").increment(by: 3)
        model.increments[step] = 3
      default:
        let other = try #require(names.randomElement(using: &random))
        if other == name { continue }
        try await branch.merge(repository.branch(other), nil, MergeOptions(rules: rules))
        let theirs = try #require(models[other])
        model.added.formUnion(theirs.added)
        model.taken.formUnion(theirs.taken)
        model.logged.formUnion(theirs.logged)
        model.increments.merge(theirs.increments) { one, _ in one }
      }
      models[name] = model
      let logged = try await branch.log(at: "log", of: String.self).all().map(\.value)
      #expect(logged.count == model.logged.count && Set(logged) == model.logged, "step \(step)")
      let waiting = try await branch.queue(at: "queue", of: String.self).peek(.max).map(\.value)
      let left = model.added.subtracting(model.taken)
      #expect(waiting.count == left.count && Set(waiting) == left, "step \(step)")
      let sum = try await branch.counter(at: "n").value()
      #expect(sum == model.increments.values.reduce(0, +), "step \(step)")
    }
    #expect(try await repository.verify { Issue.record("\($0)") }.faults == 0)
    await repository.close()
  }

  // MARK: Laws

  @Test func theLawsOfTheMergeOfEntries() throws {
    var random = RandomWorkload.Generator(state: 11)
    func bytes(_ numbers: some Sequence<Int>) -> Bytes {
      numbers.flatMap { Bytes("\(1000 + $0) 00000000000000\(10 + $0) v\\\\\($0)\n".utf8) }
    }
    let merge = ContentMerge.entries
    for _ in 0..<500 {
      let base = (0..<8).filter { _ in Bool.random(using: &random) }
      func side() -> [Int] {
        base.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
          + (8..<16).filter { _ in Bool.random(using: &random) }
      }
      let (one, two) = (side(), side())
      let merged = try merge.merged(base: bytes(base), ours: bytes(one), theirs: bytes(two))
      let back = try merge.merged(base: bytes(base), ours: bytes(two), theirs: bytes(one))
      #expect(merged == back)
      let kept = base.filter { one.contains($0) && two.contains($0) }
      let new = Set(one + two).subtracting(base).sorted()
      #expect(merged == bytes(kept + new))
      #expect(
        try merge.merged(base: bytes(base), ours: bytes(base), theirs: bytes(two)) == bytes(two))
      #expect(
        try merge.merged(base: bytes(base), ours: bytes(one), theirs: bytes(one)) == bytes(one))
      #expect(
        try merge.merged(base: nil, ours: bytes(one), theirs: bytes(two))
          == bytes(Set(one + two).sorted()))
    }
    for text in ["x", "x\n", "1 2 3\n", "1 0000000000000010 a\\x\n", "1 0000000000000010\n"] {
      #expect(throws: MergeRefusal.self) {
        try merge.merged(base: nil, ours: Bytes(text.utf8), theirs: bytes([1]))
      }
    }
  }

  @Test func theLawsOfTheMergeOfTallies() throws {
    var random = RandomWorkload.Generator(state: 12)
    func tally(_ value: Int64) -> Bytes {
      Bytes("\(value) 000000000000000\(Int.random(in: 0...9, using: &random))\n".utf8)
    }
    func value(_ bytes: Bytes) -> Int64? {
      String(decoding: bytes, as: UTF8.self).split(separator: " ").first.flatMap { Int64($0) }
    }
    for _ in 0..<300 {
      let numbers = (0..<3).map { _ in Int64.random(in: -9...9, using: &random) }
      let (base, one, two) = (tally(numbers[0]), tally(numbers[1]), tally(numbers[2]))
      let merged = try ContentMerge.tally.merged(base: base, ours: one, theirs: two)
      #expect(merged == (try ContentMerge.tally.merged(base: base, ours: two, theirs: one)))
      if one != two, one != base, two != base {
        #expect(value(merged) == numbers[1] + numbers[2] - numbers[0])
        // Nobody takes it for one of them.
        #expect(merged != one && merged != two)
      }
    }
    #expect(throws: MergeRefusal.self) {
      try ContentMerge.tally.merged(
        base: nil, ours: tally(.max), theirs: tally(1))
    }
  }

  // MARK: Elsewhere

  @Test func containersGoThroughGit() async throws {
    let git = try GitFixture(.sha1)
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    for number in 0..<5 {
      try await main.linkedLog(at: "linked", of: String.self).append("\(number)")
      try await main.log(at: "log", of: String.self).append("\(number)")
      try await main.queue(at: "queue", of: String.self).enqueue("\(number)")
      try await main.set(at: "set", of: String.self).insert("a/\(number)", ".git")
      try await main.counter(at: "n").increment()
    }
    try await repository.exportGit(to: "\(git.folder)/out")
    let copy = try await Repository.open("memory:?layout=wide")
    try await copy.importGit(from: "\(git.folder)/out")
    let branch = copy.branch()
    let wanted = ["4", "3", "2", "1", "0"]
    #expect(
      try await branch.linkedLog(at: "linked", of: String.self).read(9).map(\.value) == wanted)
    #expect(try await branch.log(at: "log", of: String.self).newest(9).values == wanted)
    #expect(try await branch.queue(at: "queue", of: String.self).dequeue()?.value == "0")
    #expect(try await branch.set(at: "set", of: String.self).members().count == 6)
    #expect(try await branch.counter(at: "n").value() == 5)
    await copy.close()
    await repository.close()
  }

  @Test func aLinkedLogThatSomebodyHasChanged() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let log = main.linkedLog(at: "log", of: String.self)
    try await log.append("a")
    try await log.append("b")
    var cursor = try await log.cursor()
    let head = try #require(try await main.list("log/heads").first)
    let text = try #require(
      try await main.find(Path("log/heads/\(head.nameText)"), as: String.self))
    // It names itself as what was before it, or has no header that is known.
    for bad in [text.replacing(/time \d+/, with: "time 1"), "what 1\n\nx", "x", "time 1\n\nx"] {
      let name = "9999999999999-\(String(repeating: "0", count: 40))"
      try await main.set(Path("log/heads/\(name)"), to: bad, "Damage")
      if bad.hasPrefix("previous") {
        _ = try await log.read(9)
      } else {
        await #expect(throws: StoreError.self) { _ = try await log.read(9) }
      }
      try await main.remove(Path("log/heads/\(name)"), "Repair")
    }
    try await main.set("log/heads/strange", to: "x", "Damage")
    await #expect(throws: StoreError.self) { _ = try await log.cursor() }
    #expect(try await log.read(9, &cursor).map(\.value) == ["b", "a"])
    await repository.close()
  }

  @Test func rulesOfContainersMeanTheirOwnPaths() throws {
    let path = Path(steps: ["a*", "[b]"])
    #expect(PathPattern(exactly: path).matches(path))
    #expect(!PathPattern(exactly: path).matches("ax/[b]"))
    #expect(!PathPattern(exactly: path).matches("a*/b"))
    #expect(!PathPattern(exactly: "n").matches("d/n"))
    #expect(PathPattern(below: path).matches(path.appending(Bytes("x".utf8))))
    #expect(!PathPattern(below: "log").matches("d/log/x"))
    #expect(PathPattern(below: .root).matches("any/thing"))
  }
}
