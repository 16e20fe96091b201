import GitObjects
import RedisScripting

/// How much room the folders of a tree take.
///
/// ```swift
/// let usage = try await snapshot.usage()
/// for folder in usage.folders(depth: 1) { print(folder.bytes, folder.path) }
/// ```
///
/// Source: `du`, `git ls-tree -r -l`.
public struct TreeUsage: Sendable {
  private let graph: TreeGraph
  private let sums: [TreeGraph.Sum]
  private let root: Int32
  private let path: Path

  init(_ graph: TreeGraph, root: Int32, at path: Path) {
    self.graph = graph
    self.root = root
    self.path = path
    sums = graph.sums()
  }

  /// The whole tree.
  public var total: FolderUsage {
    var counter = StoredCounter(graph)
    return folder(root, at: path, &counter)
  }

  /// Each folder after those that are in it, the whole tree last, as `du` lists them.
  ///
  /// Found one after the other, from what is in memory. What a folder stores is counted anew for each, O(entries below
  /// it).
  ///
  /// - Parameter depth: How many steps below the top the last ones are; 0: the top alone.
  public func folders(depth: Int = .max) -> Folders {
    Folders(usage: self, depth: depth)
  }

  fileprivate func folder(
    _ node: Int32, at path: Path, _ counter: inout StoredCounter
  ) -> FolderUsage {
    let sum = sums[Int(node)]
    return FolderUsage(
      path: path, entries: sum.names, files: sum.files, bytes: sum.bytes,
      stored: counter.count(below: node))
  }

  /// Folders of a ``TreeUsage``, found as they are asked for.
  public struct Folders: Sequence, Sendable {
    fileprivate let usage: TreeUsage
    fileprivate let depth: Int

    public func makeIterator() -> Iterator { Iterator(usage, depth: depth) }
  }

  public struct Iterator: IteratorProtocol {
    private struct Frame {
      let node: Int32
      let path: Path
      var rest: ArraySlice<TreeGraph.Folder>
    }

    private let usage: TreeUsage
    private let depth: Int
    private var frames: [Frame] = []
    private var counter: StoredCounter

    fileprivate init(_ usage: TreeUsage, depth: Int) {
      self.usage = usage
      self.depth = depth
      counter = StoredCounter(usage.graph)
      enter(usage.root, usage.path)
    }

    private mutating func enter(_ node: Int32, _ path: Path) {
      let isLast = frames.count >= depth
      frames.append(
        Frame(node: node, path: path, rest: isLast ? [] : usage.graph.folders(of: node)[...]))
    }

    public mutating func next() -> FolderUsage? {
      while let top = frames.indices.last {
        if let folder = frames[top].rest.popFirst() {
          enter(folder.node, frames[top].path.appending(folder.name))
        } else {
          let frame = frames.removeLast()
          return usage.folder(frame.node, at: frame.path, &counter)
        }
      }
      return nil
    }
  }
}

/// How much room one folder takes.
public struct FolderUsage: Sendable, Hashable {
  public let path: Path
  /// How many names are in the folder itself.
  public let entries: Int
  /// The files in it and below, and their bytes, as a checkout has them: what is at several paths counts for each.
  public let files: Int
  public let bytes: Int
  /// The objects that it is in the store, each counted once: trees and blobs. Others may have them, too.
  public let stored: ObjectTotal

  public init(path: Path, entries: Int, files: Int, bytes: Int, stored: ObjectTotal) {
    self.path = path
    self.entries = entries
    self.files = files
    self.bytes = bytes
    self.stored = stored
  }
}

/// Counts the different objects below nodes.
private struct StoredCounter {
  private let graph: TreeGraph
  private var known: [Int32: ObjectTotal] = [:]
  /// In which count each object, and each node, was met last.
  private var objects: [Int32]
  private var nodes: [Int32]
  private var count: Int32 = 0

  init(_ graph: TreeGraph) {
    self.graph = graph
    objects = [Int32](repeating: 0, count: graph.sizes.count)
    nodes = [Int32](repeating: 0, count: graph.nodes.count)
  }

  mutating func count(below root: Int32) -> ObjectTotal {
    if let total = known[root] { return total }
    count += 1
    var total = ObjectTotal()
    var stack = [root]
    while let number = stack.popLast() {
      if nodes[Int(number)] == count { continue }
      nodes[Int(number)] = count
      let node = graph.nodes[Int(number)]
      meet(node.object, &total)
      for blob in node.blobs { meet(blob, &total) }
      if let explanation = node.explanation { meet(explanation, &total) }
      stack += node.parts
      for folder in node.folders { stack.append(folder.node) }
    }
    known[root] = total
    return total
  }

  private mutating func meet(_ object: Int32, _ total: inout ObjectTotal) {
    if objects[Int(object)] == count { return }
    objects[Int(object)] = count
    total.add(bytes: graph.sizes[Int(object)])
  }
}

extension Tree {
  /// How much room the folders of this tree take. What is edited and not stored counts as it would be stored.
  ///
  /// Reads its directories, each once, in some round trips a level, and of its values the sizes alone, 250 in a round
  /// trip; several go at once. Holds some 200 bytes for each folder, 30 for each blob and 4 for each entry.
  ///
  /// - Parameter path: Where the tree is, which the paths of its folders begin with.
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  public func usage(at path: Path = .root) async throws -> TreeUsage {
    let (id, objects) = try await readable()
    return try await Lease.reading(objects.engine, [id]) {
      var graph = TreeGraph(objects, blobs: .sized)
      let roots = try await graph.add([id])
      return TreeUsage(graph, root: roots[0], at: path)
    }
  }
}

extension Snapshot {
  /// How much room the folder at a path takes, and those below it: see ``Tree/usage(at:)``. nil when nothing or a
  /// value is there.
  public func usage(_ path: Path = .root) async throws -> TreeUsage? {
    try await tree.findTree(path)?.usage(at: path)
  }
}
