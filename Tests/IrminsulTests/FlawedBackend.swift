import Irminsul
import IrminsulTestKit
import Synchronization

/// A way in which a backend can be wrong.
enum Flaw: String, CaseIterable, Sendable {
  case hashesOnlyContent
  case losesTheLastByte
  case answersObjectsOutOfOrder
  case seesLinksAsObjects
  case takesDamageForAbsence
  case keepsTheFirstLink
  case ignoresTheTest
  case takesNilForAnything
  case testsAndSetsInTwoSteps
  case setsThoughTheTestFailed
  case listsWhatWasRemoved
  case foldsCase
  case readsNamesAsPatterns
  case tellsTwice
  case tellsNothing
  case tellsFailedTests
  case tellsTheOldValue
  case forgetsWhatTheWatcherKnows
  case tellsOneBranchOfAll
  case goesOnAfterUnwatch
  case waitsForTheSlowest
  case unwatchWaitsForItself
  case worksAfterClose

  /// The layer and the law that find it.
  var foundBy: (layer: BackendLaw.Layer, law: String) {
    switch self {
    case .hashesOnlyContent: (.appendOnly, "the key of an object is the id that git gives it")
    case .losesTheLastByte: (.appendOnly, "what is added is found, byte for byte")
    case .answersObjectsOutOfOrder: (.appendOnly, "several objects are added and found in order")
    case .seesLinksAsObjects:
      (.appendOnly, "objects, links and branches do not see each other's keys")
    case .takesDamageForAbsence:
      (.readOnly, "a value that cannot be decoded is an error, not absent")
    case .keepsTheFirstLink: (.link, "a link that is added again leads to the new key")
    case .ignoresTheTest, .takesNilForAnything, .setsThoughTheTestFailed:
      (.atomicWrite, "test-and-set changes a branch if the test holds")
    case .testsAndSetsInTwoSteps:
      (.atomicWrite, "of many that move a branch on at once, none is lost")
    case .listsWhatWasRemoved:
      (.atomicWrite, "a branch that is removed is absent, and not listed")
    case .foldsCase, .readsNamesAsPatterns:
      (.atomicWrite, "all branches are listed, whatever their names, once each")
    case .tellsTwice, .tellsNothing, .tellsTheOldValue:
      (.watch, "a watch is told each change once, in order, with what is there then")
    case .tellsFailedTests: (.watch, "a watch is told nothing where nothing has changed")
    case .forgetsWhatTheWatcherKnows:
      (.watch, "a watch is told first what differs from what its caller knows")
    case .tellsOneBranchOfAll: (.watch, "a watch of one branch is told of that one alone")
    case .goesOnAfterUnwatch:
      (.watch, "after unwatch no callback begins, though changes are waiting")
    case .waitsForTheSlowest:
      (.watch, "a slow watch holds up neither writers nor other watches")
    case .unwatchWaitsForItself: (.watch, "a watch may be ended from its own callback")
    case .worksAfterClose: (.lifetime, "close may be called again, and later calls throw closed")
    }
  }
}

/// A backend of dictionaries with one flaw.
struct FlawedBackend: Backend {
  let flaw: Flaw
  let inner = DictionaryBackend()
  let objects: Objects
  let links: Links
  let branches: Branches

  init(_ flaw: Flaw) {
    self.flaw = flaw
    objects = Objects(inner: inner, flaw: flaw)
    links = Links(inner: inner.links, flaw: flaw)
    branches = Branches(inner: inner.branches, flaw: flaw)
  }

  var algorithm: HashAlgorithm { .sha1 }
  var location: String { "flawed dictionaries" }

  func close() async {
    if flaw != .worksAfterClose { await inner.close() }
  }

  /// Makes a value unreadable, or loses it.
  func damage(_ damage: BackendDamage) async throws {
    switch damage {
    case .object(let id): await branches.damaged.insert(id.hex)
    case .link(let id): await branches.damaged.insert("link \(id)")
    case .branch(let name): await branches.damaged.insert(name)
    }
    objects.damaged.share(branches.damaged)
    links.damaged.share(branches.damaged)
  }

  struct Objects: ContentAddressedStore {
    let inner: DictionaryBackend
    let flaw: Flaw
    let damaged = Damaged.Reference()

    func mem(_ key: ObjectID) async throws -> Bool {
      if flaw == .seesLinksAsObjects, try await inner.links.mem(key) { return true }
      return try await inner.objects.mem(key)
    }

    func find(_ key: ObjectID) async throws -> FramedObject? {
      if try await damaged.look(key.hex, flaw) { return nil }
      guard let found = try await inner.objects.find(key) else { return nil }
      if flaw == .losesTheLastByte, found.kind == .blob {
        return FramedObject(kind: .blob, content: found.content.dropLast())
      }
      return found
    }

    func find(_ keys: [ObjectID]) async throws -> [FramedObject?] {
      var found: [FramedObject?] = []
      for key in flaw == .answersObjectsOutOfOrder ? keys.sorted() : keys {
        found.append(try await find(key))
      }
      return found
    }

    func add(_ value: FramedObject) async throws -> ObjectID {
      let id = try await inner.objects.add(value)
      return flaw == .hashesOnlyContent
        ? ObjectID(hashing: value.content, algorithm: .sha1) : id
    }
  }

  struct Links: LinkStore {
    let inner: DictionaryBackend.Links
    let flaw: Flaw
    let damaged = Damaged.Reference()

    func mem(_ key: ObjectID) async throws -> Bool { try await inner.mem(key) }

    func find(_ key: ObjectID) async throws -> ObjectID? {
      if try await damaged.look("link \(key)", flaw) { return nil }
      return try await inner.find(key)
    }

    func add(_ index: ObjectID, _ key: ObjectID) async throws {
      if flaw == .keepsTheFirstLink, try await inner.mem(index) { return }
      try await inner.add(index, key)
    }
  }

  struct Branches: AtomicWriteStore {
    let inner: DictionaryBackend.Branches
    let flaw: Flaw
    let damaged = Damaged()
    private let removed = Damaged()
    private let watchers = Watchers<String, ObjectID>()
    private let slowest = Slowest()

    init(inner: DictionaryBackend.Branches, flaw: Flaw) {
      self.inner = inner
      self.flaw = flaw
    }

    private func stored(_ key: String) -> String {
      switch flaw {
      case .foldsCase: key.lowercased()
      case .readsNamesAsPatterns: key.replacing("%", with: "")
      default: key
      }
    }

    func mem(_ key: String) async throws -> Bool { try await inner.mem(stored(key)) }

    func find(_ key: String) async throws -> ObjectID? {
      if await damaged.contains(key) {
        if flaw == .takesDamageForAbsence { return nil }
        throw FlawError()
      }
      return try await inner.find(stored(key))
    }

    func list() async throws -> [String] {
      try await inner.list() + (flaw == .listsWhatWasRemoved ? removed.all() : [])
    }

    func set(_ key: String, _ value: ObjectID) async throws {
      let old = try await inner.find(stored(key))
      try await inner.set(stored(key), value)
      if flaw == .tellsTheOldValue { watchers.notify(key, old) }
      try await tell()
    }

    func remove(_ key: String) async throws {
      if try await inner.mem(stored(key)) { await removed.insert(key) }
      try await inner.remove(stored(key))
      try await tell()
    }

    func testAndSet(_ key: String, test: ObjectID?, set: ObjectID?) async throws -> Bool {
      if await damaged.contains(key) { throw FlawError() }
      switch flaw {
      case .ignoresTheTest:
        if let set { try await self.set(key, set) } else { try await remove(key) }
        return true
      case .takesNilForAnything where test == nil:
        return try await inner.testAndSet(stored(key), test: inner.find(stored(key)), set: set)
      case .testsAndSetsInTwoSteps:
        guard try await inner.find(key) == test else { return false }
        await Task.yield()
        if let set { try await inner.set(key, set) } else { try await inner.remove(key) }
        return true
      case .setsThoughTheTestFailed:
        let held = try await inner.find(key) == test
        if let set { try await inner.set(key, set) }
        if held, set == nil { try await inner.remove(key) }
        return held
      default:
        let held = try await inner.testAndSet(stored(key), test: test, set: set)
        if held, set == nil { await removed.insert(key) }
        if !held, flaw == .tellsFailedTests { watchers.notify(key, set) }
        try await tell()
        return held
      }
    }

    private func tell() async throws {
      if flaw == .waitsForTheSlowest { await slowest.wait() }
    }

    struct Watch: Sendable {
      let inner: DictionaryBackend.Branches.Watch
      let extra: Watchers<String, ObjectID>.Watch
    }

    func watch(
      initial: [String: ObjectID]?,
      _ body: @escaping @Sendable (String, ObjectID?) async -> Void
    ) async throws -> Watch {
      // In a task that nobody ends.
      let (queued, waiting) = AsyncStream<(String, ObjectID?)>.makeStream()
      Task { for await (key, value) in queued { await body(key, value) } }
      let inner = try await inner.watch(
        initial: flaw == .forgetsWhatTheWatcherKnows ? nil : initial
      ) { key, value in
        switch flaw {
        case .tellsNothing: break
        case .tellsTwice:
          await body(key, value)
          await body(key, value)
        case .waitsForTheSlowest:
          await slowest.enter()
          await body(key, value)
          await slowest.leave()
        case .goesOnAfterUnwatch: waiting.yield((key, value))
        case .unwatchWaitsForItself:
          // Called from elsewhere, so that it does not know where it is.
          await Task.detached { await body(key, value) }.value
        default: await body(key, value)
        }
      }
      return Watch(
        inner: inner, extra: watchers.watch(initial: nil, present: [:], body))
    }

    func watchKey(
      _ key: String, initial: ObjectID?, _ body: @escaping @Sendable (ObjectID?) async -> Void
    ) async throws -> Watch {
      if flaw == .tellsOneBranchOfAll {
        return try await watch(initial: nil) { _, value in await body(value) }
      }
      return Watch(
        inner: try await inner.watchKey(key, initial: initial, body),
        extra: watchers.watch(initial: nil, present: [:]) { _, _ in })
    }

    func unwatch(_ watch: Watch) async throws {
      try await inner.unwatch(watch.inner)
      await watchers.unwatch(watch.extra)
    }
  }
}

struct FlawError: Error {}

/// Names that are marked.
actor Damaged {
  private var names: Set<String> = []

  func insert(_ name: String) { names.insert(name) }
  func contains(_ name: String) -> Bool { names.contains(name) }
  func all() -> [String] { names.sorted() }

  /// Filled in when something is damaged.
  final class Reference: Sendable {
    private let target = Mutex<Damaged?>(nil)

    func share(_ damaged: Damaged) { target.withLock { $0 = damaged } }

    /// Whether a damaged value is to be taken for absent.
    func look(_ name: String, _ flaw: Flaw) async throws -> Bool {
      guard let damaged = target.withLock({ $0 }), await damaged.contains(name) else {
        return false
      }
      if flaw == .takesDamageForAbsence { return true }
      throw FlawError()
    }
  }
}

/// Callbacks that are running.
private actor Slowest {
  private var running = 0
  private var rounds = 0

  func enter() { running += 1 }
  func leave() { running -= 1 }

  /// A writer that waits for the watches it has told.
  func wait() async {
    try? await Task.sleep(for: .milliseconds(20))
    while running > 0 { try? await Task.sleep(for: .milliseconds(5)) }
  }
}
