import IrminsulRedisClient
import RedisScripting

/// A server whose scripts note the time that they have taken of its processors, for a ``ServerWatch`` that reads it.
///
/// It is that of the whole process: what the server frees beside a script is in it, what the machine does meanwhile is not.
final class ClockingHost: ScriptHost {
  /// A list of the server: `name milliseconds` for each script that took longer than ``ServerWatch/threshold``.
  static let notes = "irminsul-bench:clock"

  private let host: RedisHost

  init(_ host: RedisHost) { self.host = host }

  /// A script that does the same, and takes a note.
  static func clocking(_ script: Script) -> Script {
    Script(
      name: script.name, keys: script.keys, access: .write,
      source: """
        local clock = os.clock
        local begun = clock()
        local function run()
        \(script.source)
        end
        local reply = run()
        local taken = (clock() - begun) * 1000
        if taken > \(ServerWatch.threshold.milliseconds) then
          redis.call('LPUSH', '\(notes)', '\(script.name) ' .. taken)
        end
        return reply
        """)
  }

  var location: String { host.location }
  var maximumValueSize: Int { host.maximumValueSize }

  func run(
    _ script: Script, keys: [Bytes], arguments: [Bytes]
  ) async throws(HostError) -> Reply {
    try await host.run(Self.clocking(script), keys: keys, arguments: arguments)
  }

  func run(_ command: Command) async throws(HostError) -> Reply { try await host.run(command) }

  func entries(
    in stream: Bytes, after id: String, count: Int, timeout: Duration
  ) async throws(HostError) -> [StreamEntry] {
    try await host.entries(in: stream, after: id, count: count, timeout: timeout)
  }

  func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] {
    try await host.checkFitness(eviction: eviction)
  }

  func close() async { await host.close() }
}
