import GitObjects

/// Where a blob is: a commit that has it, and the path.
public struct BlobPlace: Sendable, Hashable {
  public let commit: ObjectID
  public let path: Path
}

extension Repository {
  /// Where some blobs are in the histories of all refs: for each one path, in the newest commit whose trees have it. A
  /// blob that no commit of them has is left out.
  ///
  /// Goes from the newest commits to the oldest and reads trees, each once, until all are found: those of the heads
  /// where the blobs are still there, else all that there are. Holds 20 bytes for each tree and 100 for each commit that it
  /// comes to.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: `git log --find-object`.
  public func places(of blobs: Set<ObjectID>) async throws -> [ObjectID: BlobPlace] {
    if blobs.isEmpty { return [:] }
    let roots = try await RefRoots(self)
    return try await Lease.reading(engine, []) { [objects] in
      var search = PlaceSearch(objects, blobs)
      try await search.run(from: roots.commits)
      return search.found
    }
  }
}

private struct PlaceSearch {
  private struct Item {
    let id: ObjectID
    let isPart: Bool
    let place: BlobPlace
  }

  /// Commits whose trees are searched at once.
  private static let commits = 100

  private let objects: ObjectDatabase
  private var wanted: Set<ObjectID>
  private(set) var found: [ObjectID: BlobPlace] = [:]
  private var directories: Set<ObjectKey> = []
  private var parts: Set<ObjectKey> = []

  init(_ objects: ObjectDatabase, _ wanted: Set<ObjectID>) {
    self.objects = objects
    self.wanted = wanted
  }

  mutating func run(from starts: [ObjectID]) async throws {
    var walk = CommitWalk(objects, from: starts, LogOptions())
    var isAtEnd = false
    while !isAtEnd, !wanted.isEmpty {
      var items: [Item] = []
      while items.count < Self.commits {
        guard let id = try await walk.next() else {
          isAtEnd = true
          break
        }
        var reader = walk.reader
        let tree = try await reader.record(id).tree
        items.append(
          Item(id: tree, isPart: false, place: BlobPlace(commit: id, path: .root)))
      }
      // The newest last.
      try await search(items.reversed())
    }
  }

  private mutating func search(_ items: [Item]) async throws {
    var stack = items
    while !stack.isEmpty, !wanted.isEmpty {
      try Task.checkCancellation()
      var batch: [Item] = []
      while batch.count < ObjectDatabase.manyObjects, let item = stack.popLast() {
        let isNew =
          item.isPart
          ? parts.insert(item.id.key).inserted : directories.insert(item.id.key).inserted
        if isNew { batch.append(item) }
      }
      try await objects.forEachTree(batch.map(\.id)) { number, tree in
        let item = batch[number]
        let listing = try objects.listing(tree, item.id, isPart: item.isPart)
        for entry in listing.entries {
          if entry.mode.isTree {
            let path = item.place.path.appending(entry.name)
            stack.append(
              Item(
                id: entry.id, isPart: false,
                place: BlobPlace(commit: item.place.commit, path: path)))
          } else if wanted.remove(entry.id) != nil {
            found[entry.id] = BlobPlace(
              commit: item.place.commit, path: item.place.path.appending(entry.name))
          }
        }
        for id in listing.parts {
          stack.append(Item(id: id, isPart: true, place: item.place))
        }
      }
    }
  }
}
