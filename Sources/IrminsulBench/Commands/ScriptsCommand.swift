import ArgumentParser
import EmbeddedRedis
import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting

/// Scripts wherever they can run.
struct ScriptsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scripts",
    abstract: "Scripts embedded, in Redis, and in the Python fake.",
    discussion: """
      A compare-and-set script, of which every call succeeds; a script that makes a thousand calls of \
      EXISTS, of which the time of one is told; and commit.lua with the requests of one writer. Embedded, \
      the time is that of `EmbeddedHost.run`, by the clock and as the part of it that a processor worked. The Python fake (fakeredis with lupa) takes part in the \
      first if --python names an interpreter that has it. JSON keys: scenario, script, method, calls, us_per_call.
      """)

  @OptionGroup var common: CommonOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("How many calls to make.", valueName: "n"))
  var calls = 100_000

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "shape"))
  var shape = TreeShape.usual

  @Option(help: ArgumentHelp("A Python that has fakeredis with Lua.", valueName: "path"))
  var python: String?

  static let source = """
    if redis.call('get', KEYS[1]) == ARGV[1] then
      redis.call('set', KEYS[1], ARGV[2])
      return 1
    end
    return 0
    """

  private static let callSource = """
    for _ = 1, 1000 do redis.call('exists', KEYS[1]) end
    return 1
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
      columns: [
        .init("script", 16, .left), .init("method", 20, .left), .init("calls", 9),
        .init("µs/call", 9),
      ])
    var bounds: [Bound] = []
    func compare(_ run: ScriptRun, of name: String, perScript: Int = 1) async throws -> Double {
      let host = try EmbeddedHost(storage: .memory)
      let (processor, clock) = try await run.embedded(host)
      await host.close()
      let (server, trip) = try await BenchStore.with(common.place) { try await run.served($0) }
      for (method, time) in [
        ("embedded", clock), ("embedded, processor", processor), ("Redis, server time", server),
        ("Redis, round trip", trip),
      ] {
        let row = ScriptsRow(
          script: name, method: method, calls: run.count, microseconds: time / Double(perScript))
        try printer.add(row, row.cells)
      }
      bounds.append(
        Bound(
          name: "\(name): embedded / Redis' server time",
          value: clock / server, limit: .atMost(1)))
      return clock / Double(perScript)
    }
    let embedded = try await compare(comparing, of: "compare-and-set")
    if let python {
      let fake = try fake(python)
      try printer.add(fake, fake.cells)
      bounds.append(
        Bound(
          name: "compare-and-set: Python fake / embedded", value: fake.microseconds / embedded,
          limit: .atLeast(10)))
    }
    let call = try await compare(calling, of: "redis.call", perScript: 1000)
    bounds.append(Bound(name: "redis.call, embedded, µs", value: call, limit: .atMost(1)))
    _ = try await compare(try await committing(), of: "commit.lua")
    try printer.finish(bounds)
  }

  /// Sets a key to one value and back.
  private var comparing: ScriptRun {
    let script = Script(name: "cas", keys: ["key"], access: .write, source: Self.source)
    let (key, values) = (Bytes("{bench}:cas".utf8), ["0", "1"].map { Bytes($0.utf8) })
    let calls = [[values[0], values[1]], [values[1], values[0]]].map {
      RecordingHost.Call(script: script, keys: [key], arguments: $0)
    }
    return ScriptRun(calls: calls, count: self.calls, answer: .integer(1)) { host in
      _ = try await host.run(Command("SET", "{bench}:cas", "0"))
    } serve: { _, connection in
      _ = try connection.call(["SET", "{bench}:cas", "0"])
    } clean: { _, connection in
      _ = try connection.call(["DEL", "{bench}:cas"])
    }
  }

  private var calling: ScriptRun {
    let script = Script(name: "calls", keys: ["key"], access: .read, source: Self.callSource)
    let call = RecordingHost.Call(
      script: script, keys: [Bytes("{bench}:none".utf8)], arguments: [])
    return ScriptRun(calls: [call], count: max(1, calls / 200), answer: .integer(1))
  }

  /// Commits as the library sends them, each with a value of its own.
  private func committing() async throws -> ScriptRun {
    let plan = WorkerPlan(
      activity: .write(.irminsul, .disjoint), shape: shape, url: "memory:", storeName: "bench",
      firstWriter: 0, writers: 1)
    let factory = try await RequestFactory(plan, .irminsul, .disjoint)
    let round = Round(number: 0, limit: .commits(calls / 10))
    let calls = try await factory.calls(0..<max(1, calls / 10), round)
    let shape = shape
    return ScriptRun(calls: calls, count: calls.count) { host in
      let repository = try await Repository(host: host, name: "bench")
      try await IrminsulStore.fill(repository.branch(), shape)
    } serve: { url, _ in
      let repository = try await IrminsulStore.open(url, name: "bench")
      try await IrminsulStore.fill(repository.branch(), shape)
      await repository.close()
    } clean: { url, _ in
      try await Repository.deleteStore(named: "bench", at: IrminsulStore.url(url, name: "bench"))
    }
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
    return ScriptsRow(
      script: "compare-and-set", method: "Python fake", calls: count, microseconds: time)
  }
}

/// What one place took for the script.
private struct ScriptsRow: Encodable {
  let script: String
  let method: String
  let calls: Int
  let microseconds: Double

  var cells: [String] { [script, method, String(calls), Figure.text(microseconds)] }

  private enum CodingKeys: String, CodingKey {
    case scenario, script, method, calls
    case microseconds = "us_per_call"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode("scripts", forKey: .scenario)
    try values.encode(script, forKey: .script)
    try values.encode(method, forKey: .method)
    try values.encode(calls, forKey: .calls)
    try values.encode(microseconds, forKey: .microseconds)
  }
}
