import ArgumentParser
import Irminsul

/// What `revert` and `cherry-pick` have in common: commits whose change, or its inverse, is made on a branch.
struct ChangeAgain: ParsableArguments {
  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var rules: MergeRuleOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "Of a merge: the parent that its change is against, from 1.", valueName: "number"))
  var mainline: Int?

  @Flag(
    name: .customLong("continue"),
    help: "Make the commit whose conflicts are resolved, and those after it.")
  var continues = false

  @Flag(help: "Forget what waits for its conflicts to be resolved.")
  var abort = false

  @Argument(help: "The commits.")
  var revisions: [String] = []

  func validate() throws {
    if [continues, abort, !revisions.isEmpty].count(where: { $0 }) != 1 {
      throw ValidationError("give one of REV, --continue and --abort")
    }
    if revisions.isEmpty, mainline != nil || !rules.rules.isEmpty {
      throw ValidationError("--mainline and --rule go with a REV")
    }
  }

  /// - Parameter message: What the commit for a commit says; empty for its own.
  func run(
    _ command: PendingMerge.Command, message: (Commit) -> String
  ) async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      if abort { return try PendingMerge.giveUp(command, branch, output) }
      guard try await branch.head() != nil else { throw try await BranchOption.absence(of: branch) }
      var wanted: [(id: ObjectID, revision: String)] = []
      var (rules, mainline) = (rules.rules, mainline)
      if continues {
        let pending = try PendingMerge.loadExisting(branch, of: command)
        try await make(pending, on: branch)
        try PendingMerge.remove(branch)
        (rules, mainline) = (pending.rules, pending.series?.mainline)
        for text in pending.series?.rest ?? [] {
          guard let id = ObjectID(hex: text) else {
            throw Failure(
              .io, "the record of the \(command.rawValue) on \(branch.name) names no commit")
          }
          wanted.append((id, String(text.prefix(10))))
        }
      } else {
        try PendingMerge.checkNone(branch)
        // All are named before the first is made: `main~1` means what it meant then.
        for revision in revisions {
          wanted.append((try await repository.resolveCommit(revision).id, revision))
        }
      }
      for (number, commit) in wanted.enumerated() {
        var pending = PendingMerge(
          store: repository.location, branch: branch.name, source: commit.id.hex,
          revision: commit.revision, message: message(try await repository.commit(commit.id)),
          rules: rules, allowsUnrelated: false)
        pending.series = PendingMerge.Series(
          command: command, mainline: mainline, rest: wanted[(number + 1)...].map(\.id.hex))
        try await make(pending, on: branch)
      }
    }
  }

  private func make(_ pending: PendingMerge, on branch: Branch) async throws {
    let message = commit.message ?? (pending.message.isEmpty ? nil : pending.message)
    do {
      let (merge, result) = try await PendingMerge.make(message.map(commit.info)) {
        try await pending.merge(into: branch)
      }
      guard let result else { throw try pending.keep(merge, output) }
      try WriteReport(result, on: branch).print(output)
    } catch StoreError.mergeWithoutMainline(let id, let parents) where parents > 1 {
      throw Failure(
        .refused,
        "\(id.hex.prefix(10)) is a merge of \(parents) commits\n"
          + "Say which one its change is against: --mainline 1 is what the branch was at.")
    }
  }
}
