#if Redis
  import Logging
  import NIOCore
  import RedisScripting

  /// One connection as tasks see it: a call goes in, its reply comes out.
  ///
  /// The calls of all tasks are pipelined: they gather in the mailbox, the event loop is woken once,
  /// and what has gathered is written as one buffer.
  final class Connection: Sendable {
    private let configuration: RedisConfiguration
    private let mailbox: Mailbox
    private let loop: any EventLoop
    private let driver: NIOLoopBoundBox<ConnectionDriver?>

    init(
      on loop: any EventLoop, _ blueprint: ConnectionDriver.Blueprint,
      cancellation: ConnectionState<Call>.Cancellation
    ) {
      let configuration = blueprint.configuration
      let driver = NIOLoopBoundBox<ConnectionDriver?>.makeEmptyBox(eventLoop: loop)
      let mailbox = Mailbox(
        limits: Mailbox.Limits(
          commands: configuration.maximumQueuedCommands, bytes: configuration.maximumQueuedBytes),
        location: configuration.location
      ) {
        loop.execute { driver.value?.wake() }
      }
      // Before any announcement: an event loop keeps the order of what one thread gives it.
      loop.execute {
        driver.value = ConnectionDriver(
          loop: loop, mailbox: mailbox, blueprint: blueprint,
          rules: ConnectionState<Call>.Rules(
            location: configuration.location, connectTimeout: configuration.connectTimeout,
            commandTimeout: configuration.commandTimeout, idleTimeout: configuration.idleTimeout,
            backoff: configuration.backoff, cancellation: cancellation))
      }
      self.configuration = configuration
      self.mailbox = mailbox
      self.loop = loop
      self.driver = driver
    }

    deinit {
      // The channel and the event loop keep the driver alive; nobody else could end them.
      end(nil)
    }

    /// Sends a command and waits for its reply, which may be an error reply.
    ///
    /// - Parameter timeout: What the server itself may wait, on top of the command timeout.
    func call(
      _ arguments: [Bytes], timeout: Duration = .zero, patience: CallPatience = .untilDeadline
    ) async throws(HostError) -> Reply {
      let now = NIODeadline.now()
      let deadline = now + TimeAmount(configuration.commandTimeout + timeout)
      let cost = arguments.reduce(16) { $0 + $1.count + 16 }
      if let error = await mailbox.reserve(bytes: cost, until: deadline) { throw error }
      guard
        let call = Call(
          arguments, cost: cost, deadline: deadline,
          connectionDeadline: now + TimeAmount(configuration.connectTimeout), patience: patience)
      else {
        mailbox.release(commands: 1, bytes: cost)
        throw .notSent(
          location: configuration.location, reason: "there is no memory for \(cost) bytes")
      }
      let result = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          mailbox.send(call, continuation)
          // The handler below may have run before the call was there to be cancelled.
          if Task.isCancelled { mailbox.cancel(call) }
        }
      } onCancel: {
        mailbox.cancel(call)
      }
      return try result.get()
    }

    /// Ends the connection; later calls throw `HostError.closed`.
    func close() async {
      let gone = loop.makePromise(of: Void.self)
      end(gone)
      try? await gone.futureResult.get()
    }

    private func end(_ gone: EventLoopPromise<Void>?) {
      mailbox.close()
      loop.execute { [driver, loop] in
        let gone = gone ?? loop.makePromise(of: Void.self)
        if let present = driver.value { present.close(gone) } else { gone.succeed() }
        // The driver and its mailbox know each other; this ends it.
        driver.value = nil
      }
    }
  }
#endif
