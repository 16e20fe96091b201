import ArgumentParser
import EmbeddedRedis
import Foundation
import RedisScripting
import ScriptTool

/// A script with its keys and arguments, for every command that runs one.
struct ScriptCallOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Run the commands of this file first, one a line as redis-cli takes them.", valueName: "file")
  )
  var seedData: String?

  @Flag(help: "Refuse keys that are not given as KEY, as a cluster does.")
  var declaredKeys = false

  @Option(help: ArgumentHelp("Stop the script after so many seconds.", valueName: "seconds"))
  var timeLimit: Double = 5

  @OptionGroup var memory: MemoryOptions

  @Argument(help: "The script.", completion: .file(extensions: ["lua"]))
  var file: String

  @Argument(help: "What it has in KEYS.")
  var keys: [String] = []

  @Option(
    name: .customLong("arg"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("What it has in ARGV; the same as after --.", valueName: "arg"))
  var arguments: [String] = []

  private static let callers = ["run", "trace", "profile", "debug"]

  /// The words of a command line, those after `--` as the option for ARGV.
  static func withArgumentOption(_ words: [String]) -> [String] {
    guard words.first == "script", words.count > 1, callers.contains(words[1]),
      let end = words.firstIndex(of: "--")
    else { return words }
    return words[..<end] + words[(end + 1)...].map { "--arg=\($0)" }
  }

  func validate() throws {
    if !(timeLimit > 0 && timeLimit < 1e6) {
      throw ValidationError("--time-limit must be more than 0 and less than 1000000")
    }
  }

  /// The call that was asked for.
  func call() throws -> ScriptCall {
    ScriptCall(
      try ScriptText(path: file), keys: keys.map(ArgumentText.bytes),
      arguments: arguments.map(ArgumentText.bytes))
  }

  /// How a host in this process is set up for it.
  func plan() throws -> ScriptHostPlan {
    var plan = ScriptHostPlan()
    plan.seed = try seedData.map { try SeedData(path: $0) }
    plan.keyRule = declaredKeys ? .declared : .any
    plan.timeLimit = .seconds(timeLimit)
    plan.memory = memory.limits
    plan.log = { level, message in StandardError.line("redis.log \(level): \(message)") }
    return plan
  }

  /// The end of a command whose script answered with an error.
  func end(after reply: Reply) throws {
    // What it says has been printed.
    if case .error = reply { throw Failure(.refused, try call().missingKeys ?? "") }
  }
}
