#if Redis
  import NIOCore
  import RedisScripting

  /// The end of one channel's pipeline: bytes in, replies out to the driver.
  final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let driver: ConnectionDriver
    private let attempt: Int
    private let transport: Transport
    private let reader = ReplyReader()
    private var hasRead = false
    private var problem: (any Error)?

    init(driver: ConnectionDriver, attempt: Int, _ transport: Transport) {
      self.driver = driver
      self.attempt = attempt
      self.transport = transport
    }

    func channelActive(context: ChannelHandlerContext) {
      driver.opened(attempt: attempt, context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      hasRead = true
      let buffer = unwrapInboundIn(data)
      guard let reader, buffer.withUnsafeReadableBytes({ reader.feed($0) }) else {
        end(.byUs(reason: "there is no memory for the reply"), context)
        return
      }
      while true {
        switch reader.next() {
        case .reply(let reply): driver.received(reply, attempt: attempt)
        case .incomplete: return
        case .invalid(let reason):
          end(
            reader.looksLikeTLS ? .expectsTLS(reason: reason) : .notRedis(reason: reason), context)
          return
        }
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      driver.settle()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
      driver.settle()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // A failed TLS handshake says more than the end of the channel that follows it.
      if problem == nil { problem = error }
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      if let problem, !hasRead, transport.isTLS {
        driver.openingFailed(attempt: attempt, transport.failure(for: problem))
      }
      driver.disconnected(
        attempt: attempt,
        .byPeer(
          insideReply: reader?.isInsideReply ?? false,
          cause: problem.map { transport.reason(of: $0) }))
    }

    private func end(_ loss: Loss, _ context: ChannelHandlerContext) {
      driver.disconnected(attempt: attempt, loss)
      context.close(promise: nil)
    }
  }
#endif
