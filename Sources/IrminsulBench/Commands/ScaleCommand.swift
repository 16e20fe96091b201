import ArgumentParser
import Irminsul

/// What happens while a history grows.
struct ScaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale", abstract: "Rate, latency and memory while a history grows.",
    discussion: """
      Makes commits to one branch and reports each tenth of them. JSON keys: scenario, store, \
      writers, shape, commits (so far), commits_per_s, p50_ms, p99_ms, max_ms, failed (in that \
      tenth), server_bytes (data of the server), client_bytes (memory of the writing process), \
      log_entries, tokens, objects (of the store).
      """)

  @OptionGroup var common: CommonOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("How many commits to make.", valueName: "n"))
  var commits = 1_000_000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many writers make them.", valueName: "n"))
  var writers = 64

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "shape"))
  var shape = TreeShape.usual

  func validate() throws {
    try check("--commits", [commits], 10...1_000_000_000)
    try check("--writers", [writers], 1...min(4096, shape.leafCount))
    if common.seconds != nil { throw ValidationError("scale takes --commits, not --seconds") }
  }

  func run() async throws {
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [
        .init("commits", 11), .init("commits/s", 9), .init("p50 ms", 6), .init("p99 ms", 6),
        .init("max ms", 6), .init("server MiB", 10), .init("client MiB", 10),
        .init("log entries", 11), .init("tokens", 9), .init("objects", 10), .init("failed", 6),
      ])
    try await BenchStore.with(common.place) { try await run(on: $0, printer) }
  }

  private func run(on store: BenchStore, _ printer: Printer) async throws {
    if store.isPrivate {
      throw BenchError("scale needs a store that two processes can open", .usage)
    }
    let activity = WorkerPlan.Activity.write(.irminsul, .disjoint)
    try await store.fill(for: activity, shape)
    let plan = WorkerPlan(
      activity: activity, shape: shape, url: store.url, storeName: store.name, firstWriter: 0,
      writers: writers)
    let workers = try await ThreadTeam.run { try WorkerGroup([plan]) }
    defer { workers.finish() }
    let empty = try store.counters()?.memory ?? 0
    for tenth in 1...10 {
      let count = commits * tenth / 10 - commits * (tenth - 1) / 10
      let tally = try await ThreadTeam.run {
        try workers.run(Round(number: tenth, limit: .commits(count)))
      }
      let statistics = try await store.withRepository { try await $0.statistics() }
      let row = ScaleRow(
        self, commits: commits * tenth / 10, tally,
        serverBytes: try store.counters().map { $0.memory - empty }, statistics)
      try printer.add(row, row.cells)
    }
  }
}

/// One tenth of a growing history.
struct ScaleRow: Encodable {
  let scenario = "scale"
  let store: String
  let writers: Int
  let shape: TreeShape
  let commits: Int
  let commitsPerSecond: Double
  let p50: Double
  let p99: Double
  let maximum: Double
  let failed: Int
  let serverBytes: Int?
  let clientBytes: Int
  let logEntries: Int64
  let tokens: Int64
  let objects: Int64

  init(
    _ command: ScaleCommand, commits: Int, _ tally: WriterTally, serverBytes: Int?,
    _ statistics: StoreStatistics
  ) {
    store = command.common.place.name
    writers = command.writers
    shape = command.shape
    self.commits = commits
    commitsPerSecond = Double(tally.done) / max(tally.elapsed, 1e-9)
    p50 = tally.latency.percentile(0.5).milliseconds
    p99 = tally.latency.percentile(0.99).milliseconds
    maximum = tally.latency.maximum.milliseconds
    failed = tally.failed
    self.serverBytes = serverBytes
    clientBytes = tally.residentBytes
    logEntries = statistics.logEntries
    tokens = statistics.tokens
    objects = statistics.objects
  }

  var cells: [String] {
    func mebibytes(_ bytes: Int?) -> String { Figure.text(bytes.map { Double($0) / 1_048_576 }) }
    return [
      Figure.grouped(commits), Figure.text(commitsPerSecond), Figure.text(p50), Figure.text(p99),
      Figure.text(maximum), mebibytes(serverBytes), mebibytes(clientBytes),
      Figure.grouped(Int(logEntries)), Figure.grouped(Int(tokens)), Figure.grouped(Int(objects)),
      "\(failed)",
    ]
  }

  private enum CodingKeys: String, CodingKey {
    case scenario, store, writers, shape, commits
    case commitsPerSecond = "commits_per_s"
    case p50 = "p50_ms"
    case p99 = "p99_ms"
    case maximum = "max_ms"
    case failed
    case serverBytes = "server_bytes"
    case clientBytes = "client_bytes"
    case logEntries = "log_entries"
    case tokens, objects
  }
}
