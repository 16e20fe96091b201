import GitObjects

/// A history to look at: commits in an order in which none comes before all of its children, with the edges
/// between them, as text, as Graphviz' input or as SVG.
///
/// ```swift
/// let drawing = try await repository.drawing(limit: 50)
/// print(drawing.text())
/// try drawing.svg().write(to: file, atomically: true, encoding: .utf8)
/// ```
public struct GraphDrawing: Sendable {
  /// A commit of the drawing.
  public struct Node: Sendable, Hashable {
    public let id: ObjectID
    /// All of its parents, also those that are not drawn.
    public let parents: [ObjectID]
    public let subject: String
    public let author: String
    /// When it was committed; nil in a damaged commit.
    public let date: Timestamp?
    /// The refs that are at it, such as `main` and `tag: v1`, the store's HEAD first.
    public let labels: [String]

    init(_ commit: Commit, labels: [String]) {
      id = commit.id
      parents = commit.parents
      subject = commit.subject
      author = commit.author?.name ?? ""
      date = (commit.committer?.seconds).map { Timestamp(seconds: $0) }
      self.labels = labels
    }

    init(
      id: ObjectID, parents: [ObjectID], subject: String, author: String = "",
      date: Timestamp? = nil, labels: [String] = []
    ) {
      self.id = id
      self.parents = parents
      self.subject = subject
      self.author = author
      self.date = date
      self.labels = labels
    }

    func replacing(parents: [ObjectID]) -> Node {
      Node(
        id: id, parents: parents, subject: subject, author: author, date: date, labels: labels)
    }

    /// The first ten digits of the id.
    public var shortID: String { String(id.hex.prefix(10)) }
  }

  /// In the order in which they are drawn, newest on top.
  public let nodes: [Node]
  let ids: Set<ObjectID>

  init(_ nodes: [Node]) {
    self.nodes = nodes
    ids = Set(nodes.map(\.id))
  }

  /// Whether the history goes on below a commit that is drawn.
  public func isCut(at node: Node) -> Bool { !node.parents.allSatisfy(ids.contains) }
}

extension Repository {
  /// The history of some commits, to be drawn.
  ///
  /// Visits the whole history of `starts`, a thousand commits in one round trip, as the order needs that.
  ///
  /// - Parameters:
  ///   - starts: Where it begins; nil: at every branch and tag.
  ///   - excluding: Commits that are left out with their histories.
  ///   - limit: How many commits are drawn, the first ones in the order.
  ///   - order: ``CommitOrder/topological`` keeps the commits of one line together.
  ///
  /// Source: `git log --graph`.
  public func drawing(
    of starts: [ObjectID]? = nil, excluding: [ObjectID] = [], limit: Int = .max,
    order: CommitOrder = .topological
  ) async throws -> GraphDrawing {
    var options = LogOptions(order: order)
    options.excluding = excluding
    return try await drawing(of: starts, options, limit: limit)
  }

  /// The history that some options tell, to be drawn. With a path, a commit's parents are the nearest commits that
  /// are drawn.
  ///
  /// - Parameters:
  ///   - starts: Where it begins; nil: at every branch and tag.
  ///   - options: ``CommitOrder/date`` stands for ``CommitOrder/topologicalByDate``.
  ///   - skip: How many commits are left out at the top.
  ///   - limit: How many commits are drawn after that.
  public func drawing(
    of starts: [ObjectID]? = nil, _ options: LogOptions, skip: Int = 0, limit: Int = .max
  ) async throws -> GraphDrawing {
    var options = options
    if options.order == .date { options.order = .topologicalByDate }
    let names = try await refLabels()
    let roots: [ObjectID]
    if let starts { roots = starts } else { roots = try await tips(Array(names.keys)) }
    let hasPath = options.path != nil
    var walk = CommitWalk(
      objects, from: roots, options, keeping: .commits, keepsWays: hasPath)
    var nodes: [GraphDrawing.Node] = []
    var known: Set<ObjectID> = []
    // Whether a commit has a parent that is drawn is known at the end only.
    let isWhole = hasPath || !options.excluding.isEmpty
    while let id = try await walk.next() {
      if nodes.count == limit, !isWhole { break }
      let commit = try await walk.commit(id)
      if known.count >= skip, nodes.count < limit {
        var node = GraphDrawing.Node(commit, labels: names[id] ?? [])
        if options.parents == .first {
          node = node.replacing(parents: Array(node.parents.prefix(1)))
        }
        nodes.append(node)
      }
      known.insert(id)
    }
    if let ways = walk.ways {
      var shown = ShownParents(ways: ways, shown: known)
      nodes = nodes.map { $0.replacing(parents: shown.parents(of: $0.id)) }
    } else if isWhole {
      nodes = nodes.map { $0.replacing(parents: $0.parents.filter(known.contains)) }
    }
    return GraphDrawing(nodes)
  }

  /// The commits that the refs and HEAD lead to, newest first: where `git log --all` starts. Two or three round trips, and more
  /// for thousands of refs.
  public func tips() async throws -> [ObjectID] {
    try await tips(Array(try await refLabels().keys))
  }

  /// The commits among what refs lead to, in an order that depends on nothing else.
  private func tips(_ ids: [ObjectID]) async throws -> [ObjectID] {
    var dated: [(id: ObjectID, date: Int64)] = []
    // Tags may be of blobs or trees.
    for (id, object) in zip(ids, try await objects.read(ids)) where object.kind == .commit {
      let commit = try Commit(id: id, framed: object, in: location)
      dated.append((id, commit.committer?.seconds ?? 0))
    }
    return dated.sorted { $0.date != $1.date ? $0.date > $1.date : $0.id < $1.id }.map(\.id)
  }

  /// The refs at each commit, as people write them; an annotated tag's at what it points to.
  public func refLabels() async throws -> [ObjectID: [String]] {
    let head = engine is ScriptedEngine ? try await headReference() : ""
    var labels: [ObjectID: [String]] = [:]
    let refs = try await engine.refs(prefix: "refs/").sorted { $0.key < $1.key }
    let tags = refs.filter { $0.key.hasPrefix("refs/tags/") }.map(\.value)
    var targets: [ObjectID: ObjectID] = [:]
    for (id, object) in zip(tags, try await objects.read(tags)) where object.kind == .tag {
      if let tag = try? TagObject(object, algorithm: algorithm) { targets[id] = tag.object }
    }
    for (ref, id) in refs {
      let place = targets[id] ?? id
      if let branch = Branch.name(ofRef: ref) {
        if head == "ref: \(ref)" {
          labels[place, default: []].insert("HEAD -> \(branch)", at: 0)
        } else {
          labels[place, default: []].append(branch)
        }
      } else if ref.hasPrefix("refs/tags/") {
        labels[place, default: []].append("tag: \(ref.dropFirst("refs/tags/".count))")
      } else {
        labels[place, default: []].append(String(ref.dropFirst("refs/".count)))
      }
    }
    // A HEAD that is on no branch.
    if let id = ObjectID(hex: head) { labels[id, default: []].insert("HEAD", at: 0) }
    return labels
  }
}
