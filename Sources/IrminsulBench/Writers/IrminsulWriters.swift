import Foundation
import Irminsul

/// Writers that are tasks of one process and use the library as anybody would: one repository, its
/// public calls.
struct IrminsulWriters: WriterTeam {
  private let plan: WorkerPlan
  private let layout: Layout
  private let repository: Repository

  init(_ plan: WorkerPlan, _ method: Method, _ layout: Layout) async throws {
    self.plan = plan
    self.layout = layout
    repository = try await plan.open(method.hash)
    if plan.isPrivate { try await IrminsulStore.fill(repository.branch(), plan.shape) }
  }

  func run(_ round: Round) async throws -> WriterTally {
    let stopwatch = Stopwatch()
    let turnstile = Turnstile(round.limit)
    var tally = await withTaskGroup(of: WriterTally.self) { group in
      for writer in plan.writerNumbers {
        group.addTask { await write(as: writer, round, turnstile) }
      }
      return await group.reduce(into: WriterTally()) { $0.merge($1) }
    }
    stopwatch.stop(&tally)
    return tally
  }

  func close() async { await repository.close() }

  private func write(
    as writer: Int, _ round: Round, _ turnstile: Turnstile
  ) async -> WriterTally {
    let branch = repository.branch()
    var leaves = OwnLeaves(plan, writer: writer, step: plan.writers)
    let counter = Path(steps: plan.shape.counter)
    var tally = WriterTally()
    var number = 0
    var start = ContinuousClock.now
    while turnstile.admits(at: start) {
      number += 1
      do {
        let result =
          switch layout.target(writer: writer, number: number) {
          case .ownLeaf:
            try await branch.set(
              leaves.next(), to: round.value(writer: writer, number: number), "Write a leaf")
          case .counter:
            try await IrminsulStore.increment(counter, of: branch)
          }
        guard result.commit != nil else { throw BenchError("a write made no commit") }
        let now = ContinuousClock.now
        tally.latency.record(now - start)
        tally.done += 1
        start = now
      } catch {
        tally.fail(error)
        start = ContinuousClock.now
      }
    }
    return tally
  }
}
