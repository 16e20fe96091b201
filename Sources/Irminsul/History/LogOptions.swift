import GitObjects

/// Which commits of a history, and in which order.
///
/// ```swift
/// var options = LogOptions(path: "config")
/// options.parents = .first
/// for try await commit in repository.log(from: head, options) { print(commit) }
/// ```
public struct LogOptions: Sendable {
  /// Which parents of a merge are followed.
  public enum Parents: Sendable, Hashable {
    case all
    /// Only the first: the branch itself, without what was merged into it. As `git log --first-parent`.
    case first
  }

  public var order: CommitOrder
  public var parents: Parents
  /// Only commits that changed what is at this path; nil: all. See ``HistorySimplification``.
  public var path: Path?
  /// How the history of a path is told.
  public var simplification = HistorySimplification.simplified
  /// Leaves out what these commits have in their histories, and themselves. As `git log HEAD ^COMMIT`.
  public var excluding: [ObjectID] = []
  /// How many steps from child to parent the walk goes; nil: as far as there is any. 0: only the start.
  public var depth: Int?
  /// How many commits may be visited; more is an error.
  public var limit = HistoryLimit.none

  public init(
    order: CommitOrder = .date, parents: Parents = .all, path: Path? = nil
  ) {
    self.order = order
    self.parents = parents
    self.path = path
  }
}
