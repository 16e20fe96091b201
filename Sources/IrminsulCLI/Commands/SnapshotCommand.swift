import ArgumentParser
import Irminsul

struct SnapshotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Write one commit's state, without its history, to a file.",
    discussion: """
      The file is a slice with one commit, which has no parents and says at the end of its message which \
      commit it is a copy of. `irminsul slice import FILE` makes a store of it.

      Example: irminsul snapshot state.slice --at main~10

      JSON keys: commit (in the file), of, objects, bytes.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .customLong("at"), help: ArgumentHelp("Which commit.", valueName: "rev"))
  var revision = "HEAD"

  @Option(help: "What its branch is called in the file.")
  var branch = "main"

  @Argument(help: "A file that is not there yet.")
  var file: String

  private struct Facts: Encodable {
    let commit: String
    let of: String
    let objects: Int
    let bytes: Int
  }

  func run() async throws {
    try BranchOption.check(branch)
    let bar = ProgressBar()
    defer { bar.finish() }
    try await store.withRepository(.read) { repository in
      let commit = try await repository.resolveCommit(revision)
      let (single, summary) = try await repository.exportSnapshot(
        of: commit.id, to: file, as: branch
      ) { bar.show($0) }
      bar.finish()
      if output.isJSON {
        return try JSONLine.print(
          Facts(
            commit: single.hex, of: commit.id.hex, objects: summary.objects,
            bytes: summary.bytes))
      }
      try StandardOutput.line(
        "wrote \(NumberText.count(summary.objects, "object")) of \(commit.id.hex.prefix(10)) to "
          + "\(file) (\(NumberText.size(summary.bytes))), as commit \(single.hex.prefix(10))")
    }
  }
}
