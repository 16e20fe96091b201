import GitObjects

/// The largest directories at the heads of a store's refs.
public struct LargestDirectories: Sendable, Hashable {
  /// By how many names are in them.
  public internal(set) var byEntries: [LargeDirectory] = []
  /// By the bytes of their own trees: in the layout ``DirectoryLayout/git`` each commit that changes an entry adds
  /// these.
  public internal(set) var byBytes: [LargeDirectory] = []
  /// How many different ones were looked at.
  public internal(set) var directories = 0
}

/// A directory that is large itself, whatever is below it.
public struct LargeDirectory: Sendable, Hashable {
  public let path: Path
  /// One of the refs in whose tree it is there: a full name, or `HEAD`.
  public let ref: String
  public let entries: Int
  /// Of its tree, or its trees where it is a wide one.
  public let bytes: Int
}

extension Repository {
  /// The largest directories at the heads of all refs; of those that have one path, the largest one.
  ///
  /// Reads all of their trees, each once, some hundreds in a round trip. Holds some 200 bytes for each tree.
  ///
  /// - Parameter count: How many of each.
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: `git-sizer`.
  public func largestDirectories(_ count: Int = 10) async throws -> LargestDirectories {
    let roots = try await RefRoots(self)
    return try await Lease.reading(engine, []) { [self] in
      var refs: [String] = []
      var trees: [ObjectID] = []
      var reader = CommitReader(objects)
      try await reader.load(roots.commits)
      for root in roots.roots {
        switch root.kind {
        case .commit: trees.append(try await reader.record(root.id).tree)
        case .tree: trees.append(root.id)
        case .blob, .tag: continue
        }
        refs.append(root.ref)
      }
      var graph = TreeGraph(objects, blobs: .omitted)
      let nodes = try await graph.add(trees)
      return largest(count, of: graph, zip(refs, nodes))
    }
  }

  private func largest(
    _ count: Int, of graph: TreeGraph, _ roots: some Sequence<(String, Int32)>
  ) -> LargestDirectories {
    let sums = graph.sums()
    var (byEntries, byBytes) = (Largest<LargeDirectory>(count), Largest<LargeDirectory>(count))
    var seen: Set<Int32> = []
    for (ref, root) in roots {
      var stack = [(node: root, path: Path.root)]
      while let (node, path) = stack.popLast() {
        guard seen.insert(node).inserted else { continue }
        let sum = sums[Int(node)]
        let directory = LargeDirectory(
          path: path, ref: ref, entries: sum.names, bytes: sum.treeBytes)
        byEntries.offer(sum.names, directory) { $0.path == path }
        byBytes.offer(sum.treeBytes, directory) { $0.path == path }
        for folder in graph.folders(of: node) {
          stack.append((folder.node, path.appending(folder.name)))
        }
      }
    }
    return LargestDirectories(
      byEntries: byEntries.items, byBytes: byBytes.items, directories: seen.count)
  }
}
