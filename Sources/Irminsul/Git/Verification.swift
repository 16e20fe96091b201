import GitObjects
import RedisScripting

/// What a verification has looked at.
public struct VerifySummary: Sendable, Hashable, Codable {
  /// Objects that were read and hashed.
  public let objects: Int
  /// Their bytes.
  public let bytes: Int
  public let refs: Int
  /// How many faults were reported.
  public let faults: Int
  /// Objects that lack something they link to, and that no ref reaches: what an import that was
  /// interrupted, or is still at work, has stored. No fault.
  public let incompleteObjects: Int
}

extension Repository {
  /// Checks everything that the store holds: that each object's bytes hash to its id and can be read,
  /// that what it links to is there and of the right kind; that each ref leads to an object, branches
  /// to commits, the root trees beside their heads to those commits' trees; HEAD; and that the log
  /// has no gap and ends where it should.
  ///
  /// The store may be written to meanwhile. Objects are stored before what links to them, but not
  /// all writers' objects are reached by a ref yet: so a link to an object that is absent is a fault
  /// only if a ref reaches it, for which the history is walked, once, if there is any such link. Where
  /// the history has been cut, parents need not be there: ``boundary()``.
  ///
  /// In the layout ``DirectoryLayout/wide`` also that wide directories are as their entries ask for.
  ///
  /// Memory: a few batches of about a megabyte or a single larger object, kinds of recently met
  /// objects (some 30 MB), and all refs. Only the walk just mentioned keeps the ids of commits and
  /// trees, and the check of wide directories those of their parts. Time: all objects are read once.
  ///
  /// ```swift
  /// let summary = try await repository.verify { fault in print(fault) }
  /// print(summary.faults == 0 ? "sound" : "damaged")
  /// ```
  ///
  /// - Parameters:
  ///   - progress: Called now and then, from one task at a time.
  ///   - fault: Called with each fault as it is found, from one task at a time.
  /// - Throws: ``StoreError`` when the store cannot be read at all, `CancellationError`.
  public func verify(
    progress: @escaping @Sendable (TransferProgress) -> Void = { _ in },
    fault: @escaping @Sendable (Fault) -> Void
  ) async throws -> VerifySummary {
    var verification = Verification(
      engine: try scripted("verify"), progress: progress, report: fault)
    try await verification.checkObjects()
    let table = try await verification.checkRefs()
    let head = try await verification.checkHead(try await headReference())
    try await verification.checkLog()
    try await verification.checkReachable(from: table.refs.values.map(\.id) + head)
    return verification.summary(refs: table.refs.count + table.damaged.count)
  }
}

/// One verification at work: each part of the store in turn.
struct Verification {
  private enum Limits {
    /// Bytes of objects that one step of the scan should see.
    static let bytes = 1 << 20
    static let objects = 2...2000
  }

  let engine: ScriptedEngine
  private let progress: @Sendable (TransferProgress) -> Void
  private let report: @Sendable (Fault) -> Void
  private var links: LinkCheck
  /// Nodes of wide directories, and what commits and entries refer to as directories: what is both is
  /// the top of one.
  private var wideNodes: [ObjectID] = []
  private var directories: Set<ObjectID> = []
  /// Commits whose parents need not be there.
  private var boundary: Set<ObjectID> = []
  private var objects = 0
  private var bytes = 0
  private var faults = 0

  init(
    engine: ScriptedEngine, progress: @escaping @Sendable (TransferProgress) -> Void,
    report: @escaping @Sendable (Fault) -> Void
  ) {
    self.engine = engine
    self.progress = progress
    self.report = report
    links = LinkCheck(engine: engine)
  }

  func summary(refs: Int) -> VerifySummary {
    VerifySummary(
      objects: objects, bytes: bytes, refs: refs, faults: faults,
      incompleteObjects: links.incompleteObjects)
  }

  mutating func add(_ what: Fault.Kind, _ subject: Fault.Subject, _ reason: String) {
    faults += 1
    report(Fault(what, subject, reason))
  }

  func tell(_ phase: String, _ done: Int, of total: Int? = nil, bytes: Int = 0) {
    progress(TransferProgress(phase: phase, done: done, total: total, bytes: bytes))
  }

  // MARK: Objects

  mutating func checkObjects() async throws {
    boundary = try await engine.boundary().commits
    let total = try await engine.objectCount()
    tell("objects", 0, of: total)
    // The server reads as many before it says how large they are.
    var count = Limits.objects.lowerBound
    var step = try await engine.scanContents(
      from: Bytes("0".utf8), count: count, bytes: Limits.bytes)
    while true {
      try Task.checkCancellation()
      count = nextCount(after: count, seen: step.seen)
      // The server answers the next step while this one is hashed.
      let (engine, present, wanted) = (engine, step, count)
      async let next = engine.scanContents(after: present, count: wanted, bytes: Limits.bytes)
      for item in present.items { try await check(item) }
      tell("objects", objects, of: max(total, objects), bytes: bytes)
      guard let following = try await next else { break }
      step = following
    }
    try await withFaults { check, fault in try await check.finish(fault: fault) }
    try await checkWideDirectories()
  }

  private mutating func checkWideDirectories() async throws {
    let all = wideNodes.filter { directories.contains($0) }
    (wideNodes, directories) = ([], [])
    var check = WideCheck(engine: engine)
    for first in stride(from: 0, to: all.count, by: 200) {
      try Task.checkCancellation()
      let tops = Array(all[first..<min(all.count, first + 200)])
      tell("directories", first, of: all.count)
      var found: [(ObjectID, String)] = []
      try await check.check(tops) { found.append(($0, $1)) }
      for (id, reason) in found { add(.badDirectory, .object(id), reason) }
    }
  }

  private mutating func noteDirectories(
    of object: GitObject, _ id: ObjectID
  ) throws(WideNode.Malformed) {
    switch object {
    case .commit(let commit): directories.insert(commit.tree)
    case .tree(let tree):
      let isNode = WideNode.isTop(tree)
      if isNode {
        wideNodes.append(id)
        _ = try WideNode(tree)
      }
      for entry in tree.entries where entry.mode.isTree {
        if isNode, WideNode.isChild(entry) { continue }
        directories.insert(entry.id)
      }
    case .blob, .tag: break
    }
  }

  private func nextCount(after count: Int, seen: Int) -> Int {
    let fitting = count * Limits.bytes / max(seen, 1)
    return min(max(min(fitting, 2 * count), Limits.objects.lowerBound), Limits.objects.upperBound)
  }

  private mutating func check(_ item: ScannedObject) async throws {
    guard let id = ObjectID(bytes: item.key), id.algorithm == engine.algorithm else {
      let digits = item.key.prefix(40).map {
        String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
      }
      add(
        .badID, .key(digits.joined()),
        "\(item.key.count) bytes are no \(engine.algorithm.rawValue) id")
      return
    }
    var bytes = item.bytes
    if bytes == nil { bytes = try await engine.readSome([id], bytes: 0).first ?? nil }
    // Gone since the scan met it: the store is being deleted.
    guard let bytes else { return }
    objects += 1
    self.bytes += bytes.count
    if ChunkedBlob.isStored(as: bytes) { return try await checkLarge(id, bytes) }
    let object: FramedObject
    do {
      object = try FramedObject(framed: bytes)
    } catch {
      add(.notAnObject, .object(id), Self.line(error))
      return
    }
    let hash = object.id(engine.algorithm)
    guard hash == id else {
      add(.wrongHash, .object(id), "the bytes of this \(object.kind) hash to \(hash)")
      return
    }
    if let found = try sound(object, id) {
      links.know(id, object.kind)
      try await withFaults { check, fault in try await check.add(found, of: id, fault: fault) }
    }
  }

  /// A blob in chunks, each of which is read again.
  private mutating func checkLarge(_ id: ObjectID, _ bytes: Bytes) async throws {
    do {
      guard let chunks = try engine.chunks(id, bytes) else { return }
      links.know(id, .blob)
      for try await _ in chunks.content {}
    } catch StoreError.damagedObject(let damaged, _, let reason) {
      // What is wrong with a chunk is told where it is met itself.
      if damaged == id { add(.wrongHash, .object(id), reason) }
    } catch StoreError.missingObject(let chunk, _) {
      add(.missingObject, .object(id), "its chunk \(chunk) is missing")
    }
  }

  /// The links of an object; nil and a fault when it cannot be read.
  private mutating func sound(_ object: FramedObject, _ id: ObjectID) throws -> [ObjectLink]? {
    if object.kind == .blob { return [] }
    do {
      let known = try GitObject(object, algorithm: engine.algorithm)
      if engine.layout == .wide { try noteDirectories(of: known, id) }
      return links(of: known, isCut: boundary.contains(id))
    } catch {
      add(.malformed, .object(id), Self.line(error))
      return nil
    }
  }

  /// What must be there beside an object: at the boundary a commit's parents need not.
  private func links(of object: GitObject, isCut: Bool) -> [ObjectLink] {
    isCut ? object.links.filter { $0.kind != .commit } : object.links
  }

  /// The first line of an error: the fault's own; the others give advice.
  static func line(_ error: some Error) -> String {
    "\(error)".split(separator: "\n").first.map(String.init) ?? ""
  }

  private mutating func withFaults(
    _ body: (inout LinkCheck, (Fault) -> Void) async throws -> Void
  ) async throws {
    var found = 0
    try await body(&links) { [report] fault in
      found += 1
      report(fault)
    }
    faults += found
  }

  // MARK: What refs reach

  /// Tells links that are broken for good from those that some writer has not filled yet.
  mutating func checkReachable(from tips: [ObjectID]) async throws {
    let incomplete = links.incompleteObjects
    if incomplete == 0 { return }
    links.resetCount()
    links.absence = .reported
    var walk = ReachableWalk(engine: engine)
    var visited = 0
    var state = self
    try await walk.run(from: tips) { [engine] sight in
      visited += 1
      if visited % 1000 == 0 {
        try Task.checkCancellation()
        state.tell("reachable", visited)
      }
      guard let bytes = sight.bytes, let object = try? FramedObject(framed: bytes),
        object.kind != .blob, let known = try? GitObject(object, algorithm: engine.algorithm)
      else { return [] }
      let found = state.links(of: known, isCut: sight.isCut)
      try await state.withFaults { check, fault in
        try await check.add(found, of: sight.id, fault: fault)
      }
      // Blobs lead nowhere: that they are there suffices.
      return found.filter { $0.kind != .blob }
    }
    try await state.withFaults { check, fault in try await check.finish(fault: fault) }
    self = state
    links.leaveUnreachable(of: incomplete)
  }
}
