import ArgumentParser
import Irminsul

struct ResolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Decide conflicts of a merge, a revert or a cherry-pick that waits.",
    usage: """
      irminsul resolve PATH… --ours | --theirs | --base | --remove
      irminsul resolve --all --ours
      irminsul resolve PATH --value VALUE
      irminsul resolve PATH --file FILE     (- for standard input)
      """,
    discussion: """
      Ours is what the branch has, theirs what is merged into it, base what both come from. A decision \
      holds as long as the three versions of its path do: if somebody changes the branch there, the \
      conflict is a new one. A path that is decided may be decided anew; --all takes those that are left.

      Example: irminsul conflicts title > title.txt; $EDITOR title.txt; irminsul resolve title --file title.txt

      JSON keys: branch, resolved (paths), left (conflicts that are left).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Flag(help: "Take what the branch has.")
  var ours = false

  @Flag(help: "Take what is merged into it.")
  var theirs = false

  @Flag(help: "Take what both come from.")
  var base = false

  @Flag(help: "Take nothing: the path is removed.")
  var remove = false

  @Flag(help: "All conflicts that are left.")
  var all = false

  @Option(help: "Put this value there.")
  var value: String?

  @Option(help: ArgumentHelp("Put the value of a file there.", valueName: "file"))
  var file: String?

  @Argument(help: "The paths of conflicts.")
  var paths: [String] = []

  private struct Facts: Encodable {
    let branch: String
    let resolved: [String]
    let left: Int
  }

  func validate() throws {
    let choices = [ours, theirs, base, remove, value != nil, file != nil].count { $0 }
    if choices != 1 {
      throw ValidationError(
        "give one of --ours, --theirs, --base, --remove, --value and --file")
    }
    if all != paths.isEmpty { throw ValidationError("give paths, or --all") }
    if value != nil || file != nil, all || paths.count != 1 {
      throw ValidationError("a value goes with one path")
    }
  }

  func run() async throws {
    try branch.check()
    let paths = try paths.map { try Path(reading: $0) }
    var bytes = value.map { ArgumentText.bytes(of: $0) }
    if let file {
      let value = try file == "-" ? ValueInput.standardInput() : ValueInput.file(file)
      defer { value.discard() }
      bytes = try value.bytes()
    }
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      var pending = try PendingMerge.loadExisting(branch)
      let conflicts = try await pending.undecided(on: branch).conflicts
      let wanted = all ? conflicts.filter { !pending.decides($0) }.map(\.path) : paths
      for path in wanted {
        guard let conflict = conflicts.first(where: { $0.path == path }) else {
          throw Failure(
            .refused,
            "\"\(path)\" has no conflict\nSee those that are left with `irminsul conflicts`.")
        }
        pending.decide(decision(conflict, bytes))
      }
      try pending.save(branch)
      let left = conflicts.count { !pending.decides($0) }
      if output.isJSON {
        return try JSONLine.print(
          Facts(branch: branch.name, resolved: wanted.map(\.description), left: left))
      }
      try StandardOutput.line(
        left == 0
          ? pending.allResolved
          : "\(NumberText.count(left, "conflict")) left: see `irminsul conflicts`")
    }
  }

  private func decision(_ conflict: MergeConflict, _ bytes: [UInt8]?) -> PendingMerge.Decision {
    if let bytes {
      let mode = [conflict.ours, conflict.theirs].compactMap { $0?.mode.canonical }
        .first { $0 == .blob || $0 == .executable }
      return .init(conflict, .value, value: bytes, mode: mode ?? .blob)
    }
    return .init(conflict, ours ? .ours : theirs ? .theirs : base ? .base : .removed)
  }
}
