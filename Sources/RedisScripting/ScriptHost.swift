/// A place where scripts run atomically on stored data: a Redis server, or this process.
///
/// Everything that a store does to its data goes through this protocol. Redis is the definition of
/// what a call means; a host that differs has a bug. All calls may come from many tasks at once.
public protocol ScriptHost: Sendable {
  /// Where the data is, for messages: a URL without its password.
  var location: String { get }

  /// The largest value, in bytes, that one argument or reply may have.
  var maximumValueSize: Int { get }

  /// Whether the answer to a call can be lost when the call was made, as over a network. A store
  /// remembers its requests for longer where that can happen.
  var mayLoseAnswers: Bool { get }

  /// Runs a script, in one round trip: EVALSHA, and EVAL where the server does not know it yet.
  ///
  /// - Parameters:
  ///   - script: What to run.
  ///   - keys: As many as `script.keys`.
  ///   - arguments: What the script has in `ARGV`.
  /// - Returns: The reply, converted as Redis converts Lua values.
  /// - Throws: ``HostError``; an error reply is ``HostError/refused(location:call:_:)``.
  func run(_ script: Script, keys: [Bytes], arguments: [Bytes]) async throws(HostError) -> Reply

  /// Sends one plain command, in one round trip.
  ///
  /// - Throws: ``HostError``; an error reply is ``HostError/refused(location:call:_:)``.
  func run(_ command: Command) async throws(HostError) -> Reply

  /// The entries of a stream after an id, waiting for the first one: `XREAD COUNT n BLOCK t STREAMS`.
  ///
  /// Never holds up other calls. An entry written by another process wakes it within 100 ms.
  ///
  /// - Returns: The entries in order; none when the time has passed.
  /// - Throws: ``HostError``, or `HostError.notSent` when the task is cancelled.
  func entries(
    in stream: Bytes, after id: String, count: Int, timeout: Duration
  ) async throws(HostError) -> [StreamEntry]

  /// Checks that a store may live here: version, role and eviction for a server.
  ///
  /// - Returns: Warnings about what could not be checked, each one line.
  /// - Throws: `HostError.unsuitable` with the remedy.
  func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String]

  /// Releases connections and files. Later calls throw `HostError.closed`. May be called again.
  func close() async
}

extension ScriptHost {
  public var mayLoseAnswers: Bool { true }
}

/// Whether a server that may evict keys is accepted.
public enum EvictionPolicy: Sendable {
  /// A server whose `maxmemory-policy` may evict keys without expiry is refused.
  case refused
  /// The caller knows that history may vanish.
  case accepted
}
