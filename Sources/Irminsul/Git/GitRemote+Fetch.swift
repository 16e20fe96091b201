import Foundation
import GitObjects
import RedisScripting

extension GitRemote {
  /// How a fetch goes about it.
  public struct FetchOptions: Sendable {
    /// How many commits of each history are fetched; nil: all.
    public var depth: Int?
    /// Whether a shallow repository gets what it lacks of its histories.
    public var completesShallow = false
    /// Whether what the repository's refs lead to is taken to be here already.
    public var trustsLocalRefs = true
    /// Annotated tags that come as well when what they are of is asked for, or comes for the first time: where they
    /// lead to in the end, by the tags' ids.
    public var followedTags: [ObjectID: ObjectID] = [:]

    public init() {}
  }

  /// What a fetch has brought.
  public struct FetchResult: Sendable, Hashable {
    public let objects: Int
    /// Whether everything that was asked for is here now with all that it leads to, whatever was here
    /// before.
    public let isSelfContained: Bool
    /// A file that keeps git from removing the new pack, to be removed when refs lead to it.
    public let keepFile: String?
  }

  /// Brings objects of the store into the repository, with everything that they lead to and that the
  /// repository lacks. No ref moves. What is missing is found by walking histories in batches, and of trees
  /// only what has changed is read; memory holds an id for each object. Interrupted, it leaves a file that
  /// git removes by itself, and can be run again.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/damagedObject(_:in:reason:)``,
  ///   ``StoreError/git(_:)``.
  @discardableResult
  public func fetch(
    _ wants: [ObjectID], _ options: FetchOptions = FetchOptions(),
    progress: @escaping TransferReport = { _ in }
  ) async throws -> FetchResult {
    let engine = try repository.scripted("fetches of git")
    return try await Lease.reading(engine, wants) { [self] in
      try await fetch(wants, options, engine, progress)
    }
  }

  private func fetch(
    _ wants: [ObjectID], _ options: FetchOptions, _ engine: ScriptedEngine,
    _ progress: @escaping TransferReport
  ) async throws -> FetchResult {
    let local = try await local()
    var wants = Array(Set(wants))
    let shallow = try local.shallowCommits()
    var stillShallow: Set<ObjectID> = []
    if options.completesShallow, !shallow.isEmpty {
      // git asks for refs that it lacks, and means the histories of all that it has.
      let cut = shallow.sorted()
      let missing = try await repository.engine.missing(cut)
      stillShallow = Set(missing)
      wants = Array(Set(wants).union(shallow.subtracting(missing)))
    }
    var cut = NewObjects.Cut(readsAhead: true)
    if let depth = options.depth {
      cut.depth = max(depth, 1) - 1
    } else {
      cut.min = shallow
    }
    let isWhole = options.depth == nil && (shallow.isEmpty || options.completesShallow)
    // Of a shallow repository as well, unless its histories are to go further back.
    let staysAsItIs = options.depth == nil && (shallow.isEmpty || !options.completesShallow)
    if staysAsItIs, options.trustsLocalRefs, !local.tips.isEmpty {
      cut.held = { try await local.held($0) }
      cut.heldTips = local.tips
    }
    var new = NewObjects(repository.objects, wants: wants, complete: [], cut: cut)
    if cut.held != nil { try await new.begin() }
    var pack = try FetchedPack(local, progress)
    do {
      // Where nothing goes on from what is here, all is asked for as it is met.
      if isWhole, new.needed.isEmpty, !wants.isEmpty, cut.held == nil || !new.visited.isEmpty {
        let boundary = try await pack.addAll(
          of: wants, following: options.followedTags, from: engine)
        let result = try await pack.finish(isSelfContained: true)
        // Where the store's history has been cut, the repository's is.
        let now = stillShallow.union(boundary)
        if now != shallow { try local.setShallowCommits(now) }
        return result
      }
      while let batch = try await new.next() {
        try await pack.add(batch.items.map(\.id), from: repository.objects, engine)
      }
      let come = new.visited.union(wants)
      try await pack.addTags(
        options.followedTags.filter { come.contains($0.value) && !new.metTags.contains($0.key) },
        from: repository.objects)
      let result = try await pack.finish(isSelfContained: false)
      var now = shallow
      if options.depth != nil {
        // What was shallow and has been fetched with its parents is so no more.
        now = shallow.subtracting(new.visited).union(new.boundary).union(new.deepest)
      }
      now.formUnion(try await lacking(new.cutParents, local))
      if options.depth != nil || now != shallow { try local.setShallowCommits(now) }
      return result
    } catch {
      pack.discard()
      throw error
    }
  }

  /// Of commits that the store has without their parents, those whose parents the repository lacks as well.
  private func lacking(
    _ parents: [ObjectID: [ObjectID]], _ local: LocalRepository
  ) async throws -> [ObjectID] {
    if parents.isEmpty { return [] }
    let all = Array(Set(parents.values.joined()))
    let found = try await local.objects(all.map(\.hex))
    let missing = Set(zip(all, found).filter { $1 == nil }.map(\.0))
    return parents.filter { !missing.isDisjoint(with: $0.value) }.map(\.key)
  }
}

/// The pack that a fetch writes: a file beside the repository's packs until it is complete.
private struct FetchedPack {
  private enum Limits {
    /// Objects of more bytes do not become files of their own, however few they are.
    static let looseBytes = 16 << 20
  }

  private let local: LocalRepository
  private let progress: TransferReport
  private var writer: PackWriter
  private let settings: Task<LocalRepository.FetchSettings, any Error>
  private let unpacking: Unpacking
  private var byteCount = 0
  private var told = ContinuousClock.now

  /// git begins to run beside the work with the store: where there is little to fetch, it takes as long to start as
  /// that does.
  init(_ local: LocalRepository, _ progress: @escaping TransferReport) throws {
    self.local = local
    self.progress = progress
    do {
      try FileManager.default.createDirectory(
        atPath: "\(local.objectFolder)/pack", withIntermediateDirectories: true)
    } catch {
      throw StoreError.git(
        .cannotWrite(path: local.objectFolder, reason: SystemReason.text(of: error)))
    }
    // git prune removes files that begin so when they are old.
    let number = UInt64.random(in: 0 ... .max)
    writer = PackWriter(
      path: "\(local.objectFolder)/pack/tmp_pack_\(String(number, radix: 36))",
      algorithm: local.algorithm)
    settings = Task { try await local.fetchSettings() }
    unpacking = Unpacking(in: local)
  }

  mutating func append(
    _ object: StoredObject, _ id: ObjectID, at place: UInt64 = 0
  ) async throws {
    do {
      try await writer.append(object, id, at: place)
    } catch let error as BlockingFile.Failure {
      throw StoreError.git(.cannotWrite(path: writer.path, reason: "\(error)"))
    }
    byteCount += object.size
    let now = ContinuousClock.now
    if now - told > .milliseconds(100) {
      told = now
      try Task.checkCancellation()
      report(total: nil)
    }
  }

  private func report(total: Int?) {
    progress(
      TransferProgress(
        phase: "objects", done: writer.objectCount, total: total, bytes: byteCount))
  }

  /// Everything that some objects lead to, and then tags of what has come. Answers the commits that came without
  /// their parents.
  mutating func addAll(
    of tips: [ObjectID], following tags: [ObjectID: ObjectID], from engine: ScriptedEngine
  ) async throws -> Set<ObjectID> {
    var walk = ReachableWalk(engine: engine)
    var pack = self
    func add(_ tips: [ObjectID]) async throws {
      try await walk.run(from: tips) { sight in
        guard let bytes = sight.bytes else {
          throw StoreError.missingObject(sight.id, in: engine.location)
        }
        let object = try engine.storedObject(sight.id, bytes)
        try await pack.append(object, sight.id, at: sight.place)
        return try object.links(sight.id, in: engine.location)
      }
    }
    try await add(tips)
    let new = tags.filter { walk.hasVisited($0.value) && !walk.hasVisited($0.key) }.map(\.key)
    if !new.isEmpty { try await add(new) }
    self = pack
    return walk.boundary
  }

  /// Some objects, those that the walk has read from its cache.
  mutating func add(
    _ ids: [ObjectID], from objects: ObjectDatabase, _ engine: ScriptedEngine
  ) async throws {
    var unread: [ObjectID] = []
    for id in ids {
      switch objects.cache.object(id) {
      case .tree(let tree): try await append(.object(tree.framed), id)
      case .other(let object): try await append(.object(object), id)
      case nil: unread.append(id)
      }
    }
    var rest = unread[...]
    while !rest.isEmpty {
      let page = try await engine.readStoredPage(rest)
      for (id, object) in zip(rest, page) {
        guard let object else { throw StoreError.missingObject(id, in: engine.location) }
        try await append(object, id)
      }
      rest = rest.dropFirst(page.count)
    }
  }

  /// Annotated tags that the repository lacks, and the tags that those are of.
  mutating func addTags(
    _ tags: [ObjectID: ObjectID], from objects: ObjectDatabase
  ) async throws {
    var added: Set<ObjectID> = []
    var level = try await absent(Array(tags.keys))
    while !level.isEmpty {
      level = level.filter { added.insert($0).inserted }
      var next: [ObjectID] = []
      for (id, object) in zip(level, try await objects.read(level)) {
        try await append(.object(object), id)
        let links = try StoredObject.object(object).links(id, in: objects.location)
        next += links.filter { $0.kind == .tag }.map(\.id)
      }
      level = next
    }
  }

  /// Those of some objects that the repository lacks.
  private func absent(_ ids: [ObjectID]) async throws -> [ObjectID] {
    zip(ids, try await local.objects(ids.map(\.hex))).filter { $1 == nil }.map(\.0)
  }

  /// Makes the objects a part of the repository.
  mutating func finish(isSelfContained: Bool) async throws -> GitRemote.FetchResult {
    let count = writer.objectCount
    report(total: count)
    var keepFile: String?
    let settings = try await settings.value
    if count == 0 {
      discard()
    } else if count < settings.unpackLimit, byteCount < Limits.looseBytes,
      !settings.checksObjects
    {
      let bytes = try await Self.writing(writer.path) { try await writer.finishInMemory() }
      try await unpacking.finish(bytes)
    } else {
      unpacking.cancel()
      let hash = try await Self.writing(writer.path) { try await writer.finish() }
      let name = "\(local.objectFolder)/pack/pack-\(hash)"
      let keep = "\(name).keep"
      guard FileManager.default.createFile(atPath: keep, contents: Data("irminsul\n".utf8)),
        rename(writer.path, "\(name).pack") == 0
      else { throw StoreError.git(.cannotWrite(path: name, reason: SystemReason.text(of: errno))) }
      do {
        if settings.checksObjects {
          _ = try await local.output("index-pack", "--fsck-objects", "\(name).pack")
        } else if local.tips.isEmpty {
          // Each object's bytes have been checked. Reading them once more would only tell whether others with the same ids
          // are here, and there are none.
          try await BlockingFile.write(writer.index.bytes(of: hash), toNew: "\(name).idx")
        } else {
          _ = try await local.output("index-pack", "\(name).pack")
        }
      } catch {
        BlockingFile.remove("\(name).pack")
        BlockingFile.remove(keep)
        throw error
      }
      keepFile = keep
    }
    return GitRemote.FetchResult(
      objects: count, isSelfContained: isSelfContained, keepFile: keepFile)
  }

  private static func writing<Value>(
    _ path: String, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch let error as BlockingFile.Failure {
      throw StoreError.git(.cannotWrite(path: path, reason: "\(error)"))
    }
  }

  func discard() {
    settings.cancel()
    unpacking.cancel()
    writer.discard()
  }
}

/// `git unpack-objects`, which waits for a pack.
private struct Unpacking {
  private let pack: Arrival<[UInt8]?>
  private let work: Task<Void, any Error>

  init(in local: LocalRepository) {
    let pack = Arrival<[UInt8]?>()
    self.pack = pack
    work = Task {
      try await GitProcess.run(
        local.program, local.arguments(["unpack-objects", "-q"]), in: nil, input: .streamed
      ) { process in
        guard let bytes = await pack.value else { throw CancellationError() }
        try await process.write(bytes)
        process.closeInput()
        while try await !process.read().isEmpty {}
      }
    }
  }

  func finish(_ bytes: [UInt8]) async throws {
    pack.arrive(bytes)
    try await withTaskCancellationHandler {
      try await work.value
    } onCancel: {
      work.cancel()
    }
  }

  /// Ends it, if it has not been given anything.
  func cancel() { pack.arrive(nil) }
}
