import GitObjects
import RedisScripting

/// Where a store's histories end though they go on, as git's `shallow` file says it of a repository.
struct Boundary: Sendable {
  /// The commits whose parents do not count. Some may be stored no more.
  var commits: Set<ObjectID> = []
  /// How often it has been changed, settings that ask for changes of it among that.
  var changes: Int64 = 0
  /// The newest position of the log when it was read.
  var position: Int64 = 0
  /// The server's clock then, in milliseconds since 1970; 0 where nobody has asked for it.
  var time: Int64 = 0
}

extension ScriptedEngine {
  /// What is done with commits of the boundary: see `cut.lua`.
  enum BoundaryChange: String {
    case receive, join, sweep
  }

  private static var boundaryPage: Int { 1000 }

  /// One round trip, and more for thousands of commits.
  ///
  /// - Parameter clock: Whether the time is asked for, which some users may not know.
  func boundary(clock: Bool = false) async throws -> Boundary {
    var boundary = Boundary()
    var cursor = Bytes("0".utf8)
    var isFirst = true
    repeat {
      let reply = try await call(
        .boundary,
        [cursor, Bytes("\(Self.boundaryPage)".utf8), Bytes((clock ? "clock" : "").utf8)])
      guard let fields = reply.array, fields.count >= 4, let changes = fields[0].integer,
        let position = fields[1].integer, let time = fields[2].integer,
        let next = fields[3].bytes
      else { throw unexpected(.boundary, reply) }
      if isFirst {
        (boundary.changes, boundary.position, boundary.time) = (changes, position, time)
      }
      isFirst = false
      for field in fields[4...] {
        guard let id = objectID(field) else { throw unexpected(.boundary, reply) }
        boundary.commits.insert(id)
      }
      cursor = next
    } while cursor != Bytes("0".utf8)
    return boundary
  }

  /// Changes the boundary under the lease that the task holds, a thousand commits a round trip. Done twice it is as
  /// good as once.
  func change(boundary change: BoundaryChange, _ ids: [ObjectID]) async throws {
    for start in stride(from: 0, to: ids.count, by: Self.boundaryPage) {
      let batch = Array(ids[start..<min(ids.count, start + Self.boundaryPage)])
      _ = try await cut(change.rawValue, batch, since: nil)
    }
  }

  /// Puts commits to the boundary that was read before.
  ///
  /// - Returns: False when it has been changed since; some may be done then.
  func cut(_ ids: [ObjectID], since boundary: Boundary) async throws -> Bool {
    var changes = boundary.changes
    for start in stride(from: 0, to: ids.count, by: Self.boundaryPage) {
      let batch = Array(ids[start..<min(ids.count, start + Self.boundaryPage)])
      guard let now = try await cut("cut", batch, since: changes) else { return false }
      changes = now
    }
    return true
  }

  private func cut(
    _ action: String, _ ids: [ObjectID], since changes: Int64?
  ) async throws -> Int64? {
    guard let lease = Lease.held(on: self) else { throw StoreError.leaseExpired(in: location) }
    // Of a cut whose answer was lost the next attempt finds that something has changed.
    let reply = try await repeatingLostAnswers { _ in
      try await self.call(
        .cut,
        [Bytes(action.utf8), lease.id, changes.map { Bytes("\($0)".utf8) } ?? []]
          + ids.map(\.bytes))
    }
    guard let fields = reply.array else { throw unexpected(.cut, reply) }
    if fields.count == 1, fields[0].text == "moved" { return nil }
    guard fields.count == 2, let now = fields[0].integer else { throw unexpected(.cut, reply) }
    return now
  }

  /// Takes those commits from the boundary whose parents have come.
  ///
  /// - Parameters:
  ///   - boundary: What it was.
  ///   - new: Commits that have been stored, with everything that they lead to.
  func joinBoundary(_ boundary: Set<ObjectID>, with new: Set<ObjectID>) async throws {
    if boundary.isEmpty || new.isEmpty { return }
    let ids = Array(boundary)
    var joining: [ObjectID] = []
    for (id, object) in zip(ids, try await readObjects(ids)) {
      guard let object, let commit = try? CommitObject(object, algorithm: algorithm) else {
        continue
      }
      if commit.parents.contains(where: new.contains) { joining.append(id) }
    }
    if !joining.isEmpty { try await change(boundary: .join, joining) }
  }
}

extension Repository {
  /// The commits at which the store's histories have been cut by its ``Retention``, or where that was done to the store
  /// that it is a clone of: they are stored, and their parents do not count, whether they are there or not. Empty
  /// for a store with whole histories.
  ///
  /// One round trip, and more for thousands of them.
  ///
  /// Source: git's `shallow` file.
  public func boundary() async throws -> Set<ObjectID> {
    guard let engine = engine as? ScriptedEngine else { return [] }
    let commits = Array(try await engine.boundary().commits)
    return Set(zip(commits, try await engine.kinds(of: commits)).filter { $1 != nil }.map(\.0))
  }

  /// The parents of a commit, as walks over the history follow them: none where it has been cut. One round trip.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/notACommit(_:)``.
  public func parents(of commit: ObjectID) async throws -> [ObjectID] {
    var reader = CommitReader(objects)
    return try await reader.record(commit).parents
  }
}
