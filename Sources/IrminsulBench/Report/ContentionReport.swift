/// Prints the rows of a contention run as they come, and the ratios between them at the end.
struct ContentionReport {
  private let isJSON: Bool
  private let emptyScript: Double?
  private(set) var rows: [ContentionRow] = []

  private static let table = TextTable(columns: [
    .init("method", 12, .left), .init("layout", 8, .left), .init("writers", 7), .init("rtt ms", 6),
    .init("commits/s", 9), .init("x ref.", 6), .init("attempts", 8), .init("p50 ms", 7),
    .init("p99 ms", 7), .init("max ms", 7), .init("server µs", 9), .init("x empty", 7),
    .init("trips", 6), .init("bytes", 6), .init("failed", 6),
  ])

  init(isJSON: Bool, _ header: RunHeader) throws {
    self.isJSON = isJSON
    emptyScript = header.emptyScript
    if isJSON {
      try JSONLine.print(header)
    } else {
      for line in header.lines + ["", Self.table.header] { try StandardOutput.line(line) }
    }
  }

  mutating func add(_ row: ContentionRow) throws {
    rows.append(row)
    if isJSON { return try JSONLine.print(row) }
    let reference = rows.last {
      $0.method == .reference && $0.writers == row.writers
        && $0.rttMilliseconds == row.rttMilliseconds && $0.processes == row.processes
        && ($0.layout == row.layout || $0.layout == .disjoint)
    }
    try StandardOutput.line(
      Self.table.line([
        row.method.rawValue, row.layout.rawValue,
        row.processes == 1 ? "\(row.writers)" : "\(row.processes)x\(row.writers)",
        Figure.text(row.rttMilliseconds), Figure.text(row.commitsPerSecond),
        Figure.text(reference.map { row.commitsPerSecond / $0.commitsPerSecond }),
        Figure.text(row.attemptsPerCommit), Figure.text(row.p50), Figure.text(row.p99),
        Figure.text(row.maximum), Figure.text(row.serverMicrosecondsPerCommit),
        Figure.text(ratio(row.serverMicrosecondsPerCommit, emptyScript)),
        Figure.text(row.roundTripsPerCommit), Figure.text(row.redisBytesPerCommit),
        "\(row.failed)",
      ]))
    if let failure = row.firstFailure { try StandardOutput.line("  first failure: \(failure)") }
  }

  /// The bounds that this run has the rows for.
  func finish() throws {
    guard !isJSON else { return }
    let checks = Bound.checks(rows, emptyScript: emptyScript)
    if checks.isEmpty { return }
    try StandardOutput.line("")
    let table = TextTable(columns: [
      .init("ratio", 52, .left), .init("here", 8), .init("bound", 10), .init("", 4, .left),
    ])
    try StandardOutput.line(table.header)
    for check in checks { try StandardOutput.line(table.line(check.cells)) }
  }

  private func ratio(_ value: Double?, _ unit: Double?) -> Double? {
    guard let value, let unit, unit > 0 else { return nil }
    return value / unit
  }
}
