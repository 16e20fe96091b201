import ArgumentParser
import Irminsul

struct CherryPickCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cherry-pick", abstract: "Do once more what commits have done, on a branch.",
    discussion: """
      Each gets a commit of its own with the same message and author. Conflicts change nothing.

      Example: irminsul cherry-pick draft~1 --branch main

      JSON keys, a line for each: branch, changed, commit (the head afterwards), subject, position (if \
      changed).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var rules: MergeRuleOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "Of a merge: the parent that its change is against, from 1.", valueName: "number"))
  var mainline: Int?

  @Argument(help: "The commits to do again.")
  var revisions: [String]

  func run() async throws {
    try await ChangeAgain.run(revisions, store, branch, output) { branch, id in
      try await branch.cherryPick(
        id, commit.message.map { commit.info($0) }, mainline: mainline,
        MergeOptions(rules: try MergeRuleOptions.rules(rules.rules)))
    }
  }
}
