import NIOCore

/// A port of this machine that leads to a server over a bad network: it cuts, resets, stalls and
/// delays connections as a ``ProxyFaultSchedule`` says.
struct FaultInjectionProxy {
  private let relay: RelayPort

  /// Where clients connect.
  var port: Int { relay.number }

  static func start(
    to endpoint: RedisAddress.Endpoint, _ schedule: ProxyFaultSchedule, _ tally: FaultTally
  ) async throws -> FaultInjectionProxy {
    FaultInjectionProxy(
      relay: try await RelayPort.open(to: endpoint) { client, server in
        let link = FaultyLink(client: client, server: server, schedule, tally)
        try client.pipeline.syncOperations.addHandler(FaultyLink.End(.client, of: link))
        try server.pipeline.syncOperations.addHandler(FaultyLink.End(.server, of: link))
      })
  }

  func stop() async { await relay.close() }
}
