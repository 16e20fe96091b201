import EmbeddedRedis
import RedisScripting

/// A host that notes the calls of one script instead of making them, so that a benchmark has requests
/// that the library itself has encoded. Everything else happens in memory.
final class RecordingHost: ScriptHost {
  /// A call as the library has asked for it.
  struct Call: Sendable {
    let script: Script
    let keys: [Bytes]
    let arguments: [Bytes]
  }

  private let memory: EmbeddedHost
  private let scriptName: String
  private let calls = Locked<[Call]>([])

  init(recording scriptName: String) throws {
    memory = try EmbeddedHost(storage: .memory)
    self.scriptName = scriptName
  }

  /// The calls since the last question.
  func takeCalls() -> [Call] {
    calls.withLock { calls in
      defer { calls = [] }
      return calls
    }
  }

  var location: String { memory.location }
  var maximumValueSize: Int { memory.maximumValueSize }

  func run(
    _ script: Script, keys: [Bytes], arguments: [Bytes]
  ) async throws(HostError) -> Reply {
    guard script.name == scriptName else {
      return try await memory.run(script, keys: keys, arguments: arguments)
    }
    let call = Call(script: script, keys: keys, arguments: arguments)
    calls.withLock { $0.append(call) }
    throw .notSent(location: location, reason: "the call was noted instead")
  }

  func run(_ command: Command) async throws(HostError) -> Reply { try await memory.run(command) }

  func entries(
    in stream: Bytes, after id: String, count: Int, timeout: Duration
  ) async throws(HostError) -> [StreamEntry] {
    try await memory.entries(in: stream, after: id, count: count, timeout: timeout)
  }

  func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] {
    try await memory.checkFitness(eviction: eviction)
  }

  func close() async { await memory.close() }
}
