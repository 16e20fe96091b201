import Irminsul

/// What `revert` and `cherry-pick` have in common.
enum ChangeAgain {
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
