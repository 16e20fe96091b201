import ArgumentParser
import Irminsul

/// Many entries, one folder.
struct WideCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wide", abstract: "Writers that change entries of one large folder.",
    discussion: """
      A row for each combination of the lists, each on a fresh store, with a row of a tree of three \
      levels of 10 entries in front of those that it is compared with. Each writer changes the values \
      of names of its own, one a commit; in a folder of fewer entries than writers, writers share \
      them. Layouts: git (the folder is one tree, as in every Git repository), wide (a trie of small \
      trees). A commit in the layout git writes the whole tree, 39 bytes an entry: it is measured up \
      to 10,000 entries, where a server takes some 150 MB of memory a second. Beyond that it would be \
      hopeless, with a tree of 4 to 40 MB a commit, and is measured only when --layouts asks for it.

      JSON keys: scenario, tree ("one folder", or "three levels of 10 entries"), layout, entries (of \
      the folder, or of the folders that the tree is compared with), names, writers, store, commits, \
      failed, commits_per_s, attempts_per_commit, p50_ms, p99_ms, max_ms, server_us_per_commit (time \
      in commands, by INFO commandstats), redis_bytes_per_commit, reads_per_s (a path of the branch's \
      head, by as many tasks as writers), server_us_per_read, round_trips_per_read, list_page_ms (100 \
      names from the middle of the listing, with nothing cached), round_trips_per_list_page, fill_s \
      (the time in which the store was filled), first_failure.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many entries the folder has.", valueName: "list"))
  var entries: ValueList<Int>?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many writers there are.", valueName: "list"))
  var writers = ValueList([1, 64])

  @Option(help: ArgumentHelp("How the store keeps directories.", valueName: "list"))
  var layouts: ValueList<DirectoryLayout>?

  @Option(help: ArgumentHelp("How names are made of numbers.", valueName: "style"))
  var names = NameStyle.numbers

  @Option(help: ArgumentHelp("Draw throughput over the number of entries.", valueName: "file.svg"))
  var plot: String?

  @Flag(help: "10,000 entries only, in less than a minute.")
  var quick = false

  func validate() throws {
    try check("--entries", entries?.values ?? [], 1...NameStyle.limit)
    try check("--writers", writers.values, 1...1000)
    if let url = common.url, url.hasPrefix("memory:") {
      throw ValidationError("wide needs a store that two processes can open, not memory:")
    }
  }

  func run() async throws {
    if let plot { try Plot.checkPlace(plot) }
    let header = try await RunHeader.take(common.place)
    var report = try WideReport(isJSON: common.isJSON, header)
    for run in runs { try report.add(try await run.measure()) }
    try report.finish()
    if let plot { try WidePlot(report.rows, header, seconds: seconds).plot.write(to: plot) }
  }

  /// Rows that are compared with each other follow each other: a machine's pace changes.
  private var runs: [WideRun] {
    var runs: [WideRun] = []
    for count in entries?.values ?? (quick ? [10_000] : Self.usualEntries) {
      for writers in writers.values {
        let folders = layouts(of: count).map {
          WideFolder(layout: $0, entries: count, names: names)
        }
        for folder in [nil] + folders {
          let plan = RowPlan(
            scenario: .wide, activity: .write(.irminsul, .disjoint), folder: folder,
            writers: writers, seconds: seconds, place: common.place)
          runs.append(WideRun(plan: plan, entries: count))
        }
      }
    }
    return runs
  }

  private static let usualEntries = [32, 100, 1000, 10_000, 100_000, 1_000_000]

  /// More entries than these in one tree are measured by request only.
  private static let gitLimit = 10_000

  private func layouts(of entries: Int) -> [DirectoryLayout] {
    layouts?.values ?? (entries <= Self.gitLimit ? [.git, .wide] : [.wide])
  }

  private var seconds: Double { common.seconds ?? (quick ? 3 : 5) }
}
