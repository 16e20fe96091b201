import GitObjects
import RedisScripting

/// Walks over a tree depth first, and reads what comes next ahead, in batches.
///
/// Directories, and the parts of wide ones, that are known but not read yet have a number, their slot. When one
/// is needed, those that come after it on the walk are read with it: its siblings, their children as far as
/// they are known, and so on up to a limit.
struct TreeWalker: Sendable {
  private enum Limits {
    /// Trees that are held ahead of the walk.
    static let trees = 1000
    /// Items that are looked at to find some.
    static let scanned = 20_000
    /// Bytes of values that are held ahead of the walk, unless a single one is larger.
    static let valueBytes = 8 << 20
  }

  private enum Item: Sendable {
    case contents(TreeEntry, slot: Int)
    case directory(TreeEntry, slot: Int)
    /// Some entries of the same listing.
    case part(ObjectID, slot: Int)
  }

  private struct Frame {
    let path: Path
    /// nil for a part of the directory of the frame below.
    let entry: Entry?
    let items: [Item]
    var at = 0
  }

  /// Something to read.
  private struct Wanted {
    let id: ObjectID
    let slot: Int
    let isValue: Bool
    let isPart: Bool
  }

  private let objects: ObjectDatabase
  private let options: TreeWalkOptions
  private let root: Entry
  private var frames: [Frame] = []
  /// The directory that was visited last: what is in it comes next.
  private var entering: (path: Path, entry: Entry, slot: Int)?
  private var hasBegun = false
  private var lastSlot = 0
  private var listings: [Int: [Item]] = [:]
  private var values: [Int: Bytes] = [:]
  private var valueBytes = 0
  /// How many values are read at once: more while they are small.
  private var valueBatch = 16
  private var seen: Set<ObjectID> = []

  init(_ tree: Tree, _ options: TreeWalkOptions) async throws {
    self.options = options
    let (id, objects) = try await tree.readable()
    root = Entry(mode: .tree, id: id)
    self.objects = objects
  }

  mutating func next() async throws -> TreeVisit? {
    if options.depth.isEmpty { return nil }
    if !hasBegun {
      hasBegun = true
      if let visit = enter(root, .root, slot: 0) { return visit }
    }
    while true {
      if let (path, entry, slot) = entering {
        entering = nil
        let isWanted = path.steps.count + 1 < options.depth.upperBound
        let items = isWanted ? try await listing(entry.id, slot, isPart: false) : []
        frames.append(Frame(path: path, entry: entry, items: items))
      }
      guard let top = frames.indices.last else { return nil }
      let (path, at) = (frames[top].path, frames[top].at)
      guard at < frames[top].items.count else {
        if let entry = frames.removeLast().entry, options.depth.contains(path.steps.count) {
          return TreeVisit(kind: .end, path: path, entry: entry, value: nil)
        }
        continue
      }
      frames[top].at += 1
      switch frames[top].items[at] {
      case .part(let id, let slot):
        let items = try await listing(id, slot, isPart: true)
        frames.append(Frame(path: path, entry: nil, items: items))
      case .directory(let entry, let slot):
        if let visit = enter(
          Entry(mode: entry.mode, id: entry.id), path.appending(entry.name), slot: slot)
        {
          return visit
        }
      case .contents(let entry, let slot):
        guard options.depth.contains(path.steps.count + 1) else { continue }
        return TreeVisit(
          kind: .contents, path: path.appending(entry.name),
          entry: Entry(mode: entry.mode, id: entry.id), value: try await value(entry, slot))
      }
    }
  }

  mutating func skip() {
    if let slot = entering?.slot { listings[slot] = nil }
    entering = nil
  }

  private mutating func enter(_ entry: Entry, _ path: Path, slot: Int) -> TreeVisit? {
    if options.repeats == .skipped, !seen.insert(entry.id).inserted {
      listings[slot] = nil
      return nil
    }
    entering = (path, entry, slot)
    guard options.depth.contains(path.steps.count) else { return nil }
    return TreeVisit(kind: .directory, path: path, entry: entry, value: nil)
  }

  // MARK: Reading ahead

  private mutating func listing(
    _ id: ObjectID, _ slot: Int, isPart: Bool
  ) async throws -> [Item] {
    if listings[slot] == nil {
      try await read(first: Wanted(id: id, slot: slot, isValue: false, isPart: isPart))
    }
    return listings.removeValue(forKey: slot) ?? []
  }

  private mutating func value(_ entry: TreeEntry, _ slot: Int) async throws -> Bytes? {
    guard options.values == .read, entry.mode.objectKind == .blob else { return nil }
    if values[slot] == nil {
      try await read(first: Wanted(id: entry.id, slot: slot, isValue: true, isPart: false))
    }
    let value = values.removeValue(forKey: slot)
    valueBytes -= value?.count ?? 0
    return value
  }

  private mutating func read(first: Wanted) async throws {
    try Task.checkCancellation()
    var batch = Batch(
      wanted: [first], trees: max(Limits.trees / 4, Limits.trees - listings.count),
      values: valueBytes > Limits.valueBytes ? 0 : valueBatch, scans: Limits.scanned)
    for frame in frames.reversed() {
      collect(frame.items[frame.at...], depth: frame.path.steps.count, &batch)
    }
    var unknown: [ObjectID] = []
    var asked: Set<ObjectID> = []
    for wanted in batch.wanted
    where (wanted.isValue || objects.cachedTree(wanted.id) == nil)
      && asked.insert(wanted.id).inserted
    {
      unknown.append(wanted.id)
    }
    let read = Dictionary(
      zip(unknown, try await objects.read(unknown))
    ) { first, _ in first }
    var bytesRead = 0
    for wanted in batch.wanted {
      let object = read[wanted.id]
      if wanted.isValue {
        values[wanted.slot] = object.map { Bytes($0.content) }
        bytesRead += object?.contentSize ?? 0
      } else {
        let tree =
          if let object { try objects.tree(wanted.id, object) } else {
            try await objects.tree(wanted.id)
          }
        listings[wanted.slot] = try await items(of: tree, wanted, objects)
      }
    }
    valueBytes += bytesRead
    if bytesRead < 1 << 20 {
      valueBatch = min(1000, valueBatch * 2)
    } else if bytesRead > 4 << 20 {
      valueBatch = max(1, valueBatch / 2)
    }
  }

  private struct Batch {
    var wanted: [Wanted]
    var trees: Int
    var values: Int
    var scans: Int
  }

  /// Looks for what comes next and is not read yet.
  private func collect(_ items: ArraySlice<Item>, depth: Int, _ batch: inout Batch) {
    for item in items {
      guard batch.scans > 0, batch.trees > 0 || batch.values > 0 else { return }
      batch.scans -= 1
      switch item {
      case .contents(let entry, let slot):
        guard batch.values > 0, options.values == .read, entry.mode.objectKind == .blob,
          options.depth.contains(depth + 1), values[slot] == nil, slot != batch.wanted[0].slot
        else { continue }
        batch.values -= 1
        batch.wanted.append(Wanted(id: entry.id, slot: slot, isValue: true, isPart: false))
      case .directory(let entry, let slot):
        guard depth + 2 < options.depth.upperBound else { continue }
        if options.repeats == .skipped, seen.contains(entry.id) { continue }
        collect(entry.id, slot, isPart: false, depth: depth + 1, &batch)
      case .part(let id, let slot): collect(id, slot, isPart: true, depth: depth, &batch)
      }
    }
  }

  private func collect(
    _ id: ObjectID, _ slot: Int, isPart: Bool, depth: Int, _ batch: inout Batch
  ) {
    if let items = listings[slot] {
      collect(items[...], depth: depth, &batch)
    } else if batch.trees > 0, slot != batch.wanted[0].slot {
      batch.trees -= 1
      batch.wanted.append(Wanted(id: id, slot: slot, isValue: false, isPart: isPart))
    }
  }

  // MARK: Listings

  private mutating func items(
    of tree: TreeObject, _ wanted: Wanted, _ objects: ObjectDatabase
  ) async throws -> [Item] {
    guard wanted.isPart || objects.layout == .wide && WideNode.isTop(tree) else {
      return items(of: tree.entries)
    }
    if options.order == .name {
      return items(of: try await objects.entries(of: wanted.id))
    }
    switch try objects.wideGroup(tree, wanted.id) {
    case .entries(let entries): return items(of: entries)
    case .node(let node):
      var items = node.terminal.map { self.items(of: [$0]) } ?? []
      for child in node.children {
        guard case .stored(let id) = child.content else { continue }
        items.append(.part(id, slot: makeSlot()))
      }
      return items
    }
  }

  private mutating func items(of entries: [TreeEntry]) -> [Item] {
    let sorted =
      options.order == .listing
      ? entries : entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    return sorted.map { entry in
      entry.mode.isTree
        ? .directory(entry, slot: makeSlot()) : .contents(entry, slot: makeSlot())
    }
  }

  private mutating func makeSlot() -> Int {
    lastSlot += 1
    return lastSlot
  }
}
