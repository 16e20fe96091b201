import GitObjects

/// What a write did. A write that would change nothing makes no commit.
public enum WriteResult: Sendable, Hashable {
  /// The commit that was made, and its position in the log (0 where the backend keeps none).
  case committed(Commit, position: Int64)
  /// Nothing was different: the head is what it was, or the branch is still empty.
  case unchanged(head: ObjectID?)

  /// The commit that was made; nil when nothing changed.
  public var commit: Commit? {
    if case .committed(let commit, _) = self { commit } else { nil }
  }

  /// The branch's head after the write.
  public var head: ObjectID? {
    switch self {
    case .committed(let commit, _): commit.id
    case .unchanged(let head): head
    }
  }
}
