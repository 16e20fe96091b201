import GitObjects
import RedisScripting

/// Brings what one store's objects lead to into another store, which is asked for each whether it has it.
///
/// Objects below others are stored before them, chunk by chunk, so that a commit is only ever there with everything
/// that it leads to, also when the copy is interrupted. No ref moves.
struct ObjectCopy {
  struct Count: Sendable {
    var objects = 0
    var bytes = 0

    static func += (left: inout Count, right: Count) {
      left.objects += right.objects
      left.bytes += right.bytes
    }
  }

  /// What becomes of commits that the source has without their parents, where its history has been cut, and that
  /// the target has not either.
  enum CutHistories {
    /// They are refused.
    case refused
    /// They come to the target's own boundary.
    case adopted
  }

  /// Batches that are looked up, read and stored at the same time.
  private static let batchesInFlight = 4

  let source: Repository
  let target: Repository
  var cutHistories = CutHistories.refused
  let progress: @Sendable (TransferProgress) -> Void

  /// Copies what `wants` lead to, without what the target's refs lead to.
  ///
  /// - Throws: ``StoreError/wrongHash(found:asked:in:)``, ``StoreError/wrongLayout(found:asked:in:)``,
  ///   ``StoreError/missingObject(_:in:)`` when the source lacks something, ``StoreError/historyCut(_:at:in:)``.
  func run(_ wants: [ObjectID]) async throws -> Count {
    try target.checkKind(of: source)
    if wants.isEmpty { return Count() }
    return try await Lease.reading(source.engine, wants) { try await copyAll(wants) }
  }

  private func copyAll(_ wants: [ObjectID]) async throws -> Count {
    var count = Count()
    // What the target has without its parents is not taken for more than that.
    let ends = try await (target.engine as? ScriptedEngine)?.boundary().commits ?? []
    let cut = NewObjects.Cut(ends: ends)
    let shared = try await SharedCommits.find(heldBy: target, knownTo: source)
    do {
      try await copy(
        NewObjects(source.objects, wants: wants, complete: shared, cut: cut), ends, &count)
    } catch StoreError.missingObject(_, let location)
      where !shared.isEmpty && location == source.location
    {
      // The source has a shared commit without what is below it, as of a transfer that was
      // interrupted: what it has itself is looked at as a whole.
      try await copy(NewObjects(source.objects, wants: wants, complete: [], cut: cut), ends, &count)
    }
    return count
  }

  /// Refuses or adopts commits whose parents neither store has.
  private func checkCut(_ parents: [ObjectID: [ObjectID]]) async throws {
    if parents.isEmpty { return }
    let missing = Set(
      try await target.engine.missing(Array(Set(parents.values.joined()))))
    let cut = parents.filter { !missing.isDisjoint(with: $0.value) }.keys.sorted()
    guard let first = cut.first else { return }
    guard cutHistories == .adopted, let engine = target.engine as? ScriptedEngine else {
      throw StoreError.historyCut(
        "what comes before it, which \(target.location) lacks as well,", at: first,
        in: source.location)
    }
    try await engine.change(boundary: .receive, cut)
  }

  private func copy(
    _ new: NewObjects, _ ends: Set<ObjectID>, _ count: inout Count
  ) async throws {
    var new = new
    try await new.begin()
    try await checkCut(new.cutParents)
    var total = count
    var seen = 0
    try await withThrowingTaskGroup(of: Count.self) { group in
      var inFlight = 0
      func settle(_ most: Int) async throws {
        while inFlight > most, let done = try await group.next() {
          inFlight -= 1
          total += done
          progress(
            TransferProgress(phase: "objects", done: seen, total: nil, bytes: total.bytes))
        }
      }
      while let batch = try await new.next() {
        try await settle(batch.needsEarlier ? 0 : Self.batchesInFlight - 1)
        seen += batch.items.count
        group.addTask { try await copy(batch.items.map(\.id)) }
        inFlight += 1
        if batch.needsEarlier { try await settle(0) }
      }
      try await settle(0)
    }
    count = total
    if let engine = target.engine as? ScriptedEngine {
      try await engine.joinBoundary(ends, with: new.visited)
    }
  }

  private func copy(_ ids: [ObjectID]) async throws -> Count {
    var count = Count()
    var missing = try await target.engine.missing(ids)[...]
    while !missing.isEmpty {
      let page = try await source.engine.readStoredPage(missing)
      guard !page.isEmpty else {
        throw StoreError.unexpectedReply("no object", in: source.location)
      }
      var objects: [IdentifiedObject] = []
      for (id, object) in zip(missing, page) {
        guard let object else { throw StoreError.missingObject(id, in: source.location) }
        switch object {
        case .object(let object):
          if !(source.engine is ScriptedEngine), object.id(source.algorithm) != id {
            throw StoreError.damagedObject(
              id, in: source.location, reason: "its bytes do not have that id")
          }
          objects.append(IdentifiedObject(id: id, object: object))
          count.bytes += object.bytes.count
        case .chunks(let chunks):
          try await copy(chunks.content)
          count.objects += 1
          count.bytes += chunks.blob.size
        }
      }
      try await target.engine.writeObjects(objects)
      count.objects += objects.count
      missing = missing.dropFirst(page.count)
    }
    return count
  }

  private func copy(_ content: BlobContent) async throws {
    try await Lease.with(target) { [target] in
      var upload = try BlobUpload(target.engine, size: content.size)
      for try await piece in content { try await upload.append(piece) }
      _ = try await upload.finish()
    }
  }
}

extension StoreEngine {
  /// Those of some ids that are not stored, in their order.
  func missing(_ ids: [ObjectID]) async throws -> [ObjectID] {
    if let engine = self as? ScriptedEngine {
      var missing: [ObjectID] = []
      for start in stride(from: 0, to: ids.count, by: 1500) {
        missing += try await engine.missingObjects(
          Array(ids[start..<min(ids.count, start + 1500)]))
      }
      return missing
    }
    return zip(ids, try await kinds(of: ids)).filter { $1 == nil }.map(\.0)
  }

  /// The first of some objects: as many as make about a megabyte, one at least.
  func readStoredPage(_ ids: ArraySlice<ObjectID>) async throws -> [StoredObject?] {
    if let engine = self as? ScriptedEngine { return try await engine.readStoredPage(ids) }
    var objects: [StoredObject?] = []
    var size = 0
    for id in ids where objects.isEmpty || size < 1 << 20 {
      let object = try await readObjects([id]).first ?? nil
      size += object?.bytes.count ?? 0
      objects.append(object.map { .object($0) })
    }
    return objects
  }
}

extension Repository {
  /// Refuses to exchange objects with a store whose ids or directories are of another kind.
  func checkKind(of other: Repository) throws(StoreError) {
    guard other.algorithm == algorithm else {
      throw .wrongHash(
        found: other.algorithm.rawValue, asked: algorithm.rawValue, in: other.location)
    }
    guard other.layout == layout else {
      throw .wrongLayout(found: other.layout, asked: layout, in: other.location)
    }
  }
}
