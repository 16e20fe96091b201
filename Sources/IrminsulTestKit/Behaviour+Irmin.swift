import GitObjects
import Irminsul

extension Behaviour {
  /// The cases of Irmin's own suite (`irmin-test`) that no other case here has, by meaning and under its names.
  static let irmin: [Behaviour] = [
    Behaviour("irmin-test: basic operations on contents") { repository in
      let main = repository.branch()
      try await main.commit([.set("a", "same"), .set("d/b", "same")], "Twice")
      let (one, two) = (try await main.hash("a"), try await main.hash("d/b"))
      try expect(one != nil && one == two, "one value, two ids")
      guard let id = one, let object = try await repository.object(id) else {
        return try expect(false, "not stored")
      }
      try expectEqual(Array(object.content), Array("same".utf8))
      let none = try await repository.object(ObjectID.zero(repository.algorithm))
      try expect(none == nil)
    },
    Behaviour("irmin-test: basic operations on nodes, and equality whatever the order") {
      repository in
      var forth = Tree.empty
      var back = Tree.empty
      for number in 0..<256 {
        forth = try await forth.adding("\(number)", at: Path("n\(number)"))
        back = try await back.adding("\(255 - number)", at: Path("n\(255 - number)"))
      }
      let hash = try await forth.hash(repository.algorithm)
      try expectEqual(try await back.hash(repository.algorithm), hash)
      let main = repository.branch()
      try await main.setTree("d", to: forth, "Forth")
      let stored = try await main.hash("d")
      // In the layout of a store with wide directories it has another form.
      if repository.layout == .git { try expectEqual(stored, hash) }
      try await main.setTree("e", to: back, "Back")
      try expectEqual(try await main.hash("e"), stored)
      guard let tree = try await main.findTree("d") else { return try expect(false, "no tree") }
      let names = try await tree.list().map(\.name)
      try expectEqual(names.count, 256)
      try expectEqual(Set(names).count, 256)
      let page = try await tree.list(.root, ListRange(offset: 10, limit: 20)).map(\.name)
      try expectEqual(page, Array(names[10..<30]))
      // Added again it is there once, taken away it is gone, taken away twice too.
      let again = try await tree.adding("0", at: "n0")
      try expectEqual(try await again.list().count, 256)
      let less = try await tree.removing("n0").removing("n0")
      try expectEqual(try await less.list().count, 255)
      try expect(try await !less.mem("n0"))
    },
    Behaviour("irmin-test: basic operations on commits") { repository in
      let info = Info(
        "Same", author: Person("A", "a@example.org"), date: Timestamp(seconds: 1_700_000_000))
      var ids: [ObjectID] = []
      for name in ["one", "two"] {
        if let id = try await repository.branch(name).set("a", to: "1", info).head {
          ids.append(id)
        }
      }
      try expectEqual(ids.count, 2)
      try expectEqual(ids[0], ids[1])
      let commit = try await repository.commit(ids[0])
      try expectEqual(commit.subject, "Same")
      try expectEqual(commit.author?.seconds, 1_700_000_000)
      let unknown = try await expectError {
        _ = try await repository.commit(ObjectID.zero(repository.algorithm))
      }
      guard case .missingObject = unknown else { throw unknown }
    },
    Behaviour("irmin-test: hash operations on trees, and a subtree at another path") {
      repository in
      let main = repository.branch()
      try await main.commit([.set("x/a", "1"), .set("x/b/c", "2"), .set("y", "3")], "Begin")
      guard let part = try await main.findTree("x") else { return try expect(false, "no tree") }
      try expectEqual(
        try await part.hash(repository.algorithm), try await main.hash("x") ?? .zero(.sha1))
      try await main.setTree("z/copy", to: part, "Copy")
      try expectEqual(try await main.hash("z/copy"), try await main.hash("x"))
      try expectEqual(try await main.get("z/copy/b/c", as: String.self), "2")
    },
    Behaviour("irmin-test: complex histories") { repository in
      // c0 - c1 - c2 - c3, and a double cross: a1 and b1 from c1, a2 = a1 + b1, b2 = b1 + a1.
      let main = repository.branch()
      var line: [ObjectID] = []
      for number in 0..<4 {
        if let id = try await main.set("n", to: "\(number)", "\(number)").head { line.append(id) }
      }
      try expectEqual(line.count, 4)
      func commit(_ path: String, _ parents: [ObjectID]) async throws -> ObjectID {
        let result = try await repository.branch("work").commit(
          [.set(Path(path), path)], Info(path), parents: parents, emptyCommit: .made)
        guard let head = result.head else { throw BehaviourFailure(description: "no head") }
        return head
      }
      try expectEqual(try await repository.mergeBases(line[3], line[1]), [line[1]])
      try expectEqual(try await repository.mergeBases(line[2], line[2]), [line[2]])
      let a1 = try await commit("a1", [line[1]])
      let b1 = try await commit("b1", [line[1]])
      try expectEqual(try await repository.mergeBases(a1, b1), [line[1]])
      let a2 = try await commit("a2", [a1, b1])
      let b2 = try await commit("b2", [b1, a1])
      try expectEqual(Set(try await repository.mergeBases(a2, b2)), [a1, b1])
      let one = HistoryLimit(bases: 1)
      let limited = try await expectError {
        _ = try await repository.mergeBases(a2, b2, limit: one)
      }
      guard case .historyLimit = limited else { throw limited }
      // An edge that another way makes needless.
      let shortcut = try await commit("shortcut", [a2, line[1]])
      try expectEqual(try await repository.mergeBases(shortcut, b1), [b1])
      try expect(try await repository.isAncestor(line[0], of: shortcut))
      try expect(try await !repository.isAncestor(shortcut, of: line[0]))
      let distance = try await repository.aheadBehind(a2, line[3])
      try expectEqual(distance.ahead, 3)
      try expectEqual(distance.behind, 2)
      let tip = repository.branch("tip")
      try await tip.setHead(line[0])
      try expectEqual(try await tip.fastForward(to: line[3]), .moved(from: line[0]))
      try expectEqual(try await tip.fastForward(to: line[3]), .unchanged)
      try expectEqual(try await tip.fastForward(to: line[1]), .rejected(.ahead))
      try expectEqual(try await tip.fastForward(to: a2), .rejected(.diverged))
    },
    Behaviour("irmin-test: last modified, with n and depth, of files, folders and removals") {
      repository in
      let main = repository.branch()
      var ids: [ObjectID] = []
      for (path, value) in [("a", "1"), ("d/b", "1"), ("a", "2"), ("d/c", "1"), ("a", "3")] {
        if let id = try await main.set(Path(path), to: value, "Set").head { ids.append(id) }
      }
      if let id = try await main.remove("d/b", "Remove").head { ids.append(id) }
      func last(_ path: Path, n: Int = 1, depth: Int? = nil) async throws -> [ObjectID] {
        try await main.lastModified(path, n: n, depth: depth).map(\.id)
      }
      try expectEqual(try await last("a"), [ids[4]])
      try expectEqual(try await last("a", n: 2), [ids[4], ids[2]])
      try expectEqual(try await last("a", n: 9), [ids[4], ids[2], ids[0]])
      try expectEqual(try await last("a", n: 9, depth: 2), [ids[4]])
      try expectEqual(try await last("d/b", n: 9), [ids[5], ids[1]])
      try expectEqual(try await last("d", n: 9), [ids[5], ids[3], ids[1]])
      try expectEqual(try await last("none"), [])
      try expectEqual(try await repository.branch("none").lastModified("a").map(\.id), [])
    },
    Behaviour("irmin-test: empty stores") { repository in
      let info = Info("First", date: Timestamp(seconds: 1_700_000_000))
      let empty = repository.detached()
      try expect(try await empty.head() == nil)
      try expect(try await !empty.mem("a"))
      try expectEqual(try await empty.list().count, 0)
      let detached = try await empty.set("a", to: "1", info).head
      try expectEqual(try await repository.branch().set("a", to: "1", info).head, detached)
      try expectEqual(try await repository.branches(), ["main"])
    },
    Behaviour("irmin-test: a tree that was read before replaces what came since") { repository in
      let main = repository.branch()
      try await main.set("a", to: "1", "One")
      guard let stale = try await main.findTree() else { return try expect(false, "no tree") }
      try await main.set("b", to: "2", "Two")
      try await main.setTree(.root, to: try await stale.adding("3", at: "c"), "Stale")
      try expect(try await !main.mem("b"))
      try expectEqual(try await main.get("c", as: String.self), "3")
    },
    Behaviour("irmin-test: concurrent updates by two handles") { repository in
      let handles = [repository.branch(), repository.branch()]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (number, handle) in handles.enumerated() {
          for writer in 0..<10 {
            group.addTask {
              try await handle.set("same", to: "\(number) \(writer)", "Same")
              try await handle.set(Path("k/\(number)-\(writer)"), to: "\(writer)", "Own")
            }
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(try await handles[0].list("k").count, 20)
      try expect(try await handles[1].mem("same"))
    },
    Behaviour("irmin-test: concurrent head updates") { repository in
      let main = repository.branch()
      try await main.set("n", to: "0", "Begin")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<2 {
          group.addTask {
            for number in 0..<5 {
              while true {
                let head = try await main.head()?.id
                let trial = repository.detached(at: head)
                let new = try await trial.set(
                  Path("w/\(writer)-\(number)"), to: "x", "Write"
                ).head
                do {
                  try await main.testAndSetHead(test: head, set: new)
                  break
                } catch StoreError.headMoved(_, _) {
                }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(try await main.list("w").count, 10)
    },
    Behaviour("irmin-test: concurrent merges of twenty branches") { repository in
      let main = repository.branch()
      guard let head = try await main.set("begin", to: "0", "Begin").head else {
        return try expect(false, "no head")
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask {
            let side = repository.branch("side-\(number)")
            try await side.setHead(head)
            try await side.set(Path("side/\(number)"), to: "\(number)", "Side")
            try await main.merge(side)
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(try await main.list("side").count, 20)
    },
    Behaviour("irmin-test: closure with disconnected commits") { repository in
      // Two roots: r - a - b - m and s - c - m; d on its own.
      let work = repository.branch("work")
      func commit(_ path: String, _ parents: [ObjectID]) async throws -> ObjectID {
        let result = try await work.commit(
          [.set(Path(path), path)], Info(path), parents: parents, emptyCommit: .made)
        guard let head = result.head else { throw BehaviourFailure(description: "no head") }
        return head
      }
      let r = try await commit("r", [])
      let a = try await commit("a", [r])
      let b = try await commit("b", [a])
      let s = try await commit("s", [])
      let c = try await commit("c", [s])
      let m = try await commit("m", [b, c])
      let d = try await commit("d", [])
      func closure(_ max: [ObjectID], _ min: [ObjectID]) async throws -> Set<ObjectID> {
        let visits = try await repository.closure(of: max, min: min)
        return Set(visits.filter { $0.kind == .commit }.map(\.id))
      }
      try expectEqual(try await closure([m], []), [r, a, b, s, c, m])
      try expectEqual(try await closure([m], [a]), [b, s, c, m])
      try expectEqual(try await closure([m], [b, c]), [m])
      try expectEqual(try await closure([m, d], [s]), [r, a, b, c, m, d])
      try expectEqual(try await closure([m], [d]), [r, a, b, s, c, m])
      try expectEqual(try await closure([a], [m]), [])
      try expectEqual(try await closure([], [m]), [])
      try expectEqual(
        Set(try await repository.history(of: [m], min: [b, s]).commits), [b, s, c, m])
    },
    Behaviour("irmin-test: pre-hash collisions") { repository in
      let main = repository.branch()
      guard let head = try await main.set("a/b", to: "1", "One").head,
        let commit = try await repository.object(head),
        let id = try await main.hash("a"), let tree = try await repository.object(id)
      else { return try expect(false, "not stored") }
      // A blob that holds the very bytes of a commit or a tree is another object.
      for object in [commit, tree] {
        for bytes in [object.bytes, Array(object.content)] {
          try await main.set("copy", to: bytes, "Copy")
          let blob = try await main.hash("copy")
          try expect(blob != nil && blob != head && blob != id, "a collision")
        }
      }
      try expectEqual(try await repository.commit(head).subject, "One")
    },
    Behaviour("irmin-test: high-level store synchronisation") { repository in
      let main = repository.branch()
      for number in 0..<5 { try await main.set("n", to: "\(number)", "Count") }
      guard let head = try await main.head()?.id else { return try expect(false, "no head") }
      let other = Repository(backend: DictionaryBackend(algorithm: repository.algorithm))
      if repository.layout != other.layout {
        let refused = try await expectError { _ = try await other.fetch(from: repository) }
        guard case .wrongLayout = refused else { throw refused }
        return
      }
      try expectEqual(try await other.fetch(from: repository), ["main": head])
      try expectEqual(try await other.branches(), [])
      try await other.branch().setHead(head)
      try expectEqual(try await other.branch().log().count, 5)
      try await other.branch().set("back", to: "1", "Back")
      try await main.pull(from: other)
      try expectEqual(try await main.get("back", as: String.self), "1")
    },
    Behaviour("irmin-test: graph iteration visits each object once and can be cut") {
      repository in
      let main = repository.branch()
      for number in 0..<4 {
        try await main.commit([.set("a", "same"), .set("n", "\(number)")], "Count")
      }
      guard let head = try await main.head() else { return try expect(false, "no head") }
      var seen: [ObjectID] = []
      for try await visit in repository.walk(from: [head.id]) { seen.append(visit.id) }
      try expectEqual(Set(seen).count, seen.count)
      // Four commits, four trees, four numbers and one value that all have.
      try expectEqual(seen.count, 13)
      var cut: [ObjectWalk.Visit] = []
      let parent = head.parents[0]
      for try await visit in repository.walk(
        from: [head.id], cut: { $0.id == parent ? .below : $0.kind == .blob ? .here : .none })
      { cut.append(visit) }
      try expectEqual(cut.map(\.kind), [.commit, .commit, .tree])
    },
    Behaviour("irmin-test: watchers that fail or end do not stop others") { repository in
      struct Fault: Error {}
      let main = repository.branch()
      try await main.set("n", to: "0", "Begin")
      var watches: [Watch] = []
      for _ in 0..<20 { watches.append(try await main.watch()) }
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for (number, watch) in watches.enumerated() {
          group.addTask {
            var count = 0
            do {
              for try await _ in watch {
                count += 1
                // A third of them fail at the first change, a third end after two.
                if number % 3 == 0 { throw Fault() }
                if number % 3 == 1, count == 2 { break }
                if count == 4 { break }
              }
            } catch is Fault {}
            return count
          }
        }
        for number in 1...4 { try await main.set("n", to: "\(number)", "Count") }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      try expectEqual(
        counts.sorted(),
        (0..<20).map { $0 % 3 == 0 ? 1 : $0 % 3 == 1 ? 2 : 4 }.sorted())
    },
    Behaviour("irmin-test: wide nodes") { repository in
      let main = repository.branch()
      try await main.commit((0..<3000).map { try .set(Path("d/n\($0)"), "\($0)") }, "Fill")
      guard let first = try await main.hash("d"), let tree = try await main.findTree("d") else {
        return try expect(false, "no tree")
      }
      try expectEqual(try await tree.count(), 3000)
      try expectEqual(try await tree.list(.root, ListRange(offset: 2990)).count, 10)
      try await main.remove("d/n7", "Remove")
      try expect(try await !main.mem("d/n7"))
      try await main.set("d/n7", to: "7", "Add again")
      try expectEqual(try await main.hash("d"), first)
      try expectEqual(try await main.get("d/n2999", as: String.self), "2999")
    },
  ]
}
