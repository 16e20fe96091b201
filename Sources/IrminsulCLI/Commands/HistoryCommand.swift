import ArgumentParser
import Irminsul

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Print a history as a graph: each commit with its parents.",
    discussion: """
      Each line is the id of a commit and those of its parents that are in the graph, as `git rev-list --date-order \
      --parents` prints them: none before all of its children, and else newest first. --min REV ends the graph at a \
      commit: it is in it, and what is before it is not, unless it is reached on another way.

      Example: irminsul history main --depth 10 --json

      JSON keys, a line for each commit: commit, parents, children, seconds (when it was committed), cut (whether \
      the history goes on before it).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Go so many steps from child to parent at most.", valueName: "n"))
  var depth: Int?

  @Option(
    help: ArgumentHelp("A commit where the graph ends; may be given again.", valueName: "rev"))
  var min: [String] = []

  @Argument(help: ArgumentHelp("Where it starts (default: the branch).", valueName: "rev"))
  var revisions: [String] = []

  private struct Facts: Encodable {
    let commit: String
    let parents: [String]
    let children: [String]
    let seconds: Int64?
    let cut: Bool
  }

  func validate() throws {
    if let depth, depth < 0 { throw ValidationError("--depth must be 0 or more") }
    if !revisions.isEmpty, branch.name != nil {
      throw ValidationError("give a revision or --branch, not both")
    }
  }

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      var starts: [ObjectID] = []
      for revision in revisions {
        starts.append(try await branch.start(at: revision, in: repository))
      }
      if starts.isEmpty { starts = [try await branch.head(in: repository)] }
      var ends: Set<ObjectID> = []
      for revision in min { ends.insert(try await repository.resolveCommit(revision).id) }
      let graph = try await repository.history(of: starts, min: ends, depth: depth)
      for commit in graph.commits {
        let parents = graph.parents(of: commit)
        if output.isJSON {
          try JSONLine.print(
            Facts(
              commit: commit.hex, parents: parents.map(\.hex),
              children: graph.children(of: commit).map(\.hex),
              seconds: graph.date(of: commit)?.seconds, cut: graph.isCut(at: commit)))
        } else {
          try StandardOutput.line(
            ([Style.output(.yellow, commit.hex)] + parents.map(\.hex)).joined(separator: " "))
        }
      }
    }
  }
}
