import GitObjects

/// The order of commits in a history.
public enum CommitOrder: Sendable, Hashable, CaseIterable {
  /// By the committer's date, as `git log` does by default: each commit is given as soon as it is met, so that
  /// wrong dates may put a parent before one of its children.
  case date
  /// No parent before all of its children, and the commits of one line together, as with
  /// `git log --topo-order`.
  case topological
  /// No parent before all of its children, and else by date, as with `git log --date-order`.
  case topologicalByDate
}

/// Puts commits into an order in which no parent comes before all of its children. Linear, or with a
/// logarithm by date.
enum TopologicalOrder {
  struct Node: Sendable {
    let id: ObjectID
    let parents: [ObjectID]
    let date: Int64
  }

  /// - Parameters:
  ///   - nodes: By date; parents that are not among them do not count.
  ///   - order: `.date` leaves them as they are.
  /// - Returns: Places in `nodes`.
  static func sort(_ nodes: [Node], _ order: CommitOrder) -> [Int] {
    if order == .date { return Array(nodes.indices) }
    var place: [ObjectID: Int] = [:]
    place.reserveCapacity(nodes.count)
    for (at, node) in nodes.enumerated() { place[node.id] = at }
    // Children that are not given yet.
    var waiting = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for parent in node.parents { if let at = place[parent] { waiting[at] += 1 } }
    }
    var sorted: [Int] = []
    sorted.reserveCapacity(nodes.count)
    let tips = nodes.indices.filter { waiting[$0] == 0 }
    func release(_ at: Int, _ body: (Int) -> Void) {
      sorted.append(at)
      for parent in nodes[at].parents {
        guard let parentAt = place[parent] else { continue }
        waiting[parentAt] -= 1
        if waiting[parentAt] == 0 { body(parentAt) }
      }
    }
    if order == .topological {
      var stack = Array(tips.reversed())
      while let at = stack.popLast() { release(at) { stack.append($0) } }
    } else {
      var queue = DateQueue<Int>()
      for at in tips { queue.push(at, date: nodes[at].date) }
      while let at = queue.pop() { release(at) { queue.push($0, date: nodes[$0].date) } }
    }
    return sorted
  }
}
