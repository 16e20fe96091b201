/// A tree object: the names of one directory, each with a mode and an id, in Git's order.
///
/// ```swift
/// let tree = try TreeObject(entries: [
///   TreeEntry(name: "README.md", mode: .blob, id: readme),
///   TreeEntry(name: "Sources", mode: .tree, id: sources),
/// ])
/// let id = FramedObject(kind: .tree, content: tree.content).id(.sha1)
/// ```
///
/// A tree that was read prints the same bytes again, also when it breaks the rules; ``problems``
/// lists what is wrong with it. A tree that is built or edited here follows them.
public struct TreeObject: Sendable, Hashable {
  /// The entries, in the order of the bytes.
  public let entries: [TreeEntry]
  /// Whether the entries stand in Git's order, which lookups can then rely on.
  private let isSorted: Bool

  /// The tree with no entries.
  public static let empty = TreeObject(sorted: [])

  init(sorted entries: [TreeEntry]) {
    self.entries = entries
    isSorted = true
  }

  /// Builds a tree from entries that were checked, or came from a tree, and have different names.
  package init(unchecked entries: [TreeEntry]) {
    self.init(sorted: Self.sort(entries))
  }

  /// Builds a tree from entries in any order. O(n log n), O(n) when they are in order already.
  ///
  /// - Throws: ``GitObjectError/forbiddenName(name:_:)``, ``GitObjectError/duplicateName(name:)``,
  ///   ``GitObjectError/mixedAlgorithms(expected:found:)``.
  public init(entries: [TreeEntry]) throws(GitObjectError) {
    for entry in entries { try Self.check(entry, beside: entries.first) }
    let sorted = Self.sort(entries)
    if let name = Self.duplicates(inSorted: sorted).first { throw .duplicateName(name: name) }
    self.init(sorted: sorted)
  }

  /// Reads a tree from the bytes after the object's header. O(length).
  ///
  /// - Parameters:
  ///   - content: The bytes.
  ///   - algorithm: The repository's hash, which tells how long the ids are.
  /// - Throws: ``GitObjectError/malformed(kind:offset:reason:)`` for bytes that Git itself cannot
  ///   read. What only breaks rules is accepted.
  public init(
    parsing content: some Collection<UInt8>, algorithm: HashAlgorithm
  ) throws(GitObjectError) {
    let result =
      content.withContiguousStorageIfAvailable { TreeParser.entries(in: $0, algorithm) }
      ?? Array(content).withUnsafeBufferPointer { TreeParser.entries(in: $0, algorithm) }
    entries = try result.get()
    isSorted = TreeOrder.isSorted(entries)
  }

  /// The bytes after the object's header: how many. O(entries).
  public var contentSize: Int {
    entries.reduce(0) { size, entry in
      let digits = max(1, (UInt32.bitWidth - entry.mode.rawValue.leadingZeroBitCount + 2) / 3)
      return size + entry.modePadding + digits + entry.name.count + 2
        + entry.id.algorithm.byteCount
    }
  }

  /// The bytes after the object's header. O(length).
  public var content: [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(contentSize)
    for entry in entries {
      for _ in 0..<entry.modePadding { bytes.append(UInt8(ascii: "0")) }
      Self.appendOctal(entry.mode.rawValue, to: &bytes)
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: entry.name)
      bytes.append(0)
      entry.id.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// The tree with its header, ready to be hashed and stored. O(length).
  public var framed: FramedObject { FramedObject(kind: .tree, content: content) }

  /// The entry of a name; nil when there is none. O(log n), or O(n) in a misordered tree.
  public func entry(named name: [UInt8]) -> TreeEntry? {
    guard isSorted else { return entries.first { $0.name == name } }
    let blob = TreeOrder.search(entries, for: name, isTree: false)
    if blob.isFound { return entries[blob.place] }
    let tree = TreeOrder.search(entries, for: name, isTree: true)
    return tree.isFound ? entries[tree.place] : nil
  }

  /// The entry of a UTF-8 name; nil when there is none. O(log n), or O(n) in a misordered tree.
  public func entry(named name: some StringProtocol) -> TreeEntry? {
    entry(named: Array(name.utf8))
  }

  /// This tree with an entry added, or put in the place of the one with the same name. O(n).
  ///
  /// A misordered tree is put in order on the way.
  ///
  /// - Throws: ``GitObjectError/forbiddenName(name:_:)``,
  ///   ``GitObjectError/mixedAlgorithms(expected:found:)``.
  public func setting(_ entry: TreeEntry) throws(GitObjectError) -> TreeObject {
    try applying([.set(entry)])
  }

  /// This tree without the entry of a name; the same tree when there is none. O(n).
  public func removing(name: [UInt8]) -> TreeObject {
    let rest = entries.filter { $0.name != name }
    if rest.count == entries.count { return self }
    return TreeObject(sorted: isSorted ? rest : Self.sort(rest))
  }

  /// This tree with several edits made, of which the last for each name counts. O(n + k log k).
  ///
  /// Entries that are not edited stay, even if they break rules; a misordered tree is put in order.
  ///
  /// - Throws: ``GitObjectError/forbiddenName(name:_:)``,
  ///   ``GitObjectError/mixedAlgorithms(expected:found:)``.
  public func applying(_ edits: [TreeEdit]) throws(GitObjectError) -> TreeObject {
    if edits.isEmpty { return self }
    var newest = [[UInt8]: TreeEntry?](minimumCapacity: edits.count)
    for edit in edits {
      switch edit {
      case .set(let entry):
        try Self.check(entry, beside: entries.first)
        newest[entry.name] = .some(entry)
      case .remove(let name): newest[name] = .some(nil)
      }
    }
    let added = Self.sort(newest.values.compactMap { $0 })
    if let first = added.first { for entry in added { try Self.check(entry, beside: first) } }
    let kept =
      if newest.count == 1, let name = newest.keys.first {
        entries.filter { $0.name != name }
      } else {
        entries.filter { newest[$0.name] == nil }
      }
    return TreeObject(sorted: Self.merge(isSorted ? kept : Self.sort(kept), added))
  }

  private static func check(
    _ entry: TreeEntry, beside other: TreeEntry?
  ) throws(GitObjectError) {
    if let problem = EntryName.check(entry.name) {
      throw .forbiddenName(name: entry.name, problem)
    }
    if let other, other.id.algorithm != entry.id.algorithm {
      throw .mixedAlgorithms(expected: other.id.algorithm, found: entry.id)
    }
  }

  private static func sort(_ entries: [TreeEntry]) -> [TreeEntry] {
    TreeOrder.isSorted(entries) ? entries : entries.sorted { TreeOrder.compare($0, $1) < 0 }
  }

  private static func merge(_ left: [TreeEntry], _ right: [TreeEntry]) -> [TreeEntry] {
    if left.isEmpty { return right }
    if right.isEmpty { return left }
    var merged = [TreeEntry]()
    merged.reserveCapacity(left.count + right.count)
    var start = 0
    for entry in right {
      let (end, _) = TreeOrder.search(left, for: entry.name, isTree: entry.mode.isTree)
      if start < end { merged.append(contentsOf: left[start..<end]) }
      start = end
      merged.append(entry)
    }
    merged.append(contentsOf: left[start...])
    return merged
  }

  /// The names that stand for two entries. A blob and a tree of one name need not be neighbours.
  static func duplicates(inSorted entries: [TreeEntry]) -> [[UInt8]] {
    var names: [[UInt8]] = []
    for place in entries.indices {
      let entry = entries[place]
      if place > 0, entries[place - 1].name == entry.name {
        names.append(entry.name)
      } else if entry.mode.isTree,
        TreeOrder.search(entries, for: entry.name, isTree: false).isFound
      {
        names.append(entry.name)
      }
    }
    return names
  }

  /// The entries in Git's order, whatever order the bytes have.
  var sortedEntries: [TreeEntry] { isSorted ? entries : Self.sort(entries) }

  private static func appendOctal(_ number: UInt32, to bytes: inout [UInt8]) {
    var shift: UInt32 = 30
    while shift > 0, number >> shift == 0 { shift -= 3 }
    while true {
      bytes.append(0x30 | UInt8(truncatingIfNeeded: number >> shift & 7))
      if shift == 0 { return }
      shift -= 3
    }
  }
}

/// One change of a tree's entries.
public enum TreeEdit: Sendable, Hashable {
  /// Adds the entry, or puts it in the place of the one with the same name.
  case set(TreeEntry)
  /// Removes the entry of a name, if there is one.
  case remove(name: [UInt8])
}
