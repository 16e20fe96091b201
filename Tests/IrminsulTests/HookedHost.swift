import EmbeddedRedis
import RedisScripting

/// A host that lets others act right before one of its calls.
final class HookedHost: ScriptHost {
  private struct State {
    var calls = 0
    var number: Int?
    var action: @Sendable () async -> Void = {}
  }

  private let base: EmbeddedHost
  private let state = Locked(State())

  init(_ base: EmbeddedHost) { self.base = base }

  /// Calls of scripts so far.
  var calls: Int { state.withLock { $0.calls } }

  /// Counts from 0 again, and has `action` run before call `number`.
  func before(_ number: Int?, _ action: @escaping @Sendable () async -> Void) {
    state.withLock { $0 = State(calls: 0, number: number, action: action) }
  }

  var location: String { base.location }
  var maximumValueSize: Int { base.maximumValueSize }

  func run(
    _ script: Script, keys: [Bytes], arguments: [Bytes]
  ) async throws(HostError) -> Reply {
    let action: (@Sendable () async -> Void)? = state.withLock { state in
      defer { state.calls += 1 }
      return state.calls == state.number ? state.action : nil
    }
    await action?()
    return try await base.run(script, keys: keys, arguments: arguments)
  }

  func run(_ command: Command) async throws(HostError) -> Reply { try await base.run(command) }

  func entries(
    in stream: Bytes, after id: String, count: Int, timeout: Duration
  ) async throws(HostError) -> [StreamEntry] {
    try await base.entries(in: stream, after: id, count: count, timeout: timeout)
  }

  func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] { [] }

  func close() async {}
}
