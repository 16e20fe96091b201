import ArgumentParser
import Irminsul

struct LogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Print the history of a branch or another revision, newest first.",
    discussion: """
      JSON keys: id, tree, parents, author and committer (each: name, email, seconds, zone), \
      subject, message.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Flag(help: "A line for each commit.")
  var oneline = false

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("number")],
    help: "Print so many commits at most.")
  var number: Int?

  @Option(help: "Leave out so many of the newest.")
  var skip = 0

  @Argument(help: "Where the history starts (default: the branch).")
  var revision: String?

  func validate() throws {
    if let number, number < 0 { throw ValidationError("-n must be 0 or more") }
    if skip < 0 { throw ValidationError("--skip must be 0 or more") }
    if revision != nil, branch.name != nil {
      throw ValidationError("give a revision or --branch, not both")
    }
  }

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let start = try await start(in: repository)
      // Names beside the commits are for people, as in git log.
      let names = Style.output.isTerminal ? try await RefNames(of: repository) : nil
      var count = 0
      for try await commit in repository.log(from: start).dropFirst(skip) {
        if let number, count >= number { break }
        try print(commit, names: names?.text(for: commit.id) ?? "", isFirst: count == 0)
        count += 1
      }
    }
  }

  private func start(in repository: Repository) async throws -> ObjectID {
    if let revision { return try await repository.resolveCommit(revision).id }
    let branch = try await branch.branch(of: repository)
    guard let head = try await branch.head() else {
      throw try await BranchOption.absence(of: branch)
    }
    return head.id
  }

  private func print(_ commit: Commit, names: String, isFirst: Bool) throws {
    if output.isJSON { return try JSONLine.print(CommitFacts(commit)) }
    if oneline {
      return try StandardOutput.line(
        "\(Style.output(.yellow, String(commit.id.hex.prefix(10))))\(names) \(commit.subject)")
    }
    var lines = isFirst ? [] : [""]
    lines.append(Style.output(.yellow, "commit \(commit.id)") + names)
    if commit.parents.count > 1 {
      lines.append(
        "Merge: " + commit.parents.map { String($0.hex.prefix(10)) }.joined(separator: " "))
    }
    lines.append("Author: \(commit.author?.name ?? "") <\(commit.author?.email ?? "")>")
    lines.append("Date:   \(DateText.git(commit.author))")
    lines.append("")
    var message = commit.message.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while message.last?.allSatisfy(\.isWhitespace) == true { message.removeLast() }
    while message.first?.allSatisfy(\.isWhitespace) == true { message.removeFirst() }
    lines += message.map { "    \($0)" }
    try StandardOutput.line(lines.joined(separator: "\n"))
  }
}

/// A commit as `log` prints it in JSON.
struct CommitFacts: Encodable {
  struct PersonFacts: Encodable {
    let name: String
    let email: String?
    let seconds: Int64?
    let zone: String?

    init(_ identity: Identity) {
      name = identity.name
      email = identity.email
      seconds = identity.seconds
      zone = identity.offsetText
    }
  }

  let id: String
  let tree: String
  let parents: [String]
  let author: PersonFacts?
  let committer: PersonFacts?
  let subject: String
  let message: String

  init(_ commit: Commit) {
    id = commit.id.hex
    tree = commit.tree.hex
    parents = commit.parents.map(\.hex)
    author = commit.author.map(PersonFacts.init)
    committer = commit.committer.map(PersonFacts.init)
    subject = commit.subject
    message = commit.message
  }
}

/// The branches and tags at each commit.
private struct RefNames {
  private var names: [ObjectID: [String]] = [:]

  init(of repository: Repository) async throws {
    let head = try await repository.headReference()
    for (ref, id) in try await repository.refs().sorted(by: { $0.key < $1.key }) {
      var name = ref
      for prefix in ["refs/heads/", "refs/"] where name.hasPrefix(prefix) {
        name = String(name.dropFirst(prefix.count))
        break
      }
      if ref.hasPrefix("refs/tags/") { name = "tag: \(ref.dropFirst("refs/tags/".count))" }
      if head == "ref: \(ref)" {
        names[id, default: []].insert("HEAD -> \(name)", at: 0)
      } else {
        names[id, default: []].append(name)
      }
    }
  }

  func text(for id: ObjectID) -> String {
    guard let names = names[id] else { return "" }
    return " " + Style.output(.green, "(\(names.joined(separator: ", ")))")
  }
}
