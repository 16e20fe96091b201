import ArgumentParser
import Foundation

/// What a ``WorkerProcess`` runs.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Write as the parent process says.", shouldDisplay: false)

  func run() async throws {
    guard let plan: WorkerPlan = try next() else { return }
    let team = try await plan.team()
    try StandardOutput.line(WorkerProcess.ready)
    while let round: Round = try next() {
      var tally = try await team.run(round)
      tally.residentBytes = Memory.residentBytes
      try JSONLine.print(tally)
    }
    await team.close()
  }

  /// What the next line of standard input says; nil at its end.
  private func next<Value: Decodable>() throws -> Value? {
    guard let line = readLine() else { return nil }
    return try JSONDecoder().decode(Value.self, from: Data(line.utf8))
  }
}
