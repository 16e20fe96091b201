import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Accounts of random histories, beside what git says of the same objects.
@Suite struct AccountsTests {
  struct Form: Sendable, CustomStringConvertible {
    let layout: DirectoryLayout
    let algorithm: HashAlgorithm
    let seed: UInt64

    var description: String { "\(layout) \(algorithm) \(seed)" }
  }

  static let forms = [
    Form(layout: .git, algorithm: .sha1, seed: 1), Form(layout: .git, algorithm: .sha256, seed: 2),
    Form(layout: .wide, algorithm: .sha1, seed: 3),
    Form(layout: .wide, algorithm: .sha256, seed: 4), Form(layout: .git, algorithm: .sha1, seed: 5),
    Form(layout: .wide, algorithm: .sha1, seed: 6),
  ]

  /// A store and its export.
  private struct Pair {
    let repository: Repository
    let git: GitFixture
    let owner: GitFixture
    /// Of each object that git has.
    let sizes: [String: (kind: ObjectKind?, bytes: Int)]

    func totals(_ ids: some Sequence<String>) -> KindTotals {
      var totals = KindTotals()
      for id in ids {
        guard let size = sizes[id] else { continue }
        totals[size.kind].objects += 1
        totals[size.kind].bytes += size.bytes
      }
      return totals
    }

    func objects(of revisions: [String]) throws -> Set<String> {
      let output = try git.status(of: ["rev-list", "--objects", "--no-object-names"] + revisions)
      try #require(output.status == 0, "\(output.errors)")
      return Set(output.lines)
    }
  }

  /// Three branches whose commits set new values, remove and move folders and files, and have one or two parents; tags of
  /// both kinds, and one of a tag.
  private func pair(_ form: Form) async throws -> Pair {
    let repository = try await Repository.open(
      "memory:?layout=\(form.layout.rawValue)&hash=\(form.algorithm)")
    var random = SeededNumbers(state: form.seed)
    let branches = ["main", "one", "two/three"]
    var heads: [String: ObjectID] = [:]
    for number in 0..<60 {
      let name = branches[Int.random(in: 0..<3, using: &random)]
      let head = heads[name] ?? heads["main"]
      var tree = Tree.empty
      if let head { tree = try await repository.tree(head) }
      if number == 0 {
        for place in 0..<70 {
          tree = try await tree.adding("w\(place)", at: Path("wide/n\(place)"))
        }
      }
      for change in 0..<Int.random(in: 1...8, using: &random) {
        let value = "\(form.seed) \(number) \(change) " + String(repeating: "v", count: number)
        switch Int.random(in: 0..<10, using: &random) {
        case 0...4:
          let place = Int.random(in: 0..<90, using: &random)
          tree = try await tree.adding(value, at: Path("wide/n\(place)"))
        case 5...6:
          let place = Int.random(in: 0..<3, using: &random)
          tree = try await tree.adding(value, at: Path("d\(place)/e\(place)/f"))
          tree = try await tree.adding("\(value)+", at: Path("d\(place)/g"))
        case 7:
          tree = try await tree.removing(Path("d\(Int.random(in: 0..<3, using: &random))"))
        case 8:
          for place in 0..<40 { tree = try await tree.removing(Path("wide/n\(place)")) }
        default:
          let path = Path("d\(Int.random(in: 0..<3, using: &random))/e1")
          if let moved = try await tree.findTree(path) {
            tree = try await tree.removing(path).addingTree(moved, at: Path("moved/k\(number)"))
          }
        }
      }
      var parents = head.map { [$0] } ?? []
      if Int.random(in: 0..<5, using: &random) == 0,
        let other = heads.values.sorted().randomElement(using: &random), !parents.contains(other)
      {
        parents.append(other)
      }
      let date = Timestamp(seconds: 1_700_000_000 + Int64(number) * 10)
      let result = try await repository.branch(name).commit(
        [.setTree(.root, tree)], Info("\(number)", date: date), parents: parents,
        emptyCommit: .made)
      let made = try #require(result.head)
      heads[name] = made
      if number % 20 == 7 {
        try await repository.tag("light\(number)", at: try #require(heads["main"]))
        let tag = try await repository.tag(
          "heavy\(number)", at: made, Info("Tag"))
        try await repository.tag("again\(number)", at: tag, Info("Tag of a tag"))
      }
    }
    // What only a tag leads to.
    let lost = try await repository.branch("lost").set("lost", to: "lost", "Lost")
    try await repository.tag("lost", at: try #require(lost.head))
    try await repository.deleteBranch("lost")
    let tree = try await repository.commit(try #require(heads["main"])).tree
    try await repository.tag("tree", at: tree)

    let owner = try GitFixture(form.algorithm)
    try await repository.exportGit(to: "\(owner.folder)/out")
    let git = GitFixture(at: "\(owner.folder)/out", form.algorithm)
    var sizes: [String: (kind: ObjectKind?, bytes: Int)] = [:]
    for line in try git.run("cat-file", "--batch-all-objects", "--batch-check").lines {
      let words = line.split(separator: " ")
      sizes[String(words[0])] = (ObjectKind(rawValue: String(words[1])), Int(words[2]) ?? -1)
    }
    return Pair(repository: repository, git: git, owner: owner, sizes: sizes)
  }

  @Test(arguments: forms) func kindsAreThoseOfGit(_ form: Form) async throws {
    let pair = try await pair(form)
    let found = try await pair.repository.accountsByKind()
    #expect(found.kinds == pair.totals(pair.sizes.keys))
    #expect(found.kinds.other == ObjectTotal())
    await pair.repository.close()
  }

  @Test(arguments: forms) func whatOnlyARefReaches(_ form: Form) async throws {
    let pair = try await pair(form)
    let accounts = try await pair.repository.accountsByRef()
    let refs = try await pair.repository.refs()
    #expect(Set(accounts.refs.map(\.ref)) == Set(refs.keys))
    var reached: [String: Set<String>] = [:]
    for name in refs.keys { reached[name] = try pair.objects(of: [name]) }
    for account in accounts.refs {
      var own = try #require(reached[account.ref])
      for (name, others) in reached where name != account.ref { own.subtract(others) }
      #expect(account.own == pair.totals(own), "\(account.ref)")
    }
    #expect(accounts.refs.contains { $0.branch == nil && $0.own.commit.objects == 1 })
    #expect(accounts.reached == pair.sizes.count)
    await pair.repository.close()
  }

  @Test(arguments: forms) func growthIsWhatTheParentsLack(_ form: Form) async throws {
    let pair = try await pair(form)
    let growth = try await pair.repository.growth(commits: 1000)
    var seen: Set<String> = []
    // A store with wide directories has this from the beginning.
    let explanation = try pair.git.run("rev-list", "--objects", "--all").lines.first {
      $0.contains(" ") && $0.contains("/! ")
    }
    if let id = explanation?.split(separator: " ").first { seen.insert(String(id)) }
    #expect((form.layout == .wide) == (explanation != nil))
    for commit in growth.commits.reversed() {
      let parents = try await pair.repository.commit(commit.id).parents
      var new = try pair.objects(of: ["\(commit.id)^{tree}"])
      for parent in parents { new.subtract(try pair.objects(of: ["\(parent)^{tree}"])) }
      new.insert(commit.id.hex)
      new.subtract(seen)
      seen.formUnion(new)
      let expected = pair.totals(new)
      #expect(commit.added == expected, "\(commit.id)")
    }
    let log = try pair.git.run("log", "--branches", "--format=%H").lines
    #expect(growth.commits.map(\.id.hex) == log)
    await pair.repository.close()
  }

  @Test(arguments: forms) func foldersAreAsGitListsThem(_ form: Form) async throws {
    let pair = try await pair(form)
    let main = try #require(try await pair.repository.branch("main").snapshot())
    let usage = try #require(try await main.usage())
    var folders = 0
    for folder in usage.folders() {
      folders += 1
      let tree = try #require(try await main.tree.findTree(folder.path))
      let id = try await tree.hash(form.algorithm).hex
      var (files, bytes) = (0, 0)
      for line in try pair.git.run("ls-tree", "-r", "-l", id).lines {
        let parts = line.split(separator: "\t", maxSplits: 1)
        // What explains wide directories is no file of the user's.
        if parts[1].split(separator: "/").last?.hasPrefix("! ") == true { continue }
        files += 1
        bytes += Int(parts[0].split(separator: " ")[3]) ?? 0
      }
      #expect(folder.files == files, "\(folder.path)")
      #expect(folder.bytes == bytes, "\(folder.path)")
      #expect(folder.stored == pair.totals(try pair.objects(of: [id])).all, "\(folder.path)")
    }
    #expect(folders > 2)
    await pair.repository.close()
  }

  /// A sample's estimate is right on the whole, though a few objects are a hundred times as large as the others.
  @Test func samplesAreRightOnTheWhole() async throws {
    let repository = try await Repository.open("memory:")
    for number in 0..<20 {
      try await repository.branch().commit(
        try (0..<100).map {
          try .set(
            Path("\(number)/\($0)"),
            String(repeating: "v", count: $0 % 50 == 0 ? 10_000 : 100) + "\(number) \($0)")
        }, "Fill")
    }
    let all = try await repository.accountsByKind().kinds
    var options = KindAccountOptions()
    options.sample = 400
    var (estimates, within) = (0, 0)
    var blobs = 0
    let rounds = 60
    for _ in 0..<rounds {
      let found = try await repository.accountsByKind(options)
      let bytes = found.kinds.all.bytes
      estimates += bytes
      blobs += found.kinds.blob.objects
      let margin = try #require(found.sample).marginBytes
      if abs(bytes - all.all.bytes) <= margin { within += 1 }
    }
    // The mean of so many is nearer than any of them, if none is one-sided: chance alone fails these once in millions.
    #expect(abs(estimates / rounds - all.all.bytes) < all.all.bytes / 8)
    #expect(abs(blobs / rounds - all.blob.objects) < all.blob.objects / 50)
    #expect(within >= rounds * 2 / 3)
    await repository.close()
  }

  /// Layers of another backend have no scan; what walks works there as well.
  @Test func storesOnOtherLayers() async throws {
    let repository = Repository(backend: DictionaryBackend())
    try await repository.branch().set("a/b", to: "1", "One")
    #expect(try await repository.accountsByRef().refs.first?.own.all.objects == 4)
    #expect(try await repository.growth().total.all.objects == 4)
    #expect(try await repository.branch().snapshot()?.usage()?.total.bytes == 1)
    await #expect(throws: StoreError.self) { _ = try await repository.accountsByKind() }
  }
}
