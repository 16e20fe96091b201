/// The rows of a contention run as a table, each beside the reference.
struct ContentionReport {
  private let printer: Printer
  private let emptyScript: Double?
  private(set) var rows: [Row] = []

  init(isJSON: Bool, _ header: RunHeader) throws {
    emptyScript = header.emptyScript
    printer = try Printer(
      isJSON: isJSON, header,
      columns: [
        .init("method", 12, .left), .init("layout", 14, .left), .init("writers", 7),
        .init("rtt ms", 6), .init("commits/s", 9), .init("x ref.", 6), .init("attempts", 8),
        .init("p50 ms", 6), .init("p99 ms", 6), .init("max ms", 6), .init("server µs", 9),
        .init("x empty", 7), .init("trips", 5), .init("bytes", 6), .init("failed", 6),
      ])
  }

  mutating func add(_ row: Row) throws {
    rows.append(row)
    let reference = rows.last {
      ($0.isOf(.reference, row.layout ?? .disjoint) || $0.isOf(.reference))
        && $0.writers == row.writers && $0.rtt == row.rtt && $0.processes == row.processes
    }
    let unit = reference.map(\.perSecond) ?? 0
    let empty = emptyScript ?? 0
    try printer.add(
      row,
      [
        row.method, row.work,
        row.processes == 1 ? "\(row.writers)" : "\(row.processes)x\(row.writers)",
        row.rtt == 0 ? "0" : Figure.text(row.rtt), Figure.text(row.perSecond),
        Figure.text(unit > 0 ? row.perSecond / unit : nil), Figure.text(row.attempts),
        Figure.text(row.p50), Figure.text(row.p99), Figure.text(row.maximum),
        Figure.text(row.serverMicroseconds),
        Figure.text(empty > 0 ? row.serverMicroseconds.map { $0 / empty } : nil),
        Figure.text(row.roundTrips), Figure.text(row.redisBytes), "\(row.failed)",
      ])
    if let failure = row.firstFailure { try printer.note("  first failure: \(failure)") }
  }

  /// The bounds that this run has the rows for.
  func finish() throws {
    try printer.finish(Bound.checks(rows, emptyScript: emptyScript))
  }
}
