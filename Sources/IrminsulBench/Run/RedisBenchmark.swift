import Foundation

/// Redis' own benchmark, with one client that runs a script which does nothing: the fastest that
/// anything can be that waits for each script.
enum RedisBenchmark {
  static func row(_ shape: TreeShape, calls: Int) async throws -> Row {
    let store = try await BenchStore.start(at: .ownServer)
    do {
      let row = try await row(shape, calls: calls, on: store)
      await store.stop()
      return row
    } catch {
      await store.stop()
      throw error
    }
  }

  private static func row(_ shape: TreeShape, calls: Int, on store: BenchStore) async throws -> Row
  {
    let address = try RedisAddress(url: store.url)
    guard case .tcp(let host, let port) = address.endpoint,
      let sha1 = try address.connect().call(["SCRIPT", "LOAD", EmptyScript.source]).text
    else { throw BenchError("the server has no port or loads no scripts") }
    let before = try store.counters()
    let text = try await Program.output(
      of: [
        "redis-benchmark", "-h", host, "-p", "\(port)", "-c", "1", "-n", "\(calls)", "--csv",
        "evalsha", sha1, "0",
      ])
    let spent = try before.flatMap { try store.counters()?.since($0).total(["evalsha"]) }
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms",…,"p99…","max…"
    guard let line = text.split(whereSeparator: \.isNewline).last else {
      throw BenchError("redis-benchmark printed nothing")
    }
    let fields = line.split(separator: ",").map { Double($0.filter { $0 != "\"" }) }
    guard fields.count == 8, let rate = fields[1], rate > 0 else {
      throw BenchError("redis-benchmark printed \(line)")
    }
    var row = Row(
      .single, program: "redis-benchmark", shape, done: calls, seconds: Double(calls) / rate)
    row.p50 = fields[4]
    row.p99 = fields[6]
    row.maximum = fields[7]
    row.serverMicroseconds = spent.map { Double($0.microseconds) / Double(max($0.calls, 1)) }
    return row
  }
}
