import ArgumentParser
import Foundation

/// What a ``ProxyProcess`` runs.
struct ProxyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxy", abstract: "Delay what passes between clients and a server.",
    shouldDisplay: false)

  @Option var url: String
  /// Milliseconds of a round trip.
  @Option var rtt: Double

  func run() async throws {
    let proxy = try await DelayProxy.start(
      to: try RedisAddress(url: url).endpoint, delay: .milliseconds(rtt / 2))
    try StandardOutput.line("\(proxy.port)")
    try await ThreadTeam.run { while readLine() != nil {} }
    await proxy.stop()
  }
}
