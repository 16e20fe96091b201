import GitObjects
import RedisScripting

extension ScriptedEngine {
  /// One round trip: the server rebases the edits. A request that the server could not hash, or
  /// that would hold it up for long, is made by the client instead.
  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply {
    guard algorithm == .sha1,
      request.branches.reduce(0, { $0 + $1.edits.count }) <= Limits.serverEdits,
      !request.branches.contains(where: \.dependsOnOrder)
    else {
      return try await holding(request) { try await self.commitByClient(request, objects) }
    }
    guard hasLargeObjects(request) else { return try await commitOnServer(request, objects) }
    return try await Lease.with(self) {
      let storable = try await self.storingObjects(of: request)
      return try await self.commitOnServer(storable, objects)
    }
  }

  private func commitOnServer(
    _ request: CommitRequest, _ objects: ObjectDatabase
  ) async throws -> CommitReply {
    do {
      return try await commitByServer(request, objects)
    } catch StoreError.host(.refused(_, _, let refusal)) where refusal.code == "TOOLARGE" {
      // A large directory that an edit is in is one to hand in as a whole; a large value is not.
      let isAbove = refusal.message == "directories"
      return try await Lease.with(self) {
        try await self.commitByClient(request, objects, above: isAbove)
      }
    }
  }

  /// Makes a commit under a lease if it relies on more than the branch's head and what it stores at once.
  private func holding(
    _ request: CommitRequest, _ body: @escaping @Sendable () async throws -> CommitReply
  ) async throws -> CommitReply {
    let edits = request.branches.flatMap(\.edits)
    let isBrief =
      request.objects.isEmpty && edits.count <= Limits.serverEdits
      && !edits.contains { if case .entry = $0.action { true } else { false } }
    return isBrief ? try await body() : try await Lease.with(self, body)
  }

  /// Sends a request until it is answered.
  func commitByServer(
    _ request: CommitRequest, _ objects: ObjectDatabase
  ) async throws -> CommitReply {
    while true {
      let encoder = RequestEncoder(request)
      let reply = try await naming(request) {
        try await withOwnKey(request.key) { key, isFirst in
          try await self.call(.commit, encoder.arguments(key, isFirst: isFirst))
        }
      }
      if reply.array?.first?.text == "refused" {
        // An attempt whose answer was lost has met a conflict that is gone by now. That token is used
        // up, so the request begins anew, unless it is the caller's, who has been told.
        if request.key == nil { continue }
        return .conflict(heads: [], [])
      }
      let reader = CommitReplyReader(
        engine: self, request: request, objects: objects, reply: reply)
      return try await readingMadeCommits { try await reader.read() }
    }
  }

  /// Reads commits that an earlier attempt has made, as often as it takes: that they cannot be read just
  /// now must not look as if they had not been made. Nor must that they are stored no more.
  func readingMadeCommits<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    let loss = HostError.answerLost(
      location: location, reason: "the commit was made, and there was no way to read it")
    do {
      return try await repeatingLostAnswers(after: loss) { _ in try await body() }
    } catch StoreError.missingObject(let id, let location) {
      throw StoreError.commitRemoved(id, in: location)
    }
  }

  /// Tasks of one process take turns on a branch, so that they never lose a race to one another.
  ///
  /// - Parameter isAbove: Whether the server has refused the edits' own places.
  private func commitByClient(
    _ request: CommitRequest, _ objects: ObjectDatabase, above isAbove: Bool = false
  ) async throws -> CommitReply {
    var commit = ClientCommit(engine: self, objects: objects)
    if algorithm == .sha1 { commit.server = self }
    if isAbove {
      commit.subtreeDepth =
        (request.branches.flatMap(\.edits).map(\.path.steps.count).max() ?? 0) - 1
    }
    return try await turns.withTurn(on: request.branches.map(\.ref)) { [commit] in
      var commit = commit
      return try await naming(request) { try await commit.make(request) }
    }
  }

  /// Names the branches of a request in errors that the scripts know none for.
  private func naming<Result: Sendable>(
    _ request: CommitRequest, _ body: () async throws -> Result
  ) async throws -> Result {
    let names = request.branches.map { Branch.name(ofRef: $0.ref) ?? $0.ref }
      .joined(separator: ", ")
    do {
      return try await body()
    } catch StoreError.outcomeUnknown {
      throw StoreError.outcomeUnknown(branch: names)
    } catch StoreError.tokenReused {
      throw StoreError.tokenReused(branch: names)
    } catch StoreError.branchNameClash(_, let other) {
      throw StoreError.branchNameClash(names, with: other)
    }
  }

  /// Whether a request brings more than one call carries.
  private func hasLargeObjects(_ request: CommitRequest) -> Bool {
    var size = request.objects.reduce(0) { $0 + $1.object.bytes.count }
    for branch in request.branches {
      for edit in branch.edits {
        if case .blob(_, let blob) = edit.action { size += blob.bytes.count }
      }
    }
    return size > Limits.batchBytes || request.objects.count > Limits.batchObjects
  }

  /// Moves a request's objects into the store beforehand. They are harmless there when the commit does not
  /// come about.
  private func storingObjects(of request: CommitRequest) async throws -> CommitRequest {
    var request = request
    var large = request.objects
    request.objects = []
    for number in request.branches.indices {
      for at in request.branches[number].edits.indices {
        guard case .blob(let mode, let blob) = request.branches[number].edits[at].action else {
          continue
        }
        let object = IdentifiedObject(blob, algorithm)
        large.append(object)
        request.branches[number].edits[at].action = .entry(Entry(mode: mode, id: object.id))
      }
    }
    _ = try await writeObjects(large)
    return request
  }
}
