import ArgumentParser
import Foundation
import Irminsul

/// Walks over a long history, beside git.
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Walks over a long history, beside git on the same one.",
    discussion: """
      A history of 100,000 commits with 10,000 merges is made with git fast-import, and imported into a Redis \
      of its own. Each walk begins with nothing cached. git is run twice: as the repository is, and with a \
      commit-graph file, which has generation numbers and the paths that commits changed. JSON keys: walk, \
      seconds, round_trips, objects (that scripts have read), git_seconds, git_graph_seconds.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "How many commits the history has.")
  var commits = 100_000

  private struct Row: Encodable {
    let walk: String
    let seconds: Double
    let roundTrips: Int
    let objects: Int
    let gitSeconds: Double?
    let gitGraphSeconds: Double?

    private enum CodingKeys: String, CodingKey {
      case walk, seconds
      case roundTrips = "round_trips"
      case objects
      case gitSeconds = "git_seconds"
      case gitGraphSeconds = "git_graph_seconds"
    }
  }

  private struct Walk {
    let name: String
    let git: [String]?
    let body: (Repository) async throws -> Void
  }

  func validate() throws {
    try check("--commits", [commits], 1000...1_000_000)
    if common.url != nil {
      throw ValidationError("history counts what a server does: it starts one of its own")
    }
  }

  func run() async throws {
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [
        .init("walk", 34, .left), .init("seconds", 8), .init("trips", 6), .init("objects", 8),
        .init("git", 8), .init("with graph", 10),
      ])
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-bench-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let fixture = try await HistoryFixture.make(commits: commits, in: folder)
    try await BenchStore.with(.ownServer) { store in
      let imported = try await store.withRepository { repository in
        try await repository.importGit(from: folder.path)
      }
      try printer.note(
        "\(Figure.grouped(fixture.commits)) commits, \(Figure.grouped(fixture.merges)) merges, "
          + "\(Figure.grouped(imported.objects)) objects")
      var rows: [Row] = []
      for walk in walks {
        let before = try store.counters()
        let start = ContinuousClock.now
        try await store.withRepository { try await walk.body($0) }
        let seconds = (ContinuousClock.now - start).seconds
        let after = try store.counters()
        let cost = before.flatMap { before in after.map { $0.since(before) } }
        rows.append(
          Row(
            walk: walk.name, seconds: seconds,
            roundTrips: cost?.total(ServerCounters.scriptCommands).calls ?? 0,
            objects: cost?.total(["hget"]).calls ?? 0,
            gitSeconds: try await git(walk.git, in: folder), gitGraphSeconds: nil))
      }
      _ = try await Program.output(
        of: ["git", "commit-graph", "write", "--reachable", "--changed-paths"], in: folder)
      for (row, walk) in zip(rows, walks) {
        let graph = try await git(walk.git, in: folder)
        let whole = Row(
          walk: row.walk, seconds: row.seconds, roundTrips: row.roundTrips, objects: row.objects,
          gitSeconds: row.gitSeconds, gitGraphSeconds: graph)
        try printer.add(
          whole,
          [
            whole.walk, Figure.text(whole.seconds), Figure.grouped(whole.roundTrips),
            Figure.grouped(whole.objects), Figure.text(whole.gitSeconds),
            Figure.text(whole.gitGraphSeconds),
          ])
      }
    }
  }

  /// The best of three runs of a git command, in seconds.
  private func git(_ arguments: [String]?, in folder: URL) async throws -> Double? {
    guard let arguments else { return nil }
    var best = Double.infinity
    for _ in 0..<3 {
      let start = ContinuousClock.now
      _ = try await Program.output(of: ["git"] + arguments, in: folder)
      best = min(best, (ContinuousClock.now - start).seconds)
    }
    return best
  }

  private var walks: [Walk] {
    func head(_ repository: Repository, _ name: String = "main") async throws -> ObjectID {
      guard let head = try await repository.branch(name).head() else {
        throw BenchError("the history has no branch \(name)")
      }
      return head.id
    }
    func last(_ path: Path) -> (Repository) async throws -> Void {
      { repository in
        _ = try await repository.lastModified(path, from: try await head(repository))
      }
    }
    func log(_ options: LogOptions, _ count: Int) -> (Repository) async throws -> Void {
      { repository in
        var left = count
        for try await _ in repository.log(from: try await head(repository), options) {
          left -= 1
          if left == 0 { break }
        }
      }
    }
    return [
      Walk(
        name: "last change of a file, recent", git: ["log", "-1", "main", "--", "d5/f5"],
        body: last("d5/f5")),
      Walk(
        name: "last change, half the history ago", git: ["log", "-1", "main", "--", "rare/half"],
        body: last("rare/half")),
      Walk(
        name: "last change, in the first commit", git: ["log", "-1", "main", "--", "rare/once"],
        body: last("rare/once")),
      Walk(
        name: "blame of a folder's ten entries", git: nil,
        body: { repository in
          _ = try await repository.blame(entriesOf: "d5", at: try await head(repository))
        }),
      Walk(
        name: "merge base, near", git: ["merge-base", "main", "side"],
        body: { repository in
          _ = try await repository.mergeBases(
            try await head(repository), try await head(repository, "side"))
        }),
      Walk(
        name: "merge base, nine tenths back", git: ["merge-base", "main", "old"],
        body: { repository in
          _ = try await repository.mergeBases(
            try await head(repository), try await head(repository, "old"))
        }),
      Walk(
        name: "ahead and behind, nine tenths back",
        git: ["rev-list", "--count", "--left-right", "main...old"],
        body: { repository in
          _ = try await repository.aheadBehind(
            try await head(repository), try await head(repository, "old"))
        }),
      Walk(
        name: "log by date, 100 commits", git: ["log", "-100", "--format=%H", "main"],
        body: log(LogOptions(), 100)),
      Walk(
        name: "log in topological order, all",
        git: ["log", "--topo-order", "--format=%H", "main"],
        body: log(LogOptions(order: .topological), .max)),
      Walk(
        name: "history of a file, all",
        git: ["log", "--format=%H", "main", "--", "d5/f5"],
        body: log(LogOptions(path: "d5/f5"), .max)),
    ]
  }
}
