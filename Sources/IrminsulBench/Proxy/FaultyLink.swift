import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One client's connection and the one to the server that belongs to it, on one event loop.
final class FaultyLink {
  enum Side {
    case client, server
  }

  /// How a connection ends.
  private enum Ending {
    case orderly
    /// By RST.
    case reset
  }

  /// What happens to the next answer.
  private enum AnswerFault {
    case dropped(Ending)
    case halved(Ending)
  }

  private let client: any Channel
  private let server: any Channel
  private let schedule: ProxyFaultSchedule
  private let tally: FaultTally
  private var answerFault: AnswerFault?
  /// Whether what comes waits for the end of a pause.
  private var isHolding = false
  private var heldRequests: [ByteBuffer] = []
  private var heldAnswers: [ByteBuffer] = []
  private var clientHasLeft = false
  private var serverHasLeft = false
  private var hasEnded = false
  private var doneAnswers = DoneAnswerCounter()

  /// For how long an answer to a client that has left is waited for, so that the server does not learn
  /// of the end before it has read the request.
  private static let patience = TimeAmount.seconds(2)

  init(
    client: any Channel, server: any Channel, _ schedule: ProxyFaultSchedule, _ tally: FaultTally
  ) {
    self.client = client
    self.server = server
    self.schedule = schedule
    self.tally = tally
  }

  // MARK: What comes

  fileprivate func received(_ bytes: ByteBuffer, from side: Side) {
    if hasEnded { return }
    switch side {
    case .client:
      if isHolding {
        heldRequests.append(bytes)
      } else if answerFault == nil, let decision = schedule.decide() {
        inject(decision, into: bytes)
      } else {
        pass(request: bytes)
      }
    case .server:
      tally.addDoneAnswers(doneAnswers.count(in: bytes.readableBytesView))
      if clientHasLeft {
        // What was late has been done.
        if !isHolding { end(.orderly) }
      } else if isHolding {
        heldAnswers.append(bytes)
      } else {
        pass(answer: bytes)
      }
    }
  }

  fileprivate func left(_ side: Side) {
    switch side {
    case .client: clientHasLeft = true
    case .server: serverHasLeft = true
    }
    // What is on its way arrives, as in a network.
    if !isHolding { end(.orderly) }
  }

  // MARK: Faults

  private func inject(_ decision: ProxyFaultSchedule.Decision, into bytes: ByteBuffer) {
    tally.add(decision.kind)
    switch decision.kind {
    case .cutBefore: cut(.beforeRequest, bytes, .orderly)
    case .cutRequest: cut(.withinRequest, bytes, .orderly)
    case .cutAfter: cut(.afterRequest, bytes, .orderly)
    case .cutAnswer: cut(.withinAnswer, bytes, .orderly)
    case .reset: cut(decision.place, bytes, .reset)
    case .late:
      // Holding comes first: the end of the client's connection ends a link that holds nothing.
      hold(bytes, for: decision.pause)
      clientHasLeft = true
      client.close(promise: nil)
    default: hold(bytes, for: decision.pause)
    }
  }

  private func cut(
    _ place: ProxyFaultSchedule.Decision.Place, _ bytes: ByteBuffer, _ ending: Ending
  ) {
    switch place {
    case .beforeRequest: end(ending)
    case .withinRequest:
      // An end, and no RST, which could overtake the bytes.
      var half = bytes
      if let part = half.readSlice(length: half.readableBytes / 2) { pass(request: part) }
      end(ending)
    case .afterRequest:
      answerFault = .dropped(ending)
      pass(request: bytes)
    case .withinAnswer:
      answerFault = .halved(ending)
      pass(request: bytes)
    }
  }

  private func hold(_ bytes: ByteBuffer, for pause: Duration) {
    isHolding = true
    heldRequests.append(bytes)
    server.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(pause.nanoseconds)) {
      self.release()
    }
  }

  private func release() {
    isHolding = false
    if hasEnded { return }
    for bytes in heldRequests { pass(request: bytes) }
    heldRequests = []
    for bytes in heldAnswers { pass(answer: bytes) }
    heldAnswers = []
    if serverHasLeft { return end(.orderly) }
    guard clientHasLeft else { return }
    server.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { self.end(.orderly) }
  }

  // MARK: What passes

  private func pass(request bytes: ByteBuffer) {
    server.writeAndFlush(bytes, promise: nil)
  }

  private func pass(answer bytes: ByteBuffer) {
    switch answerFault {
    case nil: client.writeAndFlush(bytes, promise: nil)
    case .dropped(let ending): end(ending)
    case .halved(let ending):
      var half = bytes
      let length = AnswerCut.length(within: bytes.readableBytesView)
      if let part = half.readSlice(length: length) { client.writeAndFlush(part, promise: nil) }
      end(ending)
    }
  }

  private func end(_ ending: Ending) {
    if hasEnded { return }
    hasEnded = true
    // The server's end is orderly: it has read, or will read, what was passed to it.
    server.close(promise: nil)
    if ending == .reset, let options = client as? any SocketOptionProvider {
      let client = client
      options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
        client.close(promise: nil)
      }
    } else {
      client.close(promise: nil)
    }
  }

  /// What one of the two channels tells the link.
  final class End: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let side: Side
    private let link: FaultyLink

    init(_ side: Side, of link: FaultyLink) {
      self.side = side
      self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      link.received(unwrapInboundIn(data), from: side)
    }

    func channelInactive(context: ChannelHandlerContext) { link.left(side) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
