import GitObjects
import RedisScripting

/// Compares three trees level by level and gathers what theirs changes in ours. Equal parts, and those
/// that only one side has changed, are never read.
struct TreeMerger {
  /// What a merge does at one path of ours.
  struct Change: Sendable {
    enum Outcome: Sendable {
      case removed
      /// As theirs has it, or ours with another mode.
      case entry(Entry)
      case blob(FileMode, FramedObject)
    }

    let path: Path
    /// What ours has there, as long as this holds.
    let ours: Entry?
    let outcome: Outcome
  }

  /// What ours has at a path that the merge relies on: of a directory whose entries are changed one by one, that
  /// it is one; of a conflict that was resolved for ours, its very entry.
  struct Guard: Sendable {
    let path: Path
    let ours: Entry?
  }

  private struct Level {
    let path: Path
    /// What ours has at the path; a tree, unless ours has removed it or has something else there.
    let entry: Entry?
    let base: ObjectID?
    let ours: ObjectID?
    let theirs: ObjectID?
  }

  private struct ContentPart {
    let path: Path
    let base: Entry?
    /// nil where the merge takes that for empty.
    let ours: Entry?
    let theirs: Entry?
    let mode: FileMode
  }

  private let objects: ObjectDatabase
  private let rules: MergeRules
  /// Whether the result is a base for another merge: of a file and a directory, it has both, the directory
  /// under the name.
  private let isBase: Bool
  /// The files where the base has both.
  private let unsettled: [Path: Entry]
  /// The files where the result has both.
  private(set) var parted: [Path: Entry] = [:]
  /// Below this one nothing is read: there are no names.
  private let empty: ObjectID
  private(set) var changes: [Change] = []
  private(set) var guards: [Guard] = []
  private(set) var conflicts: [MergeConflict] = []
  private var contents: [ContentPart] = []
  private var next: [Level] = []

  /// Blobs that are read at once: three for each path, each of any size.
  private static let contentBatch = 64

  init(
    _ objects: ObjectDatabase, _ rules: MergeRules, unsettled: [Path: Entry] = [:],
    isBase: Bool = false
  ) {
    self.objects = objects
    self.rules = rules
    self.unsettled = unsettled
    self.isBase = isBase
    empty = Tree.emptyID(objects.algorithm)
  }

  /// Merges root trees; nil or the empty tree for one without entries.
  mutating func merge(base: ObjectID?, ours: ObjectID?, theirs: ObjectID?) async throws {
    let (base, ours, theirs) = (some(base), some(ours), some(theirs))
    if ours != theirs, base != theirs {
      next = [Level(path: .root, entry: nil, base: base, ours: ours, theirs: theirs)]
    }
    while !next.isEmpty {
      let levels = next
      next = []
      // All trees of a level at once, however many directories there are.
      _ = try await objects.trees(
        Array(Set(levels.flatMap { [$0.base, $0.ours, $0.theirs].compactMap { $0 } })))
      for level in levels {
        try Task.checkCancellation()
        try await compare(level)
      }
    }
    try await mergeContents()
    changes.sort { $0.path < $1.path }
    conflicts.sort { $0.path < $1.path }
  }

  private func some(_ id: ObjectID?) -> ObjectID? { id == empty ? nil : id }

  private func differences(
    _ old: ObjectID?, _ new: ObjectID?
  ) async throws -> [DirectoryDiff.Change] {
    if let old, let new { return try await DirectoryDiff.between(old, new, objects) }
    return DirectoryDiff.changes(
      from: old == nil ? [] : try await entries(old), to: new == nil ? [] : try await entries(new))
  }

  private func entry(_ name: Bytes, in id: ObjectID?) async throws -> TreeEntry? {
    guard let id else { return nil }
    return try await objects.entry(named: name, in: id)
  }

  private func entries(_ id: ObjectID?) async throws -> [TreeEntry] {
    guard let id else { return [] }
    return try await objects.entries(of: id)
  }

  private mutating func compare(_ level: Level) async throws {
    var theirs = try await differences(level.base, level.theirs)
    for name in unsettled.keys.filter({ $0.parent == level.path }).compactMap(\.steps.last)
    where !theirs.contains(where: { $0.name == name }) {
      let same = try await entry(name, in: level.base)
      theirs.append(DirectoryDiff.Change(name: name, old: same, new: same))
    }
    if theirs.isEmpty { return }
    let ours = Dictionary(
      try await differences(level.base, level.ours).map { ($0.name, $0) }
    ) { first, _ in first }
    let before = changes.count + contents.count + next.count
    for change in theirs {
      let base = change.old.map(Entry.init)
      let present = ours[change.name].map { $0.new.map(Entry.init) } ?? base
      try await decide(
        change.name, in: level, base: base, ours: present, theirs: change.new.map(Entry.init))
    }
    if before != changes.count + contents.count + next.count, !level.path.isRoot {
      guards.append(Guard(path: level.path, ours: level.entry))
    }
  }

  // A name stands for a file or for a directory. Each of the two is merged by itself; a file and a
  // directory that are both there afterwards are a conflict.

  private mutating func decide(
    _ name: Bytes, in parent: Level, base: Entry?, ours: Entry?, theirs: Entry?
  ) async throws {
    if ours == theirs { return }
    let path = parent.path.appending(name)
    if let unsettled = unsettled[path],
      try await decide(name, in: parent, unsettled: unsettled, ours: ours, theirs: theirs)
    {
      return
    }
    if base == ours { return change(path, ours, to: theirs) }
    let file = FileMerge.decide(base: base.file, ours: ours.file, theirs: theirs.file)
    let (old, mine, other) = (base.directory, ours.directory, theirs.directory)
    if old == nil, mine == nil, other == nil {
      return settle(file, path, base, ours, theirs)
    }
    let isFileLeft: Bool =
      switch file {
      case .ours: ours.file != nil
      case .theirs(let entry): entry != nil
      case .mode, .content, .conflict: true
      }
    let level = Level(path: path, entry: ours, base: old, ours: mine, theirs: other)
    // No file is left: the directories decide.
    guard isFileLeft else { return merge(level, theirs) }
    guard try await isDirectoryLeft(level) else { return settle(file, path, base, ours, theirs) }
    guard isBase else {
      return conflicts.append(
        MergeConflict(
          path: path, base: base, ours: ours, theirs: theirs, reason: .fileAndDirectory))
    }
    // A file that both have known, and one side changed while the other has a directory, is there as it was.
    if let left = base.file ?? ours.file ?? theirs.file {
      try await part(name, in: parent, file: left, side: mine == nil ? 1 : 2)
    }
    // A new directory of theirs replaces the file by itself.
    if ours.file != nil, old != nil { change(path, ours, to: nil) }
    merge(level, theirs)
  }

  /// Decides what the base does not: where it has a directory, and a file beside it; false where it does, as
  /// no side has the file.
  private mutating func decide(
    _ name: Bytes, in parent: Level, unsettled: Entry, ours: Entry?, theirs: Entry?
  ) async throws -> Bool {
    let path = parent.path.appending(name)
    switch (ours.directory, theirs.directory) {
    case (nil, nil):
      // Two files have no base that both come from. That one side has kept the file and the other side neither
      // is a conflict.
      if let ours, let theirs {
        settle(FileMerge.decide(base: nil, ours: ours, theirs: theirs), path, nil, ours, theirs)
      } else {
        settle(
          .conflict(ours == nil ? .removedByOurs : .removedByTheirs), path, unsettled, ours, theirs)
      }
      return true
    case (nil, _?), (_?, nil):
      guard let file = ours.file ?? theirs.file else { return false }
      if isBase {
        try await part(name, in: parent, file: file, side: ours.file != nil ? 1 : 2)
        if ours.file != nil { change(path, ours, to: theirs) }
      } else {
        conflicts.append(
          MergeConflict(
            path: path, base: nil, ours: ours, theirs: theirs, reason: .fileAndDirectory))
      }
      return true
    case (_?, _?): return false
    }
  }

  /// In a base, the directory keeps the name, and the file of a side stands beside it, as git has it.
  private mutating func part(
    _ name: Bytes, in level: Level, file: Entry, side: Int
  ) async throws {
    parted[level.path.appending(name)] = file
    change(level.path.appending(try await unused(name, side, in: level)), nil, to: file)
  }

  /// Merges the directories at a path, where theirs has an entry of any kind.
  private mutating func merge(_ level: Level, _ theirs: Entry?) {
    if level.ours == level.theirs || level.base == level.theirs { return }
    if level.base == level.ours { return change(level.path, level.entry, to: theirs) }
    next.append(level)
  }

  /// The name that git gives a file of a side in whose place the merged base has a directory.
  private func unused(_ name: Bytes, _ side: Int, in level: Level) async throws -> Bytes {
    let first = name + Bytes("~Temporary merge branch \(side)".utf8)
    var candidate = first
    var number = 0
    while try await isThere(candidate, in: level) {
      candidate = first + Bytes("_\(number)".utf8)
      number += 1
    }
    return candidate
  }

  private func isThere(_ name: Bytes, in level: Level) async throws -> Bool {
    for id in [level.base, level.ours, level.theirs] {
      if try await entry(name, in: id) != nil { return true }
    }
    return false
  }

  /// Whether anything is in the merged directory, where one of the sides has none.
  private func isDirectoryLeft(_ level: Level) async throws -> Bool {
    guard let side = level.ours ?? level.theirs else { return false }
    guard let base = level.base else { return true }
    if side == base { return false }
    let changes = try await Tree(root: Directory(base: base), objects: objects)
      .diff(to: Tree(root: Directory(base: side), objects: objects))
    return changes.contains { if case .removed = $0 { false } else { true } }
  }

  private mutating func change(_ path: Path, _ ours: Entry?, to entry: Entry?) {
    changes.append(
      Change(path: path, ours: ours, outcome: entry.map { .entry($0) } ?? .removed))
  }

  private mutating func settle(
    _ file: FileMerge, _ path: Path, _ base: Entry?, _ ours: Entry?, _ theirs: Entry?
  ) {
    switch file {
    case .ours: break
    case .theirs(let entry): change(path, ours, to: entry)
    case .mode(let entry): change(path, ours, to: entry)
    case .content(let mode):
      contents.append(
        ContentPart(
          path: path, base: base.flatMap { FileMerge.isRegular($0) ? $0 : nil }, ours: ours,
          theirs: theirs, mode: mode))
    case .conflict(let reason):
      if reason == .removedByOurs || reason == .removedByTheirs, let base,
        let left = ours ?? theirs, FileMerge.isRegular(base), FileMerge.isRegular(left),
        rules.merge(at: path).takesAbsenceForEmpty
      {
        return contents.append(
          ContentPart(path: path, base: base, ours: ours, theirs: theirs, mode: left.mode))
      }
      conflicts.append(
        MergeConflict(path: path, base: base, ours: ours, theirs: theirs, reason: reason))
    }
  }

  // MARK: Contents

  private mutating func mergeContents() async throws {
    for start in stride(from: 0, to: contents.count, by: Self.contentBatch) {
      let batch = contents[start..<min(contents.count, start + Self.contentBatch)]
      let ids = Set(batch.flatMap { [$0.base?.id, $0.ours?.id, $0.theirs?.id].compactMap { $0 } })
      let order = Array(ids)
      let blobs = Dictionary(
        zip(order, try await objects.read(order)), uniquingKeysWith: { first, _ in first })
      for part in batch { try merge(part, blobs) }
    }
    contents = []
  }

  private mutating func merge(
    _ part: ContentPart, _ blobs: [ObjectID: FramedObject]
  ) throws {
    func bytes(_ entry: Entry) throws -> Bytes {
      guard let blob = blobs[entry.id], blob.kind == .blob else {
        throw StoreError.damagedObject(
          entry.id, in: objects.location, reason: "a blob was expected at \"\(part.path)\"")
      }
      return Bytes(blob.content)
    }
    let ours = try part.ours.map(bytes)
    let rule = rules.merge(at: part.path)
    do {
      let merged = try rule.merged(
        base: try part.base.map(bytes), ours: ours ?? [],
        theirs: try part.theirs.map(bytes) ?? [])
      if merged.isEmpty, rule.takesAbsenceForEmpty {
        if part.ours != nil {
          changes.append(Change(path: part.path, ours: part.ours, outcome: .removed))
        }
        return
      }
      if merged == ours, part.mode == part.ours?.mode { return }
      changes.append(
        Change(
          path: part.path, ours: part.ours,
          outcome: .blob(part.mode, FramedObject(kind: .blob, content: merged))))
    } catch let refusal as MergeRefusal {
      conflicts.append(
        MergeConflict(
          path: part.path, base: part.base, ours: part.ours, theirs: part.theirs,
          reason: part.base == nil ? .bothAdded(refusal.reason) : .content(refusal.reason)))
    }
  }
}

extension Entry {
  fileprivate init(_ entry: TreeEntry) {
    self.init(mode: entry.mode, id: entry.id)
  }
}

extension Entry? {
  /// What it is unless it is a directory.
  fileprivate var file: Entry? { self?.mode.isTree == true ? nil : self }
  /// The tree if it is a directory.
  fileprivate var directory: ObjectID? { self?.mode.isTree == true ? self?.id : nil }
}
