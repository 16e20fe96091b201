import GitObjects
import RedisScripting

/// How garbage is collected.
public struct CollectionOptions: Sendable, Hashable {
  /// What passes at least before anything is removed: what was read or stored just before, and is not held
  /// otherwise, stays that long.
  public var grace: Duration = .seconds(60)
  /// For how long commits stay that a branch has left, as the reflog keeps them: by a reset, a forced push or
  /// the branch's removal.
  public var reflog: Duration = .seconds(86_400)
  /// Objects and entries that one step looks at. A thousand take a server about a millisecond.
  public var step = 1000
  /// The part of the time, above 0 to 1, that steps take; the rest belongs to the others.
  public var share = 0.25

  public init() {}
}

/// What a collection of garbage has done, or has done so far.
public struct CollectionReport: Sendable, Hashable, Codable {
  /// What it does: it looks for what leads to objects, visits them, or waits until nothing that was read or
  /// stored before it can be missed.
  public enum Phase: String, Sendable, Codable {
    case scanning, visiting, waiting, done
  }

  public var phase: Phase
  /// Objects that were there before and stay, and their bytes.
  public var kept: Int64
  public var keptBytes: Int64
  /// Objects that were removed; known at the end.
  public var removed: Int64
  /// Steps that this caller has taken; others may help.
  public var steps: Int
}

extension Repository {
  /// Removes the objects that nothing leads to, beside all other work: no ref, no tag, no lease, no commit that a
  /// branch has left lately, and nothing that is under way to one of these.
  ///
  /// It goes in steps of about a millisecond. It may be stopped at any of them, by cancelling the task or the end of
  /// the process; the next call goes on where it was. Several at once share the work.
  ///
  /// ```swift
  /// let report = try await repository.collectGarbage()
  /// print("removed \(report.removed) objects")
  /// ```
  ///
  /// - Parameters:
  ///   - options: How long things stay, and how much of the server's time it may take.
  ///   - progress: Called after each step.
  /// - Throws: ``StoreError/missingObject(_:in:)`` if the store lacks something that is needed: nothing is removed
  ///   then.
  @discardableResult
  public func collectGarbage(
    _ options: CollectionOptions = CollectionOptions(),
    progress: @Sendable (CollectionReport) -> Void = { _ in }
  ) async throws -> CollectionReport {
    let engine = try scripted("gc")
    let clock = ContinuousClock()
    var answer = try await engine.collect([
      "begin", "\(options.grace.milliseconds)", "\(options.reflog.milliseconds)",
    ])
    // Somebody else's may be under way: it is helped to its end.
    let goal = answer.collected + 1
    var steps = 0
    var last = answer
    let share = min(1, max(0.001, options.share))
    while true {
      try Task.checkCancellation()
      let begun = clock.now
      answer = try await engine.collect(["step", "\(max(1, options.step))"])
      steps += 1
      // It has ended with another one's step.
      if answer.state != "done", answer.state == "idle" || answer.collected >= goal {
        last.report.phase = .done
        last.report.steps = steps
        progress(last.report)
        return last.report
      }
      answer.report.steps = steps
      last = answer
      progress(answer.report)
      if answer.state == "done" { return answer.report }
      var pause = (clock.now - begun) * (1 / share - 1)
      if answer.state == "waiting" { pause = .milliseconds(min(1000, max(1, answer.wait))) }
      if pause > .zero { try await Task.sleep(for: pause) }
    }
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    max(0, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}

private struct CollectionAnswer {
  let state: String
  var report: CollectionReport
  let wait: Int64
  let collected: Int64
}

extension ScriptedEngine {
  fileprivate func collect(_ arguments: [String]) async throws -> CollectionAnswer {
    // A step whose answer is lost was taken or not; the next one goes on either way.
    let reply = try await repeatingLostAnswers { _ in
      try await self.call(.collect, arguments.map { Bytes($0.utf8) })
    }
    guard let fields = reply.array, fields.count == 7, let state = fields[0].text else {
      throw unexpected(.collect, reply)
    }
    let numbers = fields.dropFirst().compactMap(\.integer)
    guard numbers.count == 6 else { throw unexpected(.collect, reply) }
    let phase = CollectionReport.Phase(rawValue: state) ?? .done
    let report = CollectionReport(
      phase: phase, kept: numbers[0], keptBytes: numbers[1], removed: numbers[3], steps: 0)
    return CollectionAnswer(state: state, report: report, wait: numbers[4], collected: numbers[5])
  }
}
