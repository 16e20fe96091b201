#if Redis
  import NIOCore
  import RedisScripting
  import Testing

  @testable import IrminsulRedisClient

  /// The state machine alone: no socket, no clock.
  @Suite struct ConnectionStateTests {
    final class Caller: QueuedCall {
      let name: String
      let deadline: NIODeadline
      let connectionDeadline: NIODeadline
      let patience: CallPatience

      init(_ name: String, at start: Int64 = 0, patience: CallPatience = .untilDeadline) {
        self.name = name
        deadline = second(start + 30)
        connectionDeadline = second(start + 5)
        self.patience = patience
      }
    }

    typealias State = ConnectionState<Caller>

    /// Actions as words, which is what the tests compare.
    static func words(_ actions: [State.Action]) -> [String] {
      actions.map { action in
        switch action {
        case .open(let attempt): "open \(attempt)"
        case .close(let attempt): "close \(attempt)"
        case .write: "write"
        case .finish(let call, .success(let reply)): "\(call.name) \(reply)"
        case .finish(let call, .failure(let error)): "\(call.name) \(Self.word(error))"
        }
      }
    }

    static func word(_ error: HostError) -> String {
      switch error {
      case .unreachable: "unreachable"
      case .notSent: "notSent"
      case .answerLost: "answerLost"
      case .refused(_, _, let error): error.code
      case .closed: "closed"
      case .notRedis: "notRedis"
      default: "other"
      }
    }

    static func second(_ number: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(number) }

    static func state(
      _ cancellation: State.Cancellation = .discardReply, idle: Duration? = nil
    ) -> State {
      State(
        rules: State.Rules(
          location: "redis://test", connectTimeout: .seconds(5), commandTimeout: .seconds(30),
          idleTimeout: idle, backoff: .milliseconds(100)...(.seconds(2)),
          cancellation: cancellation))
    }

    /// A state machine that is connected and greeted.
    static func ready(
      _ cancellation: State.Cancellation = .discardReply, idle: Duration? = nil
    ) -> State {
      var state = state(cancellation, idle: idle)
      let first = Caller("first")
      state.accept(first)
      _ = state.advance(now: second(0), jitter: 1)
      _ = state.opened(attempt: 1, greeting: [.ping])
      _ = state.received(.status("PONG"), attempt: 1, now: second(0), jitter: 1)
      _ = state.nextToWrite(now: second(0))
      _ = state.received(.status("OK"), attempt: 1, now: second(0), jitter: 1)
      return state
    }

    static func received(_ reply: Reply, _ state: inout State, attempt: Int = 1) -> [String] {
      switch state.received(reply, attempt: attempt, now: second(1), jitter: 1) {
      case .answer(let call, let reply): ["\(call.name) \(reply)"]
      case .nothing: []
      case .actions(let actions): words(actions)
      }
    }

    @Test func opensForTheFirstCallAndGreetsBeforeIt() {
      var state = Self.state()
      #expect(Self.words(state.advance(now: Self.second(0), jitter: 1)) == [])
      #expect(state.nextDeadline == nil)
      state.accept(Caller("a"))
      #expect(Self.words(state.advance(now: Self.second(0), jitter: 1)) == ["open 1"])
      #expect(state.nextToWrite(now: Self.second(0)) == nil)
      let isPresent = state.opened(attempt: 1, greeting: [.ping, .select(2)])
      #expect(isPresent)
      #expect(state.nextToWrite(now: Self.second(0)) == nil)
      #expect(Self.received(.status("PONG"), &state) == [])
      #expect(Self.received(.status("OK"), &state) == ["write"])
      #expect(state.nextToWrite(now: Self.second(0))?.name == "a")
      #expect(Self.received(.integer(1), &state) == ["a integer(1)"])
    }

    @Test func repliesGoToCallersInTheOrderOfSending() {
      var state = Self.ready()
      for name in ["a", "b", "c"] { state.accept(Caller(name)) }
      for _ in 0..<3 { _ = state.nextToWrite(now: Self.second(0)) }
      #expect(Self.received(.integer(1), &state) == ["a integer(1)"])
      #expect(Self.received(.integer(2), &state) == ["b integer(2)"])
      #expect(Self.received(.integer(3), &state) == ["c integer(3)"])
    }

    @Test func aWrongPasswordFailsEveryCallAtOnce() {
      var state = Self.state()
      state.accept(Caller("a"))
      state.accept(Caller("b"))
      _ = state.advance(now: Self.second(0), jitter: 1)
      _ = state.opened(
        attempt: 1, greeting: [.authenticate(user: nil, password: Secret("x")), .ping])
      let reply = Reply.error(ServerError(reply: "WRONGPASS invalid username-password pair"))
      #expect(Self.received(reply, &state) == ["close 1", "a WRONGPASS", "b WRONGPASS"])
    }

    @Test func aServerThatLoadsIsWaitedForByThePatient() {
      var state = Self.state()
      state.accept(Caller("patient"))
      state.accept(Caller("hasty", patience: .oneAttempt))
      _ = state.advance(now: Self.second(0), jitter: 1)
      _ = state.opened(attempt: 1, greeting: [.ping])
      let reply = Reply.error(ServerError(reply: "LOADING Redis is loading the dataset in memory"))
      #expect(Self.received(reply, &state) == ["close 1", "hasty LOADING"])
      #expect(Self.words(state.advance(now: Self.second(3), jitter: 1)) == ["open 2"])
      _ = state.opened(attempt: 2, greeting: [.ping])
      #expect(Self.received(reply, &state, attempt: 2) == ["close 2"])
      #expect(Self.words(state.advance(now: Self.second(5), jitter: 1)) == ["patient LOADING"])
    }

    @Test func pausesDoubleUpToTheLongestAndAreJittered() {
      var state = Self.state()
      let call = Caller("a", at: 1_000_000)
      state.accept(call)
      var pauses: [Int64] = []
      var now = Self.second(0)
      let failure = OpeningFailure(
        .unreachable(location: "", reason: "", remedy: ""), isLasting: false)
      for attempt in 1...7 {
        #expect(Self.words(state.advance(now: now, jitter: 1)) == ["open \(attempt)"])
        _ = state.openingFailed(attempt: attempt, failure, now: now, jitter: 1)
        let next = state.nextDeadline ?? now
        pauses.append((next - now).nanoseconds / 1_000_000)
        now = next
      }
      #expect(pauses == [100, 200, 400, 800, 1600, 2000, 2000])
      _ = state.advance(now: now, jitter: 1)
      _ = state.openingFailed(attempt: 8, failure, now: now, jitter: 0)
      #expect(state.nextDeadline == now + .seconds(1))
    }

    @Test func aLossFailsWhatWasSentAndKeepsWhatWasNot() {
      var state = Self.ready()
      state.accept(Caller("sent"))
      _ = state.nextToWrite(now: Self.second(0))
      state.accept(Caller("queued"))
      let actions = state.disconnected(
        attempt: 1, .byPeer(insideReply: true, cause: nil), now: Self.second(1), jitter: 1)
      #expect(Self.words(actions) == ["close 1", "sent answerLost", "open 2"])
      #expect(Self.word(of: actions, "sent").contains("in the middle of a reply"))
      _ = state.opened(attempt: 2, greeting: [.ping])
      #expect(Self.received(.status("PONG"), &state, attempt: 2) == ["write"])
      #expect(state.nextToWrite(now: Self.second(1))?.name == "queued")
    }

    @Test func eventsOfAnEarlierConnectionChangeNothing() {
      var state = Self.ready()
      _ = state.disconnected(
        attempt: 1, .byPeer(insideReply: false, cause: nil), now: Self.second(1), jitter: 1)
      state.accept(Caller("a"))
      _ = state.advance(now: Self.second(1), jitter: 1)
      _ = state.opened(attempt: 2, greeting: [.ping])
      _ = state.received(.status("PONG"), attempt: 2, now: Self.second(1), jitter: 1)
      _ = state.nextToWrite(now: Self.second(1))
      #expect(Self.received(.status("late"), &state, attempt: 1) == [])
      let stale = state.disconnected(
        attempt: 1, .byPeer(insideReply: false, cause: nil), now: Self.second(1), jitter: 1)
      #expect(Self.words(stale) == [])
      let isPresent = state.opened(attempt: 1, greeting: [.ping])
      #expect(!isPresent)
      #expect(Self.received(.status("mine"), &state, attempt: 2) == ["a status(\"mine\")"])
    }

    @Test func aLateReplyPoisonsTheConnection() {
      var state = Self.ready()
      state.accept(Caller("late"))
      state.accept(Caller("behind", at: 10))
      _ = state.nextToWrite(now: Self.second(0))
      _ = state.nextToWrite(now: Self.second(10))
      #expect(state.nextDeadline == Self.second(30))
      let actions = state.advance(now: Self.second(30), jitter: 1)
      #expect(Self.words(actions) == ["late answerLost", "close 1", "behind answerLost"])
      #expect(Self.received(.status("too late"), &state) == [])
    }

    @Test func aQueuedCallThatIsLateWasNotSent() {
      var state = Self.ready()
      state.accept(Caller("a"))
      #expect(Self.words(state.advance(now: Self.second(29), jitter: 1)) == [])
      #expect(Self.words(state.advance(now: Self.second(30), jitter: 1)) == ["a notSent"])
    }

    @Test func aConnectionThatDoesNotComeFailsInTime() {
      var state = Self.state()
      state.accept(Caller("a"))
      _ = state.advance(now: Self.second(0), jitter: 1)
      let actions = state.advance(now: Self.second(5), jitter: 1)
      #expect(Self.words(actions) == ["close 1", "a unreachable"])
    }

    @Test func whoOnlyAsksForAConnectionIsAnsweredByTheGreeting() {
      var state = Self.state()
      state.accept(Caller("probe", patience: .untilConnected))
      state.accept(Caller("a"))
      _ = state.advance(now: Self.second(0), jitter: 1)
      _ = state.opened(attempt: 1, greeting: [.ping])
      #expect(
        Self.received(.status("PONG"), &state) == ["probe status(\"PONG\")", "write"])
      #expect(state.nextToWrite(now: Self.second(1))?.name == "a")
      #expect(state.nextToWrite(now: Self.second(1)) == nil)
      // It does not wait for a second attempt.
      var failing = Self.state()
      failing.accept(Caller("probe", patience: .untilConnected))
      _ = failing.advance(now: Self.second(0), jitter: 1)
      _ = failing.opened(attempt: 1, greeting: [.ping])
      #expect(
        Self.received(.error(ServerError(code: "LOADING", message: "soon")), &failing)
          == ["close 1", "probe LOADING"])
    }

    @Test func aCancelledQueuedCallIsNeverSent() {
      var state = Self.ready()
      let call = Caller("a")
      state.accept(call)
      state.accept(Caller("b"))
      #expect(Self.words(state.cancel(call, now: Self.second(0))) == ["a notSent"])
      #expect(state.nextToWrite(now: Self.second(0))?.name == "b")
      #expect(Self.words(state.cancel(call, now: Self.second(0))) == [])
    }

    @Test func theReplyOfACancelledCallIsDiscardedInItsTurn() {
      var state = Self.ready()
      let call = Caller("a")
      state.accept(call)
      state.accept(Caller("b"))
      _ = state.nextToWrite(now: Self.second(0))
      _ = state.nextToWrite(now: Self.second(0))
      #expect(Self.words(state.cancel(call, now: Self.second(0))) == ["a answerLost"])
      #expect(Self.received(.integer(1), &state) == [])
      #expect(Self.received(.integer(2), &state) == ["b integer(2)"])
    }

    @Test func aCancelledBlockingCallClosesItsConnection() {
      var state = Self.ready(.closeConnection)
      let call = Caller("a")
      state.accept(call)
      _ = state.nextToWrite(now: Self.second(0))
      #expect(Self.words(state.cancel(call, now: Self.second(0))) == ["a answerLost", "close 1"])
    }

    @Test func aReplyThatNobodyAskedForClosesTheConnection() {
      var state = Self.ready()
      #expect(Self.received(.status("hello"), &state) == ["close 1"])
    }

    @Test func anIdleConnectionIsClosedAndOpenedAgain() {
      var state = Self.ready(idle: .seconds(10))
      #expect(state.nextDeadline == Self.second(10))
      #expect(Self.words(state.advance(now: Self.second(9), jitter: 1)) == [])
      #expect(Self.words(state.advance(now: Self.second(10), jitter: 1)) == ["close 1"])
      state.accept(Caller("a", at: 20))
      #expect(Self.words(state.advance(now: Self.second(20), jitter: 1)) == ["open 2"])
    }

    @Test func closingEndsEverything() {
      var state = Self.ready()
      state.accept(Caller("sent"))
      _ = state.nextToWrite(now: Self.second(0))
      state.accept(Caller("queued"))
      #expect(Self.words(state.close()) == ["queued closed", "close 1", "sent answerLost"])
      let actions = state.disconnected(
        attempt: 1, .byPeer(insideReply: false, cause: nil), now: Self.second(0), jitter: 1)
      #expect(Self.words(actions) == [])
      #expect(state.nextDeadline == nil)
    }

    @Test func whatAServerEchoesOfAPasswordIsHidden() {
      let step = GreetingStep.authenticate(user: "app", password: Secret("hunter2"))
      let reply = Reply.error(
        ServerError(reply: "ERR unknown command 'AUTH', with args beginning with: 'app' 'hunter2'"))
      let error = step.failure(for: reply, at: "redis://test")?.error
      #expect(error?.description.contains("AUTH") == true)
      #expect(error?.description.contains("hunter2") == false)
    }

    static func word(of actions: [State.Action], _ name: String) -> String {
      for case .finish(let call, .failure(let error)) in actions where call.name == name {
        return error.description
      }
      return ""
    }
  }
#endif
