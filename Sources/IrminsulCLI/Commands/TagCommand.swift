import ArgumentParser
import Irminsul

struct TagCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "List, make or delete tags.",
    usage: """
      irminsul tag
      irminsul tag NAME [REV] [-m TEXT] [--force]
      irminsul tag --delete NAME
      """,
    discussion: """
      With a message the tag is an object of its own, which says who made it and when.

      Example: irminsul tag v1 main -m 'The first release'

      JSON keys, a line for each tag: tag, id (what it holds), commit (what it leads to), message (of one \
      that has one); deleted.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var commit: CommitOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: [.short, .long], help: "Delete the tag; what it names stays.")
  var delete = false

  @Flag(name: [.short, .long], help: "Move a tag that is there.")
  var force = false

  @Argument(help: "The tag's name.")
  var name: String?

  @Argument(help: "What it names (default: HEAD).")
  var revision: String?

  private struct Facts: Encodable {
    let tag: String
    let id: String
    var commit: String?
    var message: String?
    var deleted: Bool?
  }

  func validate() throws {
    if delete, name == nil || revision != nil || force || commit.message != nil {
      throw ValidationError("--delete takes one name and nothing else")
    }
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      guard let name else { return try await list(repository) }
      if delete {
        let id = try await repository.deleteTag(name)
        return try print(
          Facts(tag: name, id: id.hex, deleted: true), "deleted tag \(name) (was \(id.hex))")
      }
      let target = try await repository.resolve(revision ?? "HEAD")
      var id = target
      if let message = commit.message {
        id = try await repository.tag(name, at: target, commit.info(message), isReplacing: force)
      } else {
        try await repository.tag(name, at: target, isReplacing: force)
      }
      try print(
        Facts(tag: name, id: id.hex, commit: target.hex, message: commit.message),
        "tag \(name) is at \(Style.output(.yellow, String(target.hex.prefix(10))))")
    }
  }

  private func list(_ repository: Repository) async throws {
    for (name, id) in try await repository.tags().sorted(by: { $0.key < $1.key }) {
      let tag = try await repository.tag(name)
      let subject = tag?.messageText.split(separator: "\n").first.map(String.init)
      try print(
        Facts(
          tag: name, id: id.hex, commit: (tag?.object ?? id).hex, message: tag?.messageText),
        name + (subject.map { "  \($0)" } ?? ""))
    }
  }

  private func print(_ facts: Facts, _ text: String) throws {
    if output.isJSON { return try JSONLine.print(facts) }
    try StandardOutput.line(text)
  }
}
