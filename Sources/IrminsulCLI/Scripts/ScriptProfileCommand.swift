import ArgumentParser
import Foundation
import Irminsul
import RedisScripting
import ScriptTool

struct ScriptProfileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Print where a script spends instructions and time.",
    discussion: """
      It runs in this process several times, each time on the keys that --seed-data makes. A script that \
      is watched is slower, some hundred times if it does little but count: compare lines with each other, and nothing \
      else. --time-limit counts the watching, too, and after five seconds, or that limit, no further run begins.

      Example: irminsul script profile take.lua '{jobs}:queue' --flame take.svg -- worker-1

      JSON keys, with --json, one line a line of the script: file, line, instructions, microseconds, \
      commandMicroseconds, text.
      """)

  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Write a flame graph, which browsers show.", valueName: "file.svg"))
  var flame: String?

  @Option(help: ArgumentHelp("How many runs the times are the mean of.", valueName: "n"))
  var runs = 20

  @OptionGroup var options: ScriptCallOptions

  private struct Facts: Encodable {
    let file: String
    let line: Int
    let instructions: Int
    let microseconds: Double
    let commandMicroseconds: Double
    let text: String
  }

  func validate() throws {
    if !(1...1_000_000).contains(runs) { throw ValidationError("--runs must be 1 to 1000000") }
  }

  func run() async throws {
    let call = try options.call()
    let profile = try await ScriptProfile.run(call, try options.plan(), times: runs)
    if let flame {
      let graph = FlameGraph(
        profile.stacks,
        title: "\(call.text.path): \(profile.time.microsecondsText) µs, "
          + "mean of \(profile.runs) runs")
      do {
        try Data(graph.svg.utf8).write(to: URL(filePath: flame))
      } catch {
        throw Failure(.io, "cannot write \"\(flame)\": \(SystemReason.text(of: error as NSError))")
      }
    }
    if output.isJSON {
      for line in profile.lines {
        try JSONLine.print(
          Facts(
            file: line.line.file, line: line.line.number, instructions: line.instructions,
            microseconds: Double(line.time.microsecondsText) ?? 0,
            commandMicroseconds: Double(line.commandTime.microsecondsText) ?? 0,
            text: line.line.text))
      }
    } else {
      try StandardOutput.line(profile.text)
      if case .error = profile.reply { try StandardOutput.line(ReplyText.drawn(profile.reply)) }
    }
    try options.end(after: profile.reply)
  }
}
