import RedisScripting

/// The processes that collect garbage while faults are injected, and what the killed ones have said.
final class FaultCollectors: Sendable {
  static let count = 2

  private struct State {
    var running: [CollectorProcess] = []
    var heard: [CollectorEvent] = []
  }

  private let plan: CollectorPlan
  private let state = Locked(State())

  /// - Parameter url: The store as they reach it.
  init(url: String) throws {
    // The grace is longer than what a writer does with what it has read; steps and pauses are such that most kills come
    // amid a collection.
    plan = CollectorPlan(activity: .again, url: url, grace: 2, reflog: 0, share: 0.25)
    for _ in 0..<Self.count {
      let process = try CollectorProcess(plan)
      state.withLock { $0.running.append(process) }
    }
  }

  /// Kills one and starts another in its place, if it has begun its work: where processes start slowly nothing would
  /// be done otherwise.
  ///
  /// - Returns: Whether it was killed.
  func replace(_ number: Int) throws -> Bool {
    let killed = state.withLock { $0.running[number] }
    guard !killed.events.isEmpty else { return false }
    let events = killed.kill()
    let process = try CollectorProcess(plan)
    state.withLock {
      $0.heard += events
      $0.running[number] = process
    }
    return true
  }

  /// Whether one of them has ended by itself, which none may.
  func check() throws {
    if state.withLock({ $0.running }).contains(where: { !$0.isRunning }) {
      throw BenchError("a collecting process has ended by itself: what it said is above")
    }
  }

  /// Lets all of them end.
  ///
  /// - Returns: What those and the killed ones have said.
  func end() throws -> [CollectorEvent] {
    for process in state.withLock({ $0.running }) {
      let events = try process.finish()
      state.withLock { $0.heard += events }
    }
    return state.withLock { $0.heard }
  }

  /// Ends all of them at once.
  func kill() {
    for process in state.withLock({ $0.running }) where process.isRunning { _ = process.kill() }
  }
}
