import ArgumentParser
import RedisScripting
import ScriptTool

struct ScriptRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a script and print its reply as redis-cli does.",
    discussion: """
      Without --store it runs in this process, on keys that --seed-data makes and that are gone \
      afterwards. An error reply ends it with 1.

      Examples:
        irminsul script run take.lua '{jobs}:queue' -- worker-1 30000
        irminsul script run take.lua '{jobs}:queue' --seed-data jobs.txt --declared-keys
        irminsul script run take.lua '{jobs}:queue' --store redis://localhost/3 -- worker-1

      JSON keys: reply (bytes that are no text: {"base64": …}, an error: {"error": …}).
      """)

  @OptionGroup var output: OutputOptions

  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "Run it on a server, redis://HOST:PORT/DB, or on file:PATH.", valueName: "url"))
  var url: String?

  @OptionGroup var options: ScriptCallOptions

  private struct Facts: Encodable {
    let reply: ReplyValue
  }

  func validate() throws {
    if url != nil, options.declaredKeys {
      throw ValidationError("--declared-keys goes without --store: a server has its own rules")
    }
    if url != nil, options.memory.isGiven {
      throw ValidationError(
        "limits of memory go without --store: a server has its own, which CONFIG SET changes")
    }
  }

  func run() async throws {
    let call = try options.call()
    let reply: Reply
    if let url {
      let seed = try options.seedData.map { try SeedData(path: $0) }
      reply = try await ScriptPlace.withHost(url) { host in
        try await seed?.load(into: host)
        return try await call.run(on: host)
      }
    } else {
      let host = try await options.plan().open()
      reply = try await call.run(on: host)
      await host.close()
    }
    if output.isJSON {
      try JSONLine.print(Facts(reply: ReplyValue(reply)))
    } else {
      try StandardOutput.line(ReplyText.drawn(reply))
    }
    try options.end(after: reply)
  }
}
