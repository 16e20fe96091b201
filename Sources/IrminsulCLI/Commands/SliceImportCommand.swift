import ArgumentParser
import Foundation
import Irminsul

struct SliceImportCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Bring in the objects and the refs of a slice file.",
    discussion: """
      Branches move on only, unless --force is given; with --objects-only no ref moves. Everything is checked \
      before a ref does. A store that is made for it is of the slice's kind, and goes again if the import fails.

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
    let summary = try await StoreKinds.naming("the slice \"\(file)\"") {
      try await store.withNewRepository(
        keeping: .refs, hash: kind?.algorithm, layout: kind?.layout
      ) { repository in
        try await StoreKinds.naming(repository.location) {
          try await repository.importSlice(
            from: file, refs: objectsOnly ? .ignored : force ? .forced : .fastForward
          ) { bar.show($0) }
        }
      }
    }
    bar.finish()
    if output.isJSON { return try JSONLine.print(summary) }
    try StandardOutput.line(
      "read \(NumberText.count(summary.objects, "object")), "
        + "\(NumberText.count(summary.newObjects)) of them new, and "
        + "\(NumberText.count(summary.refs, "ref")), "
        + "\(NumberText.count(summary.changedRefs)) of them changed")
  }

  /// Whether a file can be read twice; one that is not there is told of by whoever reads it.
  private static func isRegular(_ path: String) -> Bool {
    if path == "-" { return false }
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    return kind == nil || kind == .typeRegular
      || kind == .typeSymbolicLink && !path.hasPrefix("/dev/")
  }
}
