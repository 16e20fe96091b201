import ArgumentParser
import Irminsul

/// Writers beside the upkeep of a store that keeps its newest commits.
struct RetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Rate, latency and memory while a store keeps its newest commits only.",
    discussion: """
      Writers commit to one branch of which the newest commits stay, while a process of its own does what \
      `irminsul maintain` does. Before that and after it the same writers write to stores that nobody maintains, \
      for half of --plain seconds each: what the upkeep costs is said as ratios to both together. Memory is looked \
      at each second. It rises until a collection ends and falls then, so what should stay where it is \
      are the peaks of the slices after the first --fill seconds, in which the memory of tokens and log \
      fills as well. Scripts of the collector are timed by the server's slow log, on its clock: a server that has to \
      share its processor has that in its times, as those of a script show that does nothing for a millisecond; --pin gives the server's main thread a \
      processor, and all else the others, where the server's other threads come first, as where a server has a machine of its own. They are timed \
      once more by the processor's time that the server's main thread took, as they note themselves. At the end \
      what is garbage goes, and the store is verified.

      JSON keys of a row: scenario, collecting, from_s, seconds, commits, failed, commits_per_s, p50_ms, p99_ms, max_ms, \
      used_peak_bytes, used_low_bytes, resident_peak_bytes, collections (so far), objects. Of the last line: scenario \
      ("retention-summary"), rate_ratio, p99_ratio, used_ratio, resident_ratio, steps (that took more than 0.2 ms), \
      step_p50_ms, step_p99_ms, step_max_ms, step_max_processor_ms, idle_p99_ms and idle_max_ms (of the script that does nothing), commit_max_ms and plain_commit_max_ms (the longest run of the commit script), \
      slow_log_missed, scripts (all but those of writers and of this program: count, p50_ms, p99_ms, max_ms), collections, removed, collector_peak_bytes, history (commits at the end), verify_objects, \
      verify_faults, load (before and after), bounds (name, value, met).
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many writers each process has.", valueName: "n"))
  var writers = 64

  @Option(parsing: .unconditional, help: ArgumentHelp("How many processes write.", valueName: "n"))
  var processes = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many commits stay.", valueName: "n"))
  var commits = 10_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds without upkeep; default: a tenth of --seconds.", valueName: "n"))
  var plain: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds after which memory should have filled; default: a quarter of --seconds.",
      valueName: "n"))
  var fill: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Into how many rows the time is cut.", valueName: "n"))
  var slices = 12

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds that a collection waits before it removes anything.", valueName: "n"))
  var grace = 10.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds between two looks whether upkeep is worth it.", valueName: "n"))
  var interval = 1.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The part of the time that the collector's steps take.", valueName: "n"))
  var share = MaintenanceOptions().collection.share

  @Flag(
    help:
      "Give the server's main thread the first processor, and everything else the others (Linux)."
  )
  var pin = false

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "shape"))
  var shape = TreeShape.usual

  func validate() throws {
    try check("--writers", [writers], 1...4096)
    try check("--processes", [processes], 1...64)
    try check("--commits", [commits], 1...10_000_000)
    try check("--plain", plain.map { [$0] } ?? [], 0.01...86_400)
    try check("--slices", [slices], 2...1000)
    try check("--fill", [fillSeconds], 0...seconds * (1 - 1 / Double(slices)))
    try check("--grace", [grace], 0...3600)
    try check("--interval", [interval], 0.01...3600)
    try check("--share", [share], 0.001...1)
    if common.url != nil {
      throw ValidationError("retention looks at a server's slow log: it starts one of its own")
    }
  }

  func run() async throws {
    let run = RetentionRun(
      writers: WriterCount(processes: processes, each: writers), commits: commits, shape: shape,
      seconds: seconds, plainSeconds: plain ?? seconds / 10, fillSeconds: fillSeconds,
      slices: slices, grace: grace, interval: interval, share: share,
      isPinned: pin)
    try run.check()
    var report = try RetentionReport(
      isJSON: common.isJSON, try await RunHeader.take(common.place))
    let summary = try await run.measure { try report.add($0) }
    try report.finish(summary)
    if summary.isUnsound { throw ExitCode(1) }
  }

  private var seconds: Double { common.seconds ?? 600 }
  private var fillSeconds: Double { fill ?? seconds / 4 }
}
