import RedisScripting

/// Wakes tasks that wait for the next write to a stream.
///
/// A waiter takes `generation` first, reads, and then waits for a later one: a write between the
/// two is not missed.
final class ChangeSignal: Sendable {
  private struct State {
    var generation = 0
    var nextWaiter = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    /// Waiters that were cancelled before they began to wait.
    var cancelled: Set<Int> = []
    var isClosed = false
  }

  private let state = Locked(State())

  var generation: Int { state.withLock { $0.generation } }

  var hasWaiters: Bool { state.withLock { !$0.waiters.isEmpty } }

  /// Wakes all who wait.
  func fire() {
    let waiters = state.withLock { state in
      state.generation += 1
      let waiters = state.waiters.values
      state.waiters = [:]
      return Array(waiters)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Wakes all, and lets nobody wait any more.
  func close() {
    state.withLock { $0.isClosed = true }
    fire()
  }

  /// Waits until there is a later generation, the deadline has passed or the task is cancelled.
  func wait(after generation: Int, until deadline: ContinuousClock.Instant) async {
    let waiter = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let alarm = Task {
      try? await Task.sleep(until: deadline, clock: .continuous)
      self.wake(waiter)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.cancelled.remove(waiter) != nil || state.isClosed
            || state.generation != generation
          {
            return true
          }
          state.waiters[waiter] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      wake(waiter)
    }
    alarm.cancel()
    state.withLock { _ = $0.cancelled.remove(waiter) }
  }

  private func wake(_ waiter: Int) {
    let continuation = state.withLock { state in
      let continuation = state.waiters.removeValue(forKey: waiter)
      if continuation == nil { state.cancelled.insert(waiter) }
      return continuation
    }
    continuation?.resume()
  }
}
