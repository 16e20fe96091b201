import Irminsul

extension Behaviour {
  private static func shown(_ visit: TreeVisit) -> String {
    switch visit.kind {
    case .directory: "<\(visit.path)"
    case .contents:
      "\(visit.path)" + (visit.value.map { "=\(String(decoding: $0, as: UTF8.self))" } ?? "")
    case .end: ">\(visit.path)"
    }
  }

  private static func shown(
    _ tree: Tree, _ options: TreeWalkOptions = TreeWalkOptions()
  ) async throws -> [String] {
    try await tree.walk(options).reduce(into: []) { $0.append(shown($1)) }
  }

  private static let sample: Tree.Concrete = [
    "a-": "1", "a": ["x": "2", "y/z": "3"], "b/c": "4", "empty": [:], "e": ["f": ["g": [:]]],
  ]

  /// Folds, whole trees as values, pages and updates.
  static let walks: [Behaviour] = [
    Behaviour("a walk meets everything in order, stored or not") { repository in
      let main = repository.branch()
      try await main.setTree(.root, to: try Tree(sample), "Sample")
      let stored = try await main.findTree(.root)!
      let edited = try await stored.removing("b").adding("4", at: "b/c")
      for tree in [stored, edited, try Tree(sample)] {
        try expectEqual(
          try await shown(tree),
          ["<", "a-", "<a", "a/x", "<a/y", "a/y/z", ">a/y", ">a", "<b", "b/c", ">b", ">"])
        try expectEqual(
          try await shown(tree, TreeWalkOptions(order: .name, values: .read)),
          ["<", "<a", "a/x=2", "<a/y", "a/y/z=3", ">a/y", ">a", "a-=1", "<b", "b/c=4", ">b", ">"])
        try expectEqual(
          try await shown(tree, TreeWalkOptions(depth: 2...2)),
          ["a/x", "<a/y", ">a/y", "b/c"])
        try expectEqual(
          try await shown(tree, TreeWalkOptions(depth: ..<2)),
          ["<", "a-", "<a", ">a", "<b", ">b", ">"])
        try expectEqual(try await shown(tree, TreeWalkOptions(depth: 3...)), ["a/y/z"])
        try expectEqual(try await shown(tree, TreeWalkOptions(depth: 0..<0)), [])
      }
      try expectEqual(try await shown(.empty), ["<", ">"])
      try expectEqual(
        try await stored.stats(values: .read).description,
        "4 directories, 4 blobs, depth 3, width 3, 4 bytes")
    },
    Behaviour("a fold skips and stops where it is told") { repository in
      let main = repository.branch()
      try await main.setTree(.root, to: try Tree(sample), "Sample")
      let tree = try await main.findTree(.root)!
      let skipped = try await tree.fold(into: [String]()) { names, visit in
        names.append(shown(visit))
        return visit.path == "a" ? .skip : .continue
      }
      try expectEqual(skipped, ["<", "a-", "<a", "<b", "b/c", ">b", ">"])
      let stopped = try await tree.fold(into: [String]()) { names, visit in
        names.append(shown(visit))
        return visit.path == "a/x" ? .stop : .continue
      }
      try expectEqual(stopped, ["<", "a-", "<a", "a/x"])
    },
    Behaviour("a walk visits equal subtrees once if it is told to") { repository in
      let main = repository.branch()
      var tree = try Tree(["x": ["y": "1"]])
      // 2^20 leaves in some twenty trees.
      for _ in 0..<20 {
        tree = try await Tree.empty.addingTree(tree, at: "l").addingTree(tree, at: "r")
        try await main.setTree(.root, to: tree, "Double")
        tree = try await main.findTree(.root)!
      }
      let stats = try await tree.stats(repeats: .skipped)
      try expectEqual(stats.directories, 22)
      try expectEqual(stats.blobs, 1)
    },
    Behaviour("a walk over large folders meets what a dictionary has") { repository in
      let main = repository.branch()
      var wanted: [Path: String] = [:]
      var names = SampleNames(seed: 3)
      for number in 0..<1500 {
        let path = Path(steps: [Bytes("big\(number % 2)".utf8), names.name()])
        wanted[path] = "\(number)"
      }
      for number in 0..<1000 { wanted[Path("many/\(number)/x")] = "\(number)" }
      try await main.commit(try wanted.map { try BranchEdit.set($0.key, $0.value) }, "Fill")
      let tree = try await main.findTree(.root)!
      for order in [TreeWalkOptions.Order.listing, .name] {
        var found: [Path: String] = [:]
        var last: Path?
        for try await visit in tree.walk(TreeWalkOptions(order: order, values: .read))
        where visit.kind == .contents {
          found[visit.path] = String(decoding: visit.value ?? [], as: UTF8.self)
          if let last, order == .name { try expect(last < visit.path) }
          last = visit.path
        }
        try expectEqual(found, wanted)
      }
      try expectEqual(try await tree.stats().blobs, wanted.count)
      try expectEqual(try await tree.stats().directories, 1004)
      try expectEqual(try await tree.stats().width, 1000)
      // The same a page at a time.
      for folder in ["big0", "many"] as [Path] {
        let all = try await tree.list(folder)
        for size in [1, 7, 100, 5000] where size > 1 || all.count < 500 {
          let pages = try await tree.items(folder, pageSize: size).reduce(into: []) {
            $0.append($1)
          }
          try expectEqual(pages, all)
        }
        let part = try await tree.items(folder, ListRange(offset: 10, limit: 25), pageSize: 10)
          .reduce(into: []) { $0.append($1) }
        try expectEqual(part, Array(all[10..<35]))
      }
      try expectEqual(try await tree.items("none").reduce(0) { sum, _ in sum + 1 }, 0)
    },
    Behaviour("a whole tree is a value, and the value a tree") { repository in
      let main = repository.branch()
      let tree = try Tree(sample)
      try await main.setTree("here", to: tree, "Sample")
      let stored = try await main.findTree("here")!
      let nested: Tree.Concrete = [
        "a": ["x": "2", "y": ["z": "3"]], "a-": "1", "b": ["c": "4"],
      ]
      try expectEqual(try await stored.concrete(), nested)
      try expectEqual(try await tree.concrete(), nested)
      try expectEqual(
        try await Tree(nested).hash(repository.algorithm), try await tree.hash(repository.algorithm)
      )
      let limit = try await expectError { _ = try await stored.concrete(limit: 500) }
      guard case .treeLimit = limit else { throw limit }
      let bads: [Tree.Concrete] = [
        ["a": "1", "a": "2"], ["a": "1", "a/b": "2"], ["a/b": "2", "a": "1"],
        ["a": ["b": "1"], "a/b": "2"], ["a//b": "1"], ["": "1"], [".git": "1"], ["a": ["..": "1"]],
      ]
      for bad in bads {
        let error = try await expectError { _ = try Tree(bad) }
        guard case .badPath = error else { throw error }
      }
      let value = try await expectError { _ = try Tree("text") }
      guard case .rootIsDirectory = value else { throw value }
    },
    Behaviour("an update that changes nothing gives the same tree") { repository in
      let main = repository.branch()
      try await main.commit([.set("a/n", "1"), .set("a/m", "2"), .set("b", "3")], "Fill")
      let tree = try await main.findTree(.root)!
      try expect(tree.storedID != nil)
      let same = try await tree.updating("a/n", as: String.self) { $0 }
      try expectEqual(same.storedID, tree.storedID)
      let none = try await tree.updating("a/none", as: String.self) { _ in nil }
      try expectEqual(none.storedID, tree.storedID)
      let folder = try await tree.updatingTree("a") { try await $0.adding("1", at: "n") }
      try expectEqual(folder.storedID, tree.storedID)
      let changed = try await tree.updating("a/n", as: String.self) { ($0 ?? "") + "1" }
      try expectEqual(changed.storedID, nil)
      try expectEqual(try await changed.get("a/n", as: String.self), "11")
      try expectEqual(try await tree.get("a/n", as: String.self), "1")
      let removed = try await tree.updating("a/n", as: String.self) { _ in nil }
        .updatingTree("a") { try await $0.removing("m") }
      try expectEqual(try await removed.list().map(\.nameText), ["b"])
      try expect(try await tree.memTree("a"))
      try expectEqual(try await removed.memTree("a"), false)
      let made = try await tree.updatingTree("c/d") { try await $0.adding("x", at: "e") }
      try expectEqual(try await made.get("c/d/e", as: String.self), "x")
      let error = try await expectError { _ = try await tree.get("none", as: String.self) }
      guard case .notFound = error else { throw error }
    },
    Behaviour("a difference of edited trees is that of stored ones") { repository in
      let main = repository.branch()
      var names = SampleNames(seed: 5)
      let edits = try (0..<300).map { try BranchEdit.set(names.path(), "\($0)") }
      try await main.commit(edits, "Fill")
      let old = try await main.findTree(.root)!
      var new = old
      for number in 0..<60 {
        new =
          number % 2 == 0
          ? try await new.adding("new \(number)", at: names.path())
          : try await new.removing(names.path())
      }
      let changes = try await old.diff(to: new)
      try await main.setTree(.root, to: new, "New")
      let stored = try await main.findTree(.root)!
      try expectEqual(try await old.diff(to: stored), changes)
      try expectEqual(try await new.diff(to: stored), [])
      try expectEqual(changes, changes.sorted { $0.path < $1.path })
      // The changes lead from the one to the other.
      var led = old
      for change in changes {
        if case .removed(let path, _) = change { led = try await led.removing(path) }
      }
      for change in changes {
        switch change {
        case .added(let path, _), .updated(let path, _, _):
          led = try await led.updating(path, as: Bytes.self) { _ in try await new.find(path) }
        case .removed: break
        }
      }
      try expectEqual(
        try await led.hash(repository.algorithm), try await new.hash(repository.algorithm))
      let whole = try await Tree.empty.diff(to: stored)
      try expectEqual(whole.count, try await stored.stats().blobs)
    },
  ]
}
