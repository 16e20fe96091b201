import Foundation
import Irminsul
import Synchronization

/// A run of writers under faults, from an empty store to the check of its history.
struct FaultRun {
  struct Setting: Sendable {
    var place: FaultStore.Place
    var algorithm: HashAlgorithm
    var layout = DirectoryLayout.git
    /// How many acknowledged commits are wanted.
    var commits: Int
    /// How many processes are to be killed.
    var kills = 0
    /// How many of the newest commits of each branch stay; nil: all, and no garbage is collected.
    var retention: Int?
    var seed: UInt64
    var processes: Int
    var writers: Int
    var kinds: [FaultKind]
    /// On what a killed server starts.
    var restart = FaultStore.Restart.repaired
    /// Seconds after which the run fails.
    var deadline: Double
    /// Whether records and data stay when everything is well.
    var keepsFolder: Bool
  }

  /// For how long writers wait for an answer.
  private static let commandTimeout = Duration.milliseconds(400)
  /// For how many seconds a writer tries again to do one thing.
  private static let patience = 20.0
  /// For how long a process may take to end: its calls, each of which has an end of its own.
  private static let endLimit = Duration.seconds(75)

  let setting: Setting

  /// - Throws: ``BenchError`` when there is nothing to check; broken promises are in the report.
  func run() async throws -> FaultReport {
    let store = try await FaultStore.start(
      setting.place, setting.algorithm, setting.layout, setting.restart)
    do {
      var report = try await run(on: store)
      let isKept = setting.keepsFolder || !report.violations.isEmpty
      if isKept { report.folder = store.folder.path }
      store.stop(isKept ? .kept : .deleted)
      return report
    } catch {
      store.stop(.kept)
      throw BenchError("\(error)\nRecords and data: \(store.folder.path)")
    }
  }

  private func run(on store: FaultStore) async throws -> FaultReport {
    let start = ContinuousClock.now
    try await store.prepare(retention: setting.retention)
    let tally = FaultTally(setting.kinds)
    let schedule = ProxyFaultSchedule(
      setting.kinds, seed: setting.seed, commandTimeout: Self.commandTimeout)
    let proxy = try await proxy(to: store, schedule, tally)
    let url =
      try proxy.map { try store.url(throughLocalPort: $0.port, timeout: Self.commandTimeout) }
      ?? store.url
    let processes = try FaultWriterProcesses(
      store,
      FaultWriterProcesses.Setting(
        url: url, processes: setting.processes, writers: setting.writers,
        seed: setting.seed, patience: Self.patience))
    var collectors: FaultCollectors?
    do {
      if setting.retention != nil { collectors = try FaultCollectors(url: url) }
      try await write(processes, collectors, store, schedule, tally, since: start)
      let hung = try await processes.end(within: Self.endLimit)
      let heard = try await ThreadTeam.run { [collectors] in try collectors?.end() ?? [] }
      let seconds = (ContinuousClock.now - start).seconds
      try await store.rest()
      await proxy?.stop()
      // What is checked is what the server finds on its disk.
      try await store.restartServer(after: .zero)
      let record = try RunRecord(reading: processes.records)
      var report = try await check(store, record, tally, heard)
      report.seconds = seconds
      for process in hung {
        report.violations += Self.violations(ofHung: process, record)
      }
      return report
    } catch {
      processes.kill()
      collectors?.kill()
      await proxy?.stop()
      throw error
    }
  }

  private func proxy(
    to store: FaultStore, _ schedule: ProxyFaultSchedule, _ tally: FaultTally
  ) async throws -> FaultInjectionProxy? {
    guard let server = store.server else { return nil }
    // Through the Unix socket: a connection to a port of which the server is gone could find itself.
    return try await FaultInjectionProxy.start(
      to: .unixSocket(path: server.unixSocketPath), schedule, tally)
  }

  /// Lets the writers write under faults until there are enough acknowledgements and each kind of
  /// fault was there, or the time is over.
  private func write(
    _ processes: FaultWriterProcesses, _ collectors: FaultCollectors?, _ store: FaultStore,
    _ schedule: ProxyFaultSchedule, _ tally: FaultTally, since start: ContinuousClock.Instant
  ) async throws {
    let hasEnded = Shared(false)
    let driver = FaultDriver(
      store: store, processes: processes, processCount: setting.processes,
      collectors: collectors, commandTimeout: Self.commandTimeout, tally: tally, seed: setting.seed)
    let failure = Shared<(any Error)?>(nil)
    let driving = Task {
      do {
        try await driver.run { hasEnded.value.withLock { $0 } }
      } catch {
        failure.value.withLock { $0 = error }
      }
    }
    let progress = FaultProgress(wanted: setting.commits)
    let end = start + .seconds(setting.deadline)
    let outcome: Result<Void, any Error>
    do {
      while failure.value.withLock({ $0 }) == nil, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(50))
        let acknowledged = try processes.acknowledged()
        progress.show(acknowledged, faults: tally.total)
        if acknowledged >= setting.commits, tally.kills >= setting.kills, tally.missing.isEmpty {
          break
        }
      }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    progress.finish()
    schedule.end()
    hasEnded.value.withLock { $0 = true }
    await driving.value
    try outcome.get()
    if let failure = failure.value.withLock({ $0 }) { throw failure }
    try processes.check()
    try collectors?.check()
  }

  // MARK: The check

  private func check(
    _ store: FaultStore, _ record: RunRecord, _ tally: FaultTally, _ heard: [CollectorEvent]
  ) async throws -> FaultReport {
    let faults = Shared<[Fault]>([])
    var collection = setting.retention.map { CollectionOutcome(retention: $0) }
    collection?.add(heard)
    let (history, summary) = try await store.withRepository { repository in
      if setting.retention != nil {
        collection?.add([.collected(try await Self.collectAll(repository))])
      }
      let history = try await StoreHistory(reading: repository)
      let summary = try await repository.verify { fault in
        faults.value.withLock { $0.append(fault) }
      }
      return (history, summary)
    }
    let check = HistoryCheck(record, history, retention: setting.retention)
    var report = FaultReport(setting, record, history, tally)
    report.collection = collection
    report.counters = check.counters
    report.verifiedObjects = summary.objects
    report.verifyFaults = summary.faults
    report.violations = check.violations
    report.violations += faults.value.withLock { $0 }.map { Violation(.damaged, "\($0)") }
    report.violations += heard.unexpectedErrors.map {
      Violation(.unexpectedError, "\($0): a collecting process")
    }
    report.violations += tally.missing.map { Violation(.notInjected, $0.rawValue) }
    if report.acknowledged < setting.commits {
      report.violations.append(
        Violation(
          .unfinished,
          "\(report.acknowledged) of \(setting.commits) commits were acknowledged within "
            + "\(Figure.text(setting.deadline)) s: give more time with --deadline"))
    }
    if tally.kills < setting.kills {
      report.violations.append(
        Violation(
          .unfinished,
          "\(tally.kills) of \(setting.kills) processes were killed within "
            + "\(Figure.text(setting.deadline)) s: give more time with --deadline"))
    }
    return report
  }

  /// Brings to an end what killed processes have begun, and removes everything that is garbage now.
  private static func collectAll(_ repository: Repository) async throws -> CollectionReport {
    var options = CollectionOptions()
    options.grace = .zero
    options.reflog = .zero
    options.share = 1
    return try await repository.collectGarbage(options)
  }

  private static func violations(
    ofHung process: FaultWriterProcess, _ record: RunRecord
  ) -> [Violation] {
    let open = record.unanswered.filter { $0.place.hasPrefix(process.record.lastPathComponent) }
    if open.isEmpty { return [Violation(.hung, "process \(process.plan.process) did not end")] }
    return open.map { Violation(.hung, $0.description) }
  }
}
