import ArgumentParser
import Foundation
import RedisScripting
import ScriptTool

struct ScriptDebugCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "debug", abstract: "Step through a script, as redis-cli --ldb does.",
    discussion: """
      It runs in this process, on keys that --seed-data makes. Commands come from standard input: help \
      names them. At their end the script is ended, too. A script that goes on for longer than --time-limit is \
      stopped where it is.

      Example: printf 'break 4\\ncontinue\\nprint job\\ncontinue\\n' | irminsul script debug take.lua q

      JSON keys: none, its output is for people.
      """)

  @OptionGroup var options: ScriptCallOptions

  func run() async throws {
    var plan = try options.plan()
    // A person may think for as long as she likes.
    let patience = plan.timeLimit
    plan.timeLimit = .seconds(1e6)
    let failure = Locked<Failure?>(nil)
    let debugger = ScriptDebugger(
      try options.call(), plan, patience: patience,
      read: {
        if Style.output.isTerminal { StandardError.write("lua debugger> ") }
        return readLine()
      },
      write: { line in
        do {
          try StandardOutput.line(line)
          // Whoever types wants to see it now.
          try StandardOutput.flush()
        } catch {
          failure.withLock { $0 = Failure(error) }
        }
      })
    let reply = try await debugger.run()
    if let failure = failure.withLock({ $0 }) { throw failure }
    guard let reply else {
      try StandardOutput.line("(Lua debugging session ended: the script was aborted)")
      return
    }
    try StandardOutput.line(ReplyText.drawn(reply))
    try StandardOutput.line("(Lua debugging session ended)")
    try options.end(after: reply)
  }
}
