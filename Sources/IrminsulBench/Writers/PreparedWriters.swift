import RedisScripting

/// A loop that sends prepared requests and counts replies, and does nothing else: as fast as any
/// client could be with the same script on the same server.
///
/// As many requests are outstanding as there are writers, over two connections, so that one is being
/// filled while the server works on the other. Requests are prepared in portions, between the times
/// that are measured.
final class PreparedWriters: WriterTeam {
  private let factory: RequestFactory
  /// Each is used by one thread, which has its lock meanwhile.
  private let lanes: [Locked<Lane>]

  init(_ plan: WorkerPlan, _ method: Method, _ layout: Layout) async throws {
    factory = try await RequestFactory(plan, method, layout)
    let address = try RedisAddress(url: plan.url)
    let count = min(2, plan.writers)
    lanes = try (0..<count).map { lane in
      let window = plan.writers / count + (lane < plan.writers % count ? 1 : 0)
      return Locked(Lane(try address.connect(), window: window))
    }
    if let script = try await factory.script() {
      try address.connect().call(["SCRIPT", "LOAD", script])
    }
  }

  func run(_ round: Round) async throws -> WriterTally {
    var tally = WriterTally()
    // Enough to learn the rate from; afterwards as many as take a second or two.
    var portion = 200
    var next = 0
    while let size = Self.size(of: portion * lanes.count, round.limit, tally) {
      portion = max(1, size / lanes.count)
      var prepared: [PreparedRequests] = []
      for _ in lanes {
        prepared.append(try await factory.requests(next..<(next + portion), round))
        next += portion
      }
      let portions = prepared
      let stopwatch = Stopwatch()
      let tallies = try await ThreadTeam.run(lanes.count) { [lanes] at in
        try lanes[at].withLock { try $0.send(portions[at]) }
      }
      stopwatch.stop(&tally)
      for part in tallies { tally.merge(part) }
      let rate = Double(tally.done + tally.failed) / max(tally.elapsed, 1e-6)
      portion = min(40_000, max(1, Int(rate * 1.5) / lanes.count))
    }
    return tally
  }

  func close() async {}

  /// How many of so many requests the rest of the round has room for; nil when it is over.
  private static func size(
    of portion: Int, _ limit: Round.Limit, _ tally: WriterTally
  ) -> Int? {
    let done = tally.done + tally.failed
    switch limit {
    case .commits(let count): return done < count ? min(portion, count - done) : nil
    case .seconds(let seconds):
      let left = seconds - tally.elapsed
      guard left > 0 else { return nil }
      let rate = Double(done) / max(tally.elapsed, 1e-6)
      return done == 0 ? portion : min(portion, Int(rate * max(left, 0.02)) + 1)
    }
  }

  /// One connection and its share of the outstanding requests.
  private final class Lane {
    private let connection: RespConnection
    private let window: Int

    init(_ connection: RespConnection, window: Int) {
      self.connection = connection
      self.window = window
    }

    func send(_ requests: PreparedRequests) throws -> WriterTally {
      var tally = WriterTally()
      var sentAt = [ContinuousClock.Instant](repeating: .now, count: window)
      var sent = 0
      var received = 0
      func send(upTo end: Int) throws {
        let now = ContinuousClock.now
        for number in sent..<end { sentAt[number % window] = now }
        try requests.withBytes(of: sent..<end) { try connection.send($0) }
        sent = end
      }
      try send(upTo: min(window, requests.count))
      while received < requests.count {
        var now: ContinuousClock.Instant?
        _ = try connection.takeReplies { reply in
          let arrival = now ?? .now
          now = arrival
          if Self.isDone(reply) {
            tally.done += 1
            tally.latency.record(arrival - sentAt[received % window])
          } else {
            tally.fail(BenchError(String(decoding: reply.prefix(200), as: UTF8.self)))
          }
          received += 1
        }
        try send(upTo: min(requests.count, received + window))
      }
      return tally
    }

    /// Whether a reply says that a commit was made, or is what a plain SET or empty script answers.
    private static func isDone(_ reply: UnsafeRawBufferPointer) -> Bool {
      switch reply.first {
      case UInt8(ascii: "+"), UInt8(ascii: ":"): true
      case UInt8(ascii: "*"): reply.dropFirst(4).starts(with: "$9\r\ncommitted".utf8)
      default: false
      }
    }
  }
}
