import ArgumentParser
import Irminsul

struct SliceExportCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write refs and what they lead to into a slice file.",
    discussion: """
      Example: irminsul slice export monday.slice --since main@{1}

      JSON keys: objects, newObjects, bytes, refs, changedRefs, needed (commits that it goes on from).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "Leave out what this commit leads to: whoever imports the slice must have it.",
      valueName: "rev"))
  var since: [String] = []

  @Option(help: ArgumentHelp("Go no further than this commit, which is in it.", valueName: "rev"))
  var min: [String] = []

  @Option(help: "Go so many steps from child to parent (0: the heads alone).")
  var depth: Int?

  @Flag(help: "Leave out trees and values: the history alone.")
  var commitsOnly = false

  @Argument(help: "A file that is not there yet; - for standard output.")
  var file: String

  @Argument(help: "Branches, or full names of refs (default: all).")
  var refs: [String] = []

  func validate() throws {
    if let depth, depth < 0 { throw ValidationError("--depth must be 0 or more") }
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    try await store.withRepository(.read) { repository in
      var options = SliceOptions()
      options.refs = refs.isEmpty ? nil : refs
      for name in since { options.since.append(try await repository.resolveCommit(name).id) }
      for name in min { options.min.insert(try await repository.resolveCommit(name).id) }
      options.depth = depth
      options.isFull = !commitsOnly
      let summary = try await repository.exportSlice(to: file, options) { bar.show($0) }
      bar.finish()
      // The slice itself is on standard output.
      if file == "-" { return }
      if output.isJSON { return try JSONLine.print(summary) }
      try StandardOutput.line(
        "wrote \(NumberText.count(summary.objects, "object")) and "
          + "\(NumberText.count(summary.refs, "ref")) to \(file) "
          + "(\(NumberText.size(summary.bytes)))"
          + (summary.needed > 0
            ? ", which goes on from \(NumberText.count(summary.needed, "commit"))" : ""))
    }
  }
}
