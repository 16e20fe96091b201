import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Random merges, against `git merge-tree`: the same tree, or conflicts at the same paths.
///
/// Deliberate differences: a path at which a file meets a directory is one conflict, where git has more of
/// them, for what is inside the directory as well. And where crossed bases have a file against a directory, and
/// one side has kept the file and the other one the directory, that is a conflict still; git may take either, by
/// what it guesses of renames.
@Suite struct MergeDifferentialTests {
  /// Random files of few names, so that changes meet.
  private struct Files {
    var generator: RandomWorkload.Generator
    private static let names = ["a", "b", "c", "d"]

    mutating func path() -> Path {
      let depth = Int.random(in: 1...3, using: &generator)
      return Path(
        steps: (0..<depth).map { _ in Self.names[Int.random(in: 0..<4, using: &generator)] })
    }

    /// Lines of which some differ from text to text.
    /// No two paths have lines in common, so that git sees no renames.
    mutating func text(_ path: Path) -> String {
      (0..<Int.random(in: 1...9, using: &generator)).map {
        "\(path) line \($0)" + (Int.random(in: 0..<4, using: &generator) == 0 ? " changed" : "")
          + "\n"
      }.joined()
    }

    mutating func edit(_ tree: Tree) async throws -> Tree {
      let path = path()
      let entry = try await tree.entry(path)
      switch Int.random(in: 0..<10, using: &generator) {
      case 0, 1: return try await tree.removing(path)
      case 2:
        guard let entry, entry.mode == .blob || entry.mode == .executable,
          let content = try await tree.find(path)
        else { return tree }
        return try await tree.adding(
          content, at: path, mode: entry.mode == .blob ? .executable : .blob)
      case 3: return try await tree.adding("target of \(path)", at: path, mode: .symbolicLink)
      case 4, 5, 6:
        guard let entry, entry.mode == .blob || entry.mode == .executable,
          let content = try await tree.find(path, as: String.self)
        else { return try await tree.adding(text(path), at: path) }
        var lines = content.split(separator: "\n", omittingEmptySubsequences: false).map(
          String.init)
        let at = Int.random(in: 0..<lines.count, using: &generator)
        if Bool.random(using: &generator) {
          lines.insert("\(path) new \(Int.random(in: 0..<3, using: &generator))", at: at)
        } else if lines[at] != "" {
          lines[at] = "\(path) other \(Int.random(in: 0..<3, using: &generator))"
        }
        return try await tree.adding(lines.joined(separator: "\n"), at: path, mode: entry.mode)
      default: return try await tree.adding(text(path), at: path)
      }
    }

    mutating func edits(_ tree: Tree, _ count: ClosedRange<Int>) async throws -> Tree {
      var tree = tree
      for _ in 0..<Int.random(in: count, using: &generator) { tree = try await edit(tree) }
      return tree
    }
  }

  private struct Pair {
    let ours: ObjectID
    let theirs: ObjectID
  }

  /// Whatever one name can stand for, in the base and on either side.
  @Test func allKindsOfEntries() async throws {
    let kinds: [(mode: FileMode, content: String)?] = [
      nil, (.blob, "X"), (.blob, "Y"), (.blob, "Z"), (.executable, "X"), (.executable, "Y"),
      (.symbolicLink, "X"), (.symbolicLink, "Y"), (.symbolicLink, "Z"),
      (.tree, "V"), (.tree, "W"),
    ]
    func tree(_ number: Int) async throws -> Tree {
      let tree = try await Tree.empty.adding("other", at: "other")
      guard let kind = kinds[number] else { return tree }
      return kind.mode == .tree
        ? try await tree.adding(kind.content, at: "a/in")
        : try await tree.adding(kind.content, at: "a", mode: kind.mode)
    }
    try await compare("memory:", seed: 1, count: kinds.count * kinds.count * kinds.count) {
      repository, _, number in
      let branch = repository.branch("x")
      let base = number / kinds.count / kinds.count
      let root = try await self.commit(branch, tree(base), parents: [])
      let ours = try await self.commit(branch, tree(number / kinds.count % kinds.count))
      try await branch.setHead(root)
      let theirs = try await self.commit(branch, tree(number % kinds.count))
      return Pair(ours: ours, theirs: theirs)
    }
  }

  @Test(arguments: ["memory:", "memory:?layout=git&hash=sha256"])
  func oneBase(_ url: String) async throws {
    try await compare(url, seed: 1, count: 500) { repository, files, number in
      let branch = repository.branch("x\(number)")
      let base = try await files.edits(.empty, 2...12)
      let root = try await self.commit(branch, base)
      let ours = try await self.commit(branch, try await files.edits(base, 0...5))
      try await branch.setHead(root)
      let theirs = try await self.commit(branch, try await files.edits(base, 0...5))
      return Pair(ours: ours, theirs: theirs)
    }
  }

  /// Numbers with which git meets no file that it takes for a renamed one.
  @Test(arguments: [2, 3, 5, 7]) func crossedBases(_ seed: UInt64) async throws {
    try await compare("memory:", seed: seed, count: 300) { repository, files, number in
      let branch = repository.branch("x\(number)")
      let base = try await files.edits(.empty, 2...12)
      let root = try await self.commit(branch, base)
      let one = try await files.edits(base, 1...4)
      let left = try await self.commit(branch, one)
      try await branch.setHead(root)
      let two = try await files.edits(base, 1...4)
      let right = try await self.commit(branch, two)
      // What somebody made of the conflicts, if there were any: it may be anything near.
      func cross(_ mine: ObjectID, _ other: ObjectID, _ tree: Tree) async throws -> ObjectID {
        try await branch.setHead(mine)
        let merge = try await branch.merging(
          other, MergeOptions(rules: MergeRules(otherwise: .text)))
        var merged = tree
        if merge.kind == .merge, merge.conflicts.isEmpty {
          try await merge.commit()
          merged = try await branch.findTree() ?? .empty
          try await branch.setHead(mine)
        }
        merged = try await files.edits(merged, 0...2)
        return try await self.commit(branch, merged, parents: [mine, other])
      }
      let ours = try await cross(left, right, one)
      let theirs = try await cross(right, left, two)
      return Pair(ours: ours, theirs: theirs)
    }
  }

  private func commit(
    _ branch: Branch, _ tree: Tree, parents: [ObjectID]? = nil
  ) async throws -> ObjectID {
    let result = try await branch.commit(
      [.setTree(.root, tree)], Info("x"), parents: parents, emptyCommit: .made)
    return try #require(result.head)
  }

  private func compare(
    _ url: String, seed: UInt64, count: Int,
    _ make: (Repository, inout Files, Int) async throws -> Pair
  ) async throws {
    let repository = try await Repository.open(url)
    var files = Files(generator: RandomWorkload.Generator(state: seed))
    var pairs: [Pair] = []
    for number in 0..<count {
      let pair = try await make(repository, &files, number)
      pairs.append(pair)
      try await repository.createBranch("ours/\(number)", at: pair.ours)
      try await repository.createBranch("theirs/\(number)", at: pair.theirs)
    }
    let git = try GitFixture(repository.algorithm)
    try await repository.exportGit(to: "\(git.folder)/out")
    let copy = GitFixture(at: "\(git.folder)/out", repository.algorithm)
    var options = MergeOptions(rules: MergeRules(otherwise: .text))
    options.fastForward = .never
    var clean = 0
    var unsettled = 0
    for (number, pair) in pairs.enumerated() {
      let branch = repository.branch("ours/\(number)")
      let merge = try await branch.merging(pair.theirs, options)
      guard merge.kind == .merge else { continue }
      let output = try copy.status(of: [
        "merge-tree", "--write-tree", "--name-only", "--no-messages",
        pair.ours.hex,
        pair.theirs.hex,
      ])
      let lines = output.text.split(separator: "\n").map(String.init)
      try #require(output.status < 2 && !lines.isEmpty, "case \(number): \(output.errors)")
      let place: Comment = "seed \(seed), case \(number): \(pair.ours) and \(pair.theirs)"
      let known = lines.dropFirst().map { Path(String($0.prefix { $0 != "~" })) }
      // What each side has settled in its own way.
      let apart = merge.conflicts.filter { conflict in
        merge.bases.count > 1 && conflict.reason == .fileAndDirectory && conflict.base == nil
          && !known.contains { $0.starts(with: conflict.path) }
      }
      if !apart.isEmpty { unsettled += 1 }
      if output.status == 0, !apart.isEmpty { continue }
      if output.status == 0 {
        clean += 1
        #expect(merge.conflicts.isEmpty, place)
        if merge.conflicts.isEmpty {
          let made = try #require(try await merge.commit().head)
          #expect(try await repository.commit(made).tree.hex == lines[0], place)
        }
      } else {
        // A file that stands in a directory's way gets another name there.
        let theirs = known
        let ours = merge.conflicts.map(\.path).filter { !apart.map(\.path).contains($0) }
        func meet(_ one: [Path], _ other: [Path]) -> Bool {
          one.allSatisfy { path in
            other.contains { $0.starts(with: path) || path.starts(with: $0) }
          }
        }
        #expect(
          !ours.isEmpty && meet(ours, theirs) && meet(theirs, ours), "\(place): \(ours) \(theirs)")
      }
    }
    #expect(clean > count / 10 && clean < count && unsettled < count / 20)
    await repository.close()
  }
}
