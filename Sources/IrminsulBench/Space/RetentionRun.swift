import Foundation
import Irminsul
import RedisScripting

/// How many writers there are.
struct WriterCount: Sendable {
  var processes: Int
  /// Of each process.
  var each: Int
}

/// Writers beside the upkeep of their store, and before and after that the same ones with none.
struct RetentionRun: Sendable {
  var writers: WriterCount
  /// How many of the newest commits stay.
  var commits: Int
  var shape: TreeShape
  var seconds: Double
  var plainSeconds: Double
  /// After how many seconds memory should be where it stays.
  var fillSeconds: Double
  var slices: Int
  var grace: Double
  var interval: Double
  var share: Double
  /// Whether the servers' main threads have a processor of their own.
  var isPinned: Bool

  private static let activity = WorkerPlan.Activity.write(.irminsul, .disjoint)

  /// Refuses what cannot be measured.
  func check() throws {
    try RowPlan(
      scenario: .contention, activity: Self.activity, shape: shape, writers: writers.each,
      processes: writers.processes, seconds: seconds
    ).check()
  }

  /// - Parameter report: Given each row when it is there.
  func measure(_ report: (RetentionRow) throws -> Void) async throws -> RetentionSummary {
    if isPinned { try await Processors.leaveFirst() }
    var summary = RetentionSummary(loadBefore: Machine.current.load, bounds: [])
    var plain = WriterTally()
    var rows: [RetentionRow] = []
    func measurePlain() async throws {
      try await BenchStore.with(.ownServer) { store in
        let (row, tally, sight) = try await withoutUpkeep(store)
        try report(row)
        plain.merge(tally, .after)
        summary.plainCommits.merge(sight.scripts["commit"] ?? LatencyHistogram())
      }
    }
    try await measurePlain()
    var kept = WriterTally()
    try await BenchStore.with(.ownServer) { store in
      kept = try await withUpkeep(store, &summary) {
        rows.append($0)
        try report($0)
      }
    }
    try await measurePlain()
    summary.loadAfter = Machine.current.load
    summary.rateRatio = kept.perSecond / max(plain.perSecond, 1e-9)
    summary.p99Ratio =
      kept.latency.percentile(0.99) / max(plain.latency.percentile(0.99), .nanoseconds(1))
    let filled = rows.filter { $0.from >= fillSeconds - 1e-6 }
    summary.usedRatio = Self.spread(filled.map(\.usedPeak))
    summary.residentRatio = Self.spread(filled.map(\.residentPeak))
    summary.retention = commits
    summary.setBounds()
    return summary
  }

  /// The highest of some peaks beside the lowest.
  private static func spread(_ peaks: [Int]) -> Double? {
    guard peaks.count > 1, let lowest = peaks.min(), let highest = peaks.max(), lowest > 0 else {
      return nil
    }
    return Double(highest) / Double(lowest)
  }

  // MARK: The parts

  private func prepare(_ store: BenchStore) async throws {
    try await store.fill(for: Self.activity, shape)
    if isPinned, let process = try store.counters()?.process {
      // The number is that of the main thread, which runs scripts; what it frees in the background has others.
      try await Processors.giveFirst(to: process)
    }
  }

  private func withoutUpkeep(
    _ store: BenchStore
  ) async throws -> (RetentionRow, WriterTally, ServerWatch.Sight) {
    try await prepare(store)
    let watch = try ServerWatch(url: store.url, scripts: Script.storeScripts)
    let plans = plans(store)
    let half = plainSeconds / 2
    let tally = try await ThreadTeam.run {
      defer { watch.stop() }
      let workers = try WorkerGroup(plans)
      defer { workers.finish() }
      _ = try workers.run(Round(number: 0, limit: .seconds(min(1, half / 5))))
      _ = try watch.take()
      return try workers.run(Round(number: 1, limit: .seconds(half)))
    }
    let sight = try watch.take()
    let objects = try await store.withRepository { try await $0.statistics().objects }
    let row = RetentionRow(
      isCollecting: false, from: 0, tally, sight, collections: 0, objects: Int(objects))
    return (row, tally, sight)
  }

  private func withUpkeep(
    _ store: BenchStore, _ summary: inout RetentionSummary,
    _ report: (RetentionRow) throws -> Void
  ) async throws -> WriterTally {
    try await prepare(store)
    _ = try await store.withRepository { try await $0.set(.retentionCommits, to: "\(commits)") }
    let collector = try CollectorProcess(
      CollectorPlan(
        activity: .maintain, url: IrminsulStore.url(store.url, name: store.name), grace: grace,
        reflog: 0, share: share, interval: interval, isClocked: true))
    let clocking = Script.allOfStore.map { (ClockingHost.clocking($0).sha1, $0.name) }
    let watch = try ServerWatch(
      url: store.url, scripts: Script.storeScripts.merging(clocking) { $1 })
    var events: [CollectorEvent] = []
    var total = WriterTally()
    do {
      let plans = plans(store)
      let workers = try await ThreadTeam.run { try WorkerGroup(plans) }
      defer { workers.finish() }
      _ = try await ThreadTeam.run {
        try workers.run(Round(number: 0, limit: .seconds(min(1, seconds / 5))))
      }
      _ = try watch.take()
      for slice in 0..<slices {
        let length = seconds / Double(slices)
        let tally = try await ThreadTeam.run {
          try workers.run(Round(number: slice + 1, limit: .seconds(length)))
        }
        total.merge(tally, .after)
        let sight = try watch.take()
        summary.add(sight)
        let objects = try await store.withRepository { try await $0.statistics().objects }
        try report(
          RetentionRow(
            isCollecting: true, from: Double(slice) * length, tally, sight,
            collections: collector.events.reports.count, objects: Int(objects)))
      }
      events = try await ThreadTeam.run { try collector.finish() }
      await ThreadTeam.wait { watch.stop() }
    } catch {
      if collector.isRunning { _ = collector.kill() }
      await ThreadTeam.wait { watch.stop() }
      throw error
    }
    summary.add(events)
    try await look(at: store, &summary)
    return total
  }

  /// Removes what is garbage, and looks whether what should be there is.
  private func look(at store: BenchStore, _ summary: inout RetentionSummary) async throws {
    let repository = try await IrminsulStore.open(store.url, name: store.name)
    var options = CollectionOptions()
    options.grace = .zero
    options.reflog = .zero
    options.share = 1
    try await repository.collectGarbage(options)
    summary.history = try await repository.branch().log().count
    let verified = try await repository.verify { _ in }
    summary.verifiedObjects = verified.objects
    summary.verifyFaults = verified.faults
    await repository.close()
  }

  private func plans(_ store: BenchStore) -> [WorkerPlan] {
    (0..<writers.processes).map {
      WorkerPlan(
        activity: Self.activity, shape: shape, url: store.url, storeName: store.name,
        firstWriter: $0 * writers.each, writers: writers.each)
    }
  }
}
