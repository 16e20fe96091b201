import GitObjects
import RedisScripting

/// Looks up whether what objects link to is stored and of the right kind, many links a round trip.
struct LinkCheck {
  /// What is done about a link to an object that is not stored.
  enum Absence: Sendable {
    /// Its object is counted: some other process may be about to store what it links to.
    case counted
    /// A fault; links to objects of another kind have been reported before.
    case reported
  }

  private struct Waiting {
    let source: ObjectID
    let link: ObjectLink
  }

  private static let idsARoundTrip = 1500

  let engine: ScriptedEngine
  var absence: Absence = .counted
  /// Objects that link to something that is not stored.
  private(set) var incompleteObjects = 0
  private var cache = KindCache()
  private var waiting: [ObjectID: [Waiting]] = [:]
  private var waitingLinks = 0
  /// Each missing object is reported once. As many as there are faults.
  private var reported: Set<ObjectID> = []

  init(engine: ScriptedEngine) {
    self.engine = engine
  }

  /// Remembers an object that was seen itself.
  mutating func know(_ id: ObjectID, _ kind: ObjectKind) { cache.insert(id, kind) }

  mutating func resetCount() { incompleteObjects = 0 }

  /// Of so many incomplete objects, those counted since the reset are reached by refs.
  mutating func leaveUnreachable(of all: Int) {
    incompleteObjects = max(0, all - incompleteObjects)
  }

  /// Takes the links of one object; looks them up when there are enough.
  mutating func add(
    _ links: [ObjectLink], of source: ObjectID, fault: (Fault) -> Void
  ) async throws {
    for link in links {
      if let kind = cache.kind(of: link.id) {
        compare(Waiting(source: source, link: link), with: kind, fault)
      } else {
        waiting[link.id, default: []].append(Waiting(source: source, link: link))
        waitingLinks += 1
      }
    }
    // Only between objects, so that each incomplete one is counted once.
    if waiting.count >= Self.idsARoundTrip || waitingLinks >= 16 * Self.idsARoundTrip {
      try await finish(fault: fault)
    }
  }

  /// Looks up the links that wait.
  mutating func finish(fault: (Fault) -> Void) async throws {
    let ids = Array(waiting.keys)
    var incomplete = Set<ObjectID>()
    for start in stride(from: 0, to: ids.count, by: Self.idsARoundTrip) {
      let batch = Array(ids[start..<min(start + Self.idsARoundTrip, ids.count)])
      for (id, kind) in zip(batch, try await engine.storedKinds(batch)) {
        let links = waiting[id] ?? []
        switch kind {
        case .absent:
          for link in links { incomplete.insert(link.source) }
          if absence == .reported, let first = links.first, reported.insert(id).inserted {
            fault(
              Fault(
                .missingObject, .object(id),
                "a \(first.link.kind) that is not stored: \(first.link.place) of \(first.source)"))
          }
        case .kind(let kind):
          cache.insert(id, kind)
          for link in links { compare(link, with: kind, fault) }
        case .unknown:
          // Not an object: that is reported where it is met itself.
          break
        }
      }
    }
    incompleteObjects += incomplete.count
    waiting.removeAll(keepingCapacity: true)
    waitingLinks = 0
  }

  private func compare(_ waiting: Waiting, with kind: ObjectKind, _ fault: (Fault) -> Void) {
    guard kind != waiting.link.kind, absence == .counted else { return }
    fault(
      Fault(
        .wrongKind, .object(waiting.source),
        "\(waiting.link.place) is \(waiting.link.id), which is a \(kind)"
          + " and should be a \(waiting.link.kind)"))
  }
}

/// What is stored under an id.
enum StoredKind: Sendable, Equatable {
  case absent
  case kind(ObjectKind)
  /// Something that does not start as an object does.
  case unknown
}

extension ScriptedEngine {
  /// What is stored under each of some ids. One round trip.
  func storedKinds(_ ids: [ObjectID]) async throws -> [StoredKind] {
    if ids.isEmpty { return [] }
    let words: [Bytes]
    if let lease = Lease.held(on: self) {
      words = try await lease.kinds(of: ids)
    } else {
      let reply = try await call(.objectKinds, ids.map(\.bytes))
      guard let found = reply.array?.compactMap(\.bytes), found.count == ids.count else {
        throw unexpected(.objectKinds, reply)
      }
      words = found
    }
    return words.map { word in
      guard !word.isEmpty else { return .absent }
      if word == ChunkedBlob.kind { return .kind(.blob) }
      return ObjectKind(rawValue: String(decoding: word, as: UTF8.self)).map { .kind($0) }
        ?? .unknown
    }
  }
}
