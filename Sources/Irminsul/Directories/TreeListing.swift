import GitObjects

/// What one tree holds of a directory: all of it, or of a wide one its top or a part.
struct TreeListing {
  /// Under their own names.
  var entries: [TreeEntry] = []
  /// The parts that hold the others.
  var parts: [ObjectID] = []
  /// Whether it refers to the blob that explains wide directories.
  var isNode = false
}

extension ObjectDatabase {
  /// - Parameter isPart: Whether the tree is a part of a wide directory; else it is a directory, whole or its top.
  func listing(
    _ tree: TreeObject, _ id: ObjectID, isPart: Bool
  ) throws(StoreError) -> TreeListing {
    guard isPart || layout == .wide && WideNode.isTop(tree) else {
      return TreeListing(entries: tree.entries)
    }
    switch try wideGroup(tree, id) {
    case .entries(let entries): return TreeListing(entries: entries)
    case .node(let node):
      var listing = TreeListing(entries: node.terminal.map { [$0] } ?? [], isNode: true)
      for child in node.children {
        if case .stored(let id) = child.content { listing.parts.append(id) }
      }
      return listing
    }
  }
}
