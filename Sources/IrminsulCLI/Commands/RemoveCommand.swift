import ArgumentParser
import Irminsul

struct RemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Remove what is at paths, in one commit.",
    discussion: """
      All paths must be there, or nothing is removed. Folders that become empty disappear.

      Example: irminsul rm --recursive config

      JSON keys: branch, changed, commit (the head afterwards), subject, position (if changed).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: [.short, .long], help: "Remove folders with all that is in them.")
  var recursive = false

  @Argument var paths: [String]

  func run() async throws {
    try branch.check()
    let paths = try paths.map { try Path(writing: $0) }
    let names = paths.map(\.description)
    let info = commit.info(
      names.count == 1
        ? "Remove \(names[0])"
        : "Remove \(names.count) paths\n\n\(names.joined(separator: "\n"))")
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      guard let snapshot = try await branch.snapshot() else {
        throw try await BranchOption.absence(of: branch)
      }
      let source = TreeSource(tree: snapshot.tree, label: "branch \"\(branch.name)\"")
      for path in paths {
        guard let entry = try await source.tree.entry(path) else { throw source.absence(of: path) }
        if entry.mode.isTree, !recursive {
          throw Failure(
            .refused, "\"\(path)\" is a folder: nothing was removed\nRemove it with rm --recursive."
          )
        }
      }
      let result = try await branch.commit(paths.map { .remove($0) }, info)
      try WriteReport(result, on: branch).print(output)
    }
  }
}
