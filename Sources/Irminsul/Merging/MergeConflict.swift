import GitObjects
import RedisScripting

/// A path at which two changes do not go together, with the three versions of what is there.
///
/// ```swift
/// for conflict in merge.conflicts { print(conflict) }
/// // config/theme: changed on both sides (content is not equal)
/// ```
public struct MergeConflict: Sendable, Hashable {
  /// Why the three versions do not make one.
  public enum Reason: Sendable, Hashable {
    /// Both sides have changed the content, and its merge refuses; in the merge's words.
    case content(String)
    /// Both sides have added a blob, and its merge refuses; in the merge's words.
    case bothAdded(String)
    /// Ours has removed what theirs has changed.
    case removedByOurs
    /// Theirs has removed what ours has changed.
    case removedByTheirs
    /// Both sides have changed the mode, each in another way.
    case mode
    /// A file on one side, a symbolic link or a submodule on the other.
    case kind
    /// A blob on one side, and a directory with something in it on the other.
    case fileAndDirectory
  }

  public let path: Path
  /// What the merge base has there; nil: nothing.
  public let base: Entry?
  /// What the branch that is merged into has there; nil: nothing.
  public let ours: Entry?
  /// What the commit that is merged has there; nil: nothing.
  public let theirs: Entry?
  public let reason: Reason

  public init(path: Path, base: Entry?, ours: Entry?, theirs: Entry?, reason: Reason) {
    self.path = path
    self.base = base
    self.ours = ours
    self.theirs = theirs
    self.reason = reason
  }
}

extension MergeConflict.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .content(let reason): "changed on both sides (\(reason))"
    case .bothAdded(let reason): "added on both sides (\(reason))"
    case .removedByOurs: "removed here, changed there"
    case .removedByTheirs: "changed here, removed there"
    case .mode: "its mode was changed on both sides"
    case .kind: "another kind of file on each side"
    case .fileAndDirectory: "a file on one side, a directory on the other"
    }
  }
}

extension MergeConflict: CustomStringConvertible {
  public var description: String { "\(path): \(reason)" }
}
