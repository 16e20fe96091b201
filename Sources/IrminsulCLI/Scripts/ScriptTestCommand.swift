import ArgumentParser
import Foundation
import RedisScripting
import ScriptTool

struct ScriptTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run the specs of scripts.",
    discussion: """
      A spec is a Lua file whose words are describe, it, before_each and expect; the scripts are those \
      in its folder, or in the one above a folder named spec. Each `it` has an empty keyspace, and may \
      use redis.call to fill it and to look at it.

        describe('take', function()
          it('answers the first job', function()
            redis.call('RPUSH', 'jobs', 'a')
            expect(run('take', {'jobs'}, {'worker-1'})).equals('a')
          end)
        end)

      run(NAME, {KEY…}, {ARG…}) answers what a client would get; scripts.NAME(ARG…) gives the keys that \
      the script's header names, which are in `keys`. expect(x) has equals, differs_from, contains, \
      matches and fails_with(CODE), which also takes a function.

      Examples:
        irminsul script test
        irminsul script test lua/spec --watch
        irminsul script test --both --store redis://localhost/15 --format junit

      JSON keys, with --json: file, line, name, passed, seconds, message, at, code.
      """)

  @OptionGroup var output: OutputOptions

  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "Run them on a server, in a database that is empty: redis://HOST:PORT/DB.", valueName: "url"))
  var url: String?

  @Flag(help: "Run them here and on the server: every reply and what is left must be equal.")
  var both = false

  @Flag(help: "Run them again whenever a file of theirs is saved.")
  var watch = false

  @Flag(
    help:
      "A command of a script that uses a key which the script was not given fails, as in a cluster."
  )
  var declaredKeys = false

  @Option(help: "How to print the results: text, tap or junit.")
  var format: SpecReport.Format = .text

  @OptionGroup var specs: SpecOptions

  private struct Facts: Encodable {
    let file: String
    let line: Int
    let name: String
    let passed: Bool
    let seconds: Double
    let message: String?
    let at: String?
    let code: String?

    init(_ result: SpecResult) {
      (file, line, name, passed) = (result.file, result.line, result.name, result.isPassed)
      seconds =
        Double(result.duration.components.attoseconds) / 1e18
        + Double(result.duration.components.seconds)
      message = result.failure?.message
      at = result.failure?.line?.place
      code = result.failure?.line?.text
    }
  }

  func validate() throws {
    if both, url == nil {
      throw ValidationError("--both needs --store, the server to compare with")
    }
    if url != nil, specs.memory.isGiven {
      throw ValidationError(
        "limits of memory go without --store: a server has its own, which CONFIG SET changes")
    }
    if output.isJSON, format != .text {
      throw ValidationError("give --json or --format, not both")
    }
  }

  func run() async throws {
    guard let url else { return try await run(.embedded) }
    try ScriptPlace.checkServer(url)
    try await ScriptPlace.withHost(url) { host in
      try await ScriptPlace.withHost(url) { killer in
        let server = SpecServer(host: host, killer: killer)
        try await run(both ? .both(server) : .server(server))
      }
    }
  }

  private func run(_ place: SpecRunner.Place) async throws {
    var runner = specs.runner()
    runner.place = place
    runner.declaredKeys = declaredKeys
    guard watch else {
      let isPassed = try await runOnce(runner)
      // What failed has been printed.
      if !isPassed { throw Failure(.refused, "") }
      return
    }
    let interrupt = Interrupt()
    try await interrupt.run { [runner] in
      while true {
        let changes = FileChanges(of: specs.paths)
        do {
          _ = try await runOnce(runner)
        } catch let error as ScriptToolError {
          try StandardOutput.line("\(error)")
        }
        try StandardOutput.flush()
        try await changes.next()
      }
    }
  }

  /// Runs all and prints the results; whether they passed.
  private func runOnce(_ runner: SpecRunner) async throws -> Bool {
    let results = try await runner.run(try SpecFile.find(specs.paths))
    if output.isJSON {
      for result in results { try JSONLine.print(Facts(result)) }
    } else {
      try StandardOutput.line(SpecReport(results).text(as: format))
    }
    return results.allSatisfy(\.isPassed)
  }
}

extension SpecReport.Format: ExpressibleByArgument {}
