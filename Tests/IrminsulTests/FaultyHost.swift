import EmbeddedRedis
import RedisScripting

/// A host in memory that loses requests and answers as it is told, and can deliver what it has lost.
final class FaultyHost: ScriptHost {
  /// What happens to a call.
  enum Fault: Sendable {
    /// It is done; its answer is lost.
    case answerLost
    /// It is on its way when its answer is given up, and arrives with ``deliver()``.
    case late
    /// It is not done, and the host says so.
    case notSent
    /// None: it is the turn of a later call.
    case none
  }

  private struct Call: Sendable {
    let script: Script
    let keys: [Bytes]
    let arguments: [Bytes]
  }

  private struct State {
    var faults: [String: [(fault: Fault, then: @Sendable () async throws -> Void)]] = [:]
    var late: [Call] = []
    var counts: [String: Int] = [:]
    var arguments: [String: Int] = [:]
  }

  let memory: EmbeddedHost
  private let state = Locked(State())

  init() throws {
    memory = try EmbeddedHost(storage: .memory)
  }

  /// Lets a fault befall the next call of a script that has none yet.
  ///
  /// - Parameter then: What others do afterwards, before the script is called again.
  func add(
    _ fault: Fault, to script: String, then: @escaping @Sendable () async throws -> Void = {}
  ) {
    state.withLock { $0.faults[script, default: []].append((fault, then)) }
  }

  /// Lets everything go well again.
  func removeFaults() { state.withLock { $0.faults = [:] } }

  /// How often a script was called.
  func calls(of script: String) -> Int { state.withLock { $0.counts[script, default: 0] } }

  /// How many arguments all calls of a script had together.
  func arguments(of script: String) -> Int { state.withLock { $0.arguments[script, default: 0] } }

  /// Lets arrive what was late.
  func deliver() async throws {
    let calls = state.withLock { state in
      defer { state.late = [] }
      return state.late
    }
    for call in calls {
      _ = try await memory.run(call.script, keys: call.keys, arguments: call.arguments)
    }
  }

  var location: String { memory.location }
  var maximumValueSize: Int { memory.maximumValueSize }

  func run(
    _ script: Script, keys: [Bytes], arguments: [Bytes]
  ) async throws(HostError) -> Reply {
    let next = state.withLock { state in
      state.counts[script.name, default: 0] += 1
      state.arguments[script.name, default: 0] += arguments.count
      return state.faults[script.name]?.isEmpty == false
        ? state.faults[script.name]?.removeFirst() : nil
    }
    guard let next, next.fault != .none else {
      return try await memory.run(script, keys: keys, arguments: arguments)
    }
    if case .late = next.fault {
      let call = Call(script: script, keys: keys, arguments: arguments)
      state.withLock { $0.late.append(call) }
    }
    if case .answerLost = next.fault {
      _ = try await memory.run(script, keys: keys, arguments: arguments)
    }
    do {
      try await next.then()
    } catch {
      throw .notRedis(location: location, reason: "what others did has failed: \(error)")
    }
    if case .notSent = next.fault {
      throw .notSent(location: location, reason: "so the test wants it")
    }
    throw .answerLost(location: location, reason: "so the test wants it")
  }

  func run(_ command: Command) async throws(HostError) -> Reply { try await memory.run(command) }

  func entries(
    in stream: Bytes, after id: String, count: Int, timeout: Duration
  ) async throws(HostError) -> [StreamEntry] {
    try await memory.entries(in: stream, after: id, count: count, timeout: timeout)
  }

  func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] { [] }

  func close() async { await memory.close() }
}
