import GitObjects
import RedisScripting

/// Writers that build trees themselves and move the head by WATCH/MULTI/EXEC or by a compare-and-set
/// script: a thread and a connection each, since WATCH belongs to a connection, and one cache for all.
final class PeerWriters: WriterTeam {
  private let plan: WorkerPlan
  private let layout: Layout
  /// Each is used by one thread, which has its lock meanwhile.
  private let writers: [Locked<PeerWriter>]

  init(_ plan: WorkerPlan, _ method: Method, _ layout: Layout) throws {
    self.plan = plan
    self.layout = layout
    let address = try RedisAddress(url: plan.url)
    let store = PeerStore(name: plan.storeName)
    let cache = method == .document ? nil : PeerCache()
    writers = try plan.writerNumbers.map { number in
      let connection = try address.connect()
      connection.pacing = method == .document ? .oneByOne : .pipelined
      let mover: any HeadMover =
        switch method {
        case .cas: try ScriptMover(connection, store)
        default: WatchMover(connection, store)
        }
      return Locked(PeerWriter(number: number, connection, store, cache, mover))
    }
  }

  func run(_ round: Round) async throws -> WriterTally {
    let stopwatch = Stopwatch()
    let turnstile = Turnstile(round.limit)
    let tallies = try await ThreadTeam.run(writers.count) { [self] at in
      writers[at].withLock { write($0, round, turnstile) }
    }
    var tally = tallies.reduce(into: WriterTally()) { $0.merge($1) }
    stopwatch.stop(&tally)
    return tally
  }

  func close() async {}

  private func write(
    _ writer: PeerWriter, _ round: Round, _ turnstile: Turnstile
  ) -> WriterTally {
    let leaf = plan.shape.leaf(writer.number).map { Bytes($0.utf8) }
    let counter = plan.shape.counter.map { Bytes($0.utf8) }
    var tally = WriterTally()
    var number = 0
    var start = ContinuousClock.now
    while turnstile.admits(at: start) {
      number += 1
      do {
        let effort =
          switch layout.target(writer: writer.number, number: number) {
          case .ownLeaf:
            try writer.commit(
              .set(Bytes(round.value(writer: writer.number, number: number).utf8)), at: leaf,
              "Write a leaf\n")
          case .counter:
            try writer.commit(.increment, at: counter, "Increment the counter\n")
          }
        let now = ContinuousClock.now
        tally.latency.record(now - start)
        tally.done += 1
        tally.attempts += effort.attempts
        tally.roundTrips += effort.roundTrips
        start = now
      } catch {
        tally.fail(error)
        // The connection is of no use any more, and with it this writer.
        return tally
      }
    }
    return tally
  }
}
