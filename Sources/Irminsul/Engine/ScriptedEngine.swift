import GitObjects
import RedisScripting

/// The engine whose every operation is one script on a host.
final class ScriptedEngine: StoreEngine {
  let host: any ScriptHost
  let keys: StoreKeys
  let algorithm: HashAlgorithm
  let layout: DirectoryLayout
  let turns = TurnQueue()
  private let follower: LogFollower
  /// The newest position of the log that this process has seen.
  private let newestPosition: Locked<Int64>

  /// Requests beyond these go another way, to be kind to a single-threaded server.
  enum Limits {
    /// Bytes of objects that one script call carries, unless a single object is larger.
    static let batchBytes = 1 << 20
    /// Objects that one script call carries.
    static let batchObjects = 2000
    /// Edits of one commit that the server rebases; more are committed by the client.
    static let serverEdits = 1000
  }

  init(
    host: any ScriptHost, keys: StoreKeys, algorithm: HashAlgorithm, layout: DirectoryLayout,
    position: Int64
  ) {
    self.host = host
    self.keys = keys
    self.algorithm = algorithm
    self.layout = layout
    follower = LogFollower(host: host, log: keys.key("log"))
    newestPosition = Locked(position)
  }

  /// The host, and the store's name where it is not the usual one: several stores may be there.
  var location: String {
    keys.storeName == Repository.defaultName
      ? host.location : "\(host.location)?name=\(keys.storeName)"
  }
  var maximumObjectSize: Int { host.maximumValueSize }
  var chunkStore: ScriptedEngine? { self }

  // MARK: Objects

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    var objects: [FramedObject?] = []
    objects.reserveCapacity(ids.count)
    while objects.count < ids.count { objects += try await readPage(ids[objects.count...]) }
    return objects
  }

  /// The first of some objects: as many as fit into one reply, one at least. One round trip, and more for large
  /// blobs, which come whole.
  func readPage(_ ids: ArraySlice<ObjectID>) async throws -> [FramedObject?] {
    var page: [FramedObject?] = []
    for object in try await readStoredPage(ids) { page.append(try await object?.whole()) }
    return page
  }

  /// As ``readPage(_:)``; of large blobs the chunks are still to be read.
  func readStoredPage(_ ids: ArraySlice<ObjectID>) async throws -> [StoredObject?] {
    let batch = ids.prefix(Limits.batchObjects)
    if batch.isEmpty { return [] }
    let reply = try await call(
      .readObjects, [Bytes("\(Limits.batchBytes)".utf8)] + batch.map(\.bytes))
    guard let values = reply.array, !values.isEmpty, values.count <= batch.count else {
      throw unexpected(.readObjects, reply)
    }
    return try zip(batch, values).map { id, value in
      try value.bytes.map { bytes in try storedObject(id, bytes) }
    }
  }

  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?] {
    try await storedKinds(ids).map { if case .kind(let kind) = $0 { kind } else { nil } }
  }

  func writeObjects(_ objects: [IdentifiedObject]) async throws -> Int {
    for object in objects
    where object.object.kind != .blob && object.object.bytes.count > maximumObjectSize {
      throw StoreError.host(
        .tooLarge(
          location: location, bytes: object.object.bytes.count, limit: maximumObjectSize))
    }
    var batches: [[Bytes]] = []
    var batch: [Bytes] = []
    var size = 0
    for (id, bytes) in objects.lazy.flatMap({ self.stored($0) }) {
      if !batch.isEmpty,
        size + bytes.count > Limits.batchBytes || batch.count >= 2 * Limits.batchObjects
      {
        batches.append(batch)
        batch = []
        size = 0
      }
      batch.append(id.bytes)
      batch.append(bytes)
      size += bytes.count
    }
    if !batch.isEmpty { batches.append(batch) }
    while true {
      var added = 0
      var collected: Set<Int64> = []
      for batch in batches {
        let answer = try await put(batch)
        added += answer.added
        collected.insert(answer.collected)
      }
      // When a collection ended in between, the first ones may be gone.
      if collected.count < 2 || Lease.held(on: self) != nil { return added }
    }
  }

  /// Stores ids and bytes in turn in one round trip. Answers how many objects were new and how many
  /// collections of garbage have ended.
  func put(_ idsAndBytes: [Bytes]) async throws -> (added: Int, collected: Int64) {
    let lease = Lease.held(on: self)?.id ?? []
    // Storing an object twice is storing it once, so a lost answer is simply asked for again.
    let reply = try await repeatingLostAnswers { _ in
      try await self.call(.putObjects, [lease] + idsAndBytes)
    }
    guard let fields = reply.array, fields.count == 2, let added = fields[0].integer,
      let collected = fields[1].integer
    else { throw unexpected(.putObjects, reply) }
    return (Int(added), collected)
  }

  func find(_ start: FindStart, _ path: Path, _ detail: FindDetail) async throws -> Found {
    let arguments: [Bytes] =
      switch start {
      case .ref(let name): [Bytes("ref".utf8), Bytes(name.utf8)]
      case .id(let id): [Bytes("id".utf8), id.bytes]
      }
    let reply = try await call(
      .find,
      arguments + [Bytes(detail.rawValue.utf8), Bytes(layout.rawValue.utf8)] + path.steps)
    guard let fields = reply.array else { throw unexpected(.find, reply) }
    guard let head = fields.first else { return .noHead }
    guard let head = objectID(head) else { throw unexpected(.find, reply) }
    if fields.count == 1 { return .absent(head: head) }
    guard fields.count >= 3, let mode = fields[1].bytes.flatMap({ Self.mode($0) }),
      let id = objectID(fields[2])
    else { throw unexpected(.find, reply) }
    let found = try fields.count > 3 ? fields[3].bytes.map { try storedObject(id, $0) } : nil
    let object = try await found?.whole()
    return .entry(head: head, Entry(mode: mode, id: id), object)
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] {
    let reply = try await call(.trail, [directory.bytes, name])
    guard let fields = reply.array, fields.count.isMultiple(of: 2) else {
      throw unexpected(.trail, reply)
    }
    return try stride(from: 0, to: fields.count, by: 2).map { at in
      guard let id = objectID(fields[at]), let bytes = fields[at + 1].bytes else {
        throw unexpected(.trail, reply)
      }
      return IdentifiedObject(id: id, object: try framed(bytes, id))
    }
  }

  // MARK: Refs

  func ref(_ name: String) async throws -> ObjectID? {
    let reply = try await call(.readRefs, [Bytes(name.utf8)])
    guard let values = reply.array, values.count == 1 else { throw unexpected(.readRefs, reply) }
    return objectID(values[0])
  }

  func refs(prefix: String) async throws -> [String: ObjectID] {
    let refs = try await listing(prefix: prefix).refs
    return Dictionary(
      refs.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    ) { first, _ in first }
  }

  func setRefs(_ changes: [RefChange]) async throws -> SetRefsReply {
    while true {
      let reply = try await moveRefs(changes, key: nil, verdict: .make)
      // An attempt whose answer was lost was refused, for a reason that is gone by now.
      if case .refused = reply { continue }
      return reply
    }
  }

  func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict, _ objects: ObjectDatabase
  ) async throws -> SetRefsReply {
    try await moveRefs(changes, key: key, verdict: verdict)
  }

  private func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict
  ) async throws -> SetRefsReply {
    var arguments: [Bytes] = [Bytes(verdict.rawValue.utf8)]
    for change in changes {
      arguments.append(Bytes(change.name.utf8))
      switch change.test {
      case .any: arguments.append(Bytes("*".utf8))
      case .exactly(let id): arguments.append(id?.bytes ?? [])
      }
      arguments.append(change.set?.bytes ?? [])
    }
    let reply: Reply
    do {
      reply = try await withOwnKey(key) { [arguments] own, isFirst in
        try await self.call(.setRefs, [own.token.bytes, own.since(isFirst: isFirst)] + arguments)
      }
    } catch StoreError.branchNameClash(_, let other) {
      let name = changes.first { $0.set != nil }.map(\.name) ?? ""
      throw StoreError.branchNameClash(Branch.name(ofRef: name) ?? name, with: other)
    }
    guard let fields = reply.array, let state = fields.first?.text else {
      throw unexpected(.setRefs, reply)
    }
    if fields.count >= 2, let position = fields[1].integer {
      noticePosition(position)
      switch state {
      case "set" where fields.count == 2: return .set(position: position)
      case "unchanged" where fields.count == 2: return .unchanged(position: position)
      case "done" where fields.count == 2 + changes.count:
        return .done(fields[2...].map(objectID), position: position)
      default: break
      }
    }
    if state == "refused", fields.count == 1 { return .refused }
    guard state == "moved", fields.count % 2 == 1 else { throw unexpected(.setRefs, reply) }
    return .moved(
      stride(from: 1, to: fields.count, by: 2).map {
        (name: fields[$0].text ?? "", found: objectID(fields[$0 + 1]))
      })
  }

  // MARK: The log

  func changes(of ref: String?, after position: Int64?) async throws -> RefChangeFeed {
    var start = position ?? 0
    let page = try await logPage(.before(nil), count: 1)
    if position == nil { start = page.newest }
    guard start >= page.oldest - 1 else {
      throw StoreError.logTrimmed(after: start, in: location)
    }
    let store = page.store
    return RefChangeFeed(start: start) { [self] after in
      var position = after
      while true {
        let page = try await logPage(.after(position), count: 200)
        guard page.store == store, page.newest >= position else {
          throw StoreError.storeReplaced(after: position, in: location)
        }
        if let last = page.events.last {
          position = last.position
          let wanted = ref.map { ref in page.events.filter { $0.ref == ref } } ?? page.events
          if !wanted.isEmpty { return (wanted, position) }
        } else {
          try await follower.wait(beyond: position)
        }
      }
    }
  }

  enum LogPageStart: Sendable {
    /// Oldest first, after a position.
    case after(Int64)
    /// Newest first, before a position; nil for the end.
    case before(Int64?)
  }

  struct LogPage: Sendable {
    let newest: Int64
    let oldest: Int64
    /// What tells the store from another one that had its name.
    let store: Bytes
    let events: [RefEvent]
  }

  func logPage(_ start: LogPageStart, count: Int) async throws -> LogPage {
    let arguments: [String] =
      switch start {
      case .after(let position): ["after", "\(position)"]
      case .before(let position): ["before", position.map { "\($0)" } ?? ""]
      }
    let reply = try await call(.readLog, (arguments + ["\(count)"]).map { Bytes($0.utf8) })
    guard let fields = reply.array, fields.count >= 3, fields.count % 5 == 3,
      let newest = fields[0].integer, let oldest = fields[1].integer, let store = fields[2].bytes
    else { throw unexpected(.readLog, reply) }
    noticePosition(newest)
    let events = try stride(from: 3, to: fields.count, by: 5).map { at in
      guard let position = fields[at].integer, let ref = fields[at + 1].text,
        let time = fields[at + 4].integer
      else { throw unexpected(.readLog, reply) }
      return RefEvent(
        position: position, ref: ref, old: objectID(fields[at + 2]),
        new: objectID(fields[at + 3]), milliseconds: time)
    }
    return LogPage(newest: newest, oldest: oldest, store: store, events: events)
  }

  func close() async {
    await follower.close()
    await host.close()
  }

  // MARK: Calls

  /// Scripts that are told what the store was when it was opened: under its name there may be another by
  /// now, with its directories in another layout.
  private static let toldFormat: Set<String> = [
    Script.commit.name, Script.configure.name, Script.putObjects.name, Script.setRefs.name,
  ]
  /// Scripts that change nothing, and may be run again when an answer is lost.
  private static let reads: Set<String> = [
    Script.find.name, Script.trail.name, Script.readRefs.name, Script.readObjects.name,
    Script.listRefs.name, Script.readLog.name, Script.walkCommits.name, Script.objectKinds.name,
    Script.entriesAt.name, Script.boundary.name, Script.objectSizes.name, Script.scanSizes.name,
    Script.sampleSizes.name, Script.newObjects.name, Script.storedSizes.name,
  ]

  /// Runs one of the store's scripts and turns its errors into the store's.
  func call(_ script: Script, _ arguments: [Bytes]) async throws -> Reply {
    let isTold = Self.toldFormat.contains(script.name)
    let arguments = isTold ? [Bytes(layout.format.utf8)] + arguments : arguments
    let keys = keys.keys(of: script)
    do {
      do {
        return try await host.run(script, keys: keys, arguments: arguments)
      } catch .answerLost where Self.reads.contains(script.name) && !Task.isCancelled {
        return try await host.run(script, keys: keys, arguments: arguments)
      }
    } catch {
      if case .notSent = error, Task.isCancelled { throw CancellationError() }
      throw translate(error)
    }
  }

  /// Makes a write under a token, its own if none is given, asking again while answers are lost.
  ///
  /// When the first attempt is answered that its token may be forgotten, this process has not looked at
  /// the store for long: nothing is on its way, and the write is begun anew.
  func withOwnKey<Result: Sendable>(
    _ given: RequestKey?,
    _ body: @escaping @Sendable (_ key: RequestKey, _ isFirst: Bool) async throws -> Result
  ) async throws -> Result {
    let isRepeated = Locked(false)
    do {
      let key = given ?? RequestKey(own: RequestToken(position: knownPosition))
      return try await repeatingLostAnswers { isAgain in
        if isAgain { isRepeated.withLock { $0 = true } }
        return try await body(key, !isAgain && given == nil)
      }
    } catch StoreError.outcomeUnknown where given == nil && !isRepeated.withLock({ $0 }) {
      return try await withOwnKey(nil, body)
    }
  }

  /// Asks again, with growing pauses, while answers are lost; `isRepeated` says which time it is.
  ///
  /// - Parameter loss: What is thrown in the end if something was done before.
  func repeatingLostAnswers<Result: Sendable>(
    for limit: Duration = .seconds(30), after loss: HostError? = nil,
    _ body: (_ isRepeated: Bool) async throws -> Result
  ) async throws -> Result {
    let end = ContinuousClock.now + limit
    var firstLoss = loss
    var pause = 10
    while true {
      do {
        return try await body(firstLoss != nil)
      } catch is CancellationError {
        guard let firstLoss else { throw CancellationError() }
        throw StoreError.host(firstLoss)
      } catch StoreError.host(let error) {
        // Only what may have been done must be asked again. Once that is so, it stays so, whatever
        // keeps the next attempts from arriving.
        switch error {
        case .answerLost: firstLoss = firstLoss ?? error
        case .unreachable, .notSent: break
        case .refused(_, _, let refusal) where refusal.code == "LOADING": break
        default: throw StoreError.host(error)
        }
        guard let firstLoss else { throw StoreError.host(error) }
        guard ContinuousClock.now < end, !Task.isCancelled else {
          throw StoreError.host(firstLoss)
        }
        try? await Task.sleep(for: .milliseconds(Int.random(in: pause / 2...pause)))
        pause = min(1000, pause * 2)
      }
    }
  }

  var knownPosition: Int64 { newestPosition.withLock { $0 } }

  func noticePosition(_ position: Int64) {
    newestPosition.withLock { $0 = max($0, position) }
  }

  func translate(_ error: HostError) -> StoreError {
    guard case .refused(_, _, let refusal) = error else { return .host(error) }
    switch refusal.code {
    case "MISSING":
      if let id = ObjectID(hex: refusal.message) { return .missingObject(id, in: location) }
    case "BADHASH":
      return damaged(refusal, "its bytes do not have that id")
    case "BADTREE":
      return .damagedStore(
        name: keys.storeName, in: location, reason: "a tree on the way: \(refusal.message)")
    case "BADENTRY":
      return damaged(refusal, "it is of another kind than the entry that refers to it")
    case "NOTTREE":
      return damaged(refusal, "a directory's entry refers to it, but it is no tree")
    case "NOTCOMMIT":
      if let id = ObjectID(hex: refusal.message) { return .notACommit(id) }
    case "NOSTORE": return .storeAbsent(name: keys.storeName, in: location)
    case "FORMAT" where refusal.message == "deleted":
      return .storeDeleted(name: keys.storeName, in: location)
    case "FORMAT" where DirectoryLayout.allCases.contains { $0.format == refusal.message }:
      return .wrongLayout(
        found: DirectoryLayout.allCases.first { $0 != layout } ?? layout, asked: layout,
        in: location)
    case "FORMAT":
      return .unknownFormat(
        found: refusal.message, supported: Repository.formats, in: location)
    case "HASH": return .wrongHash(found: refusal.message, asked: "sha1", in: location)
    case "EXPIRED":
      if let position = Int64(refusal.message) { noticePosition(position) }
      return .outcomeUnknown(branch: "")
    case "LEASE": return .leaseExpired(in: location)
    case "REUSED": return .tokenReused(branch: "")
    case "BADPATH": return .badPath(Path(refusal.message), reason: "Git would not accept it")
    case "REFCLASH":
      return .branchNameClash("", with: Branch.name(ofRef: refusal.message) ?? refusal.message)
    case "DENIED":
      let words = refusal.message.split(separator: " ", maxSplits: 2).map(String.init)
      if words.count == 3 {
        let reasons = [
          "removal": "cannot be removed", "rewrite": "would lose commits (not a fast-forward)",
          "unknown": "may not move that far at once (more than 1,000 commits)",
        ]
        return .denied(
          ref: words[2], by: words[0], reason: reasons[words[1]] ?? "cannot change so")
      }
    case "QUOTA":
      let words = refusal.message.split(separator: " ").map(String.init)
      if words.count == 2, let limit = Int64(words[1]) {
        return .quotaExceeded(what: words[0], limit: limit, in: location)
      }
    case "TRIMMED":
      return .logTrimmed(after: Int64(refusal.message) ?? 0, in: location)
    default: break
    }
    return .host(error)
  }

  private func damaged(_ refusal: ServerError, _ reason: String) -> StoreError {
    guard let id = ObjectID(hex: refusal.message) else {
      return .unexpectedReply("\(refusal)", in: location)
    }
    return .damagedObject(id, in: location, reason: reason)
  }

  /// What some trees lead to that trees at the same place do not, as much as fits into one reply. One round trip.
  ///
  /// - Parameter places: Each a tree, and those that it is compared with.
  func newObjects(
    at places: [[ObjectID]]
  ) async throws -> [(id: ObjectID, object: FramedObject)] {
    let limits = [Limits.batchBytes, Limits.batchObjects, algorithm.byteCount]
    let reply = try await call(
      .newObjects,
      limits.map { Bytes("\($0)".utf8) } + places.map { place in place.flatMap(\.bytes) })
    guard let fields = reply.array, fields.count.isMultiple(of: 2) else {
      throw unexpected(.newObjects, reply)
    }
    return try stride(from: 0, to: fields.count, by: 2).map { at in
      guard let id = objectID(fields[at]), let bytes = fields[at + 1].bytes else {
        throw unexpected(.newObjects, reply)
      }
      return (id, try framed(bytes, id))
    }
  }

  func unexpected(_ script: Script, _ reply: Reply) -> StoreError {
    // The start is enough to see what came, and keeps values out of logs.
    .unexpectedReply(
      "\(script.name) answered \(String(describing: reply).prefix(60))", in: location)
  }

  func objectID(_ reply: Reply) -> ObjectID? {
    guard let bytes = reply.bytes, bytes.count == algorithm.byteCount else { return nil }
    return ObjectID(bytes: bytes)
  }

  func framed(_ bytes: Bytes, _ id: ObjectID) throws(StoreError) -> FramedObject {
    let object: FramedObject
    do {
      object = try FramedObject(framed: bytes)
    } catch {
      throw .damagedObject(id, in: location, reason: "\(error)")
    }
    // A microsecond for each kilobyte or so; bytes that are not what the id says are never handed on.
    let hash = object.id(algorithm)
    guard hash == id else {
      throw .damagedObject(id, in: location, reason: "its bytes hash to \(hash)")
    }
    return object
  }

  static func mode(_ text: some Sequence<UInt8>) -> FileMode? {
    var value: UInt32 = 0
    var isEmpty = true
    for digit in text {
      guard (0x30...0x37).contains(digit), value < 1 << 24 else { return nil }
      value = value << 3 | UInt32(digit - 0x30)
      isEmpty = false
    }
    return isEmpty ? nil : FileMode(rawValue: value)
  }
}
