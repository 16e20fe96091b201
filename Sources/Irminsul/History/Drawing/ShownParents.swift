import GitObjects

/// The nearest commits that are shown below each commit of a walk that shows only some.
///
/// Source: Git's rewriting of parents.
struct ShownParents {
  private let ways: [ObjectID: [ObjectID]]
  private let shown: Set<ObjectID>
  /// Of commits that are not shown: what stands for them.
  private var known: [ObjectID: [ObjectID]] = [:]

  init(ways: [ObjectID: [ObjectID]], shown: Set<ObjectID>) {
    self.ways = ways
    self.shown = shown
  }

  mutating func parents(of commit: ObjectID) -> [ObjectID] { nearest(ways[commit] ?? []) }

  /// What stands for some commits, each once. Without recursion: a history may be long.
  private mutating func nearest(_ commits: [ObjectID]) -> [ObjectID] {
    var stack = commits.filter { !shown.contains($0) && known[$0] == nil }
    while let id = stack.last {
      let next = ways[id] ?? []
      let open = next.filter { !shown.contains($0) && known[$0] == nil }
      if open.isEmpty {
        known[id] = joined(next)
        stack.removeLast()
      } else {
        stack += open
      }
    }
    return joined(commits)
  }

  private func joined(_ commits: [ObjectID]) -> [ObjectID] {
    var seen: Set<ObjectID> = []
    return commits.flatMap { shown.contains($0) ? [$0] : known[$0] ?? [] }
      .filter { seen.insert($0).inserted }
  }
}
