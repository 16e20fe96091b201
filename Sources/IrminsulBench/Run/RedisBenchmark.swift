import Foundation
import Irminsul
import RedisScripting

/// Redis' own benchmark with one client: as fast as anything can be that waits for each script.
enum RedisBenchmark {
  /// What the client asks for, again and again.
  enum Request {
    /// A script that does nothing.
    case empty
    /// `commit.lua`, as the library asks for an increment of the counter, with a token of its own.
    case commit

    var title: String {
      switch self {
      case .empty: "redis-benchmark, empty"
      case .commit: "redis-benchmark, commit"
      }
    }
  }

  static func row(_ request: Request, _ shape: TreeShape, calls: Int) async throws -> Row {
    return try await BenchStore.with(.ownServer) { store in
      try await row(request, shape, calls: calls, on: store)
    }
  }

  private static func row(
    _ request: Request, _ shape: TreeShape, calls: Int, on store: BenchStore
  ) async throws -> Row {
    let address = try RedisAddress(url: store.url)
    var words = ["0"]
    var source = EmptyScript.source
    if request == .commit {
      let activity = WorkerPlan.Activity.write(.scriptLimit, .hot)
      try await store.fill(for: activity, shape)
      let plan = WorkerPlan(
        activity: activity, shape: shape, url: store.url, storeName: store.name, firstWriter: 0,
        writers: 1)
      let call = try await RequestFactory(plan, .scriptLimit, .hot).example()
      source = call.script.source
      // Twelve digits at random, in the place of the token.
      let format = call.arguments.prefix(1)
      let arguments = format + [Bytes("__rand_int__".utf8)] + call.arguments.dropFirst(2)
      words =
        ["\(call.keys.count)"] + (call.keys + arguments).map { String(decoding: $0, as: UTF8.self) }
    }
    guard case .tcp(let host, let port) = address.endpoint,
      let sha1 = try address.connect().call(["SCRIPT", "LOAD", source]).text
    else { throw BenchError("the server has no port or loads no scripts") }
    let before = try store.counters()
    let text = try await Program.output(
      of: [
        "redis-benchmark", "-h", host, "-p", "\(port)", "-c", "1", "-n", "\(calls)", "-r",
        "2000000000", "--csv", "evalsha", sha1,
      ] + words)
    let spent = try before.flatMap { try store.counters()?.since($0).total(["evalsha"]) }
    if request == .commit {
      // Errors do not count as such there.
      let log = try await store.withRepository { try await $0.refLog(limit: 1).first?.position }
      guard let log, log >= calls * 99 / 100 else {
        throw BenchError("redis-benchmark has made \(log ?? 0) commits, not \(calls)")
      }
    }
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms",…,"p99…","max…"
    guard let line = text.split(whereSeparator: \.isNewline).last else {
      throw BenchError("redis-benchmark printed nothing")
    }
    let fields = line.split(separator: ",").map { Double($0.filter { $0 != "\"" }) }
    guard fields.count == 8, let rate = fields[1], rate > 0 else {
      throw BenchError("redis-benchmark printed \(line)")
    }
    var row = Row(
      .single, program: request.title, shape, done: calls, seconds: Double(calls) / rate)
    row.p50 = fields[4]
    row.p99 = fields[6]
    row.maximum = fields[7]
    row.serverMicroseconds = spent.map { Double($0.microseconds) / Double(max($0.calls, 1)) }
    return row
  }
}
