import ArgumentParser
import Foundation
import Irminsul

/// Many writers, one branch.
struct ContentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contention", abstract: "Many writers that commit to one branch at once.",
    discussion: """
      A row for each combination of the lists, each on a fresh store. Methods: reference (WATCH, \
      GET, MULTI, SET, EXEC, pipelined, with a cache of trees), document (the same with each \
      command waiting for its reply and no cache), cas (a script that compares and sets the head), \
      irminsul (the library), irminsul-sha256 (on a store with ids of 32 bytes, which a server cannot \
      compute: the client builds the trees, and a script compares and sets the head), script-limit (the library's requests, prepared, in a loop that does \
      nothing else), empty-limit (the same requests for a script that does nothing), set-limit \
      (SETs of as many bytes). Layouts: disjoint (each writer its own \
      leaf), hot (a counter that everybody increments), mixed (one commit in ten to the counter). \
      Writers are counted per process.

      JSON keys: scenario, method, store, writers, layout, shape, directories, processes, rtt_ms, commits, failed, \
      commits_per_s, attempts_per_commit, p50_ms, p99_ms, max_ms, server_us_per_commit (time in \
      commands, by INFO commandstats), round_trips_per_commit, redis_bytes_per_commit, \
      server_cpu_us_per_commit and client_cpu_us_per_commit (processor time), first_failure. The \
      first line, of scenario "machine", says where: cores, processor, system, load, build, redis, \
      empty_evalsha_us, arguments.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many writers each process has.", valueName: "list"))
  var writers: ValueList<Int>?

  @Option(help: ArgumentHelp("How commits get to the server.", valueName: "list"))
  var methods: ValueList<Method>?

  @Option(help: ArgumentHelp("Which paths the writers write.", valueName: "list"))
  var layouts: ValueList<Layout>?

  @Option(
    help: ArgumentHelp(
      "How the library's store keeps directories; the peers have Git's trees.", valueName: "list"))
  var directories = ValueList([DirectoryLayout.git])

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many processes write.", valueName: "list"))
  var processes = ValueList([1])

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Milliseconds that the network adds to each round trip.", valueName: "list"))
  var rtt = ValueList([0.0])

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "shape"))
  var shape = TreeShape.usual

  @Option(
    help: ArgumentHelp(
      "Draw throughput and latency over the number of writers.", valueName: "file.svg"))
  var plot: String?

  @Flag(help: "64 writers: reference, cas, irminsul, and irminsul on a hot path, in half a minute.")
  var quick = false

  func validate() throws {
    try check("--writers", writers?.values ?? [], 1...4096)
    try check("--processes", processes.values, 1...64)
    try check("--rtt", rtt.values, 0...10_000)
  }

  func run() async throws {
    let plans = plans
    for plan in plans { try plan.check() }
    if let plot { try Plot.checkPlace(plot) }
    let header = try await RunHeader.take(common.place)
    var report = try ContentionReport(isJSON: common.isJSON, header)
    for plan in plans { try report.add(try await RowRun(plan: plan).measure()) }
    try report.finish()
    if let plot { try ContentionPlot(report.rows, header, seconds: seconds).plot.write(to: plot) }
  }

  /// Rows that are compared with each other follow each other: a machine's pace changes. The reference
  /// comes first, so that the others can be shown beside it.
  private var plans: [RowPlan] {
    var plans: [RowPlan] = []
    for delay in rtt.values {
      for count in processes.values {
        for writers in writers?.values ?? (quick ? [64] : [1, 4, 16, 64, 256]) {
          for activity in activities.filter(isReference) + activities.filter({ !isReference($0) }) {
            for kind in hasDirectories(activity) ? directories.values : [.git] {
              plans.append(
                RowPlan(
                  scenario: .contention, activity: activity, shape: shape, directories: kind,
                  writers: writers, processes: count, rtt: delay, seconds: seconds,
                  place: common.place))
            }
          }
        }
      }
    }
    return plans
  }

  /// Whether it goes through a store of the library, which keeps directories in one way or another.
  private func hasDirectories(_ activity: WorkerPlan.Activity) -> Bool {
    if case .write(let method, _) = activity { method.hasDirectories } else { true }
  }

  private func isReference(_ activity: WorkerPlan.Activity) -> Bool {
    if case .write(.reference, _) = activity { true } else { false }
  }

  private var seconds: Double { common.seconds ?? (quick ? 5 : 20) }

  private var activities: [WorkerPlan.Activity] {
    if quick, methods == nil, layouts == nil {
      return [
        .write(.reference, .disjoint), .write(.cas, .disjoint), .write(.irminsul, .disjoint),
        .write(.irminsul, .hot),
      ]
    }
    let methods = methods?.values ?? [.reference, .cas, .irminsul, .scriptLimit]
    return (layouts?.values ?? [.disjoint, .hot]).flatMap { layout in
      methods.map { .write($0, layout) }
    }
  }
}
