import ArgumentParser
import Foundation

/// One writer, one task.
struct SingleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "single", abstract: "One writer that waits for each commit.",
    discussion: """
      The library on each place for a store, beside the same script driven by a loop that does \
      nothing else (script-limit), redis-benchmark with one client and the same script (which \
      increments a counter) or an empty one, and git plumbing in a shell loop. JSON keys: those of \
      contention.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "list"))
  var shape = ValueList([TreeShape.usual, TreeShape(widths: [100, 100, 10])])

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many commits git makes.", valueName: "n"))
  var gitCommits = 100

  func validate() throws {
    try check("--git-commits", [gitCommits], 1...1_000_000)
  }

  func run() async throws {
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [
        .init("shape", 12, .left), .init("store", 15, .left), .init("method", 23, .left),
        .init("layout", 8, .left),
        .init("commits/s", 9), .init("p50 ms", 6), .init("p99 ms", 6), .init("max ms", 6),
        .init("server µs", 9), .init("x library", 9),
      ])
    var bounds: [Bound] = []
    for shape in shape.values {
      var rows: [Row] = []
      for plan in plans(shape) { try add(try await RowRun(plan: plan).measure(), &rows, printer) }
      if common.url == nil {
        for request in [RedisBenchmark.Request.commit, .empty] {
          let row = try await RedisBenchmark.row(request, shape, calls: redisBenchmarkCalls)
          try add(row, &rows, printer)
        }
        try add(try await GitLoop.row(shape, commits: gitCommits), &rows, printer)
      }
      bounds += self.bounds(rows, shape)
    }
    try printer.finish(bounds)
  }

  private func plans(_ shape: TreeShape) -> [RowPlan] {
    let library = WorkerPlan.Activity.write(.irminsul, .disjoint)
    var rows: [(Place, WorkerPlan.Activity)] = [(common.place, library)]
    if common.url == nil {
      rows += [
        (.ownServer, .write(.scriptLimit, .disjoint)), (.ownServer, .write(.irminsul, .hot)),
        (.ownServer, .write(.sha256, .disjoint)), (.memory, library),
        (.file(durability: "normal"), library), (.file(durability: "full"), library),
      ]
    }
    return rows.map { place, activity in
      RowPlan(
        scenario: .single, activity: activity, shape: shape, seconds: common.seconds ?? 20,
        place: place)
    }
  }

  /// Enough for a few seconds of those that the other rows take.
  private var redisBenchmarkCalls: Int { max(1000, Int((common.seconds ?? 20) * 5000)) }

  private func add(_ row: Row, _ rows: inout [Row], _ printer: Printer) throws {
    rows.append(row)
    try printer.add(
      row,
      [
        "\(row.shape)", row.place, row.method, row.layout?.rawValue ?? "",
        Figure.text(row.perSecond), Figure.text(row.p50),
        Figure.text(row.p99), Figure.text(row.maximum), Figure.text(row.serverMicroseconds),
        Figure.text(rows[0].perSecond > 0 ? row.perSecond / rows[0].perSecond : nil),
      ])
  }

  private func bounds(_ rows: [Row], _ shape: TreeShape) -> [Bound] {
    let library = rows.first { $0.isOf(.irminsul) && $0.place == Place.ownServer.name }
    let limit = rows.first { $0.isOf(.scriptLimit) }
    let hot = rows.first { $0.isOf(.irminsul, .hot) }
    let benchmark = rows.first { $0.method == RedisBenchmark.Request.commit.title }
    let pairs = [("script-limit", library, limit), ("redis-benchmark, hot", hot, benchmark)]
    return pairs.compactMap { name, row, unit in
      guard let row, let unit, unit.perSecond > 0 else { return nil }
      return Bound(
        name: "irminsul / \(name), one at a time, \(shape)", value: row.perSecond / unit.perSecond,
        limit: .atLeast(0.7))
    }
  }
}
