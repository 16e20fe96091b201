#if Redis
  import DequeModule
  import NIOConcurrencyHelpers
  import NIOCore
  import RedisScripting

  /// Where the tasks of a process leave their calls for one connection's event loop, and where they
  /// wait for room when too much is on its way already.
  final class Mailbox: Sendable {
    /// A task that waits for room.
    private struct Waiter {
      let number: Int
      let bytes: Int
      let deadline: NIODeadline
      let continuation: CheckedContinuation<HostError?, Never>
    }

    struct Contents {
      var arrivals: [Call] = []
      var cancelled: [Call] = []
      var isClosing = false
    }

    private struct State {
      var contents = Contents()
      /// Whether the event loop has been told and has not looked yet.
      var isAnnounced = false
      var isClosed = false
      /// Of calls that have room and are not finished.
      var commands = 0
      var bytes = 0
      var waiters: Deque<Waiter> = []
      /// Of the next task that has to wait.
      var nextNumber = 0

      func hasRoom(for size: Int, _ limits: Limits) -> Bool {
        commands == 0 || (commands < limits.commands && bytes + size <= limits.bytes)
      }
    }

    struct Limits: Sendable {
      var commands: Int
      var bytes: Int
    }

    // Not `Mutex`: the thread sanitizer does not see that one on Linux.
    private let state = NIOLockedValueBox(State())
    private let limits: Limits
    private let location: String
    /// Tells the event loop to look into the mailbox.
    private let announce: @Sendable () -> Void

    init(limits: Limits, location: String, announce: @escaping @Sendable () -> Void) {
      self.limits = limits
      self.location = location
      self.announce = announce
    }

    // MARK: Tasks

    /// Waits until there is room for a call; ``release(commands:bytes:)`` gives it back.
    ///
    /// - Returns: nil, or why there will be no room.
    func reserve(bytes: Int, until deadline: NIODeadline) async -> HostError? {
      let (quick, number) = state.withLockedValue { state -> (HostError??, Int) in
        if state.isClosed { return (.some(.closed(location: location)), 0) }
        guard state.waiters.isEmpty, state.hasRoom(for: bytes, limits) else {
          state.nextNumber += 1
          return (nil, state.nextNumber)
        }
        state.commands += 1
        state.bytes += bytes
        return (.some(nil), 0)
      }
      if let quick { return quick }
      return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let admitted: HostError?? = state.withLockedValue { state in
            if state.isClosed { return .some(.closed(location: location)) }
            if state.waiters.isEmpty, state.hasRoom(for: bytes, limits) {
              state.commands += 1
              state.bytes += bytes
              return .some(nil)
            }
            state.waiters.append(
              Waiter(number: number, bytes: bytes, deadline: deadline, continuation: continuation))
            return nil
          }
          if let admitted {
            continuation.resume(returning: admitted)
          } else {
            // The event loop keeps the deadlines.
            announce()
            if Task.isCancelled { cancelWaiting(number) }
          }
        }
      } onCancel: {
        cancelWaiting(number)
      }
    }

    /// Hands a call that has room to the event loop. Its continuation will be resumed.
    func send(_ call: Call, _ continuation: CheckedContinuation<CallResult, Never>) {
      let (isOpen, mustAnnounce) = state.withLockedValue { state -> (Bool, Bool) in
        guard !state.isClosed else { return (false, false) }
        call.wait(continuation)
        state.contents.arrivals.append(call)
        defer { state.isAnnounced = true }
        return (true, !state.isAnnounced)
      }
      if !isOpen { continuation.resume(returning: .failure(.closed(location: location))) }
      if mustAnnounce { announce() }
    }

    /// The task of a call was cancelled. Nothing happens if the call was never sent or is finished.
    func cancel(_ call: Call) {
      let (isUnsent, mustAnnounce) = state.withLockedValue { state -> (Bool, Bool) in
        if let index = state.contents.arrivals.firstIndex(where: { $0 === call }) {
          state.contents.arrivals.remove(at: index)
          return (true, false)
        }
        guard !state.isClosed else { return (false, false) }
        state.contents.cancelled.append(call)
        defer { state.isAnnounced = true }
        return (false, !state.isAnnounced)
      }
      if isUnsent {
        call.finish(
          .failure(.notSent(location: location, reason: "the task was cancelled")))
        release(commands: 1, bytes: call.cost)
      }
      if mustAnnounce { announce() }
    }

    /// Refuses everything from now on; the event loop is to be told by the caller.
    func close() {
      let waiters = state.withLockedValue { state -> Deque<Waiter> in
        defer { state.waiters = [] }
        state.isClosed = true
        state.contents.isClosing = true
        return state.waiters
      }
      for waiter in waiters { waiter.continuation.resume(returning: .closed(location: location)) }
    }

    // MARK: The event loop

    /// Everything that has come since the last look.
    func collect() -> Contents {
      state.withLockedValue { state in
        state.isAnnounced = false
        defer { state.contents = Contents() }
        return state.contents
      }
    }

    /// Gives room back and lets in who waits for it.
    func release(commands: Int, bytes: Int) {
      let admitted = state.withLockedValue { state -> [Waiter] in
        state.commands -= commands
        state.bytes -= bytes
        var admitted: [Waiter] = []
        while let first = state.waiters.first, state.hasRoom(for: first.bytes, limits) {
          state.waiters.removeFirst()
          state.commands += 1
          state.bytes += first.bytes
          admitted.append(first)
        }
        return admitted
      }
      for waiter in admitted { waiter.continuation.resume(returning: nil) }
    }

    /// When the first waiting task gives up.
    var firstDeadline: NIODeadline? {
      state.withLockedValue { $0.waiters.first?.deadline }
    }

    /// Ends the waiting of tasks whose deadline has come.
    func expire(now: NIODeadline) {
      let expired = state.withLockedValue { state -> [Waiter] in
        var expired: [Waiter] = []
        while let first = state.waiters.first, first.deadline <= now {
          expired.append(state.waiters.removeFirst())
        }
        return expired
      }
      for waiter in expired {
        waiter.continuation.resume(
          returning: .notSent(
            location: location,
            reason: "the queue of \(limits.commands) calls or \(limits.bytes) bytes stayed full"))
      }
    }

    private func cancelWaiting(_ number: Int) {
      let continuation = state.withLockedValue { state -> CheckedContinuation<HostError?, Never>? in
        guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
          return nil
        }
        return state.waiters.remove(at: index).continuation
      }
      continuation?.resume(
        returning: .notSent(location: location, reason: "the task was cancelled"))
    }
  }
#endif
