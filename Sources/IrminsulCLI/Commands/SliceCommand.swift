import ArgumentParser

struct SliceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slice", abstract: "Write parts of a store to a file, or read them from one.",
    discussion: """
      Example: irminsul slice export all.slice && irminsul slice import all.slice --store file:copy

      JSON keys: those of `slice export` and `slice import`.
      """,
    subcommands: [SliceExportCommand.self, SliceImportCommand.self])
}
