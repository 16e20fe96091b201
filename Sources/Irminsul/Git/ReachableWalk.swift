import GitObjects
import RedisScripting

/// Visits each object that some ids reach once, reading them in batches.
///
/// Memory: an id for each object that was seen, and a few batches of about a megabyte.
struct ReachableWalk {
  /// An object to visit, with the place where it was found.
  private struct Waiting {
    let id: ObjectID
    let place: UInt64
    /// The bytes that are stored, once they are known.
    var size: Int?
  }

  private enum Limits {
    static let objects = 500
    static let bytes = 1 << 20
    static let requestsInFlight = 4
    static let commits = 32...512
  }

  let engine: ScriptedEngine
  private var seen: Set<ObjectID> = []
  /// Marked as seen when they come in.
  private var objects: [Waiting] = []
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

  /// What is told of an object.
  struct Sight: Sendable {
    let id: ObjectID
    /// What is stored; nil when there is nothing.
    let bytes: Bytes?
    /// Whether it is a commit of the store's boundary.
    let isCut: Bool
    /// The same for trees and blobs at one path, as far as a hash can tell; 0 for other objects.
    let place: UInt64
  }

  /// - Parameter visit: Answers the links to go on with.
  mutating func run(
    from tips: [ObjectID], visit: (Sight) async throws -> [ObjectLink]
  ) async throws {
    cut = try await engine.boundary().commits
    for id in tips where seen.insert(id).inserted { objects.append(Waiting(id: id, place: 0)) }
    while !objects.isEmpty || !commits.isEmpty {
      try await visitCommits(visit)
      try await visitObjects(visit)
    }
  }

  private mutating func add(_ links: [ObjectLink], of id: ObjectID, at place: UInt64) {
    let isCut = cut.contains(id)
    for link in links {
      if link.kind == .commit {
        if isCut {
          boundary.insert(id)
          continue
        }
        if !seen.contains(link.id) { commits.append(link.id) }
      } else if seen.insert(link.id).inserted {
        objects.append(Waiting(id: link.id, place: Self.place(of: link, below: place)))
      }
    }
  }

  private static func place(of link: ObjectLink, below place: UInt64) -> UInt64 {
    switch link.place {
    case .tree: return 1
    case .entry(let name):
      if place == 0 { return 0 }
      // FNV-1a, from the folder's on: http://www.isthe.com/chongo/tech/comp/fnv/
      var hash = place &* 0x100_0000_01b3 ^ 0x2f
      for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      return hash
    case .parent, .taggedObject: return 0
    }
  }

  /// A history is a chain: the server follows it, so that it is not one round trip for each commit.
  private mutating func visitCommits(
    _ visit: (Sight) async throws -> [ObjectLink]
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
        let sight = Sight(id: id, bytes: bytes, isCut: cut.contains(id), place: 0)
        add(try await visit(sight), of: id, at: 0)
      }
      // Where branches meet, most of what comes is known already.
      limit = new * 2 > found.objects.count ? limit * 2 : limit / 2
      limit = min(max(limit, Limits.commits.lowerBound), Limits.commits.upperBound)
    }
  }

  private mutating func visitObjects(
    _ visit: (Sight) async throws -> [ObjectLink]
  ) async throws {
    var walk = self
    try await withThrowingTaskGroup(of: ([Waiting], [Bytes?]).self) { group in
      var inFlight = 0
      while true {
        while inFlight < Limits.requestsInFlight, !walk.objects.isEmpty {
          let asked = Array(walk.objects.suffix(Limits.objects))
          walk.objects.removeLast(asked.count)
          group.addTask { [engine] in
            if asked.count == Limits.objects { return try await Self.readMany(asked, engine) }
            return (asked, try await engine.readSome(asked.map(\.id), bytes: Limits.bytes))
          }
          inFlight += 1
        }
        guard let (asked, found) = try await group.next() else { return }
        inFlight -= 1
        walk.objects += asked.dropFirst(found.count)
        for (object, bytes) in zip(asked, found) {
          let sight = Sight(
            id: object.id, bytes: bytes, isCut: walk.cut.contains(object.id), place: object.place)
          walk.add(try await visit(sight), of: object.id, at: object.place)
        }
      }
    }
    self = walk
  }

  /// One round trip more, for half of the server's time.
  private static func readMany(
    _ asked: [Waiting], _ engine: ScriptedEngine
  ) async throws -> ([Waiting], [Bytes?]) {
    var asked = asked
    let unknown = asked.indices.filter { asked[$0].size == nil }
    let sizes = try await engine.storedSizes(of: unknown.map { asked[$0].id })
    for (index, size) in zip(unknown, sizes) { asked[index].size = size }
    var total = 0
    let fitting = asked.prefix { object in
      total += object.size ?? 0
      return total <= Limits.bytes
    }
    return (asked, try await engine.readAll(asked.prefix(max(1, fitting.count)).map(\.id)))
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

  /// How many bytes are stored under some ids; 0 where there is nothing. One round trip.
  func storedSizes(of ids: [ObjectID]) async throws -> [Int] {
    if ids.isEmpty { return [] }
    let reply = try await call(.storedSizes, ids.map(\.bytes))
    let sizes = reply.array?.compactMap(\.integer) ?? []
    guard sizes.count == ids.count else { throw unexpected(.storedSizes, reply) }
    return sizes.map { Int($0) }
  }

  /// What is stored under some ids, whatever their size. One round trip, two while garbage is collected.
  ///
  /// No script does it: Redis makes a Lua string of each value then, and takes as long for its hash as for all the rest.
  func readAll(_ ids: [ObjectID]) async throws -> [Bytes?] {
    let command = Command(
      arguments: [Bytes("HMGET".utf8), keys.key("objects")] + ids.map(\.bytes))
    let reply: Reply
    do {
      do {
        reply = try await host.run(command)
      } catch .answerLost where !Task.isCancelled {
        reply = try await host.run(command)
      }
    } catch {
      if case .notSent = error, Task.isCancelled { throw CancellationError() }
      throw translate(error)
    }
    guard var found = reply.array?.map(\.bytes), found.count == ids.count else {
      throw StoreError.unexpectedReply("HMGET", in: location)
    }
    // A collection has moved them, or is about to.
    let moved = ids.indices.filter { found[$0]?.isEmpty ?? true }
    var rest = moved[...]
    while !rest.isEmpty {
      let bytes = try await readSome(rest.map { ids[$0] }, bytes: 1 << 20)
      for (index, value) in zip(rest, bytes) { found[index] = value }
      rest = rest.dropFirst(bytes.count)
    }
    return found
  }
}
