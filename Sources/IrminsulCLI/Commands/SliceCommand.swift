import ArgumentParser
import Foundation
import Irminsul

struct SliceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slice", abstract: "Write parts of a store to a file, or read them from one.",
    discussion: """
      Example: irminsul slice export all.slice && irminsul slice import all.slice --store file:copy

      JSON keys: those of `slice export` and `slice import`.
      """,
    subcommands: [SliceExportCommand.self, SliceImportCommand.self])
}

struct SliceExportCommand: AsyncParsableCommand {
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

struct SliceImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Bring in the objects and the refs of a slice file.",
    discussion: """
      Branches move on only, unless --force is given; with --objects-only no ref moves. Everything is checked \
      before a ref does. A store that is made for it is of the slice's kind.

      Example: irminsul slice import monday.slice

      JSON keys: objects, newObjects, bytes, refs, changedRefs, needed.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Move refs also where commits are lost by that.")
  var force = false

  @Flag(help: "Move no ref.")
  var objectsOnly = false

  @Argument(help: "A file that `slice export` or `snapshot` wrote; - for standard input.")
  var file: String

  func validate() throws {
    if force, objectsOnly { throw ValidationError("give --force or --objects-only, not both") }
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    // What is read once cannot be looked at before.
    let kind = Self.isRegular(file) ? try await Repository.sliceKind(of: file) : nil
    try await store.withRepository(.write, hash: kind?.algorithm, layout: kind?.layout) {
      let summary = try await $0.importSlice(
        from: file, refs: objectsOnly ? .ignored : force ? .forced : .fastForward
      ) { bar.show($0) }
      bar.finish()
      if output.isJSON { return try JSONLine.print(summary) }
      try StandardOutput.line(
        "read \(NumberText.count(summary.objects, "object")), "
          + "\(NumberText.count(summary.newObjects)) of them new, and "
          + "\(NumberText.count(summary.refs, "ref")), "
          + "\(NumberText.count(summary.changedRefs)) of them changed")
    }
  }

  /// Whether a file can be read twice; one that is not there is told of by whoever reads it.
  private static func isRegular(_ path: String) -> Bool {
    if path == "-" { return false }
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    return kind == nil || kind == .typeRegular
      || kind == .typeSymbolicLink && !path.hasPrefix("/dev/")
  }
}
