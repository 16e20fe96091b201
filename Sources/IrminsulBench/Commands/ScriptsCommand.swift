import ArgumentParser
import EmbeddedRedis
import Foundation
import IrminsulTestKit
import RedisScripting

/// One small script, wherever it can run.
struct ScriptsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scripts",
    abstract: "A compare-and-set script: embedded, in Redis, and in the Python fake.",
    discussion: """
      Every call succeeds. The Python fake (fakeredis with lupa) takes part if --python names an \
      interpreter that has it. JSON keys: scenario, method, calls, us_per_call.
      """)

  @OptionGroup var common: CommonOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("How many calls to make.", valueName: "n"))
  var calls = 100_000

  @Option(help: ArgumentHelp("A Python that has fakeredis with Lua.", valueName: "path"))
  var python: String?

  static let source = """
    if redis.call('get', KEYS[1]) == ARGV[1] then
      redis.call('set', KEYS[1], ARGV[2])
      return 1
    end
    return 0
    """

  func validate() throws {
    try check("--calls", [calls], 1...100_000_000)
    if common.seconds != nil { throw ValidationError("scripts takes --calls, not --seconds") }
  }

  func run() async throws {
    guard common.place.isPlainRedis else {
      throw BenchError("scripts are compared with redis:// or redis+unix:// only", .usage)
    }
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [.init("method", 24, .left), .init("calls", 9), .init("µs/call", 9)])
    let embedded = try await embedded()
    let (server, trip) = try await BenchStore.with(common.place) { try served(on: $0) }
    var rows = [embedded, server, trip]
    var bounds = [
      Bound(
        name: "embedded / Redis' server time", value: embedded.microseconds / server.microseconds,
        limit: .atMost(1))
    ]
    if let python {
      let fake = try fake(python)
      rows.append(fake)
      bounds.append(
        Bound(
          name: "Python fake / embedded", value: fake.microseconds / embedded.microseconds,
          limit: .atLeast(10)))
    }
    for row in rows { try printer.add(row, row.cells) }
    try printer.finish(bounds)
  }

  private func embedded() async throws -> ScriptsRow {
    let host = try EmbeddedHost(storage: .memory)
    let script = Script(name: "cas", keys: ["key"], access: .write, source: Self.source)
    let key = Bytes("{bench}:cas".utf8)
    let values = [Bytes("0".utf8), Bytes("1".utf8)]
    _ = try await host.run(Command("SET", "{bench}:cas", "0"))
    let start = ContinuousClock.now
    for call in 0..<calls {
      let arguments = call.isMultiple(of: 2) ? values : values.reversed()
      guard try await host.run(script, keys: [key], arguments: arguments) == .integer(1) else {
        throw BenchError("a compare-and-set has failed")
      }
    }
    let time = ContinuousClock.now - start
    await host.close()
    return ScriptsRow(method: "embedded", calls: calls, microseconds: time / .microseconds(calls))
  }

  /// The server's own time, and what a client waits on its socket.
  private func served(on store: BenchStore) throws -> (server: ScriptsRow, trip: ScriptsRow) {
    let connection = try RedisAddress(url: store.url).connect()
    guard let sha1 = try connection.call(["SCRIPT", "LOAD", Self.source]).text else {
      throw BenchError("the server loads no scripts")
    }
    let key = "{\(store.name)}:cas"
    _ = try connection.call(["SET", key, "0"])
    let before = try ServerCounters(connection)
    let start = ContinuousClock.now
    for call in 0..<calls {
      let (old, new) = call.isMultiple(of: 2) ? ("0", "1") : ("1", "0")
      guard try connection.call(["EVALSHA", sha1, "1", key, old, new]).integer == 1 else {
        throw BenchError("a compare-and-set has failed")
      }
    }
    let time = ContinuousClock.now - start
    let spent = try ServerCounters(connection).since(before).total(["evalsha"])
    _ = try connection.call(["DEL", key])
    return (
      ScriptsRow(
        method: "Redis, server time", calls: calls,
        microseconds: Double(spent.microseconds) / Double(max(1, spent.calls))),
      ScriptsRow(
        method: "Redis, round trip", calls: calls, microseconds: time / .microseconds(calls))
    )
  }

  private func fake(_ python: String) throws -> ScriptsRow {
    let count = min(calls, 20_000)
    let program = """
      import sys, time, fakeredis
      r = fakeredis.FakeRedis()
      sha = r.script_load(sys.argv[1])
      n = int(sys.argv[2])
      r.set('cas', '0')
      start = time.perf_counter()
      for i in range(n):
          old, new = ('0', '1') if i % 2 == 0 else ('1', '0')
          assert r.evalsha(sha, 1, 'cas', old, new) == 1
      print((time.perf_counter() - start) / n * 1e6)
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-c", program, Self.source, String(count)]
    let output = Pipe()
    process.standardOutput = output
    try Launcher.run(process)
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let time = Double(text) else {
      throw BenchError("\(python) did not run fakeredis: pip install 'fakeredis[lua]'")
    }
    return ScriptsRow(method: "Python fake", calls: count, microseconds: time)
  }
}

/// What one place took for the script.
private struct ScriptsRow: Encodable {
  let method: String
  let calls: Int
  let microseconds: Double

  var cells: [String] { [method, String(calls), Figure.text(microseconds)] }

  private enum CodingKeys: String, CodingKey {
    case scenario, method, calls
    case microseconds = "us_per_call"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode("scripts", forKey: .scenario)
    try values.encode(method, forKey: .method)
    try values.encode(calls, forKey: .calls)
    try values.encode(microseconds, forKey: .microseconds)
  }
}
