import GitObjects

/// The commits that only one of two sides reaches, exact whatever the dates say.
///
/// Both sides are coloured downwards, newest first, until every commit on the way has both colours. What has
/// one colour then is right if it reaches one of the best common ancestors: another of them that came back
/// to it would reach that one, and would not be best. Only where some does not, as a side that began before the
/// common ancestor, the walk goes on until those are decided.
struct HistoryDifference {
  private struct Sides: OptionSet {
    let rawValue: UInt8
    static let left = Sides(rawValue: 1)
    static let right = Sides(rawValue: 2)
    static let both: Sides = [.left, .right]
  }

  /// What is made of histories that have no common ancestor in sight because they have been cut.
  enum Beyond {
    /// What is left of them answers.
    case ignored
    /// An error where the right one has been cut: the left one's commits may be in it.
    case refusedOnTheRight
    /// An error where either has been cut.
    case refused
  }

  struct Found {
    var left: Set<ObjectID> = []
    var right: Set<ObjectID> = []
  }

  private(set) var reader: CommitReader
  private let limit: HistoryLimit
  private var sides: [ObjectID: Sides] = [:]
  private var queue = DateQueue<ObjectID>()
  /// How often each commit stands in the queue.
  private var queued: [ObjectID: Int] = [:]
  /// Entries of the queue with one colour.
  private var open = 0

  init(_ reader: CommitReader, _ limit: HistoryLimit) {
    self.reader = reader
    self.limit = limit
  }

  mutating func find(
    _ left: [ObjectID], _ right: [ObjectID], beyond: Beyond = .ignored
  ) async throws -> Found {
    var search = MergeBases(reader, limit)
    let bases = Set(try await search.best(left, right))
    reader = search.reader
    try await reader.load(left + right)
    for id in left { add(id, .left, date: try await reader.record(id).date) }
    for id in right { add(id, .right, date: try await reader.record(id).date) }
    var undecided: Set<ObjectID>?
    while let id = queue.pop() {
      let own = sides[id] ?? []
      queued[id] = (queued[id] ?? 1) - 1
      if own != .both { open -= 1 }
      let parents = try await reader.record(id).parents
      let new = parents.filter { sides[$0]?.isSuperset(of: own) != true }
      if !new.isEmpty { try await reader.load(new) }
      if sides.count > limit.commits {
        throw StoreError.historyLimit("more than \(limit.commits) commits on the way")
      }
      for parent in new {
        add(parent, own, date: try await reader.record(parent).date)
        if sides[parent] == .both { undecided?.remove(parent) }
      }
      if open == 0, undecided == nil { undecided = try await loose(bases) }
      if undecided?.isEmpty == true { break }
    }
    if bases.isEmpty { try check(beyond, left, right) }
    var found = Found()
    for (id, own) in sides where own != .both {
      if own == .left { found.left.insert(id) } else { found.right.insert(id) }
    }
    return found
  }

  private func check(
    _ beyond: Beyond, _ left: [ObjectID], _ right: [ObjectID]
  ) throws(StoreError) {
    if beyond == .ignored || left.isEmpty || right.isEmpty { return }
    let cut = sides.filter { id, own in
      (beyond == .refused || own.contains(.right)) && reader.isCut(anyOf: [id])
    }
    guard let first = cut.keys.min() else { return }
    func names(_ ids: [ObjectID]) -> String {
      ids.map { String($0.hex.prefix(10)) }.joined(separator: " and ")
    }
    throw .historyCut(
      "what \(names(left)) has that \(names(right)) has not", at: first,
      in: reader.objects.location)
  }

  private mutating func add(_ id: ObjectID, _ new: Sides, date: Int64) {
    let old = sides[id] ?? []
    let now = old.union(new)
    if now == old { return }
    if now == .both, old != .both { open -= queued[id] ?? 0 }
    sides[id] = now
    queue.push(id, date: date)
    queued[id, default: 0] += 1
    if now != .both { open += 1 }
  }

  /// The commits of one colour that reach none of the bases.
  private mutating func loose(_ bases: Set<ObjectID>) async throws -> Set<ObjectID> {
    let single = sides.filter { $0.value != .both }.map(\.key)
    var children: [ObjectID: [ObjectID]] = [:]
    var anchored: [ObjectID] = []
    var loose = Set(single)
    for id in single {
      for parent in try await reader.record(id).parents {
        if bases.contains(parent) {
          if loose.remove(id) != nil { anchored.append(id) }
        } else if sides[parent] != .both {
          children[parent, default: []].append(id)
        }
      }
    }
    while let id = anchored.popLast() {
      for child in children[id] ?? [] where loose.remove(child) != nil { anchored.append(child) }
    }
    return loose
  }
}

/// How far two commits are apart.
public struct AheadBehind: Sendable, Hashable {
  /// Commits that only the first one's history has.
  public let ahead: Int
  /// Commits that only the second one's history has.
  public let behind: Int
}

extension Repository {
  /// How many commits each of two has that the other one has not.
  ///
  /// ```swift
  /// let distance = try await repository.aheadBehind(feature, main)
  /// print("\(distance.ahead) ahead, \(distance.behind) behind")
  /// ```
  ///
  /// Visits what is newer than the common ancestors, and more of the history where something was merged that
  /// began before them; up to a thousand commits in one round trip.
  ///
  /// - Throws: ``StoreError/historyLimit(_:)``; ``StoreError/historyCut(_:at:in:)`` where they have no common ancestor in
  ///   what is left of a history that has been cut.
  ///
  /// Source: `git rev-list --left-right --count A...B`.
  public func aheadBehind(
    _ first: ObjectID, _ second: ObjectID, limit: HistoryLimit = .none
  ) async throws -> AheadBehind {
    var difference = HistoryDifference(CommitReader(objects), limit)
    let found = try await difference.find([first], [second], beyond: .refused)
    return AheadBehind(ahead: found.left.count, behind: found.right.count)
  }
}
