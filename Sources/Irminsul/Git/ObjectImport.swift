import GitObjects
import RedisScripting

/// Brings into a store every object that a repository's tips reach and that the store lacks. What
/// excluded commits reach is taken to be stored.
///
/// `git rev-list` lists the ids, the store says which it lacks, `git cat-file` prints those, and
/// they go into the store in batches. All four work at once, each at most a little ahead of the next.
final class ObjectImport: Sendable {
  struct Outcome: Sendable {
    var reachable = 0
    var added = 0
    var bytes = 0
  }

  private enum Limits {
    /// Ids that the store is asked about at a time: few enough not to count as a long call.
    static let ids = 1500
    static let batchBytes = 1 << 20
    static let batchObjects = 4000
    /// Batches on their way to the store.
    static let batchesInFlight = 4
  }

  private struct Count: Sendable {
    var listed = 0
    /// What the repository says it has, until the list is complete.
    var estimate: Int?
    var isListComplete = false
    var present = 0
    var stored = 0
    var added = 0
    var bytes = 0
  }

  private let engine: ScriptedEngine
  private let source: SourceRepository
  private let excluded: [ObjectID]
  private let progress: @Sendable (TransferProgress) -> Void
  private let count = Locked(Count())

  init(
    engine: ScriptedEngine, source: SourceRepository, excluding excluded: [ObjectID] = [],
    progress: @escaping @Sendable (TransferProgress) -> Void
  ) {
    self.engine = engine
    self.source = source
    self.excluded = excluded
    self.progress = progress
  }

  func run() async throws -> Outcome {
    let tips = source.tips
    if tips.isEmpty { return Outcome() }
    if excluded.isEmpty {
      let estimate = try await source.estimatedObjectCount()
      update { $0.estimate = estimate }
    }
    try await GitProcess.run(
      source.program,
      source.arguments("rev-list", "--objects", "--no-object-names", "--stdin"), in: nil,
      input: .bytes(RevisionList.input(tips, without: excluded))
    ) { list in
      try await GitProcess.run(
        source.program, source.arguments("cat-file", "--batch", "--buffer"), in: nil,
        input: .streamed
      ) { contents in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await self.ask(for: list, from: contents) }
          group.addTask { try await self.store(contents) }
          // waitForAll would wait for the one that goes on when the other has failed, and each waits
          // for the other.
          while try await group.next() != nil {}
        }
      }
    }
    return count.withLock { Outcome(reachable: $0.listed, added: $0.added, bytes: $0.bytes) }
  }

  // MARK: From the list to the objects that are printed

  private func ask(for list: GitProcess, from contents: GitProcess) async throws {
    var lines = LineSplitter()
    var ids: [ObjectID] = []
    while true {
      let chunk = try await list.read()
      if chunk.isEmpty { break }
      for line in lines.split(chunk) {
        guard let id = ObjectID(hexDigits: line), id.algorithm == engine.algorithm else {
          throw StoreError.git(
            .unexpectedOutput(
              command: "rev-list", reason: String(decoding: line.prefix(200), as: UTF8.self)))
        }
        ids.append(id)
        if ids.count == Limits.ids { try await request(&ids, from: contents) }
      }
    }
    if !lines.isAtLineEnd { try await list.throwEarlyEnd("the last line has no end") }
    try await request(&ids, from: contents)
    update { $0.isListComplete = true }
    contents.closeInput()
  }

  private func request(_ ids: inout [ObjectID], from contents: GitProcess) async throws {
    if ids.isEmpty { return }
    let missing = try await engine.missingObjects(ids)
    let (listed, present) = (ids.count, ids.count - missing.count)
    update {
      $0.listed += listed
      $0.present += present
    }
    if !missing.isEmpty { try await contents.write(RevisionList.input(missing)) }
    ids.removeAll(keepingCapacity: true)
  }

  // MARK: From the printed objects to the store

  private func store(_ contents: GitProcess) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var reader = BatchReader(limit: engine.maximumObjectSize)
      var batch: [BatchReader.Item] = []
      var size = 0
      var inFlight = 0
      func send() async throws {
        if batch.isEmpty { return }
        if inFlight == Limits.batchesInFlight {
          try await group.next()
          inFlight -= 1
        }
        let (items, bytes) = (batch, size)
        group.addTask { try await self.put(items, bytes: bytes) }
        inFlight += 1
        batch = []
        size = 0
      }
      var upload: (id: ObjectID, blob: BlobUpload, rest: Int)?
      while true {
        let chunk = try await contents.read()
        if chunk.isEmpty { break }
        reader.append(chunk)
        while let part = try await next(&reader) {
          switch part {
          case .object(let item):
            if !batch.isEmpty, size + item.framed.count > Limits.batchBytes { try await send() }
            size += item.framed.count
            batch.append(item)
            if batch.count == Limits.batchObjects { try await send() }
          case .largeBlob(let id, let size):
            upload = (id, try BlobUpload(engine, size: size), size)
          case .piece(let bytes):
            try await upload?.blob.append(bytes)
            upload?.rest -= bytes.count
            if let done = upload, done.rest == 0 {
              upload = nil
              try await finish(done.blob, done.id)
            }
          }
        }
      }
      if !reader.isBetweenObjects {
        try await contents.throwEarlyEnd("an object is cut off")
      }
      try await send()
      while try await group.next() != nil {}
    }
  }

  private func finish(_ blob: BlobUpload, _ id: ObjectID) async throws {
    var blob = blob
    let (found, isNew) = try await blob.finish()
    guard found == id else {
      throw StoreError.git(
        .unexpectedOutput(command: "cat-file", reason: "\(id) is not the hash of its bytes"))
    }
    update {
      $0.stored += 1
      if isNew { $0.added += 1 }
      $0.bytes += blob.size
    }
  }

  private func next(_ reader: inout BatchReader) async throws -> BatchReader.Part? {
    do {
      return try reader.next()
    } catch BatchReader.Failure.tooLarge(let id, let bytes) {
      throw StoreError.git(
        .objectTooLarge(
          id, path: try? await source.path(of: id), bytes: bytes, limit: engine.maximumObjectSize))
    } catch BatchReader.Failure.missing(let id) {
      throw StoreError.git(
        .failed(
          command: "cat-file", status: 0,
          message: "object \(id) is missing in \"\(source.path)\": see git fsck"))
    } catch BatchReader.Failure.malformed(let reason) {
      throw StoreError.git(.unexpectedOutput(command: "cat-file", reason: reason))
    }
  }

  private func put(_ items: [BatchReader.Item], bytes: Int) async throws {
    if engine.algorithm != .sha1 {
      // The server cannot compute these.
      for item in items
      where ObjectID(hashing: item.framed, algorithm: engine.algorithm) != item.id {
        throw StoreError.git(
          .unexpectedOutput(command: "cat-file", reason: "\(item.id) is not the hash of its bytes"))
      }
    }
    let added = try await engine.putObjects(items)
    update {
      $0.stored += items.count
      $0.added += added
      $0.bytes += bytes
    }
  }

  /// Counts and tells; under a lock, so that figures arrive in order.
  private func update(_ change: (inout Count) -> Void) {
    count.withLock { count in
      change(&count)
      progress(
        TransferProgress(
          phase: "objects", done: count.present + count.stored,
          total: count.isListComplete
            ? count.listed : count.estimate.map { max($0, count.present + count.stored) },
          bytes: count.bytes))
    }
  }
}

extension ScriptedEngine {
  /// Those of the ids that have no object. One round trip.
  func missingObjects(_ ids: [ObjectID]) async throws -> [ObjectID] {
    if let lease = Lease.held(on: self) {
      return zip(ids, try await lease.kinds(of: ids)).filter(\.1.isEmpty).map(\.0)
    }
    let reply = try await call(.missingObjects, ids.map(\.bytes))
    guard let missing = reply.array?.compactMap(objectID), missing.count <= ids.count else {
      throw unexpected(.missingObjects, reply)
    }
    return missing
  }

  /// Stores objects in one round trip. Answers how many were new.
  func putObjects(_ items: [BatchReader.Item]) async throws -> Int {
    var arguments: [Bytes] = []
    arguments.reserveCapacity(2 * items.count)
    for item in items {
      arguments.append(item.id.bytes)
      arguments.append(item.framed)
    }
    return try await put(arguments).added
  }
}
