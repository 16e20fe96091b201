import ArgumentParser
import Irminsul

struct ExportCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the whole store to a new bare Git repository.",
    discussion: """
      Most of the time goes into packing the objects as differences from one another; --whole \
      leaves that out, and the repository is several times larger until `git gc`. With --plain the \
      wide directories of a store with the layout "wide" become ordinary ones, as `git` itself would \
      have made them: commits get new ids and lose their signatures.

      Example: irminsul export copy.git

      JSON keys: objects, bytes, refs.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Compress each object by itself: faster, and larger.")
  var whole = false

  @Flag(help: "Write each directory as one tree, whatever the store's layout.")
  var plain = false

  @Argument(help: "A folder that is not there yet, or is empty.")
  var folder: String

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    try await store.withRepository(.read) { store in
      let summary = try await store.exportGit(
        to: folder, packing: whole ? .whole : .deltas, form: plain ? .plain : .stored
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
