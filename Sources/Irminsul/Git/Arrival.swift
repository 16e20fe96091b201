import RedisScripting

/// A value that arrives once, and that any number of tasks wait for. Waiting goes on when the task
/// is cancelled: the value is sure to come.
final class Arrival<Value: Sendable>: Sendable {
  private enum State {
    case awaited([CheckedContinuation<Value, Never>])
    case here(Value)
  }

  private let state = Locked(State.awaited([]))

  func arrive(_ value: Value) {
    let waiters = state.withLock { state in
      guard case .awaited(let waiters) = state else { return [CheckedContinuation<Value, Never>]() }
      state = .here(value)
      return waiters
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  var value: Value {
    get async {
      await withCheckedContinuation { continuation in
        let value: Value? = state.withLock { state in
          switch state {
          case .here(let value): return value
          case .awaited(let waiters):
            state = .awaited(waiters + [continuation])
            return nil
          }
        }
        if let value { continuation.resume(returning: value) }
      }
    }
  }
}
