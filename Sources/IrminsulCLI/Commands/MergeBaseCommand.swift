import ArgumentParser
import Irminsul

struct MergeBaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lca", abstract: "Print the best common ancestors of some commits.",
    discussion: """
      Of two: the commits that both have in their history, without those that another such commit has in its own; \
      of more, those of the first and of a commit that would merge the others, as `git merge-base --all` prints them. When \
      there are none, the exit code is 1.

      Example: irminsul lca main topic

      JSON keys, a line for each: commit, subject.
      """, aliases: ["merge-base"])

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Print nothing; exit with 0 if the first is in the history of the second, else 1.")
  var isAncestor = false

  @Argument(help: "Two commits or more.")
  var revisions: [String]

  private struct Facts: Encodable {
    let commit: String
    let subject: String
  }

  func validate() throws {
    if revisions.count < 2 { throw ValidationError("give two commits or more") }
    if isAncestor, revisions.count > 2 { throw ValidationError("--is-ancestor takes two commits") }
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      var commits: [Commit] = []
      for revision in revisions {
        commits.append(try await repository.resolveCommit(ArgumentText.shown(revision)))
      }
      if isAncestor {
        guard try await repository.isAncestor(commits[0].id, of: commits[1].id) else {
          throw Failure(.refused, "")
        }
        return
      }
      let bases = try await repository.mergeBases(
        commits[0].id, merged: commits.dropFirst().map(\.id))
      if bases.isEmpty {
        throw Failure(.refused, "\(revisions.joined(separator: " and ")) have no commit in common")
      }
      for id in bases {
        let subject = try await repository.commit(id).subject
        if output.isJSON {
          try JSONLine.print(Facts(commit: id.hex, subject: subject))
        } else {
          try StandardOutput.line("\(Style.output(.yellow, id.hex)) \(subject)")
        }
      }
    }
  }
}
