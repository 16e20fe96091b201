import GitObjects
import RedisScripting

/// Adds entries to the last chunk of a log or queue, and opens another one when that is full.
///
/// The blob `tail` names the last chunk. Every addition tests that it still does, so that all
/// writers add to the same chunk and the order of entries is that of their commits; the server
/// refuses a chunk that is full. So an addition is one round trip, whoever else adds; where a chunk
/// is full, it is three.
final class ChunkAppender: Sendable {
  private let branch: Branch
  private let path: Path
  private let seen: Locked<Seen?>

  /// The tail and its blob.
  private struct Seen {
    let tail: ChunkPlace.Tail
    let entry: Entry
  }

  /// A chunk with as many bytes takes no more.
  static let chunkSize = 8192

  init(_ branch: Branch, _ path: Path) {
    self.branch = branch
    self.path = path
    seen = Locked(nil)
  }

  private var tailPath: Path { path.appending(ChunkPlace.Tail.name) }

  func append(
    _ contents: [Bytes], _ info: Info, deadline: Duration = .seconds(30)
  ) async throws -> WriteResult {
    if contents.isEmpty { return try await branch.commit([], info) }
    // What the handle knows of the tail may be old: it is tried as it is, and then looked at anew.
    var known = seen.withLock { $0 }
    var isFromBefore = known != nil
    var isFull = false
    return try await branch.again(until: deadline) {
      while true {
        if known == nil {
          known = try await readTail()
          isFull = false
        }
        let earliest = known?.tail.opened ?? 0
        let lines = contents.map { ChunkLine(.next(from: earliest), $0).encoded() }
        let pieces = Self.pieces(lines)
        do {
          if let known, !isFull, pieces.count == 1 {
            return try await extend(known, pieces[0], info)
          }
          return try await open(after: known, pieces, info)
        } catch StoreError.conflict(let name, let conflicts) {
          if conflicts.contains(where: { $0.reason == .expected }) {
            // Somebody else has opened another chunk.
            let wasOld = isFromBefore
            known = nil
            isFromBefore = false
            if !wasOld { throw StoreError.conflict(branch: name, conflicts) }
          } else if !isFull, conflicts.contains(where: { $0.reason == .full }) {
            isFull = true
          } else if conflicts.isEmpty {
            throw StoreError.conflict(branch: name, conflicts)
          } else {
            throw unfit(conflicts, branch: name)
          }
        }
      }
    }
  }

  /// What stands in the way will the next time too: no reason to try again.
  private func unfit(_ conflicts: [PathConflict], branch: String) -> StoreError {
    guard let conflict = conflicts.first, let found = conflict.found else {
      return .unexpectedReply("a conflict with nothing", in: "branch \"\(branch)\"")
    }
    return .wrongKind(
      conflict.path, found: found.mode,
      wanted: conflict.path == path ? "a directory of chunks" : "a chunk of entries")
  }

  private func readTail() async throws -> Seen? {
    guard let found = try await branch.locate(tailPath, .bytes) else { return nil }
    guard let blob = found.object, blob.kind == .blob else {
      throw StoreError.wrongKind(tailPath, found: found.entry.mode, wanted: "the name of a chunk")
    }
    let tail = try ChunkPlace.Tail(Bytes(blob.content), at: tailPath, in: found.head)
    let known = Seen(tail: tail, entry: found.entry)
    seen.withLock { $0 = known }
    return known
  }

  private func extend(_ known: Seen, _ lines: Bytes, _ info: Info) async throws -> WriteResult {
    try await branch.commit(
      [
        .check(tailPath, holds: known.entry),
        .extend(known.tail.place.path(in: path), limit: Self.chunkSize, by: lines),
      ], info)
  }

  private func open(
    after known: Seen?, _ pieces: [Bytes], _ info: Info
  ) async throws -> WriteResult {
    var tail = known?.tail
    var edits: [BranchEdit] = []
    for piece in pieces {
      let next = ChunkPlace.Tail(after: tail, .next())
      edits.append(
        BranchEdit(
          path: next.place.path(in: path),
          action: .blob(.blob, FramedObject(kind: .blob, content: piece))))
      tail = next
    }
    guard let tail else { return try await branch.commit([], info) }
    let blob = try tail.framed()
    if known == nil { edits.append(.check(path, .folder)) }
    edits.append(
      BranchEdit(path: tailPath, action: .blob(.blob, blob)).expecting(known?.entry))
    let result = try await branch.commit(edits, info)
    let entry = Entry(mode: .blob, id: blob.id(branch.engine.algorithm))
    seen.withLock { $0 = Seen(tail: tail, entry: entry) }
    return result
  }

  /// Lines put together to chunks.
  private static func pieces(_ lines: [Bytes]) -> [Bytes] {
    var pieces: [Bytes] = [[]]
    for line in lines {
      if pieces[pieces.count - 1].count >= chunkSize { pieces.append([]) }
      pieces[pieces.count - 1] += line
    }
    return pieces
  }
}
