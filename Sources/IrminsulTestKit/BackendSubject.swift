import Irminsul

/// The backend that a law is checked on, whatever its types.
struct BackendSubject: Sendable {
  let algorithm: HashAlgorithm
  let objects: any ContentAddressedStore<ObjectID, FramedObject>
  let links: any LinkStore<ObjectID>
  let branches: any AtomicWriteStore<String, ObjectID>
  let patience: Duration
  private let makeRepository: @Sendable () -> Repository
  private let reopen: (@Sendable () async throws -> BackendSubject)?
  private let damaging: (@Sendable (BackendDamage) async throws -> Void)?
  private let end: @Sendable () async -> Void

  init<Storage: Backend>(
    _ storage: Storage, again: (@Sendable (Storage) async throws -> Storage)?,
    damaging: (@Sendable (Storage, BackendDamage) async throws -> Void)?, patience: Duration
  ) {
    algorithm = storage.algorithm
    objects = storage.objects
    links = storage.links
    branches = storage.branches
    self.patience = patience
    makeRepository = { Repository(backend: storage) }
    end = { await storage.close() }
    if let again {
      reopen = {
        BackendSubject(
          try await again(storage), again: again, damaging: damaging, patience: patience)
      }
    } else {
      reopen = nil
    }
    if let damaging {
      self.damaging = { try await damaging(storage, $0) }
    } else {
      self.damaging = nil
    }
  }

  func repository() -> Repository { makeRepository() }
  func close() async { await end() }

  /// A second handle of the same place.
  func again() async throws -> BackendSubject {
    guard let reopen else {
      throw BehaviourFailure(description: "this law needs a second handle: give `again:`")
    }
    return try await reopen()
  }

  func damage(_ damage: BackendDamage) async throws {
    guard let damaging else {
      throw BehaviourFailure(description: "this law needs a way to damage: give `damaging:`")
    }
    try await damaging(damage)
  }

  /// Commits that are stored, each another one: what branches may point to.
  func commits(_ count: Int) async throws -> [ObjectID] {
    do {
      let tree = try await objects.add(FramedObject(kind: .tree, content: []))
      var commits: [ObjectID] = []
      for number in 0..<count {
        let person = "Suite <suite@example.org> \(1_700_000_000 + number) +0000"
        let text = "tree \(tree)\nauthor \(person)\ncommitter \(person)\n\nNumber \(number)\n"
        commits.append(
          try await objects.add(FramedObject(kind: .commit, content: Array(text.utf8))))
      }
      return commits
    } catch {
      throw BehaviourFailure(description: "the append-only layer stored no commits: \(error)")
    }
  }

  /// A blob that no other text has.
  func blob(_ text: String) -> FramedObject {
    FramedObject(kind: .blob, content: Array(text.utf8))
  }

  // MARK: Watches

  /// Starts a watch that writes down what it is told.
  func watch(_ initial: [String: ObjectID]? = nil, into told: Told) async throws -> RunningWatch {
    try await watch(initial) { await told.put($0, $1) }
  }

  func watch(
    _ initial: [String: ObjectID]? = nil,
    _ body: @escaping @Sendable (String, ObjectID?) async -> Void
  ) async throws -> RunningWatch {
    try await Self.start(branches, initial, body)
  }

  func watchKey(
    _ key: String, _ initial: ObjectID? = nil, into told: Told
  ) async throws -> RunningWatch {
    try await Self.startKey(branches, key, initial) { await told.put(key, $0) }
  }

  private static func start<Store: AtomicWriteStore<String, ObjectID>>(
    _ store: Store, _ initial: [String: ObjectID]?,
    _ body: @escaping @Sendable (String, ObjectID?) async -> Void
  ) async throws -> RunningWatch {
    let watch = try await store.watch(initial: initial, body)
    return RunningWatch { try await store.unwatch(watch) }
  }

  private static func startKey<Store: AtomicWriteStore<String, ObjectID>>(
    _ store: Store, _ key: String, _ initial: ObjectID?,
    _ body: @escaping @Sendable (ObjectID?) async -> Void
  ) async throws -> RunningWatch {
    let watch = try await store.watchKey(key, initial: initial, body)
    return RunningWatch { try await store.unwatch(watch) }
  }
}

/// A watch of whatever backend.
struct RunningWatch: Sendable {
  let unwatch: @Sendable () async throws -> Void
}

/// What a watch was told.
actor Told {
  private(set) var changes: [Change] = []

  struct Change: Sendable, Equatable, CustomStringConvertible {
    let key: String
    let value: ObjectID?

    var description: String { "\(key) is \(value.map { String($0.hex.prefix(7)) } ?? "gone")" }
  }

  func put(_ key: String, _ value: ObjectID?) { changes.append(Change(key: key, value: value)) }

  var count: Int { changes.count }

  /// Waits until a change was told.
  func wait(
    for change: Change, _ patience: Duration, file: StaticString = #fileID, line: UInt = #line
  ) async throws {
    try await wait(patience, "\(change)", file: file, line: line) { $0.contains(change) }
  }

  /// Waits until so many changes were told.
  func wait(
    forCount count: Int, _ patience: Duration, file: StaticString = #fileID, line: UInt = #line
  ) async throws {
    try await wait(patience, "\(count) changes", file: file, line: line) { $0.count >= count }
  }

  private func wait(
    _ patience: Duration, _ what: String, file: StaticString, line: UInt,
    _ holds: ([Change]) -> Bool
  ) async throws {
    let end = ContinuousClock.now + patience
    while !holds(changes) {
      try expect(
        ContinuousClock.now < end,
        "a watch was not told that \(what) within \(patience); it was told: \(changes)",
        file: file, line: line)
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
