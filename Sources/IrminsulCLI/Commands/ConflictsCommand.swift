import ArgumentParser
import Irminsul

struct ConflictsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "Show what a merge, a revert or a cherry-pick that waits still has to have decided.",
    discussion: """
      Without a path each conflict is a line. With one the versions are printed as one text, with marks \
      around what differs: a start for a value that `irminsul resolve PATH --file FILE` takes.

      Example: irminsul conflicts config/theme

      JSON keys, a line for each conflict: path, reason, base, ours, theirs (each: mode, id; left out \
      where there is nothing).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Argument(help: "Print the versions of this path.")
  var path: String?

  func run() async throws {
    try branch.check()
    let path = try path.map { try Path(reading: $0) }
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      let pending = try PendingMerge.loadExisting(branch)
      // A path that is decided may be looked at again, and decided anew.
      if let path { return try await show(path, try await pending.undecided(on: branch)) }
      let merge = try await pending.merge(into: branch)
      for conflict in merge.conflicts {
        if output.isJSON {
          try JSONLine.print(ConflictFacts(conflict))
        } else {
          try StandardOutput.line(ConflictFacts.line(conflict))
        }
      }
      if merge.conflicts.isEmpty, !output.isJSON {
        try StandardOutput.line(pending.allResolved)
      }
    }
  }

  private func show(_ path: Path, _ merge: BranchMerge) async throws {
    guard let conflict = merge.conflicts.first(where: { $0.path == path }) else {
      throw Failure(
        .refused, "\"\(path)\" has no conflict\nSee those that are left with `irminsul conflicts`.")
    }
    if output.isJSON { return try JSONLine.print(ConflictFacts(conflict)) }
    let ours = try await merge.content(of: conflict.ours)
    let theirs = try await merge.content(of: conflict.theirs)
    guard let ours, let theirs else {
      for (name, entry) in [
        ("base", conflict.base), ("ours", conflict.ours), ("theirs", conflict.theirs),
      ] {
        let text = try await FoundText.describe(entry, in: merge.branch.repository)
        try StandardOutput.line("\(Style.output(.bold, name)): \(text)")
      }
      return
    }
    try StandardOutput.write(
      ContentMerge.text.marked(
        base: try await merge.content(of: conflict.base), ours: ours, theirs: theirs))
  }
}
