import ArgumentParser
import Irminsul

struct WatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Print the changes of a branch as they come.",
    discussion: """
      Each change is told with its position: `watch --since POSITION` goes on after it, and \
      nothing is missed or told twice. With a path only changes there are told. It ends with \
      Ctrl-C and exit code 0.

      Example: irminsul watch config --since 0

      JSON keys: position, time, branch, change (added, updated or removed), old, new, subject, \
      changes (each: path, change, old, new, pathBase64 for a path that is not UTF-8; at most 100 where \
      no path is given), moreChanges; stored is false where commits are not stored any more, and changes are not known.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp("Begin after this position (0: all that is kept).", valueName: "position"))
  var since: Int64?

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("number")],
    help: "End after so many changes.")
  var number: Int?

  @Flag(help: "Watch all branches.")
  var all = false

  @Argument(help: "Tell only what changes at this path or below it.")
  var path: String?

  func validate() throws {
    if all, path != nil || branch.name != nil {
      throw ValidationError("--all goes without a path and without --branch")
    }
    if let since, since < 0 { throw ValidationError("--since must be 0 or more") }
    if let number, number < 1 { throw ValidationError("-n must be 1 or more") }
  }

  func run() async throws {
    try branch.check()
    let path = try path.map { try Path(reading: $0) }
    let interrupt = Interrupt()
    try await store.withRepository(.read) { repository in
      if let since {
        let last = try await repository.refLog(limit: 1).first?.position ?? 0
        // It would wait for changes that come much later, and miss those before.
        guard since <= last else {
          throw Failure(
            .refused,
            "position \(since) is after the last change, which is \(last)\n"
              + "Perhaps it is of another store, or this one was made anew: begin with --since 0.")
        }
      }
      let watch: Watch
      let subject: String
      if all {
        watch = try await repository.watch(after: since)
        subject = "all branches"
      } else {
        let branch = try await branch.branch(of: repository)
        watch = try await branch.watch(path, after: since)
        subject = path.map { "\"\($0)\" on \(branch.name)" } ?? branch.name
      }
      if Style.output.isTerminal {
        StandardError.line("watching \(subject) after position \(watch.start); Ctrl-C ends")
      }
      let number = number ?? .max
      let output = output
      let hasPath = path != nil
      try await interrupt.run {
        var count = 0
        for try await change in watch {
          let facts = try await ChangeFacts(change, hasPath: hasPath, in: repository)
          if output.isJSON {
            try JSONLine.print(facts)
          } else {
            try facts.print()
          }
          try StandardOutput.flush()
          count += 1
          if count >= number { return }
        }
      }
    }
  }
}
