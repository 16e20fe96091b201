import Irminsul

/// A folder of one layout and so many entries, or the tree that they are compared with.
struct WideRow {
  /// nil for the tree of three levels of 10 entries.
  let folder: WideFolder?
  /// Of the folder, or of those that the tree is beside.
  let entries: Int
  /// The time in which the store was filled.
  let filling: Duration
  let writes: Row
  let reads: Row
  /// nil for the tree.
  let page: ListingPage?

  var layout: DirectoryLayout { folder?.layout ?? .git }

  var writersText: String { Self.text(ofWriters: writes.writers) }

  static func text(ofWriters count: Int) -> String {
    "\(count) \(count == 1 ? "writer" : "writers")"
  }

  var tree: String { folder == nil ? "three levels of 10 entries" : "one folder" }
}

extension WideRow: Encodable {
  private enum CodingKeys: String, CodingKey {
    case scenario, tree, layout, entries, names, writers, store, commits, failed
    case commitsPerSecond = "commits_per_s"
    case attempts = "attempts_per_commit"
    case p50 = "p50_ms"
    case p99 = "p99_ms"
    case maximum = "max_ms"
    case serverMicroseconds = "server_us_per_commit"
    case redisBytes = "redis_bytes_per_commit"
    case readsPerSecond = "reads_per_s"
    case readServerMicroseconds = "server_us_per_read"
    case readRoundTrips = "round_trips_per_read"
    case page = "list_page_ms"
    case pageRoundTrips = "round_trips_per_list_page"
    case filling = "fill_s"
    case firstFailure = "first_failure"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    func encodeFigure(_ value: Double?, _ key: CodingKeys) throws {
      // A nanosecond in milliseconds, as in a `Row`.
      try values.encode(value.map { ($0 * 1e6).rounded() / 1e6 }, forKey: key)
    }
    try values.encode("wide", forKey: .scenario)
    try values.encode(tree, forKey: .tree)
    try values.encode(layout, forKey: .layout)
    try values.encode(entries, forKey: .entries)
    try values.encode(folder?.names, forKey: .names)
    try values.encode(writes.writers, forKey: .writers)
    try values.encode(writes.place, forKey: .store)
    try values.encode(writes.done, forKey: .commits)
    try values.encode(writes.failed + reads.failed, forKey: .failed)
    try encodeFigure(writes.perSecond, .commitsPerSecond)
    try encodeFigure(writes.attempts, .attempts)
    try encodeFigure(writes.p50, .p50)
    try encodeFigure(writes.p99, .p99)
    try encodeFigure(writes.maximum, .maximum)
    try encodeFigure(writes.serverMicroseconds, .serverMicroseconds)
    try encodeFigure(writes.redisBytes, .redisBytes)
    try encodeFigure(reads.perSecond, .readsPerSecond)
    try encodeFigure(reads.serverMicroseconds, .readServerMicroseconds)
    try encodeFigure(reads.roundTrips, .readRoundTrips)
    try encodeFigure(page?.milliseconds, .page)
    try encodeFigure(page?.roundTrips, .pageRoundTrips)
    try encodeFigure(filling.seconds, .filling)
    try values.encode(writes.firstFailure ?? reads.firstFailure, forKey: .firstFailure)
  }
}
