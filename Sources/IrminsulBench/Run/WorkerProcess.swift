import Foundation

/// A process that writes: gets ready, waits for the starting gun, and reports.
///
/// It is told its ``WorkerPlan`` in one line, prints `ready`, starts at the next line, and prints
/// its ``WriterTally``.
struct WorkerProcess {
  static let ready = "ready"
  private let child: ChildProcess

  init(_ plan: WorkerPlan) throws {
    child = try ChildProcess(["worker"])
    try child.send(line: String(decoding: try JSONEncoder().encode(plan), as: UTF8.self))
  }

  func waitUntilReady() throws {
    let line = try child.readLine()
    guard line == Self.ready else { throw BenchError("a process of the benchmark said: \(line)") }
  }

  func start() throws { try child.send(line: "go") }

  func tally() throws -> WriterTally {
    try JSONDecoder().decode(WriterTally.self, from: Data(try child.readLine().utf8))
  }

  func finish() { child.finish() }

  func kill() { child.kill() }
}
