import ArgumentParser
import Foundation

/// What a ``WorkerProcess`` runs.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Write as the parent process says.", shouldDisplay: false)

  func run() async throws {
    guard let line = readLine() else { return }
    let plan = try JSONDecoder().decode(WorkerPlan.self, from: Data(line.utf8))
    let team = try await plan.team()
    _ = try await team.run(Round(number: 0, duration: .seconds(plan.warmUpSeconds)))
    try StandardOutput.line(WorkerProcess.ready)
    guard readLine() != nil else { return }
    let tally = try await team.run(Round(number: 1, duration: .seconds(plan.seconds)))
    try StandardOutput.line(String(decoding: try JSONEncoder().encode(tally), as: UTF8.self))
    // Connections stay open until the parent has asked the server for its figures.
    _ = readLine()
    await team.close()
  }
}
