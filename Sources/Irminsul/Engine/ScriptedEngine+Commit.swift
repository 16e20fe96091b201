import GitObjects
import RedisScripting

extension ScriptedEngine {
  /// One round trip: the server rebases the edits. A request that the server could not hash, or
  /// that would hold it up for long, is made by the client instead.
  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply {
    guard algorithm == .sha1, request.edits.count <= Limits.serverEdits, !request.dependsOnOrder
    else { return try await ClientCommit(engine: self, objects: objects)(request) }

    let request = try await storingLargeObjects(of: request)
    let token = Bytes((0..<16).map { _ in UInt8.random(in: 0...255) })
    let since = knownPosition
    let reply: Reply
    do {
      reply = try await repeatingLostAnswers { isRepeated in
        try await self.call(
          .commit, Self.arguments(request, token, since: isRepeated ? since : nil))
      }
    } catch StoreError.outcomeUnknown {
      throw StoreError.outcomeUnknown(branch: Branch.name(ofRef: request.ref) ?? request.ref)
    } catch StoreError.branchNameClash(_, let other) {
      throw StoreError.branchNameClash(
        Branch.name(ofRef: request.ref) ?? request.ref, with: other)
    }
    return try await commitReply(reply, to: request, objects)
  }

  /// Moves objects that are too large for one call into the store beforehand. They are harmless
  /// there when the commit does not come about.
  private func storingLargeObjects(of request: CommitRequest) async throws -> CommitRequest {
    var size = request.objects.reduce(0) { $0 + $1.object.bytes.count }
    for edit in request.edits {
      if case .blob(_, let blob) = edit.action { size += blob.object.bytes.count }
    }
    guard size > Limits.batchBytes || request.objects.count > Limits.batchObjects else {
      return request
    }
    var request = request
    var large = request.objects
    request.objects = []
    for at in request.edits.indices {
      guard case .blob(let mode, let blob) = request.edits[at].action else { continue }
      large.append(blob)
      request.edits[at].action = .entry(Entry(mode: mode, id: blob.id))
    }
    _ = try await writeObjects(large)
    return request
  }

  private static func arguments(
    _ request: CommitRequest, _ token: Bytes, since: Int64?
  ) -> [Bytes] {
    var arguments: [Bytes] = []
    arguments.reserveCapacity(10 + request.objects.count + 5 * request.edits.count)
    arguments.append(Bytes(request.ref.utf8))
    arguments.append(token)
    arguments.append(Bytes((since.map { "\($0)" } ?? "").utf8))
    switch request.head {
    case .any: arguments.append([UInt8(ascii: "*")])
    case .exactly(let id): arguments.append(id?.bytes ?? [])
    }
    switch request.parents {
    case .head: arguments.append([UInt8(ascii: "*")])
    case .given(let ids): arguments.append(ids.flatMap(\.bytes))
    }
    arguments.append(request.author.bytes)
    arguments.append(request.committer.bytes)
    arguments.append(request.message)
    arguments.append(request.emptiness == .made ? Bytes("allow-empty".utf8) : [])
    arguments.append(Bytes("\(request.objects.count)".utf8))
    for object in request.objects { arguments.append(object.object.bytes) }
    for edit in request.edits {
      arguments.append(edit.path.bytes)
      switch edit.expectation {
      case .none: arguments.append([UInt8(ascii: "*")])
      case .exactly(nil): arguments.append([])
      case .exactly(let entry?):
        arguments.append(Bytes("\(entry.mode) ".utf8) + entry.id.bytes)
      }
      switch edit.action {
      case .check: arguments += [[], [], []]
      case .remove: arguments += [Bytes("remove".utf8), [], []]
      case .blob(let mode, let blob):
        arguments += [Bytes("blob".utf8), Bytes("\(mode)".utf8), blob.object.bytes]
      case .entry(let entry):
        arguments += [Bytes("entry".utf8), Bytes("\(entry.mode)".utf8), entry.id.bytes]
      }
    }
    return arguments
  }

  private func commitReply(
    _ reply: Reply, to request: CommitRequest, _ objects: ObjectDatabase
  ) async throws -> CommitReply {
    guard let fields = reply.array, let state = fields.first?.text, fields.count >= 2 else {
      throw unexpected(.commit, reply)
    }
    switch state {
    case "committed":
      guard fields.count == 5, let id = objectID(fields[1]), let position = fields[2].integer,
        let tree = objectID(fields[4])
      else { throw unexpected(.commit, reply) }
      noticePosition(position)
      // The server has made the same bytes: the id is the proof.
      let object = request.commitObject(
        tree: tree, parents: request.parents(at: objectID(fields[3])))
      let framed = object.framed
      guard framed.id(algorithm) == id else {
        throw StoreError.unexpectedReply("commit \(id) is not the one asked for", in: location)
      }
      try objects.keep(id, framed)
      return .committed(Commit(id: id, object: object), position: position)
    case "done":
      guard let id = objectID(fields[1]), fields.count == 3, let position = fields[2].integer
      else { throw unexpected(.commit, reply) }
      noticePosition(position)
      return .committed(try await objects.commit(id), position: position)
    case "unchanged":
      return .unchanged(head: objectID(fields[1]))
    case "moved":
      return .moved(head: objectID(fields[1]))
    case "conflict" where fields.count % 2 == 0:
      let conflicts = try stride(from: 2, to: fields.count, by: 2).map { at in
        guard let path = fields[at].bytes, let entry = fields[at + 1].bytes else {
          throw unexpected(.commit, reply)
        }
        return PathConflict(path: Path(bytes: path), found: try foundEntry(entry, reply))
      }
      return .conflict(head: objectID(fields[1]), conflicts)
    default:
      throw unexpected(.commit, reply)
    }
  }

  /// Reads `mode SP raw id`; empty for none.
  private func foundEntry(_ bytes: Bytes, _ reply: Reply) throws -> Entry? {
    if bytes.isEmpty { return nil }
    guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
      let mode = Self.mode(bytes[..<space]), let id = ObjectID(bytes: bytes[(space + 1)...])
    else { throw unexpected(.commit, reply) }
    return Entry(mode: mode, id: id)
  }
}
