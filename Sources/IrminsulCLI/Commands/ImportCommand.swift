import ArgumentParser
import Irminsul

struct ImportCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Bring in a local Git repository: all refs and their history.",
    discussion: """
      Branches become branches, tags and other refs keep their full names, and HEAD is kept. A \
      second import adds only what is new; one that was interrupted can be run again. A store that \
      is made for it has the repository's kind of ids.

      A branch moves forward only: one that has commits that the repository lacks stays, as does a \
      tag that is elsewhere; they are named, and the exit code is 1. --force moves them, and HEAD.

      Example: irminsul import path/to/git/repository

      JSON keys: objects, newObjects, bytes, refs, changedRefs, symbolicRefs (refs that named \
      another ref, and are plain refs here), keptRefs (names of those that stay elsewhere).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Move branches and tags also where the store loses commits by that, and HEAD.")
  var force = false

  @Argument(help: "A Git repository, bare or not.")
  var repository: String

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    // Before a store is made, which gets the ids of the repository.
    let algorithm = try await Repository.gitAlgorithm(of: repository)
    let summary: ImportSummary
    do {
      summary = try await store.withRepository(.write, hash: algorithm) { store in
        try await store.importGit(from: repository, policy: force ? .mirror : .fastForward) {
          bar.show($0)
        }
      }
    } catch StoreError.wrongHash(let found, let asked, _) {
      throw StoreError.git(.wrongHash(path: repository, found: asked, store: found))
    }
    bar.finish()
    try print(summary)
    if let first = summary.keptRefs.first {
      let count = summary.keptRefs.count
      throw Failure(
        .refused,
        (count == 1
          ? "\(first) stays where it is: the store has"
          : "\(first) and \(NumberText.count(count - 1, "other ref")) stay where they are: the store has")
          + " there what the repository lacks\nMove with import --force what may be lost.")
    }
  }

  private func print(_ summary: ImportSummary) throws {
    if output.isJSON { return try JSONLine.print(summary) }
    try StandardOutput.line(
      "imported \(NumberText.count(summary.objects, "object")), "
        + "\(NumberText.count(summary.newObjects)) of them new "
        + "(\(NumberText.size(summary.bytes))), and \(NumberText.count(summary.refs, "ref")), "
        + "\(NumberText.count(summary.changedRefs)) of them changed")
    if summary.symbolicRefs > 0 {
      try StandardOutput.line(
        "\(NumberText.count(summary.symbolicRefs, "ref")) that named another ref, such as "
          + "refs/remotes/origin/HEAD, point to what that leads to now")
    }
  }
}
