import ArgumentParser
import Foundation
import Irminsul

/// A large store most of which is garbage.
struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect", abstract: "Collect the garbage of a large store, beside git.",
    discussion: """
      A history is made with git fast-import, and imported into a Redis of its own; then the branch goes that holds \
      most of it, and a process of its own collects, with no time of grace, once for each --share on a fresh store. \
      At last `git gc --prune=now` does the same in the repository. JSON keys: scenario, program, share, objects \
      (before), kept, removed, seconds, steps, client_peak_bytes (of the collecting process, of git's processes the largest), \
      used_before_bytes, used_after_bytes, resident_before_bytes, resident_after_bytes (of the server; of git what its \
      files have), import_seconds.
      """)

  @OptionGroup var common: CommonOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Objects of the store.", valueName: "n"))
  var objects = 1_000_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The part of them that something leads to.", valueName: "n"))
  var live = 0.1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The part of the time that the collector's steps take.", valueName: "list"))
  var share = ValueList([0.25, 1.0])

  func validate() throws {
    try check("--objects", [objects], 40...100_000_000)
    try check("--live", [live], 0.001...0.999)
    try check("--share", share.values, 0.001...1)
    if common.url != nil {
      throw ValidationError("collect looks at a server's memory: it starts one of its own")
    }
    if common.seconds != nil { throw ValidationError("collect takes --objects, not --seconds") }
  }

  func run() async throws {
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [
        .init("program", 8, .left), .init("share", 5), .init("objects", 10), .init("kept", 10),
        .init("removed", 10), .init("seconds", 7), .init("steps", 7), .init("client MiB", 10),
        .init("used MiB", 8), .init("after", 8), .init("RSS MiB", 8), .init("after", 8),
        .init("import s", 8),
      ])
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-bench-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let fixture = try await CollectFixture.make(objects: objects, live: live, in: folder)
    var rows: [CollectRow] = []
    for share in share.values {
      let row = try await BenchStore.with(.ownServer) { store in
        try await measure(fixture, share: share, on: store)
      }
      rows.append(row)
      try printer.add(row, row.cells)
    }
    let git = try await measureGit(fixture, objects: rows.first?.objects ?? objects)
    rows.append(git)
    try printer.add(git, git.cells)
    if rows.contains(where: { $0.kept != git.kept }) {
      throw BenchError("git and the store have kept different numbers of objects")
    }
  }

  private func measure(
    _ fixture: CollectFixture, share: Double, on store: BenchStore
  ) async throws -> CollectRow {
    let start = ContinuousClock.now
    let imported = try await store.withRepository { repository in
      let summary = try await repository.importGit(from: fixture.folder.path)
      try await repository.deleteBranch("main")
      return summary
    }
    let importSeconds = (ContinuousClock.now - start).seconds
    let before = try await settled(store)
    let plan = CollectorPlan(
      activity: .once, url: IrminsulStore.url(store.url, name: store.name), grace: 0, reflog: 0,
      share: share)
    let collecting = ContinuousClock.now
    let events = try await ThreadTeam.run { try CollectorProcess(plan).finish(.byItself) }
    let seconds = (ContinuousClock.now - collecting).seconds
    guard let report = events.reports.first else { throw BenchError("nothing was collected") }
    let after = try await settled(store)
    try await store.withRepository { repository in
      let summary = try await repository.verify { _ in }
      guard summary.faults == 0, summary.objects == Int(report.kept) else {
        throw BenchError(
          "after the collection, verify has found \(summary.objects) objects and "
            + "\(summary.faults) faults")
      }
    }
    return CollectRow(
      program: "irminsul", share: share, objects: imported.objects, kept: Int(report.kept),
      removed: Int(report.removed), seconds: seconds, steps: report.steps,
      clientPeak: events.peakBytes ?? 0, usedBefore: before.memory, usedAfter: after.memory,
      residentBefore: before.residentMemory, residentAfter: after.residentMemory,
      importSeconds: importSeconds)
  }

  /// What the server has counted when it has freed what it frees in the background.
  private func settled(_ store: BenchStore) async throws -> ServerCounters {
    var last: ServerCounters?
    for _ in 0..<60 {
      guard let counters = try store.counters() else {
        throw BenchError("the server does not count")
      }
      // Its allocator gives memory back to the system some seconds later.
      if counters.lazyFreeing == 0, let last,
        abs(counters.residentMemory - last.residentMemory) < 1_048_576
      {
        return counters
      }
      last = counters
      try await Task.sleep(for: .seconds(1))
    }
    throw BenchError("the server was not at rest within a minute")
  }

  private func measureGit(_ fixture: CollectFixture, objects: Int) async throws -> CollectRow {
    _ = try await Program.output(
      of: ["git", "update-ref", "-d", "refs/heads/main"], in: fixture.folder)
    let before = fixture.bytes
    let start = ContinuousClock.now
    let line = try await ThreadTeam.run {
      let child = try ChildProcess(["git-gc", fixture.folder.path])
      defer { child.finish() }
      return try child.readLine()
    }
    let seconds = (ContinuousClock.now - start).seconds
    let counted = try await Program.output(of: ["git", "count-objects", "-v"], in: fixture.folder)
    let numbers = counted.split(whereSeparator: \.isNewline).filter {
      $0.hasPrefix("count: ") || $0.hasPrefix("in-pack: ")
    }.compactMap { Int($0.filter(\.isNumber)) }
    let kept = numbers.reduce(0, +)
    return CollectRow(
      program: "git", share: nil, objects: objects, kept: kept, removed: objects - kept,
      seconds: seconds, steps: nil, clientPeak: Int(line) ?? 0, usedBefore: before,
      usedAfter: fixture.bytes, residentBefore: nil, residentAfter: nil, importSeconds: nil)
  }
}

/// A collection of a large store's garbage.
struct CollectRow: Encodable {
  let scenario = "collect"
  let program: String
  let share: Double?
  let objects: Int
  let kept: Int
  let removed: Int
  let seconds: Double
  let steps: Int?
  let clientPeak: Int
  let usedBefore: Int
  let usedAfter: Int
  let residentBefore: Int?
  let residentAfter: Int?
  let importSeconds: Double?

  var cells: [String] {
    func mebibytes(_ bytes: Int?) -> String { bytes.map(Figure.mebibytes) ?? "-" }
    return [
      program, share.map { Figure.text($0) } ?? "-", Figure.grouped(objects), Figure.grouped(kept),
      Figure.grouped(removed), Figure.text(seconds), steps.map(Figure.grouped) ?? "-",
      mebibytes(clientPeak), mebibytes(usedBefore), mebibytes(usedAfter),
      mebibytes(residentBefore), mebibytes(residentAfter), Figure.text(importSeconds),
    ]
  }

  private enum CodingKeys: String, CodingKey {
    case scenario, program, share, objects, kept, removed, seconds, steps
    case clientPeak = "client_peak_bytes"
    case usedBefore = "used_before_bytes"
    case usedAfter = "used_after_bytes"
    case residentBefore = "resident_before_bytes"
    case residentAfter = "resident_after_bytes"
    case importSeconds = "import_seconds"
  }
}
