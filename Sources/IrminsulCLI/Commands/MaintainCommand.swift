import ArgumentParser
import Irminsul

struct MaintainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maintain",
    abstract: "Cut histories and collect garbage whenever it is worth it.",
    discussion: """
      As gc does, again and again until Ctrl-C, each time that the store has had --changes ref changes, such as \
      commits, and its objects have grown by --growth. Of several that run, one at a time has the turn; one that \
      is killed loses it after a minute.

      Example: irminsul maintain --interval 60 --json

      JSON keys, a line each time that something was done: kept (objects), keptBytes, removed (objects), cut, \
      snapshots; or error.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var collection: CollectionFlags

  @Option(help: "Seconds between looking.")
  var interval: Double = 30

  @Option(help: "Ref changes that must have come since the last time.")
  var changes: Int64 = 1000

  @Option(help: "How much the number of objects must have grown: 0.2 is a fifth.")
  var growth: Double = 0.2

  @Flag(help: "Look once, do what is worth it, and end.")
  var once = false

  private struct Facts: Encodable {
    var kept: Int64?
    var keptBytes: Int64?
    var removed: Int64?
    var cut: Int?
    var snapshots: Int?
    var error: String?
  }

  func validate() throws {
    try CollectionFlags.check(interval, "interval")
    guard changes >= 1 else { throw ValidationError("--changes takes a number, 1 or more.") }
    guard growth >= 0 else { throw ValidationError("--growth takes a number, 0 or more.") }
  }

  func run() async throws {
    var options = MaintenanceOptions()
    options.interval = .seconds(max(0.01, interval))
    options.changes = changes
    options.growth = growth
    options.collection = collection.options(options.collection)
    let interrupt = Interrupt()
    try await store.withRepository(.read) { [options, output, once] repository in
      let report: @Sendable (MaintenanceEvent) -> Void = { event in
        try? Self.print(event, output)
      }
      let maintenance = Maintenance(of: repository, options, report: report)
      try await interrupt.run {
        if once { report(try await maintenance.runOnce()) } else { try await maintenance.run() }
      }
    }
  }

  private static func print(_ event: MaintenanceEvent, _ output: OutputOptions) throws {
    switch event {
    case .elsewhere, .idle: return
    case .collected(let report):
      if output.isJSON {
        try JSONLine.print(
          Facts(
            kept: report.kept, keptBytes: report.keptBytes, removed: report.removed,
            cut: report.cut, snapshots: report.snapshots))
      } else {
        try StandardOutput.line(
          "removed \(NumberText.count(Int(report.removed), "object")), kept "
            + NumberText.count(Int(report.kept))
            + (report.cut > 0
              ? ", cut histories at \(NumberText.count(report.cut, "commit"))" : ""))
      }
    case .failed(let error):
      if output.isJSON {
        try JSONLine.print(Facts(error: "\(error)"))
      } else {
        StandardError.line("irminsul: \(error)")
      }
    }
    try StandardOutput.flush()
  }
}
