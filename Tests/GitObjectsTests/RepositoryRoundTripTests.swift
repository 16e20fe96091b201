import Foundation
import GitObjects
import Testing

/// Every object of a repository that the real Git made prints the same bytes again.
@Suite struct RepositoryRoundTripTests {
  @Test(arguments: HashAlgorithm.allCases)
  func everyObjectPrintsAgain(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    let heads = try makeHistory(git)
    for content in CommitObjectTests.oddities(algorithm) { _ = try git.store(.commit, content) }
    for content in TagObjectTests.oddities(algorithm) { _ = try git.store(.tag, content) }
    for mode in ["040000", "0100644", "100664", "0", "777"] {
      _ = try git.store(.tree, TreeObjectTests.raw(mode, "name", algorithm))
    }
    let objects = try git.allObjects()
    #expect(objects.count > 100)
    #expect(Set(objects.map(\.object.kind)) == Set(ObjectKind.allCases))
    for (id, object) in objects {
      #expect(object.id(algorithm) == id)
      let decoded = try GitObject(object, algorithm: algorithm)
      #expect(decoded.kind == object.kind)
      #expect(decoded.framed == object)
    }
    try followLinks(from: heads, in: git)
  }

  /// The objects that links reach are those that `git rev-list --objects` lists.
  private func followLinks(from heads: [ObjectID], in git: GitSandbox) throws {
    let stored = Dictionary(uniqueKeysWithValues: try git.allObjects().map { ($0.id, $0.object) })
    var seen = Set(heads)
    var queue = heads
    while let id = queue.popLast() {
      let object = try #require(stored[id])
      for link in try GitObject(object, algorithm: git.algorithm).links {
        #expect(try #require(stored[link.id]).kind == link.kind, "\(link.place)")
        if seen.insert(link.id).inserted { queue.append(link.id) }
      }
    }
    let lines = try git.git("rev-list", "--objects", "--no-object-names", "--all").text
    #expect(Set(lines.split(separator: "\n").compactMap { ObjectID(hex: $0) }) == seen)
  }

  /// Merges, an octopus, a submodule, a symbolic link, signed and nested tags, by fast-import.
  private func makeHistory(_ git: GitSandbox) throws -> [ObjectID] {
    let me = "A U Thor <author@example.com>"
    var stream = ""
    func commit(_ mark: Int, _ branch: String, from: Int?, merging: [Int] = [], _ files: [String]) {
      stream +=
        "commit refs/heads/\(branch)\nmark :\(mark)\nauthor \(me) \(1_600_000_000 + mark) +1245\n"
      stream += "committer \(me) \(1_600_000_000 + mark) -0930\ndata 3\nm\(mark % 10)\n"
      if let from { stream += "from :\(from)\n" }
      for parent in merging { stream += "merge :\(parent)\n" }
      for file in files { stream += file + "\n" }
    }
    func file(_ path: String, _ text: String, mode: String = "100644") -> String {
      "M \(mode) inline \(path)\ndata \(text.utf8.count)\n\(text)"
    }
    commit(
      10, "main", from: nil, [file("a", "1"), file("d/e/f", "2"), file("x", "#!", mode: "100755")])
    commit(11, "side", from: 10, [file("link", "a", mode: "120000"), file("d.x", "3")])
    commit(12, "other", from: 10, [file("d-x", "4"), file("d0", "5")])
    commit(13, "third", from: 12, ["M 160000 \(TreeObjectTests.id(9, git.algorithm)) module"])
    commit(14, "main", from: 10, merging: [11], [file("a", "6")])
    commit(15, "main", from: 14, merging: [11, 12, 13], [file("b", "7")])
    for mark in 16..<50 {
      commit(mark, "main", from: mark - 1, [file("d/n\(mark % 7)/f\(mark)", "\(mark)")])
    }
    stream += "tag v1\nfrom :15\ntagger \(me) 1600000000 +0000\ndata 4\ntag\n"
    try git.git("fast-import", "--quiet", input: Array((stream + "\ndone\n").utf8))
    try git.git("tag", "-a", "-m", "nested", "v2", "refs/tags/v1")
    try git.git("repack", "-adq")
    let lines = try git.git("for-each-ref", "--format=%(objectname)").text
    return lines.split(separator: "\n").compactMap { ObjectID(hex: $0) }
  }
}
