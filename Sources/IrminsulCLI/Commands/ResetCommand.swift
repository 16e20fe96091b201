import ArgumentParser
import Irminsul

struct ResetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", abstract: "Move a branch to a commit, wherever it is.",
    discussion: """
      Commits that only the branch led to stay in the store, and `irminsul reflog` tells where it was. With \
      --from it moves only if it is there, so that nothing is lost that others have committed meanwhile.

      Example: irminsul reset main~1 --from main

      JSON keys: branch, old, commit.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Move it only if it is at this commit.", valueName: "rev"))
  var from: String?

  @Argument(help: "Where the branch goes.")
  var revision: String

  private struct Facts: Encodable {
    let branch: String
    let old: String?
    let commit: String
  }

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branchToMove(of: repository)
      let commit = try await repository.resolveCommit(revision)
      let old = try await branch.head()?.id
      if let from {
        try await branch.testAndSetHead(
          test: try await repository.resolveCommit(from).id, set: commit.id)
      } else {
        try await branch.setHead(commit.id)
      }
      if output.isJSON {
        return try JSONLine.print(
          Facts(branch: branch.name, old: old?.hex, commit: commit.id.hex))
      }
      try StandardOutput.line(
        "\(branch.name) is at \(Style.output(.yellow, String(commit.id.hex.prefix(10)))) "
          + "\(commit.subject)" + (old.map { " (was at \($0.hex.prefix(10)))" } ?? ""))
    }
  }
}
