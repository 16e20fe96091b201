import GitObjects
import RedisScripting

/// The tree that two commits are compared with. Of several merge bases, one is made by merging them with
/// each other, as Git's recursive strategy does; none of that is stored.
///
/// A conflict between bases is no conflict of the merge: where the two sides have settled it alike, it is
/// gone; where one side has kept the one and the other side the other, it is there still. So its place in the
/// virtual base holds something that neither side has: text with marks; or, for what one base removes and the
/// other changes, what their own base had. Of a file and a directory it has both, the file under another name.
enum MergeBaseTree {
  /// What a merge compares with.
  private struct Base {
    var tree: ObjectID?
    /// The files where several bases have a file and a directory.
    var unsettled: [Path: Entry] = [:]
  }

  /// What merging the bases has come to.
  private struct Virtual {
    /// What is stored nowhere, in front of what is.
    let objects: VirtualObjects
    let database: ObjectDatabase
    /// The trees of bases that were merged before. In a history in which branches cross all the time, the
    /// same ones are met on very many ways.
    var trees: [[ObjectID]: Base] = [:]
    /// Finds them, and remembers the commits that it has seen.
    var bases: MergeBases
    /// How many bases were merged.
    var merges = 0

    init(_ stored: ObjectDatabase, _ limit: HistoryLimit) {
      objects = VirtualObjects(over: stored)
      database = ObjectDatabase(engine: objects, cacheSize: 32 << 20)
      bases = MergeBases(stored, limit)
    }
  }

  /// Where branches have crossed all the time, bases have bases that have bases, and there are more ways down than one
  /// can go: after so many merges, bases at a greater depth than this are not merged, and the newest stands for all.
  private static let merges = 100
  private static let depth = 3

  static func merge(
    _ ours: ObjectID, _ theirs: ObjectID, bases: [ObjectID], in repository: Repository,
    _ options: MergeOptions
  ) async throws -> TreeMerge {
    let stored = repository.objects
    let mine = try await stored.rootTree(of: ours)
    let other = try await stored.rootTree(of: theirs)
    var virtual = Virtual(stored, options.limit)
    let base = try await tree(of: bases, in: repository, options, &virtual)
    // The usual merge has one base, and nothing that is not stored.
    let objects = virtual.merges == 0 ? stored : virtual.database
    var merger = TreeMerger(objects, options.rules, unsettled: base.unsettled)
    try await merger.merge(base: base.tree, ours: mine, theirs: other)
    return TreeMerge(
      merger, ours: Tree(root: Directory(base: mine), objects: stored),
      theirs: Tree(root: Directory(base: other), objects: stored), in: objects)
  }

  /// The tree of some merge bases; nil for none. Of several, the oldest are merged first, as by Git.
  private static func tree(
    of bases: [ObjectID], in repository: Repository, _ options: MergeOptions,
    _ virtual: inout Virtual, depth: Int = 1
  ) async throws -> Base {
    guard let first = bases.last, let newest = bases.first else { return Base() }
    if let known = virtual.trees[bases] { return known }
    let stored = repository.objects
    if virtual.merges >= merges, depth > Self.depth {
      return Base(tree: try await stored.rootTree(of: newest))
    }
    var result = Base(tree: try await stored.rootTree(of: first))
    var merged = [first]
    for base in bases.dropLast().reversed() {
      try Task.checkCancellation()
      // The bases of what was merged so far and the next one.
      let common = try await virtual.bases.find(base, merged)
      let below = try await self.tree(
        of: common, in: repository, options, &virtual, depth: depth + 1)
      virtual.merges += 1
      let other = try await stored.rootTree(of: base)
      let objects = virtual.database
      var merger = TreeMerger(
        objects, options.rules, unsettled: below.unsettled, isBase: true)
      try await merger.merge(base: below.tree, ours: result.tree, theirs: other)
      var merge = TreeMerge(
        merger, ours: Tree(root: Directory(base: result.tree), objects: objects),
        theirs: Tree(root: Directory(base: other), objects: objects), in: objects)
      let unsettled = merge
      try await merge.resolve { conflict in
        try await settled(conflict, unsettled)
      }
      let whole = try await merge.tree()
      var new: [IdentifiedObject] = []
      result.tree = try await whole.write(stored.algorithm, into: &new)
      result.unsettled.merge(merger.parted) { _, newer in newer }
      virtual.objects.add(new)
      merged.append(base)
    }
    virtual.trees[bases] = result
    return result
  }

  /// What the virtual base has where its parents do not go together: something that both sides have changed,
  /// unless they have settled it alike.
  private static func settled(
    _ conflict: MergeConflict, _ merge: TreeMerge
  ) async throws -> TreeMerge.Resolution {
    switch conflict.reason {
    case .removedByOurs, .removedByTheirs, .kind: return .base
    // A base has both of a file and a directory: that is no conflict there.
    case .fileAndDirectory: return .ours
    case .mode where conflict.ours?.id == conflict.theirs?.id: return .ours
    case .mode, .content, .bothAdded:
      let text = LineMerge(
        base: try await merge.content(of: conflict.base) ?? [],
        ours: try await merge.content(of: conflict.ours) ?? [],
        theirs: try await merge.content(of: conflict.theirs) ?? [])
      let marked = text.text(.merge, ours: "one base", base: "", theirs: "another base")
      let mode = [conflict.ours, conflict.theirs].compactMap { $0 }.first(
        where: FileMerge.isRegular)?.mode
      // Where no line differs, such as of a file and a directory, the marks would be missing.
      let content = text.conflicts > 0 ? marked : marked + Bytes("======= \(conflict.path)\n".utf8)
      return .value(content, mode: mode ?? .blob)
    }
  }
}
