import Irminsul

/// The rows of a run of wide folders as a table, each beside the tree of three levels.
struct WideReport {
  private let printer: Printer
  private(set) var rows: [WideRow] = []

  init(isJSON: Bool, _ header: RunHeader) throws {
    printer = try Printer(
      isJSON: isJSON, header,
      columns: [
        .init("entries", 9), .init("layout", 9, .left), .init("writers", 7), .init("commits/s", 9),
        .init("x 3 lev.", 8), .init("attempts", 8), .init("p50 ms", 6), .init("p99 ms", 6),
        .init("server µs", 9), .init("bytes", 9), .init("reads/s", 9), .init("trips", 5),
        .init("page ms", 7), .init("trips", 5), .init("fill s", 6), .init("failed", 6),
      ])
  }

  mutating func add(_ row: WideRow) throws {
    rows.append(row)
    let isTree = row.folder == nil
    try printer.add(
      row,
      [
        isTree ? "10x10x10" : Figure.grouped(row.entries), isTree ? "" : row.layout.rawValue,
        "\(row.writes.writers)", Figure.text(row.writes.perSecond),
        Figure.text(ratio(row, tree(beside: row))), Figure.text(row.writes.attempts),
        Figure.text(row.writes.p50), Figure.text(row.writes.p99),
        Figure.text(row.writes.serverMicroseconds), Figure.text(row.writes.redisBytes),
        Figure.text(row.reads.perSecond), Figure.text(row.reads.roundTrips),
        Figure.text(row.page?.milliseconds), Figure.text(row.page?.roundTrips),
        Figure.text(row.filling.seconds), "\(row.writes.failed + row.reads.failed)",
      ])
    if let failure = row.writes.firstFailure ?? row.reads.firstFailure {
      try printer.note("  first failure: \(failure)")
    }
  }

  func finish() throws { try printer.finish(bounds) }

  /// The bounds that this run has the rows for.
  private var bounds: [Bound] {
    var bounds: [Bound] = []
    func add(_ name: String, _ value: Double?, _ limit: Bound.Limit) {
      if let value { bounds.append(Bound(name: name, value: value, limit: limit)) }
    }
    for row in rows where row.folder?.layout == .wide {
      let name = "wide, \(Figure.grouped(row.entries)) entries, \(row.writersText)"
      if row.writes.writers == 64, let least = Self.leastRates[row.entries] {
        add("\(name) / three levels of 10", ratio(row, tree(beside: row)), .atLeast(least))
      }
      if let most = Self.mostBytes[row.entries] {
        add("\(name): bytes in Redis per commit", row.writes.redisBytes, .atMost(most))
      }
      if row.entries <= DirectoryLayout.bucketSize {
        let git = rows.first { $0.isBeside(row) && $0.folder?.layout == .git }
        add("\(name) / git", ratio(row, git), .atLeast(0.95))
      }
    }
    // Down the trie to the name that the page begins after, and down once more to those of the page.
    let wide = rows.filter { $0.folder?.layout == .wide }
    let trips = wide.compactMap(\.reads.roundTrips)
    add("wide: round trips per read, at most", trips.max(), .exactly(1))
    add(
      "wide: round trips for a page of 100 names, at most",
      wide.compactMap(\.page?.roundTrips).max(), .atMost(8))
    return bounds
  }

  /// Of the rate of three levels of 10 entries, by the entries of one folder.
  private static let leastRates = [10_000: 0.5, 1_000_000: 0.35]
  private static let mostBytes = [10_000: 5120.0, 1_000_000: 8192]

  private func tree(beside row: WideRow) -> WideRow? {
    rows.last { $0.folder == nil && $0.isBeside(row) }
  }

  private func ratio(_ row: WideRow, _ unit: WideRow?) -> Double? {
    guard let unit, unit.writes.perSecond > 0 else { return nil }
    return row.writes.perSecond / unit.writes.perSecond
  }
}

extension WideRow {
  /// Whether two rows were measured to be compared.
  fileprivate func isBeside(_ other: WideRow) -> Bool {
    entries == other.entries && writes.writers == other.writes.writers
  }
}
