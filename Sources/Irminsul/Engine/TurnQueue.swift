import RedisScripting

/// Lets the tasks of one process take turns on a branch, in the order they came.
final class TurnQueue: Sendable {
  private struct Waiter {
    let number: Int
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    /// Who waits for each branch that somebody has; its holder is not among them.
    var waiters: [String: [Waiter]] = [:]
    var next = 0
  }

  private let state = Locked(State())

  /// Runs a body while no other task is in one for any of the branches.
  ///
  /// - Throws: `CancellationError` when the task is cancelled before its turn.
  func withTurn<Result: Sendable>(
    on refs: [String], _ body: () async throws -> Result
  ) async throws -> Result {
    // In one order for everybody, so that no two wait for each other.
    var held: [String] = []
    defer { for ref in held.reversed() { leave(ref) } }
    for ref in Set(refs).sorted() {
      guard await enter(ref) else { throw CancellationError() }
      held.append(ref)
    }
    return try await body()
  }

  private func enter(_ ref: String) async -> Bool {
    let number = state.withLock { state -> Int? in
      guard state.waiters[ref] != nil else {
        state.waiters[ref] = []
        return nil
      }
      state.next += 1
      return state.next
    }
    guard let number else { return true }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isFree = state.withLock { state in
          // Whoever had the branch may have left meanwhile.
          guard state.waiters[ref] != nil else {
            state.waiters[ref] = []
            return true
          }
          state.waiters[ref]?.append(Waiter(number: number, continuation: continuation))
          return false
        }
        if isFree { continuation.resume(returning: true) }
        if Task.isCancelled { cancel(number, ref) }
      }
    } onCancel: {
      cancel(number, ref)
    }
  }

  private func cancel(_ number: Int, _ ref: String) {
    let waiter = state.withLock { state -> Waiter? in
      guard let index = state.waiters[ref]?.firstIndex(where: { $0.number == number }) else {
        return nil
      }
      return state.waiters[ref]?.remove(at: index)
    }
    waiter?.continuation.resume(returning: false)
  }

  private func leave(_ ref: String) {
    let next = state.withLock { state -> Waiter? in
      guard let waiters = state.waiters[ref], !waiters.isEmpty else {
        state.waiters[ref] = nil
        return nil
      }
      return state.waiters[ref]?.removeFirst()
    }
    next?.continuation.resume(returning: true)
  }
}
