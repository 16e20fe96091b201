import GitObjects
import RedisScripting

/// The entries of a directory, one after another, read a page at a time.
///
/// ```swift
/// for try await item in tree.items("jobs") { print(item.nameText) }
/// ```
///
/// In the layout ``DirectoryLayout/wide`` a page costs a few round trips, and no more than one is in memory; in
/// the layout ``DirectoryLayout/git`` the whole directory is read.
public struct TreeItems: AsyncSequence, Sendable {
  public typealias Element = Tree.Item

  let tree: Tree
  let path: Path
  let range: ListRange
  let pageSize: Int

  public func makeAsyncIterator() -> Iterator {
    Iterator(tree: tree, path: path, rest: range, pageSize: pageSize)
  }

  public struct Iterator: AsyncIteratorProtocol, Sendable {
    private let tree: Tree
    private let path: Path
    private let pageSize: Int
    /// What is still to be read; nil at the end.
    private var rest: ListRange?
    private var page: ArraySlice<Tree.Item> = []
    private var directory: Tree?

    init(tree: Tree, path: Path, rest: ListRange, pageSize: Int) {
      self.tree = tree
      self.path = path
      self.rest = rest
      self.pageSize = pageSize
    }

    /// The next entry; nil at the end.
    public mutating func next() async throws -> Tree.Item? {
      if let item = page.popFirst() { return item }
      guard var range = rest, range.limit > 0 else { return nil }
      let isFirst = directory == nil
      let found = isFirst ? try await tree.findTree(path) : directory
      guard let found else {
        rest = nil
        return nil
      }
      directory = found
      let isPaged = found.stored != nil && found.objects?.layout == .wide
      let size = isPaged ? Swift.min(pageSize, range.limit) : range.limit
      var wanted = range
      wanted.limit = size
      page = try await found.list(.root, wanted)[...]
      if page.count < size {
        rest = nil
      } else {
        range.limit -= size
        range.offset = 0
        range.after = page.last?.name
        rest = range
      }
      return page.popFirst()
    }
  }
}

extension Tree {
  /// The entries of the directory at a path, in Git's order, read as they are asked for; none when nothing or
  /// a blob is there.
  ///
  /// - Parameters:
  ///   - path: Of the directory.
  ///   - range: Which of them.
  ///   - pageSize: How many are read at once, where directories can be read in parts; at least 1.
  ///
  /// Source: Irmin's `Tree.seq`.
  public func items(
    _ path: Path = .root, _ range: ListRange = ListRange(), pageSize: Int = 1000
  ) -> TreeItems {
    TreeItems(tree: self, path: path, range: range, pageSize: max(1, pageSize))
  }
}
