import NIOCore
import NIOPosix

/// A port of this machine of which each connection leads on to a server, through a pair of handlers.
struct RelayPort {
  let number: Int
  private let listener: any Channel
  private let group: MultiThreadedEventLoopGroup

  /// - Parameter join: Adds the handlers that pass on bytes, to a client's channel and to the server's.
  static func open(
    to endpoint: RedisAddress.Endpoint,
    _ join: @escaping @Sendable (_ client: any Channel, _ server: any Channel) throws -> Void
  ) async throws -> RelayPort {
    // One loop for both ends of each connection, so that they can write to each other at once.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 512)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        endpoint.connect(on: client.eventLoop).flatMapThrowing { server in
          try join(client, server)
        }.flatMap {
          // Nothing is read before both ends know each other.
          client.setOption(.autoRead, value: true)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    guard let number = listener.localAddress?.port else {
      throw BenchError("the proxy has no port")
    }
    return RelayPort(number: number, listener: listener, group: group)
  }

  func close() async {
    try? await listener.close()
    try? await group.shutdownGracefully()
  }
}
