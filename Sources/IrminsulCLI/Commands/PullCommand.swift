import ArgumentParser
import Irminsul

struct PullCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetch a branch of another store and merge it.",
    discussion: """
      The branch moves on if that is enough; else a merge commit is made, as by `irminsul merge`. On conflicts \
      nothing is changed; what was fetched is kept as refs/remotes/NAME/BRANCH. With --reset the branch \
      moves there, and loses what only it has.

      Example: irminsul pull redis://server/0?name=app

      JSON keys: ref, change (unchanged, fastForward, merged or forced), old, new.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var rules: MergeRuleOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .customLong("as"), help: "What the other store is called here.")
  var name = "origin"

  @Flag(help: "Move the branch to what is fetched instead of merging it.")
  var reset = false

  @Argument(help: RemoteStore.help)
  var url: String

  @Argument(help: "The other store's branch (default: of the same name).")
  var other: String?

  func run() async throws {
    try branch.check()
    for branch in [other, name].compactMap({ $0 }) { try BranchOption.check(branch) }
    let options = MergeOptions(rules: try MergeRuleOptions.rules(rules.rules))
    let bar = ProgressBar()
    defer { bar.finish() }
    try await RemoteStore.withRepository(url) { remote in
      try await store.withLike(remote) { repository in
        let branch = try await branch.branch(of: repository)
        let source = other ?? branch.name
        let heads = try await repository.fetch([source], from: remote, tracking: name) {
          bar.show($0)
        }
        bar.finish()
        guard let head = heads[source] else { throw StoreError.noSuchBranch(source) }
        let old = try await branch.head()?.id
        if reset {
          try await branch.setHead(head)
          let change = old == head ? "unchanged" : old == nil ? "created" : "forced"
          return try SyncFacts(
            ref: "refs/heads/\(branch.name)", change: change, old: old, new: head
          ).print(output)
        }
        do {
          let result = try await branch.merge(
            head, commit.info("Merge branch '\(source)' of \(name) into \(branch.name)"), options)
          let change =
            switch result {
            case .unchanged: "unchanged"
            case .fastForwarded: "fastForward"
            case .merged: "merged"
            }
          try SyncFacts(
            ref: "refs/heads/\(branch.name)", change: change, old: old, new: result.head
          ).print(output)
        } catch StoreError.unrelatedHistories(_, _) {
          throw Failure(
            .refused,
            "fetched, and not merged: \(source) of \(name) and \(branch.name) have no commit in common\n"
              + "Merge them all the same with `irminsul merge refs/remotes/\(name)/\(source) "
              + "--allow-unrelated-histories`.")
        } catch StoreError.mergeConflicts(let conflicts) {
          for conflict in conflicts { try StandardOutput.line(ConflictFacts.line(conflict)) }
          throw Failure(
            .refused,
            "fetched, and not merged: \(NumberText.count(conflicts.count, "conflict"))\n"
              + "Decide with `irminsul merge refs/remotes/\(name)/\(source)` and `irminsul resolve`."
          )
        }
      }
    }
  }
}
