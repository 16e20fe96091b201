import ArgumentParser
import Foundation
import Irminsul
import IrminsulRedisClient

/// What a ``CollectorProcess`` runs.
struct CollectorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collector", abstract: "Collect garbage until the parent process says no more.",
    shouldDisplay: false)

  func run() async throws {
    guard let line = readLine() else { return }
    let plan = try JSONDecoder().decode(CollectorPlan.self, from: Data(line.utf8))
    let work = Task { try await Self.work(plan) }
    Thread.detachNewThread {
      while readLine() != nil {}
      work.cancel()
    }
    do {
      try await work.value
    } catch is CancellationError {}
    try JSONLine.print(CollectorEvent.ended(peakBytes: Memory.peakBytes))
  }

  private static func work(_ plan: CollectorPlan) async throws {
    switch plan.activity {
    case .once:
      let repository = try await Repository.open(plan.url)
      try say(.begun)
      try say(.collected(try await repository.collectGarbage(plan.options)))
      await repository.close()
    case .maintain:
      var options = MaintenanceOptions()
      options.collection = plan.options
      options.interval = .seconds(plan.interval)
      let repository = try await open(plan)
      try say(.begun)
      try await repository.maintain(options) { event in
        switch event {
        case .elsewhere, .idle: break
        case .collected(let report): try? say(.collected(report))
        case .failed(let error): try? say(.failure(error))
        }
      }
      await repository.close()
    case .again: try await workAgain(plan)
    }
  }

  private static func workAgain(_ plan: CollectorPlan) async throws {
    var repository: Repository?
    while !Task.isCancelled {
      do {
        if repository == nil {
          repository = try await Repository.open(plan.url)
          try say(.begun)
        }
        if let report = try await repository?.collectGarbage(plan.options) {
          try say(.collected(report))
        }
      } catch is CancellationError {
        break
      } catch {
        if Task.isCancelled { break }
        try say(.failure(error))
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    await repository?.close()
  }

  private static func open(_ plan: CollectorPlan) async throws -> Repository {
    guard plan.isClocked else { return try await Repository.open(plan.url) }
    let configuration = try RedisConfiguration(url: plan.url, environment: [:])
    let host = ClockingHost(try await RedisHost.connect(configuration))
    guard let name = configuration.storeName else {
      throw BenchError("the URL has no store's name")
    }
    return try await Repository(host: host, name: name)
  }

  private static func say(_ event: CollectorEvent) throws { try JSONLine.print(event) }
}
