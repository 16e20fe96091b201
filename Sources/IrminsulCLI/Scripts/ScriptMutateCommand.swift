import ArgumentParser
import ScriptTool

struct ScriptMutateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutate",
    abstract: "Change a script in many places, and see whether its specs notice.",
    discussion: """
      Each comparison (== and ~=, < and <=, > and >=) and each constant is changed in turn, and the specs \
      run until one fails. What none notices is a survivor: a spec is missing, or the change means \
      nothing. The last line is the part that was noticed, in per cent; below --least it ends with 1.

      Example: irminsul script mutate lua/commit.lua lua/spec --least 95

      JSON keys, with --json, one line a change: file, line, old, new, noticed (the spec that failed).
      """)

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Per cent that must be noticed.", valueName: "n"))
  var least: Double = 0

  @Option(
    help: ArgumentHelp(
      "How many are tried at a time (default: as many as there are cores).", valueName: "n"))
  var jobs: Int?

  @Argument(
    help: "The script, or a file that scripts include.", completion: .file(extensions: ["lua"]))
  var file: String

  @Argument(
    help: "Its specs: files, or folders with *_spec.lua (default: spec, lua/spec or this folder).",
    completion: .file(extensions: ["lua"]))
  var specs: [String] = []

  private struct Facts: Encodable {
    let file: String
    let line: Int
    let old: String
    let new: String
    let noticed: String?
  }

  func validate() throws {
    if let jobs, !(1...1000).contains(jobs) { throw ValidationError("--jobs must be 1 to 1000") }
    if !(0...100).contains(least) { throw ValidationError("--least must be 0 to 100") }
  }

  func run() async throws {
    var mutation = ScriptMutation()
    if let jobs { mutation.jobs = jobs }
    let outcomes = try await mutation.run(file, try SpecFile.find(specs))
    if output.isJSON {
      for outcome in outcomes {
        let mutant = outcome.mutant
        try JSONLine.print(
          Facts(
            file: mutant.line.file, line: mutant.line.number, old: mutant.old, new: mutant.new,
            noticed: outcome.noticed))
      }
    }
    let noticed = outcomes.count { $0.noticed != nil }
    let percent = CoverageReport.percent(noticed, of: outcomes.count)
    if !output.isJSON {
      for outcome in outcomes where outcome.noticed == nil {
        try StandardOutput.line("survived  \(outcome.mutant.description)")
      }
      try StandardOutput.line(
        "\(NumberText.count(outcomes.count, "change")), \(noticed) of them noticed")
      try StandardOutput.line(percent)
    }
    if (Double(percent) ?? 0) < least { throw Failure(.refused, "") }
  }
}
