import Foundation

/// A process that writes or reads: gets ready, and for each ``Round`` that it is given, when it is
/// given, reports a ``WriterTally``. All of it one JSON line each.
struct WorkerProcess {
  static let ready = "ready"
  private let child: ChildProcess

  init(_ plan: WorkerPlan) throws {
    child = try ChildProcess(["worker"])
    try child.send(line: try JSONLine.text(plan))
  }

  /// Waits until it has its connections.
  func waitUntilReady() throws {
    let line = try child.readLine()
    guard line == Self.ready else { throw BenchError("a process of the benchmark said: \(line)") }
  }

  /// Starts a round; ``tally()`` waits for its end.
  func start(_ round: Round) throws {
    try child.send(line: try JSONLine.text(round))
  }

  func tally() throws -> WriterTally {
    try JSONDecoder().decode(WriterTally.self, from: Data(try child.readLine().utf8))
  }

  /// Lets it close its connections and end.
  func finish() { child.finish() }
}

/// Several processes that do every round together.
struct WorkerGroup {
  private let workers: [WorkerProcess]

  init(_ plans: [WorkerPlan]) throws {
    workers = try plans.map { try WorkerProcess($0) }
    for worker in workers { try worker.waitUntilReady() }
  }

  /// Lets all processes do a round and adds up what they have done.
  func run(_ round: Round) throws -> WriterTally {
    for worker in workers { try worker.start(round) }
    var tally = WriterTally()
    for worker in workers { tally.merge(try worker.tally()) }
    return tally
  }

  func finish() { for worker in workers { worker.finish() } }
}
