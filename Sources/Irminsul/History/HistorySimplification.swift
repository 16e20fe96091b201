import GitObjects

/// Which commits a history of one path goes through.
public enum HistorySimplification: Sendable, Hashable, CaseIterable {
  /// Where a merge has the path as one of its parents has it, only that parent is followed: the shortest story
  /// of why the path is what it is, as `git log -- PATH` tells it.
  case simplified
  /// All parents are followed: also what was changed on a side that a merge has not taken. As with
  /// `git log --full-history`, less the merges that only have what one of their parents has.
  case full

  /// A parent of a commit, as far as a path goes.
  struct Parent {
    let id: ObjectID
    let entry: Entry?
    /// Whether it is a part of the history that is looked at, or one where that was told to end.
    let isRelevant: Bool
  }

  struct Decision: Equatable {
    /// Whether the commit changed the path.
    let isShown: Bool
    let followed: [ObjectID]
  }

  /// What to do with a commit whose path holds `entry`. It has changed the path if that differs from every
  /// parent; without parents, if something is there.
  func decide(_ entry: Entry?, _ parents: [Parent]) -> Decision {
    let all = parents.map(\.id)
    if parents.isEmpty { return Decision(isShown: entry != nil, followed: []) }
    if self == .full {
      return Decision(isShown: parents.allSatisfy { $0.entry != entry }, followed: all)
    }
    if let same = parents.first(where: { $0.isRelevant && $0.entry == entry }) {
      return Decision(isShown: false, followed: [same.id])
    }
    let isChanged =
      parents.contains(where: \.isRelevant) || parents.contains { $0.entry != entry }
    return Decision(isShown: isChanged, followed: all)
  }
}
