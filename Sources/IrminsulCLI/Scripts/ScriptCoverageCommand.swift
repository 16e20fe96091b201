import ArgumentParser
import ScriptTool

struct ScriptCoverageCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, lcov, html
  }

  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Print which lines and branches of scripts the specs run.",
    discussion: """
      A branch is a condition of if, while or until, or what stands before `and` or `or`: it has two \
      ways, and both should have been gone. A comment `-- coverage: allow REASON`, at the end of a line or alone \
      before it, says why one of its ways cannot be. The last line of the text is the part of the lines that \
      have run, in per cent. Specs that fail end it with 1.

      Examples:
        irminsul script coverage lua/spec | tail -1
        irminsul script coverage --format html > coverage.html

      JSON keys, with --json, one line a file: file, lines, linesRun, branches, branchesRun, missed \
      (the lines that never ran), open (conditions that went one way), explained (those with a reason).
      """)

  @OptionGroup var output: OutputOptions

  @Option(help: "How to print it: text, lcov or html.")
  var format: Format = .text

  @OptionGroup var specs: SpecOptions

  private struct Facts: Encodable {
    let file: String
    let lines: Int
    let linesRun: Int
    let branches: Int
    let branchesRun: Int
    let missed: [Int]
    let open: Int
    let explained: Int
  }

  func validate() throws {
    if output.isJSON, format != .text {
      throw ValidationError("give --json or --format, not both")
    }
  }

  func run() async throws {
    let coverage = SpecCoverage()
    var runner = specs.runner()
    runner.coverage = coverage
    let results = SpecReport(try await runner.run(try SpecFile.find(specs.paths)))
    let report = coverage.report
    if output.isJSON {
      for file in report.files {
        try JSONLine.print(
          Facts(
            file: file.path, lines: file.lineCount, linesRun: file.linesRun,
            branches: file.branchCount, branchesRun: file.branchesRun, missed: file.missedLines,
            open: file.openWays.count, explained: file.openWays.count { $0.reason != nil }))
      }
    } else {
      switch format {
      case .text: try StandardOutput.line(report.text)
      case .lcov: try StandardOutput.line(report.lcov)
      case .html: try StandardOutput.line(CoveragePage(report).html)
      }
    }
    if let first = results.failures.first {
      throw Failure(
        .refused,
        "\(results.failures.count) of the specs failed, such as \(first.name)\nSee `irminsul script test`."
      )
    }
  }
}
