#if Redis
  import Logging
  import NIOCore
  import NIOPosix
  import RedisScripting

  /// The I/O of one connection: does what ``ConnectionState`` says, on one event loop.
  final class ConnectionDriver {
    /// What is needed to open a connection, shared by all of a host.
    struct Blueprint: Sendable {
      var configuration: RedisConfiguration
      var clientName: String
      var transport: Transport
      /// The scripts that the server should know.
      var scripts: @Sendable () -> [Script]
      var logger: Logger
    }

    private struct Link {
      let attempt: Int
      let channel: any Channel
    }

    /// The most bytes that are handed to the channel at once.
    private static let portion = 256 << 10

    private let loop: any EventLoop
    private let mailbox: Mailbox
    private let blueprint: Blueprint
    private var state: ConnectionState<Call>
    private var link: Link?
    /// A call of which a part is written.
    private var unfinished: (call: Call, written: Int)?
    private var timer: (at: NIODeadline, scheduled: Scheduled<Void>)?
    private var released = (commands: 0, bytes: 0)
    /// Chance for the next pause; a new one for every failure and not for every reply, because the
    /// system is asked for it.
    private var jitter = Double.random(in: 0...1)

    init(
      loop: any EventLoop, mailbox: Mailbox, blueprint: Blueprint,
      rules: ConnectionState<Call>.Rules
    ) {
      self.loop = loop
      self.mailbox = mailbox
      self.blueprint = blueprint
      state = ConnectionState(rules: rules)
    }

    // MARK: Events

    /// There is something in the mailbox, or the time has come.
    func wake() {
      let contents = mailbox.collect()
      for call in contents.arrivals { state.accept(call) }
      let now = NIODeadline.now()
      for call in contents.cancelled { perform(state.cancel(call, now: now)) }
      if contents.isClosing { perform(state.close()) }
      settle(now)
    }

    /// Ends everything that a closed mailbox holds; completes the promise when the transport is gone.
    func close(_ promise: EventLoopPromise<Void>) {
      let channel = link?.channel
      wake()
      if let channel { channel.closeFuture.cascade(to: promise) } else { promise.succeed() }
    }

    /// The transport is up.
    func opened(attempt: Int, _ channel: any Channel) {
      let steps = GreetingStep.steps(
        blueprint.configuration, clientName: blueprint.clientName, scripts: blueprint.scripts())
      guard state.opened(attempt: attempt, greeting: steps) else {
        channel.close(promise: nil)
        return
      }
      link = Link(attempt: attempt, channel: channel)
      var buffer = channel.allocator.buffer(capacity: 1024)
      for step in steps {
        guard let call = formatCommand(step.arguments) else { continue }
        buffer.writeBytes(call)
        freeCommand(call)
      }
      channel.writeAndFlush(buffer, promise: nil)
    }

    func openingFailed(attempt: Int, _ failure: OpeningFailure) {
      jitter = .random(in: 0...1)
      blueprint.logger.debug("cannot connect", metadata: ["reason": "\(failure.error)"])
      perform(
        state.openingFailed(attempt: attempt, failure, now: .now(), jitter: jitter))
      settle(.now())
    }

    func disconnected(attempt: Int, _ loss: Loss) {
      jitter = .random(in: 0...1)
      if link?.attempt == attempt {
        link = nil
        unfinished = nil
        blueprint.logger.debug("connection ended", metadata: ["reason": "\(loss.reason)"])
      }
      perform(state.disconnected(attempt: attempt, loss, now: .now(), jitter: jitter))
      settle(.now())
    }

    func received(_ reply: Reply, attempt: Int) {
      switch state.received(reply, attempt: attempt, now: .now(), jitter: jitter) {
      case .answer(let call, let reply): finish(call, .success(reply))
      case .nothing: break
      case .actions(let actions): perform(actions)
      }
    }

    /// A batch of events is through: writes, gives room back, sets the timer.
    func settle(_ now: NIODeadline = .now()) {
      perform(state.advance(now: now, jitter: jitter))
      write(now)
      if released.commands > 0 {
        mailbox.release(commands: released.commands, bytes: released.bytes)
        released = (0, 0)
      }
      mailbox.expire(now: now)
      setTimer()
    }

    // MARK: Actions

    private func perform(_ actions: [ConnectionState<Call>.Action]) {
      for action in actions {
        switch action {
        case .finish(let call, let result): finish(call, result)
        case .open(let attempt): open(attempt)
        case .close(let attempt):
          guard let link, link.attempt == attempt else { continue }
          self.link = nil
          unfinished = nil
          link.channel.close(promise: nil)
        case .write: write(.now())
        }
      }
    }

    private func finish(_ call: Call, _ result: CallResult) {
      released.commands += 1
      released.bytes += call.cost
      call.finish(result)
    }

    private func open(_ attempt: Int) {
      let driver = NIOLoopBound(self, eventLoop: loop)
      let transport = blueprint.transport
      transport.connect(on: loop) { channel in
        try channel.pipeline.syncOperations.addHandler(
          ReplyHandler(driver: driver.value, attempt: attempt, transport))
      }.assumeIsolated().whenFailure { error in
        driver.value.openingFailed(attempt: attempt, transport.failure(for: error))
      }
    }

    /// Writes what is queued as long as the channel takes it, in portions.
    private func write(_ now: NIODeadline) {
      guard let link, unfinished != nil || state.phase == .ready else { return }
      var hasWritten = false
      while link.channel.isWritable {
        var buffer = link.channel.allocator.buffer(capacity: 0)
        while buffer.readableBytes < Self.portion {
          guard
            let (call, written) = unfinished
              ?? state.nextToWrite(now: now).map({ (call: $0, written: 0) })
          else { break }
          let room = Self.portion - buffer.readableBytes
          let part = call.bytes[written...].prefix(room)
          buffer.writeBytes(UnsafeRawBufferPointer(rebasing: part))
          let end = written + part.count
          unfinished = end < call.bytes.count ? (call, end) : nil
        }
        guard buffer.readableBytes > 0 else { break }
        hasWritten = true
        link.channel.write(buffer, promise: nil)
      }
      if hasWritten { link.channel.flush() }
    }

    private func setTimer() {
      guard state.phase != .closed else {
        timer?.scheduled.cancel()
        timer = nil
        return
      }
      let times = [state.nextDeadline, mailbox.firstDeadline].compactMap { $0 }
      guard let next = times.min() else { return }
      // A timer that is too early wakes for nothing, once per timeout; one per call would cost more.
      if let timer, timer.at <= next { return }
      timer?.scheduled.cancel()
      let driver = NIOLoopBound(self, eventLoop: loop)
      timer = (
        next,
        loop.scheduleTask(deadline: next) {
          driver.value.timer = nil
          driver.value.wake()
        }
      )
    }
  }
#endif
