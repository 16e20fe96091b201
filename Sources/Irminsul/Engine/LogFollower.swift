import RedisScripting

/// Waits for the log to grow, once for all watches of a repository: one blocked read, on a
/// connection of its own, as long as somebody waits.
actor LogFollower {
  private let host: any ScriptHost
  private let log: Bytes
  private var waiters: [Int: Waiter] = [:]
  private var nextWaiter = 0
  private var isFollowing = false
  private var isClosed = false

  private struct Waiter {
    let position: Int64
    let continuation: CheckedContinuation<Void, any Error>
  }

  init(host: any ScriptHost, log: Bytes) {
    self.host = host
    self.log = log
  }

  /// Returns when the log has, or may have, an entry after a position.
  func wait(beyond position: Int64) async throws {
    try Task.checkCancellation()
    if isClosed { throw StoreError.host(.closed(location: host.location)) }
    let number = nextWaiter
    nextWaiter += 1
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        // A cancellation before this point has found no waiter to end.
        if Task.isCancelled {
          continuation.resume(throwing: CancellationError())
          return
        }
        waiters[number] = Waiter(position: position, continuation: continuation)
        if !isFollowing {
          isFollowing = true
          Task { await follow() }
        }
      }
    } onCancel: {
      Task { await self.cancel(number) }
    }
  }

  func close() {
    isClosed = true
    resumeAll(throwing: StoreError.host(.closed(location: host.location)))
  }

  private func cancel(_ number: Int) {
    waiters.removeValue(forKey: number)?.continuation.resume(throwing: CancellationError())
  }

  private func follow() async {
    var failures = 0
    while let position = waiters.values.map(\.position).min() {
      do {
        let entries = try await host.entries(
          in: log, after: "\(position)-0", count: 128, timeout: .seconds(5))
        failures = 0
        // With no entry the readers look again by themselves: the store may be gone.
        let newest = entries.last.flatMap { Self.position(of: $0.id) } ?? Int64.max
        for (number, waiter) in waiters where waiter.position < newest {
          waiters[number] = nil
          waiter.continuation.resume()
        }
      } catch {
        switch error {
        case .unreachable, .notSent, .answerLost:
          // The connection comes back or the repository is closed; nothing is missed meanwhile.
          failures += 1
          try? await Task.sleep(for: .milliseconds(min(2000, 50 << min(failures, 6))))
        default:
          resumeAll(throwing: StoreError.host(error))
        }
      }
    }
    isFollowing = false
  }

  private func resumeAll(throwing error: any Error) {
    for waiter in waiters.values { waiter.continuation.resume(throwing: error) }
    waiters = [:]
  }

  private static func position(of id: String) -> Int64? {
    id.split(separator: "-").first.flatMap { Int64($0) }
  }
}
