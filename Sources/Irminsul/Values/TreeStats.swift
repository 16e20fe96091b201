import GitObjects

/// How large a tree is.
public struct TreeStats: Sendable, Hashable, Codable {
  /// Directories, the root included.
  public var directories = 0
  /// Values: files, executable ones included.
  public var blobs = 0
  /// Symbolic links.
  public var links = 0
  public var submodules = 0
  /// The steps of the longest path.
  public var depth = 0
  /// The entries of the largest directory.
  public var width = 0
  /// The bytes of all values and links; nil if they were not read.
  public var bytes: Int?

  public init() {}
}

extension TreeStats: CustomStringConvertible {
  /// What there is, without what there is none of.
  public var description: String {
    let counts = [
      ("directories", directories), ("blobs", blobs), ("links", links), ("submodules", submodules),
    ].filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
    return (counts + ["depth \(depth)", "width \(width)"] + (bytes.map { ["\($0) bytes"] } ?? []))
      .joined(separator: ", ")
  }
}

extension Tree {
  /// Counts what is in this tree: all of its directories are read, as ``TreeWalk`` does.
  ///
  /// - Parameters:
  ///   - values: Whether values are read as well, for ``TreeStats/bytes``.
  ///   - repeats: Whether a subtree that is there several times counts once. A tree that refers to itself
  ///     again and again can be far larger than what it is made of.
  ///
  /// Source: Irmin's `Tree.stats`.
  public func stats(
    values: TreeWalkOptions.ValueDetail = .omitted, repeats: TreeWalkOptions.Repeats = .visited
  ) async throws -> TreeStats {
    var stats = TreeStats()
    if values == .read { stats.bytes = 0 }
    // The entries of the directories from the root to the present place, as far as they were seen.
    var widths: [Int] = []
    for try await visit in walk(TreeWalkOptions(repeats: repeats, values: values)) {
      if visit.kind == .end {
        stats.width = max(stats.width, widths.popLast() ?? 0)
        continue
      }
      if !widths.isEmpty { widths[widths.count - 1] += 1 }
      stats.depth = max(stats.depth, visit.depth)
      if visit.kind == .directory {
        stats.directories += 1
        widths.append(0)
        continue
      }
      stats.bytes? += visit.value?.count ?? 0
      if visit.entry.mode.isSubmodule {
        stats.submodules += 1
      } else if visit.entry.mode.isSymbolicLink {
        stats.links += 1
      } else {
        stats.blobs += 1
      }
    }
    return stats
  }
}
