import ArgumentParser
import Foundation
import ScriptTool

struct ScriptLintCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Look for mistakes in scripts without running them.",
    discussion: """
      What is looked for:
      \(LintRule.allCases.map { "  \($0.rawValue)\(String(repeating: " ", count: 17 - $0.rawValue.count))\($0.summary)" }.joined(separator: "\n"))

      A comment `-- lint: allow RULE why` on the line, or alone on the line before, says that it is \
      meant. A finding ends it with 1.

      Example: irminsul script lint lua

      JSON keys, with --json, one line a finding: file, line, rule, message, text.
      """)

  @OptionGroup var output: OutputOptions

  @Option(help: "Only these rules; may be given several times.")
  var rule: [LintRule] = []

  @Argument(
    help: "Scripts, or folders whose scripts are meant (default: this folder).",
    completion: .file(extensions: ["lua"]))
  var paths: [String] = ["."]

  private struct Facts: Encodable {
    let file: String
    let line: Int
    let rule: String
    let message: String
    let text: String
  }

  func run() async throws {
    var seen: Set<LintFinding> = []
    var found: [LintFinding] = []
    let scripts = try ScriptLinter.scripts(paths)
    guard !scripts.isEmpty else {
      throw Failure(
        .refused,
        "there are no scripts in \(paths.joined(separator: ", "))\nA script is a file *.lua.")
    }
    for path in scripts {
      for finding in ScriptLinter.findings(in: try ScriptText(path: path))
      where (rule.isEmpty || rule.contains(finding.rule)) && seen.insert(finding).inserted {
        found.append(finding)
      }
    }
    for finding in found {
      if output.isJSON {
        try JSONLine.print(
          Facts(
            file: finding.line.file, line: finding.line.number, rule: finding.rule.rawValue,
            message: finding.message, text: finding.line.text))
      } else {
        try StandardOutput.line(
          "\(Style.output(.bold, finding.line.place)): \(Style.output(.yellow, finding.rule.rawValue)): "
            + finding.message)
        try StandardOutput.line("    \(finding.line.text.drop { $0 == " " || $0 == "\t" })")
      }
    }
    if !output.isJSON {
      try StandardOutput.line(
        "\(NumberText.count(found.count, "finding")) in \(NumberText.count(scripts.count, "script"))"
      )
    }
    if !found.isEmpty { throw Failure(.refused, "") }
  }
}

extension LintRule: ExpressibleByArgument {}
