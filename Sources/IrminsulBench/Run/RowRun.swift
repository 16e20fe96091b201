import GitObjects
import Irminsul

/// Makes one measurement: a fresh store, worker processes that begin at once, and what the server has
/// counted meanwhile.
struct RowRun {
  let plan: RowPlan

  func measure() async throws -> Row {
    try plan.check()
    return try await BenchStore.with(plan.place) { store in
      try await store.fill(for: plan.activity, plan.shape, plan.directories)
      return try await measure(on: store)
    }
  }

  /// Measures on a store that is filled.
  func measure(on store: BenchStore) async throws -> Row {
    let resting = try store.counters()
    let proxy = try plan.rtt > 0 ? ProxyProcess(to: store.url, rtt: plan.rtt) : nil
    let plans = plan.workers(url: proxy?.url ?? store.url, storeName: store.name)
    let (warmUp, tally, server) = try await ThreadTeam.run {
      let workers = try WorkerGroup(plans)
      defer { workers.finish() }
      let warmUp = try workers.run(Round(number: 0, limit: .seconds(plan.warmUpSeconds)))
      // Nobody works before and after the round: what the server counts is the round's.
      let before = try store.counters()
      let tally = try workers.run(Round(number: 1, limit: .seconds(plan.seconds)))
      let after = try store.counters()
      return (warmUp, tally, before.flatMap { after?.since($0) })
    }
    proxy?.finish()
    var row = Row(plan, tally, server: server)
    if let resting, let end = try await store.restingCounters(clients: resting.clients) {
      row.redisBytes =
        Double(end.memory - resting.memory) / Double(max(warmUp.done + tally.done, 1))
    }
    return row
  }
}

extension BenchStore {
  /// Puts the tree there that the writers change, as their method keeps it.
  func fill(
    for activity: WorkerPlan.Activity, _ shape: TreeShape, _ directories: DirectoryLayout = .git
  ) async throws {
    switch activity {
    case .write(.reference, _), .write(.document, _), .write(.cas, _):
      let connection = try RedisAddress(url: url).connect()
      try PeerStore(name: name).fill(shape, over: connection)
    case .write(.sha256, _): try await fill(shape, .sha256, directories)
    case .write(.irminsul, _), .write(.scriptLimit, _), .read:
      try await fill(shape, .sha1, directories)
    case .write(.emptyLimit, _), .write(.setLimit, _): break
    }
  }

  private func fill(
    _ shape: TreeShape, _ hash: HashAlgorithm, _ directories: DirectoryLayout
  ) async throws {
    // A store in memory is filled by the process that has it.
    if isPrivate { return }
    try await withRepository(hash, directories) { try await IrminsulStore.fill($0.branch(), shape) }
  }
}
