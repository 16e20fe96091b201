import GitObjects

/// Finds commits that one store has with everything below them, as its refs lead there, and that another one has
/// too: the newest ones on each way down.
struct SharedCommits {
  private static let page = 1000

  private let held: Repository
  private let known: Repository
  private var reader: CommitReader
  private var seen: Set<ObjectID> = []
  private(set) var found: [ObjectID] = []

  /// - Parameters:
  ///   - held: The store whose refs count.
  ///   - known: The other one.
  static func find(heldBy held: Repository, knownTo known: Repository) async throws -> [ObjectID] {
    var shared = SharedCommits(held, known)
    try await shared.run()
    return shared.found
  }

  private init(_ held: Repository, _ known: Repository) {
    self.held = held
    self.known = known
    reader = CommitReader(held.objects)
  }

  private mutating func run() async throws {
    var level = try await starts()
    // A level at a time where nothing is known of what comes next; else hundreds of commits at once.
    while !level.isEmpty {
      try Task.checkCancellation()
      let part = Array(level.suffix(Self.page))
      level.removeLast(part.count)
      let isKnown = try await commits(part)
      let unknown = part.filter { !isKnown.contains($0) }
      found += part.filter(isKnown.contains)
      if !unknown.isEmpty { level += try await descend(from: unknown) }
    }
  }

  /// Goes on from commits that the other store lacks. Answers where it must be asked again.
  private mutating func descend(from ids: [ObjectID]) async throws -> [ObjectID] {
    try await reader.load(ids)
    var ahead: [ObjectID] = []
    var isAhead: Set<ObjectID> = []
    var queue = ids
    var at = 0
    while at < queue.count, ahead.count < Self.page {
      if reader.holds(queue[at]) {
        for parent in try await reader.record(queue[at]).parents
        where !seen.contains(parent) && isAhead.insert(parent).inserted {
          ahead.append(parent)
          queue.append(parent)
        }
      }
      at += 1
    }
    let isKnown = try await commits(ahead)
    // Down from each until the first that is known.
    var next: [ObjectID] = []
    var stack = ids
    while let id = stack.popLast() {
      for parent in try await reader.record(id).parents where seen.insert(parent).inserted {
        if isKnown.contains(parent) {
          found.append(parent)
        } else if isAhead.contains(parent), reader.holds(parent) {
          stack.append(parent)
        } else {
          next.append(parent)
        }
      }
    }
    return next
  }

  /// Those that the other store has.
  private func commits(_ ids: [ObjectID]) async throws -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    for start in stride(from: 0, to: ids.count, by: Self.page) {
      let batch = Array(ids[start..<min(ids.count, start + Self.page)])
      for (id, kind) in zip(batch, try await known.engine.kinds(of: batch)) where kind == .commit {
        found.insert(id)
      }
    }
    return found
  }

  /// The commits that refs lead to.
  private mutating func starts() async throws -> [ObjectID] {
    var ids: [ObjectID] = []
    var level = Array(Set(try await held.engine.refs(prefix: "refs/").values))
    while !level.isEmpty {
      var next: [ObjectID] = []
      for start in stride(from: 0, to: level.count, by: Self.page) {
        let batch = Array(level[start..<min(level.count, start + Self.page)])
        for (id, kind) in zip(batch, try await held.engine.kinds(of: batch))
        where seen.insert(id).inserted {
          if kind == .commit { ids.append(id) }
          guard kind == .tag else { continue }
          let tag = try? TagObject(try await held.objects.read(id), algorithm: held.algorithm)
          if let tag { next.append(tag.object) }
        }
      }
      level = next
    }
    return ids
  }
}
