import Foundation
import Irminsul

@testable import IrminsulBench

/// Records and a history that fit each other, written by hand, for tests that make them not fit.
struct CheckedRun {
  /// The answers of one operation's attempts, each with what it is to be.
  struct Step {
    var id: OperationID
    var operation: StoreOperation
    var answers: [RecordLine.Answer?]
  }

  var steps: [Step] = []
  var history = StoreHistory()

  static let acknowledged = id(0)
  static let increment = id(1)
  static let everywhere = id(2)
  static let exchange = id(3)
  static let transfer = id(4)
  static let unknownDone = id(5)
  static let unknownNotDone = id(6)
  static let refused = id(7)
  static let last = id(8)

  static func id(_ number: Int) -> OperationID {
    OperationID(process: 1, life: 0, writer: 2, number: number + 1)
  }

  /// The token of an operation: its number, sixteen times.
  static func token(of id: OperationID) throws -> RequestToken {
    let bytes = Array(repeating: id.number, count: 16)
    return try JSONDecoder().decode(
      RequestToken.self, from: Data("{\"bytes\":\(bytes),\"position\":0}".utf8))
  }

  init() {
    history.commits = [
      "main": [StoreHistory.Entry(commit: "begin", operation: nil)], "left": [], "right": [],
    ]
    history.log = [StoreHistory.LogEntry(position: 1, branch: "main", old: nil, new: "begin")]
    make(.set(path: "own/a", value: "first"), Self.acknowledged)
    make(.increment(path: "counters/0", amount: 5), Self.increment)
    make(.setEverywhere(path: "everywhere/a", value: "all"), Self.everywhere)
    make(
      .exchange([StoreOperation.Exchange(path: "flags/0", expected: "off", value: "on")]),
      Self.exchange)
    make(.transfer(from: "accounts/0", to: "accounts/1", amount: 2), Self.transfer)
    make(.increment(path: "counters/0", amount: 3), Self.unknownDone, answers: [.lost("cut"), nil])
    steps.append(
      Step(
        id: Self.unknownNotDone, operation: .increment(path: "counters/0", amount: 4),
        answers: [nil]))
    steps.append(
      Step(
        id: Self.refused,
        operation: .exchange([
          StoreOperation.Exchange(path: "flags/0", expected: "off", value: "on")
        ]), answers: [.lost("cut"), .refused("conflict")]))
    make(.append(path: "logs/0", line: "x"), Self.last)
    history.values = [
      "main": [
        "own/a": "first", "counters/0": "8\n", "everywhere/a": "all", "flags/0": "on",
        "flags/1": "off", "flags/2": "off", "accounts/0": "998", "accounts/1": "1002",
        "accounts/2": "1000", "accounts/3": "1000", "accounts/4": "1000", "accounts/5": "1000",
        "logs/0": "x\n",
      ],
      "left": ["everywhere/a": "all"], "right": ["everywhere/a": "all"],
    ]
  }

  /// The record as the writer would have written it.
  var record: RunRecord {
    get throws {
      var record = RunRecord()
      var line = 0
      func place() -> String {
        line += 1
        return "process-1-life-0.jsonl:\(line)"
      }
      for step in steps {
        for (number, answer) in step.answers.enumerated() {
          let intent = RecordLine.Intent(
            operation: step.operation, token: try Self.token(of: step.id))
          try record.add(
            RecordLine(
              operation: step.id, attempt: number + 1, intent: number == 0 ? intent : nil),
            place())
          guard let answer else { continue }
          try record.add(
            RecordLine(operation: step.id, attempt: number + 1, answer: answer), place())
        }
      }
      return record
    }
  }

  var check: HistoryCheck {
    get throws { HistoryCheck(try record, history) }
  }

  /// Takes an operation out of a branch, and out of the log.
  mutating func forget(_ id: OperationID, on branch: String) {
    history.commits[branch]?.removeAll { $0.operation == id }
  }

  /// Has an operation on a branch once more, at the end.
  mutating func append(_ id: OperationID, as commit: String, to branch: String) {
    let old = history.commits[branch]?.last?.commit
    history.commits[branch]?.append(StoreHistory.Entry(commit: commit, operation: id))
    history.log.append(
      StoreHistory.LogEntry(
        position: Int64(history.log.count + 1), branch: branch, old: old, new: commit))
  }

  mutating func setAnswers(_ answers: [RecordLine.Answer?], of id: OperationID) {
    for at in steps.indices where steps[at].id == id { steps[at].answers = answers }
  }

  /// Records an operation and makes its commits.
  private mutating func make(
    _ operation: StoreOperation, _ id: OperationID, answers: [RecordLine.Answer?]? = nil
  ) {
    var places: [RecordLine.CommitPlace] = []
    for branch in operation.branches {
      let commit = "\(branch)-\(id.number)"
      append(id, as: commit, to: branch)
      places.append(
        RecordLine.CommitPlace(id: commit, position: Int64(history.log.count)))
    }
    steps.append(Step(id: id, operation: operation, answers: answers ?? [.acknowledged(places)]))
  }
}
