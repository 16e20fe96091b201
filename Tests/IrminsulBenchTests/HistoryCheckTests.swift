import Testing

@testable import IrminsulBench

/// The check names each promise that is broken; a check that nothing fails would prove nothing.
@Suite struct HistoryCheckTests {
  private func violations(
    of kind: Violation.Kind, after change: (inout CheckedRun) -> Void
  ) throws -> [String] {
    var run = CheckedRun()
    change(&run)
    return try run.check.violations.filter { $0.kind == kind }.map(\.text)
  }

  @Test func aSoundRunBreaksNothing() throws {
    let check = try CheckedRun().check
    #expect(check.violations == [])
    #expect(
      check.counters == [CounterBounds(path: "counters/0", value: 8, least: 5, most: 12)])
  }

  @Test func aLostAcknowledgement() throws {
    let found = try violations(of: .lost) { $0.forget(CheckedRun.acknowledged, on: "main") }
    #expect(
      found == [
        "commit main-1: operation 1.0.2.1 (set own/a), token 01010101010101010101010101010101, "
          + "process 1 life 0 writer 2, record process-1-life-0.jsonl:1"
      ])
  }

  @Test func aDuplicate() throws {
    for id in [CheckedRun.increment, CheckedRun.unknownDone] {
      let found = try violations(of: .duplicated) { $0.append(id, as: "again", to: "main") }
      #expect(found.count == 1)
      #expect(found.first?.contains("main-\(id.number), again of branch main") == true)
      #expect(found.first?.contains("operation \(id)") == true)
    }
  }

  @Test func halfACommitOfSeveralBranches() throws {
    let found = try violations(of: .halfDone) { $0.forget(CheckedRun.everywhere, on: "left") }
    #expect(found.count == 1)
    #expect(found.first?.contains("nothing on left: operation 1.0.2.3") == true)
    // Also when nobody was told that it was done.
    let unknown = try violations(of: .halfDone) {
      $0.setAnswers([nil], of: CheckedRun.everywhere)
      $0.forget(CheckedRun.everywhere, on: "right")
    }
    #expect(unknown.count == 1)
  }

  @Test func aRefusedOperationThatWasDone() throws {
    let found = try violations(of: .refusedButDone) {
      $0.append(CheckedRun.refused, as: "late", to: "main")
    }
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("commit late: operation 1.0.2.8") == true)
    // An attempt that never left is a promise, too.
    let notSent = try violations(of: .refusedButDone) {
      $0.setAnswers([.notDone("no connection")], of: CheckedRun.unknownDone)
    }
    #expect(notSent.count == 1)
  }

  @Test func aWrongCounter() throws {
    for value in ["4\n", "13\n"] {
      let found = try violations(of: .counterOutOfBounds) {
        $0.history.values["main"]?["counters/0"] = value
      }
      #expect(found.count == 1)
      #expect(found.first?.hasSuffix("at least 5 and at most 12") == true)
    }
    // Within the bounds, and still not what the history says.
    let found = try violations(of: .wrongValue) {
      $0.history.values["main"]?["counters/0"] = "9\n"
    }
    #expect(found.count == 1)
  }

  @Test(arguments: ["own/a", "logs/0", "flags/0", "accounts/1", "everywhere/a"])
  func aWrongValue(_ path: String) throws {
    for value in ["other", nil] {
      let found = try violations(of: .wrongValue) { $0.history.values["main"]?[path] = value }
      #expect(found.count == 1)
      #expect(found.first?.hasPrefix("\(path) of branch main is") == true)
    }
  }

  @Test func aValueThatNobodyHasWritten() throws {
    let found = try violations(of: .wrongValue) { $0.history.values["right"]?["more"] = "x" }
    #expect(found == ["more of branch right is \"x\", by the history absent"])
  }

  @Test func aCommitThatNobodyAskedFor() throws {
    let unknown = OperationID(process: 9, life: 0, writer: 0, number: 1)
    for (id, branch) in [(unknown, "main"), (CheckedRun.acknowledged, "left")] {
      let found = try violations(of: .unasked) { $0.append(id, as: "strange", to: branch) }
      #expect(found.count == 1)
      #expect(found.first?.hasPrefix("commit strange of branch \(branch)") == true)
    }
  }

  @Test func anAnswerThatNamesAnotherCommit() throws {
    let other = try violations(of: .wrongAnswer) {
      $0.setAnswers(
        [.acknowledged([RecordLine.CommitPlace(id: "other", position: 2)])],
        of: CheckedRun.acknowledged)
    }
    // Neither the history nor the log has it.
    #expect(other.count == 2)
    let position = try violations(of: .wrongAnswer) {
      $0.setAnswers(
        [.acknowledged([RecordLine.CommitPlace(id: "main-1", position: 3)])],
        of: CheckedRun.acknowledged)
    }
    #expect(position.count == 1)
  }

  @Test func operationsInAnotherOrder() throws {
    let found = try violations(of: .outOfOrder) { $0.history.commits["main"]?.swapAt(1, 2) }
    #expect(found.count == 1)
    #expect(found.first?.contains("before that of operation 1.0.2.1") == true)
  }

  @Test func anExchangeOfSomethingElse() throws {
    let found = try violations(of: .staleExchange) {
      $0.append(CheckedRun.exchange, as: "again", to: "main")
    }
    #expect(found.count == 1)
  }

  /// The same run, with the main branch cut to its newest commits from `first` on.
  private func cut(
    _ run: inout CheckedRun, from first: OperationID, _ start: [String: String]
  ) {
    run.history.commits["main"]?.trimPrefix { $0.operation != first }
    run.history.starts["main"] = start
  }

  /// What the main branch holds after the third of its operations, `everywhere`.
  private let start = [
    "own/a": "first", "counters/0": "5\n", "everywhere/a": "all", "flags/0": "off",
    "flags/1": "off", "flags/2": "off", "accounts/0": "1000", "accounts/1": "1000",
    "accounts/2": "1000", "accounts/3": "1000", "accounts/4": "1000", "accounts/5": "1000",
  ]

  private func violations(
    retention: Int, after change: (inout CheckedRun) -> Void
  ) throws -> [Violation] {
    var run = CheckedRun()
    cut(&run, from: CheckedRun.everywhere, start)
    change(&run)
    return HistoryCheck(try run.record, run.history, retention: retention).violations
  }

  /// What is cut off is not missed, and what is inside is.
  @Test func aHistoryThatIsCut() throws {
    #expect(try violations(retention: 5) { _ in } == [])
    let lost = try violations(retention: 4) { $0.forget(CheckedRun.transfer, on: "main") }
    #expect(lost.contains { $0.kind == .lost && $0.text.contains("main-5: operation 1.0.2.5") })
    let short = try violations(retention: 6) { _ in }
    #expect(
      short == [
        Violation(.wrongCut, "branch main has 5 commits, and its newest 6 were to stay")
      ])
    let half = try violations(retention: 4) { $0.forget(CheckedRun.everywhere, on: "left") }
    #expect(half.contains { $0.kind == .halfDone })
    let value = try violations(retention: 5) {
      $0.history.starts["main"]?["counters/0"] = "4\n"
    }
    #expect(value.map(\.kind) == [.wrongValue])
    // Nobody has asked for it.
    var run = CheckedRun()
    cut(&run, from: CheckedRun.everywhere, start)
    #expect(try run.check.violations.map(\.kind) == [.wrongCut])
  }

  @Test func aLogThatTellsAnotherStory() throws {
    let changes: [(inout CheckedRun) -> Void] = [
      { $0.history.log[3].position += 1 }, { $0.history.log.remove(at: 4) },
      { $0.history.log[2].new = "other" }, { $0.history.log[2].old = "other" },
      { $0.history.commits["left"] = [] },
    ]
    for change in changes {
      #expect(try !violations(of: .wrongLog, after: change).isEmpty)
    }
    // What was trimmed at its beginning is no fault.
    #expect(try violations(of: .wrongLog) { $0.history.log.removeFirst(3) } == [])
  }

  @Test func anErrorThatNoFaultExplains() throws {
    let found = try violations(of: .unexpectedError) {
      $0.setAnswers([.unexpected("object 1 is missing")], of: CheckedRun.unknownNotDone)
    }
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("object 1 is missing: operation 1.0.2.7") == true)
  }
}
