import ArgumentParser
import Irminsul

struct LastModifiedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "last-modified",
    abstract: "Print the commits that last changed what is at a path, newest first.",
    discussion: """
      Each line is: id, date, author, subject; the removal of a path is a change too. As `git log -n N -- PATH`. When \
      nothing was ever at the path, the exit code is 1.

      Example: irminsul last-modified config/theme main -n 3

      JSON keys: id, tree, parents, author and committer (each: name, email, seconds, zone), \
      subject, message; messageBase64 for a message that is not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("number")],
    help: "Print so many commits at most.")
  var number = 1

  @Option(help: ArgumentHelp("Go so many steps from child to parent at most.", valueName: "n"))
  var depth: Int?

  @Flag(help: "Look at the sides of merges that were not taken, too.")
  var fullHistory = false

  @Argument(help: "The path: a value or a folder.")
  var path: String

  @Argument(help: ArgumentHelp("Where to start (default: the branch).", valueName: "rev"))
  var revision: String?

  func validate() throws {
    if number < 1 { throw ValidationError("-n must be 1 or more") }
    if let depth, depth < 0 { throw ValidationError("--depth must be 0 or more") }
    if revision != nil, branch.name != nil {
      throw ValidationError("give a revision or --branch, not both")
    }
  }

  func run() async throws {
    try branch.check()
    let path = try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let start = try await branch.start(at: revision, in: repository)
      let commits = try await repository.lastModified(
        path, from: start, n: number, depth: depth,
        simplification: fullHistory ? .full : .simplified)
      if commits.isEmpty {
        throw Failure(
          .refused,
          "no commit\(depth == nil ? "" : " so near") has changed \"\(path)\"\n"
            + "See what is there with `irminsul ls` or `irminsul tree`.")
      }
      for commit in commits {
        if output.isJSON {
          try JSONLine.print(CommitFacts(commit))
        } else {
          try StandardOutput.line(
            "\(Style.output(.yellow, commit.id.short)) \(DateText.iso(commit.author)) "
              + "\(commit.author?.name ?? "")  \(commit.subject)")
        }
      }
    }
  }
}

extension BranchOption {
  /// The commit that a revision names, else the branch's head.
  func start(at revision: String?, in repository: Repository) async throws -> ObjectID {
    guard let revision else { return try await head(in: repository) }
    return try await repository.resolveCommit(ArgumentText.shown(revision)).id
  }
}
