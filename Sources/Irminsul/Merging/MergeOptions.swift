/// How branches are merged.
public struct MergeOptions: Sendable {
  /// What happens where no merge commit is needed: the branch could just move on.
  public enum FastForward: Sendable, Hashable, CaseIterable {
    /// The branch moves, without a commit of its own.
    case whenPossible
    /// A merge commit is made all the same, as with `git merge --no-ff`.
    case never
    /// A merge that would need a commit is refused, as with `git merge --ff-only`.
    case only
  }

  /// What happens to histories that have no commit in common.
  public enum UnrelatedHistories: Sendable, Hashable {
    /// ``StoreError/unrelatedHistories(_:_:)``
    case refused
    /// They are merged as if both had begun with nothing.
    case merged
  }

  /// How contents that both sides have changed are merged; without one, equal or a conflict.
  public var rules = MergeRules()
  public var fastForward = FastForward.whenPossible
  public var unrelatedHistories = UnrelatedHistories.refused
  /// How far the search for merge bases may go; reaching it is an error.
  public var limit = HistoryLimit.none
  /// For how long a branch that others move meanwhile is merged again.
  public var deadline: Duration = .seconds(30)

  public init(rules: MergeRules = MergeRules()) {
    self.rules = rules
  }
}
