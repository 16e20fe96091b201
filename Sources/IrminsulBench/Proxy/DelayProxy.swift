import NIOCore
import NIOPosix

/// A port of this machine that leads to a server as if it were far away: every byte arrives a set time
/// later, in order, and as many at once as were sent.
///
/// Bytes are queued with the moment of their arrival, and one timer per direction delivers all that
/// are due: a delay costs no throughput.
struct DelayProxy {
  /// Where clients connect.
  let port: Int
  private let listener: any Channel
  private let group: MultiThreadedEventLoopGroup

  /// - Parameter delay: In one direction; a round trip takes twice as long.
  static func start(to endpoint: RedisAddress.Endpoint, delay: Duration) async throws -> DelayProxy
  {
    // One loop for both ends of each connection, so that they can write to each other at once.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let delay = TimeAmount.nanoseconds(delay.nanoseconds)
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 512)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        endpoint.connect(on: client.eventLoop).flatMapThrowing { server in
          try client.pipeline.syncOperations.addHandler(DelayedRelay(to: server, by: delay))
          try server.pipeline.syncOperations.addHandler(DelayedRelay(to: client, by: delay))
        }.flatMap {
          // Nothing is read before both ends know each other.
          client.setOption(.autoRead, value: true)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    guard let port = listener.localAddress?.port else {
      throw BenchError("the proxy that delays has no port")
    }
    return DelayProxy(port: port, listener: listener, group: group)
  }

  func stop() async {
    try? await listener.close()
    try? await group.shutdownGracefully()
  }
}

/// One direction of one connection.
private final class DelayedRelay: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private struct Arrival {
    let moment: NIODeadline
    /// nil: the end of the stream.
    let bytes: ByteBuffer?
  }

  private let target: any Channel
  private let delay: TimeAmount
  private var arrivals = CircularBuffer<Arrival>()
  private var isScheduled = false

  init(to target: any Channel, by delay: TimeAmount) {
    self.target = target
    self.delay = delay
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    add(unwrapInboundIn(data), context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    add(nil, context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func add(_ bytes: ByteBuffer?, _ context: ChannelHandlerContext) {
    arrivals.append(Arrival(moment: .now() + delay, bytes: bytes))
    if !isScheduled { schedule(context) }
  }

  private func schedule(_ context: ChannelHandlerContext) {
    guard let first = arrivals.first else { return }
    isScheduled = true
    context.eventLoop.assumeIsolated().scheduleTask(deadline: first.moment) {
      self.deliver(context)
    }
  }

  private func deliver(_ context: ChannelHandlerContext) {
    isScheduled = false
    let now = NIODeadline.now()
    while let first = arrivals.first, first.moment <= now {
      arrivals.removeFirst()
      guard let bytes = first.bytes else {
        target.flush()
        target.close(promise: nil)
        return
      }
      target.write(bytes, promise: nil)
    }
    target.flush()
    schedule(context)
  }
}
