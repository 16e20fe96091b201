import Foundation
import GitObjects
import Irminsul

extension Behaviour {
  /// Collects at once, and applies what the store keeps.
  private static func collect(
    _ repository: Repository, archive: String? = nil
  ) async throws -> CollectionReport {
    var options = CollectionOptions()
    options.grace = .zero
    options.reflog = .zero
    options.share = 1
    options.archive = archive
    return try await repository.collectGarbage(options)
  }

  /// Commits on a branch, the oldest first, a minute apart.
  private static func line(
    _ repository: Repository, _ count: Int, on branch: String = "main", from start: Int64 = 0,
    every seconds: Int64 = 60
  ) async throws -> [ObjectID] {
    var ids: [ObjectID] = []
    for number in 0..<count {
      let date = Timestamp(seconds: 1_700_000_000 + start + Int64(number) * seconds)
      let edits: [BranchEdit] = [
        try .set("n", "\(number)"), try .set("\(branch)/f\(number % 3)", "\(number) of \(start)"),
      ]
      let result = try await repository.branch(branch).commit(edits, Info("\(number)", date: date))
      if let id = result.head { ids.append(id) }
    }
    return ids
  }

  private static func ids(_ repository: Repository, _ branch: String = "main") async throws
    -> [ObjectID]
  {
    try await repository.branch(branch).log().map(\.id)
  }

  private static func expectSound(_ repository: Repository) async throws {
    var faults: [String] = []
    let summary = try await repository.verify { _ in }
    if summary.faults > 0 { faults.append("\(summary.faults) faults") }
    if summary.incompleteObjects > 0 { faults.append("\(summary.incompleteObjects) incomplete") }
    try expectEqual(faults, [])
  }

  private static func expectCut(
    _ what: String, _ body: () async throws -> Void
  ) async throws {
    let error = try await expectError(body)
    guard case .historyCut = error else { throw error }
    try expect("\(error)".contains("has been cut at"), what)
  }

  /// Another store with ids and directories of the same kind.
  private static func another(_ repository: Repository) async throws -> Repository {
    try await Repository.open(
      "memory:?hash=\(repository.algorithm.rawValue)&layout=\(repository.layout.rawValue)")
  }

  private static func withFile(_ body: (String) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-\(UInt64.random(in: 0 ... .max)).slice").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
  }

  /// Histories that are cut.
  static let retention: [Behaviour] = [
    Behaviour("a store keeps the newest commits, and walks end where it was cut", .scripts) {
      repository in
      let all = try await line(repository, 12)
      try expectEqual(try await collect(repository).cut, 0)
      try await repository.set(.retentionCommits, to: "5")
      let report = try await collect(repository)
      try expectEqual(report.cut, 1)
      try expect(report.removed > 0)
      let kept = Array(all.suffix(5).reversed())
      try expectEqual(try await ids(repository), kept)
      try expectEqual(try await repository.boundary(), [all[7]])
      for id in all.prefix(7) {
        let error = try await expectError { try await repository.createBranch("gone", at: id) }
        guard case .missingObject = error else { throw error }
      }
      let graph = try await repository.branch().history()
      try expectEqual(graph.commits, kept)
      try expect(graph.isCut(at: all[7]) && !graph.isCut(at: all[8]))
      try expectEqual(try await repository.commit(all[7]).parents, [all[6]])
      try expectEqual(try await repository.parents(of: all[7]), [])
      try expectEqual(try await repository.parents(of: all[8]), [all[7]])
      try expectEqual(try await repository.branch().lastModified("main/f0").map(\.id), [all[9]])
      try expectEqual(
        try await repository.branch().lastModified("n", n: 100).map(\.id), kept)
      let blamed = try await repository.blame(entriesOf: "main", at: all[11]).map(\.commit.id)
      try expectEqual(blamed, [all[9], all[10], all[11]])
      try expectEqual(try await repository.resolve("main~4"), all[7])
      try await expectCut("a revision") { _ = try await repository.resolve("main~5") }
      try expect(try await repository.isAncestor(all[7], of: all[11]))
      try await expectCut("a revert") { try await repository.branch().revert(all[7]) }
      var watched: [Bool] = []
      for try await change in try await repository.branch().watch("n", after: 0) {
        watched.append(change.isKnown)
        try expectEqual(change.changes.isEmpty, !change.isKnown)
        if watched.count == 12 { break }
      }
      // What is not stored may be known from before.
      try expectEqual(watched.suffix(4), [true, true, true, true])
      try await expectSound(repository)

      // It moves on with the branch, and not back.
      let more = try await line(repository, 3, on: "main", from: 1000)
      try expectEqual(try await collect(repository).cut, 1)
      try expectEqual(
        try await ids(repository), Array((all.suffix(2) + more).reversed()))
      try expectEqual(try await repository.boundary(), [all[10]])
      try await repository.set(.retentionCommits, to: "all")
      try expectEqual(try await collect(repository).cut, 0)
      try expectEqual(try await ids(repository).count, 5)
      try await expectSound(repository)
    },
    Behaviour("branches keep what their patterns say, and what is beyond is an error", .scripts) {
      repository in
      let all = try await line(repository, 14)
      try await repository.createBranch("release/1", at: all[6])
      try await repository.createBranch("release/10", at: all[7])
      try await repository.createBranch("old", at: all[1])
      try await repository.createBranch("side", at: all[2])
      let side = try await line(repository, 2, on: "side", from: 10_000)
      try await repository.set(.retentionCommits, to: "2")
      try await repository.set(.retentionCommits.forBranches("release/*"), to: "3")
      try await repository.set(
        try Setting.named("retention.release/1.commits"), to: "all")
      let settings = try await repository.settings()
      try expectEqual(
        settings.all.map(\.name),
        ["head", "retention.commits", "retention.release/*.commits", "retention.release/1.commits"])
      _ = try await collect(repository)
      try expectEqual(try await ids(repository, "release/1"), Array(all.prefix(7).reversed()))
      // One commit has one boundary: what release/1 keeps is there for all that lead to it.
      try expectEqual(try await ids(repository, "release/10").count, 8)
      try expectEqual(try await ids(repository), [all[13], all[12]])
      try expectEqual(try await ids(repository, "side").prefix(2), [side[1], side[0]])
      try await expectCut("a merge base") {
        _ = try await repository.mergeBases(all[13], all[6])
      }
      try await expectCut("a merge") {
        try await repository.branch("main").merge(repository.branch("side"), "Merge")
      }
      try await expectCut("an ancestor") {
        _ = try await repository.isAncestor(all[1], of: all[13])
      }
      try await expectCut("a distance") {
        _ = try await repository.aheadBehind(all[13], all[6])
      }
      var difference = LogOptions()
      difference.excluding = [all[13]]
      try await expectCut("what a cut history lacks") {
        for try await _ in repository.log(from: all[6], difference) {}
      }
      // What is excluded is known to its beginning.
      difference.excluding = [all[6]]
      let newer = try await repository.log(from: all[13], difference)
        .reduce(into: []) { $0.append($1.id) }
      try expectEqual(newer, [all[13], all[12]])
      let near = try await repository.aheadBehind(all[12], all[13])
      try expectEqual([near.ahead, near.behind], [0, 1])
      var options = MergeOptions()
      options.unrelatedHistories = .merged
      let merging = try await repository.branch("main").merging(side[1], options)
      try expectEqual(merging.bases, [])
      try await expectSound(repository)
    },
    Behaviour("a merge does not end the line that goes on", .scripts) { repository in
      let all = try await line(repository, 10)
      try await repository.createBranch("side", at: all[0])
      let side = try await line(repository, 3, on: "side", from: 5)
      let main = repository.branch()
      var options = MergeOptions()
      var merge = try await main.merging(side[2], options)
      try await merge.resolve { _ in .ours }
      guard let merged = try await merge.commit(Info("Merge")).head else {
        return try expect(false, "no merge")
      }
      try await repository.deleteBranch("side")
      let more = try await line(repository, 1, on: "main", from: 3_000_000_000)
      try await repository.set(.retentionCommits, to: "6")
      _ = try await collect(repository)
      // The newest six, and the end of what was merged.
      try expectEqual(
        Set(try await ids(repository)),
        Set(more + [merged] + all.suffix(4) + [side[2]]))
      try expectEqual(try await repository.boundary(), [all[6], side[2]])
      try await expectSound(repository)
    },
    Behaviour("days, tags and snapshots stay", .scripts) { repository in
      let now = Timestamp.now.seconds - 1_700_000_000
      let hour: Int64 = 3600
      // Two an hour for a hundred hours, the last of them an hour ago.
      let first = ((now + 1_700_000_000) / hour - 100) * hour - 1_700_000_000
      let all = try await line(repository, 200, from: first, every: hour / 2)
      try await repository.tag("v1", at: all[20])
      try await repository.tag("v2", at: all[30], Info("Version 2"))
      try await repository.set(.retentionDays, to: "1")
      try await repository.set(.retentionHourly, to: "3")
      try await repository.set(.retentionDaily, to: "2")
      let report = try await collect(repository)
      try expectEqual(report.snapshots, 5)
      let kept = try await ids(repository)
      try expect((46...49).contains(kept.count), "\(kept.count) commits of a day")
      try expectEqual(kept, Array(all.suffix(kept.count).reversed()))
      let snapshots = try await repository.refs().filter { $0.key.hasPrefix("refs/retained/") }
      try expectEqual(snapshots.count, 5)
      try expect(snapshots.keys.allSatisfy { $0.hasPrefix("refs/retained/heads/main/20") })
      let places = snapshots.values.compactMap(all.firstIndex).sorted(by: >)
      // The last of three hours, and before those of two days; all hours and days have commits.
      try expectEqual(places.prefix(3).map { places[0] / 2 - $0 / 2 }, [0, 1, 2])
      try expectEqual(places[1] % 2 + places[2] % 2, 2)
      let days = places.map { (1_700_000_000 + first + Int64($0) * 1800) / 86_400 }
      try expectEqual(days[3] - days[4], 1)
      try expect(days[2] - days[3] <= 1 && places[3] < places[2], "\(places)")
      try expect((1_700_000_000 + first + Int64(places[4]) * 1800) % 86_400 == 84_600)
      for (tag, place) in [("v1", 20), ("v2", 30)] {
        let commit = try await repository.resolveCommit(tag)
        try expectEqual(commit.id, all[place])
        try expectEqual(try await repository.parents(of: commit.id), [])
      }
      for id in snapshots.values {
        try expect(try await repository.tree(id).entry("n") != nil)
        // Each stands for itself, unless the one before it is one as well.
        let parents = Set(try await repository.parents(of: id))
        try expect(parents.isSubset(of: snapshots.values))
      }
      try await expectSound(repository)
      // Once more: nothing is new. Without them they go.
      try expectEqual(try await collect(repository).cut, 0)
      try expectEqual(
        try await repository.refs().filter { $0.key.hasPrefix("refs/retained/") }, snapshots)
      try await repository.set(.retentionHourly, to: nil)
      try await repository.set(.retentionDaily, to: nil)
      let last = try await collect(repository)
      try expect(last.removed > 0 && last.snapshots == 0)
      try expect(try await repository.refs().keys.allSatisfy { !$0.hasPrefix("refs/retained/") })
      try await expectSound(repository)
    },
    Behaviour("a copy of a cut store is cut in the same places", .scripts) { repository in
      let all = try await line(repository, 8)
      let whole = try await another(repository)
      try await whole.clone(from: repository)
      let behind = try await another(repository)
      try await repository.createBranch("early", at: all[3])
      try await behind.branch("early").pull(from: repository, .set)
      try await repository.deleteBranch("early")
      try await repository.set(.retentionCommits, to: "3")
      _ = try await collect(repository)

      let copy = try await another(repository)
      try await copy.clone(from: repository)
      try expectEqual(try await copy.boundary(), [all[5]])
      try expectEqual(try await ids(copy), Array(all.suffix(3).reversed()))
      try await expectSound(copy)
      _ = try await collect(copy)
      try await expectSound(copy)

      // Both have what the other one needs.
      let more = try await line(repository, 2, on: "main", from: 1000)
      _ = try await copy.branch().pull(from: repository)
      try expectEqual(try await ids(copy).count, 5)
      let theirs = try await line(copy, 1, on: "main", from: 2000)
      try await copy.push(to: whole)
      try expectEqual(try await ids(whole), Array((all + more + theirs).reversed()))
      try expectEqual(try await whole.boundary(), [])
      try await copy.push(to: repository)
      for store in [copy, whole, repository] { try await expectSound(store) }

      // One that lacks what was cut off gets no history with a hole.
      try await expectCut("a push") { try await repository.push(to: behind) }
      try await expectCut("a fetch") { _ = try await behind.fetch(from: repository) }
      try expectEqual(try await behind.heads(), ["early": all[3]])
      try expectEqual(try await behind.boundary(), [])
      try await expectSound(behind)
    },
    Behaviour("a copy of a cut store takes an old branch whole", .scripts) { repository in
      let all = try await line(repository, 8)
      let whole = try await another(repository)
      try await whole.clone(from: repository)
      try await repository.set(.retentionCommits, to: "3")
      _ = try await collect(repository)
      try await whole.createBranch("side", at: all[1])
      let side = try await line(whole, 2, on: "side", from: 500)
      let merged = try await whole.branch().commit(
        [.set("merged", "1")], "Merge", parents: [all[7], side[1]])
      _ = try await repository.branch().pull(from: whole)
      try expectEqual(try await repository.branch().head()?.id, merged.head)
      try await expectSound(repository)
      try expect(try await repository.isAncestor(all[0], of: side[1]))
      try expectEqual(try await repository.boundary(), [all[5]])
      _ = try await collect(repository)
      try await expectSound(repository)
    },
    Behaviour("what is cut goes into an archive, and joins up when it comes back", .scripts) {
      repository in
      try await withFile { first in
        try await withFile { second in
          let all = try await line(repository, 9)
          try await repository.set(.retentionCommits, to: "4")
          let report = try await collect(repository, archive: first)
          try expect(report.cut == 1 && report.archived > 0 && report.removed > 0)
          let more = try await line(repository, 3, on: "main", from: 1000)
          let other = try await collect(repository, archive: second)
          try expect(other.cut == 1 && other.archived > 0)
          try await repository.set(.retentionCommits, to: nil)
          let heads = try await repository.heads()
          _ = try await repository.importSlice(from: second)
          try expectEqual(try await repository.boundary(), [all[5]])
          try expectEqual(try await ids(repository).count, 7)
          try await expectSound(repository)
          _ = try await repository.importSlice(from: first)
          try expectEqual(try await repository.boundary(), [])
          try expectEqual(try await ids(repository), Array((all + more).reversed()))
          try expectEqual(try await repository.heads(), heads)
          try await expectSound(repository)
          try expectEqual(try await collect(repository).removed, 0)
        }
      }
    },
    Behaviour("archives join up in any order", .scripts) { repository in
      try await withFile { first in
        try await withFile { second in
          let all = try await line(repository, 9)
          try await repository.set(.retentionCommits, to: "5")
          _ = try await collect(repository, archive: first)
          try await repository.set(.retentionCommits, to: "2")
          _ = try await collect(repository, archive: second)
          try await repository.set(.retentionCommits, to: nil)
          _ = try await repository.importSlice(from: first)
          try await expectSound(repository)
          try expectEqual(try await ids(repository).count, 2)
          _ = try await repository.importSlice(from: second)
          try expectEqual(try await ids(repository), Array(all.reversed()))
          try expectEqual(try await repository.boundary(), [])
          try await expectSound(repository)
        }
      }
    },
    Behaviour("nothing is cut when the archive cannot be written", .scripts) { repository in
      try await withFile { path in
        let all = try await line(repository, 6)
        try await repository.set(.retentionCommits, to: "2")
        try Data("here already".utf8).write(to: URL(filePath: path))
        for place in [path, "\(path)/none/archive"] {
          let error = try await expectError { _ = try await collect(repository, archive: place) }
          guard case .slice(.file) = error else { throw error }
        }
        try expectEqual(try await ids(repository), Array(all.reversed()))
        try expectEqual(try await repository.boundary(), [])
        try expectEqual(try Data(contentsOf: URL(filePath: path)), Data("here already".utf8))
      }
    },
    Behaviour("a slice of a cut store makes a cut store", .scripts) { repository in
      try await withFile { path in
        let all = try await line(repository, 7)
        try await repository.set(.retentionCommits, to: "3")
        _ = try await collect(repository)
        _ = try await repository.exportSlice(to: path)
        let copy = try await another(repository)
        _ = try await copy.importSlice(from: path)
        try expectEqual(try await copy.boundary(), [all[4]])
        try expectEqual(try await ids(copy), Array(all.suffix(3).reversed()))
        try await expectSound(copy)
        _ = try await collect(copy)
        try await expectSound(copy)
      }
    },
    Behaviour("a store that is maintained stays small, and one at a time does it", .scripts) {
      repository in
      var options = MaintenanceOptions()
      options.collection.grace = .zero
      options.collection.reflog = .zero
      options.collection.share = 1
      options.changes = 20
      options.interval = .milliseconds(1)
      try await repository.set(.retentionCommits, to: "10")
      let maintenance = Maintenance(of: repository, options)
      _ = try await line(repository, 19)
      guard case .idle = try await maintenance.runOnce() else {
        return try expect(false, "too early")
      }
      _ = try await line(repository, 1, from: 5000)
      guard case .collected(let report) = try await maintenance.runOnce() else {
        return try expect(false, "nothing was done")
      }
      try expectEqual(report.cut, 1)
      guard case .idle = try await maintenance.runOnce() else {
        return try expect(false, "too often")
      }
      // Several at once, beside a writer.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask { [options] in try await repository.maintain(options) }
        }
        for round in 0..<6 { _ = try await line(repository, 25, from: Int64(round + 2) * 10_000) }
        group.cancelAll()
        try await group.waitForAll()
      }
      _ = try await line(repository, 20, from: 100_000)
      options.growth = 0
      guard case .collected = try await Maintenance(of: repository, options).runOnce() else {
        return try expect(false, "somebody has kept the turn")
      }
      // That may have ended a collection that had begun before; another one begins anew.
      _ = try await repository.collectGarbage(options.collection)
      try expectEqual(try await ids(repository).count, 10)
      try expect(try await repository.statistics().objects < 80)
      try await expectSound(repository)
    },
    Behaviour("settings of what is kept are numbers", .scripts) { repository in
      try expectEqual(try await repository.set(.retentionCommits, to: "ALL"), "all")
      try expectEqual(try await repository.set(.retentionDays, to: "007"), "7")
      for (name, value) in [
        ("retention.commits", "0"), ("retention.commits", "-1"), ("retention.days", "all"),
        ("retention.hourly", "x"), ("retention.a..b.commits", "1"), ("retention.main.tags", "1"),
        ("retention..commits", "1"),
      ] {
        let error = try await expectError {
          try await repository.set(try Setting.named(name), to: value)
        }
        guard case .badSetting = error else { throw error }
      }
      try expectEqual(
        try Setting.named("Retention.v1.2/*.DAILY").name, "retention.v1.2/*.daily")
    },
  ]
}
