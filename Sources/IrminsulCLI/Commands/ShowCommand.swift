import ArgumentParser
import Irminsul

struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a commit and what it changed, a value, a folder or a tag.",
    usage: """
      irminsul show [--patch] [REV]
      irminsul show REV:PATH
      """,
    discussion: """
      A commit is printed as `git show` prints it, then the paths that it changed: A (added), D (removed) or M \
      (changed), of a merge from its first parent; with --patch line by line. A value is printed as it is, a folder \
      as the names in it, a tag with what it points to.

      Examples:
        irminsul show --patch main~2
        irminsul show v1:config/theme

      JSON keys: of a commit id, tree, parents, author and committer (each: name, email, seconds, zone), subject, \
      message, messageBase64, and changes (each: path, change, old, new, patch with --patch, insertions and deletions with --stat); of a value: id, kind, size, text, or \
      base64 when it is not UTF-8; of a folder a line for each entry: path, name, kind, mode, id; of a tag: id, \
      kind, name, tagger, message, object, objectKind, then a line for what it points to.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var patch: PatchOptions

  @Argument(help: "What to show: REV or REV:PATH.")
  var object = "HEAD"

  private struct ValueFacts: Encodable {
    let id: String
    let kind: String
    let size: Int
    let text: String?
    let base64: String?
  }

  private struct TagFacts: Encodable {
    let id: String
    let kind = "tag"
    let name: String
    let tagger: CommitFacts.PersonFacts?
    let message: String
    let object: String
    let objectKind: String
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      guard let (revision, path) = RevisionPath.divide(object) else {
        let id = try await repository.resolve(ArgumentText.shown(object))
        return try await show(id, called: ArgumentText.shown(object), in: repository)
      }
      let entry = try await repository.resolveEntry(revision, path: path)
      if entry.mode.isSubmodule {
        throw Failure(
          .refused, "\"\(path)\" is commit \(entry.id) of another repository (a submodule)")
      }
      try await show(entry.id, called: ArgumentText.shown(object), at: path, in: repository)
    }
  }

  private func show(
    _ id: ObjectID, called name: String, at path: Path = .root, in repository: Repository
  ) async throws {
    var (id, name) = (id, name)
    // A tag may point to a tag.
    while true {
      guard let found = try await repository.object(id) else {
        throw StoreError.missingObject(id, in: repository.location)
      }
      switch found.kind {
      case .commit: return try await show(try await repository.commit(id), in: repository)
      case .tree: return try await showFolder(id, called: name, at: path, in: repository)
      case .blob: return try show(value: Array(found.content), id)
      case .tag:
        let tag: TagObject
        do {
          tag = try TagObject(found, algorithm: repository.algorithm)
        } catch {
          throw StoreError.damagedObject(id, in: repository.location, reason: "\(error)")
        }
        try show(tag, id)
        (id, name) = (tag.object, tag.object.hex)
      }
    }
  }

  private func show(_ commit: Commit, in repository: Repository) async throws {
    let changes = try await repository.changes(of: commit)
    if output.isJSON {
      var facts = CommitFacts(commit)
      facts.changes = try await patch.facts(of: changes, in: repository)
      return try JSONLine.print(facts)
    }
    let names = Style.output.isTerminal ? try await repository.refLabels() : [:]
    let text = CommitText(commit: commit, labels: names[commit.id] ?? [])
    try StandardOutput.line(text.paragraphs + (changes.isEmpty ? "" : "\n"))
    try await patch.print(changes, output, in: repository)
  }

  private func show(value: [UInt8], _ id: ObjectID) throws {
    if !output.isJSON { return try StandardOutput.write(value) }
    let bytes = JSONBytes(value)
    try JSONLine.print(
      ValueFacts(
        id: id.hex, kind: "blob", size: value.count, text: bytes.text, base64: bytes.base64))
  }

  private func showFolder(
    _ id: ObjectID, called name: String, at path: Path, in repository: Repository
  ) async throws {
    if !output.isJSON {
      try StandardOutput.line(Style.output(.yellow, "tree \(name)") + "\n")
    }
    for item in try await repository.tree(id).list() {
      if output.isJSON {
        try JSONLine.print(EntryFacts(path.appending(item.name), item.entry))
      } else {
        try StandardOutput.line(EntryName.shown(item.name, item.entry))
      }
    }
  }

  private func show(_ tag: TagObject, _ id: ObjectID) throws {
    if output.isJSON {
      return try JSONLine.print(
        TagFacts(
          id: id.hex, name: tag.name, tagger: tag.tagger.map(CommitFacts.PersonFacts.init),
          message: tag.messageText, object: tag.object.hex, objectKind: tag.kind.rawValue))
    }
    var lines = [Style.output(.yellow, "tag \(tag.name)")]
    if let tagger = tag.tagger {
      lines.append("Tagger: \(tagger.name) <\(tagger.email ?? "")>")
      lines.append("Date:   \(DateText.git(tagger))")
    }
    lines.append("")
    lines += CommitText.lines(of: tag.messageText).map(String.init)
    try StandardOutput.line(lines.joined(separator: "\n") + "\n")
  }
}

extension Repository {
  /// What a commit changed of its first parent; all that it has when it has none, also where the history has been
  /// cut.
  func changes(of commit: Commit) async throws -> [TreeChange] {
    var before = Tree.empty
    if let parent = try await parents(of: commit.id).first { before = try await tree(parent) }
    return try await before.diff(to: try await tree(commit.id))
  }
}
