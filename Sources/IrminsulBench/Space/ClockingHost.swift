import IrminsulRedisClient
import RedisScripting

/// A server whose scripts note the processor's time that they have taken, for a ``ServerWatch`` that reads it: that of the
/// server's main thread, as INFO tells it. What the machine gives to others meanwhile is not in it.
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
        local function clock()
          local sum = 0
          for number in string.gmatch(redis.call('INFO', 'cpu'), 'used_cpu_%l+_main_thread:([%d%.]+)') do
            sum = sum + number * 1000
          end
          return sum
        end
        local begun = clock()
        local function run()
        \(script.source)
        end
        local reply = run()
        local taken = clock() - begun
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
