import Foundation
import GitObjects
import RedisScripting
import Testing

@testable import Irminsul

/// Wide directories: the server's edits, the client's edits, and what the client builds from nothing
/// give the same ids, and hold what a plain dictionary says.
@Suite struct WideDirectoryTests {
  /// Where names come from. Each draws from few enough that they come again.
  enum Names: String, CaseIterable, CustomTestStringConvertible {
    case numbers, hexadecimal, bytes, prefixes, chain, ownKind

    var testDescription: String { rawValue }

    func name(_ size: Int, _ random: inout RandomWorkload.Generator) -> Bytes {
      let number = Int.random(in: 0..<size, using: &random)
      switch self {
      case .numbers: return Bytes("job-\(number)".utf8)
      case .hexadecimal:
        return Bytes(ObjectID(hashing: "\(number)".utf8, algorithm: .sha1).hex.prefix(8).utf8)
      case .bytes:
        let digest = ObjectID(hashing: "\(number)".utf8, algorithm: .sha1).bytes
        return digest.prefix(3).map { $0 == 0 || $0 == UInt8(ascii: "/") ? 1 : $0 } + [0x78]
      case .prefixes: return Bytes(repeating: 0x70, count: 200) + Bytes("\(number)".utf8)
      // Each one the start of the next.
      case .chain:
        return Bytes(repeating: 0x61, count: 1 + number % 120)
          + (number % 3 == 0 ? [0x2e] : [])
      case .ownKind:
        let names = ["!", "! ", "! 1", "! 33", "!0", "!a", "%", "%!", "%! 1", " x", "\u{1}", "%%"]
        return number < names.count ? Bytes(names[number].utf8) : Bytes("! \(number)".utf8)
      }
    }
  }

  private struct Model {
    /// Each name's value, or that of the one entry of a folder.
    var entries: [Bytes: (text: String, isFolder: Bool)] = [:]
  }

  /// `IRMINSUL_DIFFERENTIAL_ROUNDS` says how many commits are made; a thousand are about 5,500 edits.
  private static let rounds =
    ProcessInfo.processInfo.environment["IRMINSUL_DIFFERENTIAL_ROUNDS"].flatMap { Int($0) } ?? 240

  @Test(arguments: Names.allCases)
  func memory(_ names: Names) async throws {
    try await compare(try await Repository.open("memory:?layout=wide"), names)
  }

  @Test(arguments: Names.allCases)
  func redis(_ names: Names) async throws {
    let server = try await TestServers.shared.plain()
    try await compare(
      try await Repository.open(server.url + "?name=\(TestServers.freshName())&layout=wide"), names)
  }

  /// The client's own way is held against trees that are built from nothing.
  @Test(arguments: [Names.hexadecimal, .ownKind])
  func clientWithSHA256(_ names: Names) async throws {
    try await compare(try await Repository.open("memory:?layout=wide&hash=sha256"), names)
  }

  private func compare(_ repository: Repository, _ names: Names) async throws {
    let main = repository.branch()
    // Each kind of names has its own choices, the same each time.
    var random = RandomWorkload.Generator(
      state: UInt64(Names.allCases.firstIndex(of: names) ?? 0) + 1)
    var model = Model()
    var tree = Tree(root: .empty, objects: repository.objects)
    // Sizes go up and down across the thresholds.
    for round in 0..<Self.rounds {
      let size = [40, 40, 400, 70][round / 20 % 4]
      let isGrowing = round / 30 % 2 == 0
      var edits: [BranchEdit] = []
      var touched: Set<Bytes> = []
      for _ in 0..<Int.random(in: 1...(round % 7 == 0 ? 40 : 4), using: &random) {
        let name = names.name(size, &random)
        guard touched.insert(name).inserted else { continue }
        let path = Path(steps: ["d".utf8.map { $0 }, name])
        let text = "\(Int.random(in: 0..<1000, using: &random))"
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<(isGrowing ? 7 : 3):
          edits.append(try .set(path, text))
          model.entries[name] = (text, false)
        case 7:
          // A folder with one value: all that was there is gone.
          edits.append(.setTree(path, try await Tree.empty.adding(text, at: "in")))
          model.entries[name] = (text, true)
        default:
          edits.append(.remove(path))
          model.entries[name] = nil
        }
      }
      for edit in edits { try await edit.apply(to: &tree) }
      try await main.commit(edits, "Round \(round)")
      guard let found = try await main.head() else {
        #expect(model.entries.isEmpty)
        continue
      }
      #expect(found.tree == (try await tree.hash(repository.algorithm)), "round \(round)")
      if round % 20 == 19 { try await check(repository, found, model) }
      // What is stored is read again, not what was made in memory.
      if round % 5 == 0 {
        tree = Tree(root: Directory(base: found.tree), objects: repository.objects)
      }
    }
    let faults = Locked<[String]>([])
    _ = try await repository.verify { fault in faults.withLock { $0.append("\(fault)") } }
    #expect(faults.withLock { $0 } == [])
    await repository.close()
  }

  /// A level of the trie is read at a time, also when the cache has no room for what was read.
  @Test func manyEntriesTakeFewRoundTrips() async throws {
    let host = try FaultyHost()
    var options = Repository.Options()
    options.layout = .wide
    options.cacheSize = 0
    let repository = try await Repository(host: host, options: options)
    let main = repository.branch()
    let paths = (0..<3000).map { number in
      Path(steps: ["d", ObjectID(hashing: "\(number)".utf8, algorithm: .sha1).hex])
    }
    try await main.commit(try paths.map { try .set($0, "old") }, "Fill")
    let before = host.calls(of: "read_objects")
    try await main.commit(try paths.prefix(1500).map { try .set($0, "new") }, "Change half")
    let changed = host.calls(of: "read_objects")
    #expect(changed - before <= 20)
    #expect(try await main.list("d").count == paths.count)
    #expect(host.calls(of: "read_objects") - changed <= 10)
    #expect(try await main.get(paths[1499], as: String.self) == "new")
    #expect(try await main.get(paths[1500], as: String.self) == "old")
    await repository.close()
  }

  private func check(_ repository: Repository, _ commit: Commit, _ model: Model) async throws {
    var built = Tree(root: .empty, objects: repository.objects)
    for (name, value) in model.entries.shuffled() {
      let path = Path(steps: ["d".utf8.map { $0 }, name])
      if value.isFolder {
        built = try await built.addingTree(
          try await Tree.empty.adding(value.text, at: "in"), at: path)
      } else {
        built = try await built.adding(value.text, at: path)
      }
    }
    #expect(try await built.hash(repository.algorithm) == commit.tree)
    let tree = try await repository.tree(commit.id)
    #expect(try await tree.count("d") == model.entries.count)
    let listed = try await tree.list("d").map(\.name)
    let expected = model.entries.sorted { first, second in
      WideKey(first.key, isTree: first.value.isFolder).bytes
        .lexicographicallyPrecedes(WideKey(second.key, isTree: second.value.isFolder).bytes)
    }.map(\.key)
    #expect(listed == expected)
    let branch = repository.branch()
    for (name, value) in model.entries.shuffled().prefix(20) {
      let path = Path(steps: ["d".utf8.map { $0 }, name])
      let leaf = value.isFolder ? path.appending(Bytes("in".utf8)) : path
      #expect(try await branch.get(leaf, as: String.self) == value.text)
      #expect(try await tree.find(leaf, as: String.self) == value.text)
      #expect(try await tree.entry(path.appending(Bytes("none".utf8))) == nil)
    }
    try await checkPages(tree, expected)
  }

  private func checkPages(_ tree: Tree, _ names: [Bytes]) async throws {
    for _ in 0..<10 {
      var range = ListRange(limit: Int.random(in: 0...50))
      var expected = names
      if Bool.random(), let some = names.randomElement() {
        range.prefix = Bytes(some.prefix(Int.random(in: 0...some.count)))
        expected = expected.filter { $0.starts(with: range.prefix) }
      }
      if Bool.random(), let some = names.randomElement(), let place = names.firstIndex(of: some) {
        range.after = some
        let later = Set(names[(place + 1)...])
        expected = expected.filter { later.contains($0) }
      }
      range.offset = Int.random(in: 0...20)
      expected = Array(expected.dropFirst(range.offset).prefix(range.limit))
      #expect(try await tree.list("d", range).map(\.name) == expected, "\(range)")
    }
  }

  /// Each name the start of the next, so that the trie is as deep as it can be made: an edit rewrites
  /// two trees for each byte of a name at most.
  @Test func theDeepestTrie() async throws {
    let repository = try await Repository.open("memory:?layout=wide")
    let main = repository.branch()
    let names = (1...250).map { String(repeating: "a", count: $0) }
    try await main.commit(try names.map { try .set(Path($0), "x") }, "Fill")
    let before = try await repository.statistics().objects
    try await main.set(Path(names[249]), to: "y", "Change")
    let written = try await repository.statistics().objects - before
    #expect(written > 200 && written <= 2 * 250 + 2)
    #expect(try await main.get(Path(names[249]), as: String.self) == "y")
    try await main.set("b", to: "z", "Beside")
    let after = try await repository.statistics().objects
    try await main.set("b", to: "zz", "Beside")
    // A blob, its bucket, a node or two, the commit.
    #expect(try await repository.statistics().objects - after <= 5)
    await repository.close()
  }

  /// A directory of one's own that looks like a node is one only as long as it does.
  @Test func aLookAlike() async throws {
    let repository = try await Repository.open("memory:?layout=wide")
    let main = repository.branch()
    let text = Bytes(WideNode.explanation.content)
    try await main.set("p/! 5", to: text, "Trick")
    let tricked = try #require(try await main.findTree("p"))
    #expect(try await tricked.list().map(\.nameText) == ["! 5"])
    try await main.commit([.set("p/! 5", "x"), .set("q/! 5", "x")], "Plain")
    #expect(try await main.entry("p") == (try await main.entry("q")))
    try await main.set("p/! 5", to: text, "Trick again")
    #expect(try await main.findTree("p")?.hash(.sha1) == (try await tricked.hash(.sha1)))
    try await main.set("p/! 5", to: text, mode: .executable, "Executable")
    try await main.set("q/! 5", to: text, mode: .executable, "Executable")
    #expect(try await main.entry("p") == (try await main.entry("q")))
    await repository.close()
  }

  /// Modes of old trees stay as they were written while the directory is one tree.
  @Test func oldModesByBothWays() async throws {
    let repository = try await Repository.open("memory:?layout=wide")
    let backend = try #require(repository.backend)
    let blob = try await backend.objects.add(FramedObject(kind: .blob, content: "x".utf8))
    var content = Bytes("0100644 a\0".utf8)
    content += blob.bytes
    content += Bytes("100644 b\0".utf8) + blob.bytes
    let old = try await backend.objects.add(FramedObject(kind: .tree, content: content))
    let main = repository.branch()
    try await main.commit([.setEntry("d", Entry(mode: .tree, id: old))], "Old")
    var tree = try #require(try await main.findTree())
    tree = try await tree.adding("y", at: "d/b")
    try await main.set("d/b", to: "y", "Change")
    #expect(try await main.entry("d")?.id == (try await tree.entry("d")?.id))
    tree = try await tree.adding("z", at: "d/c").adding("w", at: "d/e")
    try await main.commit([.set("d/c", "z"), .set("d/e", "w")], "Add")
    #expect(try await main.entry("d")?.id == (try await tree.entry("d")?.id))
    await repository.close()
  }

  @Test func manyNamesAtOnceMakeEachObjectOnce() async throws {
    let repository = try await Repository.open("memory:?layout=wide")
    let main = repository.branch()
    let edits = try (0..<20_000).map { try BranchEdit.set(Path("d/job-\($0)"), "x") }
    let before = try await repository.statistics().objects
    let commit = try #require(try await main.commit(edits, "Fill").commit)
    let written = try await repository.statistics().objects - before
    let tree = try await repository.tree(commit.id)
    #expect(try await tree.count("d") == 20_000)
    var ids: Set<ObjectID> = []
    func visit(_ id: ObjectID) async throws {
      guard ids.insert(id).inserted else { return }
      for entry in try await repository.objects.tree(id).entries {
        if entry.mode.isTree { try await visit(entry.id) } else { ids.insert(entry.id) }
      }
    }
    try await visit(commit.tree)
    // The commit beside them; the explanation was there.
    #expect(Int(written) == ids.count)
    let page = try await tree.list("d", ListRange(offset: 10_000, limit: 3)).map(\.nameText)
    #expect(page == (0..<20_000).map { "job-\($0)" }.sorted()[10_000..<10_003].map { $0 })
    await repository.close()
  }
}
