import Irminsul

/// Tasks that read leaves by the library's public calls.
struct Readers: WriterTeam {
  private let plan: WorkerPlan
  private let method: ReadMethod
  private let repository: Repository
  private let snapshot: Snapshot
  private let paths: [Path]

  init(_ plan: WorkerPlan, _ method: ReadMethod) async throws {
    self.plan = plan
    self.method = method
    paths =
      plan.folder.map(Self.paths)
      ?? (0..<plan.shape.leafCount).map {
        Path(steps: plan.shape.leaf($0))
      }
    repository = try await plan.open()
    if plan.isPrivate { try await IrminsulStore.fill(repository.branch(), plan.shape) }
    guard let snapshot = try await repository.branch().snapshot() else {
      throw BenchError("the branch that is to be read is empty")
    }
    self.snapshot = snapshot
    // Every tree and leaf is cached from here on, as far as the cache has room. Nobody who reads at the
    // head looks into it.
    if method == .head { return }
    for path in paths { _ = try await snapshot.get(path, as: String.self) }
  }

  /// So many entries of a folder, from all over it, that caches of processors do not hold them all.
  private static func paths(of folder: WideFolder) -> [Path] {
    let count = min(folder.entries, 10_000)
    return (0..<count).map { folder.path($0 * folder.entries / count) }
  }

  func run(_ round: Round) async throws -> WriterTally {
    let stopwatch = Stopwatch()
    let turnstile = Turnstile(round.limit)
    var tally = await withTaskGroup(of: WriterTally.self) { group in
      for reader in plan.writerNumbers {
        group.addTask { await read(as: reader, turnstile) }
      }
      return await group.reduce(into: WriterTally()) { $0.merge($1) }
    }
    stopwatch.stop(&tally)
    return tally
  }

  func close() async { await repository.close() }

  private func read(as reader: Int, _ turnstile: Turnstile) async -> WriterTally {
    let branch = repository.branch()
    var tally = WriterTally()
    // Each task goes through all leaves, in strides that no two share.
    var at = reader * 7919 % paths.count
    var start = ContinuousClock.now
    while turnstile.admits(at: start) {
      do {
        switch method {
        case .head: _ = try await branch.get(paths[at], as: String.self)
        case .snapshot: _ = try await snapshot.get(paths[at], as: String.self)
        }
        let now = ContinuousClock.now
        tally.latency.record(now - start)
        tally.done += 1
        start = now
      } catch {
        tally.fail(error)
        start = ContinuousClock.now
      }
      at = (at + 7919) % paths.count
    }
    return tally
  }
}
