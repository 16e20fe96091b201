import Foundation

/// Makes one measurement: a fresh store, worker processes that write at once, and what the server has
/// counted meanwhile.
struct RowRun {
  let plan: RowPlan

  func measure() async throws -> ContentionRow {
    try plan.check()
    let server = try await BenchServer.start(at: plan.url)
    do {
      let row = try await measure(on: server)
      await server.stop()
      return row
    } catch {
      await server.stop()
      throw error
    }
  }

  private func measure(on server: BenchServer) async throws -> ContentionRow {
    try await fill(server)
    let proxy = try plan.delay > 0 ? ProxyProcess(to: server.url, rtt: plan.delay) : nil
    defer { proxy?.finish() }
    let url = proxy?.url ?? server.url
    let workers = try (0..<plan.processes).map { number in
      try WorkerProcess(plan.worker(number, url: url, storeName: server.storeName))
    }
    do {
      for worker in workers { try worker.waitUntilReady() }
      // All writers rest: what the server counts from here on is the measurement.
      let before = try server.counters()
      for worker in workers { try worker.start() }
      var tally = WriterTally()
      for worker in workers { tally.merge(try worker.tally()) }
      let after = try server.counters()
      for worker in workers { worker.finish() }
      return ContentionRow(
        plan, tally, server: zip(before, after).map { $1.since($0) })
    } catch {
      for worker in workers { worker.kill() }
      throw error
    }
  }

  /// Puts the tree there that the writers change.
  private func fill(_ server: BenchServer) async throws {
    switch plan.method {
    case .reference, .document, .cas:
      let connection = try RedisAddress(url: server.url).connect()
      try PeerStore(name: server.storeName).fill(plan.shape, over: connection)
    case .irminsul, .scriptLimit:
      let repository = try await IrminsulStore.open(server.url, name: server.storeName)
      do {
        try await IrminsulStore.fill(repository.branch(), plan.shape)
      } catch {
        await repository.close()
        throw error
      }
      await repository.close()
    case .emptyLimit, .setLimit: break
    }
  }

  private func zip<A, B>(_ first: A?, _ second: B?) -> (A, B)? {
    guard let first, let second else { return nil }
    return (first, second)
  }
}
