import ArgumentParser
import Irminsul

struct GarbageCollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove the objects that nothing leads to.",
    discussion: """
      Works in steps of about a millisecond beside all other work. It may be stopped at any time: the next \
      run goes on where it was. Commits that a branch has left, by a reset, a forced push or its removal, \
      stay as long as --reflog says; whatever was read or stored just before stays for the time of --grace \
      at least, and the command waits that long.

      Example: irminsul gc --grace 10 --reflog 3600

      JSON keys: phase, kept (objects), keptBytes, removed (objects), steps.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "Seconds that what was read or stored before stays at least.")
  var grace: Double = 60

  @Option(help: "Seconds that commits stay which a branch has left.")
  var reflog: Double = 86_400

  @Option(help: "The part of the time, up to 1, that it takes from the server.")
  var share: Double = 0.25

  func validate() throws {
    let longest = 1e9
    guard (0...longest).contains(grace) else {
      throw ValidationError("--grace takes a number of seconds, 0 or more.")
    }
    guard (0...longest).contains(reflog) else {
      throw ValidationError("--reflog takes a number of seconds, 0 or more.")
    }
    guard share > 0, share <= 1 else {
      throw ValidationError("--share takes a number above 0, up to 1.")
    }
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    var options = CollectionOptions()
    options.grace = .seconds(grace)
    options.reflog = .seconds(reflog)
    options.share = share
    let report = try await store.withRepository(.read) { [options] store in
      try await store.collectGarbage(options) { report in
        bar.show(
          TransferProgress(
            phase: report.phase == .waiting ? "waiting" : "kept", done: Int(report.kept),
            total: nil, bytes: Int(report.keptBytes)))
      }
    }
    bar.finish()
    if output.isJSON { return try JSONLine.print(report) }
    try StandardOutput.line(
      "removed \(NumberText.count(Int(report.removed), "object")), kept "
        + "\(NumberText.count(Int(report.kept))) (\(NumberText.size(Int(report.keptBytes))))")
  }
}
