import ArgumentParser
import Irminsul

struct LogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Print the history of a branch or another revision, newest first.",
    usage: """
      irminsul log [REV …] [-- PATH]
      irminsul log --all [-- PATH]
      irminsul log --graph [REV …] [-- PATH]
      """,
    discussion: """
      A REV may be A..B (what B has and A has not), A...B (what one of them has) or ^A. With a PATH: the commits \
      that changed what is there; a merge that has it as one of its parents has it leads to that parent alone, \
      unless --full-history is given.

      Examples:
        irminsul log --oneline main..topic
        irminsul log -n 3 --patch -- config/theme

      JSON keys: id, tree, parents, author and committer (each: name, email, seconds, zone), \
      subject, message; messageBase64 for a message that is not UTF-8; side (left, right) with --left-right; \
      changes (each: path, change, old, new, patch) with --patch, and with insertions and deletions with --stat.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions
  @OptionGroup var order: OrderOptions
  @OptionGroup var patch: PatchOptions

  @Flag(help: "A line for each commit.")
  var oneline = false

  @Flag(help: "Draw the lines of history beside the commits, a line for each commit.")
  var graph = false

  @Flag(help: "From all branches, tags and other refs, and HEAD.")
  var all = false

  @Flag(help: "The oldest first; -n and --skip count from the newest all the same.")
  var reverse = false

  @Flag(help: "Of a merge, follow only the first parent: without what was merged.")
  var firstParent = false

  @Flag(help: "With a path: follow all parents of a merge.")
  var fullHistory = false

  @Flag(help: "With A...B: mark what A has with <, what B has with >.")
  var leftRight = false

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("number")],
    parsing: .unconditional, help: "Print so many commits at most.")
  var number: Int?

  @Option(help: "Leave out so many of the newest.")
  var skip = 0

  @Option(help: ArgumentHelp("Go so many steps from child to parent at most.", valueName: "n"))
  var depth: Int?

  @Option(
    name: .customLong("not"),
    help: ArgumentHelp("Leave out what is in this one's history, and itself.", valueName: "rev"))
  var excluded: [String] = []

  @Option(
    name: .customLong("path"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Only what changed this path: as PATH after \"--\".", valueName: "path"))
  var paths: [String] = []

  @Argument(help: ArgumentHelp("Where the history starts (default: the branch).", valueName: "rev"))
  var revisions: [String] = []

  /// `irminsul log REV … -- PATH` with PATH as an option: the parser knows one list of words only.
  static func withPathOption(_ words: [String]) -> [String] {
    guard words.first == configuration.commandName, let end = words.firstIndex(of: "--")
    else { return words }
    return words[..<end] + words[(end + 1)...].flatMap { ["--path", $0] }
  }

  func validate() throws {
    if let number, number < 0 { throw ValidationError("-n must be 0 or more") }
    if skip < 0 { throw ValidationError("--skip must be 0 or more") }
    if let depth, depth < 0 { throw ValidationError("--depth must be 0 or more") }
    if !revisions.isEmpty, branch.name != nil {
      throw ValidationError("give a revision or --branch, not both")
    }
    if paths.contains("") {
      throw ValidationError("\"\" is no path: give one, or leave it out for the whole history")
    }
    if all, branch.name != nil { throw ValidationError("give --all or --branch, not both") }
    if graph, reverse { throw ValidationError("give --graph or --reverse, not both") }
    if paths.count > 1 {
      throw ValidationError("give one path; a folder stands for all that is in it")
    }
    if fullHistory, paths.isEmpty { throw ValidationError("--full-history goes with a path") }
    if leftRight, !revisions.contains(where: { $0.contains("...") }) {
      throw ValidationError("--left-right goes with A...B")
    }
    if graph, output.isJSON {
      throw ValidationError("give --graph or --json, not both: `irminsul graph --json` has edges")
    }
    if graph, patch.isAsked {
      throw ValidationError("give --graph or --\(patch.isPatch ? "patch" : "stat"), not both")
    }
    if graph, leftRight { throw ValidationError("give --graph or --left-right, not both") }
  }

  func run() async throws {
    try branch.check()
    let path = try paths.first.map { try Path(reading: $0) }
    try await store.withRepository(.read) { repository in
      let range =
        try await all
        ? RevisionRange(ofAll: revisions, not: excluded, in: repository, hint: pathHint)
        : RevisionRange(revisions, not: excluded, from: branch, in: repository, hint: pathHint)
      let options = options(range, path)
      if graph { return try await draw(range, options, in: repository) }
      // Names beside the commits are for people, as in git log.
      let names = Style.output.isTerminal ? try await repository.refLabels() : [:]
      let left = try await left(of: range, in: repository)
      var count = 0
      func tell(_ commit: Commit) async throws {
        let isLeft = left?.contains(commit.id)
        var facts = CommitFacts(commit)
        facts.side = isLeft.map { $0 ? "left" : "right" }
        let changes = try await changes(of: commit, at: path ?? .root, in: repository)
        if output.isJSON {
          if patch.isAsked { facts.changes = try await patch.facts(of: changes, in: repository) }
          try JSONLine.print(facts)
        } else {
          try print(commit, names[commit.id] ?? [], isLeft: isLeft, isFirst: count == 0)
          if !changes.isEmpty, !oneline { try StandardOutput.line("") }
          try await patch.print(changes, output, in: repository)
        }
        count += 1
      }
      var held: [Commit] = []
      var taken = 0
      for try await commit in repository.log(from: range.starts, options).dropFirst(skip) {
        if let number, taken >= number { break }
        taken += 1
        if reverse { held.append(commit) } else { try await tell(commit) }
      }
      for commit in held.reversed() { try await tell(commit) }
    }
  }

  private func options(_ range: RevisionRange, _ path: Path?) -> LogOptions {
    var options = LogOptions(
      order: order.commitOrder(otherwise: graph ? .topological : .date),
      parents: firstParent ? .first : .all, path: path)
    options.simplification = fullHistory ? .full : .simplified
    options.excluding = range.excluded
    options.depth = depth
    return options
  }

  private func draw(
    _ range: RevisionRange, _ options: LogOptions, in repository: Repository
  ) async throws {
    let drawing = try await repository.drawing(
      of: range.starts, options, skip: skip, limit: number ?? .max)
    let text = drawing.text(for: Style.output.isTerminal ? .shown : .hidden)
    try StandardOutput.write(text.utf8)
  }

  /// The commits that the left end of A...B has.
  private func left(
    of range: RevisionRange, in repository: Repository
  ) async throws -> Set<ObjectID>? {
    guard leftRight, let sides = range.sides else { return nil }
    var options = LogOptions()
    options.excluding = [sides.right]
    var left: Set<ObjectID> = []
    for try await commit in repository.log(from: sides.left, options) { left.insert(commit.id) }
    return left
  }

  /// What a commit changed at a path, where that is asked for; of a merge only along the first parent, as git does.
  private func changes(
    of commit: Commit, at path: Path, in repository: Repository
  ) async throws -> [TreeChange] {
    guard patch.isAsked, firstParent || commit.parents.count < 2 else { return [] }
    return try await repository.changes(of: commit).filter {
      $0.path.steps.starts(with: path.steps)
    }
  }

  private func pathHint(_ word: String) -> String? {
    if !paths.isEmpty || word.contains(":") { return nil }
    return "For the history of a path write: irminsul log -- \(word)"
  }

  private func print(
    _ commit: Commit, _ labels: [String], isLeft: Bool?, isFirst: Bool
  ) throws {
    let mark = isLeft.map { $0 ? "< " : "> " } ?? ""
    let text = CommitText(commit: commit, labels: labels, mark: mark)
    try StandardOutput.line(oneline ? text.line : (isFirst ? "" : "\n") + text.paragraphs)
  }
}
