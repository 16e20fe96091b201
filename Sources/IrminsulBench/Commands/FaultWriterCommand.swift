import ArgumentParser
import Foundation
import Irminsul
import Synchronization

/// What a ``FaultWriterProcess`` runs.
struct FaultWriterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fault-writer", abstract: "Write until the parent process says no more.",
    shouldDisplay: false)

  func run() async throws {
    guard let line = readLine() else { return }
    let plan = try JSONDecoder().decode(FaultWriterPlan.self, from: Data(line.utf8))
    let hasEnded = Shared(false)
    Thread.detachNewThread {
      while readLine() != nil {}
      hasEnded.value.withLock { $0 = true }
    }
    let record = try RecordFile(path: plan.record)
    let inheritance = try inheritance(of: plan)
    guard
      let repository = try await open(plan, hasEnded: { hasEnded.value.withLock { $0 } })
    else { return }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<plan.writers {
        let writer = FaultWriter(
          plan: plan, number: number, repository: repository, record: record,
          hasEnded: { hasEnded.value.withLock { $0 } },
          inheritance: inheritance.enumerated().filter { $0.offset % plan.writers == number }.map(
            \.element))
        group.addTask { try await writer.run() }
      }
      try await group.waitForAll()
    }
    await repository.close()
  }

  /// Half of what the process before this one has left without an answer.
  private func inheritance(of plan: FaultWriterPlan) throws -> [RecordedOperation] {
    guard let predecessor = plan.predecessor else { return [] }
    let open = try RunRecord(reading: [URL(filePath: predecessor)]).unanswered
    return open.filter { $0.token != nil && $0.id.number.isMultiple(of: 2) }
  }

  /// Opens the store, over as many attempts as the faults demand; nil when the run is over by then.
  private func open(
    _ plan: FaultWriterPlan, hasEnded: () -> Bool
  ) async throws -> Repository? {
    let end = ContinuousClock.now + .seconds(plan.patience)
    while !hasEnded() {
      do {
        return try await Repository.open(plan.url)
      } catch StoreError.host(let error) where ContinuousClock.now < end {
        switch error {
        case .unreachable, .notSent, .answerLost, .refused: break
        case .storage(_, let reason, _) where reason.hasPrefix("another process"): break
        default: throw error
        }
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    return nil
  }
}
