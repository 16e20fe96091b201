import ArgumentParser
import EmbeddedRedis
import EmbeddedRedisServer
import ScriptTool

struct ScriptServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Offer the embedded host to any Redis client.",
    discussion: """
      A test suite in any language connects as to a Redis on this machine. It ends with Ctrl-C, and the \
      keys are gone then. It has what client libraries use: RESP2 and RESP3, transactions with WATCH, blocking \
      commands, CLIENT and CONFIG; 16 databases; but no password and no subscribers.

      Example: irminsul script serve --port 6400 & redis-cli -p 6400 EVAL 'return 1' 0

      JSON keys: port, once it listens.
      """)

  @OptionGroup var output: OutputOptions

  @Option(help: "The port; 0 for one that is free.")
  var port = 6400

  @Option(help: ArgumentHelp("Run the commands of this file first.", valueName: "file"))
  var seedData: String?

  @Flag(help: "Refuse keys that scripts are not given in KEYS, as a cluster does.")
  var declaredKeys = false

  @Option(help: ArgumentHelp("Stop scripts after so many seconds.", valueName: "seconds"))
  var timeLimit: Double = 5

  @OptionGroup var memory: MemoryOptions

  private struct Facts: Encodable {
    let port: Int
  }

  func validate() throws {
    if !(0...65535).contains(port) { throw ValidationError("--port must be 0 to 65535") }
    if !(timeLimit > 0 && timeLimit < 1e6) {
      throw ValidationError("--time-limit must be more than 0 and less than 1000000")
    }
  }

  func run() async throws {
    var plan = ScriptHostPlan()
    plan.seed = try seedData.map { try SeedData(path: $0) }
    plan.keyRule = declaredKeys ? .declared : .any
    plan.timeLimit = .seconds(timeLimit)
    plan.memory = memory.limits
    plan.log = { level, message in StandardError.line("redis.log \(level): \(message)") }
    let host = try await plan.open()
    let server: EmbeddedRedisServer
    do {
      server = try await EmbeddedRedisServer.start(host, port: port)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
    let interrupt = Interrupt()
    if output.isJSON {
      try JSONLine.print(Facts(port: server.port))
    } else {
      try StandardOutput.line("listening at 127.0.0.1:\(server.port): redis-cli -p \(server.port)")
    }
    try StandardOutput.flush()
    try await interrupt.run {
      while true { try await Task.sleep(for: .seconds(3600)) }
    }
    await server.stop()
    await host.close()
  }
}
