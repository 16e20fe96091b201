import ArgumentParser
import Irminsul

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put back what a commit had at a path, in a new commit.",
    discussion: """
      Where the commit has nothing, what is there is removed. "/" is everything.

      Example: irminsul restore config --from main~10

      JSON keys: branch, changed, commit (the head afterwards), subject, position (if changed).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The commit to take it from.", valueName: "rev"))
  var from: String

  @Argument(help: "A value or a folder; \"/\" for everything.")
  var path: String

  func run() async throws {
    try branch.check()
    let path = path == "/" ? Path.root : try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      let source = try await repository.resolveCommit(from)
      let name = path.isRoot ? "everything" : "\(path)"
      if !path.isRoot, try await repository.tree(source.id).entry(path) == nil,
        try await branch.entry(path) == nil
      {
        throw Failure(
          .refused,
          "nothing is at \(name), neither in \(source.id.hex.prefix(10)) nor on \(branch.name)")
      }
      let result = try await branch.restore(
        path, from: source.id, commit.info("Restore \(name) from \(source.id.hex.prefix(10))"))
      try WriteReport(result, on: branch).print(output)
    }
  }
}
