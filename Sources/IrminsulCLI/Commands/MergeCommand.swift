import ArgumentParser
import Irminsul

struct MergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merge a commit or another branch into a branch.",
    usage: """
      irminsul merge REV [--branch NAME] [--dry-run]
      irminsul merge --continue
      irminsul merge --abort
      """,
    discussion: """
      The branch moves to REV if that is enough; else a commit with both as parents is made. What only \
      one side has changed is taken from it, text that both have changed is merged line by line, and \
      --rule says otherwise for some paths. Commits that others make meanwhile do not disturb it.

      On conflicts nothing is committed and the exit code is 1. Decide with `irminsul resolve`, look at \
      them with `irminsul conflicts`, then make the commit with --continue, or give up with --abort. What \
      was decided is kept in a file beside the store, or in the user's state folder for a server.

      Example: irminsul merge draft --rule '*.json=json' -m 'Take the draft'

      JSON keys: branch, outcome (unchanged, fastForward, merged, conflicts), source, bases, commit (the \
      head afterwards), paths (with --dry-run: what the commit would change), conflicts (each: path, \
      reason, base, ours, theirs), dryRun.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var rules: MergeRuleOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: .customLong("no-ff"), help: "Make a commit also where the branch could just move.")
  var noFastForward = false

  @Flag(name: .customLong("ff-only"), help: "Refuse what needs a merge commit.")
  var fastForwardOnly = false

  @Flag(help: "Merge also what has no commit in common.")
  var allowUnrelatedHistories = false

  @Flag(name: [.customShort("n"), .long], help: "Only tell what would happen.")
  var dryRun = false

  @Flag(name: .customLong("continue"), help: "Make the commit whose conflicts are resolved.")
  var continues = false

  @Flag(help: "Forget a merge that waits for its conflicts to be resolved.")
  var abort = false

  @Argument(help: "A branch, a tag, an id: what to merge.")
  var revision: String?

  func validate() throws {
    let ways = [continues, abort, revision != nil].count { $0 }
    if ways != 1 { throw ValidationError("give one of REV, --continue and --abort") }
    if noFastForward, fastForwardOnly {
      throw ValidationError("give --no-ff or --ff-only, not both")
    }
    if revision == nil, dryRun || noFastForward || fastForwardOnly || allowUnrelatedHistories {
      throw ValidationError("that option goes with a REV")
    }
  }

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branchToMove(of: repository)
      if abort {
        try PendingMerge.giveUp(.merge, branch, output)
      } else if continues {
        try await finish(branch)
      } else if let revision {
        try await begin(revision, branch)
      }
    }
  }

  private func begin(_ revision: String, _ branch: Branch) async throws {
    if !dryRun { try PendingMerge.checkNone(branch) }
    let source = try await branch.repository.resolveCommit(revision)
    let isBranch = try await branch.repository.branches().contains(revision)
    let message =
      commit.message ?? "Merge \(isBranch ? "branch" : "commit") '\(revision)' into \(branch.name)"
    let pending = PendingMerge(
      store: branch.repository.location, branch: branch.name, source: source.id.hex,
      revision: revision, message: message, rules: rules.rules,
      allowsUnrelated: allowUnrelatedHistories)
    var options = try pending.options
    if noFastForward { options.fastForward = .never }
    if fastForwardOnly { options.fastForward = .only }
    do {
      try await run(
        branch, pending, commit.info(message), { try await branch.merging(source.id, options) })
    } catch StoreError.unrelatedHistories(_, _) {
      throw Failure(
        .refused,
        "\(revision) and \(branch.name) have no commit in common\n"
          + "Merge them all the same with --allow-unrelated-histories.")
    }
  }

  private func finish(_ branch: Branch) async throws {
    let pending = try PendingMerge.loadExisting(branch, of: .merge)
    try await run(
      branch, pending, commit.info(commit.message ?? pending.message),
      { try await pending.merge(into: branch) })
    try PendingMerge.remove(branch)
  }

  /// Makes the merge, again if somebody was faster, or tells its conflicts.
  private func run(
    _ branch: Branch, _ pending: PendingMerge, _ info: Info,
    _ merging: () async throws -> BranchMerge
  ) async throws {
    if dryRun { return try tell(planned: try await merging()) }
    let (merge, result) = try await PendingMerge.make(info, merging)
    guard let result else { throw try pending.keep(merge, output) }
    try report(result, of: merge)
  }

  private func report(_ result: MergeResult, of merge: BranchMerge) throws {
    let id = result.head.map { Style.output(.yellow, String($0.hex.prefix(10))) } ?? "no commit"
    let name = merge.branch.name
    let (outcome, text): (String, String) =
      switch result {
      case .unchanged: ("unchanged", "nothing to merge: \(name) stays at \(id)")
      case .fastForwarded: ("fastForward", "\(name) moved on to \(id)")
      case .merged(let commit, _): ("merged", "[\(name) \(id)] \(commit.subject)")
      }
    if !output.isJSON { return try StandardOutput.line(text) }
    var report = MergeReport(merge, outcome)
    report.commit = result.head?.hex
    try JSONLine.print(report)
  }

  private func tell(planned merge: BranchMerge) throws {
    let outcome =
      switch merge.kind {
      case .unchanged: "unchanged"
      case .fastForward: "fastForward"
      case .merge, .change: merge.conflicts.isEmpty ? "merged" : "conflicts"
      }
    if output.isJSON {
      var report = MergeReport(merge, outcome)
      report.dryRun = true
      report.paths = merge.changedPaths.map(\.description)
      report.conflicts = merge.conflicts.map(ConflictFacts.init)
      try JSONLine.print(report)
    } else {
      let name = merge.branch.name
      switch merge.kind {
      case .unchanged: try StandardOutput.line("nothing to merge: \(name) has it already")
      case .fastForward:
        try StandardOutput.line("\(name) would move on to \(merge.source.hex.prefix(10))")
      case .merge, .change:
        try StandardOutput.line(
          "a merge commit on \(name) would change "
            + NumberText.count(merge.changedPaths.count, "path"))
        for path in merge.changedPaths {
          try StandardOutput.line("  \(QuotedName.text(path.bytes))")
        }
        if !merge.conflicts.isEmpty {
          try StandardOutput.line(NumberText.count(merge.conflicts.count, "conflict"))
          for conflict in merge.conflicts { try StandardOutput.line(ConflictFacts.line(conflict)) }
        }
      }
    }
    if !merge.conflicts.isEmpty { throw Failure(.refused, "") }
  }
}
