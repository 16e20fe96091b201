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

    func keepingParents(in known: Set<ObjectID>) -> Node {
      Node(
        id: id, parents: parents.filter(known.contains), subject: subject, author: author,
        date: date, labels: labels)
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
    let names = try await refLabels()
    var roots = starts ?? []
    if starts == nil {
      // Tags may be objects of their own, and of blobs or trees.
      for id in names.keys {
        if try await object(id)?.kind == .commit { roots.append(id) }
      }
      // As git: by date, so that the same store is drawn the same way.
      var dated: [(id: ObjectID, date: Int64)] = []
      for id in roots { dated.append((id, try await commit(id).committer?.seconds ?? 0)) }
      roots = dated.sorted { $0.date != $1.date ? $0.date > $1.date : $0.id < $1.id }.map(\.id)
    }
    var options = LogOptions(order: order == .date ? .topologicalByDate : order)
    options.excluding = excluding
    var nodes: [GraphDrawing.Node] = []
    var known: Set<ObjectID> = []
    for try await commit in log(from: roots, options) {
      if nodes.count < limit {
        nodes.append(GraphDrawing.Node(commit, labels: names[commit.id] ?? []))
      } else if excluding.isEmpty {
        break
      }
      known.insert(commit.id)
    }
    if !excluding.isEmpty { nodes = nodes.map { $0.keepingParents(in: known) } }
    return GraphDrawing(nodes)
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
    return labels
  }
}
