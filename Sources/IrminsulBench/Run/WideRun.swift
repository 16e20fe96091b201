import Irminsul

/// Measures one row of the scenario of wide folders: commits, then reads, then a page of the listing, on
/// one fresh store.
struct WideRun {
  /// Of the writers; the other parts follow from it.
  let plan: RowPlan
  /// The entries of the folder that the row is compared with, if it has none itself.
  let entries: Int

  func measure() async throws -> WideRow {
    try plan.check()
    return try await BenchStore.with(plan.place) { store in
      try await measure(on: store)
    }
  }

  private func measure(on store: BenchStore) async throws -> WideRow {
    let start = ContinuousClock.now
    try await fill(store)
    let filling = ContinuousClock.now - start
    let writes = try await RowRun(plan: plan).measure(on: store)
    var reading = plan
    reading.activity = .read(.head)
    reading.seconds = plan.seconds / 2
    let reads = try await RowRun(plan: reading).measure(on: store)
    var page: ListingPage?
    if let folder = plan.folder { page = try await ListingPage.measure(folder, on: store) }
    return WideRow(
      folder: plan.folder, entries: entries, filling: filling, writes: writes, reads: reads,
      page: page)
  }

  private func fill(_ store: BenchStore) async throws {
    guard let folder = plan.folder else {
      return try await store.fill(for: plan.activity, plan.shape, plan.directories)
    }
    try await store.withRepository(.sha1, folder.layout) { try await folder.fill($0.branch()) }
  }
}
