import NIOCore
import NIOPosix

extension RedisAddress.Endpoint {
  /// Connects to a server; small writes are sent at once.
  func connect(on loop: any EventLoop) -> EventLoopFuture<any Channel> {
    let bootstrap = ClientBootstrap(group: loop)
    switch self {
    case .tcp(let host, let port):
      return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: host, port: port)
    case .unixSocket(let path): return bootstrap.connect(unixDomainSocketPath: path)
    }
  }
}
