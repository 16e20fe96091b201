import ArgumentParser
import Foundation
import RedisScripting
import ScriptTool

struct ScriptTraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Print each line that a script runs and each redis.call with its reply.",
    discussion: """
      It runs in this process, on keys that --seed-data makes. The last lines are the script's reply.

      Examples:
        irminsul script trace take.lua '{jobs}:queue' --seed-data jobs.txt -- worker-1
        irminsul script trace take.lua '{jobs}:queue' --calls

      JSON keys, with --json: line {file, number, text}; or call (its number), words, reply, \
      microseconds, file and number of the line that calls; at the end reply.
      """)

  @OptionGroup var output: OutputOptions

  @Flag(help: "Only the calls, without the lines.")
  var calls = false

  @OptionGroup var options: ScriptCallOptions

  private struct LineFacts: Encodable {
    struct Place: Encodable {
      let file: String
      let number: Int
      let text: String
    }

    let line: Place
  }

  private struct CallFacts: Encodable {
    let call: Int
    let words: [ReplyValue]
    let reply: ReplyValue
    let microseconds: Double
    let file: String?
    let number: Int?
  }

  private struct ReplyFacts: Encodable {
    let reply: ReplyValue
  }

  func run() async throws {
    let (isJSON, onlyCalls) = (output.isJSON, calls)
    let failure = Locked<Failure?>(nil)
    let reply = try await ScriptTrace.run(try options.call(), try options.plan()) { event in
      do {
        if isJSON { try Self.printJSON(event, onlyCalls) } else { try Self.print(event, onlyCalls) }
      } catch {
        failure.withLock { $0 = Failure(error) }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    if isJSON {
      try JSONLine.print(ReplyFacts(reply: ReplyValue(reply)))
    } else {
      try StandardOutput.line(ReplyText.drawn(reply))
    }
    try options.end(after: reply)
  }

  private static func print(_ event: TraceEvent, _ onlyCalls: Bool) throws {
    switch event {
    case .line(let line):
      guard !onlyCalls else { return }
      try StandardOutput.line("\(Style.output(.faint, line.place + ":")) \(line.text)")
    case .call(let number, let line, let words, let reply, let duration):
      let place = onlyCalls ? line.map { Style.output(.faint, $0.place + ": ") } ?? "" : ""
      try StandardOutput.line(
        "  \(number)) \(place)\(words.map(ReplyText.word).joined(separator: " ")) -> "
          + "\(Style.output(.cyan, ReplyText.line(reply)))  "
          + Style.output(.faint, "\(duration.microsecondsText) µs"))
    }
  }

  private static func printJSON(_ event: TraceEvent, _ onlyCalls: Bool) throws {
    switch event {
    case .line(let line):
      guard !onlyCalls else { return }
      try JSONLine.print(
        LineFacts(line: LineFacts.Place(file: line.file, number: line.number, text: line.text)))
    case .call(let number, let line, let words, let reply, let duration):
      let (seconds, fraction) = duration.components
      try JSONLine.print(
        CallFacts(
          call: number, words: words.map { ReplyValue(.bytes($0)) }, reply: ReplyValue(reply),
          microseconds: Double(seconds) * 1e6 + Double(fraction) / 1e12, file: line?.file,
          number: line?.number))
    }
  }
}
