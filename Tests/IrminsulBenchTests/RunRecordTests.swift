import Foundation
import Testing

@testable import IrminsulBench

@Suite struct RunRecordTests {
  private let first = OperationID(process: 0, life: 0, writer: 1, number: 2)
  private let second = OperationID(process: 0, life: 0, writer: 1, number: 3)
  private let done = RecordLine.Answer.acknowledged([
    RecordLine.CommitPlace(id: "abc", position: 7)
  ])

  private func begin(_ id: OperationID) -> RecordLine {
    RecordLine(
      operation: id, attempt: 1,
      intent: RecordLine.Intent(operation: .set(path: "a", value: "b"), token: nil))
  }

  private func outcome(_ answers: [RecordLine.Answer?]) -> RecordedOperation.Outcome {
    RecordedOperation(
      id: first, operation: .set(path: "a", value: "b"), token: nil, place: "", answers: answers
    ).outcome
  }

  @Test func outcomes() {
    #expect(outcome([done]) == .acknowledged)
    #expect(outcome([.lost(""), nil, done]) == .acknowledged)
    #expect(outcome([nil]) == .unknown)
    #expect(outcome([.lost("")]) == .unknown)
    #expect(outcome([.lost(""), .notDone("")]) == .unknown)
    #expect(outcome([.unexpected("")]) == .unknown)
    #expect(outcome([.notDone(""), .notDone("")]) == .refused)
    #expect(outcome([.lost(""), .refused("")]) == .refused)
  }

  /// What a killed process has begun and its successor has ended is one operation; a line that the
  /// kill has cut is none.
  @Test func recordsOfAProcessAndItsSuccessor() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-record-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["one", "two"].map { folder.appending(path: $0) }
    let one = try RecordFile(path: files[0].path)
    try one.write(begin(first))
    try one.write(RecordLine(operation: first, attempt: 1, answer: .lost("cut")))
    try one.write(RecordLine(operation: first, attempt: 2))
    try one.write(begin(second))
    let handle = try FileHandle(forWritingTo: files[0])
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"answer\":{\"ackn".utf8))
    let killed = try RunRecord(reading: [files[0]])
    #expect(killed.unanswered.map(\.id) == [first, second])
    #expect(killed.inherited == [])

    let two = try RecordFile(path: files[1].path)
    try two.write(begin(first))
    try two.write(RecordLine(operation: first, attempt: 1, answer: done))
    let both = try RunRecord(reading: files)
    #expect(both.operations[first]?.answers == [.lost("cut"), nil, done])
    #expect(both.operations[first]?.outcome == .acknowledged)
    #expect(both.operations[first]?.place == "one:1")
    #expect(both.operations[second]?.outcome == .unknown)
    #expect(both.inherited == [first])

    var counter = AcknowledgementCounter(files[1])
    #expect(try counter.count() == 1)
    try two.write(begin(second))
    try two.write(RecordLine(operation: second, attempt: 1, answer: done))
    #expect(try counter.count() == 2)
    #expect(try counter.count() == 2)
  }

  @Test func linesThatMakeNoSenseAreNamed() throws {
    var record = RunRecord()
    #expect(throws: BenchError.self) {
      try record.add(RecordLine(operation: first, attempt: 1), "one:1")
    }
  }
}
