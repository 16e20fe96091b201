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

/// What `revert` and `cherry-pick` have in common.
private enum ChangeAgain {
  static func run(
    _ revisions: [String], _ store: StoreOptions, _ branch: BranchOption, _ output: OutputOptions,
    _ body: (Branch, ObjectID) async throws -> MergeResult
  ) async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      guard try await branch.head() != nil else { throw try await BranchOption.absence(of: branch) }
      // All are named before the first is made: `main~1` means what it meant then.
      var ids: [ObjectID] = []
      for revision in revisions { ids.append(try await repository.resolveCommit(revision).id) }
      for id in ids {
        do {
          try WriteReport(try await body(branch, id), on: branch).print(output)
        } catch StoreError.mergeConflicts(let conflicts) {
          for conflict in conflicts { try StandardOutput.line(ConflictFacts.line(conflict)) }
          throw Failure(
            .refused,
            "\(id.hex.prefix(10)) does not go together with what \(branch.name) has now: "
              + "\(NumberText.count(conflicts.count, "conflict")), and \(branch.name) stays as it is\n"
              + "Change these paths with `irminsul set` or `restore` instead.")
        } catch StoreError.mergeWithoutMainline(let id, let parents) where parents > 1 {
          throw Failure(
            .refused,
            "\(id.hex.prefix(10)) is a merge of \(parents) commits\n"
              + "Say which one its change is against: --mainline 1 is what the branch was at.")
        }
      }
    }
  }
}
