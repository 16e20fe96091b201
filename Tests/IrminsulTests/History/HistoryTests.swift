import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Walks over histories, beside git.
@Suite struct HistoryTests {
  private static let urls = ["memory:", "memory:?layout=wide&hash=sha256"]

  private func withHistory(
    _ url: String = "memory:", _ count: Int = 90, seed: UInt64, skew: Int64 = 0,
    _ body: (Repository, RandomHistory) async throws -> Void
  ) async throws {
    let repository = try await Repository.open(url)
    let history = try await RandomHistory(repository, count, seed: seed, skew: skew)
    try await body(repository, history)
    await repository.close()
  }

  private func ids(_ log: CommitLog) async throws -> [String] {
    var ids: [String] = []
    for try await commit in log { ids.append(commit.id.hex) }
    return ids
  }

  @Test(arguments: [1, 2, 3] as [UInt64], [0, 45] as [Int64])
  func ordersAreGits(_ seed: UInt64, _ skew: Int64) async throws {
    try await withHistory(seed: seed, skew: skew) { repository, history in
      for head in history.commits.suffix(8) {
        func check(_ options: LogOptions, _ arguments: [String]) async throws {
          let found = try await ids(repository.log(from: head, options))
          let output = try history.git.status(of: ["log", "--format=%H"] + arguments + [head.hex])
          #expect(found == output.lines, "\(arguments)")
        }
        try await check(LogOptions(), [])
        try await check(LogOptions(order: .topological), ["--topo-order"])
        try await check(LogOptions(order: .topologicalByDate), ["--date-order"])
        try await check(LogOptions(parents: .first), ["--first-parent"])
        var near = LogOptions()
        near.depth = 0
        #expect(try await ids(repository.log(from: head, near)) == [head.hex])
      }
    }
  }

  @Test(arguments: [4, 5] as [UInt64], [0, 45] as [Int64])
  func whatIsExcludedIsLeftOut(_ seed: UInt64, _ skew: Int64) async throws {
    try await withHistory(seed: seed, skew: skew) { repository, history in
      var generator = RandomWorkload.Generator(state: seed)
      var isUneven = false
      for _ in 0..<40 {
        let one = try #require(history.commits.randomElement(using: &generator))
        let two = try #require(history.commits.randomElement(using: &generator))
        let (left, right) = (history.ancestors(one), history.ancestors(two))
        var options = LogOptions()
        options.excluding = [two]
        let found = try await ids(repository.log(from: one, options))
        #expect(Set(found) == Set(left.subtracting(right).map(\.hex)))
        #expect(found.count == left.subtracting(right).count)
        let distance = try await repository.aheadBehind(one, two)
        #expect(distance.ahead == left.subtracting(right).count)
        #expect(distance.behind == right.subtracting(left).count)
        if distance.ahead > 0, distance.behind > 0 { isUneven = true }
      }
      #expect(isUneven)
    }
  }

  @Test(arguments: urls, [6, 7] as [UInt64])
  func theHistoryOfAPathIsGits(_ url: String, _ seed: UInt64) async throws {
    try await withHistory(url, seed: seed) { repository, history in
      for head in history.commits.suffix(2) {
        for path in RandomHistory.paths + ["d", "none"] {
          let options = LogOptions(path: Path(path))
          let found = try await ids(repository.log(from: head, options))
          // Git names of a wide directory's parts are others: small ones have none.
          #expect(
            found == (try history.ids("log", "--format=%H", head.hex, "--", path)), "\(path)")
          let last = try await repository.lastModified(Path(path), from: head)
          #expect(
            last.map(\.id.hex)
              == (try history.ids("log", "-1", "--format=%H", head.hex, "--", path)), "\(path)")
          let three = try await repository.lastModified(Path(path), from: head, n: 3)
          #expect(
            three.map(\.id.hex)
              == (try history.ids(
                "log", "-3", "--date-order", "--format=%H", head.hex, "--", path)),
            "\(path)")

          var full = LogOptions(path: Path(path))
          full.simplification = .full
          let all = try await ids(repository.log(from: head, full))
          var wanted: [String] = []
          for hex in try history.ids("log", "--full-history", "--format=%H", head.hex, "--", path) {
            let id = try #require(ObjectID(hex: hex))
            let parents = history.parents[id] ?? []
            func entry(_ commit: ObjectID) async throws -> Entry? {
              try await repository.tree(commit).entry(Path(path))
            }
            // A merge that has what one of its parents has did not change the path.
            var isTaken = false
            let own = try await entry(id)
            for parent in parents where try await entry(parent) == own { isTaken = true }
            if parents.count < 2 || !isTaken { wanted.append(hex) }
          }
          #expect(all == wanted, "\(path)")
        }
      }
    }
  }

  @Test(arguments: urls, [8] as [UInt64])
  func entriesAreBlamedAsByGit(_ url: String, _ seed: UInt64) async throws {
    try await withHistory(url, seed: seed) { repository, history in
      var count = 0
      for head in history.commits.suffix(12) {
        for folder in ["", "d"] {
          let path = Path(folder)
          if try await repository.tree(head).findTree(path) == nil { continue }
          for blamed in try await repository.blame(entriesOf: path, at: head) {
            let name = folder == "" ? blamed.item.nameText : "\(folder)/\(blamed.item.nameText)"
            #expect(
              [blamed.commit.id.hex]
                == (try history.ids("log", "-1", "--format=%H", head.hex, "--", name)), "\(name)")
            count += 1
          }
        }
      }
      #expect(count > 20)
    }
  }

  @Test func graphsHaveAllEdges() async throws {
    try await withHistory(seed: 9) { repository, history in
      for head in history.commits.suffix(5) {
        let graph = try await repository.history(of: [head])
        let all = history.ancestors(head)
        #expect(Set(graph.commits) == all && graph.count == all.count)
        var seen: Set<ObjectID> = []
        for id in graph.commits {
          #expect(graph.parents(of: id) == history.parents[id])
          #expect(Set(graph.children(of: id)).isSubset(of: seen))
          #expect(
            Set(graph.children(of: id))
              == all.filter { history.parents[$0]?.contains(id) == true })
          seen.insert(id)
        }
        #expect(graph.heads == [head])
        #expect(try await repository.history(of: [head], depth: 0).commits == [head])
        let next = try await repository.history(of: [head], depth: 1)
        #expect(Set(next.commits) == Set([head] + (history.parents[head] ?? [])))
        // A commit at which it ends is a part of it, and nothing that is only before that.
        let cut = try #require(graph.commits.dropFirst().first)
        let above = try await repository.history(of: [head], min: [cut])
        #expect(above.contains(cut))
        var wanted: Set<ObjectID> = [head]
        var stack = [head]
        while let id = stack.popLast() {
          if id == cut { continue }
          for parent in history.parents[id] ?? [] where wanted.insert(parent).inserted {
            stack.append(parent)
          }
        }
        #expect(Set(above.commits) == wanted)
      }
    }
  }

  @Test func walksReachWhatGitReaches() async throws {
    try await withHistory(seed: 10) { repository, history in
      let head = try #require(history.commits.last)
      var found: Set<String> = []
      var count = 0
      for try await visit in repository.walk(from: [head]) {
        found.insert(visit.id.hex)
        count += 1
      }
      func reachable(_ id: ObjectID) throws -> Set<String> {
        Set(try history.ids("rev-list", "--objects", "--no-object-names", id.hex))
      }
      #expect(found == (try reachable(head)))
      #expect(count == found.count)
      for min in history.commits.dropLast(1).suffix(20) {
        let closure = try await repository.closure(of: [head], min: [min])
        let ids = Set(closure.map(\.id.hex))
        #expect(ids.count == closure.count)
        let needed = try reachable(head).subtracting(try reachable(min))
        #expect(ids.isSuperset(of: needed))
        #expect(ids.isSubset(of: found))
        let commits = Set(closure.filter { $0.kind == .commit }.map(\.id))
        #expect(commits == history.ancestors(head).subtracting(history.ancestors(min)))
      }
      var cut = 0
      for try await visit in repository.walk(
        from: [head],
        cut: { $0.kind == .commit && $0.id != head ? .here : $0.kind == .tree ? .below : .none })
      {
        #expect(visit.kind == .commit ? visit.id == head : visit.kind == .tree)
        cut += 1
      }
      #expect(cut == 2)
    }
  }

  /// Each merge doubles the ways through a history of diamonds, not the work.
  @Test func diamondsAreWalkedOnce() async throws {
    let repository = try await Repository.open("memory:")
    let branch = repository.branch()
    var head = try #require(try await branch.set("n", to: "root", "root").head)
    let root = head
    for number in 0..<60 {
      func commit(_ text: String, _ parents: [ObjectID]) async throws -> ObjectID {
        try #require(
          try await branch.commit(
            [.set("m", "\(text) \(number)")], Info(text), parents: parents, emptyCommit: .made
          ).head)
      }
      let left = try await commit("left", [head])
      let right = try await commit("right", [head])
      head = try await commit("merge", [left, right])
    }
    #expect(try await repository.lastModified("n", from: head).map(\.id) == [root])
    #expect(try await repository.history(of: [head]).count == 181)
    #expect(try await repository.blame(linesOf: "n", at: head).map(\.commit.id) == [root])
    let limited = await #expect(throws: StoreError.self) {
      try await repository.lastModified("n", from: head, limit: HistoryLimit(commits: 20))
    }
    guard case .historyLimit? = limited else {
      Issue.record("\(String(describing: limited))")
      return
    }
    await repository.close()
  }

  /// Lines that all differ, so that there is one way to compare two texts.
  @Test(arguments: [11, 12] as [UInt64])
  func linesAreBlamedAsByGit(_ seed: UInt64) async throws {
    let repository = try await Repository.open("memory:")
    var generator = RandomWorkload.Generator(state: seed)
    var texts: [ObjectID: [String]] = [:]
    var commits: [ObjectID] = []
    let branch = repository.branch()
    for number in 0..<60 {
      var parents: [ObjectID] = []
      var lines: [String] = []
      if let last = commits.last {
        parents = [commits[max(0, commits.count - 1 - Int.random(in: 0..<3, using: &generator))]]
        lines = texts[parents[0]] ?? []
        if last != parents[0], Bool.random(using: &generator) {
          // A merge: what the other has beyond the common start goes to the end.
          parents.append(last)
          let known = Set(lines)
          lines += (texts[last] ?? []).filter { !known.contains($0) }
        }
      }
      for part in 0..<Int.random(in: 1...4, using: &generator) {
        let at = Int.random(in: 0...lines.count, using: &generator)
        if at < lines.count, Int.random(in: 0..<3, using: &generator) == 0 {
          lines.remove(at: at)
        } else {
          lines.insert("line \(number) \(part)", at: at)
        }
      }
      let result = try await branch.commit(
        [.set("d/text", lines.map { $0 + "\n" }.joined())],
        Info("\(number)", date: Timestamp(seconds: 1_700_000_000 + Int64(number))),
        parents: parents, emptyCommit: .made)
      let head = try #require(result.head)
      commits.append(head)
      texts[head] = lines
      try await repository.createBranch("c\(number)", at: head)
    }
    let owner = try GitFixture()
    try await repository.exportGit(to: "\(owner.folder)/out")
    let git = GitFixture(at: "\(owner.folder)/out")
    for head in commits.suffix(25) {
      let found = try await repository.blame(linesOf: "d/text", at: head)
      let output = try git.run("blame", "--porcelain", head.hex, "--", "d/text")
      let wanted = output.lines.filter { $0.wholeMatch(of: /[0-9a-f]{40} \d+ \d+.*/) != nil }
        .map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
      #expect(
        found.map { "\($0.commit.id.hex) \($0.originalNumber) \($0.number)" } == wanted)
      #expect(found.map(\.text) == texts[head])
      if found.count > 3 {
        let part = try await repository.blame(linesOf: "d/text", at: head, lines: 2...3)
        #expect(part.map(\.number) == [2, 3])
        #expect(part.map(\.commit) == found[1...2].map(\.commit))
      }
      #expect(try await repository.blame(linesOf: "d/text", at: head, lines: -4...0).isEmpty)
    }
    await #expect(throws: StoreError.self) {
      try await repository.blame(linesOf: "d", at: commits[5])
    }
    await #expect(throws: StoreError.self) {
      try await repository.blame(linesOf: "none", at: commits[5])
    }
    await repository.close()
  }

  // MARK: Drawings

  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func theTextOfAGraphIsGits(_ seed: UInt64) async throws {
    try await withHistory("memory:", 120, seed: seed) { repository, history in
      for head in history.commits.suffix(6) {
        let drawing = try await repository.drawing(of: [head])
        let found = drawing.text(\.id.hex).split(separator: "\n")
        let wanted = try history.ids("log", "--graph", "--format=%H", head.hex)
        func trimmed(_ line: some StringProtocol) -> String {
          String(line.reversed().drop { $0 == " " }.reversed())
        }
        #expect(found.map(trimmed) == wanted.map(trimmed))
      }
    }
  }

  @Test func graphvizReadsWhatIsDrawn() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let first = try #require(try await main.set("a", to: "1", "Say \"a\\b\" <&>").head)
    try await repository.createBranch("topic", at: first)
    try await repository.branch("topic").set("b", to: "2", "Topic")
    try await main.set("a", to: "3", "Main")
    try await main.merge(repository.branch("topic"), "Merge")
    let drawing = try await repository.drawing()
    #expect(drawing.nodes.count == 4)
    #expect(drawing.nodes.first?.labels == ["HEAD -> main"])
    let dot = drawing.dot()
    #expect(dot.contains(#"Say \"a\\b\" <&>"#))
    #expect(dot.split(separator: "\n").filter { $0.contains("\" -> \"") }.count == 6)
    let parser = XMLParser(data: Data(drawing.svg().utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(drawing.svg().contains("Say &quot;a\\b&quot; &lt;&amp;&gt;"))
    #expect(drawing.svg().components(separatedBy: "<title>").count == 5)
    let cut = try await repository.drawing(limit: 2)
    #expect(cut.nodes.count == 2 && cut.isCut(at: cut.nodes[1]))
    #expect(cut.svg().contains("stroke-dasharray"))
    await repository.close()
  }
}
