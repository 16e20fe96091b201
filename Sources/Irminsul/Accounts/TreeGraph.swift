import GitObjects
import RedisScripting

/// The trees that some roots lead to, each once, and how they hang together: what sizes of folders are counted from.
///
/// Holds some 200 bytes for each tree, and, where blobs are counted, 30 for each blob and 4 for each entry.
struct TreeGraph: Sendable {
  /// A directory, or a part of a wide one.
  struct Node: Sendable {
    /// The number of the tree object.
    let object: Int32
    /// How many names it holds itself.
    var names = 0
    /// The numbers of its blobs, again for each name.
    var blobs: [Int32] = []
    var parts: [Int32] = []
    var folders: [Folder] = []
    /// The blob that explains wide directories, where the tree refers to it.
    var explanation: Int32?
  }

  struct Folder: Sendable {
    let name: Bytes
    let node: Int32
  }

  enum Blobs: Sendable {
    case sized, omitted
  }

  private(set) var nodes: [Node] = []
  /// Of objects, by their numbers.
  private(set) var sizes: [Int] = []
  private let blobs: Blobs
  private let objects: ObjectDatabase
  private var objectNumbers: [ObjectKey: Int32] = [:]
  /// A tree can be a part of one directory and another directory by itself, and means different names then.
  private var directories: [ObjectKey: Int32] = [:]
  private var parts: [ObjectKey: Int32] = [:]
  /// What is known and was not read yet, the next one last.
  private var unread: [(id: ObjectID, node: Int32, isPart: Bool)] = []
  private var unsized: [(id: ObjectID, object: Int32)] = []

  init(_ objects: ObjectDatabase, blobs: Blobs) {
    self.objects = objects
    self.blobs = blobs
  }

  /// Adds directories and all below them, thousands of trees at a time.
  ///
  /// - Returns: Their nodes.
  mutating func add(_ roots: [ObjectID]) async throws -> [Int32] {
    let added = roots.map { node(of: $0, isPart: false) }
    while !unread.isEmpty {
      try Task.checkCancellation()
      let batch = Array(unread.suffix(ObjectDatabase.manyObjects))
      unread.removeLast(batch.count)
      try await objects.forEachTree(batch.map(\.id)) { number, tree in
        let item = batch[number]
        sizes[Int(nodes[Int(item.node)].object)] = tree.contentSize
        take(try objects.listing(tree, item.id, isPart: item.isPart), at: Int(item.node))
      }
      if unsized.count >= ObjectDatabase.manyObjects { try await readSizes() }
    }
    try await readSizes()
    return added
  }

  private mutating func take(_ listing: TreeListing, at node: Int) {
    var content = nodes[node]
    content.names = listing.entries.count
    for entry in listing.entries {
      switch entry.mode.objectKind {
      case .tree:
        content.folders.append(
          Folder(name: entry.name, node: self.node(of: entry.id, isPart: false)))
      case .blob where blobs == .sized: content.blobs.append(blob(entry.id))
      // A submodule's commit lives in another repository.
      case .blob, .commit, .tag: break
      }
    }
    content.parts = listing.parts.map { self.node(of: $0, isPart: true) }
    if listing.isNode, blobs == .sized, let id = WideNode.explanations[objects.algorithm] {
      content.explanation = blob(id)
    }
    nodes[node] = content
  }

  private mutating func node(of id: ObjectID, isPart: Bool) -> Int32 {
    if let known = isPart ? parts[id.key] : directories[id.key] { return known }
    let number = Int32(nodes.count)
    nodes.append(Node(object: object(id).number))
    if isPart { parts[id.key] = number } else { directories[id.key] = number }
    unread.append((id, number, isPart))
    return number
  }

  private mutating func blob(_ id: ObjectID) -> Int32 {
    let (number, isNew) = object(id)
    if isNew { unsized.append((id, number)) }
    return number
  }

  private mutating func object(_ id: ObjectID) -> (number: Int32, isNew: Bool) {
    if let known = objectNumbers[id.key] { return (known, false) }
    let number = Int32(sizes.count)
    objectNumbers[id.key] = number
    sizes.append(0)
    return (number, true)
  }

  private mutating func readSizes() async throws {
    for start in stride(from: 0, to: unsized.count, by: ObjectDatabase.manyObjects) {
      let batch = unsized[start..<min(unsized.count, start + ObjectDatabase.manyObjects)]
      for (item, size) in zip(batch, try await objects.sizes(of: batch.map(\.id))) {
        sizes[Int(item.object)] = size.bytes
      }
    }
    unsized = []
  }

  // MARK: Sums

  /// What is at and below a node, each path counted.
  struct Sum: Sendable, Hashable {
    /// Names in the directory itself, those in its parts included.
    var names = 0
    /// Bytes of the trees that the directory itself is.
    var treeBytes = 0
    /// Blobs in it and below, and their bytes.
    var files = 0
    var bytes = 0
  }

  /// The sum of each node. A tree that refers to another one again and again can stand for more than any number
  /// says: the largest one stands for that.
  func sums() -> [Sum] {
    var sums = [Sum?](repeating: nil, count: nodes.count)
    for root in nodes.indices where sums[root] == nil {
      var stack = [root]
      while let number = stack.last {
        let node = nodes[number]
        let below = node.parts.map(Int.init) + node.folders.map { Int($0.node) }
        let open = below.filter { sums[$0] == nil }
        if open.isEmpty {
          stack.removeLast()
          if sums[number] == nil { sums[number] = sum(node, sums) }
        } else {
          stack += open
        }
      }
    }
    return sums.map { $0 ?? Sum() }
  }

  private func sum(_ node: Node, _ known: [Sum?]) -> Sum {
    var sum = Sum(names: node.names, treeBytes: sizes[Int(node.object)])
    for blob in node.blobs {
      sum.files = sum.files.saturating(adding: 1)
      sum.bytes = sum.bytes.saturating(adding: sizes[Int(blob)])
    }
    for part in node.parts {
      guard let below = known[Int(part)] else { continue }
      sum.names += below.names
      sum.treeBytes += below.treeBytes
      sum.files = sum.files.saturating(adding: below.files)
      sum.bytes = sum.bytes.saturating(adding: below.bytes)
    }
    for folder in node.folders {
      guard let below = known[Int(folder.node)] else { continue }
      sum.files = sum.files.saturating(adding: below.files)
      sum.bytes = sum.bytes.saturating(adding: below.bytes)
    }
    return sum
  }

  /// The directories in a directory, in Git's order.
  func folders(of node: Int32) -> [Folder] {
    let node = nodes[Int(node)]
    // The entry whose name ends at a node of a wide directory comes before those that go on.
    return node.folders + node.parts.flatMap { folders(of: $0) }
  }
}

extension Int {
  fileprivate func saturating(adding other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
