import Foundation
import RedisScripting

/// All processes with writers: those that run, and the records of those that were killed.
final class FaultWriterProcesses: Sendable {
  /// What every process is told.
  struct Setting: Sendable {
    var url: String
    var processes: Int
    var writers: Int
    var seed: UInt64
    /// For how many seconds a writer tries again to do one thing.
    var patience: Double
  }

  private struct State {
    var running: [FaultWriterProcess] = []
    var records: [URL] = []
    var counters: [URL: AcknowledgementCounter] = [:]
  }

  private let store: FaultStore
  private let setting: Setting
  private let state = Locked(State())

  init(_ store: FaultStore, _ setting: Setting) throws {
    self.store = store
    self.setting = setting
    for number in 0..<setting.processes {
      let process = try process(number, life: 0, predecessor: nil)
      state.withLock { $0.running.append(process) }
    }
  }

  /// The records of all processes, in the order of their starts.
  var records: [URL] { state.withLock { $0.records } }

  /// How many acknowledgements are in the records.
  func acknowledged() throws -> Int {
    try state.withLock { state in
      var sum = 0
      for record in state.records {
        sum += try state.counters[record, default: AcknowledgementCounter(record)].count()
      }
      return sum
    }
  }

  /// Kills one process and starts another one in its place, if it has come to an acknowledgement: where
  /// processes start slowly nothing would be done otherwise.
  ///
  /// - Returns: Whether it was killed.
  func replace(_ number: Int) throws -> Bool {
    let (killed, acknowledged) = try state.withLock { state in
      let process = state.running[number]
      let counter = AcknowledgementCounter(process.record)
      return (process, try state.counters[process.record, default: counter].count())
    }
    guard acknowledged > 0 else { return false }
    killed.kill()
    let process = try process(
      number, life: killed.plan.life + 1, predecessor: killed.record.path)
    state.withLock { $0.running[number] = process }
    return true
  }

  /// Whether one of them has ended by itself, which none may.
  func check() throws {
    for process in state.withLock({ $0.running }) where !process.isRunning {
      throw Self.ended(process)
    }
  }

  private static func ended(_ process: FaultWriterProcess) -> BenchError {
    BenchError(
      "the writers' process \(process.plan.process) has ended by itself with status "
        + "\(process.status): what it said is above")
  }

  /// Lets all of them end what they do.
  ///
  /// - Returns: Those that had to be killed because they did not end.
  func end(within limit: Duration) async throws -> [FaultWriterProcess] {
    let running = state.withLock { $0.running }
    for process in running { process.end() }
    let end = ContinuousClock.now + limit
    while running.contains(where: \.isRunning), ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(20))
    }
    let hung = running.filter(\.isRunning)
    for process in hung { process.kill() }
    let killed = Set(hung.map(\.plan.process))
    for process in running where !killed.contains(process.plan.process) {
      if process.status != 0 { throw Self.ended(process) }
    }
    return hung
  }

  /// Ends all of them at once.
  func kill() {
    for process in state.withLock({ $0.running }) where process.isRunning { process.kill() }
  }

  private func process(
    _ number: Int, life: Int, predecessor: String?
  ) throws -> FaultWriterProcess {
    let record = store.record(process: number, life: life)
    // It is there before the process is, which may be killed before it makes it.
    try Data().write(to: record)
    let process = try FaultWriterProcess(
      FaultWriterPlan(
        url: setting.url, process: number, life: life, writers: setting.writers,
        seed: setting.seed, record: record.path, predecessor: predecessor,
        patience: setting.patience))
    state.withLock { $0.records.append(record) }
    return process
  }
}
