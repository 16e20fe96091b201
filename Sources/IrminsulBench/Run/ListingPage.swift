import Irminsul

/// What it takes to read a page from the middle of a folder's listing, with nothing cached.
struct ListingPage {
  /// The median of some readings.
  let milliseconds: Double
  /// Of one reading; nil where nobody counts.
  let roundTrips: Double?

  private static let length = 100
  private static let readings = 5

  static func measure(_ folder: WideFolder, on store: BenchStore) async throws -> ListingPage {
    // The server does not know every script yet; whoever needs one first sends it, once.
    try await store.withRepository { try await read(folder, of: $0.branch()) }
    var times: [Duration] = []
    var calls = 0
    for _ in 0..<readings {
      // Every handle has a cache of its own.
      try await store.withRepository { repository in
        let before = try store.counters()
        let start = ContinuousClock.now
        try await read(folder, of: repository.branch())
        times.append(ContinuousClock.now - start)
        calls += try callsOfScripts(since: before, on: store)
      }
    }
    return ListingPage(
      milliseconds: times.sorted()[readings / 2].milliseconds,
      roundTrips: store.isPlainRedis ? Double(calls) / Double(readings) : nil)
  }

  private static func read(_ folder: WideFolder, of branch: Branch) async throws {
    let middle = String(decoding: folder.names.middle(of: folder.entries), as: UTF8.self)
    let page = try await branch.findTree(WideFolder.path)?
      .list(.root, ListRange(after: middle, limit: length))
    guard let page, !page.isEmpty, page.count == length || page.count < folder.entries else {
      throw BenchError("the page of a listing has \(page?.count ?? 0) names")
    }
  }

  private static func callsOfScripts(
    since before: ServerCounters?, on store: BenchStore
  ) throws -> Int {
    guard let before, let after = try store.counters() else { return 0 }
    return after.since(before).total(ServerCounters.scriptCommands).calls
  }
}
