import Foundation

/// One row of the contention scenario, as `--json` prints it. A figure that the store's place does
/// not count is null.
struct ContentionRow: Encodable {
  let scenario = "contention"
  let method: Method
  /// Of each process.
  let writers: Int
  let layout: Layout
  let shape: TreeShape
  let processes: Int
  let rttMilliseconds: Double
  let commits: Int
  let failed: Int
  let commitsPerSecond: Double
  let attemptsPerCommit: Double?
  let p50: Double
  let p99: Double
  let maximum: Double
  /// Time in commands, by INFO commandstats.
  let serverMicrosecondsPerCommit: Double?
  let roundTripsPerCommit: Double?
  let redisBytesPerCommit: Double?
  /// Processor time, system calls included.
  let serverProcessorMicrosecondsPerCommit: Double?
  let clientProcessorMicrosecondsPerCommit: Double
  let firstFailure: String?

  init(_ plan: RowPlan, _ tally: WriterTally, server: ServerCounters?) {
    method = plan.method
    writers = plan.writers
    layout = plan.layout
    shape = plan.shape
    processes = plan.processes
    rttMilliseconds = plan.delay
    commits = tally.commits
    failed = tally.failed
    commitsPerSecond = tally.elapsed > 0 ? Double(tally.commits) / tally.elapsed : 0
    p50 = tally.latency.percentile(0.5).milliseconds
    p99 = tally.latency.percentile(0.99).milliseconds
    maximum = tally.latency.maximum.milliseconds
    let count = Double(max(tally.commits, 1))
    let spent = server?.total(plan.method.commands)
    switch plan.method {
    case .reference, .document, .cas:
      attemptsPerCommit = Double(tally.attempts) / count
      roundTripsPerCommit = Double(tally.roundTrips) / count
    case .irminsul, .scriptLimit, .emptyLimit, .setLimit:
      // Each command that the server has got is an attempt, and is waited for.
      attemptsPerCommit = spent.map { Double($0.calls) / count }
      roundTripsPerCommit = attemptsPerCommit
    }
    serverMicrosecondsPerCommit = spent.map { Double($0.microseconds) / count }
    redisBytesPerCommit = server.map { Double($0.memory) / count }
    serverProcessorMicrosecondsPerCommit = server.map { $0.processorTime * 1e6 / count }
    clientProcessorMicrosecondsPerCommit = tally.processorTime * 1e6 / count
    firstFailure = tally.firstFailure
  }

  private enum CodingKeys: String, CodingKey {
    case scenario, method, writers, layout, shape, processes
    case rttMilliseconds = "rtt_ms"
    case commits, failed
    case commitsPerSecond = "commits_per_s"
    case attemptsPerCommit = "attempts_per_commit"
    case p50 = "p50_ms"
    case p99 = "p99_ms"
    case maximum = "max_ms"
    case serverMicrosecondsPerCommit = "server_us_per_commit"
    case roundTripsPerCommit = "round_trips_per_commit"
    case redisBytesPerCommit = "redis_bytes_per_commit"
    case serverProcessorMicrosecondsPerCommit = "server_cpu_us_per_commit"
    case clientProcessorMicrosecondsPerCommit = "client_cpu_us_per_commit"
    case firstFailure = "first_failure"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    func encode(_ value: Double?, _ key: CodingKeys) throws {
      // Three decimals say all that a measurement can.
      try values.encode(value.map { ($0 * 1000).rounded() / 1000 }, forKey: key)
    }
    try values.encode(scenario, forKey: .scenario)
    try values.encode(method, forKey: .method)
    try values.encode(writers, forKey: .writers)
    try values.encode(layout, forKey: .layout)
    try values.encode(shape, forKey: .shape)
    try values.encode(processes, forKey: .processes)
    try encode(rttMilliseconds, .rttMilliseconds)
    try values.encode(commits, forKey: .commits)
    try values.encode(failed, forKey: .failed)
    try encode(commitsPerSecond, .commitsPerSecond)
    try encode(attemptsPerCommit, .attemptsPerCommit)
    try encode(p50, .p50)
    try encode(p99, .p99)
    try encode(maximum, .maximum)
    try encode(serverMicrosecondsPerCommit, .serverMicrosecondsPerCommit)
    try encode(roundTripsPerCommit, .roundTripsPerCommit)
    try encode(redisBytesPerCommit, .redisBytesPerCommit)
    try encode(serverProcessorMicrosecondsPerCommit, .serverProcessorMicrosecondsPerCommit)
    try encode(clientProcessorMicrosecondsPerCommit, .clientProcessorMicrosecondsPerCommit)
    try values.encode(firstFailure, forKey: .firstFailure)
  }
}
