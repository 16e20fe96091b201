import Foundation
import Irminsul

/// One row of a scenario of writers or readers, as `--json` prints it. A figure that the store's place
/// or the method does not count is null.
struct Row {
  let scenario: RowPlan.Scenario
  let method: String
  /// Where the store is.
  let place: String
  /// Of each process.
  let writers: Int
  let layout: Layout?
  let shape: TreeShape
  /// How a store of the library keeps directories; nil for methods that have none.
  let directories: DirectoryLayout?
  let processes: Int
  let rtt: Double
  /// Commits or reads.
  let done: Int
  let failed: Int
  let perSecond: Double
  var attempts: Double?
  var p50: Double?
  var p99: Double?
  var maximum: Double?
  /// Time in commands, by INFO commandstats.
  var serverMicroseconds: Double?
  var roundTrips: Double?
  var redisBytes: Double?
  /// Processor time, system calls included.
  var serverProcessorMicroseconds: Double?
  var clientProcessorMicroseconds: Double?
  var firstFailure: String?

  /// A row of worker processes.
  init(_ plan: RowPlan, _ tally: WriterTally, server: ServerCounters?) {
    scenario = plan.scenario
    place = plan.place.name
    writers = plan.writers
    shape = plan.shape
    processes = plan.processes
    directories =
      switch plan.activity {
      case .write(let method, _): method.hasDirectories ? plan.directories : nil
      case .read: plan.directories
      }
    rtt = plan.rtt
    done = tally.done
    failed = tally.failed
    perSecond = tally.elapsed > 0 ? Double(tally.done) / tally.elapsed : 0
    let count = Double(max(tally.done, 1))
    let spent = server?.total(plan.commands)
    // Each command that the server has got is an attempt, and is waited for.
    attempts = spent.map { Double($0.calls) / count }
    roundTrips = attempts
    switch plan.activity {
    case .write(let method, let layout):
      self.method = method.rawValue
      self.layout = layout
      // The client's own attempts are of several calls each.
      if method == .sha256 { attempts = nil }
      if method.isPeer {
        attempts = Double(tally.attempts) / count
        roundTrips = Double(tally.roundTrips) / count
      }
    case .read(let method):
      self.method = method.rawValue
      layout = nil
    }
    p50 = tally.latency.percentile(0.5).milliseconds
    p99 = tally.latency.percentile(0.99).milliseconds
    maximum = tally.latency.maximum.milliseconds
    serverMicroseconds = spent.map { Double($0.microseconds) / count }
    serverProcessorMicroseconds = server.map { $0.processorTime * 1e6 / count }
    clientProcessorMicroseconds = tally.processorTime * 1e6 / count
    firstFailure = tally.firstFailure
  }

  /// A row of another program with one client, which tells no more than its rate.
  init(
    _ scenario: RowPlan.Scenario, program: String, _ shape: TreeShape, done: Int, seconds: Double
  ) {
    self.scenario = scenario
    method = program
    place = program
    writers = 1
    layout = nil
    self.shape = shape
    directories = nil
    processes = 1
    rtt = 0
    self.done = done
    failed = 0
    perSecond = seconds > 0 ? Double(done) / seconds : 0
  }

  /// How much longer the slowest hundredth waits than half of the writers.
  var tailRatio: Double? {
    guard let p50, let p99, p50 > 0 else { return nil }
    return p99 / p50
  }

  /// Whether both are of one line over the number of writers.
  func isBeside(_ row: Row) -> Bool {
    method == row.method && layout == row.layout && directories == row.directories
  }

  /// What its writers write, and where, for people.
  var work: String {
    (layout?.rawValue ?? "") + (directories == .wide ? ", wide" : "")
  }

  /// The row of a method and layout, if this is one.
  func isOf(_ method: Method, _ layout: Layout = .disjoint) -> Bool {
    self.method == method.rawValue && self.layout == layout
  }
}

extension Row: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    let noun = scenario == .read ? "read" : "commit"
    func encode(_ value: some Encodable, _ name: String) throws {
      try values.encode(value, forKey: Key(name))
    }
    func encodeFigure(_ value: Double?, _ name: String) throws {
      // A nanosecond in milliseconds: more decimals would say nothing.
      try values.encode(value.map { ($0 * 1e6).rounded() / 1e6 }, forKey: Key(name))
    }
    try encode(scenario, "scenario")
    try encode(method, "method")
    try encode(place, "store")
    try encode(writers, "writers")
    try encode(layout, "layout")
    try encode(shape, "shape")
    try encode(directories, "directories")
    try encode(processes, "processes")
    try encodeFigure(rtt, "rtt_ms")
    try encode(done, "\(noun)s")
    try encode(failed, "failed")
    try encodeFigure(perSecond, "\(noun)s_per_s")
    try encodeFigure(attempts, "attempts_per_\(noun)")
    try encodeFigure(p50, "p50_ms")
    try encodeFigure(p99, "p99_ms")
    try encodeFigure(maximum, "max_ms")
    try encodeFigure(serverMicroseconds, "server_us_per_\(noun)")
    try encodeFigure(roundTrips, "round_trips_per_\(noun)")
    try encodeFigure(redisBytes, "redis_bytes_per_\(noun)")
    try encodeFigure(serverProcessorMicroseconds, "server_cpu_us_per_\(noun)")
    try encodeFigure(clientProcessorMicroseconds, "client_cpu_us_per_\(noun)")
    try encode(firstFailure, "first_failure")
  }
}
