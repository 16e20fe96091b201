import ArgumentParser
import Irminsul

struct RevertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revert", abstract: "Undo what commits have done, in commits of their own.",
    discussion: """
      Each commit's change is taken back where nothing else has changed the same since; where something \
      has, that is a conflict, and nothing is changed. Several are reverted one after the other, in the \
      order given.

      Example: irminsul revert main~2

      JSON keys, a line for each: branch, changed, commit (the head afterwards), subject, position (if \
      changed).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var rules: MergeRuleOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Of a merge: the parent to go back to, from 1.", valueName: "number"))
  var mainline: Int?

  @Argument(help: "The commits to undo.")
  var revisions: [String]

  func run() async throws {
    try await ChangeAgain.run(revisions, store, branch, output) { branch, id in
      let subject = try await branch.repository.commit(id).subject
      return try await branch.revert(
        id, commit.info("Revert \"\(subject)\"\n\nThis reverts commit \(id)."), mainline: mainline,
        MergeOptions(rules: try MergeRuleOptions.rules(rules.rules)))
    }
  }
}
