import ArgumentParser
import Irminsul

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show the paths that differ between two states.",
    usage: """
      irminsul diff REV [REV]
      irminsul diff REV:PATH REV:PATH
      irminsul diff --patch REV [REV]
      """,
    discussion: """
      Each path is a line: A (added), D (removed) or M (changed) from the first to the second; without a \
      second one, to the branch's head. Parts that are equal are not read, however large they are. With --patch \
      the lines that differ are printed as `git diff` prints them; `git apply` takes that.

      Examples:
        irminsul diff main~10 main
        irminsul diff --patch main~1:config main:config

      JSON keys, a line for each path: path, change (added, removed, updated), old, new (ids), patch with \
      --patch, insertions and deletions with --stat; pathBase64 and patchBase64 for what is not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions
  @OptionGroup var patch: PatchOptions

  @Flag(help: "Exit with code 1 when something differs, as git does.")
  var exitCode = false

  @Argument(help: "The state to start from.")
  var old: String

  @Argument(help: "The state to go to (default: the branch's head).")
  var new: String?

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let before = try await ReadOptions.tree(of: old, in: repository)
      let after: Tree
      if let new {
        after = try await ReadOptions.tree(of: new, in: repository)
      } else {
        let branch = try await branch.branch(of: repository)
        guard let snapshot = try await branch.snapshot() else {
          throw try await BranchOption.absence(of: branch)
        }
        after = snapshot.tree
      }
      let changes = try await before.diff(to: after)
      try await patch.print(changes, output, in: repository)
      if exitCode, !changes.isEmpty { throw Failure(.refused, "") }
    }
  }
}
