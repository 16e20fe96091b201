import ArgumentParser
import Irminsul

struct BlameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame",
    abstract: "Print which commit wrote each line of a value, or each entry of a folder.",
    discussion: """
      Each line is, as in `git blame`: id (author date number) line. Of a folder: id (author date) name, with the commit \
      that changed the entry last; one walk over the history finds them all.

      Examples:
        irminsul blame config/app.conf -L 10,20
        irminsul blame config main~5

      JSON keys of a line: line, originalLine (its number in that commit), text, or base64 when it is not UTF-8, \
      commit, author (name, email, seconds, zone), subject; of an entry: path, name, kind, mode, id, commit, author, \
      subject, and pathBase64 for a path that is not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Option(
    name: .customShort("L", allowingJoined: true),
    help: ArgumentHelp(
      "Only these lines, from 1: 10,20 or 10 or 10, (to the end) or ,20.",
      valueName: "start,end"))
  var lines: LineRange?

  @Argument(help: "The path: a value, or a folder; \"\" is the root.")
  var path: String

  @Argument(help: ArgumentHelp("In which state (default: the branch's head).", valueName: "rev"))
  var revision: String?

  /// Lines as git's -L has them.
  struct LineRange: ExpressibleByArgument {
    let range: ClosedRange<Int>

    init?(argument: String) {
      let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), let first = parts.first, let last = parts.last,
        let start = first.isEmpty ? 1 : Int(first), start > 0,
        !(first.isEmpty && last.isEmpty)
      else { return nil }
      let end = parts.count == 1 || !last.isEmpty ? Int(last) : .max
      guard let end, end >= start else { return nil }
      range = start...end
    }
  }

  private struct LineFacts: Encodable {
    let line: Int
    let originalLine: Int
    let text: String?
    let base64: String?
    let commit: String
    let author: CommitFacts.PersonFacts?
    let subject: String
  }

  private struct BlamedFacts: Encodable {
    let entry: EntryFacts
    let commit: Commit

    private enum CodingKeys: CodingKey {
      case commit, author, subject
    }

    func encode(to encoder: any Encoder) throws {
      try entry.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(commit.id.hex, forKey: .commit)
      try container.encodeIfPresent(
        commit.author.map(CommitFacts.PersonFacts.init), forKey: .author)
      try container.encode(commit.subject, forKey: .subject)
    }
  }

  func validate() throws {
    if revision != nil, branch.name != nil {
      throw ValidationError("give a revision or --branch, not both")
    }
  }

  func run() async throws {
    try branch.check()
    let path = try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let start = try await branch.start(at: revision, in: repository)
      let label = "\"\(revision.map(ArgumentText.shown) ?? "the branch's head")\""
      let tree = try await repository.tree(start)
      guard let entry = try await tree.entry(path) else {
        throw TreeSource(tree: tree, label: label).absence(of: path)
      }
      if entry.mode.isTree {
        if lines != nil {
          throw Failure(.usage, "-L goes with a value, and \"\(path)\" is a folder")
        }
        return try print(try await repository.blame(entriesOf: path, at: start), at: path)
      }
      if entry.mode.isSubmodule {
        throw Failure(
          .refused, "\"\(path)\" is commit \(entry.id) of another repository (a submodule)")
      }
      try print(try await repository.blame(linesOf: path, at: start, lines: lines?.range))
    }
  }

  private func print(_ found: [BlamedLine]) throws {
    let width = found.map { $0.commit.authorName.count }.max() ?? 0
    let digits = String(found.last?.number ?? 0).count
    for line in found {
      if output.isJSON {
        let bytes = JSONBytes(line.bytes)
        try JSONLine.print(
          LineFacts(
            line: line.number, originalLine: line.originalNumber, text: bytes.text,
            base64: bytes.base64, commit: line.commit.id.hex,
            author: line.commit.author.map(CommitFacts.PersonFacts.init),
            subject: line.commit.subject))
        continue
      }
      let number = String(line.number)
      let padding = String(repeating: " ", count: digits - number.count)
      try StandardOutput.write("\(head(line.commit, width)) \(padding)\(number)) ".utf8)
      try StandardOutput.write(line.bytes)
      if line.bytes.last != UInt8(ascii: "\n") { try StandardOutput.line("") }
    }
  }

  private func print(_ found: [BlamedEntry], at path: Path) throws {
    let width = found.map { $0.commit.authorName.count }.max() ?? 0
    for blamed in found {
      if output.isJSON {
        let entry = EntryFacts(path.appending(blamed.item.name), blamed.item.entry)
        try JSONLine.print(BlamedFacts(entry: entry, commit: blamed.commit))
      } else {
        let name = EntryName.shown(blamed.item.name, blamed.item.entry)
        try StandardOutput.line("\(head(blamed.commit, width))) \(name)")
      }
    }
  }

  private func head(_ commit: Commit, _ width: Int) -> String {
    let name = commit.authorName
    let padding = String(repeating: " ", count: width - name.count)
    return
      "\(Style.output(.yellow, commit.id.short)) (\(name)\(padding) \(DateText.iso(commit.author))"
  }
}

extension Commit {
  fileprivate var authorName: String { author?.name ?? "unknown" }
}
