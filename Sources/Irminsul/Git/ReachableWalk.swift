import GitObjects
import RedisScripting

/// Visits each object that some ids reach once, reading them in batches.
///
/// Memory: an id for each object that was seen, and a few batches of about a megabyte.
struct ReachableWalk {
  private enum Limits {
    static let objects = 500
    static let bytes = 1 << 20
    static let requestsInFlight = 4
    static let commits = 32...512
  }

  let engine: ScriptedEngine
  private var seen: Set<ObjectID> = []
  /// Marked as seen when they come in.
  private var objects: [ObjectID] = []
  /// Marked as seen when they are visited: a reply may bring one that waits here.
  private var commits: [ObjectID] = []
  /// Commits whose parents do not count.
  private var cut: Set<ObjectID> = []
  /// Those of them that were visited, and have parents.
  private(set) var boundary: Set<ObjectID> = []

  init(engine: ScriptedEngine) {
    self.engine = engine
  }

  /// Whether the walk has come to an object.
  func hasVisited(_ id: ObjectID) -> Bool { seen.contains(id) }

  /// - Parameter visit: Gets the bytes that are stored under an id, nil when there are none, and whether
  ///   it is a commit of the store's boundary; answers the links to go on with.
  mutating func run(
    from tips: [ObjectID], visit: (ObjectID, Bytes?, _ isCut: Bool) async throws -> [ObjectLink]
  ) async throws {
    cut = try await engine.boundary().commits
    for id in tips where seen.insert(id).inserted { objects.append(id) }
    while !objects.isEmpty || !commits.isEmpty {
      try await visitCommits(visit)
      try await visitObjects(visit)
    }
  }

  private mutating func add(_ links: [ObjectLink], of id: ObjectID) {
    let isCut = cut.contains(id)
    for link in links {
      if link.kind == .commit {
        if isCut {
          boundary.insert(id)
          continue
        }
        if !seen.contains(link.id) { commits.append(link.id) }
      } else if seen.insert(link.id).inserted {
        objects.append(link.id)
      }
    }
  }

  /// A history is a chain: the server follows it, so that it is not one round trip for each commit.
  private mutating func visitCommits(
    _ visit: (ObjectID, Bytes?, _ isCut: Bool) async throws -> [ObjectLink]
  ) async throws {
    var limit = Limits.commits.lowerBound
    while !commits.isEmpty {
      try Task.checkCancellation()
      var starts: [ObjectID] = []
      while starts.count < Limits.commits.upperBound, let id = commits.popLast() {
        if !seen.contains(id) { starts.append(id) }
      }
      if starts.isEmpty { return }
      let found = try await engine.commitBytes(from: starts, limit: max(limit, starts.count))
      if let new = found.cut { cut.formUnion(new) }
      var new = 0
      for (id, bytes) in found.objects where seen.insert(id).inserted {
        new += 1
        add(try await visit(id, bytes, cut.contains(id)), of: id)
      }
      // Where branches meet, most of what comes is known already.
      limit = new * 2 > found.objects.count ? limit * 2 : limit / 2
      limit = min(max(limit, Limits.commits.lowerBound), Limits.commits.upperBound)
    }
  }

  private mutating func visitObjects(
    _ visit: (ObjectID, Bytes?, _ isCut: Bool) async throws -> [ObjectLink]
  ) async throws {
    var walk = self
    try await withThrowingTaskGroup(of: ([ObjectID], [Bytes?]).self) { group in
      var inFlight = 0
      while true {
        while inFlight < Limits.requestsInFlight, !walk.objects.isEmpty {
          let ids = Array(walk.objects.suffix(Limits.objects))
          walk.objects.removeLast(ids.count)
          group.addTask { [engine] in
            (ids, try await engine.readSome(ids, bytes: Limits.bytes))
          }
          inFlight += 1
        }
        guard let (ids, found) = try await group.next() else { return }
        inFlight -= 1
        walk.objects += ids.dropFirst(found.count)
        for (id, bytes) in zip(ids, found) {
          walk.add(try await visit(id, bytes, walk.cut.contains(id)), of: id)
        }
      }
    }
    self = walk
  }
}

extension ScriptedEngine {
  /// What is stored under the first of some ids: at least one, then as many as fit. One round trip.
  func readSome(_ ids: [ObjectID], bytes: Int) async throws -> [Bytes?] {
    let reply = try await call(.readObjects, [Bytes("\(bytes)".utf8)] + ids.map(\.bytes))
    guard let values = reply.array, values.count <= ids.count, !values.isEmpty || ids.isEmpty else {
      throw unexpected(.readObjects, reply)
    }
    return values.map(\.bytes)
  }
}
