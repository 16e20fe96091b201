import Foundation
import GitObjects
import RedisScripting

/// What applying a ``Retention`` has done.
struct RetentionOutcome: Sendable {
  /// Commits at which histories were cut now.
  var cut = 0
  /// Snapshots that stay of what is cut.
  var snapshots = 0
  /// Objects in the archive.
  var archived = 0
  /// What the boundary was before.
  var boundary: Set<ObjectID> = []
}

extension Repository {
  /// Cuts histories as the store's settings say. What is cut off is garbage from then on.
  ///
  /// - Parameter archive: A file into which it goes first.
  func applyRetention(
    archive: String?, _ engine: ScriptedEngine, _ progress: @escaping TransferReport
  ) async throws -> RetentionOutcome {
    let boundary = try await engine.boundary()
    if try await settings().retention.isAll {
      return RetentionOutcome(boundary: boundary.commits)
    }
    // One that was killed is to hold up the next one's collection for no longer than that. An archive takes its time, and
    // a disk that stands still is not to be in vain.
    let length = archive == nil ? 10_000 : Lease.length
    return try await Lease.withOwn(engine, length: length) { [self] _ in
      for _ in 0..<20 {
        if let outcome = try await cutHistories(archive: archive, engine, progress) {
          return outcome
        }
        // Somebody else has cut meanwhile, or other settings hold now.
        try Task.checkCancellation()
      }
      throw StoreError.tooManyAttempts(branch: "", attempts: 20)
    }
  }

  /// One attempt: nil when the boundary has moved meanwhile.
  private func cutHistories(
    archive: String?, _ engine: ScriptedEngine, _ progress: @escaping TransferReport
  ) async throws -> RetentionOutcome? {
    var planning = try await RetentionPlanning(self, engine)
    try await planning.catchUp()
    var cut = try await planning.plan.cut()
    var outcome = RetentionOutcome(boundary: planning.boundary.commits)
    let snapshots = planning.plan.snapshots
    outcome.snapshots = snapshots.count
    // Snapshots have their refs before what they are taken from is cut off.
    try await setRefs(
      inSteps: snapshots.sorted { $0.key < $1.key }
        .filter { planning.refs[$0.key] != $0.value }
        .map { RefChange(name: $0.key, test: .any, set: $0.value) })
    if !cut.commits.isEmpty {
      var written: Archive?
      if let archive { written = try await Archive(archive, of: cut, in: self, progress) }
      outcome.archived = written?.objects ?? 0
      // What came while that took its time is kept as well.
      try await planning.catchUp()
      cut = try await planning.plan.cut()
      let isWritten = written.map { cut.beyond.isSubset(of: $0.commits) } ?? true
      guard isWritten, try await engine.cut(cut.commits, since: planning.boundary) else {
        if let archive { BlockingFile.remove(archive) }
        return nil
      }
      outcome.cut = cut.commits.count
    }
    let old = planning.refs.filter {
      $0.key.hasPrefix(Retention.snapshots) && snapshots[$0.key] == nil
    }
    for (name, id) in old.sorted(by: { $0.key < $1.key }) {
      // Somebody else may have done the same.
      _ = try await engine.setRefs([RefChange(name: name, test: .exactly(id), set: nil)])
    }
    return outcome
  }
}

/// A slice of what is cut off, which has been read back.
private struct Archive {
  let objects: Int
  /// The commits that are in it.
  let commits: Set<ObjectID>

  init(
    _ path: String, of cut: RetentionPlan.Cut, in repository: Repository,
    _ progress: TransferReport
  ) async throws {
    commits = try await repository.withNewFile(path) { file in
      var new = NewObjects(
        repository.objects, wants: cut.beyond.sorted(), complete: [],
        cut: NewObjects.Cut(without: cut.kept))
      try await new.begin()
      _ = try await repository.write(
        &new, refs: [], hasHead: false, to: file, path: path, progress)
      return new.visited
    }
    do {
      objects = try await Self.readBack(path)
    } catch {
      BlockingFile.remove(path)
      throw error
    }
  }

  /// How many objects a slice has, of which every byte is read and checked.
  private static func readBack(_ path: String) async throws -> Int {
    try await SliceReader.withFile(path, largestObject: .max) { reader in
      var objects = 0
      while let record = try await reader.next() {
        switch record {
        case .object, .largeBlob: objects += 1
        default: break
        }
      }
      return objects
    }
  }
}

/// A plan, and how it keeps up with what others do to the store meanwhile.
struct RetentionPlanning {
  let boundary: Boundary
  let refs: [String: ObjectID]
  /// The commit of a HEAD that is on no branch.
  let detached: [ObjectID]
  /// Whether everything is kept: then nothing is planned.
  let isAll: Bool
  var plan: RetentionPlan
  private let engine: ScriptedEngine
  private var position: Int64

  init(_ repository: Repository, _ engine: ScriptedEngine) async throws {
    self.engine = engine
    // The boundary first: whoever changes it, or the settings, or refs, after that is noticed.
    boundary = try await engine.boundary(clock: true)
    position = boundary.position
    let retention = try await repository.settings().retention
    plan = RetentionPlan(repository.objects, retention, now: boundary.time / 1000)
    refs = try await engine.refs(prefix: "refs/")
    detached = ObjectID(hex: try await repository.headReference()).map { [$0] } ?? []
    isAll = retention.isAll
    if isAll { return }
    let heads =
      refs.sorted { $0.key < $1.key }.map { (name: $0.key, id: $0.value) }
      + detached.map { (name: "HEAD", id: $0) }
    // Snapshots that are not chosen again go.
    try await plan.keep(heads.filter { !$0.name.hasPrefix(Retention.snapshots) })
    try await plan.chooseSnapshots(refs)
  }

  /// Keeps what refs have come to since, until nothing is new, or as well as that can be done beside busy writers.
  mutating func catchUp() async throws {
    for _ in 0..<5 {
      let found: [RefEvent]
      do {
        found = try await engine.logPage(.after(position), count: 500).events
      } catch StoreError.logTrimmed {
        // More came than the log keeps: what refs are at now.
        position = try await engine.newestLogPosition()
        let now = try await engine.refs(prefix: "refs/")
        try await plan.keep(now.map { (name: $0.key, id: $0.value) })
        continue
      }
      guard let last = found.last else { return }
      position = last.position
      // The last of each ref: it leads to those before, or they were left.
      var heads: [String: ObjectID] = [:]
      for event in found { heads[event.ref] = event.new }
      try await plan.keep(heads.map { (name: $0.key, id: $0.value) })
    }
  }
}
