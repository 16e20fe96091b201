import NIOCore
import NIOPosix

/// A port of this machine that leads to a server over a bad network: it cuts, resets, stalls and
/// delays connections as a ``ProxyFaultSchedule`` says.
struct FaultInjectionProxy {
  /// Where clients connect.
  let port: Int
  private let listener: any Channel
  private let group: MultiThreadedEventLoopGroup

  static func start(
    to endpoint: RedisAddress.Endpoint, _ schedule: ProxyFaultSchedule, _ tally: FaultTally
  ) async throws -> FaultInjectionProxy {
    // One loop for both ends of each connection, so that they can write to each other at once.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 512)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        endpoint.connect(on: client.eventLoop).flatMapThrowing { server in
          let link = FaultyLink(client: client, server: server, schedule, tally)
          try client.pipeline.syncOperations.addHandler(FaultyLink.End(.client, of: link))
          try server.pipeline.syncOperations.addHandler(FaultyLink.End(.server, of: link))
        }.flatMap {
          // Nothing is read before both ends know each other.
          client.setOption(.autoRead, value: true)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    guard let port = listener.localAddress?.port else {
      throw BenchError("the proxy that injects faults has no port")
    }
    return FaultInjectionProxy(port: port, listener: listener, group: group)
  }

  func stop() async {
    try? await listener.close()
    try? await group.shutdownGracefully()
  }
}
