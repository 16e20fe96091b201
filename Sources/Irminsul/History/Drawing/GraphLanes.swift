import GitObjects

/// Where the commits of a history stand side by side: each in a lane, which its first parent goes on with.
struct GraphLanes {
  /// The way from a commit to a parent: along `lane`, into the parent's own at its end.
  struct Edge {
    let child: Int
    /// The row of the parent; nil when it is not drawn.
    let parent: Int?
    let lane: Int
    let colour: Int
  }

  /// By row.
  private(set) var lane: [Int] = []
  private(set) var colour: [Int] = []
  private(set) var edges: [Edge] = []
  /// How many lanes are in use at each row.
  private(set) var width: [Int] = []

  init(_ nodes: [GraphDrawing.Node]) {
    let rows = Dictionary(nodes.enumerated().map { ($1.id, $0) }) { first, _ in first }
    /// What each lane leads to.
    var open: [(target: ObjectID, colour: Int)?] = []
    var colours = 0
    func free() -> Int {
      if let at = open.firstIndex(where: { $0 == nil }) { return at }
      open.append(nil)
      return open.count - 1
    }
    for (row, node) in nodes.enumerated() {
      let waiting = open.indices.filter { open[$0]?.target == node.id }
      let own = waiting.first ?? free()
      let ownColour = open[own]?.colour ?? colours
      if waiting.isEmpty { colours += 1 }
      // Taken, so that no parent's lane begins here.
      open[own] = (node.id, ownColour)
      for lane in waiting.dropFirst() { open[lane] = nil }
      lane.append(own)
      colour.append(ownColour)
      let used = (open.lastIndex { $0 != nil } ?? 0) + 1
      for (number, parent) in node.parents.enumerated() {
        var edgeLane = own
        var edgeColour = ownColour
        if number > 0 {
          if let known = open.firstIndex(where: { $0?.target == parent }) {
            edgeLane = known
            edgeColour = open[known]?.colour ?? 0
          } else {
            edgeLane = free()
            edgeColour = colours
            colours += 1
            open[edgeLane] = (parent, edgeColour)
          }
        }
        edges.append(
          Edge(child: row, parent: rows[parent], lane: edgeLane, colour: edgeColour))
      }
      open[own] = node.parents.first.map { ($0, ownColour) }
      width.append(max(used, (open.lastIndex { $0 != nil } ?? 0) + 1))
      // A lane to what is not drawn ends a row below.
      for at in open.indices {
        if let target = open[at]?.target, rows[target] == nil { open[at] = nil }
      }
    }
  }
}
