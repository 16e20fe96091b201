import GitObjects
import RedisScripting

/// What a collection of garbage would do.
public struct CollectionEstimate: Sendable, Hashable, Codable {
  /// Objects that would go, and their bytes.
  public var removed = 0
  public var removedBytes = 0
  /// Objects that would stay, and their bytes.
  public var kept = 0
  public var keptBytes = 0
  /// Commits at which histories would be cut.
  public var cut = 0
  /// Snapshots that would be kept of what is cut off.
  public var snapshots = 0
  /// What would go and what would stay by kind: the bytes of contents, without what else is stored for each.
  public var removedKinds = KindTotals()
  public var keptKinds = KindTotals()
}

extension ScriptedEngine {
  /// The chunks of those blobs among some that are stored so.
  fileprivate func chunks(of ids: Set<ObjectID>) async throws -> Set<ObjectID> {
    var large: [ObjectID] = []
    try await forEachSizeStep { step in
      for object in step.objects where object.size.isLarge {
        if let id = object.id, ids.contains(id) { large.append(id) }
      }
    }
    return try await chunks(ofLarge: large)
  }

  /// The chunks of large blobs.
  func chunks(ofLarge ids: [ObjectID]) async throws -> Set<ObjectID> {
    var chunks: Set<ObjectID> = []
    for id in ids {
      guard let bytes = try await readSome([id], bytes: 0).first ?? nil,
        let stored = try self.chunks(id, bytes)
      else { continue }
      chunks.formUnion(stored.blob.chunks)
    }
    return chunks
  }
}

extension Repository {
  /// What ``collectGarbage(_:progress:)`` would remove now: nothing is changed.
  ///
  /// Reads all trees and commits that would stay, and twice the size of every object; holds an id for each object. What
  /// operations under way rely on counts as if they had ended, and what a branch has left by more than one commit at
  /// a time as if it stayed.
  ///
  /// Source: `git prune --dry-run`.
  public func estimate(
    _ options: CollectionOptions = CollectionOptions()
  ) async throws -> CollectionEstimate {
    let engine = try scripted("gc")
    return try await Lease.reading(engine, []) { [self] in
      var planning = try await RetentionPlanning(self, engine)
      var roots = planning.refs
      var cut = RetentionPlan.Cut()
      if options.cutsHistories, !planning.isAll {
        cut = try await planning.plan.cut()
        roots = roots.filter { !$0.key.hasPrefix(Retention.snapshots) }
          .merging(planning.plan.snapshots) { $1 }
      }
      var starts = Array(Set(roots.values).union(planning.detached))
      starts += try await left(within: options.reflog, planning.boundary, cut.kept, engine)
      var kept = try await reached(from: starts, ends: Set(cut.commits))
      kept.formUnion(try await engine.chunks(of: kept))
      var estimate = CollectionEstimate()
      estimate.cut = cut.commits.count
      estimate.snapshots = planning.isAll ? 0 : planning.plan.snapshots.count
      var seen: Set<ObjectID> = []
      try await engine.forEachSizeStep { step in
        for object in step.objects {
          guard let id = object.id, seen.insert(id).inserted else { continue }
          let size = object.size
          if kept.contains(id) {
            estimate.kept += 1
            estimate.keptBytes += size.kept
            estimate.keptKinds[size.kind].add(bytes: size.own)
          } else {
            estimate.removed += 1
            estimate.removedBytes += size.kept
            estimate.removedKinds[size.kind].add(bytes: size.own)
          }
        }
      }
      return estimate
    }
  }

  private func reached(
    from starts: [ObjectID], ends: Set<ObjectID>
  ) async throws -> Set<ObjectID> {
    var kept: Set<ObjectID> = []
    let walk = ObjectWalk(objects: objects, starts: starts, ends: ends, cut: { _ in .none })
    for try await visit in walk { kept.insert(visit.id) }
    if layout == .wide, let id = WideNode.explanations[algorithm] { kept.insert(id) }
    return kept
  }

  /// Commits that refs have left lately.
  private func left(
    within time: Duration, _ boundary: Boundary, _ kept: Set<ObjectID>, _ engine: ScriptedEngine
  ) async throws -> [ObjectID] {
    let oldest = boundary.time - time.milliseconds
    var ids: Set<ObjectID> = []
    var before: Int64?
    while true {
      let page = try await engine.logPage(.before(before), count: 200).events
      for event in page where event.milliseconds > oldest {
        guard let old = event.old, !kept.contains(old) else { continue }
        guard let new = event.new else {
          ids.insert(old)
          continue
        }
        let commit = try? await commit(new)
        if commit?.parents.contains(old) != true { ids.insert(old) }
      }
      guard let last = page.last, last.milliseconds > oldest else { break }
      before = last.position
    }
    let all = Array(ids)
    return zip(all, try await engine.kinds(of: all)).filter { $1 != nil }.map(\.0)
  }
}
