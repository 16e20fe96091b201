import RedisScripting

/// When a store is maintained, and how.
public struct MaintenanceOptions: Sendable {
  /// How its garbage is collected, after its histories were cut as its ``Retention`` says. It is in less of a hurry than
  /// one that somebody waits for: a tenth of the server's time.
  public var collection = CollectionOptions()
  /// How often it is looked whether that is worth it.
  public var interval: Duration = .seconds(30)
  /// Ref changes, of which a commit is one, that must have come since the last time.
  public var changes: Int64 = 1000
  /// How much the number of objects must have grown since: 0.2 is a fifth. Garbage is a part of what has come, so this
  /// is how much of the store may be garbage.
  public var growth = 0.2

  public init() {
    collection.share = 0.1
  }
}

/// What a ``Maintenance`` has done.
public enum MaintenanceEvent: Sendable {
  /// Another process does it.
  case elsewhere
  /// It is not worth it yet.
  case idle
  case collected(CollectionReport)
  /// The store could not be reached or was full, say; it goes on after a while.
  case failed(any Error)
}

/// Maintains a store for as long as it runs: cuts its histories and collects its garbage when that is worth it. Any
/// number of processes may do so; one at a time has the turn, and the turn of one that is gone is over after a minute.
///
/// ```swift
/// let maintenance = Maintenance(of: repository)
/// let task = Task { try await maintenance.run() }
/// ```
///
/// ``run()`` is what swift-service-lifecycle asks of a service: `extension Maintenance: @retroactive Service {}`.
public struct Maintenance: Sendable {
  private static let turn: Int64 = 60_000

  private let repository: Repository
  private let options: MaintenanceOptions
  private let report: @Sendable (MaintenanceEvent) -> Void
  private let id: Bytes

  /// - Parameters:
  ///   - repository: The store.
  ///   - options: When it is worth it.
  ///   - report: Told of each time that it looked.
  public init(
    of repository: Repository, _ options: MaintenanceOptions = MaintenanceOptions(),
    report: @escaping @Sendable (MaintenanceEvent) -> Void = { _ in }
  ) {
    self.repository = repository
    self.options = options
    self.report = report
    id = (0..<16).map { _ in UInt8.random(in: 0...255) }
  }

  /// Runs until its task is cancelled, which is its ordinary end; a collection that is under way is gone on with by
  /// whoever is next.
  ///
  /// - Throws: ``StoreError/unsupported(_:)`` for a store on another backend's layers; ``StoreError/storeAbsent(name:in:)``
  ///   and ``StoreError/storeDeleted(name:in:)``. Other errors are reported, and it goes on.
  public func run() async throws {
    _ = try repository.scripted("maintenance")
    while !Task.isCancelled {
      do {
        report(try await runOnce())
      } catch is CancellationError {
        return
      } catch {
        // The call that was under way ends by that as well, with another error.
        if Task.isCancelled { return }
        switch error {
        case StoreError.storeAbsent, StoreError.storeDeleted: throw error
        default: report(.failed(error))
        }
      }
      do { try await Task.sleep(for: options.interval) } catch { return }
    }
  }

  /// Looks once, and does what is worth it.
  @discardableResult
  public func runOnce() async throws -> MaintenanceEvent {
    let engine = try repository.scripted("maintenance")
    do {
      let turn = try await engine.maintain("claim", id, Self.turn)
      guard turn.isHeld else { return .elsewhere }
      guard isWorthIt(turn) else {
        _ = try await engine.maintain("release", id, 0)
        return .idle
      }
      let report = try await collect(engine)
      _ = try await engine.maintain("done", id, turn.position)
      return .collected(report)
    } catch {
      // It would run out by itself; also of a task that was cancelled it is not to stay till then.
      await Task { _ = try? await engine.maintain("release", id, 0) }.value
      throw error
    }
  }

  /// Collects, and goes on with the turn meanwhile.
  private func collect(_ engine: ScriptedEngine) async throws -> CollectionReport {
    try await withThrowingTaskGroup(of: CollectionReport?.self) { group in
      group.addTask { try await repository.collectGarbage(options.collection) }
      group.addTask {
        // A turn that is lost costs nothing: two at once share the work.
        while (try? await Task.sleep(for: .milliseconds(Self.turn / 3))) != nil {
          _ = try? await engine.maintain("claim", id, Self.turn)
        }
        return nil
      }
      defer { group.cancelAll() }
      while let done = try await group.next() {
        if let done { return done }
      }
      throw CancellationError()
    }
  }

  private func isWorthIt(_ turn: MaintenanceTurn) -> Bool {
    // A store that was emptied, or is another one under the same name, begins anew.
    let changes = turn.position - min(turn.position, turn.lastPosition)
    let grown = Double(turn.objects) - Double(turn.lastObjects) * (1 + options.growth)
    return changes >= max(1, options.changes) && grown >= 0
  }
}

private struct MaintenanceTurn {
  let isHeld: Bool
  let position: Int64
  let objects: Int64
  let lastPosition: Int64
  let lastObjects: Int64
}

extension ScriptedEngine {
  fileprivate func maintain(
    _ action: String, _ id: Bytes, _ number: Int64
  ) async throws -> MaintenanceTurn {
    // Each of them done twice is as good as once.
    let reply = try await repeatingLostAnswers { _ in
      try await self.call(.maintain, [Bytes(action.utf8), id, Bytes("\(number)".utf8)])
    }
    let numbers = reply.array?.compactMap(\.integer) ?? []
    guard numbers.count == 5 else { throw unexpected(.maintain, reply) }
    return MaintenanceTurn(
      isHeld: numbers[0] == 1, position: numbers[1], objects: numbers[2],
      lastPosition: numbers[3], lastObjects: numbers[4])
  }
}

extension Repository {
  /// Maintains the store until the task is cancelled: see ``Maintenance``.
  public func maintain(
    _ options: MaintenanceOptions = MaintenanceOptions(),
    report: @escaping @Sendable (MaintenanceEvent) -> Void = { _ in }
  ) async throws {
    try await Maintenance(of: self, options, report: report).run()
  }
}
