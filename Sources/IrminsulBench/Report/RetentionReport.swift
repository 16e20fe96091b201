/// The rows of a run beside a store's upkeep, and what they come to.
struct RetentionReport {
  private let printer: Printer

  init(isJSON: Bool, _ header: RunHeader) throws {
    printer = try Printer(
      isJSON: isJSON, header,
      columns: [
        .init("upkeep", 7, .left), .init("from s", 6), .init("commits/s", 9), .init("p50 ms", 6),
        .init("p99 ms", 6), .init("max ms", 6), .init("used MiB", 8), .init("lowest", 8),
        .init("RSS MiB", 8), .init("objects", 10), .init("collected", 9), .init("failed", 6),
      ])
  }

  mutating func add(_ row: RetentionRow) throws {
    try printer.add(row, row.cells)
    if let failure = row.firstFailure { try printer.note("  first failure: \(failure)") }
  }

  func finish(_ summary: RetentionSummary) throws {
    if printer.isJSON { return try JSONLine.print(summary) }
    for line in [""] + summary.lines { try printer.note(line) }
    try printer.finish(summary.bounds)
  }
}

/// A part of the time.
struct RetentionRow: Encodable {
  let scenario = "retention"
  let isCollecting: Bool
  /// Seconds since this store's writers have begun.
  let from: Double
  let seconds: Double
  let commits: Int
  let failed: Int
  let perSecond: Double
  let p50: Double
  let p99: Double
  let maximum: Double
  let usedPeak: Int
  let usedLow: Int
  let residentPeak: Int
  let collections: Int
  let objects: Int
  let firstFailure: String?

  init(
    isCollecting: Bool, from: Double, _ tally: WriterTally, _ sight: ServerWatch.Sight,
    collections: Int, objects: Int
  ) {
    self.isCollecting = isCollecting
    self.from = from
    seconds = tally.elapsed
    commits = tally.done
    failed = tally.failed
    perSecond = tally.perSecond
    p50 = tally.latency.percentile(0.5).milliseconds
    p99 = tally.latency.percentile(0.99).milliseconds
    maximum = tally.latency.maximum.milliseconds
    usedPeak = sight.used.max() ?? 0
    usedLow = sight.used.min() ?? 0
    residentPeak = sight.resident.max() ?? 0
    self.collections = collections
    self.objects = objects
    firstFailure = tally.firstFailure
  }

  var cells: [String] {
    [
      isCollecting ? "yes" : "no", Figure.text(from), Figure.text(perSecond), Figure.text(p50),
      Figure.text(p99), Figure.text(maximum), Figure.mebibytes(usedPeak),
      Figure.mebibytes(usedLow), Figure.mebibytes(residentPeak), Figure.grouped(objects),
      "\(collections)", "\(failed)",
    ]
  }

  private enum CodingKeys: String, CodingKey {
    case scenario
    case isCollecting = "collecting"
    case from = "from_s"
    case seconds, commits, failed
    case perSecond = "commits_per_s"
    case p50 = "p50_ms"
    case p99 = "p99_ms"
    case maximum = "max_ms"
    case usedPeak = "used_peak_bytes"
    case usedLow = "used_low_bytes"
    case residentPeak = "resident_peak_bytes"
    case collections, objects
    case firstFailure = "first_failure"
  }
}

/// What a run beside a store's upkeep has come to.
struct RetentionSummary {
  let loadBefore: Double
  var loadAfter = 0.0
  var rateRatio = 0.0
  var p99Ratio = 0.0
  /// nil with fewer than two rows after the filling.
  var usedRatio: Double?
  var residentRatio: Double?
  /// The collector's scripts, and those of commits meanwhile and without it.
  var steps = LatencyHistogram()
  /// The collector's scripts once more, by the processor's time of the server's main thread.
  var clocked = LatencyHistogram()
  var commits = LatencyHistogram()
  var plainCommits = LatencyHistogram()
  /// A script that does nothing for a millisecond.
  var idlers = LatencyHistogram()
  /// The same by the processor's time: what of it is not the script's is no script's.
  var clockedIdlers = LatencyHistogram()
  /// What the collecting process has run, by script: planning is among it.
  var scripts: [String: LatencyHistogram] = [:]
  var missed = 0
  var collections = 0
  var removed: Int64 = 0
  var failures: [String] = []
  var collectorPeak: Int?
  /// How many commits should stay, and how many were there at the end.
  var retention = 0
  var history = 0
  var verifiedObjects = 0
  var verifyFaults = 0
  var bounds: [Bound]

  init(loadBefore: Double, bounds: [Bound]) {
    self.loadBefore = loadBefore
    self.bounds = bounds
  }

  mutating func add(_ sight: ServerWatch.Sight) {
    for (name, times) in sight.scripts {
      if Self.collectorScripts.contains(name) { steps.merge(times) }
      if name == "commit" { commits.merge(times) }
      if name == ServerWatch.idler { idlers.merge(times) }
      if !Self.otherScripts.contains(name) {
        scripts[name, default: LatencyHistogram()].merge(times)
      }
    }
    for (name, times) in sight.clocked {
      if Self.collectorScripts.contains(name) { clocked.merge(times) }
      if name == ServerWatch.idler { clockedIdlers.merge(times) }
    }
    missed += sight.missed
  }

  /// Those that change something for a collection or a cut.
  private static let collectorScripts: Set = ["collect", "cut", "boundary", "maintain", "lease"]
  /// Those of the writers and of this program.
  private static let otherScripts: Set = [
    "commit", "stats", "open", "create", "configure", ServerWatch.idler,
  ]

  mutating func add(_ events: [CollectorEvent]) {
    collections = events.reports.count
    removed = events.reports.reduce(0) { $0 + $1.removed }
    failures = events.compactMap { if case .failed(let text, _) = $0 { text } else { nil } }
    collectorPeak = events.peakBytes
  }

  /// Whether the store is not what it should be: all else are figures.
  var isUnsound: Bool { verifyFaults > 0 || history < retention || !failures.isEmpty }

  mutating func setBounds() {
    func add(_ name: String, _ value: Double?, _ limit: Bound.Limit) {
      if let value { bounds.append(Bound(name: name, value: value, limit: limit)) }
    }
    add("used memory, after the filling: highest peak / lowest", usedRatio, .atMost(1.15))
    add("RSS, after the filling: highest peak / lowest", residentRatio, .atMost(1.15))
    add("commits/s: with upkeep / without", rateRatio, .atLeast(0.8))
    add("p99: with upkeep / without", p99Ratio, .atMost(2))
    add(
      "longest script of the collector, ms of the processor",
      clocked.maximum.milliseconds, .atMost(3))
    if let own = ownLongest {
      add("the same, less what held up the script that does nothing", own, .atMost(3))
    }
  }

  /// The collector's longest script in milliseconds of the processor, less the longest that a script was held up which
  /// does nothing: a processor that is shared counts that for whoever was on it. At least what one in a thousand takes.
  private var ownLongest: Double? {
    guard clockedIdlers.count > 0 else { return nil }
    let delay = clockedIdlers.maximum - clockedIdlers.percentile(0.5)
    return max(clocked.percentile(0.999), clocked.maximum - delay).milliseconds
  }

  var lines: [String] {
    func milliseconds(_ times: LatencyHistogram, _ share: Double) -> String {
      Figure.text(times.percentile(share).milliseconds)
    }
    var lines = [
      "\(Figure.grouped(collections)) collections removed \(Figure.grouped(Int(removed))) objects; "
        + "the collecting process had \(Figure.text(collectorPeak.map { Double($0) / 1_048_576 })) MiB "
        + "at most",
      "its scripts of more than 0.2 ms: \(Figure.grouped(steps.count)); p50 "
        + "\(milliseconds(steps, 0.5)) ms, p99 \(milliseconds(steps, 0.99)), p99.9 "
        + "\(milliseconds(steps, 0.999)), longest \(milliseconds(steps, 1))"
        + (missed > 0 ? "; \(Figure.grouped(missed)) entries of the slow log were not seen" : ""),
      "the same by the processor's time of the server's main thread: \(Figure.grouped(clocked.count)); p50 "
        + "\(milliseconds(clocked, 0.5)) ms, p99 \(milliseconds(clocked, 0.99)), p99.9 "
        + "\(milliseconds(clocked, 0.999)), longest \(milliseconds(clocked, 1))",
      "all that the collecting process has run: "
        + scripts.sorted { $0.key < $1.key }.map { name, times in
          "\(name) \(Figure.grouped(times.count)) times, p50 \(milliseconds(times, 0.5)) ms, longest "
            + milliseconds(times, 1)
        }.joined(separator: "; "),
      "a script that does nothing for a millisecond, \(Figure.grouped(idlers.count)) times: p50 "
        + "\(milliseconds(idlers, 0.5)) ms, p99 \(milliseconds(idlers, 0.99)), p99.9 "
        + "\(milliseconds(idlers, 0.999)), longest \(milliseconds(idlers, 1)); by the processor's time p99.9 "
        + "\(milliseconds(clockedIdlers, 0.999)), longest \(milliseconds(clockedIdlers, 1))",
      "the longest run of a commit's script: \(milliseconds(commits, 1)) ms, without upkeep "
        + "\(milliseconds(plainCommits, 1))",
      "at the end: \(Figure.grouped(history)) commits, \(Figure.grouped(verifiedObjects)) objects "
        + "verified, \(Figure.grouped(verifyFaults)) faults",
      "load \(Figure.text(loadBefore)) before, \(Figure.text(loadAfter)) after",
    ]
    lines += failures.map { "the collecting process: \($0)" }
    return lines
  }
}

extension RetentionSummary: Encodable {
  private struct Times: Encodable {
    let count: Int
    let p50: Double
    let p99: Double
    let maximum: Double

    private enum CodingKeys: String, CodingKey {
      case count
      case p50 = "p50_ms"
      case p99 = "p99_ms"
      case maximum = "max_ms"
    }
  }

  private struct Verdict: Encodable {
    let name: String
    let value: Double
    let met: Bool
  }

  private enum CodingKeys: String, CodingKey {
    case scenario
    case rateRatio = "rate_ratio"
    case p99Ratio = "p99_ratio"
    case usedRatio = "used_ratio"
    case residentRatio = "resident_ratio"
    case steps
    case stepP50 = "step_p50_ms"
    case stepP99 = "step_p99_ms"
    case stepMaximum = "step_max_ms"
    case clockedMaximum = "step_max_processor_ms"
    case idleP99 = "idle_p99_ms"
    case idleMaximum = "idle_max_ms"
    case clockedIdleMaximum = "idle_max_processor_ms"
    case commitMaximum = "commit_max_ms"
    case plainCommitMaximum = "plain_commit_max_ms"
    case missed = "slow_log_missed"
    case collections, removed
    case collectorPeak = "collector_peak_bytes"
    case history
    case verifiedObjects = "verify_objects"
    case verifyFaults = "verify_faults"
    case scripts, failures, load, bounds
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode("retention-summary", forKey: .scenario)
    try values.encode(rateRatio, forKey: .rateRatio)
    try values.encode(p99Ratio, forKey: .p99Ratio)
    try values.encode(usedRatio, forKey: .usedRatio)
    try values.encode(residentRatio, forKey: .residentRatio)
    try values.encode(steps.count, forKey: .steps)
    try values.encode(steps.percentile(0.5).milliseconds, forKey: .stepP50)
    try values.encode(steps.percentile(0.99).milliseconds, forKey: .stepP99)
    try values.encode(steps.maximum.milliseconds, forKey: .stepMaximum)
    try values.encode(clocked.maximum.milliseconds, forKey: .clockedMaximum)
    try values.encode(idlers.percentile(0.99).milliseconds, forKey: .idleP99)
    try values.encode(idlers.maximum.milliseconds, forKey: .idleMaximum)
    try values.encode(clockedIdlers.maximum.milliseconds, forKey: .clockedIdleMaximum)
    try values.encode(commits.maximum.milliseconds, forKey: .commitMaximum)
    try values.encode(plainCommits.maximum.milliseconds, forKey: .plainCommitMaximum)
    try values.encode(missed, forKey: .missed)
    try values.encode(collections, forKey: .collections)
    try values.encode(removed, forKey: .removed)
    try values.encode(collectorPeak, forKey: .collectorPeak)
    try values.encode(history, forKey: .history)
    try values.encode(verifiedObjects, forKey: .verifiedObjects)
    try values.encode(verifyFaults, forKey: .verifyFaults)
    try values.encode(
      scripts.mapValues {
        Times(
          count: $0.count, p50: $0.percentile(0.5).milliseconds,
          p99: $0.percentile(0.99).milliseconds, maximum: $0.maximum.milliseconds)
      }, forKey: .scripts)
    try values.encode(failures, forKey: .failures)
    try values.encode([loadBefore, loadAfter], forKey: .load)
    try values.encode(
      bounds.map { Verdict(name: $0.name, value: $0.value, met: $0.isMet) }, forKey: .bounds)
  }
}
