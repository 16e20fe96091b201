import Irminsul

extension Behaviour {
  /// Counters, registers, logs, sets, maps and queues, alone and across branches.
  static let containers: [Behaviour] =
    counters + registers + logs + linkedLogs + collections + queues

  /// Runs tasks at once, each with its number.
  private static func atOnce(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count { group.addTask { try await body(number) } }
      try await group.waitForAll()
    }
  }

  private static let root: Path = "shared"

  /// Two branches that have one commit in common and then part, with what they have made of a
  /// container; what comes of both is the same on either branch, and on two that merge them in
  /// another order.
  private static func merging(
    _ repository: Repository, _ rules: MergeRules, begin: (Branch) async throws -> Void,
    ours: (Branch) async throws -> Void, theirs: (Branch) async throws -> Void,
    outcome: (Branch) async throws -> Void
  ) async throws {
    let main = repository.branch()
    try await main.set("readme", to: "common", "Begin")
    try await begin(main)
    let head = try await main.head()?.id
    guard let head else { throw BehaviourFailure(description: "there is no commit") }
    let one = try await repository.createBranch("one", at: head)
    let two = try await repository.createBranch("two", at: head)
    try await ours(one)
    try await theirs(two)
    let three = try await repository.createBranch("three", at: head)
    let four = try await repository.createBranch("four", at: head)
    let options = MergeOptions(rules: rules)
    for (branch, sources) in [(three, [one, two]), (four, [two, one])] {
      for source in sources { try await branch.merge(source, nil, options) }
      try await outcome(branch)
      // Once more changes nothing.
      for source in sources { try await branch.merge(source, nil, options) }
      try await outcome(branch)
    }
    try expectEqual(try await three.hash(root), try await four.hash(root))
    // Each takes the other's merge, and both are the same as before.
    try await three.merge(four, nil, options)
    try await four.merge(three, nil, options)
    try await outcome(three)
    try expectEqual(try await three.hash(root), try await four.hash(root))
    try await one.merge(two, nil, options)
    try await outcome(one)
    try await two.merge(one, nil, options)
    try await outcome(two)
  }

  // MARK: Counters

  private static let counters: [Behaviour] = [
    Behaviour("a shared counter counts every increment of many tasks") { repository in
      let main = repository.branch()
      try expectEqual(try await main.counter(at: "d/visits").value(), 0)
      try await atOnce(16) { _ in try await main.counter(at: "d/visits").increment() }
      let visits = main.counter(at: "d/visits")
      try expectEqual(try await visits.value(), 16)
      try expectEqual(try await main.log().count, 16)
      try await visits.increment(by: 5)
      try await visits.decrement(by: 30, "Back")
      try expectEqual(try await visits.value(), -9)
      try expectEqual(try await main.head()?.subject, "Back")
    },
    Behaviour("a shared counter takes over a plain one, and nothing else") { repository in
      let main = repository.branch()
      try await main.commit([.increment("n", by: 7), .set("text", "ten"), .set("d/x", "1")], "Set")
      let counter = main.counter(at: "n")
      try expectEqual(try await counter.value(), 7)
      try await counter.increment(by: 3)
      try expectEqual(try await counter.value(), 10)
      for (path, reason) in [("text", .kind), ("d", .kind)] as [(Path, PathConflict.Reason)] {
        let error = try await expectError { try await main.counter(at: path).increment() }
        guard case .conflict(_, let conflicts) = error else { throw error }
        try expectEqual(conflicts.map(\.reason), [reason])
      }
      let undecodable = try await expectError { _ = try await main.counter(at: "text").value() }
      guard case .undecodable("text", _, _, _) = undecodable else { throw undecodable }
      try await counter.increment(by: .max - 10)
      let error = try await expectError { try await counter.increment() }
      guard case .conflict(_, let conflicts) = error else { throw error }
      try expectEqual(conflicts.map(\.reason), [.overflow])
      let least = try await expectError { try await counter.decrement(by: .min) }
      guard case .unencodable = least else { throw least }
      try expectEqual(try await counter.value(), .max)
    },
    Behaviour("merged counters add up, also where both come to the same number") { repository in
      try await merging(
        repository, MergeRules(of: repository.branch().counter(at: root)),
        begin: { try await $0.counter(at: root).increment(by: 5) },
        ours: { try await $0.counter(at: root).increment() },
        theirs: { try await $0.counter(at: root).increment() },
        outcome: { try expectEqual(try await $0.counter(at: root).value(), 7) })
    },
    Behaviour("merged counters add up that both have made") { repository in
      try await merging(
        repository, MergeRules(of: repository.branch().counter(at: root)),
        begin: { _ in },
        ours: { try await $0.counter(at: root).increment(by: 4) },
        theirs: { try await $0.counter(at: root).decrement() },
        outcome: { try expectEqual(try await $0.counter(at: root).value(), 3) })
    },
    Behaviour("counters add up over many merges in both directions") { repository in
      let main = repository.branch()
      try await main.counter(at: root).increment()
      guard let head = try await main.head() else { return }
      let names = ["a", "b", "c"]
      for name in names { try await repository.createBranch(name, at: head.id) }
      let options = MergeOptions(rules: MergeRules(of: main.counter(at: root)))
      for round in 0..<4 {
        for name in names { try await repository.branch(name).counter(at: root).increment() }
        for name in names {
          let other = names[(round + (name == "b" ? 1 : 2)) % 3]
          if other != name {
            try await repository.branch(name).merge(repository.branch(other), nil, options)
          }
        }
      }
      for name in names { try await main.merge(repository.branch(name), nil, options) }
      try expectEqual(try await main.counter(at: root).value(), 13)
    },
  ]

  // MARK: Registers

  private static let registers: [Behaviour] = [
    Behaviour("a shared register holds what was written last, whatever the clocks") { repository in
      let status = repository.branch().register(at: "status", of: String.self)
      try expectEqual(try await status.read(), nil)
      try expectEqual(try await status.milliseconds(), nil)
      for (time, value, stamp) in [
        (1000, "a", 1000), (10, "b", 1001), (1001, "c\nd", 1002), (5000, "", 5000), (0, "e", 5001),
      ] {
        try await status.write(value, milliseconds: Int64(time))
        try expectEqual(try await status.read(), value)
        try expectEqual(try await status.milliseconds(), Int64(stamp))
      }
      try await status.write("now")
      try expect(try await status.milliseconds() ?? 0 > 1_600_000_000_000)
      let plain = try await repository.branch().get("status", as: Register.self)
      try expectEqual(try plain.value(as: String.self), "now")
      let late = repository.branch().register(at: "late", of: String.self)
      try await late.write("end", milliseconds: 999_999_999_999_999)
      let error = try await expectError { try await late.write("after") }
      guard case .conflict(_, let conflicts) = error else { throw error }
      try expectEqual(conflicts.map(\.reason), [.overflow])
      let early = try await expectError { try await late.write("before", milliseconds: -1) }
      guard case .unencodable = early else { throw early }
    },
    Behaviour("of merged registers the later one wins, or the greater at the same time") {
      repository in
      for (number, times) in [(10, 20), (20, 10), (20, 20)].enumerated() {
        let path: Path = "shared/\(number)"
        let rules = try MergeRules(["shared/**": .register])
        for (name, time, value) in [("x\(number)", times.0, "x"), ("y\(number)", times.1, "y")] {
          let branch = try await repository.createBranch(
            name, at: try await repository.branch().set("n", to: name, "Begin").head ?? .zero(.sha1)
          )
          try await branch.register(at: path, of: String.self)
            .write(value, milliseconds: Int64(time))
        }
        let (x, y) = (repository.branch("x\(number)"), repository.branch("y\(number)"))
        // Two commits of main, so that the branches have other bases than each other.
        try await x.merge(repository.branch(), nil, MergeOptions(rules: rules))
        let merge = try await x.merging(y, MergeOptions(rules: rules))
        try expectEqual(merge.conflicts, [])
        try await x.merge(y, nil, MergeOptions(rules: rules))
        try await y.merge(x, nil, MergeOptions(rules: rules))
        let wanted = times.0 > times.1 ? "x" : "y"
        try expectEqual(try await x.register(at: path, of: String.self).read(), wanted)
        try expectEqual(try await y.register(at: path, of: String.self).read(), wanted)
        // What is written after the merge wins, even by a clock that is behind.
        try await y.register(at: path, of: String.self).write("z", milliseconds: 1)
        try await x.register(at: path, of: String.self).write("x", milliseconds: 1)
        try await y.register(at: path, of: String.self).write("zz", milliseconds: 1)
        try await x.merge(y, nil, MergeOptions(rules: rules))
        try expectEqual(try await x.register(at: path, of: String.self).read(), "zz")
      }
    },
  ]

  // MARK: Logs

  private static func entry(_ number: Int, _ size: Int = 0) -> String {
    "\(number)" + String(repeating: ".", count: size)
  }

  private static func numbers(_ values: [String]) -> [Int] {
    values.compactMap { Int($0.prefix { $0 != "." }) }
  }

  private static let logs: [Behaviour] = [
    Behaviour("a shared log is read from its newest entry, in pages that stay") { repository in
      let log = repository.branch().log(at: "d/log", of: String.self)
      try expectEqual(try await log.newest(5).values, [])
      try expectEqual(try await log.all().count, 0)
      // 1 KB each: a chunk holds eight or nine.
      for number in 0..<40 { try await log.append(entry(number, 1000)) }
      try await log.append(contentsOf: (40..<100).map { entry($0, 500) })
      var page = try await log.newest(7)
      try expectEqual(numbers(page.values), Array((93..<100).reversed()))
      var read = numbers(page.values)
      var rounds = 0
      while let cursor = page.next {
        // A new handle appends; the cursor is kept as text.
        try await repository.branch().log(at: "d/log", of: String.self)
          .append(entry(1000 + rounds, 900))
        guard let again = LogCursor("\(cursor)") else {
          throw BehaviourFailure(description: "\(cursor) is no cursor")
        }
        try expectEqual(again, cursor)
        page = try await log.page(7, after: again)
        read += numbers(page.values)
        rounds += 1
      }
      try expectEqual(read, Array((0..<100).reversed()))
      try expectEqual(
        numbers(try await log.all().map(\.value)), Array(0..<100) + (1000..<1000 + rounds))
      try expectEqual(try await log.newest(0).values, [])
      try expectEqual(numbers(try await log.newest(.max).values).count, 100 + rounds)
      try expectEqual(LogCursor("nonsense"), nil)
      let ids = Set(try await log.all().map(\.id))
      try expectEqual(ids.count, 100 + rounds)
      // No chunk is much larger than 8 KB.
      for folder in try await repository.branch().list("d/log") where folder.entry.mode.isTree {
        let path = Path(steps: [Array("d".utf8), Array("log".utf8), folder.name])
        for chunk in try await repository.branch().list(path) {
          let bytes = try await repository.branch().find(path.appending(chunk.name)) ?? []
          try expect(bytes.count < 8192 + 1100, "a chunk of \(bytes.count) bytes")
        }
      }
    },
    Behaviour("a shared log keeps whatever bytes its entries have") { repository in
      let log = repository.branch().log(at: "log", of: [UInt8].self)
      let entries: [[UInt8]] = [
        [], [0], [10], [92], [92, 110], [13, 10, 10], Array(0...255), Array("a b c".utf8), [32],
      ]
      for entry in entries { try await log.append(entry) }
      try expectEqual(try await log.newest(100).values, entries.reversed())
      try await log.append(contentsOf: [])
      try expectEqual(try await log.all().count, entries.count)
      struct Event: Codable, Contents, Equatable {
        var name: String
        var tags: [String]
      }
      let events = repository.branch().log(at: "events", of: Event.self)
      try await events.append(Event(name: "a\nb", tags: ["x"]))
      try expectEqual(try await events.newest(1).values, [Event(name: "a\nb", tags: ["x"])])
    },
    Behaviour("a shared log keeps every entry of many writers, each one's in order") { repository in
      let main = repository.branch()
      try await atOnce(8) { writer in
        // A handle each.
        let log = main.log(at: "log", of: String.self)
        for number in 0..<12 { try await log.append("\(writer) \(number) \(entry(0, 300))") }
      }
      let entries = try await main.log(at: "log", of: String.self).all().map {
        $0.value.split(separator: " ").prefix(2).compactMap { Int($0) }
      }
      try expectEqual(entries.count, 96)
      for writer in 0..<8 {
        try expectEqual(entries.filter { $0[0] == writer }.map { $0[1] }, Array(0..<12))
      }
      // One commit each: nobody made an attempt that left a trace.
      try expectEqual(try await main.log().count, 96)
    },
    Behaviour("a handle that has seen an older chunk appends to the last one") { repository in
      let main = repository.branch()
      let (one, two) = (main.log(at: "log", of: String.self), main.log(at: "log", of: String.self))
      let queue = main.queue(at: "queue", of: String.self)
      try await one.append("0")
      try await two.append("1")
      try await queue.enqueue("0")
      // These open chunks of their own, and the first one is not full.
      try await one.append(contentsOf: (2..<32).map { entry($0, 1000) })
      try await main.queue(at: "queue", of: String.self)
        .enqueue(contentsOf: (1..<31).map { entry($0, 1000) })
      try await two.append("32")
      try await one.append("33")
      try await queue.enqueue("31")
      try expectEqual(numbers(try await one.all().map(\.value)), Array(0..<34))
      try expectEqual(numbers(try await queue.peek(99).map(\.value)), Array(0..<32))
      // Nor is the chunk there that a new log begins with.
      try await main.remove("log", "Anew")
      try await one.append("0")
      try await two.append("1")
      try expectEqual(try await two.all().map(\.value), ["0", "1"])
    },
    Behaviour("a shared log refuses to be where something else is") { repository in
      let main = repository.branch()
      try await main.commit([.set("a/tail", "text"), .set("b", "text")], "Other things")
      let error = try await expectError {
        try await main.log(at: "a", of: String.self).append("x")
      }
      guard case .undecodable("a/tail", _, _, _) = error else { throw error }
      // What is a value stays one.
      let map = main.map(at: "b", of: String.self)
      let queue = main.queue(at: "b", of: String.self)
      let attempts: [@Sendable () async throws -> Void] = [
        { try await main.log(at: "b", of: String.self).append("x") },
        { try await queue.enqueue("x") },
        { try await main.linkedLog(at: "b", of: String.self).append("x") },
        { try await map.set("x", for: "k") }, { try await map.update("k") { $0 = "x" } },
        { try await map.set(contentsOf: [("k", "x")]) },
      ]
      for attempt in attempts {
        let refusal = try await expectError { try await attempt() }
        guard case .wrongKind("b", .blob, _) = refusal else { throw refusal }
      }
      try expectEqual(try await main.get("b", as: String.self), "text")
      try await main.log(at: "c", of: String.self).append("x")
      let folder = try await main.list("c").first { $0.entry.mode.isTree }?.name ?? []
      let path = Path(steps: [Array("c".utf8), folder])
      let chunk = path.appending(try await main.list(path).first?.name ?? [])
      try await main.set(chunk, to: "1 2 x\n", "Damage")
      let damaged = try await expectError {
        _ = try await main.log(at: "c", of: String.self).newest(1)
      }
      guard case .undecodable(chunk, _, _, _) = damaged else { throw damaged }
      try await main.setTree(chunk, to: try await Tree.empty.adding("x", at: "y"), "Damage")
      let wrong = try await expectError {
        try await main.log(at: "c", of: String.self).append("x")
      }
      guard case .wrongKind(chunk, _, _) = wrong else { throw wrong }
    },
    Behaviour("merged logs hold every entry of both once, in the order of time") { repository in
      for (size, count) in [(10, 5), (700, 20)] {
        let base = "size \(size) of "
        try await repository.branch().set("round", to: base, "Round")
        for name in ["one", "two", "three", "four"]
        where try await repository.branch(name).head() != nil {
          try await repository.deleteBranch(name)
        }
        try await repository.branch().remove(root, "Anew")
        let appending: @Sendable (Branch, Range<Int>) async throws -> Void = { branch, range in
          let log = branch.log(at: root, of: String.self)
          for number in range { try await log.append(entry(number, size)) }
        }
        try await merging(
          repository, MergeRules(of: repository.branch().log(at: root, of: String.self)),
          begin: { try await appending($0, 0..<3) },
          ours: { try await appending($0, 3..<3 + count) },
          theirs: { try await appending($0, 100..<100 + count) },
          outcome: {
            let found = numbers(
              try await $0.log(at: root, of: String.self).newest(.max).values.reversed())
            try expectEqual(found.sorted(), Array(0..<3 + count) + (100..<100 + count))
            try expectEqual(Array(found.prefix(3)), [0, 1, 2])
            try expectEqual(found.filter { $0 < 100 }, Array(0..<3 + count))
            try expectEqual(found.filter { $0 >= 100 }, Array(100..<100 + count))
          })
        // A merged log goes on.
        for name in ["one", "two"] {
          try await appending(repository.branch(name), 500..<501)
          try expectEqual(
            numbers(
              try await repository.branch(name).log(at: root, of: String.self).newest(1).values),
            [500])
        }
      }
    },
    Behaviour("logs that both branches have begun become one") { repository in
      try await merging(
        repository, MergeRules(of: repository.branch().log(at: root, of: String.self)),
        begin: { _ in },
        ours: { try await $0.log(at: root, of: String.self).append(contentsOf: ["a", "b"]) },
        theirs: { try await $0.log(at: root, of: String.self).append(contentsOf: ["c", "d"]) },
        outcome: {
          let found = try await $0.log(at: root, of: String.self).all().map(\.value)
          try expectEqual(found.sorted(), ["a", "b", "c", "d"])
        })
    },
  ]

  // MARK: Linked logs

  private static let linkedLogs: [Behaviour] = [
    Behaviour("a linked log is read with a cursor") { repository in
      let main = repository.branch()
      let log = main.linkedLog(at: "d/ledger", of: String.self)
      try expectEqual(try await log.read(3).count, 0)
      try expect(try await log.cursor().isAtEnd)
      for number in 0..<9 { try await log.append("\(number)") }
      var cursor = try await log.cursor()
      try expectEqual(try await log.read(4, &cursor).map(\.value), ["8", "7", "6", "5"])
      try await log.append("later")
      try expectEqual(try await log.read(0, &cursor).map(\.value), [])
      try expectEqual(try await log.read(100, &cursor).map(\.value), ["4", "3", "2", "1", "0"])
      try expect(cursor.isAtEnd)
      try expectEqual(try await log.read(5, &cursor).count, 0)
      try expectEqual(try await log.read(2).map(\.value), ["later", "8"])
      // Every entry is an object below the branch's own tree.
      let entries = try await log.read(100)
      for entry in entries {
        let place = Path("d/ledger/entries/\(entry.id.prefix(2))/\(entry.id.dropFirst(2))")
        try expectEqual(try await main.hash(place)?.hex, entry.id)
      }
      try expectEqual(Set(entries.map(\.id)).count, 10)
      try expectEqual(try await main.list("d/ledger/heads").count, 1)
    },
    Behaviour("a linked log keeps every entry of many writers") { repository in
      let main = repository.branch()
      try await atOnce(8) { writer in
        let log = main.linkedLog(at: "ledger", of: String.self)
        for number in 0..<5 { try await log.append("\(writer) \(number)") }
      }
      let log = main.linkedLog(at: "ledger", of: String.self)
      let entries = try await log.read(100)
      try expectEqual(entries.count, 40)
      try expectEqual(Set(entries.map(\.value)).count, 40)
      for writer in 0..<8 {
        try expectEqual(
          entries.map(\.value).filter { $0.hasPrefix("\(writer) ") },
          (0..<5).reversed().map { "\(writer) \($0)" })
      }
      try await log.append("last")
      try expectEqual(try await main.list("ledger/heads").count, 1)
      try expectEqual(try await log.read(1).map(\.value), ["last"])
      try expectEqual(try await log.read(100).count, 41)
    },
    Behaviour("merged linked logs hold every entry of both once") { repository in
      try await merging(
        repository, MergeRules(),
        begin: { try await $0.linkedLog(at: root, of: String.self).append("base") },
        ours: {
          for value in ["a", "b"] {
            try await $0.linkedLog(at: root, of: String.self).append(value)
          }
        },
        theirs: {
          for value in ["c", "d"] {
            try await $0.linkedLog(at: root, of: String.self).append(value)
          }
        },
        outcome: {
          let found = try await $0.linkedLog(at: root, of: String.self).read(100).map(\.value)
          try expectEqual(found.sorted(), ["a", "b", "base", "c", "d"])
          try expectEqual(found.last, "base")
          try expectEqual(found.filter { ["a", "b"].contains($0) }, ["b", "a"])
          try expectEqual(found.filter { ["c", "d"].contains($0) }, ["d", "c"])
        })
    },
  ]

  // MARK: Sets and maps

  private struct Point: Codable, Contents, Hashable {
    var x: Int
    var y: Int
  }

  private static let collections: [Behaviour] = [
    Behaviour("a shared set holds what was inserted and not removed") { repository in
      let main = repository.branch()
      let set = main.set(at: "d/set", of: String.self)
      try expectEqual(try await set.members(), [])
      try expectEqual(try await set.count(), 0)
      let names = [
        "", ".", "..", ".git", ".GIT", "git~1", "a/b", "a", "A", "%", "%25", "\u{E9}", "a\nb", "\0",
        "tail.", "x.y", String(repeating: "z", count: 300), String(repeating: "/", count: 100),
      ]
      try await set.insert(contentsOf: names)
      try expectEqual(try await set.members(), Set(names))
      try expectEqual(try await set.count(), names.count)
      for name in names { try expect(try await set.contains(name), "\(name) is missing") }
      try expect(try await set.contains("b") == false)
      guard case .unchanged = try await set.insert("a", ".git") else {
        throw BehaviourFailure(description: "a member was added again")
      }
      guard case .unchanged = try await set.remove("none") else {
        throw BehaviourFailure(description: "what is no member was removed")
      }
      try await set.remove("a", "", String(repeating: "z", count: 300))
      try expectEqual(
        try await set.members(),
        Set(names).subtracting(["a", "", String(repeating: "z", count: 300)]))
      let points = main.set(at: "points", of: Point.self)
      try await points.insert(Point(x: 1, y: 2), Point(x: 2, y: 1))
      try expectEqual(try await points.members(), [Point(x: 1, y: 2), Point(x: 2, y: 1)])
      try await atOnce(8) { number in
        try await points.insert(Point(x: number, y: 0))
        try await points.remove(Point(x: 1, y: 2))
      }
      try expectEqual(try await points.count(), 9)
    },
    Behaviour("merged sets hold what either side has added and neither has removed") {
      repository in
      try await merging(
        repository, MergeRules(),
        begin: { try await $0.set(at: root, of: String.self).insert("a", "b", "c", "d") },
        ours: {
          let set = $0.set(at: root, of: String.self)
          try await set.insert("x", "both")
          try await set.remove("a", "b")
        },
        theirs: {
          let set = $0.set(at: root, of: String.self)
          try await set.insert("y", "both", "a")
          try await set.remove("b", "c")
        },
        outcome: {
          try expectEqual(
            try await $0.set(at: root, of: String.self).members(), ["d", "x", "y", "both"])
        })
    },
    Behaviour("a shared map holds values by key") { repository in
      let main = repository.branch()
      for (path, map) in [
        ("plain", main.map(at: "plain", of: Point.self)),
        ("last", main.map(at: "last", of: Point.self, .lastWriter)),
      ] {
        try expectEqual(try await map.value(for: "a"), nil)
        try expectEqual(try await map.keys(), [])
        try await map.set(Point(x: 1, y: 1), for: "a/../b")
        try await map.set(
          contentsOf: [
            ("", Point(x: 0, y: 0)), ("k", Point(x: 2, y: 2)), (".git", Point(x: 3, y: 3)),
          ])
        try await map.set(Point(x: 4, y: 4), for: "k")
        try expectEqual(try await map.count(), 4)
        try expectEqual(try await map.value(for: "k"), Point(x: 4, y: 4))
        try expectEqual(Set(try await map.keys()), ["a/../b", "", "k", ".git"])
        let entries = try await map.entries()
        try expectEqual(entries.map(\.key), try await map.keys())
        var paged: [String] = []
        while case let page = try await map.entries(after: paged.last, limit: 1), !page.isEmpty {
          paged += page.map(\.key)
        }
        try expectEqual(paged, entries.map(\.key), line: #line)
        try await map.removeValue(for: "")
        try await map.update("k") { $0 = nil }
        try await map.update("new") { $0 = Point(x: $0?.x ?? 9, y: 9) }
        try expectEqual(Set(try await map.keys()), ["a/../b", "new", ".git"])
        try await atOnce(6) { _ in
          try await map.update("n") { $0 = Point(x: ($0?.x ?? 0) + 1, y: 0) }
        }
        try expectEqual(try await map.value(for: "n")?.x, 6, line: #line)
        let error = try await expectError {
          try await map.set(Point(x: 0, y: 0), for: String(repeating: "/", count: 100))
        }
        guard case .unencodable = error else { throw error }
        try await main.set(Path("\(path)/bad"), to: "no point", "Damage")
        let damaged = try await expectError { _ = try await map.entries() }
        guard case .undecodable = damaged else { throw damaged }
      }
      try expectEqual(try await main.get("plain/new", as: Point.self), Point(x: 9, y: 9))
    },
    Behaviour("merged maps merge key by key") { repository in
      let merge = Merge<Point>.members(.init(\.x, .counter()), .init(\.y, .counter()))
      try await merging(
        repository,
        MergeRules(of: repository.branch().map(at: root, of: Point.self, .merged(merge))),
        begin: {
          try await $0.map(at: root, of: Point.self).set(
            contentsOf: [
              ("a", Point(x: 1, y: 1)), ("b", Point(x: 1, y: 1)), ("c", Point(x: 1, y: 1)),
            ])
        },
        ours: {
          let map = $0.map(at: root, of: Point.self)
          try await map.set(Point(x: 5, y: 2), for: "a")
          try await map.set(Point(x: 0, y: 0), for: "ours")
          try await map.removeValue(for: "b")
        },
        theirs: {
          let map = $0.map(at: root, of: Point.self)
          try await map.set(Point(x: 2, y: 7), for: "a")
          try await map.set(Point(x: 0, y: 0), for: "theirs")
          try await map.removeValue(for: "c")
        },
        outcome: {
          let map = $0.map(at: root, of: Point.self)
          try expectEqual(Set(try await map.keys()), ["a", "ours", "theirs"])
          try expectEqual(try await map.value(for: "a"), Point(x: 6, y: 8))
        })
    },
    Behaviour("merged maps of the last writer never conflict on a key that both have set") {
      repository in
      let map: @Sendable (Branch) -> SharedMap<String> = {
        $0.map(at: root, of: String.self, .lastWriter)
      }
      try await merging(
        repository, MergeRules(of: map(repository.branch())),
        begin: { try await map($0).set("base", for: "k") },
        ours: { try await map($0).set("ours", for: "k") },
        theirs: {
          // Written twice: the server's times never stand still.
          try await map($0).set("theirs", for: "k")
          for number in 0..<20 { try await map($0).set("theirs \(number % 2)", for: "k") }
          try await $0.register(at: "shared/k", of: String.self)
            .write("last", milliseconds: 99_999_999_999_999)
        },
        outcome: { try expectEqual(try await map($0).value(for: "k"), "last") })
    },
  ]

  // MARK: Queues

  private static let queues: [Behaviour] = [
    Behaviour("a shared queue gives what came first") { repository in
      let main = repository.branch()
      let queue = main.queue(at: "d/jobs", of: String.self)
      try expect(try await queue.dequeue() == nil)
      try expect(try await queue.isEmpty())
      try expectEqual(try await queue.count(), 0)
      for number in 0..<20 { try await queue.enqueue(entry(number, 1000)) }
      try await queue.enqueue(contentsOf: (20..<60).map { entry($0, 500) })
      try expectEqual(try await queue.count(), 60)
      try expectEqual(numbers(try await queue.peek(12).map(\.value)), Array(0..<12))
      try expectEqual(try await queue.peek(0).count, 0)
      var taken: [String] = []
      while let next = try await queue.dequeue() {
        taken.append(next.value)
        // Others add, and another handle takes a few at once.
        if taken.count == 10 { try await main.queue(at: "d/jobs", of: String.self).enqueue("60") }
        if taken.count == 20 {
          let more = try await main.queue(at: "d/jobs", of: String.self).dequeue(upTo: 5)
          try expect(!more.isEmpty && more.count <= 5)
          taken += more.map(\.value)
        }
      }
      try expectEqual(numbers(taken), Array(0...60))
      try expect(try await queue.isEmpty())
      try expectEqual(try await queue.count(), 0)
      try expectEqual(try await queue.dequeue(upTo: 0).count, 0)
      // Nothing is left of what was taken but the name of the last chunk.
      try expectEqual(try await main.list("d/jobs").map(\.nameText), ["tail"])
      try await queue.enqueue("again")
      try expectEqual(try await queue.peek().map(\.value), ["again"])
      try expectEqual(try await queue.dequeue()?.value, "again")
    },
    Behaviour("every entry of a shared queue is taken once, by many who add and many who take") {
      repository in
      let main = repository.branch()
      let taken = try await withThrowingTaskGroup(of: [String].self) { group in
        for producer in 0..<4 {
          group.addTask {
            let queue = main.queue(at: "jobs", of: String.self)
            for number in 0..<15 {
              try await queue.enqueue("\(producer) \(number) \(entry(0, 300))")
            }
            return []
          }
        }
        for _ in 0..<4 {
          group.addTask {
            let queue = main.queue(at: "jobs", of: String.self)
            var taken: [String] = []
            while taken.count < 15 {
              if let next = try await queue.dequeue() {
                taken.append(next.value)
              } else {
                await Task.yield()
              }
            }
            return taken
          }
        }
        var all: [String] = []
        for try await some in group {
          // Who takes gets each producer's entries in their order.
          for producer in 0..<4 {
            let own = some.filter { $0.hasPrefix("\(producer) ") }
              .compactMap { Int($0.split(separator: " ")[1]) }
            try expectEqual(own, own.sorted())
          }
          all += some
        }
        return all
      }
      try expectEqual(taken.count, 60)
      try expectEqual(Set(taken).count, 60)
      try expect(try await main.queue(at: "jobs", of: String.self).isEmpty())
    },
    Behaviour("what a claim has taken is told again, and nobody else has it", .scripts) {
      repository in
      let main = repository.branch()
      let queue = main.queue(at: "jobs", of: String.self)
      try expect(try await queue.claim() == nil)
      try await queue.enqueue(contentsOf: ["a", "b", "c", "d"])
      let claim = try await queue.claim(upTo: 2)
      let late = try await queue.claim()
      guard let claim, let late else { throw BehaviourFailure(description: "there is no claim") }
      try expectEqual(try await queue.dequeue(claim).map(\.value), ["a", "b"])
      try expectEqual(try await queue.dequeue()?.value, "c")
      let again = main.queue(at: "jobs", of: String.self)
      try expectEqual(try await again.dequeue(claim).map(\.value), ["a", "b"])
      try expectEqual(try await queue.dequeue()?.value, "d")
      try expectEqual(try await again.dequeue(claim).map(\.value), ["a", "b"])
      try expectEqual(try await again.dequeue(late).map(\.value), [])
      // It stays so, though there is something again.
      try await queue.enqueue("e")
      try expectEqual(try await again.dequeue(late).map(\.value), [])
      try expectEqual(try await again.dequeue()?.value, "e")
    },
    Behaviour("several containers change in one commit") { repository in
      let main = repository.branch()
      let (visits, status) = (main.counter(at: "n"), main.register(at: "r", of: String.self))
      let (set, map) = (main.set(at: "s", of: String.self), main.map(at: "m", of: String.self))
      try await set.insert("old")
      try await map.set("old", for: "old")
      try await main.commit(
        [
          visits.edit(adding: 2), status.edit(writing: "x"), set.edit(inserting: "new"),
          set.edit(removing: "old"), map.edit(setting: "y", for: "k"), map.edit(removing: "old"),
        ], "All at once")
      try expectEqual(try await visits.value(), 2)
      try expectEqual(try await status.read(), "x")
      try expectEqual(try await set.members(), ["new"])
      try expectEqual(try await map.keys(), ["k"])
      try expectEqual(try await main.log().count, 3)
    },
    Behaviour("an entry that is of another type is in nobody's way") { repository in
      let main = repository.branch()
      try await main.queue(at: "jobs", of: String.self).enqueue(contentsOf: ["1", "x", "3"])
      struct Job: Contents {
        let number: Int
        init(decoding bytes: [UInt8]) throws {
          guard let number = Int(String(decoding: bytes, as: UTF8.self)) else {
            throw BehaviourFailure(description: "no number")
          }
          self.number = number
        }
        func encoded() -> [UInt8] { Array("\(number)".utf8) }
      }
      let jobs = main.queue(at: "jobs", of: Job.self)
      try expectEqual(try await jobs.dequeue()?.value.number, 1)
      let error = try await expectError { _ = try await jobs.dequeue() }
      guard case .undecodable = error else { throw error }
      try expectEqual(try await jobs.dequeue()?.value.number, 3)
      try expect(try await jobs.dequeue() == nil)
    },
    Behaviour("merged queues hold what either has added and neither has taken") { repository in
      let queue: @Sendable (Branch) -> SharedQueue<String> = {
        $0.queue(at: root, of: String.self)
      }
      let take: @Sendable (Branch, Int) async throws -> Void = { branch, count in
        let jobs = queue(branch)
        for _ in 0..<count {
          // Two branches that do the same in the same second would make the same commit.
          try expect(try await jobs.dequeue("On \(branch.name)") != nil, "the queue is empty")
        }
      }
      try await merging(
        repository, MergeRules(of: queue(repository.branch())),
        begin: { try await queue($0).enqueue(contentsOf: (0..<30).map { entry($0, 1000) }) },
        ours: {
          // Beyond the first chunks, which are gone then.
          try await take($0, 20)
          try await queue($0).enqueue(contentsOf: (100..<110).map { entry($0, 1000) })
        },
        theirs: {
          try await take($0, 12)
          for number in 200..<205 { try await queue($0).enqueue(entry(number, 1000)) }
        },
        outcome: {
          let found = numbers(try await queue($0).peek(.max).map(\.value))
          try expectEqual(
            found.sorted(), Array(20..<30) + Array(100..<110) + Array(200..<205))
          try expectEqual(found.filter { $0 < 100 }, Array(20..<30))
          try expectEqual(found.filter { 100..<200 ~= $0 }, Array(100..<110))
          try expectEqual(found.filter { $0 >= 200 }, Array(200..<205))
        })
      // Taken from to the end, on one of them.
      let one = repository.branch("one")
      try await take(one, 25)
      try expect(try await queue(one).dequeue() == nil)
    },
    Behaviour("merged queues that both have emptied are empty") { repository in
      let queue: @Sendable (Branch) -> SharedQueue<String> = {
        $0.queue(at: root, of: String.self)
      }
      try await merging(
        repository, MergeRules(of: queue(repository.branch())),
        begin: { try await queue($0).enqueue(contentsOf: ["a", "b", "c"]) },
        ours: { for _ in 0..<2 { _ = try await queue($0).dequeue("On one") } },
        theirs: {
          for _ in 0..<3 { _ = try await queue($0).dequeue() }
          try await queue($0).enqueue("d")
          _ = try await queue($0).dequeue()
        },
        outcome: { try expect(try await queue($0).isEmpty()) })
    },
  ]
}
