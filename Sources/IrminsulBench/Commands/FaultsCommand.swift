import ArgumentParser
import Foundation
import Irminsul

/// Writers under faults, and what is left of their promises.
struct FaultsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults",
    abstract: "Break connections, servers and writers; check that no commit is lost or doubled.",
    discussion: """
      Processes with writers commit to a store of their own while faults are injected. Every attempt \
      and every answer is recorded. When enough commits are acknowledged and each kind of fault has \
      come at least once, the history is held against the records: each acknowledged commit is there \
      once, each unanswered one at most once, each refused one not at all; commits of several \
      branches are on all or none; every value is what the history makes it; verify finds nothing. \
      The exit code is 1 if anything of that is not so, and each broken promise is named.

      With --retention two more processes collect garbage without a pause while the writers write, and cut \
      the history of each branch to its newest so many commits. Then the promises hold for what is inside: each \
      acknowledged commit that is not older than the oldest that must be there, no branch is shorter or longer than \
      it should be, and every value follows from the oldest commit's values and the history since.

      A seed repeats the choices, not the moments at which they meet.

      Faults: cut-before, cut-request, cut-after, cut-answer, reset, late, stall, delay (by a proxy \
      between writers and server), script-flush, client-kill, server-freeze, server-kill, \
      writer-kill, and with --retention collector-kill. A file has the last two only.

      JSON keys: scenario, store, hash, layout, seed, processes, writers, seconds, faults (by kind), \
      operations, attempts, acknowledged, refused, unknown, unknown_done (of them, in the history), \
      retried (with the same token), inherited (by the successor of a killed process), \
      done_answers, commits, counters (path, value, least, most), lost, duplicated, verify_objects, \
      verify_faults, violations (kind, text), folder, kills (processes of all kinds), collection (retention, \
      collections, cuts, removed and kept objects, outages that collectors have met; null without).
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many acknowledged commits to reach; it goes on until each fault has come once.",
      valueName: "n"))
  var commits = 10_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many processes to kill at least.", valueName: "n"))
  var kills = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Collect garbage meanwhile, keeping so many of the newest commits of each branch.",
      valueName: "n"))
  var retention: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What repeats the choices of a run.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(parsing: .unconditional, help: ArgumentHelp("How many processes write.", valueName: "n"))
  var processes = 4

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many writers each process has.", valueName: "n"))
  var writers = 8

  @Option(help: ArgumentHelp("Where the store is: redis or file.", valueName: "place"))
  var store = FaultStore.Place.redis

  @Option(help: ArgumentHelp("Which ids the store has: sha1 or sha256.", valueName: "hash"))
  var hash = HashAlgorithm.sha1

  @Option(help: ArgumentHelp("How the store keeps folders: git or wide.", valueName: "layout"))
  var layout = DirectoryLayout.git

  @Option(
    help: ArgumentHelp("Kinds of faults, separated by commas; default: all.", valueName: "list"))
  var faults: ValueList<FaultKind>?

  @Option(
    help: ArgumentHelp(
      "On what a killed server starts: its append-only file repaired by redis-check-aof, or as-is.",
      valueName: "state"))
  var restart = FaultStore.Restart.repaired

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds after which the run fails.", valueName: "n"))
  var deadline = 900.0

  @Flag(help: "Keep records and data also when everything is well.")
  var keep = false

  @Flag(name: .customLong("json"), help: "Print one JSON object.")
  var isJSON = false

  func validate() throws {
    try check("--commits", [commits], 1...10_000_000)
    try check("--kills", [kills], 0...1_000_000)
    try check("--retention", retention.map { [$0] } ?? [], 1...1_000_000)
    try check("--processes", [processes], 1...64)
    try check("--writers", [writers], 1...1024)
    try check("--deadline", [deadline], 1...1_000_000)
    if store == .file, let kind = faults?.values.first(where: \.needsServer) {
      throw ValidationError(
        "\(kind.rawValue) needs a server: a file has writer-kill and collector-kill only")
    }
    if retention == nil, faults?.values.contains(where: \.needsCollector) == true {
      throw ValidationError("collector-kill needs --retention")
    }
    if kills > 0, !kinds.contains(where: \.isKill) {
      throw ValidationError("--kills needs server-kill, writer-kill or collector-kill in --faults")
    }
  }

  func run() async throws {
    let report = try await FaultRun(
      setting: FaultRun.Setting(
        place: store, algorithm: hash, layout: layout, commits: commits, kills: kills,
        retention: retention, seed: seed, processes: processes, writers: writers, kinds: kinds,
        restart: restart, deadline: deadline, keepsFolder: keep)
    ).run()
    if isJSON {
      try JSONLine.print(report)
    } else {
      for line in report.lines { try StandardOutput.line(line) }
    }
    if !report.violations.isEmpty { throw ExitCode(1) }
  }

  /// Each once, in the order of their definition.
  private var kinds: [FaultKind] {
    FaultKind.allCases.filter { kind in
      faults?.values.contains(kind)
        ?? ((store == .redis || !kind.needsServer) && (retention != nil || !kind.needsCollector))
    }
  }
}

extension FaultStore.Place: ExpressibleByArgument {}
extension FaultStore.Restart: ExpressibleByArgument {}
extension HashAlgorithm: ExpressibleByArgument {}
