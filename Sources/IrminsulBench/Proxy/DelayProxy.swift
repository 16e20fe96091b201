import NIOCore

/// A port of this machine that leads to a server as if it were far away: every byte arrives a set time
/// later, in order, and as many at once as were sent.
///
/// Bytes are queued with the moment of their arrival, and one timer per direction delivers all that
/// are due: a delay costs no throughput.
struct DelayProxy {
  private let relay: RelayPort

  /// Where clients connect.
  var port: Int { relay.number }

  /// - Parameter delay: In one direction; a round trip takes twice as long.
  static func start(to endpoint: RedisAddress.Endpoint, delay: Duration) async throws -> DelayProxy
  {
    let delay = TimeAmount.nanoseconds(delay.nanoseconds)
    return DelayProxy(
      relay: try await RelayPort.open(to: endpoint) { client, server in
        try client.pipeline.syncOperations.addHandler(DelayedRelay(to: server, by: delay))
        try server.pipeline.syncOperations.addHandler(DelayedRelay(to: client, by: delay))
      })
  }

  func stop() async { await relay.close() }
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
