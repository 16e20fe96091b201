import GitObjects
import RedisScripting

/// An entry of a directory with the commit that changed it last.
public struct BlamedEntry: Sendable {
  public let item: Tree.Item
  public let commit: Commit
}

/// Which commit gave each entry of a directory what it holds: one walk for all of them. Each name goes down to
/// the first parent that has the same under it, until none has.
struct EntryBlame {
  private let objects: ObjectDatabase
  private var walk: BlameWalk
  /// The names that have come down to a commit.
  private var names: [ObjectID: [Bytes: Entry]] = [:]
  private(set) var found: [Bytes: ObjectID] = [:]

  /// Directories that one round trip asks for.
  private static let folderPage = 64

  init(_ path: Path, _ objects: ObjectDatabase, _ limit: HistoryLimit) {
    self.objects = objects
    walk = BlameWalk(path, objects, limit)
  }

  mutating func run(from commit: ObjectID, _ entries: [TreeEntry]) async throws {
    try await pass(
      Dictionary(entries.map { ($0.name, Entry(mode: $0.mode, id: $0.id)) }) { first, _ in first },
      to: commit)
    while let id = walk.next() {
      guard var own = names.removeValue(forKey: id) else { continue }
      let step = try await walk.visit(id)
      for (parent, other) in step.parents where !own.isEmpty {
        if other == step.entry {
          try await pass(own, to: parent)
          own = [:]
        } else if let other, other.mode.isTree {
          let kept = try await self.entries(of: other.id, near: id)
          let same = own.filter { kept[$0.key] == $0.value }
          for name in same.keys { own[name] = nil }
          try await pass(same, to: parent)
        }
      }
      for name in own.keys { found[name] = id }
    }
  }

  private mutating func pass(_ new: [Bytes: Entry], to id: ObjectID) async throws {
    if new.isEmpty { return }
    if names[id] == nil { try await walk.add(id) }
    // One of them may have come down on another way before.
    names[id, default: [:]].merge(new) { first, _ in first }
  }

  private func entries(of folder: ObjectID, near id: ObjectID) async throws -> [Bytes: Entry] {
    if objects.layout == .git, objects.cachedTree(folder) == nil {
      // What the walk comes to next is read as well.
      var ids = [folder]
      var seen: Set<ObjectID> = [folder]
      for record in walk.reader.ahead(of: [id], limit: walk.entries.page)
      where ids.count < Self.folderPage {
        if let entry = walk.entries.entry(record.tree), entry.mode.isTree,
          seen.insert(entry.id).inserted
        {
          ids.append(entry.id)
        }
      }
      _ = try await objects.trees(ids)
    }
    return Dictionary(
      try await objects.entries(of: folder).map { ($0.name, Entry(mode: $0.mode, id: $0.id)) }
    ) { first, _ in first }
  }
}

extension Repository {
  /// The entries of a directory, in Git's order, each with the commit that changed it last.
  ///
  /// ```swift
  /// for entry in try await repository.blame(entriesOf: "config", at: head) {
  ///   print(entry.item.nameText, entry.commit.subject)
  /// }
  /// ```
  ///
  /// One walk for all names, which ends when the last of them is decided. Where a merge has an entry as one of
  /// its parents has it, that parent is followed, as in ``lastModified(_:from:n:depth:simplification:limit:)``.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)`` when nothing is at the path, ``StoreError/wrongKind(_:found:wanted:)``
  ///   when no directory is there, ``StoreError/historyLimit(_:)``.
  public func blame(
    entriesOf path: Path = .root, at commit: ObjectID, limit: HistoryLimit = .none
  ) async throws -> [BlamedEntry] {
    try path.checkForReading()
    let root = try await objects.rootTree(of: commit)
    var folder = Entry(mode: .tree, id: root)
    if !path.isRoot {
      guard let entry = try await tree(root).entry(path) else {
        throw StoreError.notFound(path, in: "commit \(commit.hex.prefix(10))")
      }
      folder = entry
    }
    guard folder.mode.isTree else {
      throw StoreError.wrongKind(path, found: folder.mode, wanted: "a directory")
    }
    let entries = try await objects.entries(of: folder.id)
    var blame = EntryBlame(path, objects, limit)
    try await blame.run(from: commit, entries)
    let found = blame.found
    let ids = entries.compactMap { found[$0.name] }
    var commits: [ObjectID: Commit] = [:]
    let unique = Array(Set(ids))
    for (id, object) in zip(unique, try await objects.read(unique)) {
      commits[id] = try Commit(id: id, framed: object, in: location)
    }
    return entries.compactMap { entry in
      guard let id = found[entry.name], let commit = commits[id] else { return nil }
      return BlamedEntry(item: Tree.Item(entry), commit: commit)
    }
  }
}
