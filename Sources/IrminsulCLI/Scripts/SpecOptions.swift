import ArgumentParser
import Foundation
import ScriptTool

/// Which specs, for every command that runs some.
struct SpecOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only those with this in their names.", valueName: "text"))
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "How many run at a time (default: as many as there are cores).", valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("Stop each after so many seconds.", valueName: "seconds"))
  var timeLimit: Double = 5

  @OptionGroup var memory: MemoryOptions

  @Argument(
    help: "Files, or folders with *_spec.lua (default: spec, lua/spec or this folder).",
    completion: .file(extensions: ["lua"]))
  var paths: [String] = []

  func validate() throws {
    if let jobs, !(1...1000).contains(jobs) { throw ValidationError("--jobs must be 1 to 1000") }
    if !(timeLimit > 0 && timeLimit < 1e6) {
      throw ValidationError("--time-limit must be more than 0 and less than 1000000")
    }
  }

  func runner() -> SpecRunner {
    var runner = SpecRunner()
    runner.filter = filter
    if let jobs { runner.jobs = jobs }
    runner.timeLimit = .seconds(timeLimit)
    runner.memory = memory.limits
    return runner
  }
}
