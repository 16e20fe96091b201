import Foundation
import GitObjects
import RedisScripting

/// What an import of a slice does with the slice's refs.
public enum SliceRefs: Sendable, Hashable {
  /// Nothing: its objects come in, no ref moves. What it goes on from need not be here.
  case ignored
  /// A branch moves forward only, and a tag stays where it is; one that may not is an error, and none moves.
  case fastForward
  /// Every ref goes where the slice has it.
  case forced
}

extension Repository {
  /// Which ids and directories a store must have to import a slice.
  ///
  /// - Throws: ``StoreError/slice(_:)``.
  public static func sliceKind(
    of path: String
  ) async throws -> (algorithm: HashAlgorithm, layout: DirectoryLayout) {
    try await SliceReader.withFile(path, largestObject: 0) { reader in
      (reader.header.algorithm, reader.header.layout)
    }
  }

  /// Brings a slice in: its objects, and then its refs, all of them or none.
  ///
  /// Each object is checked against its id as it comes, the whole file against its digest, and, before a ref moves, that
  /// everything the refs lead to is here. A file that is damaged or cut short changes no ref; objects that came before
  /// stay, and are right. Where this store's history was cut and the slice has what comes before, it is
  /// whole again; where the slice's own history was cut, this store's is from now on. Memory is bounded by some megabytes, the largest object, and an id for each new object.
  ///
  /// `-` stands for standard input.
  ///
  /// - Throws: ``StoreError/slice(_:)`` for the file; ``StoreError/wrongHash(found:asked:in:)``,
  ///   ``StoreError/wrongLayout(found:asked:in:)`` for a slice of another kind of store;
  ///   ``StoreError/notFastForward(branch:_:)``, ``StoreError/headMoved(branch:found:)``.
  ///
  /// Source: Irmin's `Repo.import`, which moves no branch; `git bundle unbundle`.
  @discardableResult
  public func importSlice(
    from path: String, refs: SliceRefs = .fastForward,
    progress: @escaping TransferReport = { _ in }
  ) async throws -> SliceSummary {
    if path == "-" {
      return try await importSlice(
        from: BlockingFile(FileHandle.standardInput), path: path, refs: refs, progress: progress)
    }
    let file: BlockingFile
    do {
      file = try BlockingFile(reading: path)
    } catch {
      throw StoreError.slice(.file(path: path, reason: "\(error)"))
    }
    defer { file.close() }
    return try await importSlice(from: file, path: path, refs: refs, progress: progress)
  }

  func importSlice(
    from file: BlockingFile, path: String, refs policy: SliceRefs,
    progress: @escaping TransferReport
  ) async throws -> SliceSummary {
    try await Lease.with(self) { [self] in
      var reader = SliceReader(file, path: path, largestObject: engine.maximumObjectSize)
      try await reader.readHeader()
      guard reader.header.algorithm == algorithm else {
        throw StoreError.wrongHash(
          found: reader.header.algorithm.rawValue, asked: algorithm.rawValue,
          in: "the slice \"\(path)\"")
      }
      guard reader.header.layout == layout else {
        throw StoreError.wrongLayout(
          found: reader.header.layout, asked: layout, in: "the slice \"\(path)\"")
      }
      var head: String?
      var refs: [(name: String, id: ObjectID)] = []
      var needed: [ObjectID] = []
      var joining = try await SliceBoundary(engine)
      var objects = 0
      var added = 0
      var batch: [IdentifiedObject] = []
      var size = 0
      try await withThrowingTaskGroup(of: Int.self) { group in
        var inFlight = 0
        func settle(_ most: Int) async throws {
          while inFlight > most, let new = try await group.next() {
            inFlight -= 1
            added += new
            progress(
              TransferProgress(
                phase: "objects", done: objects, total: nil, bytes: reader.byteCount))
          }
        }
        func send() async throws {
          if batch.isEmpty { return }
          try await settle(3)
          let part = batch
          group.addTask { [engine] in try await engine.writeObjects(part) }
          inFlight += 1
          batch = []
          size = 0
        }
        while let record = try await reader.next() {
          switch record {
          case .head(let text): head = String(decoding: text, as: UTF8.self)
          case .ref(let name, let id):
            guard let name = String(validating: name, as: UTF8.self) else {
              throw StoreError.slice(
                .damaged(path: path, offset: 0, reason: "a ref's name is not UTF-8"))
            }
            if let branch = Branch.name(ofRef: name) { try Branch.check(branch) }
            refs.append((name, id))
          case .needed(let id):
            needed.append(id)
            if policy != .ignored, try await engine.kinds(of: [id]) != [.commit] {
              throw StoreError.slice(.needs(path: path, id))
            }
          case .boundary(let id): joining.note(id)
          case .object(let id, let object):
            try await joining.prepare()
            joining.note(object, id)
            objects += 1
            batch.append(IdentifiedObject(id: id, object: object))
            size += object.bytes.count
            if size > 1 << 20 || batch.count == 2000 { try await send() }
          case .largeBlob(_, let size):
            try await joining.prepare()
            objects += 1
            var upload = try BlobUpload(engine, size: size)
            while let piece = try await reader.nextPiece() { try await upload.append(piece) }
            if try await upload.finish().isNew { added += 1 }
          case .end: break
          }
        }
        try await send()
        try await settle(0)
      }
      // What lacks something that it goes on from leads to nowhere, and must not count.
      if try await engine.missing(needed).isEmpty { try await joining.finish() }
      var changed = 0
      if policy != .ignored, !refs.isEmpty {
        try await checkConnected(refs.map(\.id), path: path, progress)
        changed = try await move(refs, policy, head: head)
      }
      return SliceSummary(
        objects: objects, newObjects: added, bytes: reader.byteCount, refs: refs.count,
        changedRefs: changed, needed: needed.count)
    }
  }

  /// Refuses what leads to something that is not stored. What the store's own refs lead to is taken for granted.
  private func checkConnected(
    _ ids: [ObjectID], path: String, _ progress: TransferReport
  ) async throws {
    do {
      let complete = try await SharedCommits.find(heldBy: self, knownTo: self)
      var new = NewObjects(objects, wants: ids, complete: complete)
      var done = 0
      while let batch = try await new.next() {
        // Trees and commits were read on the way.
        let blobs = batch.items.filter { $0.kind == .blob }.map(\.id)
        if let id = try await engine.missing(blobs).first {
          throw StoreError.missingObject(id, in: location)
        }
        done += batch.items.count
        progress(TransferProgress(phase: "links", done: done, total: nil, bytes: 0))
      }
    } catch StoreError.missingObject(let id, _) {
      throw StoreError.slice(.incomplete(path: path, id))
    }
  }

  private func move(
    _ refs: [(name: String, id: ObjectID)], _ policy: SliceRefs, head: String?
  ) async throws -> Int {
    let leads = try await headLeads()
    let end = ContinuousClock.now + .seconds(30)
    var attempts = 0
    while true {
      attempts += 1
      var changes: [RefChange] = []
      for ref in refs {
        let old = try await target(of: ref.name)
        if old == ref.id { continue }
        if policy == .fastForward, let old {
          guard let branch = Branch.name(ofRef: ref.name) else {
            throw StoreError.headMoved(branch: ref.name, found: old)
          }
          guard try await isAncestor(old, of: ref.id) else {
            throw StoreError.notFastForward(branch: branch, ref.id)
          }
        }
        changes.append(RefChange(name: ref.name, test: .exactly(old), set: ref.id))
      }
      if engine is ScriptedEngine || changes.count < 2 {
        guard case .moved(let moved) = try await engine.setRefs(changes) else {
          if let head, !leads, engine is ScriptedEngine { try await setHeadReference(head) }
          return changes.count
        }
        guard ContinuousClock.now < end else {
          throw StoreError.tooManyAttempts(branch: moved.first?.name ?? "", attempts: attempts)
        }
      } else {
        try await setRefs(inSteps: changes)
        return changes.count
      }
    }
  }

  /// Whether the store's HEAD leads to a commit.
  private func headLeads() async throws -> Bool {
    guard engine is ScriptedEngine else { return true }
    let head = try await headReference()
    let prefix = "ref: "
    guard head.hasPrefix(prefix) else { return true }
    return try await engine.ref(String(head.dropFirst(prefix.count))) != nil
  }
}
