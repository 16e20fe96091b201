import ArgumentParser
import Foundation
import IrminsulTestKit

/// A store as the remote of git, beside a bare repository.
struct RemoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote",
    abstract: "Clones, fetches and pushes with git, beside a bare repository.",
    discussion: """
      Each repository is pushed as a mirror into a store on a Redis of its own, and cloned from there: refs and \
      ids must be equal, and git fsck must find nothing. Then the clone, a fetch and a push of one commit \
      are timed in turn with the same by git from a bare repository over file:// (a clone with --no-local), the \
      best of some runs; round trips are counted by a proxy. A delay is of the store's server alone. JSON keys: \
      repository, objects, refs, rtt_ms, push_mirror_s, clone_s, git_clone_s, fetch_s, git_fetch_s, push_s, \
      git_push_s, fetch_round_trips, push_round_trips.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "A Git repository, given once for each; without one, one is made.", valueName: "path"))
  var repository: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Milliseconds of a round trip to the server.", valueName: "list"))
  var rtts = ValueList([0.0, 0.5, 20])

  @Option(help: "How often each is done.")
  var runs = 3

  @Option(help: "How many commits a repository that is made has.")
  var commits = 3000

  func validate() throws {
    try check("--rtts", rtts.values, 0...1000)
    try check("--runs", [runs], 1...100)
    try check("--commits", [commits], 1000...1_000_000)
    if common.url != nil {
      throw ValidationError("remote has a server for each repository: it starts them itself")
    }
  }

  func run() async throws {
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place), columns: RemoteRow.columns)
    var bounds: [Bound] = []
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-bench-\(UInt32.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    func measure(_ source: String, named name: String) async throws {
      let place = folder.appending(path: name)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let server = try await RedisServer.start()
      defer { server.stop() }
      let run = try await RemoteRun(of: source, named: name, in: place, server)
      for rtt in rtts.values {
        let row = try await run.row(rtt: rtt, runs: runs)
        try printer.add(row, row.cells)
        bounds += row.bounds
      }
      try? FileManager.default.removeItem(at: place)
    }
    if repository.isEmpty {
      let made = folder.appending(path: "history")
      try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
      _ = try await HistoryFixture.make(commits: commits, in: made)
      try await measure(made.path, named: "made")
    }
    for path in repository {
      let url = URL(filePath: path).standardizedFileURL
      let name = url.lastPathComponent.replacing(#/\.git$/#, with: "")
      try await measure(url.path, named: name)
    }
    try printer.finish(bounds)
  }
}
