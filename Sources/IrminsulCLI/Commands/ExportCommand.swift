import ArgumentParser
import Irminsul

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the whole store to a new bare Git repository.",
    discussion: """
      Most of the time goes into packing the objects as differences from one another; --whole \
      leaves that out, and the repository is several times larger until `git gc`.

      JSON keys: objects, bytes, refs.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Compress each object by itself: faster, and larger.")
  var whole = false

  @Argument(help: "A folder that is not there yet, or is empty.")
  var folder: String

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    try await store.withRepository(.read) { store in
      let summary = try await store.exportGit(
        to: folder, packing: whole ? .whole : .deltas
      ) { bar.show($0) }
      bar.finish()
      if output.isJSON { return try JSONLine.print(summary) }
      try StandardOutput.line(
        "exported \(NumberText.count(summary.objects, "object")) "
          + "(\(NumberText.size(summary.bytes))) and \(NumberText.count(summary.refs, "ref")) "
          + "to \(folder)")
    }
  }
}
