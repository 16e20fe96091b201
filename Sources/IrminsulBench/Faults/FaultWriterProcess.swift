import Foundation

/// A process with writers, and the file of its record.
struct FaultWriterProcess: Sendable {
  let plan: FaultWriterPlan
  private let child: ChildProcess

  init(_ plan: FaultWriterPlan) throws {
    self.plan = plan
    child = try ChildProcess(["fault-writer"])
    try child.send(line: try JSONLine.text(plan))
  }

  var record: URL { URL(filePath: plan.record) }

  var isRunning: Bool { child.isRunning }

  /// Its exit code once it has ended.
  var status: Int32 { child.status }

  func kill() { child.kill() }

  /// Tells it to begin nothing more, and to end.
  func end() { child.endInput() }
}
