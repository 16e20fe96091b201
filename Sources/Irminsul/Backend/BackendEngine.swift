import GitObjects
import RedisScripting

/// The engine that a backend's layers make: trees on the client, and a test-and-set of the head.
final class BackendEngine<Storage: Backend>: StoreEngine {
  private let backend: Storage
  private let feeds = Locked(Feeds())

  /// The watches that wait for the backend.
  private struct Feeds {
    var isClosed = false
    var inboxes: [ObjectIdentifier: BackendChangeInbox] = [:]
  }

  init(_ backend: Storage) {
    self.backend = backend
  }

  var location: String { backend.location }
  var algorithm: HashAlgorithm { backend.algorithm }
  var layout: DirectoryLayout { backend.layout }
  var maximumObjectSize: Int { 512 << 20 }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    ids.count == 1
      ? [try await backend.objects.find(ids[0])] : try await backend.objects.find(ids)
  }

  func kinds(of ids: [ObjectID]) async throws -> [ObjectKind?] {
    try await readObjects(ids).map { $0?.kind }
  }

  func writeObjects(_ objects: [IdentifiedObject]) async throws -> Int {
    var objects = objects
    if layout == .wide, !objects.isEmpty {
      // The marks of wide directories refer to it, and no writer has made it.
      objects.append(IdentifiedObject(WideNode.explanation, algorithm))
    }
    var added = 0
    var start = 0
    while start < objects.count {
      // As many as make about a megabyte.
      var end = start
      var size = 0
      while end < objects.count, end == start || size < 1 << 20 {
        size += objects[end].object.bytes.count
        end += 1
      }
      let batch = objects[start..<end]
      let isThere = try await backend.objects.mem(batch.map(\.id))
      let new = zip(batch, isThere).filter { !$1 }.map(\.0)
      if !new.isEmpty {
        for (object, id) in zip(new, try await backend.objects.add(new.map(\.object)))
        where id != object.id {
          throw StoreError.damagedObject(
            object.id, in: location, reason: "the backend stored it under \(id)")
        }
      }
      added += new.count
      start = end
    }
    return added
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] { [] }

  func find(_ start: FindStart, _ path: Path, _ detail: FindDetail) async throws -> Found {
    let head: ObjectID
    switch start {
    case .ref(let name):
      guard let id = try await ref(name) else { return .noHead }
      head = id
    case .id(let id): head = id
    }
    guard let object = try await backend.objects.find(head) else {
      if case .id = start { return .noHead }
      throw StoreError.missingObject(head, in: location)
    }
    let database = ObjectDatabase(engine: self, cacheSize: 0)
    let root =
      object.kind == .commit
      ? try Commit(id: head, framed: object, in: location).tree : head
    let tree = Tree(root: Directory(base: root), objects: database)
    guard let entry = try await tree.entry(path) else { return .absent(head: head) }
    if detail == .entry || entry.mode.isSubmodule { return .entry(head: head, entry, nil) }
    return .entry(head: head, entry, try await database.read(entry.id))
  }

  func commit(_ request: CommitRequest, objects: ObjectDatabase) async throws -> CommitReply {
    if request.key != nil { throw StoreError.unsupported("request tokens: it keeps none") }
    var commit = ClientCommit(engine: self, objects: objects)
    return try await commit.make(request)
  }

  func ref(_ name: String) async throws -> ObjectID? {
    guard let branch = Branch.name(ofRef: name) else { return nil }
    return try await backend.branches.find(branch)
  }

  func refs(prefix: String) async throws -> [String: ObjectID] {
    var refs: [String: ObjectID] = [:]
    for branch in try await backend.branches.list() {
      let name = Branch.refName(branch)
      if name.hasPrefix(prefix), let id = try await backend.branches.find(branch) {
        refs[name] = id
      }
    }
    return refs
  }

  /// A backend changes one ref at a time, so that several are refused, never half done.
  func setRefs(_ changes: [RefChange]) async throws -> SetRefsReply {
    guard let change = changes.first else { return .set(position: 0) }
    guard changes.count == 1, let branch = Branch.name(ofRef: change.name) else {
      throw StoreError.unsupported("changing several refs at once, or refs that are no branches")
    }
    if let id = change.set {
      guard let object = try await backend.objects.find(id) else {
        throw StoreError.missingObject(id, in: location)
      }
      guard object.kind == .commit else { throw StoreError.notACommit(id) }
    }
    switch change.test {
    case .any:
      if let id = change.set {
        try await backend.branches.set(branch, id)
      } else {
        try await backend.branches.remove(branch)
      }
    case .exactly(let test):
      guard try await backend.branches.testAndSet(branch, test: test, set: change.set) else {
        return .moved([(change.name, try await backend.branches.find(branch))])
      }
    }
    return .set(position: 0)
  }

  /// A backend keeps no tokens: after a lost answer, the history tells whether the commit is there.
  func moveRefs(
    _ changes: [RefChange], key: RequestKey?, verdict: RequestVerdict, _ objects: ObjectDatabase
  ) async throws -> SetRefsReply {
    do {
      return try await setRefs(changes)
    } catch StoreError.host(let error) where error.mayHaveBeenDone {
      guard let change = changes.first else { throw StoreError.host(error) }
      let wasDone = try await wasMade(change, afterLoss: error, objects)
      return wasDone ? .set(position: 0) : .moved([])
    }
  }

  private func wasMade(
    _ change: RefChange, afterLoss error: HostError, _ objects: ObjectDatabase
  ) async throws -> Bool {
    var lost = error
    for attempt in 0..<20 {
      try await Task.sleep(for: .milliseconds(min(2000, 25 << attempt)))
      do {
        guard let found = try await ref(change.name) else { throw StoreError.host(lost) }
        if found == change.set { return true }
        if change.test == .exactly(found) { return false }
        return try await isAncestor(change.set, of: found, since: change.test, objects)
      } catch StoreError.host(let next) {
        if case .closed = next { throw StoreError.host(next) }
        lost = next.mayHaveBeenDone ? next : lost
      }
    }
    throw StoreError.host(lost)
  }

  /// Whether `id` is among the commits between the head that was tested and the one found now.
  private func isAncestor(
    _ id: ObjectID?, of found: ObjectID, since test: RefChange.Test, _ objects: ObjectDatabase
  ) async throws -> Bool {
    var queue = [found]
    var seen: Set<ObjectID> = [found]
    while let next = queue.popLast(), seen.count < 10_000 {
      if next == id { return true }
      if test == .exactly(next) { continue }
      for parent in try await objects.commit(next).parents where seen.insert(parent).inserted {
        queue.append(parent)
      }
    }
    return false
  }

  func changes(of ref: String?, after position: Int64?) async throws -> RefChangeFeed {
    guard position == nil else {
      throw StoreError.unsupported("watching from a position: it keeps no log")
    }
    var known: [String: ObjectID] = [:]
    for branch in try await backend.branches.list() {
      known[branch] = try await backend.branches.find(branch)
    }
    let inbox = BackendChangeInbox(known: known, ref: ref, location: location)
    let isOpen = feeds.withLock { feeds in
      if !feeds.isClosed { feeds.inboxes[ObjectIdentifier(inbox)] = inbox }
      return !feeds.isClosed
    }
    guard isOpen else { throw StoreError.host(.closed(location: location)) }
    let branches = backend.branches
    let watch: Storage.Branches.Watch
    do {
      watch = try await branches.watch(initial: known) { branch, id in await inbox.put(branch, id) }
    } catch {
      forget(inbox)
      throw error
    }
    // As long as the feed is there, so is the watch.
    let held = HeldWatch(inbox) { [weak self] in
      self?.forget(inbox)
      Task { try? await branches.unwatch(watch) }
    }
    return RefChangeFeed(start: 0) { _ in
      let event = try await held.inbox.next()
      return ([event], event.position)
    }
  }

  private func forget(_ inbox: BackendChangeInbox) {
    feeds.withLock { _ = $0.inboxes.removeValue(forKey: ObjectIdentifier(inbox)) }
  }

  func close() async {
    let inboxes = feeds.withLock { feeds in
      feeds.isClosed = true
      return Array(feeds.inboxes.values)
    }
    await backend.close()
    for inbox in inboxes { await inbox.close() }
  }
}

/// A watch that ends when nobody holds it any more.
private final class HeldWatch: Sendable {
  let inbox: BackendChangeInbox
  private let end: @Sendable () -> Void

  init(_ inbox: BackendChangeInbox, end: @escaping @Sendable () -> Void) {
    self.inbox = inbox
    self.end = end
  }

  deinit { end() }
}

/// Turns a backend's callbacks into numbered events that are pulled.
private actor BackendChangeInbox {
  private var known: [String: ObjectID]
  private let ref: String?
  private let location: String
  private var position: Int64 = 0
  private let events: AsyncStream<RefEvent>
  private let input: AsyncStream<RefEvent>.Continuation

  init(known: [String: ObjectID], ref: String?, location: String) {
    self.known = known
    self.ref = ref
    self.location = location
    (events, input) = AsyncStream.makeStream()
  }

  func put(_ branch: String, _ id: ObjectID?) {
    let old = known[branch]
    known[branch] = id
    let name = Branch.refName(branch)
    guard old != id, ref == nil || ref == name else { return }
    position += 1
    input.yield(
      RefEvent(
        position: position, ref: name, old: old, new: id,
        milliseconds: Timestamp.milliseconds))
  }

  func next() async throws -> RefEvent {
    for await event in events { return event }
    try Task.checkCancellation()
    throw StoreError.host(.closed(location: location))
  }

  func close() { input.finish() }
}
