import ArgumentParser
import Irminsul

struct MoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mv", abstract: "Move a value or a folder to another path, in one commit.",
    discussion: """
      Nothing may be at the new path, unless --force is given. When another writer changes what is \
      moved at the same moment, nothing is moved and the exit code is 1.

      Example: irminsul mv config/theme config/colours

      JSON keys: branch, changed, commit (the head afterwards), subject, position (if changed).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: [.short, .long], help: "Replace what is at the new path.")
  var force = false

  @Argument(help: "The path it is at.")
  var source: String

  @Argument(help: "The path it goes to.")
  var target: String

  func run() async throws {
    try branch.check()
    let from = try Path(writing: source)
    let to = try Path(writing: target)
    if to.starts(with: from) || from.starts(with: to) {
      throw Failure(.usage, "cannot move \"\(from)\" to \"\(to)\": one lies in the other")
    }
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      guard let snapshot = try await branch.snapshot() else {
        throw try await BranchOption.absence(of: branch)
      }
      let tree = TreeSource(tree: snapshot.tree, label: "branch \"\(branch.name)\"")
      guard let entry = try await tree.tree.entry(from) else { throw tree.absence(of: from) }
      let put = BranchEdit.setEntry(to, entry)
      do {
        let result = try await branch.commit(
          [.remove(from).expecting(entry), force ? put : put.expecting(nil)],
          commit.info("Move \(from) to \(to)"))
        try WriteReport(result, on: branch).print(output)
      } catch StoreError.conflict(_, let conflicts) {
        throw Failure(
          .refused,
          conflicts.contains { $0.path == to }
            ? "there is something at \"\(to)\" on branch \"\(branch.name)\": nothing was moved\n"
              + "Replace it with mv --force."
            : "another writer has changed \"\(from)\" on branch \"\(branch.name)\": nothing was moved\n"
              + "Look at it and try again.")
      }
    }
  }
}
