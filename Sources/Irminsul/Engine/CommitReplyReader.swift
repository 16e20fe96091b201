import GitObjects
import RedisScripting

/// Reads what `commit.lua` answers, whose header describes it.
struct CommitReplyReader {
  let engine: ScriptedEngine
  let request: CommitRequest
  let objects: ObjectDatabase
  let reply: Reply

  func read() async throws -> CommitReply {
    guard let fields = reply.array, let state = fields.first?.text else { throw unexpected }
    let count = request.branches.count
    switch state {
    case "committed" where fields.count == 2 + 3 * count:
      let position = try position(fields[1])
      let outcomes = try request.branches.enumerated().map { number, branch in
        try outcome(of: branch, fields[(2 + 3 * number)..<(5 + 3 * number)])
      }
      return .committed(outcomes, position: position)
    case "done" where fields.count == 2 + count:
      let position = try position(fields[1])
      var outcomes: [BranchOutcome] = []
      for field in fields[2...] {
        let commit =
          if let id = try objectID(field) { try await objects.commit(id) } else { nil as Commit? }
        outcomes.append(BranchOutcome(commit: commit, previous: commit?.parents.first))
      }
      return .committed(outcomes, position: position)
    case "unchanged" where fields.count == 2 + count:
      let position = try position(fields[1])
      return .unchanged(heads: try fields[2...].map(objectID), position: position)
    case "moved" where fields.count == 1 + count:
      return .moved(heads: try fields[1...].map(objectID))
    case "conflict" where fields.count > 1 + count && (fields.count - 1 - count) % 4 == 0:
      let heads = try fields[1...count].map(objectID)
      let conflicts = try stride(from: 1 + count, to: fields.count, by: 4).map {
        try conflict(fields[$0..<($0 + 4)])
      }
      return .conflict(heads: heads, conflicts)
    default: throw unexpected
    }
  }

  private var unexpected: StoreError { engine.unexpected(.commit, reply) }

  private func position(_ field: Reply) throws -> Int64 {
    guard let position = field.integer else { throw unexpected }
    engine.noticePosition(position)
    return position
  }

  /// An id; nil for an empty field.
  private func objectID(_ field: Reply) throws -> ObjectID? {
    if let id = engine.objectID(field) { return id }
    guard field.bytes == [] else { throw unexpected }
    return nil
  }

  /// Reads {commit or '', head before or '', root tree or ''}.
  private func outcome(
    of branch: BranchRequest, _ fields: ArraySlice<Reply>
  ) throws -> BranchOutcome {
    let ids = try fields.map(objectID)
    let previous = ids[1]
    guard let id = ids[0] else { return BranchOutcome(commit: nil, previous: previous) }
    guard let tree = ids[2] else { throw unexpected }
    // The server has made the same bytes: the id is the proof.
    let object = branch.commitObject(tree: tree, parents: branch.parents(at: previous))
    let framed = object.framed
    guard framed.id(engine.algorithm) == id else {
      throw StoreError.unexpectedReply("commit \(id) is not the one asked for", in: engine.location)
    }
    try objects.keep(id, framed)
    return BranchOutcome(commit: Commit(id: id, object: object), previous: previous)
  }

  /// Reads {number of the branch, path, reason, entry or ''}.
  private func conflict(_ fields: ArraySlice<Reply>) throws -> BranchConflict {
    let first = fields.startIndex
    guard let number = fields[first].integer, request.branches.indices.contains(Int(number) - 1),
      let path = fields[first + 1].bytes, let word = fields[first + 2].text,
      let reason = PathConflict.Reason(rawValue: word), let entry = fields[first + 3].bytes
    else { throw unexpected }
    return BranchConflict(
      branch: Int(number) - 1,
      conflict: PathConflict(path: Path(bytes: path), found: try self.entry(entry), reason: reason))
  }

  /// Reads `mode SP raw id`; empty for none.
  private func entry(_ bytes: Bytes) throws -> Entry? {
    if bytes.isEmpty { return nil }
    guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
      let mode = ScriptedEngine.mode(bytes[..<space]),
      let id = ObjectID(bytes: bytes[(space + 1)...])
    else { throw unexpected }
    return Entry(mode: mode, id: id)
  }
}
