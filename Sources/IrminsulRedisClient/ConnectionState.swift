#if Redis
  import DequeModule
  import NIOCore
  import RedisScripting

  /// What a connection's state machine must know of a call.
  protocol QueuedCall: AnyObject {
    /// When the caller stops waiting for the reply.
    var deadline: NIODeadline { get }
    /// When the caller stops waiting for a connection.
    var connectionDeadline: NIODeadline { get }
    var patience: CallPatience { get }
  }

  /// What a call does while there is no connection.
  enum CallPatience: Sendable {
    /// Fails with the first attempt to connect that fails.
    case oneAttempt
    /// Waits for its connection deadline, over any number of attempts.
    case untilDeadline
    /// Asks for a connection only: the end of the greeting is its answer. Fails like ``oneAttempt``.
    case untilConnected
  }

  /// One connection to a server, over its losses and returns: which calls wait, which are sent,
  /// whose reply comes next, when to open, greet, close and try again.
  ///
  /// Pure: events and the time come in, actions go out. The I/O is in ``ConnectionDriver``.
  struct ConnectionState<Caller: QueuedCall> {
    /// What is done with a sent call whose task was cancelled.
    enum Cancellation {
      /// Its reply is awaited and thrown away, so that the next ones reach their callers.
      case discardReply
      /// The connection is closed: the reply may never come.
      case closeConnection
    }

    struct Rules {
      var location: String
      var connectTimeout: Duration
      var commandTimeout: Duration
      var idleTimeout: Duration?
      var backoff: ClosedRange<Duration>
      var cancellation: Cancellation
    }

    enum Phase: Equatable {
      /// No connection; none is tried before that time.
      case down(until: NIODeadline)
      /// The transport is being set up.
      case opening(deadline: NIODeadline)
      /// AUTH, SELECT and the like are sent; so many replies are expected.
      case greeting(deadline: NIODeadline, steps: [GreetingStep])
      case ready
      case closed
    }

    enum Action {
      /// Open a connection under this number; events of other numbers are stale.
      case open(attempt: Int)
      /// Close the transport of this attempt.
      case close(attempt: Int)
      case finish(Caller, CallResult)
      /// There may be calls to write.
      case write
    }

    enum Received {
      case answer(Caller, Reply)
      case nothing
      case actions([Action])
    }

    /// A sent call, or the place of one that nobody waits for any more.
    private struct Sent {
      var call: Caller?
      var deadline: NIODeadline
    }

    let rules: Rules
    private(set) var phase = Phase.down(until: .uptimeNanoseconds(0))
    /// The number of the present or last connection.
    private(set) var attempt = 0
    private var queue: Deque<Caller> = []
    private var sent: Deque<Sent> = []
    /// Connections lost or not made since the last reply to a caller.
    private var failures = 0
    private var lastFailure: HostError?
    private var lastUse = NIODeadline.uptimeNanoseconds(0)

    init(rules: Rules) {
      self.rules = rules
    }

    // MARK: Calls

    /// Queues a call. ``advance(now:jitter:)`` follows, once for any number of calls.
    mutating func accept(_ call: Caller) {
      queue.append(call)
    }

    /// The next call to write, which counts as sent from here on.
    mutating func nextToWrite(now: NIODeadline) -> Caller? {
      guard phase == .ready, let call = queue.popFirst() else { return nil }
      sent.append(Sent(call: call, deadline: call.deadline))
      lastUse = now
      return call
    }

    /// The call's task does not wait any more.
    mutating func cancel(_ call: Caller, now: NIODeadline) -> [Action] {
      if let index = queue.firstIndex(where: { $0 === call }) {
        queue.remove(at: index)
        return [.finish(call, .failure(notSent("the task was cancelled")))]
      }
      guard let index = sent.firstIndex(where: { $0.call.map { $0 === call } ?? false }) else {
        return []
      }
      sent[index].call = nil
      let finish = Action.finish(call, .failure(lost("the task was cancelled")))
      switch rules.cancellation {
      case .discardReply: return [finish]
      case .closeConnection:
        return [finish] + drop("an earlier call was cancelled", retryAt: now)
      }
    }

    // MARK: The transport

    /// The transport of an attempt is up, and the greeting of these steps is being sent.
    ///
    /// - Returns: Whether the attempt is the present one; a stale one is to be closed.
    mutating func opened(attempt: Int, greeting steps: [GreetingStep]) -> Bool {
      guard attempt == self.attempt, case .opening(let deadline) = phase else { return false }
      phase = .greeting(deadline: deadline, steps: steps)
      return true
    }

    /// The transport was not set up, or the greeting failed.
    mutating func openingFailed(
      attempt: Int, _ failure: OpeningFailure, now: NIODeadline, jitter: Double
    ) -> [Action] {
      guard attempt == self.attempt else { return [] }
      switch phase {
      case .opening, .greeting: return failOpening(failure, now: now, jitter: jitter)
      default: return []
      }
    }

    /// The transport of an attempt is gone.
    mutating func disconnected(
      attempt: Int, _ loss: Loss, now: NIODeadline, jitter: Double
    ) -> [Action] {
      guard attempt == self.attempt else { return [] }
      switch phase {
      case .opening, .greeting:
        return failOpening(loss.whileOpening(at: rules.location), now: now, jitter: jitter)
      case .ready:
        // A connection that had worked is opened again at once; one that had not is a failure.
        let retryAt = failures == 0 ? now : now + pause(jitter: jitter)
        failures += 1
        if case .notRedis(let reason) = loss {
          return drop(reason, retryAt: retryAt) {
            .notRedis(location: $0, reason: $1)
          } + advance(now: now, jitter: jitter)
        }
        return drop(loss.reason, retryAt: retryAt) + advance(now: now, jitter: jitter)
      case .down, .closed: return []
      }
    }

    /// A reply came on the connection of an attempt.
    mutating func received(
      _ reply: Reply, attempt: Int, now: NIODeadline, jitter: Double
    ) -> Received {
      guard attempt == self.attempt else { return .nothing }
      switch phase {
      case .ready:
        guard let first = sent.popFirst() else {
          // Nobody asked: what follows cannot be told apart from replies.
          return .actions(
            disconnected(
              attempt: attempt, .byUs(reason: "it sent a reply that nobody asked for"), now: now,
              jitter: jitter))
        }
        failures = 0
        return first.call.map { .answer($0, reply) } ?? .nothing
      case .greeting(let deadline, var steps):
        guard let step = steps.first else { return .nothing }
        steps.removeFirst()
        if let failure = step.failure(for: reply, at: rules.location) {
          return .actions(failOpening(failure, now: now, jitter: jitter))
        }
        phase = .greeting(deadline: deadline, steps: steps)
        guard steps.isEmpty else { return .nothing }
        phase = .ready
        lastFailure = nil
        lastUse = now
        let answered = queue.filter { $0.patience == .untilConnected }
        queue.removeAll { $0.patience == .untilConnected }
        return .actions(answered.map { .finish($0, .success(.status("PONG"))) } + [.write])
      default: return .nothing
      }
    }

    // MARK: Time

    /// Does what the time and the waiting calls ask for: opens, gives up, closes.
    mutating func advance(now: NIODeadline, jitter: Double) -> [Action] {
      var actions: [Action] = []
      switch phase {
      case .opening(let deadline) where deadline <= now,
        .greeting(let deadline, _) where deadline <= now:
        actions += failOpening(
          OpeningFailure(slowness, isLasting: false),
          now: now, jitter: jitter)
      case .ready:
        if let first = sent.first, first.deadline <= now {
          failures += 1
          let late = sent.prefix { $0.deadline <= now }.count
          actions += sent.prefix(late).compactMap { slot in
            slot.call.map {
              .finish($0, .failure(lost("none within \(rules.commandTimeout)")))
            }
          }
          sent.removeFirst(late)
          // Replies could still come, and would reach the wrong callers on this connection.
          actions += drop("an earlier call was not answered in time", retryAt: now)
        } else if let idle = rules.idleTimeout, sent.isEmpty, queue.isEmpty,
          lastUse + TimeAmount(idle) <= now
        {
          actions += drop("", retryAt: now)
        }
      default: break
      }
      actions += expireQueue(now: now)
      if case .down(let time) = phase, time <= now, !queue.isEmpty {
        attempt += 1
        phase = .opening(deadline: now + TimeAmount(rules.connectTimeout))
        actions.append(.open(attempt: attempt))
      }
      return actions
    }

    /// When ``advance(now:jitter:)`` is needed even if nothing else happens.
    var nextDeadline: NIODeadline? {
      var times: [NIODeadline] = []
      switch phase {
      case .opening(let deadline), .greeting(let deadline, _): times.append(deadline)
      case .down(let time): if !queue.isEmpty { times.append(time) }
      case .ready:
        if let first = sent.first { times.append(first.deadline) }
        if let idle = rules.idleTimeout, sent.isEmpty, queue.isEmpty {
          times.append(lastUse + TimeAmount(idle))
        }
      case .closed: break
      }
      if let first = queue.first { times.append(expiry(of: first)) }
      return times.min()
    }

    /// Ends everything. Nothing is accepted afterwards.
    mutating func close() -> [Action] {
      let waiting = queue.map { call in
        Action.finish(call, .failure(.closed(location: rules.location)))
      }
      queue.removeAll()
      let actions = waiting + drop("it was closed", retryAt: .uptimeNanoseconds(0))
      phase = .closed
      return actions
    }

    // MARK: Ends

    private mutating func failOpening(
      _ failure: OpeningFailure, now: NIODeadline, jitter: Double
    ) -> [Action] {
      failures += 1
      lastFailure = failure.error
      phase = .down(until: now + pause(jitter: jitter))
      var actions = [Action.close(attempt: attempt)]
      let kept = queue.filter { !failure.isLasting && $0.patience == .untilDeadline }
      for call in queue where failure.isLasting || call.patience != .untilDeadline {
        actions.append(.finish(call, .failure(failure.error)))
      }
      queue = Deque(kept)
      return actions
    }

    /// Closes the connection; what was sent is lost.
    private mutating func drop(
      _ reason: String, retryAt: NIODeadline,
      error: (String, String) -> HostError = { .answerLost(location: $0, reason: $1) }
    ) -> [Action] {
      let calls = sent.compactMap(\.call)
      sent.removeAll()
      let wasUp: Bool
      switch phase {
      case .opening, .greeting, .ready: wasUp = true
      case .down, .closed: wasUp = false
      }
      phase = .down(until: retryAt)
      return (wasUp ? [.close(attempt: attempt)] : [])
        + calls.map { .finish($0, .failure(error(rules.location, reason))) }
    }

    private mutating func expireQueue(now: NIODeadline) -> [Action] {
      var actions: [Action] = []
      while let first = queue.first, expiry(of: first) <= now {
        queue.removeFirst()
        let error: HostError
        if phase == .ready {
          error = notSent("the queue did not get to it within \(rules.commandTimeout)")
        } else {
          error = lastFailure ?? slowness
        }
        actions.append(.finish(first, .failure(error)))
      }
      return actions
    }

    private func expiry(of call: Caller) -> NIODeadline {
      phase == .ready ? call.deadline : min(call.deadline, call.connectionDeadline)
    }

    /// Doubles with each failure up to the longest; between half and all of it, by chance.
    private func pause(jitter: Double) -> TimeAmount {
      let doublings = min(max(failures - 1, 0), 30)
      let longest = min(rules.backoff.lowerBound * (1 << doublings), rules.backoff.upperBound)
      return TimeAmount(longest * (0.5 + 0.5 * jitter))
    }

    /// There is no connection yet, and the time is over.
    private var slowness: HostError {
      let patience = min(rules.connectTimeout, rules.commandTimeout)
      let isTLS = rules.location.hasPrefix("rediss:")
      let reason =
        if case .greeting = phase {
          "it took the connection and gave no answer within \(patience)"
        } else {
          "no connection within \(patience)"
        }
      return .unreachable(
        location: rules.location, reason: reason,
        remedy: "Check host and port, whether the server is busy or stopped, and whether this port "
          + (isTLS ? "speaks TLS (redis:// is without)." : "expects TLS (rediss://)."))
    }

    private func notSent(_ reason: String) -> HostError {
      .notSent(location: rules.location, reason: reason)
    }

    private func lost(_ reason: String) -> HostError {
      .answerLost(location: rules.location, reason: reason)
    }
  }
#endif
