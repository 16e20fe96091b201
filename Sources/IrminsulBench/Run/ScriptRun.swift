import EmbeddedRedis
import RedisScripting

/// Calls of one script, made one after the other in each place.
struct ScriptRun {
  /// Made in turn.
  let calls: [RecordingHost.Call]
  let count: Int
  /// What each must answer, if that is always the same.
  var answer: Reply?
  /// Fills the place that the calls work on.
  var prepare: (EmbeddedHost) async throws -> Void = { _ in }
  var serve: (_ url: String, RespConnection) async throws -> Void = { _, _ in }
  /// Takes away what is left on a server.
  var clean: (_ url: String, RespConnection) async throws -> Void = { _, _ in }

  /// Microseconds of a call, the library's own way into the host among them: of this process' processors, and of
  /// the clock.
  func embedded(_ host: EmbeddedHost) async throws -> (processor: Double, clock: Double) {
    try await prepare(host)
    let before = Stopwatch.processorTime
    let watch = ContinuousClock.now
    for number in 0..<count {
      let call = calls[number % calls.count]
      let reply = try await host.run(call.script, keys: call.keys, arguments: call.arguments)
      if let answer, reply != answer { throw BenchError("a script has answered something else") }
    }
    let clock = (ContinuousClock.now - watch) / .microseconds(count)
    return ((Stopwatch.processorTime - before) * 1e6 / Double(count), clock)
  }

  /// Microseconds of a call that the server took by its own count, and that the client waited.
  func served(_ store: BenchStore) async throws -> (server: Double, trip: Double) {
    let connection = try RedisAddress(url: store.url).connect()
    try await serve(store.url, connection)
    guard let sha1 = try connection.call(["SCRIPT", "LOAD", calls[0].script.source]).text else {
      throw BenchError("the server loads no scripts")
    }
    let requests = calls.map { call in
      ["EVALSHA", sha1, "\(call.keys.count)"].map { Bytes($0.utf8) } + call.keys + call.arguments
    }
    let before = try ServerCounters(connection)
    let watch = ContinuousClock.now
    for number in 0..<count {
      let reply = try connection.call(requests[number % requests.count])
      if let answer, reply != answer { throw BenchError("a script has answered something else") }
    }
    let time = ContinuousClock.now - watch
    let spent = try ServerCounters(connection).since(before).total(["evalsha"])
    try await clean(store.url, connection)
    return (
      Double(spent.microseconds) / Double(max(1, spent.calls)), time / .microseconds(count)
    )
  }
}
