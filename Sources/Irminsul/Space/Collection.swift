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
  /// Objects and entries that one step looks at, at most. What is moved takes a server some six microseconds each, what is
  /// not two.
  public var step = 1000
  /// After how much of the server's time a step ends, of which it takes little more then. On a server whose clock
  /// stands still while a script runs, a step has 150 objects at most.
  public var stepTime = Duration.milliseconds(1)
  /// The part of the server's time, above 0 to 1, that steps take; the rest belongs to the others.
  public var share = 0.25
  /// Whether histories are cut before, as the store's ``Retention`` says.
  public var cutsHistories = true
  /// A file, which is not there yet, into which goes what is cut off before anything is: a slice, for
  /// ``Repository/importSlice(from:refs:progress:)``. Nothing is written when nothing is cut.
  public var archive: String?

  public init() {}
}

/// What a collection of garbage has done, or has done so far.
public struct CollectionReport: Sendable, Hashable, Codable {
  /// What it does: it looks for what leads to objects, visits them, or waits until nothing that was read or
  /// stored before it can be missed.
  public enum Phase: String, Sendable, Codable {
    case scanning, visiting, waiting, done
    /// Operations that began before it are under way, such as an upload. One whose program was killed counts until its
    /// lease runs out, within a minute.
    case held
    /// What is cut off is written into the archive.
    case archiving
  }

  public var phase = Phase.scanning
  /// Objects that were there before and stay, and their bytes.
  public var kept: Int64 = 0
  public var keptBytes: Int64 = 0
  /// Objects that were removed; known at the end.
  public var removed: Int64 = 0
  /// Steps that this caller has taken; others may help.
  public var steps = 0
  /// Commits at which histories were cut before.
  public var cut = 0
  /// Snapshots that are kept of what was cut off.
  public var snapshots = 0
  /// Objects that were written into the archive.
  public var archived = 0
}

extension Repository {
  /// Removes the objects that nothing leads to, beside all other work: no ref, no tag, no lease, no commit that a
  /// branch has left lately, and nothing that is under way to one of these. Before that, histories are cut as the store's
  /// ``Retention`` says.
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
  ///   then; ``StoreError/slice(_:)`` for the archive: nothing is cut then.
  @discardableResult
  public func collectGarbage(
    _ options: CollectionOptions = CollectionOptions(),
    progress: @escaping @Sendable (CollectionReport) -> Void = { _ in }
  ) async throws -> CollectionReport {
    let engine = try scripted("gc")
    var outcome = RetentionOutcome()
    if options.cutsHistories {
      outcome = try await applyRetention(archive: options.archive, engine) { written in
        var report = CollectionReport()
        report.phase = .archiving
        report.archived = written.done
        progress(report)
      }
    }
    let clock = ContinuousClock()
    var answer = try await engine.collect([
      "begin", "\(options.grace.milliseconds)", "\(options.reflog.milliseconds)",
    ])
    // Somebody else's may be under way: it is helped to its end. It may have seen what is cut off now.
    var goal = answer.collected + (outcome.cut > 0 && answer.visited > 0 ? 2 : 1)
    var steps = 0
    var last = answer
    let share = min(1, max(0.001, options.share))
    let limit = Int(min(1e9, max(1, options.stepTime / .microseconds(1))))
    func finished(_ report: CollectionReport) async throws -> CollectionReport {
      try await sweepBoundary(outcome.boundary, engine)
      return report
    }
    while true {
      try Task.checkCancellation()
      let begun = clock.now
      let most = answer.taken > .zero ? options.step : min(options.step, 150)
      answer = try await engine.collect(["step", "\(max(1, most))", "\(limit)"])
      steps += 1
      answer.report.steps = steps
      answer.report.cut = outcome.cut
      answer.report.snapshots = outcome.snapshots
      answer.report.archived = outcome.archived
      // It has ended with another one's step.
      if answer.state != "done", answer.state == "idle" || answer.collected >= goal {
        last.report.phase = .done
        last.report.steps = steps
        progress(last.report)
        return try await finished(last.report)
      }
      last = answer
      progress(answer.report)
      if answer.state == "done" {
        if answer.collected >= goal { return try await finished(answer.report) }
        answer = try await engine.collect([
          "begin", "\(options.grace.milliseconds)", "\(options.reflog.milliseconds)",
        ])
        goal = answer.collected + 1
      }
      // In the time that an answer takes the server has done most for others when it is busy: who waits by that
      // falls behind the more the busier it is.
      let taken = answer.taken > .zero ? answer.taken : clock.now - begun
      var pause = taken * (1 / share - 1)
      if answer.wait > 0 { pause = .milliseconds(min(1000, max(1, answer.wait))) }
      if pause > .zero { try await Task.sleep(for: pause) }
    }
  }

  /// Forgets commits of the boundary that are stored no more.
  private func sweepBoundary(
    _ boundary: Set<ObjectID>, _ engine: ScriptedEngine
  ) async throws {
    if boundary.isEmpty { return }
    let gone = try await engine.missing(Array(boundary))
    if gone.isEmpty { return }
    try await Lease.with(engine) { try await engine.change(boundary: .sweep, gone) }
  }
}

extension Duration {
  var milliseconds: Int64 {
    max(0, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}

private struct CollectionAnswer {
  let state: String
  var report: CollectionReport
  let visited: Int64
  let wait: Int64
  let collected: Int64
  /// What the server took for it, by its own clock; zero when that stands still while a script runs.
  let taken: Duration
}

extension ScriptedEngine {
  fileprivate func collect(_ arguments: [String]) async throws -> CollectionAnswer {
    // A step whose answer is lost was taken or not; the next one goes on either way.
    let reply = try await repeatingLostAnswers { _ in
      try await self.call(.collect, arguments.map { Bytes($0.utf8) })
    }
    guard let fields = reply.array, fields.count == 8, let state = fields[0].text else {
      throw unexpected(.collect, reply)
    }
    let numbers = fields.dropFirst().compactMap(\.integer)
    guard numbers.count == 7 else { throw unexpected(.collect, reply) }
    let phase = CollectionReport.Phase(rawValue: state) ?? .done
    var report = CollectionReport()
    report.phase = phase
    (report.kept, report.keptBytes, report.removed) = (numbers[0], numbers[1], numbers[3])
    return CollectionAnswer(
      state: state, report: report, visited: numbers[2], wait: numbers[4],
      collected: numbers[5], taken: .microseconds(numbers[6]))
  }
}
