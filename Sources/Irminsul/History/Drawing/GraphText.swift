import GitObjects

/// Draws a history with characters, line by line, as `git log --graph` does.
///
/// Each open edge is a column, at every second place of a line, and leads to the commit that it waits for. Below a
/// commit the columns become those of its parents; edges whose column is now further left move there, one place
/// a line, and one of them at a time may take the whole way in one line along `_`.
struct GraphText {
  /// A drawn line, and whether it is the one of a commit.
  struct Line: Equatable {
    let text: String
    let node: Int?
  }

  /// Kinds of lines.
  private enum Step {
    case room
    case commit
    case merge
    case collapse
    case settled
  }

  private var lines: [Line] = []
  private var columns: [ObjectID] = []
  /// After the commit at hand.
  private var next: [ObjectID] = []
  /// Of each place of a line: the column that the edge there leads to; -1: nothing is there.
  private var edges: [Int] = []
  private var earlierEdges: [Int] = []
  private var width = 0
  private var commit = ObjectID.zero(.sha1)
  private var parents: [ObjectID] = []
  private var place = 0
  private var earlierPlace = 0
  /// The next line.
  private var step = Step.settled
  /// The last line.
  private var earlierStep = Step.settled
  /// How a merge's edges leave it: 0, its first parent is to the left of it; 1, right below.
  private var lean = 0
  private var addedEdges = 0
  private var earlierAddedEdges = 0

  static func lines(_ nodes: [GraphDrawing.Node]) -> [Line] {
    var text = GraphText()
    for (number, node) in nodes.enumerated() { text.draw(node, number) }
    return text.lines
  }

  private mutating func draw(_ node: GraphDrawing.Node, _ number: Int) {
    var unique: Set<ObjectID> = []
    commit = node.id
    parents = node.parents.filter { unique.insert($0).inserted }
    earlierPlace = place
    enter()
    var row = 0
    step = needsRoom(row) ? .room : .commit
    while step == .room {
      emitRoom(row)
      row += 1
      if !needsRoom(row) { become(.commit) }
    }
    emitCommit(number)
    while step != .settled {
      if step == .merge { emitMerge() } else { emitCollapse() }
    }
  }

  // MARK: Columns

  private mutating func enter() {
    columns = next
    next = []
    let most = columns.count + parents.count + 1
    edges = Array(repeating: -1, count: 2 * most)
    width = 0
    earlierAddedEdges = addedEdges
    addedEdges = 0
    lean = -1
    var isSeen = false
    for at in 0...columns.count {
      if at == columns.count, isSeen { break }
      let target = at == columns.count ? commit : columns[at]
      guard target == commit else {
        open(target, nil)
        continue
      }
      isSeen = true
      place = at
      for parent in parents { open(parent, at) }
      if parents.isEmpty { width += 2 }
    }
    while edges.count > 1, edges.last == -1 { edges.removeLast() }
  }

  /// Gives an edge to a commit its column.
  ///
  /// - Parameter from: The column of the commit whose parent that is; nil for an edge that passes by.
  private mutating func open(_ target: ObjectID, _ from: Int?) {
    let column = next.firstIndex(of: target) ?? next.count
    if column == next.count { next.append(target) }
    var at = width
    if let from, parents.count > 1, lean == -1 {
      // The first parent of a merge: where it is decides the form of the others.
      let distance = from - column
      lean = distance > 0 ? 0 : 1
      addedEdges = parents.count + lean - 2
      at = width + (lean - 1) * (distance > 1 ? 2 * distance - 3 : 1)
      width += 2 * lean
    } else if addedEdges > 0, width >= 2, edges[width - 2] == column {
      // The last column leads there already: both join at once.
      at = width - 2
      addedEdges = -1
    } else {
      width += 2
    }
    edges[at] = column
  }

  private var isSettled: Bool {
    edges.enumerated().allSatisfy { $1 < 0 || $1 == $0 / 2 }
  }

  /// Parents of an octopus that are drawn with dashes beside it.
  private var dashedParents: Int { parents.count + lean - 3 }

  private func needsRoom(_ row: Int) -> Bool {
    parents.count >= 3 && place < columns.count - 1 && row < dashedParents * 2
  }

  // MARK: Lines

  private mutating func add(_ text: String, _ node: Int? = nil) {
    let padding = max(0, width - text.count)
    lines.append(Line(text: text + String(repeating: " ", count: padding), node: node))
  }

  /// - Parameter new: What the next line is.
  private mutating func become(_ new: Step) {
    earlierStep = step
    step = new
  }

  /// Columns make room on the right for an octopus.
  private mutating func emitRoom(_ row: Int) {
    var text = ""
    var isSeen = false
    for (at, column) in columns.enumerated() {
      if column == commit {
        isSeen = true
        text += "|" + String(repeating: " ", count: row)
      } else if isSeen {
        let isSlanted = row > 0 || (earlierStep == .merge && earlierPlace < at)
        text += isSlanted ? "\\" : "|"
      } else {
        text += "|"
      }
      text += " "
    }
    add(text)
  }

  private mutating func emitCommit(_ number: Int) {
    var text = ""
    var isSeen = false
    for at in 0...columns.count {
      if at == columns.count, isSeen { break }
      if at == columns.count || columns[at] == commit {
        isSeen = true
        text += "*"
        if parents.count > 2 {
          for dash in 0..<max(0, dashedParents) { text += dash == dashedParents - 1 ? "-." : "--" }
        }
      } else if isSeen, addedEdges > 1 {
        text += "\\"
      } else if isSeen, addedEdges == 1 {
        // The line above may have come in slanted.
        let isSlanted = earlierStep == .merge && earlierAddedEdges > 0 && earlierPlace < at
        text += isSlanted ? "\\" : "|"
      } else if earlierStep == .collapse, 2 * at + 1 < earlierEdges.count,
        earlierEdges[2 * at + 1] == at, 2 * at >= edges.count || edges[2 * at] < at
      {
        text += "/"
      } else {
        text += "|"
      }
      text += " "
    }
    add(text, number)
    become(parents.count > 1 ? .merge : isSettled ? .settled : .collapse)
  }

  private mutating func emitMerge() {
    let forms: [Character] = ["/", "|", "\\"]
    var text = ""
    var isSeen = false
    var isAboveParent = false
    for at in 0...columns.count {
      if at == columns.count, isSeen { break }
      let column = at == columns.count ? commit : columns[at]
      if column == commit {
        isSeen = true
        var form = lean
        for number in parents.indices {
          text.append(forms[form])
          if form == 2 {
            if addedEdges > 0 || number < parents.count - 1 { text += " " }
          } else {
            form += 1
          }
        }
        if addedEdges == 0 { text += " " }
      } else if isSeen {
        text += addedEdges > 0 ? "\\ " : "| "
      } else {
        text += "|"
        if lean != 0 || at != place - 1 { text += isAboveParent ? "_" : " " }
      }
      if column == parents.first { isAboveParent = true }
    }
    add(text)
    become(isSettled ? .settled : .collapse)
  }

  private mutating func emitCollapse() {
    earlierEdges = edges
    edges = Array(repeating: -1, count: earlierEdges.count)
    // The one edge that may go along the whole line.
    var runner = -1
    var runnerTarget = -1
    for (at, target) in earlierEdges.enumerated() where target >= 0 {
      if target * 2 == at {
        edges[at] = target
      } else if edges[at - 1] < 0 {
        edges[at - 1] = target
        if runner == -1 {
          runner = at
          runnerTarget = target
          for step in stride(from: target * 2 + 3, to: at - 2, by: 2) { edges[step] = target }
        }
      } else if edges[at - 1] != target, at >= 2 {
        // Another edge is in the way, and is crossed.
        edges[at - 2] = target
        if runner == -1 {
          runner = at - 1
          runnerTarget = target
          for step in stride(from: target * 2 + 3, to: at - 2, by: 2) { edges[step] = target }
        }
      }
    }
    earlierEdges = edges
    if edges.last == -1 { edges.removeLast() }
    var text = ""
    var hasRun = false
    for (at, target) in edges.enumerated() {
      if target < 0 {
        text += " "
      } else if target * 2 == at {
        text += "|"
      } else if target == runnerTarget, at != runner - 1 {
        if at != target * 2 + 3 { edges[at] = -1 }
        hasRun = true
        text += "_"
      } else {
        if hasRun, at < runner { edges[at] = -1 }
        text += "/"
      }
    }
    add(text)
    become(isSettled ? .settled : .collapse)
  }
}

extension GraphDrawing {
  /// The history with characters, a line for each commit and the lines between them, as
  /// `git log --graph --oneline --decorate` prints it.
  ///
  /// - Parameter description: What stands behind the star of a commit.
  public func text(
    _ description: (Node) -> String = { node in
      let labels = node.labels.isEmpty ? "" : "(\(node.labels.joined(separator: ", "))) "
      return "\(node.shortID) \(labels)\(node.subject)"
    }
  ) -> String {
    var text = ""
    for line in GraphText.lines(nodes) {
      guard let number = line.node else {
        text += line.text + "\n"
        continue
      }
      text += line.text + description(nodes[number]) + "\n"
    }
    return text
  }
}
