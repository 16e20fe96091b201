import GitObjects
import Irminsul

extension Behaviour {
  /// What a store, its refs and its folders take.
  static let accounts: [Behaviour] = [
    Behaviour("accounts by kind are those of all objects", .scripts) { repository in
      try await fill(repository)
      guard let head = try await repository.branch("main").head() else {
        return try expect(false, "no head")
      }
      try await repository.tag("v1", at: head.id, Info("One"))
      var expected = KindTotals()
      for id in try await reached(from: Array(repository.refs().values), in: repository) {
        try await count(id, in: repository, &expected)
      }
      let all = try await repository.accountsByKind()
      try expectEqual(all.kinds, expected)
      try expectEqual(all.sample, nil)
      try expectEqual(all.blobs, [])
      try expectEqual(all.kinds.tag.objects, 1)
      try expectEqual(all.kinds.all.objects, Int(try await repository.statistics().objects))

      var options = KindAccountOptions()
      options.blobs = 3
      let largest = try await repository.accountsByKind(options).blobs
      try expectEqual(largest.map(\.bytes), [5000, 4000, 3000])
      let places = try await repository.places(of: Set(largest.map(\.id)))
      try expectEqual(largest.map { places[$0.id]?.path }, ["big/new", "big/old", "big/side"])
      for blob in largest {
        guard let place = places[blob.id] else { continue }
        let entry = try await repository.tree(place.commit).entry(place.path)
        try expectEqual(entry?.id, blob.id)
      }
    },
    Behaviour("accounts of a sample say so, and of how many", .scripts) { repository in
      try await fill(repository)
      let all = try await repository.accountsByKind().kinds
      var options = KindAccountOptions()
      options.sample = 40
      options.blobs = 100
      let some = try await repository.accountsByKind(options)
      try expectEqual(some.sample?.objects, 40)
      try expectEqual(some.sample?.of, all.all.objects)
      try expect(some.sample.map { $0.marginBytes > 0 } ?? false, "a margin")
      // Rounding aside, all of them are estimated.
      try expect(abs(some.kinds.all.objects - all.all.objects) <= 5, "\(some.kinds)")
      try expect(some.blobs.count <= 40, "\(some.blobs.count) blobs of 40 objects")
      // What is as large as the store is the store.
      options.sample = all.all.objects
      let whole = try await repository.accountsByKind(options)
      try expectEqual(whole.sample, nil)
      try expectEqual(whole.kinds, all)
    },
    Behaviour("a ref's accounts are what no other ref leads to") { repository in
      try await fill(repository)
      let heads = try await repository.heads()
      let accounts = try await repository.accountsByRef()
      var sets: [String: Set<ObjectID>] = [:]
      for (name, head) in heads {
        sets["refs/heads/\(name)"] = try await reached(from: [head], in: repository)
      }
      try expectEqual(accounts.refs.map(\.ref), sets.keys.sorted())
      var shared = sets.values.reduce(into: Set<ObjectID>()) { $0.formUnion($1) }
      try expectEqual(accounts.reached, shared.count)
      for account in accounts.refs {
        var own = sets[account.ref] ?? []
        for (name, other) in sets where name != account.ref { own.subtract(other) }
        var expected = KindTotals()
        for id in own { try await count(id, in: repository, &expected) }
        try expectEqual(account.own, expected, account.ref)
        shared.subtract(own)
      }
      try expectEqual(accounts.shared, shared.count)
      // Two at one commit have nothing of their own.
      guard let twin = heads["side"] else { return try expect(false, "no side") }
      try await repository.createBranch("twin", at: twin)
      let again = try await repository.accountsByRef()
      for account in again.refs where account.branch != "main" && account.branch != "old" {
        try expectEqual(account.own, KindTotals(), account.ref)
      }
    },
    Behaviour("a commit's growth is what its parents have not") { repository in
      try await fill(repository)
      let growth = try await repository.growth(commits: 1000)
      let heads = Set(try await repository.heads().values)
      var known: Set<ObjectID> = []
      for try await visit in repository.walk(from: Array(heads)) where visit.kind == .commit {
        known.insert(visit.id)
      }
      try expectEqual(Set(growth.commits.map(\.id)), known)
      // What explains wide directories is there from the beginning.
      var seen = try await reached(from: Array(heads), in: repository)
      for id in seen {
        let object = try await repository.object(id)
        let isExplanation = object?.content.starts(with: "This folder is a part of a wide".utf8)
        if isExplanation != true { seen.remove(id) }
      }
      for commit in growth.commits.reversed() {
        let parents = try await repository.commit(commit.id).parents
        var old: Set<ObjectID> = []
        for parent in parents {
          let tree = try await repository.commit(parent).tree
          old.formUnion(try await reached(from: [tree], in: repository))
        }
        let tree = try await repository.commit(commit.id).tree
        var new = try await reached(from: [tree], in: repository).subtracting(old)
        new.insert(commit.id)
        var expected = KindTotals()
        for id in new where seen.insert(id).inserted {
          try await count(id, in: repository, &expected)
        }
        let subject = try await repository.commit(commit.id).subject
        try expectEqual(commit.added, expected, subject)
      }
      let newest = try await repository.growth(commits: 3)
      try expectEqual(newest.commits.map(\.id), growth.commits.prefix(3).map(\.id))
      try expectEqual(try await repository.growth(commits: 5, from: []).commits, [])
      var largest = growth.commits.map(\.added.all.bytes)
      largest.sort()
      try expectEqual(growth.largest?.added.all.bytes, largest.last)
      try expectEqual(growth.total.commit.objects, growth.commits.count)
    },
    Behaviour("folders take what is in them, as a checkout and as stored") { repository in
      try await fill(repository)
      let main = repository.branch("main")
      // The same folder at two more places: nothing more is stored for them.
      guard let twice = try await main.findTree("deep") else { return try expect(false, "none") }
      try await main.setTree("copies/one", to: twice, "One")
      try await main.setTree("copies/two", to: twice, "Two")
      guard let snapshot = try await main.snapshot() else { return try expect(false, "no head") }
      guard let usage = try await snapshot.usage() else { return try expect(false, "no usage") }
      var paths: [Path] = []
      for folder in usage.folders() {
        paths.append(folder.path)
        try await expectUsage(folder, in: snapshot.tree, of: repository)
      }
      var expected: [Path] = []
      for try await visit in snapshot.tree.walk() where visit.kind == .end {
        expected.append(visit.path)
      }
      try expectEqual(paths, expected)
      try expectEqual(usage.total, Array(usage.folders(depth: 0)).first)
      try expectEqual(
        usage.folders(depth: 1).map(\.path), expected.filter { $0.steps.count <= 1 })
      guard let copies = try await snapshot.usage("copies")?.total,
        let one = try await snapshot.usage("copies/one")?.total
      else { return try expect(false, "no copies") }
      try expectEqual(copies.path, "copies")
      try expectEqual(copies.bytes, 2 * one.bytes)
      try expectEqual(copies.stored.objects, one.stored.objects + 1)
      try expect(try await snapshot.usage("absent") == nil, "something at a path with nothing")

      // What is not stored yet counts as it will be.
      let edited = try await snapshot.tree.adding("new", at: "deep/x/new").removing("copies/two")
      let before = Array(try await edited.usage().folders())
      try await main.setTree(.root, to: edited, "Store")
      let after = try await main.snapshot()?.usage()?.folders().map { $0 }
      try expectEqual(before, after)
      let nothing = try await Tree.empty.usage().total
      try expectEqual(nothing.files + nothing.bytes + nothing.entries, 0)
    },
    Behaviour("sizes of objects come without them, however many are asked for") { repository in
      try await fill(repository)
      var ids: [ObjectID] = []
      for (_, head) in try await repository.heads() {
        for try await visit in repository.walk(from: [head]) { ids.append(visit.id) }
      }
      // The same ones again and again, more than one request has room for, and large ones among them.
      while ids.count < 1200 { ids += ids }
      var expected: [ObjectID: Int] = [:]
      for id in Set(ids) { expected[id] = try await repository.object(id)?.contentSize }
      let sizes = try await repository.sizes(of: ids)
      try expectEqual(sizes, ids.compactMap { expected[$0] })
      try expectEqual(try await repository.sizes(of: []), [])
      let absent = ObjectID.zero(repository.algorithm)
      let error = try await expectError {
        _ = try await repository.sizes(of: [ids[0], absent, ids[1]])
      }
      guard case .missingObject(absent, _) = error else { throw error }
    },
    Behaviour("a tree that doubles again and again has its size counted") { repository in
      let main = repository.branch()
      var tree = try Tree(["x": ["y": "12345"]])
      for _ in 0..<70 {
        tree = try await Tree.empty.addingTree(tree, at: "l").addingTree(tree, at: "r")
        try await main.setTree(.root, to: tree, "Double")
        // As it is stored, not as two that are edited.
        guard let stored = try await main.findTree(.root) else {
          return try expect(false, "no tree")
        }
        tree = stored
      }
      guard let usage = try await main.snapshot()?.usage() else {
        return try expect(false, "no usage")
      }
      // 2^70 files are more than a number can say.
      try expectEqual(usage.total.bytes, .max)
      try expectEqual(usage.total.files, .max)
      try expectEqual(usage.total.stored.objects, 73)
      var folders = usage.folders(depth: 60).makeIterator()
      try expectEqual(folders.next()?.files, 1 << 10)
    },
    Behaviour("the largest folders of all heads are found") { repository in
      try await fill(repository)
      let found = try await repository.largestDirectories(3)
      try expectEqual(found.byEntries.first?.path, "many")
      try expectEqual(found.byEntries.first?.entries, 70)
      try expectEqual(found.byEntries.first?.ref, "refs/heads/side")
      try expectEqual(found.byBytes.first?.path, "many")
      try expectEqual(found.byEntries.count, 3)
      try expectEqual(Set(found.byEntries.map(\.path)).count, 3)
      // Its own trees alone, however many it has.
      guard let many = try await repository.branch("side").findTree("many") else {
        return try expect(false, "no folder")
      }
      var trees = 0
      var own = 0
      let id = try await many.hash(repository.algorithm)
      for try await visit in repository.walk(from: [id]) where visit.kind == .tree {
        trees += 1
        own += try await repository.object(visit.id)?.contentSize ?? 0
      }
      try expectEqual(found.byBytes.first?.bytes, own)
      try expect(repository.layout == .git ? trees == 1 : trees > 1, "\(trees) trees")
    },
    Behaviour("a collection frees what was said by kind", .scripts) { repository in
      try await fill(repository)
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      options.share = 1
      try await repository.deleteBranch("side")
      let before = try await repository.accountsByKind().kinds
      let estimate = try await repository.estimate(options)
      let report = try await repository.collectGarbage(options)
      let after = try await repository.accountsByKind().kinds
      try expectEqual(Int(report.removed), estimate.removed)
      try expectEqual(estimate.keptKinds, after)
      var sum = estimate.removedKinds
      sum += after
      try expectEqual(sum, before)
      try expect(estimate.removedKinds.commit.objects > 0, "no commit was removed")
      try expect(estimate.removedBytes > estimate.removedKinds.all.bytes, "headers are kept, too")
      // Of a history that was cut nobody knows what its end has added.
      try await repository.set(.retentionCommits, to: "2")
      _ = try await repository.collectGarbage(options)
      let growth = try await repository.growth()
      try expect(growth.cut > 0, "no commit is cut")
      var commits = Set(try await repository.heads().values)
      for try await visit in repository.walk(from: Array(commits)) where visit.kind == .commit {
        commits.insert(visit.id)
      }
      try expectEqual(growth.commits.count + growth.cut, commits.count)
      for commit in growth.commits {
        let parents = try await repository.commit(commit.id).parents
        try expectEqual(try await repository.parents(of: commit.id), parents)
      }
    },
  ]

  /// Three branches: folders small, deep and of many names; names that come, go and move.
  private static func fill(_ repository: Repository) async throws {
    func info(_ text: String, _ number: Int64) -> Info {
      Info(text, date: Timestamp(seconds: 1_700_000_000 + number))
    }
    func size(_ bytes: Int, _ letter: String) -> String {
      String(repeating: letter, count: bytes)
    }
    let main = repository.branch("main")
    let many = try (0..<60).map { try BranchEdit.set(Path("many/name \($0)"), "m\($0)") }
    try await main.commit(
      many + [.set("deep/x/y/z", "z"), .set("deep/x/w", "w"), .set("big/old", size(4000, "o"))],
      info("Fill", 1))
    let first = try await main.head()
    try await main.commit(
      [.set("deep/x/w", "w2"), .remove("many/name 7"), .set("big/new", size(5000, "n"))],
      info("Change", 2))
    guard let first, let second = try await main.head() else {
      return try expect(false, "no head")
    }
    try await repository.createBranch("side", at: second.id)
    let side = repository.branch("side")
    try await side.commit(
      (0..<11).map { try .set(Path("many/more \($0)"), "more \($0)") }, info("More", 3))
    try await side.commit([.set("big/side", size(3000, "s"))], info("Side", 4))
    // A folder that moves to another one, a file that moves with it, and a value that comes back.
    guard let deep = try await main.findTree("deep/x") else { return try expect(false, "none") }
    try await main.commit(
      [
        .remove("deep/x"), .setTree("moved/here", deep), .set("moved/here/also", "also"),
        .remove("big/old"), .set("deep/stays", "stays"),
      ], info("Move", 5))
    try await main.commit(
      (10..<50).map { .remove(Path("many/name \($0)")) } + [.set("deep/x/w", "w")],
      info("Fewer", 6))
    try await repository.createBranch("old", at: first.id)
    try await repository.branch("old").commit([.set("only/here", "old")], info("Old", 7))
    // A merge, as far as its parents go, that changes something itself.
    guard let head = try await main.head(), let other = try await side.head() else {
      return try expect(false, "no head")
    }
    try await main.commit(
      [.set("merged", "merged")], info("Merge", 8), parents: [head.id, second.id, other.id])
    try await side.commit([.set("side/last", "last")], info("Last", 9))
  }

  private static func reached(
    from ids: [ObjectID], in repository: Repository
  ) async throws -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    for try await visit in repository.walk(from: ids) { found.insert(visit.id) }
    return found
  }

  private static func count(
    _ id: ObjectID, in repository: Repository, _ totals: inout KindTotals
  ) async throws {
    guard let object = try await repository.object(id) else {
      throw BehaviourFailure(description: "\(id) is missing")
    }
    totals[object.kind].objects += 1
    totals[object.kind].bytes += object.contentSize
  }

  private static func expectUsage(
    _ folder: FolderUsage, in tree: Tree, of repository: Repository
  ) async throws {
    guard let own = try await tree.findTree(folder.path) else {
      return try expect(false, "no folder \(folder.path)")
    }
    var files = 0
    var bytes = 0
    for try await visit in own.walk(TreeWalkOptions(values: .read)) where visit.kind == .contents {
      files += 1
      bytes += visit.value?.count ?? 0
    }
    var stored = KindTotals()
    let id = try await own.hash(repository.algorithm)
    for id in try await reached(from: [id], in: repository) {
      try await count(id, in: repository, &stored)
    }
    let expected = FolderUsage(
      path: folder.path, entries: try await own.count(), files: files, bytes: bytes,
      stored: stored.all)
    try expectEqual(folder, expected)
  }
}
