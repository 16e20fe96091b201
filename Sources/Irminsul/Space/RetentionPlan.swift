import GitObjects

/// Which commits a ``Retention`` keeps, and where histories are cut for that.
///
/// Of each ref the newest commits are taken, in the order of `git log`, as many as its rule says. A commit that is
/// taken and none of whose parents are is where its history is cut. Where only some of a merge's parents are taken,
/// the others are kept as well, each as the end of its own line: so a merge never ends the line that goes on.
///
/// Holds some 100 bytes for each commit that is kept, and for a page more. Reads some hundred commits a round trip, so
/// that writers wait no longer for that than for a step of a collection.
struct RetentionPlan {
  private let objects: ObjectDatabase
  private let retention: Retention
  /// Seconds since 1970.
  private let now: Int64
  private var reader: CommitReader
  /// What was read, by readers of before as well.
  private var records: [ObjectID: CommitRecord] = [:]
  private var kept: Set<ObjectID> = []
  /// What was kept of a ref, so that the same is not done twice.
  private var done: Set<Head> = []
  /// Snapshots, by ref.
  private(set) var snapshots: [String: ObjectID] = [:]

  private struct Head: Hashable {
    let id: ObjectID
    let rule: Retention.Rule
  }

  /// Commits that a reader may hold before another one goes on: its pages grow with the number of them.
  private static let pages = 480
  /// Ids that one round trip asks for.
  private static let batch = 250

  init(_ objects: ObjectDatabase, _ retention: Retention, now: Int64) {
    self.objects = objects
    self.retention = retention
    self.now = now
    reader = CommitReader(objects)
  }

  /// Keeps what rules say of the histories of some refs. Commits that are gone again are passed over.
  mutating func keep(_ refs: [(name: String, id: ObjectID)]) async throws {
    var commits: [(name: String, id: ObjectID)] = []
    for start in stride(from: 0, to: refs.count, by: 1000) {
      let batch = refs[start..<min(refs.count, start + 1000)]
      for (ref, kind) in zip(batch, try await objects.engine.kinds(of: batch.map(\.id))) {
        switch kind {
        case .commit: commits.append(ref)
        case .tag:
          if let id = try await peeled(ref.id) { commits.append((ref.name, id)) }
        case .tree, .blob, nil: break
        }
      }
    }
    try await load(commits.map(\.id))
    for (name, id) in commits { try await keep(id, retention.rule(for: name)) }
  }

  /// The commit that a tag is of; nil for one of something else.
  private func peeled(_ tag: ObjectID) async throws -> ObjectID? {
    var id = tag
    while true {
      let object = try await objects.read(id)
      switch object.kind {
      case .commit: return id
      case .tree, .blob: return nil
      case .tag:
        do {
          id = try TagObject(object, algorithm: objects.algorithm).object
        } catch {
          throw StoreError.damagedObject(id, in: objects.location, reason: "\(error)")
        }
      }
    }
  }

  private mutating func keep(_ head: ObjectID, _ rule: Retention.Rule) async throws {
    guard done.insert(Head(id: head, rule: rule)).inserted else { return }
    let most = rule.commits ?? .max
    let since = rule.days > 0 ? now - Int64(rule.days) * 86_400 : .max
    var queue = DateQueue<ObjectID>()
    var seen: Set<ObjectID> = [head]
    var taken = 0
    queue.push(head, date: try await record(head).date)
    while let id = queue.pop() {
      let record = try await record(id)
      guard taken == 0 || taken < most || record.date >= since else { return }
      taken += 1
      kept.insert(id)
      let parents = record.parents.filter { seen.insert($0).inserted }
      try await load(parents)
      for parent in parents { queue.push(parent, date: try await self.record(parent).date) }
    }
  }

  // MARK: Reading

  private mutating func load(_ ids: [ObjectID]) async throws {
    let unknown = ids.filter { records[$0] == nil && !reader.holds($0) }
    for start in stride(from: 0, to: unknown.count, by: Self.batch) {
      if reader.count >= Self.pages { reader = CommitReader(objects) }
      let batch = Array(unknown[start..<min(unknown.count, start + Self.batch)])
      try await reader.load(batch)
      for id in batch { records[id] = try await reader.record(id) }
    }
  }

  private mutating func record(_ id: ObjectID) async throws -> CommitRecord {
    if let record = records[id] { return record }
    if !reader.holds(id), reader.count >= Self.pages { reader = CommitReader(objects) }
    let record = try await reader.record(id)
    records[id] = record
    return record
  }

  // MARK: Snapshots

  /// Chooses the snapshots that stay of branches, down their first parents, and keeps them. What is kept for the
  /// newest commits is to be known before.
  ///
  /// - Parameter refs: All refs, snapshots of before among them.
  mutating func chooseSnapshots(_ refs: [String: ObjectID]) async throws {
    var before: [String: [ObjectID]] = [:]
    for (name, id) in refs where name.hasPrefix(Retention.snapshots) {
      let owner = name[..<(name.lastIndex(of: "/") ?? name.endIndex)]
      before["refs/" + owner.dropFirst(Retention.snapshots.count), default: []].append(id)
    }
    for (name, head) in refs.sorted(by: { $0.key < $1.key }) {
      let rule = retention.rule(for: name)
      guard rule.commits != nil, rule.hourly + rule.daily + rule.weekly > 0,
        !name.hasPrefix(Retention.snapshots),
        try await objects.engine.kinds(of: [head]) == [.commit]
      else { continue }
      for (id, date) in try await line(from: head, rule, before: before[name] ?? []) {
        let place = name.dropFirst("refs/".count)
        let stamp = Timestamp(seconds: date).stamp
        snapshots["\(Retention.snapshots)\(place)/\(stamp)-\(id.hex.prefix(8))"] = id
      }
    }
    for id in snapshots.values { try await keep(id, Retention.Rule(commits: 1)) }
  }

  private func line(
    from head: ObjectID, _ rule: Retention.Rule, before: [ObjectID]
  ) async throws -> [(ObjectID, Int64)] {
    var choice = SnapshotChoice(rule)
    var reader = CommitReader(objects)
    var older: [(id: ObjectID, date: Int64)] = []
    for id in before { older.append((id, try await reader.record(id).date)) }
    // The newest last.
    older.sort { $0.date < $1.date }
    var next: ObjectID? = head
    while let id = next, !choice.isFull {
      if reader.count >= Self.pages, !reader.holds(id) { reader = CommitReader(objects) }
      let record = try await reader.record(id)
      while let last = older.last, last.date > record.date {
        older.removeLast()
        choice.offer(last.id, date: last.date)
      }
      if !kept.contains(id) { choice.offer(id, date: record.date) }
      next = record.parents.first
    }
    for (id, date) in older.reversed() { choice.offer(id, date: date) }
    return choice.chosen
  }

  // MARK: The cut

  /// Where histories are cut, and what is cut off.
  struct Cut {
    /// Commits whose parents do not count any more.
    var commits: [ObjectID] = []
    /// Their parents.
    var beyond: Set<ObjectID> = []
    /// Every commit that stays.
    var kept: Set<ObjectID> = []
  }

  mutating func cut() async throws -> Cut {
    var sides: Set<ObjectID> = []
    var cut = Cut()
    for id in kept {
      let parents = try await record(id).parents
      let out = parents.filter { !kept.contains($0) }
      if out.isEmpty { continue }
      if out.count == parents.count {
        cut.commits.append(id)
        cut.beyond.formUnion(parents)
      } else {
        sides.formUnion(out)
      }
    }
    try await load(Array(sides))
    cut.kept = kept.union(sides)
    for id in sides {
      let parents = try await record(id).parents
      if parents.allSatisfy(cut.kept.contains) { continue }
      cut.commits.append(id)
      cut.beyond.formUnion(parents)
    }
    cut.commits.sort()
    cut.beyond.subtract(cut.kept)
    return cut
  }
}

/// Which commits of a line stay as snapshots: of some hours the last, of some days before them, of some weeks before
/// those.
struct SnapshotChoice {
  private struct Step {
    let seconds: Int64
    var left: Int
    var last: Int64?
  }

  private var steps: [Step]
  private var newest = Int64.max
  private(set) var chosen: [(ObjectID, Int64)] = []

  init(_ rule: Retention.Rule) {
    steps = [(3600, rule.hourly), (86_400, rule.daily), (604_800, rule.weekly)]
      .filter { $1 > 0 }.map { Step(seconds: $0, left: $1) }
  }

  var isFull: Bool { steps.isEmpty }

  /// Newest first. A clock that went wrong counts as one that stood still.
  mutating func offer(_ id: ObjectID, date: Int64) {
    newest = min(newest, date)
    while var step = steps.first {
      // Monday is the first day of a week; 1970 began on a Thursday.
      let period = (newest + (step.seconds == 604_800 ? 3 * 86_400 : 0)) / step.seconds
      if period == step.last { return }
      if step.left == 0 {
        // The next ones are longer, and begin with one that has nothing yet.
        steps.removeFirst()
        continue
      }
      step.left -= 1
      step.last = period
      steps[0] = step
      chosen.append((id, date))
      return
    }
  }
}

extension Timestamp {
  /// In UTC, as a part of a ref's name: `2026-11-26T093901Z`.
  fileprivate var stamp: String {
    // Days to a date of the Gregorian calendar, whose years are counted from March here.
    let days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
    let second = seconds - days * 86_400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(year)-\(two(month < 10 ? month + 3 : month - 9))-\(two(day))"
    return "\(date)T\(two(second / 3600))\(two(second / 60 % 60))\(two(second % 60))Z"
  }
}
