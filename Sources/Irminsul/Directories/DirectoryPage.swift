import GitObjects
import RedisScripting

/// Which part of a directory's listing is wanted.
public struct ListRange: Sendable, Hashable {
  /// Names that begin so, alone.
  public var prefix: Bytes
  /// Names after this one in Git's order, alone; the name need not be there.
  public var after: Bytes?
  /// How many of them to leave out at the start.
  public var offset: Int
  /// How many to give, at most.
  public var limit: Int

  /// - Parameters:
  ///   - prefix: What the names begin with.
  ///   - after: The name that the page comes after; nil: it is the first one.
  ///   - offset: How many names to leave out before it.
  ///   - limit: How many to give, at most.
  public init(prefix: String = "", after: String? = nil, offset: Int = 0, limit: Int = .max) {
    self.prefix = Bytes(prefix.utf8)
    // Every name comes after the empty one.
    self.after = after.flatMap { $0.isEmpty ? nil : Bytes($0.utf8) }
    self.offset = max(0, offset)
    self.limit = max(0, limit)
  }

  /// As ``init(prefix:after:offset:limit:)`` for names that are not UTF-8.
  public init(prefixBytes: Bytes, afterBytes: Bytes?, offset: Int = 0, limit: Int = .max) {
    self.init(offset: offset, limit: limit)
    prefix = prefixBytes
    after = afterBytes?.isEmpty == true ? nil : afterBytes
  }
}

/// Gathers a page of a directory, from whatever form it has, reading no more than it needs: the trees
/// on the way, those of the page, and for an offset their neighbours.
struct DirectoryPage {
  private let objects: ObjectDatabase?
  private let range: ListRange
  private var left: Int
  private var entries: [TreeEntry] = []
  private let prefix: WideKey
  /// Of the entry that the page begins after: where a name stands depends on what it is.
  private let after: WideKey?

  private init(_ objects: ObjectDatabase?, _ range: ListRange, after: TreeEntry?) {
    self.objects = objects
    self.range = range
    left = range.offset
    prefix = WideKey(range.prefix, isTree: false)
    self.after = range.after.map { WideKey($0, isTree: after?.mode.isTree == true) }
  }

  /// The page of a directory that is stored.
  static func read(
    _ directory: ObjectID, _ range: ListRange, from objects: ObjectDatabase
  ) async throws -> [TreeEntry] {
    var start: TreeEntry?
    // Fetches the trees on the way as well, in one round trip.
    if let name = range.after {
      start = try await objects.entry(named: name, in: directory)
    } else if !range.prefix.isEmpty {
      _ = try await objects.entry(named: range.prefix, in: directory)
    }
    var page = DirectoryPage(objects, range, after: start)
    let tree = try await objects.tree(directory)
    if objects.layout == .wide, WideNode.isTop(tree) {
      try await page.take(try objects.wideGroup(tree, directory), 0, after: page.after)
    } else {
      page.take(tree.entries)
    }
    return page.entries
  }

  /// The page of some entries in Git's order.
  static func of(_ entries: [TreeEntry], _ range: ListRange) -> [TreeEntry] {
    var page = DirectoryPage(nil, range, after: entries.first { $0.name == range.after })
    page.take(entries)
    return page.entries
  }

  private var isFull: Bool { entries.count >= range.limit }

  private mutating func take(_ part: [TreeEntry]) {
    for entry in part where isWanted(entry) {
      if isFull { return }
      if left > 0 {
        left -= 1
      } else {
        entries.append(entry)
      }
    }
  }

  private func isWanted(_ entry: TreeEntry) -> Bool {
    guard entry.name.starts(with: range.prefix) else { return false }
    guard let after else { return true }
    return after.bytes.lexicographicallyPrecedes(WideKey(of: entry).bytes)
  }

  /// Takes what it wants of a group that stands at a place of the keys.
  ///
  /// - Parameters:
  ///   - after: nil when all keys of the group come after the one that the page begins after.
  private mutating func take(
    _ group: WideGroup, _ place: Int, after: WideKey?
  ) async throws {
    guard case .node(let node) = group else {
      if case .entries(let entries) = group { take(entries) }
      return
    }
    guard !isFull, let objects else { return }
    if place >= prefix.count, after == nil, node.count <= left {
      left -= node.count
      return
    }
    let end = place + node.skip.count
    // Whether the prefix goes another way than the keys below, or ends before they part.
    let shared = place < prefix.count ? prefix.agreement(with: node.skip, from: place) : 0
    if place + shared < min(end, prefix.count) { return }
    var after = after
    if let key = after, place < key.count {
      let common = key.agreement(with: node.skip, from: place)
      if place + common >= key.count {
        after = nil
      } else if common < node.skip.count {
        if node.skip[common] < key[place + common] { return }
        after = nil
      }
    } else {
      after = nil
    }
    if let terminal = node.terminal { take([terminal]) }
    let children = node.children.filter { child in
      if end < prefix.count, child.digit != prefix[end] { return false }
      return after.map { child.digit >= $0[end] } ?? true
    }
    var from = 0
    while from < children.count, !isFull {
      // An offset has to look into each of them to know how many it passes; a page needs so many.
      let wanted = left > 0 ? children.count : (range.limit - entries.count) / 8 + 1
      let batch = children[from..<min(children.count, from + wanted)]
      let ids = batch.compactMap { if case .stored(let id) = $0.content { id } else { nil } }
      for (child, (id, tree)) in zip(batch, zip(ids, try await objects.trees(ids))) {
        let isPast = after.map { child.digit > $0[end] } ?? true
        try await take(
          try objects.wideGroup(tree, id), end + 1, after: isPast ? nil : after)
      }
      from += batch.count
    }
  }
}
